//! How much evidence stands behind a link, as known at the view's moment.
//!
//! weight = sum over sources of (reliability x the freshest of its records) x rarity:
//! ten records of one source count once; freshness is 2^(-age / half-life) by layer;
//! rarity is 1 / ln(1 + df), at most 1, where df is the number of entities that share what a
//! link of [`SHARED`] ends in: the observable that a pattern matches, an address, a telephone. A link of what is on a warning list weighs
//! nothing, and a record whose source says that the link ties nobody (`disable_correlation`), or that names one of
//! its ends only together with something else (half of a pattern), adds nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::WarningLists;
use crate::{
    index::EntityIndex,
    link::Layer,
    record::Record,
    time::{DAY, Moment},
    view::View,
};

/// What may be chosen about weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WeightConfig {
    /// Days after which evidence of a layer counts half; a layer not named does not age.
    pub half_life_days: BTreeMap<String, f64>,
    /// What is on one of these ties nobody.
    pub warning_lists: WarningLists,
}

impl Default for WeightConfig {
    fn default() -> Self {
        let days = [("infrastructure", 45.0), ("finance", 180.0), ("co-report", 180.0)];
        let half_life_days = days.into_iter().map(|(layer, days)| (layer.to_owned(), days)).collect();
        Self { half_life_days, warning_lists: WarningLists::default() }
    }
}

/// Counts, for each entity, the entities that it is tied from; `ties` are in order of where they begin.
pub(super) fn sharing(ties: impl Iterator<Item = (EntityIndex, EntityIndex)>, entities: usize) -> Vec<usize> {
    let mut counts = vec![0; entities];
    let mut last = None;
    for tie in ties {
        // Ties of several kinds between two count once.
        if last.replace(tie) != Some(tie) {
            counts[tie.1.index()] += 1;
        }
    }
    counts
}

/// Kinds of links that end in what many may share, so that sharing it says the less the more do.
const SHARED: [&str; 6] = ["matches", "address", "email", "phone", "website", "ip-address"];

/// Returns the weight of a link, at least 0.
pub(super) fn of_link(
    records: &[&Record],
    layer: Layer,
    shared_by: usize,
    kind: &str,
    view: &View,
    config: &WeightConfig,
) -> f64 {
    let half_life = config.half_life_days.get(layer.name()).copied();
    let mut of_source: BTreeMap<&str, f64> = BTreeMap::new();
    for record in records {
        let fresh = freshness(record, half_life, view.as_of().valid_at);
        let best = of_source.entry(&record.source).or_default();
        *best = best.max(fresh);
    }
    let evidence: f64 =
        of_source.iter().map(|(source, fresh)| view.terms(source).reliability.weight() * fresh).sum();
    let rarity = if SHARED.contains(&kind) { (1.0 / (1.0 + shared_by as f64).ln()).min(1.0) } else { 1.0 };
    evidence * rarity
}

/// Returns what is left of a record's force: 1 where it is fresh or its layer does not age.
fn freshness(record: &Record, half_life_days: Option<f64>, at: Moment) -> f64 {
    let Some(half_life) = half_life_days.filter(|days| *days > 0.0) else { return 1.0 };
    let span = record.content.seen;
    let last = span.end.filter(|end| *end <= at).or(span.start).unwrap_or(record.recorded_at).min(at);
    let age_days = (at.micros() - last.micros()) as f64 / DAY as f64;
    (-age_days / half_life).exp2()
}
