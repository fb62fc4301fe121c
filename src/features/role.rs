//! Where the entities that a candidate is about stand in the graph.

use std::collections::{BTreeMap, BTreeSet};

use super::{Family, Feature, Scale, Shown, Unit, share};
use crate::{analysis::Class, index::EntityIndex, metrics::constraint_of};

pub(super) const DEGREE: Feature = Feature {
    name: "degree_before",
    about: "Number of entities that the one it is about was tied to before the recent nights.",
    family: Family::NodeRole,
    scale: Scale::Log,
    unit: Unit::Number,
    says: "what it is about was tied to {} entities before",
    of: |shown| {
        let context = &shown.analysis.context;
        let near = context.near[shown.candidate.anchors[0].index()].iter();
        let before: BTreeSet<EntityIndex> =
            near.filter(|(_, link)| !context.link_is_new[link.index()]).map(|(other, _)| *other).collect();
        before.len() as f64
    },
};

pub(super) const PAGERANK_RANK: Feature = Feature {
    name: "pagerank_rank",
    about: "Share of entities of its kind with no higher PageRank than the one it is about, from 0 to 1.",
    family: Family::NodeRole,
    scale: Scale::Plain,
    unit: Unit::Share,
    says: "what it is about has at least the PageRank of {} of its kind",
    of: |shown| {
        let anchor = shown.candidate.anchors[0];
        let pagerank = shown.analysis.metric("pagerank");
        let value = |at: EntityIndex| pagerank.get(at.index()).copied().unwrap_or(f64::NAN);
        let kind = &shown.entity(anchor).kind;
        let entities = EntityIndex::enumerate(&shown.analysis.resolution.entities);
        let peers: Vec<EntityIndex> =
            entities.filter(|(_, entity)| entity.kind == *kind).map(|(at, _)| at).collect();
        let below = peers.iter().filter(|at| value(**at) <= value(anchor)).count();
        if value(anchor).is_nan() { f64::NAN } else { share(below as f64, peers.len() as f64) }
    },
};

pub(super) const PARTICIPATION: Feature = Feature {
    name: "participation",
    about: "How evenly the ties of the one it is about spread over established groups, from 0 to 1 (Guimera and Amaral 2005).",
    family: Family::NodeRole,
    scale: Scale::Plain,
    unit: Unit::Share,
    says: "the ties of what it is about spread over groups to {} of the most possible",
    of: |shown| {
        let context = &shown.analysis.context;
        let mut counts: BTreeMap<u32, f64> = BTreeMap::new();
        for (other, _) in &context.near[shown.candidate.anchors[0].index()] {
            if let (true, Some(group)) = (context.can_tie(*other), context.group_of[other.index()]) {
                *counts.entry(group).or_default() += 1.0;
            }
        }
        let all: f64 = counts.values().sum();
        if all > 0.0 {
            // Rounding may leave a little less than nothing.
            (1.0 - counts.values().map(|count| (count / all).powi(2)).sum::<f64>()).max(0.0)
        } else {
            f64::NAN
        }
    },
};

pub(super) const CONSTRAINT_FALL: Feature = Feature {
    name: "constraint_fall",
    about: "How far the constraint (Burt 1992) of the one it is about fell in the recent nights; 1 stands for one with no ties.",
    family: Family::NodeRole,
    scale: Scale::Plain,
    unit: Unit::Real,
    says: "the constraint of what it is about fell by {}",
    of: |shown| {
        let anchor = shown.candidate.anchors[0];
        constraint(shown, anchor, false).unwrap_or(1.0) - constraint(shown, anchor, true).unwrap_or(1.0)
    },
};

pub(super) const CORE_NUMBER: Feature = Feature {
    name: "core_number",
    about: "Core number of the one it is about.",
    family: Family::NodeRole,
    scale: Scale::Log,
    unit: Unit::Number,
    says: "what it is about stands in a core of {}",
    of: |shown| {
        let core_numbers = shown.analysis.metric("core_number");
        core_numbers.get(shown.candidate.anchors[0].index()).copied().unwrap_or(f64::NAN)
    },
};

pub(super) const IS_ACTOR: Feature = Feature {
    name: "actor_share",
    about: "Share of the entities it is about that are actors, rather than operations or means, from 0 to 1.",
    family: Family::NodeRole,
    scale: Scale::Plain,
    unit: Unit::Share,
    says: "{} of what it is about are actors",
    of: |shown| {
        let actors = shown.candidate.anchors.iter().filter(|at| shown.class(**at) == Class::Actor).count();
        share(actors as f64, shown.candidate.anchors.len() as f64)
    },
};

/// Returns Burt's constraint on an entity among entities that may connect others, with unit weights; `None` without
/// neighbours. Recent links count only if `with_recent`.
fn constraint(shown: &Shown<'_>, entity: EntityIndex, with_recent: bool) -> Option<f64> {
    let context = &shown.analysis.context;
    let neighbours = |node: u32| -> Vec<u32> {
        let entity = EntityIndex::new(node as usize);
        let links = context.near[entity.index()].iter().filter(|(other, link)| {
            *other != entity && context.can_tie(*other) && (with_recent || !context.link_is_new[link.index()])
        });
        let mut neighbours: Vec<u32> = links.map(|(other, _)| other.node()).collect();
        neighbours.sort_unstable();
        neighbours.dedup();
        neighbours
    };
    constraint_of(entity.node(), neighbours)
}
