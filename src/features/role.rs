//! Where the entities that a candidate is about stand in the graph.

use std::collections::{BTreeMap, BTreeSet};

use super::{Fact, Family, Feature, Meaning, Scale, Shown, Unit, share};
use crate::{entity::EntityIndex, metrics::METRICS, survey::Class};

pub(super) const DEGREE: Feature = Feature {
    name: "degree_before",
    about: "Number of neighbours of its first main entity before the recent window.",
    family: Family::NodeRole,
    scale: Scale::Log,
    unit: Unit::Number,
    message: "its main entity had {} [neighbour|neighbours] before",
    message_zero: Some("its main entity had no neighbour before"),
    meaning: Meaning::Undecided,
    fact: Some(Fact::AnchorHistory),
    of: |shown| {
        let scene = &shown.survey.scene;
        let near = scene.near[shown.candidate.anchors[0] as usize].iter();
        let before: BTreeSet<EntityIndex> =
            near.filter(|(_, link)| !scene.link_is_new[*link as usize]).map(|(other, _)| *other).collect();
        before.len() as f64
    },
};

pub(super) const PAGERANK_RANK: Feature = Feature {
    name: "pagerank_rank",
    about: "Share of entities of its first main entity\u{2019}s kind that have no higher PageRank, from 0 to 1.",
    family: Family::NodeRole,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "the PageRank of its main entity is at least that of {} of its kind",
    message_zero: None,
    meaning: Meaning::Undecided,
    fact: Some(Fact::Centrality),
    of: |shown| {
        let anchor = shown.candidate.anchors[0];
        let value = |at: u32| metric(shown, "pagerank", at);
        let kind = &shown.entity(anchor).kind;
        let entities = (0..).zip(&shown.survey.resolution.entities);
        let peers: Vec<u32> = entities.filter(|(_, entity)| entity.kind == *kind).map(|(at, _)| at).collect();
        let below = peers.iter().filter(|at| value(**at) <= value(anchor)).count();
        if value(anchor).is_nan() { f64::NAN } else { share(below as f64, peers.len() as f64) }
    },
};

pub(super) const PARTICIPATION: Feature = Feature {
    name: "participation",
    about: "How evenly the links of its first main entity spread over established groups, from 0 to 1 (Guimera and Amaral 2005).",
    family: Family::NodeRole,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "the participation coefficient of its main entity over established groups is {}",
    message_zero: None,
    meaning: Meaning::Undecided,
    fact: Some(Fact::Brokerage),
    of: |shown| {
        let scene = &shown.survey.scene;
        let mut counts: BTreeMap<u32, f64> = BTreeMap::new();
        for (other, _) in &scene.near[shown.candidate.anchors[0] as usize] {
            if let (true, Some(group)) = (scene.can_tie(*other), scene.group_of[*other as usize]) {
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
    about: "Fall of the constraint (Burt 1992) of its first main entity in the recent window; an entity without neighbours has constraint 1.",
    family: Family::NodeRole,
    scale: Scale::Plain,
    unit: Unit::Real,
    message: "the fall of its main entity\u{2019}s constraint (Burt) is {}",
    message_zero: None,
    meaning: Meaning::High,
    fact: Some(Fact::Brokerage),
    of: |shown| {
        let anchor = shown.candidate.anchors[0];
        constraint(shown, anchor, false).unwrap_or(1.0) - constraint(shown, anchor, true).unwrap_or(1.0)
    },
};

pub(super) const CORE_NUMBER: Feature = Feature {
    name: "core_number",
    about: "Core number of its first main entity.",
    family: Family::NodeRole,
    scale: Scale::Log,
    unit: Unit::Number,
    message: "the core number of its main entity is {}",
    message_zero: None,
    meaning: Meaning::Undecided,
    fact: Some(Fact::Centrality),
    of: |shown| metric(shown, "core_number", shown.candidate.anchors[0]),
};

pub(super) const IS_ACTOR: Feature = Feature {
    name: "actor_share",
    about: "Share of its main entities that are actors, not operations, malware, tools or infrastructure, from 0 to 1.",
    family: Family::NodeRole,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its main entities are actors",
    message_zero: Some("none of its main entities is an actor"),
    meaning: Meaning::Undecided,
    fact: None,
    of: |shown| {
        let actors = shown.candidate.anchors.iter().filter(|at| shown.class(**at) == Class::Actor).count();
        share(actors as f64, shown.candidate.anchors.len() as f64)
    },
};

/// Returns the value of a metric; not a number where it was not measured.
fn metric(shown: &Shown<'_>, name: &str, at: EntityIndex) -> f64 {
    let column =
        METRICS.iter().position(|metric| metric.name == name).expect("a metric that is on the table");
    shown.survey.metrics.get(column).map_or(f64::NAN, |values| values[at as usize])
}

/// Returns Burt's constraint on an entity, each tie of weight one, by all ties or by those of
/// before; `None` where there is none (Burt 1992, Structural Holes, equation 2.4).
fn constraint(shown: &Shown<'_>, entity: EntityIndex, with_recent: bool) -> Option<f64> {
    let scene = &shown.survey.scene;
    let near = |at: EntityIndex| -> Vec<EntityIndex> {
        let near = scene.near[at as usize].iter().filter(|(other, link)| {
            *other != at && scene.can_tie(*other) && (with_recent || !scene.link_is_new[*link as usize])
        });
        let mut near: Vec<EntityIndex> = near.map(|(other, _)| *other).collect();
        near.sort_unstable();
        near.dedup();
        near
    };
    let own = near(entity);
    if own.is_empty() {
        return None;
    }
    let own_share = 1.0 / own.len() as f64;
    let mut indirect = vec![0.0; own.len()];
    // Along the rows of those in between, not over pairs: an entity may have a hundred thousand ties.
    for &middle in &own {
        let row = near(middle);
        for alter in &row {
            if let Ok(place) = own.binary_search(alter) {
                indirect[place] += own_share / row.len() as f64;
            }
        }
    }
    Some(indirect.into_iter().map(|indirect| (own_share + indirect).powi(2)).sum())
}
