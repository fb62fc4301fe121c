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

use super::{
    super::{FlagTitle, null_models::links_by_group},
    Null, Pattern, label,
};
use crate::{
    analysis::Analysis,
    features::Candidate,
    index::{EntityIndex, GroupIndex, LinkIndex},
};

pub(super) const PATTERN: Pattern = Pattern {
    name: "sudden broker",
    about: "One entity with its first links to three or more established groups, all in the recent window.",
    rationale: "A seller of access, hosts or tools has links to several groups before the groups are seen together.",
    false_positives: "A common tool that a bulk edit links to many groups, a vulnerability that everybody uses, or a round-up report.",
    unit: "groups newly linked, weighted by evidence",
    find,
    null: Null::Relabelled(measure),
    title: "{name}[entries=1?| ({entries} entries of one name)] has its first links to {groups} established groups\
            [indirect>0? ([direct>0?{direct} directly, {indirect} through one entity between\
            |all through one entity between])]: those around {names}.",
    title_of,
};

/// Smallest number of newly linked groups.
const GROUPS_MIN: usize = 3;
/// Smallest number of recent links of a broker.
const LINKS_MIN: usize = 2;

/// Returns the groups that an entity has its first links to by marked links: weight and links of each.
fn joined(
    analysis: &Analysis,
    entity: EntityIndex,
    is_recent: &[bool],
) -> BTreeMap<GroupIndex, (f64, Vec<LinkIndex>)> {
    let own = analysis.context.group_of[entity.index()];
    let before: BTreeSet<GroupIndex> = links_by_group(analysis, entity, |link| !is_recent[link.index()])
        .into_iter()
        .map(|(group, ..)| group)
        .chain(own)
        .collect();
    let mut joined: BTreeMap<GroupIndex, (f64, Vec<LinkIndex>)> = BTreeMap::new();
    for (group, weight, link) in links_by_group(analysis, entity, |link| is_recent[link.index()]) {
        if !before.contains(&group) {
            let of_group = joined.entry(group).or_default();
            of_group.0 += weight;
            of_group.1.push(link);
        }
    }
    joined
}

fn strength(joined: &BTreeMap<GroupIndex, (f64, Vec<LinkIndex>)>) -> f64 {
    joined.values().map(|(weight, _)| weight.min(1.0)).sum()
}

fn find(analysis: &Analysis) -> Vec<Candidate> {
    let context = &analysis.context;
    EntityIndex::first(analysis.resolution.entities.len())
        .filter(|&at| {
            let may_broker = context.class[at.index()].is_principal() || analysis[at].kind == "vulnerability";
            // The first of several new entities with one name represents all of them.
            let is_first = context.namesakes[at.index()].iter().all(|other| *other > at);
            may_broker && is_first && !context.is_hub[at.index()]
        })
        .filter(|&at| {
            let near = context.named(at).flat_map(|one| &context.neighbours[one.index()]);
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

fn title_of(analysis: &Analysis, candidate: &Candidate) -> FlagTitle {
    let context = &analysis.context;
    let names = candidate.groups.iter().map(|&group| label(analysis, context[group].anchor));
    // The other ends of new links at the broker itself.
    let neighbours = candidate.support.iter().filter_map(|&link| {
        let link = &analysis[link];
        match (candidate.anchors.contains(&link.from), candidate.anchors.contains(&link.to)) {
            (true, false) => Some(link.to),
            (false, true) => Some(link.from),
            _ => None,
        }
    });
    let direct: BTreeSet<GroupIndex> =
        neighbours.filter_map(|neighbour| context.group_of[neighbour.index()]).collect();
    let direct = candidate.groups.iter().filter(|group| direct.contains(group)).count();
    FlagTitle::new(PATTERN.name)
        .label("name", label(analysis, candidate.anchors[0]))
        .count("entries", candidate.anchors.len())
        .count("groups", candidate.groups.len())
        .count("direct", direct)
        .count("indirect", candidate.groups.len() - direct)
        .labels("names", names)
}
