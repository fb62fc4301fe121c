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
    super::ties::{Age, ages},
    Null, Pattern, label, plural,
};
use crate::{
    entity::EntityIndex,
    features::{self, Candidate, STRAYS, own_means, pause},
    survey::{Class, LinkIndex, Survey},
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "dormant reactivation",
    about: "An actor, campaign, malware or tool that was inactive for a long time and is active again.",
    rationale: "Old groups and infrastructure return with methods that defences no longer cover.",
    false_positives: "A report about the past, old objects with a new date, a sinkhole on an old domain, or a wrong attribution.",
    unit: "evidence weight of its links with news",
    find,
    null: Null::Redated(measure),
    title,
};

/// Fewest fresh links, those that came with them counted.
const LINKS_MIN: usize = 2;
/// What a tie is worth that came with a fresh one.
const BEYOND: f64 = 0.5;

fn find(survey: &Survey) -> Vec<Candidate> {
    let scene = &survey.scene;
    let mut candidates: Vec<Candidate> = (0..survey.resolution.entities.len() as EntityIndex)
        .filter(|&at| {
            scene.class[at as usize].is_principal()
                && !scene.is_hub[at as usize]
                && !scene.is_new[at as usize]
        })
        .filter_map(|at| candidate(survey, at))
        .collect();
    // What awakes with its actor is no awakening of its own.
    let awake: BTreeSet<EntityIndex> =
        candidates.iter().flat_map(|candidate| own_means(survey, candidate.anchors[0])).collect();
    candidates.retain(|candidate| !awake.contains(&candidate.anchors[0]));
    let statistics = measure(survey, &candidates, &ages(survey));
    for (candidate, statistic) in candidates.iter_mut().zip(statistics) {
        candidate.statistic = statistic;
    }
    candidates
}

fn candidate(survey: &Survey, entity: EntityIndex) -> Option<Candidate> {
    let scene = &survey.scene;
    let is_fresh = |(_, link): &(EntityIndex, LinkIndex)| scene.news[*link as usize] > 0.0;
    pause(survey, entity)?;
    let mut fresh: Vec<(EntityIndex, LinkIndex)> = Vec::new();
    for part in parts(survey, entity) {
        fresh.extend(near(survey, part).filter(is_fresh));
    }
    // What a report names with it, and what a new operation of its is tied to, is part of what came.
    let beyond: Vec<(EntityIndex, LinkIndex)> = fresh
        .iter()
        .filter(|(other, _)| leads_on(survey, *other))
        .flat_map(|(other, _)| near(survey, *other).filter(is_fresh))
        .filter(|(other, _)| *other != entity)
        .collect();
    if fresh.is_empty() || fresh.len() + beyond.len() < LINKS_MIN {
        return None;
    }
    let with_news =
        parts(survey, entity).into_iter().filter(|part| near(survey, *part).any(|tie| is_fresh(&tie)));
    let members: Vec<EntityIndex> =
        fresh.iter().chain(&beyond).map(|(other, _)| *other).chain(with_news).collect();
    let support = fresh.iter().chain(&beyond).map(|(_, link)| *link);
    let groups = scene.group_of[entity as usize].into_iter().collect();
    Some(Candidate::new(survey, PATTERN.name, vec![entity], members, groups, support))
}

/// Returns an entity and, of an actor, those of its own means that were quiet too.
fn parts(survey: &Survey, entity: EntityIndex) -> Vec<EntityIndex> {
    let quiet = own_means(survey, entity).into_iter().filter(|&means| pause(survey, means).is_some());
    std::iter::once(entity).chain(quiet).collect()
}

/// Says whether an entity is a new operation, means or report, of which all that came is part.
fn leads_on(survey: &Survey, entity: EntityIndex) -> bool {
    let class = survey.scene.class[entity as usize];
    survey.scene.is_new[entity as usize]
        && matches!(class, Class::Operation | Class::Means | Class::Container)
}

fn near(survey: &Survey, entity: EntityIndex) -> impl Iterator<Item = (EntityIndex, LinkIndex)> {
    let near = survey.scene.near[entity as usize].iter().copied();
    near.filter(|(other, _)| survey.scene.can_tie(*other))
}

/// Adds up the weight of the fresh ties of an entity and of its own means among the members
/// and, at half, of those that came with them; nothing where the entity was active lately.
fn measure(survey: &Survey, candidates: &[Candidate], ages: &[Age]) -> Vec<f64> {
    let one = |candidate: &Candidate| {
        let anchor = candidate.anchors[0];
        let own = own_means(survey, anchor);
        let own = own.into_iter().filter(|means| candidate.members.binary_search(means).is_ok());
        let of_means: f64 = own.filter_map(|means| awakening(survey, means, ages)).sum();
        awakening(survey, anchor, ages).filter(|sum| *sum > 0.0).map_or(0.0, |sum| sum + of_means)
    };
    candidates.iter().map(one).collect()
}

/// Adds up the weight of an entity's own fresh ties; `None` where it was active lately, but for a few strays.
fn awakening(survey: &Survey, entity: EntityIndex, ages: &[Age]) -> Option<f64> {
    let weight = |link: LinkIndex| survey.resolution.links[link as usize].weight;
    let is_fresh = |link: LinkIndex| ages[link as usize] == Age::Fresh;
    let (mut sum, mut ties, mut lately) = (0.0, 0, 0);
    for (other, link) in near(survey, entity) {
        ties += 1;
        lately += usize::from(ages[link as usize] == Age::Lately);
        if is_fresh(link) {
            sum += weight(link);
            if leads_on(survey, other) {
                let beyond = near(survey, other).filter(|(far, link)| *far != entity && is_fresh(*link));
                sum += BEYOND * beyond.map(|(_, link)| weight(link)).sum::<f64>();
            }
        }
    }
    (lately <= ties / STRAYS).then_some(sum)
}

fn title(survey: &Survey, candidate: &Candidate) -> String {
    let anchor = candidate.anchors[0];
    let (quiet, strays) = (
        pause(survey, anchor).map_or(0, |(_, days)| days.unsigned_abs() as usize),
        features::strays(survey, anchor),
    );
    let parts = parts(survey, anchor);
    let (mut own, mut of_means, mut beyond) = (0, 0, 0);
    for &at in &candidate.support {
        let ends = [survey.resolution.links[at as usize].from, survey.resolution.links[at as usize].to];
        let count = match ends {
            _ if ends.contains(&anchor) => &mut own,
            _ if ends.iter().any(|end| parts.contains(end)) => &mut of_means,
            _ => &mut beyond,
        };
        *count += 1;
    }
    let ignored = match strays {
        0 => String::new(),
        count => format!(" ({} in between not counted)", plural(count, "date")),
    };
    let counts = [
        (own, "of its own"),
        (of_means, "of campaigns, malware or tools linked to no other actor before"),
        (beyond, "one step further"),
    ];
    let counts: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, whose)| format!("{count} {whose}"))
        .collect();
    format!(
        "{} is active again after {}{ignored}: news on {}, {}.",
        label(survey, anchor),
        plural(quiet, "quiet day"),
        plural(candidate.support.len(), "link"),
        counts.join(", "),
    )
}
