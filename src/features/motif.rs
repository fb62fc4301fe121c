//! Which small figures the links of a candidate form.

use std::collections::{BTreeMap, BTreeSet};

use super::{Family, Feature, Scale, Unit, shape, share};
use crate::{analysis::Class, index::EntityIndex};

pub(super) const TRIANGLES: Feature = Feature {
    name: "triangles",
    about: "Number of triangles among its members.",
    family: Family::Motif,
    scale: Scale::Log,
    unit: Unit::Number,
    says: "its members form {} triangles",
    of: |shown| {
        let pairs = shape::pairs(shown);
        let mut near: BTreeMap<EntityIndex, BTreeSet<EntityIndex>> = BTreeMap::new();
        for (low, high) in &pairs {
            near.entry(*low).or_default().insert(*high);
        }
        let closed = pairs.iter().map(|(low, high)| match (near.get(low), near.get(high)) {
            (Some(low), Some(high)) => low.intersection(high).count(),
            _ => 0,
        });
        closed.sum::<usize>() as f64
    },
};

pub(super) const SHARED_VALUES: Feature = Feature {
    name: "shared_values",
    about: "Number of facts of the network that are tied to two of its members or more.",
    family: Family::Motif,
    scale: Scale::Log,
    unit: Unit::Number,
    says: "{} values are shared by its members",
    of: |shown| {
        let context = &shown.analysis.context;
        let mut tied: BTreeMap<EntityIndex, BTreeSet<EntityIndex>> = BTreeMap::new();
        for member in shown.members() {
            for (other, _) in &context.near[member.index()] {
                if shown.class(*other) == Class::Observable {
                    tied.entry(*other).or_default().insert(member);
                }
            }
        }
        tied.values().filter(|members| members.len() > 1).count() as f64
    },
};

pub(super) const STAR_SHARE: Feature = Feature {
    name: "star_share",
    about: "Share of its recent links that hang on one entity, from 0 to 1.",
    family: Family::Motif,
    scale: Scale::Plain,
    unit: Unit::Share,
    says: "{} of its recent links hang on one entity",
    of: |shown| {
        let mut counts: BTreeMap<EntityIndex, usize> = BTreeMap::new();
        for link in shown.support() {
            *counts.entry(link.from).or_default() += 1;
            *counts.entry(link.to).or_default() += 1;
        }
        share(counts.values().copied().max().unwrap_or(0) as f64, shown.candidate.support.len() as f64)
    },
};
