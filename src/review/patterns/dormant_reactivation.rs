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

use super::{Null, Pattern, label};
use crate::{
    entity::EntityIndex,
    features::{Candidate, pause},
    survey::{LinkIndex, Survey},
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "dormant reactivation",
    about: "An actor, operation or means that was quiet for long and is active again.",
    matters: "Old groups and infrastructure that come back bring methods that defences have forgotten.",
    look_alikes: "A report that looks back, old objects dated anew, a sinkhole on an old domain, or a wrong attribution.",
    unit: "weight of fresh evidence",
    find,
    null: Null::Relabelled(measure),
    title,
};

/// Fewest fresh links.
const LINKS_MIN: usize = 2;

fn find(survey: &Survey) -> Vec<Candidate> {
    let scene = &survey.scene;
    let mut candidates: Vec<Candidate> = (0..survey.resolution.entities.len() as EntityIndex)
        .filter(|&at| {
            scene.class[at as usize].is_principal()
                && !scene.is_hub[at as usize]
                && !scene.is_new[at as usize]
        })
        .filter_map(|at| {
            let fresh: Vec<(EntityIndex, LinkIndex)> =
                scene.ties(at, true).filter(|(_, link)| scene.news[*link as usize] > 0.0).collect();
            if fresh.len() < LINKS_MIN || pause(survey, at).is_none() {
                return None;
            }
            let groups = scene.group_of[at as usize].into_iter().collect();
            let members = fresh.iter().map(|(other, _)| *other);
            Some(Candidate::new(
                survey,
                PATTERN.name,
                vec![at],
                members,
                groups,
                fresh.iter().map(|(_, link)| *link),
            ))
        })
        .collect();
    let statistics = measure(survey, &candidates, &scene.link_is_new);
    for (candidate, statistic) in candidates.iter_mut().zip(statistics) {
        candidate.statistic = statistic;
    }
    candidates
}

/// Adds up the weight of an entity's recent ties.
fn measure(survey: &Survey, candidates: &[Candidate], is_recent: &[bool]) -> Vec<f64> {
    let scene = &survey.scene;
    candidates
        .iter()
        .map(|candidate| {
            let near = scene.near[candidate.anchors[0] as usize].iter();
            near.filter(|(other, link)| is_recent[*link as usize] && scene.can_tie(*other))
                .map(|(_, link)| survey.resolution.links[*link as usize].weight)
                .sum()
        })
        .collect()
}

fn title(survey: &Survey, candidate: &Candidate) -> String {
    let quiet = pause(survey, candidate.anchors[0]).map_or(0, |(_, days)| days);
    format!(
        "{} is active again after {quiet} quiet days: {} fresh links.",
        label(survey, candidate.anchors[0]),
        candidate.support.len(),
    )
}
