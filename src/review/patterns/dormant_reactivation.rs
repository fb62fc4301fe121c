//! # What it finds
//! An actor, operation or means of which nothing was active for long, longer than
//! its own usual pause, and that is active again: fresh links, dated after the pause.
//!
//! # Why it matters
//! Old groups and old infrastructure that come back bring methods that defences have forgotten.
//!
//! # What else could explain it
//! A report that looks back; old objects marked or dated anew; a sinkhole on an old domain;
//! one wrong attribution.

use std::collections::BTreeSet;

use super::{
    super::null_models::{Age, ages},
    Null, Pattern, label, plural,
};
use crate::{
    analysis::{Analysis, Class},
    features::{Candidate, STRAYS, own_means, pause},
    index::{EntityIndex, LinkIndex},
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "dormant reactivation",
    about: "An actor, operation or means that was quiet for long and is active again.",
    matters: "Old groups and infrastructure that come back bring methods that defences have forgotten.",
    look_alikes: "A report that looks back, old objects dated anew, a sinkhole on an old domain, or a wrong attribution.",
    unit: "weight of fresh evidence",
    find,
    null: Null::Redated(measure),
    title,
};

/// Fewest fresh links, those that came with them counted.
const LINKS_MIN: usize = 2;
/// What a tie is worth that came with a fresh one.
const BEYOND: f64 = 0.5;

fn find(analysis: &Analysis) -> Vec<Candidate> {
    let context = &analysis.context;
    let mut candidates: Vec<Candidate> = EntityIndex::first(analysis.resolution.entities.len())
        .filter(|&at| {
            context.class[at.index()].is_principal()
                && !context.is_hub[at.index()]
                && !context.is_new[at.index()]
        })
        .filter_map(|at| candidate(analysis, at))
        .collect();
    // What awakes with its actor is no awakening of its own.
    let awake: BTreeSet<EntityIndex> =
        candidates.iter().flat_map(|candidate| own_means(analysis, candidate.anchors[0])).collect();
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
        fresh.extend(near(analysis, part).filter(is_fresh));
    }
    // What a report names with it, and what a new operation of its is tied to, is part of what came.
    let beyond: Vec<(EntityIndex, LinkIndex)> = fresh
        .iter()
        .filter(|(other, _)| leads_on(analysis, *other))
        .flat_map(|(other, _)| near(analysis, *other).filter(is_fresh))
        .filter(|(other, _)| *other != entity)
        .collect();
    if fresh.is_empty() || fresh.len() + beyond.len() < LINKS_MIN {
        return None;
    }
    let with_news =
        parts(analysis, entity).into_iter().filter(|part| near(analysis, *part).any(|tie| is_fresh(&tie)));
    let members: Vec<EntityIndex> =
        fresh.iter().chain(&beyond).map(|(other, _)| *other).chain(with_news).collect();
    let support = fresh.iter().chain(&beyond).map(|(_, link)| *link);
    let groups = context.group_of[entity.index()].into_iter().collect();
    Some(Candidate::new(analysis, PATTERN.name, vec![entity], members, groups, support))
}

/// Returns an entity and, of an actor, those of its own means that were quiet too.
fn parts(analysis: &Analysis, entity: EntityIndex) -> Vec<EntityIndex> {
    let quiet = own_means(analysis, entity).into_iter().filter(|&means| pause(analysis, means).is_some());
    std::iter::once(entity).chain(quiet).collect()
}

/// Says whether an entity is a new operation, means or report, of which all that came is part.
fn leads_on(analysis: &Analysis, entity: EntityIndex) -> bool {
    let class = analysis.context.class[entity.index()];
    analysis.context.is_new[entity.index()]
        && matches!(class, Class::Activity | Class::Capability | Class::Report)
}

fn near(analysis: &Analysis, entity: EntityIndex) -> impl Iterator<Item = (EntityIndex, LinkIndex)> {
    let near = analysis.context.near[entity.index()].iter().copied();
    near.filter(|(other, _)| analysis.context.can_tie(*other))
}

/// Adds up the weight of the fresh ties of an entity and of its own means among the members
/// and, at half, of those that came with them; nothing where the entity was active lately.
fn measure(analysis: &Analysis, candidates: &[Candidate], ages: &[Age]) -> Vec<f64> {
    let one = |candidate: &Candidate| {
        let anchor = candidate.anchors[0];
        let own = own_means(analysis, anchor);
        let own = own.into_iter().filter(|means| candidate.members.binary_search(means).is_ok());
        let of_means: f64 = own.filter_map(|means| awakening(analysis, means, ages)).sum();
        awakening(analysis, anchor, ages).filter(|sum| *sum > 0.0).map_or(0.0, |sum| sum + of_means)
    };
    candidates.iter().map(one).collect()
}

/// Adds up the weight of an entity's own fresh ties; `None` where it was active lately, but for a few strays.
fn awakening(analysis: &Analysis, entity: EntityIndex, ages: &[Age]) -> Option<f64> {
    let weight = |link: LinkIndex| analysis[link].weight;
    let is_fresh = |link: LinkIndex| ages[link.index()] == Age::Fresh;
    let (mut sum, mut ties, mut lately) = (0.0, 0, 0);
    for (other, link) in near(analysis, entity) {
        ties += 1;
        lately += usize::from(ages[link.index()] == Age::Lately);
        if is_fresh(link) {
            sum += weight(link);
            if leads_on(analysis, other) {
                let beyond = near(analysis, other).filter(|(far, link)| *far != entity && is_fresh(*link));
                sum += BEYOND * beyond.map(|(_, link)| weight(link)).sum::<f64>();
            }
        }
    }
    (lately <= ties / STRAYS).then_some(sum)
}

fn title(analysis: &Analysis, candidate: &Candidate) -> String {
    let anchor = candidate.anchors[0];
    let quiet = pause(analysis, anchor).map_or(0, |(_, days)| days);
    let parts = parts(analysis, anchor);
    let is_own = |link: &&LinkIndex| {
        let link = &analysis[**link];
        parts.contains(&link.from) || parts.contains(&link.to)
    };
    let own = candidate.support.iter().filter(is_own).count();
    let beyond = match candidate.support.len() - own {
        0 => String::new(),
        count => format!(", and {count} that came with {}", if own == 1 { "it" } else { "them" }),
    };
    format!(
        "{} is active again after {}: {} of its own{beyond}.",
        label(analysis, anchor),
        plural(quiet.unsigned_abs() as usize, "quiet day"),
        plural(own, "fresh link"),
    )
}
