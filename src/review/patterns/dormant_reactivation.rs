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

use std::collections::{BTreeMap, BTreeSet};

use super::{
    super::{
        FlagTitle,
        null_models::{Age, Instance, InstanceKey, Search, Searched, ages},
    },
    Null, Pattern, label,
};
use crate::{
    analysis::{Analysis, Class},
    features::{self, Candidate, exclusive_capabilities, is_dormant, outliers, pause},
    index::{EntityIndex, LinkIndex},
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "dormant reactivation",
    about: "An actor, campaign, malware or tool that was inactive for a long time and is active again.",
    rationale: "Old groups and infrastructure return with methods that defences no longer cover.",
    false_positives: "A report about the past, old objects with a new date, a sinkhole on an old domain, or a wrong attribution.",
    unit: "evidence weight of its links with news",
    find,
    null: Null::Redated(Search { key, measure, at_risk, run }),
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

/// Returns the entities that could be dormant: known actors, activities and capabilities.
fn known(analysis: &Analysis) -> impl Iterator<Item = EntityIndex> {
    let context = &analysis.context;
    EntityIndex::first(analysis.resolution.entities.len()).filter(|&entity| {
        context.class[entity.index()].is_principal()
            && !context.is_hub[entity.index()]
            && !context.is_new[entity.index()]
    })
}

fn find(analysis: &Analysis) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> =
        known(analysis).filter_map(|entity| candidate(analysis, entity)).collect();
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
        let at_capabilities: f64 = members
            .filter_map(|capability| awakening(analysis, capability, ages))
            .map(|fresh| fresh.weight)
            .sum();
        awakening(analysis, anchor, ages)
            .filter(|fresh| fresh.weight > 0.0)
            .map_or(0.0, |fresh| fresh.weight + at_capabilities)
    };
    candidates.iter().map(one).collect()
}

fn key(candidate: &Candidate) -> InstanceKey {
    InstanceKey::Entity(candidate.anchors[0])
}

/// Returns the entities that were dormant when the recent window began, whatever happened to them since.
fn at_risk(analysis: &Analysis) -> Vec<EntityIndex> {
    known(analysis).filter(|entity| is_dormant(analysis, *entity)).collect()
}

/// Returns the dormant entities with fresh links and without recent earlier activity, in a run with these ages.
fn instances(analysis: &Analysis, at_risk: &[EntityIndex], ages: &[Age]) -> Vec<Instance> {
    let mut awake: BTreeMap<EntityIndex, Fresh> = at_risk
        .iter()
        .copied()
        .filter_map(|entity| Some((entity, awakening(analysis, entity, ages)?)))
        .filter(|(_, fresh)| fresh.weight > 0.0)
        .collect();
    // An actor comes with its own capabilities, which do not count again.
    let actors: Vec<EntityIndex> =
        awake.keys().copied().filter(|at| analysis.context.class[at.index()] == Class::Actor).collect();
    for actor in actors {
        for capability in exclusive_capabilities(analysis, actor) {
            let of_capability = awake.remove(&capability);
            if let (Some(fresh), Some(of_capability)) = (awake.get_mut(&actor), of_capability) {
                fresh.weight += of_capability.weight;
                fresh.links += of_capability.links;
            }
        }
    }
    let instances = awake.into_iter().filter(|(_, fresh)| fresh.links >= LINKS_MIN);
    instances
        .map(|(entity, fresh)| Instance {
            key: InstanceKey::Entity(entity),
            strength: fresh.weight,
            mean: None,
        })
        .collect()
}

/// Fresh links of an entity and beyond it.
#[derive(Clone, Copy, Default)]
struct Fresh {
    weight: f64,
    links: usize,
}

/// Adds up an entity's own fresh links; `None` if it has recent earlier activity beyond a few outliers.
fn awakening(analysis: &Analysis, entity: EntityIndex, ages: &[Age]) -> Option<Fresh> {
    let weight = |link: LinkIndex| analysis[link].weight;
    let is_fresh = |link: LinkIndex| ages[link.index()] == Age::Fresh;
    let (mut fresh, mut link_count, mut during_pause) = (Fresh::default(), 0, 0);
    for (other, link) in links_of(analysis, entity) {
        link_count += 1;
        during_pause += usize::from(ages[link.index()] == Age::DuringPause);
        if is_fresh(link) {
            fresh.weight += weight(link);
            fresh.links += 1;
            if leads_on(analysis, other) {
                let beyond =
                    links_of(analysis, other).filter(|(far, link)| *far != entity && is_fresh(*link));
                for (_, link) in beyond {
                    fresh.weight += BEYOND * weight(link);
                    fresh.links += 1;
                }
            }
        }
    }
    (during_pause <= outliers(link_count)).then_some(fresh)
}

fn run(analysis: &Analysis, candidates: &[Candidate], at_risk: &[EntityIndex], ages: &[Age]) -> Searched {
    Searched { strengths: measure(analysis, candidates, ages), instances: instances(analysis, at_risk, ages) }
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
