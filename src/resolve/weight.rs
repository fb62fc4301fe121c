//! Weights of links: the amount of evidence for a link at the as-of time of the view.
//!
//! The weight is the sum over origins of the largest (reliability x freshness) of a record, times the rarity. The origin
//! of a record is its source, or the source that it repeats (see [`super::Relays`]). Ten records of one source count
//! once, and so do ten sources that repeat one report. The freshness is 2^(-age / half-life), with a half-life for each layer. The rarity
//! is 1 / ln(1 + n), at most 1, for links of [`SHARED`] kinds, where n is the number of entities that link to the same
//! end; it is 1 for other links.
//!
//! A link of an entity on a warning list has weight 0. A record adds nothing if its source disabled correlation
//! (`disable_correlation`), or if it names an end only as one part of a combined pattern.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Relays, WarningLists};
use crate::{
    index::{EntityIndex, RecordIndex},
    link::Layer,
    record::Record,
    time::{DAY, Moment},
    view::View,
};

/// Settings of the weights of links.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WeightConfig {
    /// Days after which evidence of a layer counts half. Evidence of a layer without a value does not age.
    pub half_life_days: BTreeMap<String, f64>,
    /// Warning lists: the links of a listed entity have no weight.
    pub warning_lists: WarningLists,
}

impl Default for WeightConfig {
    fn default() -> Self {
        let days = [("infrastructure", 45.0), ("finance", 180.0), ("co-report", 180.0)];
        let half_life_days = days.into_iter().map(|(layer, days)| (layer.to_owned(), days)).collect();
        Self { half_life_days, warning_lists: WarningLists::default() }
    }
}

/// Returns, for each entity, the number of entities that link to it. The ends of `links` are sorted by the first end.
pub(super) fn predecessors(
    links: impl Iterator<Item = (EntityIndex, EntityIndex)>,
    entities: usize,
) -> Vec<usize> {
    let mut counts = vec![0; entities];
    let mut previous = None;
    for ends in links {
        // Links of several kinds between two entities count once.
        if previous.replace(ends) != Some(ends) {
            counts[ends.1.index()] += 1;
        }
    }
    counts
}

/// Kinds of links to values that many entities may share. The more entities share a value, the less it shows.
const SHARED: [&str; 6] = ["matches", "address", "email", "phone", "website", "ip-address"];

/// Returns the rarity of the value at the end of a link, from 0 to 1; 1 for kinds that are not shared.
pub(super) fn rarity(kind: &str, shared_by: usize) -> f64 {
    if SHARED.contains(&kind) { (1.0 / (1.0 + shared_by as f64).ln()).min(1.0) } else { 1.0 }
}

/// Returns the evidence of records for a link of a layer, at least 0: the sum over origins of reliability times
/// freshness.
pub(super) fn evidence(
    records: &[RecordIndex],
    layer: Layer,
    (view, relays): (&View, &Relays),
    config: &WeightConfig,
) -> f64 {
    let half_life = config.half_life_days.get(layer.name()).copied();
    let evidence = |record: RecordIndex| {
        let reliability = view.terms(&view[record].source).reliability.weight();
        reliability * freshness(&view[record], half_life, view.as_of().valid_at)
    };
    // Most links have one record.
    if let [record] = records {
        return evidence(*record);
    }
    let mut largest_of: BTreeMap<&str, f64> = BTreeMap::new();
    for &record in records {
        let largest = largest_of.entry(relays.origin(record)).or_default();
        *largest = largest.max(evidence(record));
    }
    largest_of.values().sum()
}

/// Returns the freshness of a record, from 0 to 1; 1 if its layer does not age.
fn freshness(record: &Record, half_life_days: Option<f64>, as_of: Moment) -> f64 {
    let Some(half_life) = half_life_days.filter(|days| *days > 0.0) else { return 1.0 };
    let seen = record.content.seen();
    let last = seen.end.filter(|end| *end <= as_of).or(seen.start).unwrap_or(record.recorded_at).min(as_of);
    let age_days = (as_of.micros() - last.micros()) as f64 / DAY as f64;
    (-age_days / half_life).exp2()
}
