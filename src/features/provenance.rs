//! Who tells of a candidate, how reliable they are, and whether they know it of themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::{Family, Feature, Scale, Shown, Unit, evidence, share};
use crate::time::{DAY, Moment};

pub(super) const SOURCES: Feature = Feature {
    name: "independent_sources",
    about: "Number of sources of its news that do not merely pass on another\u{2019}s objects.",
    family: Family::Provenance,
    scale: Scale::Log,
    unit: Unit::Number,
    says: "{} sources that do not merely pass it on tell of it",
    of: |shown| evidence::origins(shown.analysis, shown.candidate, shown.sources).len() as f64,
};

pub(super) const RELIABILITY: Feature = Feature {
    name: "reliability",
    about: "Mean reliability of the sources of its recent records, from 0 to 1, by the Admiralty letter.",
    family: Family::Provenance,
    scale: Scale::Plain,
    unit: Unit::Share,
    says: "its sources are reliable to {}",
    of: |shown| {
        let sources: BTreeSet<&str> = shown.behind().map(|record| &*record.source).collect();
        let weights = sources.iter().map(|source| shown.analysis.view.terms(source).reliability.weight());
        share(weights.sum(), sources.len() as f64)
    },
};

pub(super) const ONE_SOURCE_SHARE: Feature = Feature {
    name: "one_source_share",
    about: "Share of its recent records that come from one source, from 0 to 1.",
    family: Family::Provenance,
    scale: Scale::Plain,
    unit: Unit::Share,
    says: "{} of its recent records come from one source",
    of: |shown| {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for record in shown.behind() {
            *counts.entry(&record.source).or_default() += 1;
        }
        share(counts.values().copied().max().unwrap_or(0) as f64, shown.records.len() as f64)
    },
};

pub(super) const RELAYED_SHARE: Feature = Feature {
    name: "relayed_share",
    about: "Share of its recent records that pass on an object which another source told of first, from 0 to 1.",
    family: Family::Provenance,
    scale: Scale::Plain,
    unit: Unit::Share,
    says: "{} of its recent records pass on what another source had said",
    of: |shown| {
        let relayed =
            shown.behind().filter(|record| shown.sources.origin(&record.key) != Some(&*record.source));
        share(relayed.count() as f64, shown.records.len() as f64)
    },
};

pub(super) const CORROBORATED_SHARE: Feature = Feature {
    name: "corroborated_share",
    about: "Share of its recent links that two sources or more tell of, from 0 to 1.",
    family: Family::Provenance,
    scale: Scale::Plain,
    unit: Unit::Share,
    says: "{} of its recent links are told by two sources or more",
    of: |shown| {
        let both = shown.support().filter(|link| link.source_count > 1).count();
        share(both as f64, shown.candidate.support.len() as f64)
    },
};

pub(super) const CONFIDENCE: Feature = Feature {
    name: "confidence",
    about: "Mean confidence that its recent records state, 0 to 100; unknown where none does.",
    family: Family::Provenance,
    scale: Scale::Plain,
    unit: Unit::Number,
    says: "its sources are confident to {} of 100",
    of: |shown| {
        let stated: Vec<f64> =
            shown.behind().filter_map(|record| record.content.confidence).map(f64::from).collect();
        share(stated.iter().sum(), stated.len() as f64)
    },
};

pub(super) const LAG_DAYS: Feature = Feature {
    name: "lag_days",
    about: "Days from the first source that told of it to the second; unknown where there is one.",
    family: Family::Provenance,
    scale: Scale::Log,
    unit: Unit::Number,
    says: "the second source followed the first after {} days",
    of: lag_days,
};

fn lag_days(shown: &Shown<'_>) -> f64 {
    let mut first_of: BTreeMap<&str, Moment> = BTreeMap::new();
    for record in shown.behind() {
        let first = first_of.entry(&record.source).or_insert(record.recorded_first);
        *first = (*first).min(record.recorded_first);
    }
    let mut moments: Vec<Moment> = first_of.into_values().collect();
    moments.sort_unstable();
    match moments.as_slice() {
        [first, second, ..] => (second.micros() - first.micros()) as f64 / DAY as f64,
        _ => f64::NAN,
    }
}
