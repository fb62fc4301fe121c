//! # Definition
//! An actor, campaign, malware or tool without recorded activity for longer than its usual pause, with recent news
//! of activity after that pause.
//!
//! # Rationale
//! Old groups and old infrastructure return with methods that defences no longer cover.
//!
//! # False positives
//! A report about the past; old objects with a new date or marking; a sinkhole on an old domain; one wrong
//! attribution.

use std::collections::BTreeSet;

use super::{
    super::{
        FlagTitle,
        null_models::{Age, ages},
    },
    Null, Pattern, label,
};
use crate::{
    analysis::{Analysis, Class},
    features::{self, Candidate, exclusive_capabilities, outliers, pause},
    index::{EntityIndex, LinkIndex},
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "dormant reactivation",
    about: "An actor, campaign, malware or tool that was inactive for a long time and is active again.",
    rationale: "Old groups and infrastructure return with methods that defences no longer cover.",
    false_positives: "A report about the past, old objects with a new date, a sinkhole on an old domain, or a wrong attribution.",
    unit: "evidence weight of its links with news",
    find,
    null: Null::Redated(measure),
    title: "{name} is active again after {days} quiet {days:day|days}\
            [ignored>0? ({ignored} {ignored:date|dates} in between not counted)]: news on {links} {links:link|links}, \
            [at_name>0?{at_name} of its own]\
            [at_capabilities>0?, {at_capabilities} of campaigns, malware or tools linked to no other actor before]\
            [beyond>0?, {beyond} one step further].",
    title_of,
};

/// Smallest number of fresh links, links beyond them included.
const LINKS_MIN: usize = 2;
/// Weight of a link beyond a fresh link, as a share.
const BEYOND: f64 = 0.5;

fn find(analysis: &Analysis) -> Vec<Candidate> {
    let context = &analysis.context;
    let mut candidates: Vec<Candidate> = EntityIndex::first(analysis.resolution.entities.len())
        .filter(|&entity| {
            context.class[entity.index()].is_principal()
                && !context.is_hub[entity.index()]
                && !context.is_new[entity.index()]
        })
        .filter_map(|entity| candidate(analysis, entity))
        .collect();
    // An entity that is active again together with its actor is not a candidate of its own.
    let awake: BTreeSet<EntityIndex> = candidates
        .iter()
        .flat_map(|candidate| exclusive_capabilities(analysis, candidate.anchors[0]))
        .collect();
    candidates.retain(|candidate| !awake.contains(&candidate.anchors[0]));
    let statistics = measure(analysis, &candidates, &ages(analysis));
    for (candidate, statistic) in candidates.iter_mut().zip(statistics) {
        candidate.statistic = statistic;
    }
    candidates
}

fn candidate(analysis: &Analysis, entity: EntityIndex) -> Option<Candidate> {
    let context = &analysis.context;
    let is_fresh = |(_, link): &(EntityIndex, LinkIndex)| context.news[link.index()] > 0.0;
    pause(analysis, entity)?;
    let mut fresh: Vec<(EntityIndex, LinkIndex)> = Vec::new();
    for part in parts(analysis, entity) {
        fresh.extend(links_of(analysis, part).filter(is_fresh));
    }
    // Fresh links of a new report or activity belong to the reactivation.
    let beyond: Vec<(EntityIndex, LinkIndex)> = fresh
        .iter()
        .filter(|(other, _)| leads_on(analysis, *other))
        .flat_map(|(other, _)| links_of(analysis, *other).filter(is_fresh))
        .filter(|(other, _)| *other != entity)
        .collect();
    if fresh.is_empty() || fresh.len() + beyond.len() < LINKS_MIN {
        return None;
    }
    let with_news = parts(analysis, entity)
        .into_iter()
        .filter(|part| links_of(analysis, *part).any(|link| is_fresh(&link)));
    let members: Vec<EntityIndex> =
        fresh.iter().chain(&beyond).map(|(other, _)| *other).chain(with_news).collect();
    let support = fresh.iter().chain(&beyond).map(|(_, link)| *link);
    let groups = context.group_of[entity.index()].into_iter().collect();
    Some(Candidate::new(analysis, PATTERN.name, vec![entity], members, groups, support))
}

/// Returns an entity and, for an actor, its own capabilities that were inactive, too.
fn parts(analysis: &Analysis, entity: EntityIndex) -> Vec<EntityIndex> {
    let quiet = exclusive_capabilities(analysis, entity)
        .into_iter()
        .filter(|&capability| pause(analysis, capability).is_some());
    std::iter::once(entity).chain(quiet).collect()
}

/// Returns whether an entity is a new activity, capability or report, whose fresh links belong to the reactivation.
fn leads_on(analysis: &Analysis, entity: EntityIndex) -> bool {
    let class = analysis.context.class[entity.index()];
    analysis.context.is_new[entity.index()]
        && matches!(class, Class::Activity | Class::Capability | Class::Report)
}

/// Returns the links of an entity to others that may connect entities, without payments and calls, each with its other end.
fn links_of(analysis: &Analysis, entity: EntityIndex) -> impl Iterator<Item = (EntityIndex, LinkIndex)> {
    let links = analysis.context.neighbours[entity.index()].iter().copied();
    links.filter(|(other, link)| analysis.context.can_connect(*other) && !analysis[*link].is_event())
}

/// Adds up the weight of the fresh links of an entity and of its own capabilities among the members. Links beyond
/// them count half. The sum is 0 for an entity with recent earlier activity.
fn measure(analysis: &Analysis, candidates: &[Candidate], ages: &[Age]) -> Vec<f64> {
    let one = |candidate: &Candidate| {
        let anchor = candidate.anchors[0];
        let members = exclusive_capabilities(analysis, anchor)
            .into_iter()
            .filter(|capability| candidate.members.binary_search(capability).is_ok());
        let at_capabilities: f64 =
            members.filter_map(|capability| awakening(analysis, capability, ages)).sum();
        awakening(analysis, anchor, ages).filter(|sum| *sum > 0.0).map_or(0.0, |sum| sum + at_capabilities)
    };
    candidates.iter().map(one).collect()
}

/// Adds up the weight of an entity's own fresh links; `None` if it has recent earlier activity beyond a few outliers.
fn awakening(analysis: &Analysis, entity: EntityIndex, ages: &[Age]) -> Option<f64> {
    let weight = |link: LinkIndex| analysis[link].weight;
    let is_fresh = |link: LinkIndex| ages[link.index()] == Age::Fresh;
    let (mut sum, mut link_count, mut during_pause) = (0.0, 0, 0);
    for (other, link) in links_of(analysis, entity) {
        link_count += 1;
        during_pause += usize::from(ages[link.index()] == Age::DuringPause);
        if is_fresh(link) {
            sum += weight(link);
            if leads_on(analysis, other) {
                let beyond =
                    links_of(analysis, other).filter(|(far, link)| *far != entity && is_fresh(*link));
                sum += BEYOND * beyond.map(|(_, link)| weight(link)).sum::<f64>();
            }
        }
    }
    (during_pause <= outliers(link_count)).then_some(sum)
}

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    let anchor = candidate.anchors[0];
    let days = pause(analysis, anchor).map_or(0, |(_, days)| days.unsigned_abs() as usize);
    let parts = parts(analysis, anchor);
    let (mut at_anchor, mut at_capabilities, mut beyond) = (0, 0, 0);
    for &link in &candidate.support {
        let ends = [analysis[link].from, analysis[link].to];
        let count = match ends {
            _ if ends.contains(&anchor) => &mut at_anchor,
            _ if ends.iter().any(|end| parts.contains(end)) => &mut at_capabilities,
            _ => &mut beyond,
        };
        *count += 1;
    }
    FlagTitle::new(PATTERN.name)
        .label("name", label(analysis, anchor))
        .count("days", days)
        .count("ignored", features::ignored_dates(analysis, anchor))
        .count("links", candidate.support.len())
        .count("at_name", at_anchor)
        .count("at_capabilities", at_capabilities)
        .count("beyond", beyond)
}
