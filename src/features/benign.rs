//! Benign explanations of a candidate.

use std::collections::BTreeMap;

use super::{Fact, Feature, FeatureFamily, FeatureInput, Meaning, Scale, Unit, median, share};
use crate::{analysis::Class, temporal::Arrival};

pub(super) const HUB_SHARE: Feature = Feature {
    name: "hub_share",
    about: "Share of its main entities\u{2019} recent links that lead to very common entities or to context, from 0 to 1.",
    family: FeatureFamily::BenignExplanation,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its main entities\u{2019} recent links lead to very common entities",
    message_zero: Some("none of its main entities\u{2019} recent links leads to a very common entity"),
    meaning: Meaning::Low,
    fact: None,
    compute: |input| {
        let links = input.recent_links_of_anchors();
        let common = links.iter().filter(|(other, _)| !input.analysis.context.can_connect(*other)).count();
        share(common as f64, links.len() as f64)
    },
};

pub(super) const REPORT_SIZE: Feature = Feature {
    name: "report_size",
    about: "Median number of entities that its reports name; 0 without reports.",
    family: FeatureFamily::BenignExplanation,
    scale: Scale::Log,
    unit: Unit::Number,
    message: "its reports name {} [entity|entities] each (median)",
    message_zero: Some("no report is among its members"),
    meaning: Meaning::Low,
    fact: None,
    compute: |input| {
        let members = input.candidate.members.iter();
        let reports = members.filter(|member| input.class(**member) == Class::Report);
        let sizes: Vec<f64> = reports.map(|report| input.all_links_of(*report).len() as f64).collect();
        if sizes.is_empty() { 0.0 } else { median(sizes) }
    },
};

pub(super) const LATE_SHARE: Feature = Feature {
    name: "late_share",
    about: "Share of the recent records about its main entities that describe old activity, from 0 to 1.",
    family: FeatureFamily::BenignExplanation,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of the recent records about its main entities describe old activity",
    message_zero: Some("no recent record about its main entities describes old activity"),
    meaning: Meaning::Low,
    fact: Some(Fact::Lateness),
    compute: |input| arrival_share(input, &[Arrival::Late]),
};

pub(super) const CORRECTED_SHARE: Feature = Feature {
    name: "corrected_share",
    about: "Share of the recent records about its main entities that are corrections or come from a new source, from 0 to 1.",
    family: FeatureFamily::BenignExplanation,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of the recent records about its main entities are corrections or come from a new source",
    message_zero: Some("no recent record about its main entities is a correction or comes from a new source"),
    meaning: Meaning::Low,
    fact: Some(Fact::Corrections),
    compute: |input| arrival_share(input, &[Arrival::Correction, Arrival::NewSource]),
};

pub(super) const SOURCE_BURST: Feature = Feature {
    name: "source_burst",
    about: "Recent records of its main source over the usual number in that source\u{2019}s windows: high in a large delivery.",
    family: FeatureFamily::BenignExplanation,
    scale: Scale::Log,
    unit: Unit::Real,
    message: "its main source delivered {} times its usual volume",
    message_zero: None,
    meaning: Meaning::Low,
    fact: None,
    compute: source_burst,
};

/// Returns the share of the recent records of the main entities with one of some arrivals.
fn arrival_share(input: &FeatureInput<'_>, arrivals: &[Arrival]) -> f64 {
    let recent = input.arrivals_at_anchors();
    let with_arrival = recent.iter().filter(|arrival| arrivals.contains(arrival)).count();
    share(with_arrival as f64, recent.len() as f64)
}

fn source_burst(input: &FeatureInput<'_>) -> f64 {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for record in input.recent_records() {
        *counts.entry(&record.source).or_default() += 1;
    }
    let main = counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(a.0)));
    let activity = &input.facts.sources.recent_and_usual;
    let Some((recent, usual)) = main.and_then(|(source, _)| activity.get(source)) else {
        return f64::NAN;
    };
    share(*recent as f64, *usual)
}
