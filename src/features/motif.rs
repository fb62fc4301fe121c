//! Motif features: triangles, shared observables and stars among the links of a candidate.

use std::collections::{BTreeMap, BTreeSet};

use super::{Fact, Feature, FeatureFamily, Meaning, Scale, Unit, shape, share};
use crate::{analysis::Class, index::EntityIndex};

pub(super) const TRIANGLES: Feature = Feature {
    name: "triangles",
    about: "Number of triangles among its members.",
    family: FeatureFamily::Motif,
    scale: Scale::Log,
    unit: Unit::Number,
    message: "its members form {} [triangle|triangles]",
    message_zero: Some("its members form no triangle"),
    meaning: Meaning::High,
    fact: Some(Fact::Cohesion),
    compute: |input| {
        let pairs = shape::pairs(input);
        let mut higher_neighbours: BTreeMap<EntityIndex, BTreeSet<EntityIndex>> = BTreeMap::new();
        for (low, high) in &pairs {
            higher_neighbours.entry(*low).or_default().insert(*high);
        }
        let closed =
            pairs.iter().map(|(low, high)| match (higher_neighbours.get(low), higher_neighbours.get(high)) {
                (Some(of_low), Some(of_high)) => of_low.intersection(of_high).count(),
                _ => 0,
            });
        closed.sum::<usize>() as f64
    },
};

pub(super) const SHARED_VALUES: Feature = Feature {
    name: "shared_values",
    about: "Number of observables that are linked to two or more of its members.",
    family: FeatureFamily::Motif,
    scale: Scale::Log,
    unit: Unit::Number,
    message: "its members share {} [observable|observables]",
    message_zero: Some("its members share no observable"),
    meaning: Meaning::High,
    fact: None,
    compute: |input| {
        let (largest, members) = input.without_largest(input.members());
        let values_of = |member: EntityIndex| {
            let ends = input.all_links_of(member).iter().map(|(other, _)| *other);
            let values = ends.filter(|other| input.class(*other) == Class::Observable);
            values.map(move |value| (value, member))
        };
        let mut by_value: Vec<(EntityIndex, EntityIndex)> = members.into_iter().flat_map(values_of).collect();
        by_value.sort_unstable();
        by_value.dedup();
        let is_of_largest =
            |value: EntityIndex| input.all_links_of(value).iter().any(|(other, _)| largest == Some(*other));
        let of_values = by_value.chunk_by(|one, other| one.0 == other.0);
        of_values.filter(|of_value| of_value.len() > 1 || is_of_largest(of_value[0].0)).count() as f64
    },
};

pub(super) const STAR_SHARE: Feature = Feature {
    name: "star_share",
    about: "Share of its recent links that have one entity in common, from 0 to 1.",
    family: FeatureFamily::Motif,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its recent links have one entity in common",
    message_zero: None,
    meaning: Meaning::Undecided,
    fact: None,
    compute: |input| {
        let mut counts: BTreeMap<EntityIndex, usize> = BTreeMap::new();
        for link in input.support() {
            *counts.entry(link.from).or_default() += 1;
            *counts.entry(link.to).or_default() += 1;
        }
        share(counts.values().copied().max().unwrap_or(0) as f64, input.candidate.support.len() as f64)
    },
};
