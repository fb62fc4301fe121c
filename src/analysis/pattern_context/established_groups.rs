//! Established groups: communities of the links before the recent window, each about one principal entity.
//!
//! A search finds communities in every graph, also in one that chance drew. So the members of a group must have more
//! links to each other than to others. This is a community in the weak sense of Radicchi et al. 2004, "Defining and
//! identifying communities in networks", section II. Payments and calls are events between any two parties, and in a sparse network every
//! piece is inward. A group of events alone must also have as many linked pairs as members, so that it is more than a tree.

use std::collections::BTreeSet;

use super::{PatternContext, is_evidence};
use crate::{
    analysis::{
        class::Class,
        entity_graph::{members_by_community, weighted_graph},
    },
    community::{self, Method},
    graph::WeightedGraph,
    index::{EntityIndex, GroupIndex},
    link::Link,
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
        let can_connect = context.can_connect(link.from) && context.can_connect(link.to);
        (is_evidence(link) && !is_new && can_connect).then_some(link)
    });
    let weights = earlier.clone().map(|link| (link.from, link.to, link.weight));
    let weighted_graph = weighted_graph(resolution.entities.len(), false, weights);
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
    context.groups = cohesive(groups, resolution.entities.len(), earlier);
    for (number, group) in GroupIndex::enumerate(&context.groups) {
        for &member in &group.members {
            context.group_of[member.index()] = Some(number);
        }
    }
    Some(())
}

/// Returns the groups that are mostly inward, and more than a tree of events.
fn cohesive<'a>(
    groups: Vec<EstablishedGroup>,
    entities: usize,
    links: impl Iterator<Item = &'a Link>,
) -> Vec<EstablishedGroup> {
    let mut group_of = vec![None; entities];
    for (number, group) in groups.iter().enumerate() {
        for member in &group.members {
            group_of[member.index()] = Some(number);
        }
    }
    let mut cohesion = vec![Cohesion::default(); groups.len()];
    let mut events: BTreeSet<(EntityIndex, EntityIndex)> = BTreeSet::new();
    for link in links.filter(|link| link.from != link.to) {
        let ends = [group_of[link.from.index()], group_of[link.to.index()]];
        let is_inside = ends[0] == ends[1];
        for group in ends.into_iter().flatten() {
            cohesion[group].balance += if is_inside { link.weight } else { -link.weight };
            cohesion[group].has_claims |= is_inside && !link.is_event();
        }
        let pair = (link.from.min(link.to), link.from.max(link.to));
        if let (true, true, Some(group)) = (is_inside, link.is_event(), ends[0])
            && events.insert(pair)
        {
            cohesion[group].event_pairs += 1;
        }
    }
    let is_cohesive = |group: &EstablishedGroup, cohesion: Cohesion| {
        cohesion.balance > 0.0 && (cohesion.has_claims || cohesion.event_pairs >= group.members.len())
    };
    groups
        .into_iter()
        .zip(cohesion)
        .filter(|(group, of)| is_cohesive(group, *of))
        .map(|(group, _)| group)
        .collect()
}

/// Links of a group.
#[derive(Clone, Copy, Default)]
struct Cohesion {
    /// Weight of the link ends at members: of links inside the group, less that of links to others.
    balance: f64,
    /// Is true if a link inside the group is a claim, and no event.
    has_claims: bool,
    /// Number of pairs of members with an event.
    event_pairs: usize,
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
    let mut group_of: Vec<Option<usize>> = vec![None; context.class.len()];
    for (number, group) in groups.iter().enumerate() {
        for member in &group.members {
            group_of[member.index()] = Some(number);
        }
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
            linked_actors.filter_map(|actor| group_of[actor.index()]).collect();
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
