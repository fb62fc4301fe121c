//! # Definition
//! One entity with its first links to three or more established groups, all in the recent window. Its constraint
//! falls (Burt 1992, "Structural Holes") if its new neighbours are not linked to each other.
//!
//! # Rationale
//! A seller of access, hosts or tools, or a go-between of several groups, has links to these groups before the groups
//! are seen together.
//!
//! # False positives
//! A tool or technique that a bulk edit links to many groups; a vulnerability that everybody uses;
//! a round-up report; a shared value that is on a warning list.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::ties::by_group, Null, Pattern, label, listed};
use crate::{
    entity::EntityIndex,
    features::Candidate,
    survey::{LinkIndex, Survey},
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "sudden broker",
    about: "One entity with its first links to three or more established groups, all in the recent window.",
    rationale: "A seller of access, hosts or tools has links to several groups before the groups are seen together.",
    false_positives: "A common tool that a bulk edit links to many groups, a vulnerability that everybody uses, or a round-up report.",
    unit: "groups newly linked, weighted by evidence",
    find,
    null: Null::Relabelled(measure),
    title,
};

/// Fewest groups newly joined.
const GROUPS_MIN: usize = 3;
/// Fewest recent links of one that may join so many.
const LINKS_MIN: usize = 2;

/// Returns the groups that an entity is newly tied to by marked links: weight and links of each.
fn joined(survey: &Survey, entity: EntityIndex, is_recent: &[bool]) -> BTreeMap<u32, (f64, Vec<LinkIndex>)> {
    let own = survey.scene.group_of[entity as usize];
    let before: BTreeSet<u32> = by_group(survey, entity, |link| !is_recent[link as usize])
        .into_iter()
        .map(|(group, ..)| group)
        .chain(own)
        .collect();
    let mut joined: BTreeMap<u32, (f64, Vec<LinkIndex>)> = BTreeMap::new();
    for (group, weight, link) in by_group(survey, entity, |link| is_recent[link as usize]) {
        if !before.contains(&group) {
            let of_group = joined.entry(group).or_default();
            of_group.0 += weight;
            of_group.1.push(link);
        }
    }
    joined
}

fn strength(joined: &BTreeMap<u32, (f64, Vec<LinkIndex>)>) -> f64 {
    joined.values().map(|(weight, _)| weight.min(1.0)).sum()
}

fn find(survey: &Survey) -> Vec<Candidate> {
    let scene = &survey.scene;
    (0..survey.resolution.entities.len() as EntityIndex)
        .filter(|&at| {
            let may_broker = scene.class[at as usize].is_principal()
                || survey.resolution.entities[at as usize].kind == "vulnerability";
            // Of several new ones of one name the first stands for all.
            let is_first = scene.namesakes[at as usize].iter().all(|other| *other > at);
            may_broker && is_first && !scene.is_hub[at as usize]
        })
        .filter(|&at| {
            let near = scene.named(at).flat_map(|one| &scene.near[one as usize]);
            near.filter(|(_, link)| scene.link_is_new[*link as usize]).count() >= LINKS_MIN
        })
        .filter_map(|at| {
            let joined = joined(survey, at, &scene.link_is_new);
            (joined.len() >= GROUPS_MIN).then(|| {
                let support: Vec<LinkIndex> =
                    joined.values().flat_map(|(_, links)| links.iter().copied()).collect();
                let ends = support.iter().flat_map(|&link| {
                    let link = &survey.resolution.links[link as usize];
                    [link.from, link.to]
                });
                let groups = joined.keys().copied().collect();
                let anchors = scene.named(at).collect();
                let mut candidate =
                    Candidate::new(survey, PATTERN.name, anchors, ends, groups, support.clone());
                candidate.statistic = strength(&joined);
                candidate
            })
        })
        .collect()
}

fn measure(survey: &Survey, candidates: &[Candidate], is_recent: &[bool]) -> Vec<f64> {
    candidates.iter().map(|candidate| strength(&joined(survey, candidate.anchors[0], is_recent))).collect()
}

fn title(survey: &Survey, candidate: &Candidate) -> String {
    let scene = &survey.scene;
    let names: Vec<&str> =
        candidate.groups.iter().map(|&group| label(survey, scene.groups[group as usize].anchor)).collect();
    let entries = match candidate.anchors.len() {
        1 => String::new(),
        count => format!(" ({count} entries of one name)"),
    };
    // The other ends of new links at the broker itself.
    let neighbours = candidate.support.iter().filter_map(|&at| {
        let link = &survey.resolution.links[at as usize];
        match (candidate.anchors.contains(&link.from), candidate.anchors.contains(&link.to)) {
            (true, false) => Some(link.to),
            (false, true) => Some(link.from),
            _ => None,
        }
    });
    let direct: BTreeSet<u32> =
        neighbours.filter_map(|neighbour| scene.group_of[neighbour as usize]).collect();
    let direct = candidate.groups.iter().filter(|group| direct.contains(group)).count();
    let how = match candidate.groups.len() - direct {
        0 => String::new(),
        _ if direct == 0 => " (all through one entity between)".to_owned(),
        indirect => format!(" ({direct} directly, {indirect} through one entity between)"),
    };
    format!(
        "{}{entries} has its first links to {} established groups{how}: those around {}.",
        label(survey, candidate.anchors[0]),
        candidate.groups.len(),
        listed(&names),
    )
}
