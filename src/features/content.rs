//! What kinds of things a candidate is made of.

use std::collections::BTreeSet;

use super::{Family, Feature, Scale, Unit, share};
use crate::{analysis::Class, index::EntityIndex};

pub(super) const KINDS: Feature = Feature {
    name: "kinds",
    about: "Number of kinds of entities among its members.",
    family: Family::Content,
    scale: Scale::Log,
    unit: Unit::Number,
    says: "it is made of {} kinds of entities",
    of: |shown| shown.members().map(|at| &shown.entity(at).kind).collect::<BTreeSet<_>>().len() as f64,
};

pub(super) const FACT_SHARE: Feature = Feature {
    name: "fact_share",
    about: "Share of its members that are facts of the network or indicators of them, from 0 to 1: what can be verified.",
    family: Family::Content,
    scale: Scale::Plain,
    unit: Unit::Share,
    says: "{} of its members are verifiable facts of the network",
    of: |shown| {
        let facts = shown
            .members()
            .filter(|at| matches!(shown.class(*at), Class::Observable | Class::Indicator))
            .count();
        share(facts as f64, shown.members().count() as f64)
    },
};

pub(super) const OPERATIONS: Feature = Feature {
    name: "operations",
    about: "Number of campaigns and incidents among its members.",
    family: Family::Content,
    scale: Scale::Log,
    unit: Unit::Number,
    says: "{} campaigns or incidents are part of it",
    of: |shown| shown.members().filter(|at| shown.class(*at) == Class::Activity).count() as f64,
};

pub(super) const TECHNIQUES: Feature = Feature {
    name: "techniques",
    about: "Number of techniques, weaknesses and places that its members were newly tied to.",
    family: Family::Content,
    scale: Scale::Log,
    unit: Unit::Number,
    says: "its members were newly tied to {} techniques, weaknesses or places",
    of: |shown| {
        let context = &shown.analysis.context;
        let near = shown.members().flat_map(|at| &context.near[at.index()]);
        let context: BTreeSet<EntityIndex> = near
            .filter(|(other, link)| {
                context.link_is_new[link.index()] && shown.class(*other) == Class::Context
            })
            .map(|(other, _)| *other)
            .collect();
        context.len() as f64
    },
};
