//! Communities of a run: lasting id, members, quality and what changed since the previous run.

use std::collections::BTreeMap;

use super::{Analysis, entity_graph::members_by_community};
use crate::{
    community::{self, DetectedCommunities},
    graph::WeightedGraph,
    index::EntityIndex,
    resolve::{Resolution, lasting_digits, lasting_id},
    temporal::{
        Cause, Change, ChangeKind, PriorRuns, Subject, SubjectId,
        lineage::{self, CommunityEvent, CurrentCommunity, Ended, Lineages, TRACKED_MIN},
    },
    time::Moment,
};

/// One community of a run.
#[derive(Clone, Debug)]
pub struct Community {
    /// Lasting id: of its lineage, or, below three members, of the member that was recorded first.
    pub id: String,
    /// Members, in order of their ids.
    pub members: Vec<EntityIndex>,
    /// Share of each member's link weight that stays inside, from 0 to 1; aligned with the members.
    pub belonging: Vec<f64>,
    /// Links inside over possible links, from 0 to 1.
    pub density: f64,
    /// Weight of the links that leave it over the weight of all its links, from 0 to 1.
    pub conductance: f64,
    /// Its part of the modularity.
    pub modularity_share: f64,
    /// As-of time of the first run that had it; `None` if it is too small to be tracked.
    pub born: Option<Moment>,
    /// Event since the previous run; `None` in a first run, and if it is not tracked.
    pub event: Option<CommunityEvent>,
    /// Ids of the communities that became part of it, or that it was part of.
    pub related_ids: Vec<String>,
}

/// Describes the detected communities, largest first, and matches them with those of the earlier runs.
pub(super) fn describe(
    resolution: &Resolution,
    weighted_graph: &WeightedGraph,
    detected: &DetectedCommunities,
    prior_runs: &PriorRuns,
    as_of: Moment,
) -> (Vec<Community>, Vec<Ended>, Lineages) {
    let partition = detected.partition();
    let members_of = members_by_community(partition);
    let (lineages, tracked, ended) =
        lineage::track(&prior_runs.lineages, &tracked_communities(resolution, &members_of), as_of);
    // The largest communities come first, so the tracked ones precede the others.
    let mut tracked = tracked.into_iter();
    let qualities = community::community_qualities(weighted_graph, partition, 1.0);
    let communities = members_of.into_iter().zip(qualities).map(|(members, quality)| {
        let tracked = tracked.next();
        let event = tracked.as_ref().map(|tracked| tracked.event);
        let inside = |member: &EntityIndex| inside_share(weighted_graph, partition.labels(), member.node());
        Community {
            born: tracked.as_ref().map(|tracked| tracked.born),
            event: event.filter(|_| !prior_runs.runs.is_empty()),
            related_ids: tracked.as_ref().map(|tracked| tracked.related_ids.clone()).unwrap_or_default(),
            id: tracked.map_or_else(
                || lasting_id("community", &[first_recorded(resolution, &members)]),
                |tracked| tracked.id,
            ),
            belonging: members.iter().map(inside).collect(),
            members,
            density: quality.density,
            conductance: quality.conductance,
            modularity_share: quality.modularity_share,
        }
    });
    (communities.collect(), ended, lineages)
}

/// Returns the communities that are large enough to be tracked.
fn tracked_communities<'a>(
    resolution: &'a Resolution,
    members_of: &[Vec<EntityIndex>],
) -> Vec<CurrentCommunity<'a>> {
    let large = members_of.iter().filter(|members| members.len() >= TRACKED_MIN);
    large
        .map(|members| CurrentCommunity {
            oldest: first_recorded(resolution, members),
            members: members.iter().map(|&member| lasting_digits(&resolution[member].id)).collect(),
        })
        .collect()
}

/// Returns the id of the member that was recorded first; of several the lowest id.
fn first_recorded<'a>(resolution: &'a Resolution, members: &[EntityIndex]) -> &'a str {
    let entities = members.iter().map(|&member| &resolution[member]);
    entities.min_by_key(|entity| (entity.recorded_first, &entity.id)).map_or("", |entity| &entity.id)
}

/// Returns the share of a vertex's weight that stays in its community; 1 without links.
fn inside_share(weighted_graph: &WeightedGraph, community_of: &[u32], vertex: u32) -> f64 {
    let (graph, weights) = (weighted_graph.simple(), weighted_graph.simple_weights());
    let community = community_of[vertex as usize];
    let (mut inside, mut total) = (0.0, 0.0);
    for (&neighbour, &weight) in graph.outgoing(vertex).iter().zip(weights.outgoing(graph, vertex)) {
        total += weight;
        if community_of[neighbour as usize] == community {
            inside += weight;
        }
    }
    if total > 0.0 { inside / total } else { 1.0 }
}

/// Returns the changes of communities since the previous run. The cause of a change is that of most records of the
/// members since then; without such records it is the passing of time.
pub fn changes(analysis: &Analysis) -> Vec<Change> {
    let Some(previous) = analysis.recent.previous else { return Vec::new() };
    let changed = analysis.communities.iter().filter_map(|community| {
        let what = change_kind(community.event?)?;
        let size = community.members.len();
        let label = format!("{}, {size} members", label(analysis, &community.members));
        Some(change(&community.id, what, cause(analysis, &community.members, previous), label))
    });
    let ended = analysis.ended.iter().map(|ended| {
        let label = format!("{} members", ended.size);
        let Some(into) = &ended.into else {
            return change(&ended.id, ChangeKind::Ended, Cause::Expiry, label);
        };
        let surviving = analysis.communities.iter().find(|community| community.id == *into);
        let cause = surviving.map_or(Cause::Expiry, |group| cause(analysis, &group.members, previous));
        change(&ended.id, ChangeKind::Merged, cause, label)
    });
    changed.chain(ended).collect()
}

fn change_kind(event: CommunityEvent) -> Option<ChangeKind> {
    match event {
        CommunityEvent::Unchanged => None,
        CommunityEvent::Born => Some(ChangeKind::Born),
        CommunityEvent::Grew => Some(ChangeKind::Grew),
        CommunityEvent::Shrank => Some(ChangeKind::Shrank),
        CommunityEvent::Merged => Some(ChangeKind::Merged),
        CommunityEvent::Split => Some(ChangeKind::Split),
        CommunityEvent::Reactivated => Some(ChangeKind::Reactivated),
    }
}

fn change(id: &str, what: ChangeKind, cause: Cause, label: String) -> Change {
    Change {
        subject: Subject::Community,
        id: SubjectId::of_lasting(lasting_digits(id)),
        what,
        cause,
        kind: "community".to_owned(),
        label,
        source: String::new(),
        traits: Vec::new(),
    }
}

/// Returns the cause of most records about some entities since the previous run; of equal counts the less
/// newsworthy cause.
fn cause(analysis: &Analysis, members: &[EntityIndex], previous: Moment) -> Cause {
    let mut counts: BTreeMap<Cause, usize> = BTreeMap::new();
    for record in members.iter().flat_map(|&member| &analysis[member].records) {
        if analysis[*record].recorded_at > previous {
            *counts.entry(analysis.recent.arrivals[record.index()].cause()).or_default() += 1;
        }
    }
    counts.into_iter().max_by_key(|(cause, count)| (*count, *cause)).map_or(Cause::Expiry, |(cause, _)| cause)
}

/// Returns the label of a community: that of its member of the first class with the most links.
fn label(analysis: &Analysis, members: &[EntityIndex]) -> String {
    let degree = |member: EntityIndex| analysis.degrees[member.index()];
    let rank = |member: EntityIndex| {
        (analysis.context.class[member.index()], std::cmp::Reverse(degree(member)), member)
    };
    let main_member = members.iter().copied().min_by_key(|&member| rank(member));
    main_member.map_or_else(String::new, |member| analysis[member].label.to_string())
}
