//! Established groups: communities of the links before the recent window, each about one principal entity.
//!
//! A search finds communities in every graph, also in one that chance drew. So a group must be a community in the weak
//! sense of Radicchi et al. 2004, "Defining and identifying communities in networks", section II: its members have more
//! links to each other than to others. Accounts that pay each other without regard to groups have none.

use std::collections::{BTreeMap, BTreeSet};

use super::{PatternContext, is_evidence};
use crate::{
    analysis::{
        class::Class,
        entity_graph::{members_by_community, weighted_graph},
    },
    community::{self, Method},
    graph::WeightedGraph,
    index::{EntityIndex, GroupIndex},
    progress::Progress,
    resolve::Resolution,
};

/// Resolution of the search. It is finer than that of the communities, so that a group is about one actor or few.
const RESOLUTION: f64 = 2.0;
/// Fewest members of an established group.
const GROUP_MIN: usize = 4;

/// A group of entities with links before the recent window.
#[derive(Clone, Debug, PartialEq)]
pub struct EstablishedGroup {
    /// Members, ascending.
    pub members: Vec<EntityIndex>,
    /// Main entity: the actor with the greatest link weight; without an actor the activity, then the capability.
    pub anchor: EntityIndex,
}

/// Finds the established groups, and the group of each entity. `None` if `progress` was cancelled.
pub(super) fn find(context: &mut PatternContext, resolution: &Resolution, progress: &Progress) -> Option<()> {
    let earlier = resolution.links.iter().zip(&context.link_is_new).filter_map(|(link, is_new)| {
        let is_counted =
            is_evidence(link) && !is_new && context.can_connect(link.from) && context.can_connect(link.to);
        is_counted.then_some((link.from, link.to, link.weight))
    });
    let weighted_graph = weighted_graph(resolution.entities.len(), false, earlier.clone());
    // The search starts from single entities. The communities of the previous run are coarser, and would stay so.
    let config = community::DetectionConfig {
        resolution: RESOLUTION,
        start: Some((0..resolution.entities.len() as u32).collect()),
        ..community::DetectionConfig::new(Method::Leiden)
    };
    let detected = community::find(&weighted_graph, &config, progress)?;
    let groups = members_by_community(detected.partition())
        .into_iter()
        .filter(|members| members.len() >= GROUP_MIN)
        .filter_map(|members| {
            Some(EstablishedGroup { anchor: anchor(context, &weighted_graph, &members)?, members })
        });
    let groups = merge_by_actor(context, groups.collect());
    context.groups = mostly_inward(groups, resolution.entities.len(), earlier);
    for (number, group) in GroupIndex::enumerate(&context.groups) {
        for &member in &group.members {
            context.group_of[member.index()] = Some(number);
        }
    }
    Some(())
}

/// Returns the groups whose links from member to member have more weight than those to others, each counted at both ends.
fn mostly_inward(
    groups: Vec<EstablishedGroup>,
    entities: usize,
    links: impl Iterator<Item = (EntityIndex, EntityIndex, f64)>,
) -> Vec<EstablishedGroup> {
    let mut group_of = vec![None; entities];
    for (number, group) in groups.iter().enumerate() {
        for member in &group.members {
            group_of[member.index()] = Some(number);
        }
    }
    // Weight of the link ends at members: of links inside the group, less that of links to others.
    let mut balance = vec![0.0; groups.len()];
    for (from, to, weight) in links {
        let ends = [group_of[from.index()], group_of[to.index()]];
        let sign = if ends[0] == ends[1] { 1.0 } else { -1.0 };
        for group in ends.into_iter().flatten() {
            balance[group] += sign * weight;
        }
    }
    groups.into_iter().zip(balance).filter(|(_, balance)| *balance > 0.0).map(|(group, _)| group).collect()
}

/// Returns the principal member of the first class with the greatest link weight; `None` if no member is principal.
fn anchor(
    context: &PatternContext,
    weighted_graph: &WeightedGraph,
    members: &[EntityIndex],
) -> Option<EntityIndex> {
    let class = |entity: EntityIndex| context.class[entity.index()];
    let strength = |entity: EntityIndex| -> f64 {
        weighted_graph.simple_weights().outgoing(weighted_graph.simple(), entity.node()).iter().sum()
    };
    let principals = members.iter().copied().filter(|&member| class(member).is_principal());
    principals.min_by(|&a, &b| {
        class(a).cmp(&class(b)).then_with(|| strength(b).total_cmp(&strength(a))).then_with(|| a.cmp(&b))
    })
}

/// Merges a group about an activity or capability into the group of its actor, if it has exactly one. Returns the
/// groups, largest first.
fn merge_by_actor(context: &PatternContext, groups: Vec<EstablishedGroup>) -> Vec<EstablishedGroup> {
    let mut group_of: BTreeMap<EntityIndex, usize> = BTreeMap::new();
    for (number, group) in groups.iter().enumerate() {
        group_of.extend(group.members.iter().map(|member| (*member, number)));
    }
    let is_actor = |entity: EntityIndex| context.class[entity.index()] == Class::Actor;
    let surviving_group = |number: usize| -> usize {
        let anchor = groups[number].anchor;
        if is_actor(anchor) {
            return number;
        }
        let linked_actors =
            context.links_of(anchor, false).map(|(other, _)| other).filter(|other| is_actor(*other));
        let actor_groups: BTreeSet<usize> =
            linked_actors.filter_map(|actor| group_of.get(&actor).copied()).collect();
        match actor_groups.first() {
            // Only a group about an actor takes in other groups, so that no chains arise.
            Some(&group) if actor_groups.len() == 1 && is_actor(groups[group].anchor) => group,
            _ => number,
        }
    };
    let surviving_groups: Vec<usize> = (0..groups.len()).map(surviving_group).collect();
    let mut merged: Vec<EstablishedGroup> =
        groups.iter().map(|group| EstablishedGroup { members: Vec::new(), anchor: group.anchor }).collect();
    for (group, surviving) in groups.into_iter().zip(surviving_groups) {
        merged[surviving].members.extend(group.members);
    }
    merged.retain(|group| !group.members.is_empty());
    for group in &mut merged {
        group.members.sort_unstable();
    }
    merged.sort_by(|a, b| b.members.len().cmp(&a.members.len()).then_with(|| a.anchor.cmp(&b.anchor)));
    merged
}
