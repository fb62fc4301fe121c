//! Node role features: position of the main entities of a candidate in the graph.

use std::collections::BTreeMap;

use super::{Fact, Feature, FeatureFamily, FeatureInput, Meaning, Scale, Unit, share};
use crate::{
    analysis::Class,
    index::{EntityIndex, GroupIndex},
    metrics::constraint_of,
};

pub(super) const DEGREE: Feature = Feature {
    name: "degree_before",
    about: "Number of neighbours of its first main entity before the recent window.",
    family: FeatureFamily::NodeRole,
    scale: Scale::Log,
    unit: Unit::Number,
    message: "its main entity had {} [neighbour|neighbours] before",
    message_zero: Some("its main entity had no neighbour before"),
    meaning: Meaning::Undecided,
    fact: Some(Fact::AnchorHistory),
    compute: |input| input.facts.earlier_neighbours(input.first_anchor()).len() as f64,
};

pub(super) const PAGERANK_RANK: Feature = Feature {
    name: "pagerank_rank",
    about: "Share of entities of its first main entity\u{2019}s kind that have no higher PageRank, from 0 to 1.",
    family: FeatureFamily::NodeRole,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "the PageRank of its main entity is at least that of {} of its kind",
    message_zero: None,
    meaning: Meaning::Undecided,
    fact: Some(Fact::Centrality),
    compute: |input| {
        let anchor = input.first_anchor();
        let value = input.analysis.metric("pagerank").get(anchor.index()).unwrap_or(f64::NAN);
        if value.is_nan() { f64::NAN } else { input.facts.share_not_above(input.entity(anchor).kind, value) }
    },
};

pub(super) const PARTICIPATION: Feature = Feature {
    name: "participation",
    about: "Participation coefficient of its first main entity: spread of its links over established groups, from 0 to 1 (Guimera and Amaral 2005).",
    family: FeatureFamily::NodeRole,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "the participation coefficient of its main entity over established groups is {}",
    message_zero: None,
    meaning: Meaning::Undecided,
    fact: Some(Fact::Brokerage),
    compute: |input| *input.facts.participations.get(input.first_anchor(), || participation(input)),
};

pub(super) const CONSTRAINT_FALL: Feature = Feature {
    name: "constraint_fall",
    about: "Fall of the constraint (Burt 1992) of its first main entity in the recent window; an entity without neighbours has constraint 1.",
    family: FeatureFamily::NodeRole,
    scale: Scale::Plain,
    unit: Unit::Real,
    message: "the fall of its main entity\u{2019}s constraint (Burt) is {}",
    message_zero: None,
    meaning: Meaning::High,
    fact: Some(Fact::Brokerage),
    compute: |input| {
        let anchor = input.first_anchor();
        let constraint = |with_recent| constraint(input, anchor, with_recent).unwrap_or(1.0);
        *input.facts.constraint_falls.get(anchor, || constraint(false) - constraint(true))
    },
};

pub(super) const CORE_NUMBER: Feature = Feature {
    name: "core_number",
    about: "Core number of its first main entity.",
    family: FeatureFamily::NodeRole,
    scale: Scale::Log,
    unit: Unit::Number,
    message: "the core number of its main entity is {}",
    message_zero: None,
    meaning: Meaning::Undecided,
    fact: Some(Fact::Centrality),
    compute: |input| {
        let core_numbers = input.analysis.metric("core_number");
        core_numbers.get(input.first_anchor().index()).unwrap_or(f64::NAN)
    },
};

pub(super) const ACTOR_SHARE: Feature = Feature {
    name: "actor_share",
    about: "Share of its main entities that are actors, not operations, malware, tools or infrastructure, from 0 to 1.",
    family: FeatureFamily::NodeRole,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its main entities are actors",
    message_zero: Some("none of its main entities is an actor"),
    meaning: Meaning::Undecided,
    fact: None,
    compute: |input| {
        let anchors = &input.candidate.anchors;
        let actors = anchors.iter().filter(|anchor| input.class(**anchor) == Class::Actor).count();
        share(actors as f64, anchors.len() as f64)
    },
};

/// Returns the participation coefficient of the first main entity; NaN without links to established groups.
fn participation(input: &FeatureInput<'_>) -> f64 {
    let context = &input.analysis.context;
    let mut counts: BTreeMap<GroupIndex, f64> = BTreeMap::new();
    for (other, _) in input.all_links_of(input.first_anchor()) {
        if let (true, Some(group)) = (context.can_connect(*other), context.group_of[other.index()]) {
            *counts.entry(group).or_default() += 1.0;
        }
    }
    let all: f64 = counts.values().sum();
    if all > 0.0 {
        // Rounding may leave a value just below 0.
        (1.0 - counts.values().map(|count| (count / all).powi(2)).sum::<f64>()).max(0.0)
    } else {
        f64::NAN
    }
}

/// Returns Burt's constraint on an entity among entities that may connect others, with unit weights; `None` without
/// neighbours. Recent links count only if `with_recent`.
fn constraint(input: &FeatureInput<'_>, entity: EntityIndex, with_recent: bool) -> Option<f64> {
    let neighbours = |node: u32| -> Vec<u32> {
        let entity = EntityIndex::new(node as usize);
        let links = input.all_links_of(entity).iter().filter(|(other, link)| {
            *other != entity
                && input.analysis.context.can_connect(*other)
                && (with_recent || !input.is_recent(*link))
        });
        let mut neighbours: Vec<u32> = links.map(|(other, _)| other.node()).collect();
        neighbours.sort_unstable();
        neighbours.dedup();
        neighbours
    };
    constraint_of(entity.node(), neighbours)
}
