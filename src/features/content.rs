//! Content features: kinds and classes of the members of a candidate.

use std::collections::BTreeSet;

use super::{Feature, FeatureFamily, Meaning, Scale, Unit, share};
use crate::{analysis::Class, index::EntityIndex};

pub(super) const KINDS: Feature = Feature {
    name: "kinds",
    about: "Number of kinds of entities among its members.",
    family: FeatureFamily::Content,
    scale: Scale::Log,
    unit: Unit::Number,
    message: "its members have {} [kind|different kinds]",
    message_zero: None,
    meaning: Meaning::Undecided,
    fact: None,
    compute: |input| {
        input.members().map(|member| &input.entity(member).kind).collect::<BTreeSet<_>>().len() as f64
    },
};

pub(super) const FACT_SHARE: Feature = Feature {
    name: "fact_share",
    about: "Share of its members that are observables or indicators, which can be verified, from 0 to 1.",
    family: FeatureFamily::Content,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its members are observables or indicators",
    message_zero: Some("no member is an observable or indicator"),
    meaning: Meaning::High,
    fact: None,
    compute: |input| {
        let facts = input
            .members()
            .filter(|member| matches!(input.class(*member), Class::Observable | Class::Indicator))
            .count();
        share(facts as f64, input.members().count() as f64)
    },
};

pub(super) const OPERATIONS: Feature = Feature {
    name: "operations",
    about: "Number of campaigns and incidents among its members.",
    family: FeatureFamily::Content,
    scale: Scale::Log,
    unit: Unit::Number,
    message: "its members include {} [campaign or incident|campaigns and incidents]",
    message_zero: Some("its members include no campaign or incident"),
    meaning: Meaning::Undecided,
    fact: None,
    compute: |input| input.members().filter(|member| input.class(*member) == Class::Activity).count() as f64,
};

pub(super) const TECHNIQUES: Feature = Feature {
    name: "techniques",
    about: "Number of techniques, vulnerabilities, places and other context that its members are newly linked to.",
    family: FeatureFamily::Content,
    scale: Scale::Log,
    unit: Unit::Number,
    message: "its members have new links to {} [technique, vulnerability or place|techniques, vulnerabilities or places]",
    message_zero: Some("its members have no new link to a technique, vulnerability or place"),
    meaning: Meaning::Undecided,
    fact: None,
    compute: |input| {
        let links = input.members().flat_map(|member| input.facts.recent_links(member).to_vec());
        let new_context = links.map(|(other, _)| other).filter(|other| input.class(*other) == Class::Context);
        new_context.collect::<BTreeSet<EntityIndex>>().len() as f64
    },
};
