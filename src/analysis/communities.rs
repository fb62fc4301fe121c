//! Communities as a night shows them: with an id, their company and what names them.

use std::collections::BTreeMap;

use super::Analysis;
use crate::{
    community::{self, DetectedCommunities},
    graph::WeightedGraph,
    index::EntityIndex,
    resolve::{Resolution, lasting_id},
    temporal::{
        Cause, Change, ChangeKind, PriorRuns, Subject,
        lineage::{self, CommunityEvent, CurrentCommunity, Ended, Lineages, TRACKED_MIN},
    },
    time::Moment,
};

/// One community of a night.
#[derive(Clone, Debug)]
pub struct Community {
    /// Lasting id: of its lineage, or, below three members, of its earliest-told member.
    pub id: String,
    /// Members, in order of their ids.
    pub members: Vec<EntityIndex>,
    /// How far each member belongs: the share of its link weight that stays inside.
    pub belonging: Vec<f64>,
    /// Links inside over possible links, from 0 to 1.
    pub density: f64,
    /// Weight that leaves over all its weight, from 0 to 1.
    pub conductance: f64,
    /// What it adds to the modularity.
    pub modularity_share: f64,
    /// The night that first had it; `None` where it is too small to be tracked.
    pub born: Option<Moment>,
    /// What became of it since the night before; `None` on a first night and where not tracked.
    pub event: Option<CommunityEvent>,
    /// Ids of the communities that became part of it, or that it was part of.
    pub related_ids: Vec<String>,
}

/// Describes the communities found, largest first, and follows them from the night before.
pub(super) fn describe(
    resolution: &Resolution,
    weighted_graph: &WeightedGraph,
    found: &DetectedCommunities,
    past: &PriorRuns,
    current: Moment,
) -> (Vec<Community>, Vec<Ended>, Lineages) {
    let partition = found.partition();
    let companies = community::community_qualities(weighted_graph, partition, 1.0);
    let mut members: Vec<Vec<EntityIndex>> = vec![Vec::new(); partition.count()];
    for (entity, &community) in EntityIndex::enumerate(partition.labels()) {
        members[community as usize].push(entity);
    }
    let id = |at: EntityIndex| resolution[at].id.as_str();
    // Largest first: the tracked ones stand before the others.
    let groups: Vec<CurrentCommunity<'_>> = members
        .iter()
        .filter(|members| members.len() >= TRACKED_MIN)
        .map(|members| CurrentCommunity {
            oldest: oldest(resolution, members),
            members: members.iter().map(|&at| id(at)).collect(),
        })
        .collect();
    let (lineages, followed, ended) = lineage::follow(&past.lineages, &groups, current);
    let mut followed = followed.into_iter();
    let communities = members
        .into_iter()
        .zip(companies)
        .map(|(members, company)| {
            let lineage = followed.next();
            Community {
                born: lineage.as_ref().map(|lineage| lineage.born),
                event: lineage.as_ref().map(|lineage| lineage.event).filter(|_| !past.runs.is_empty()),
                related_ids: lineage.as_ref().map(|lineage| lineage.related_ids.clone()).unwrap_or_default(),
                id: lineage
                    .map_or_else(|| lasting_id("community", &[oldest(resolution, &members)]), |own| own.id),
                belonging: members
                    .iter()
                    .map(|&member| belonging(weighted_graph, partition.labels(), member.node()))
                    .collect(),
                members,
                density: company.density,
                conductance: company.conductance,
                modularity_share: company.modularity_share,
            }
        })
        .collect();
    (communities, ended, lineages)
}

/// Returns the id of the member we were told of first; ties go to the lowest.
fn oldest<'a>(resolution: &'a Resolution, members: &[EntityIndex]) -> &'a str {
    let entities = members.iter().map(|&at| &resolution[at]);
    entities.min_by_key(|entity| (entity.recorded_first, &entity.id)).map_or("", |entity| &entity.id)
}

/// Returns the share of a vertex's weight that stays in its community; 1 without links.
fn belonging(weighted_graph: &WeightedGraph, community_of: &[u32], vertex: u32) -> f64 {
    let (graph, weights) = (weighted_graph.simple(), weighted_graph.simple_weights());
    let own = community_of[vertex as usize];
    let (mut inside, mut all) = (0.0, 0.0);
    for (&neighbours, &weight) in graph.outgoing(vertex).iter().zip(weights.outgoing(graph, vertex)) {
        all += weight;
        if community_of[neighbours as usize] == own {
            inside += weight;
        }
    }
    if all > 0.0 { inside / all } else { 1.0 }
}

/// Says what became of communities since the night before, each with the cause of most that
/// came of its members; where nothing came, the mere passing of time.
pub fn changes(analysis: &Analysis) -> Vec<Change> {
    let Some(previous) = analysis.recent.previous else { return Vec::new() };
    let what = |event: CommunityEvent| match event {
        CommunityEvent::Unchanged => None,
        CommunityEvent::Born => Some(ChangeKind::Born),
        CommunityEvent::Grew => Some(ChangeKind::Grew),
        CommunityEvent::Shrank => Some(ChangeKind::Shrank),
        CommunityEvent::Merged => Some(ChangeKind::Merged),
        CommunityEvent::Split => Some(ChangeKind::Split),
        CommunityEvent::Reactivated => Some(ChangeKind::Reactivated),
    };
    let change = |id: &str, what: ChangeKind, cause: Cause, label: String| Change {
        subject: Subject::Community,
        id: id.to_owned(),
        what,
        cause,
        kind: "community".to_owned(),
        label,
        source: String::new(),
        traits: Vec::new(),
    };
    let changed = analysis.communities.iter().filter_map(|community| {
        let label = format!("{}, {} members", label(analysis, &community.members), community.members.len());
        Some(change(
            &community.id,
            what(community.event?)?,
            cause(analysis, &community.members, previous),
            label,
        ))
    });
    let ended = analysis.ended.iter().map(|ended| {
        let label = format!("{} members", ended.size);
        match &ended.into {
            Some(into) => {
                let heir = analysis.communities.iter().find(|community| community.id == *into);
                let cause = heir.map_or(Cause::Expiry, |heir| cause(analysis, &heir.members, previous));
                change(&ended.id, ChangeKind::Merged, cause, label)
            }
            None => change(&ended.id, ChangeKind::Ended, Cause::Expiry, label),
        }
    });
    changed.chain(ended).collect()
}

/// Returns the cause of most records told since the night before of some entities; ties go to
/// the less newsworthy one.
fn cause(analysis: &Analysis, members: &[EntityIndex], previous: Moment) -> Cause {
    let mut counts: BTreeMap<Cause, usize> = BTreeMap::new();
    for &member in members {
        for &at in &analysis[member].records {
            if analysis[at].recorded_at > previous {
                *counts.entry(analysis.recent.arrivals[at.index()].cause()).or_default() += 1;
            }
        }
    }
    counts.into_iter().max_by_key(|(cause, count)| (*count, *cause)).map_or(Cause::Expiry, |(cause, _)| cause)
}

/// Names a community by its most tied member that is no fact of the network.
fn label(analysis: &Analysis, members: &[EntityIndex]) -> String {
    let degree = |at: EntityIndex| analysis.weighted_graph.simple().outgoing(at.node()).len();
    let rank = |at: EntityIndex| (analysis.context.class[at.index()], std::cmp::Reverse(degree(at)), at);
    let named = members.iter().copied().min_by_key(|&at| rank(at));
    named.map_or_else(String::new, |at| analysis[at].label.clone())
}
