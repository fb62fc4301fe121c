//! # What it finds
//! One entity that within the recent nights becomes tied to three or more established
//! groups to which it was not tied before: its constraint falls (Burt 1992, "Structural
//! Holes") since those it is tied to are not tied to each other.
//!
//! # Why it matters
//! Who sells access, hosts or tools to several groups, or carries news between them,
//! stands between them before they are seen together.
//!
//! # What else could explain it
//! A tool or technique that a bulk edit attaches to many; a weakness that everybody uses;
//! a round-up report; a shared value that is on a warning list.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::null_models::by_group, Null, Pattern, label, listed};
use crate::{
    analysis::Analysis,
    features::Candidate,
    index::{EntityIndex, LinkIndex},
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "sudden broker",
    about: "One entity that becomes tied to three or more established groups within days.",
    matters: "Who sells access, hosts or tools to several groups stands between them before they are seen together.",
    look_alikes: "A common tool that a bulk edit attaches to many, a weakness that everybody uses, or a round-up report.",
    unit: "groups newly joined, by evidence",
    find,
    null: Null::Relabelled(measure),
    title,
};

/// Fewest groups newly joined.
const GROUPS_MIN: usize = 3;
/// Fewest recent links of one that may join so many.
const LINKS_MIN: usize = 2;

/// Returns the groups that an entity is newly tied to by marked links: weight and links of each.
fn joined(
    analysis: &Analysis,
    entity: EntityIndex,
    is_recent: &[bool],
) -> BTreeMap<u32, (f64, Vec<LinkIndex>)> {
    let own = analysis.context.group_of[entity.index()];
    let before: BTreeSet<u32> = by_group(analysis, entity, |link| !is_recent[link.index()])
        .into_iter()
        .map(|(group, ..)| group)
        .chain(own)
        .collect();
    let mut joined: BTreeMap<u32, (f64, Vec<LinkIndex>)> = BTreeMap::new();
    for (group, weight, link) in by_group(analysis, entity, |link| is_recent[link.index()]) {
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

fn find(analysis: &Analysis) -> Vec<Candidate> {
    let context = &analysis.context;
    EntityIndex::first(analysis.resolution.entities.len())
        .filter(|&at| {
            let may_broker = context.class[at.index()].is_principal() || analysis[at].kind == "vulnerability";
            // Of several new ones of one name the first stands for all.
            let is_first = context.namesakes[at.index()].iter().all(|other| *other > at);
            may_broker && is_first && !context.is_hub[at.index()]
        })
        .filter(|&at| {
            let near = context.named(at).flat_map(|one| &context.near[one.index()]);
            near.filter(|(_, link)| context.link_is_new[link.index()]).count() >= LINKS_MIN
        })
        .filter_map(|at| {
            let joined = joined(analysis, at, &context.link_is_new);
            (joined.len() >= GROUPS_MIN).then(|| {
                let support: Vec<LinkIndex> =
                    joined.values().flat_map(|(_, links)| links.iter().copied()).collect();
                let ends = support.iter().flat_map(|&link| {
                    let link = &analysis[link];
                    [link.from, link.to]
                });
                let groups = joined.keys().copied().collect();
                let anchors = context.named(at).collect();
                let mut candidate =
                    Candidate::new(analysis, PATTERN.name, anchors, ends, groups, support.clone());
                candidate.statistic = strength(&joined);
                candidate
            })
        })
        .collect()
}

fn measure(analysis: &Analysis, candidates: &[Candidate], is_recent: &[bool]) -> Vec<f64> {
    candidates.iter().map(|candidate| strength(&joined(analysis, candidate.anchors[0], is_recent))).collect()
}

fn title(analysis: &Analysis, candidate: &Candidate) -> String {
    let anchors: Vec<&str> = candidate
        .groups
        .iter()
        .map(|&group| label(analysis, analysis.context.groups[group as usize].anchor))
        .collect();
    let entries = match candidate.anchors.len() {
        1 => String::new(),
        count => format!(" ({count} entries of one name)"),
    };
    format!(
        "{}{entries} suddenly stands between {} groups that knew nothing of it: those around {}.",
        label(analysis, candidate.anchors[0]),
        candidate.groups.len(),
        listed(&anchors),
    )
}
