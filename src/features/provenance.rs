//! Provenance features: sources of a candidate, their reliability, and repeated objects.

use std::collections::{BTreeMap, BTreeSet};

use super::{Fact, Feature, FeatureFamily, FeatureInput, Meaning, Scale, Unit, evidence, share};
use crate::time::{DAY, Moment};

pub(super) const SOURCES: Feature = Feature {
    name: "independent_sources",
    about: "Number of sources of its news that do not only repeat another source.",
    family: FeatureFamily::Provenance,
    scale: Scale::Log,
    unit: Unit::Number,
    message: "{} independent [source reports|sources report] it",
    message_zero: Some("no independent source reports it"),
    meaning: Meaning::High,
    fact: Some(Fact::Sources),
    compute: |input| evidence::origins(input.analysis, input.candidate).len() as f64,
};

pub(super) const RELIABILITY: Feature = Feature {
    name: "reliability",
    about: "Mean reliability of the sources of its recent records, from 0 to 1, by the Admiralty letter.",
    family: FeatureFamily::Provenance,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "the mean reliability of its sources is {}",
    message_zero: None,
    meaning: Meaning::High,
    fact: Some(Fact::Reliability),
    compute: |input| {
        let sources: BTreeSet<&str> = input.recent_records().map(|record| &*record.source).collect();
        let weights = sources.iter().map(|source| input.analysis.view.terms(source).reliability.weight());
        share(weights.sum(), sources.len() as f64)
    },
};

pub(super) const ONE_SOURCE_SHARE: Feature = Feature {
    name: "one_source_share",
    about: "Largest share of its recent records that come from one source or repeat it, from 0 to 1.",
    family: FeatureFamily::Provenance,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its recent records come from one source or repeat it",
    message_zero: None,
    meaning: Meaning::Low,
    fact: Some(Fact::Sources),
    compute: |input| {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for &record in &input.records {
            *counts.entry(input.analysis.resolution.relays.origin(record)).or_default() += 1;
        }
        share(counts.values().copied().max().unwrap_or(0) as f64, input.records.len() as f64)
    },
};

pub(super) const RELAYED_SHARE: Feature = Feature {
    name: "relayed_share",
    about: "Share of its recent records that repeat a record of another source, from 0 to 1.",
    family: FeatureFamily::Provenance,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "{} of its recent records repeat another source",
    message_zero: Some("none of its recent records repeats another source"),
    meaning: Meaning::Low,
    fact: Some(Fact::Relays),
    compute: |input| {
        let (analysis, relays) = (input.analysis, &input.analysis.resolution.relays);
        let relayed =
            input.records.iter().filter(|record| relays.origin(**record) != &*analysis[**record].source);
        share(relayed.count() as f64, input.records.len() as f64)
    },
};

pub(super) const CORROBORATED_SHARE: Feature = Feature {
    name: "corroborated_share",
    about: "Share of its recent links that two or more independent sources report, from 0 to 1.",
    family: FeatureFamily::Provenance,
    scale: Scale::Plain,
    unit: Unit::Share,
    message: "two or more independent sources report {} of its recent links",
    message_zero: Some("none of its recent links has two independent sources"),
    meaning: Meaning::High,
    fact: None,
    compute: |input| {
        let corroborated = input.support().filter(|link| link.source_count > 1).count();
        share(corroborated as f64, input.candidate.support.len() as f64)
    },
};

pub(super) const CONFIDENCE: Feature = Feature {
    name: "confidence",
    about: "Mean confidence that its recent records state, 0 to 100; null where none states one.",
    family: FeatureFamily::Provenance,
    scale: Scale::Plain,
    unit: Unit::Number,
    message: "the mean confidence that its recent records state is {} of 100",
    message_zero: None,
    meaning: Meaning::High,
    fact: None,
    compute: |input| {
        let stated: Vec<f64> =
            input.recent_records().filter_map(|record| record.content.confidence).map(f64::from).collect();
        share(stated.iter().sum(), stated.len() as f64)
    },
};

pub(super) const LAG_DAYS: Feature = Feature {
    name: "lag_days",
    about: "Days from the first source that reported it to the second independent one; null where there is one.",
    family: FeatureFamily::Provenance,
    scale: Scale::Log,
    unit: Unit::Days,
    message: "the second independent source reported it {} after the first",
    message_zero: Some("the first two independent sources reported it at the same time"),
    meaning: Meaning::Undecided,
    fact: Some(Fact::Sources),
    compute: lag_days,
};

fn lag_days(input: &FeatureInput<'_>) -> f64 {
    let mut first_of: BTreeMap<&str, Moment> = BTreeMap::new();
    for &record in &input.records {
        let recorded = input.analysis[record].recorded_first;
        let first = first_of.entry(input.analysis.resolution.relays.origin(record)).or_insert(recorded);
        *first = (*first).min(recorded);
    }
    let mut moments: Vec<Moment> = first_of.into_values().collect();
    moments.sort_unstable();
    match moments.as_slice() {
        [first, second, ..] => (second.micros() - first.micros()) as f64 / DAY as f64,
        _ => f64::NAN,
    }
}
