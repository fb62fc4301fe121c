//! Input of a report: the results of one run, cut to what one audience may see.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::{content::FlagLine, text::short};
use crate::{
    analysis::{Analysis, Class, Community, MetricColumn},
    archive::DeliveryReport,
    features::Candidate,
    index::EntityIndex,
    language::Language,
    model::Model,
    record::Reliability,
    review::{CandidateStatus, Gate, QueuedFlag},
    temporal::{ChangeGroup, Disturbance},
    time::Moment,
};

/// Longest label of an entity in the name of a community, in characters.
const LABEL_MAX: usize = 28;

/// Everything from which a page is made.
pub struct Facts<'a> {
    /// Language of the page.
    pub language: &'a Language,
    /// As-of time of the run.
    pub moment: Moment,
    /// As-of time of the previous run, if there is one.
    pub previous: Option<Moment>,
    /// Name of the audience.
    pub audience: &'a str,
    /// Analysis of the audience's view.
    pub analysis: &'a Analysis,
    /// Changes since the previous run, as the audience may know them.
    pub changes: &'a [ChangeGroup],
    /// Deliveries of the run; `None` if the audience may not know them.
    pub deliveries: Option<&'a [DeliveryReport]>,
    /// Runs of many merges or splits; empty for audiences.
    pub disturbances: &'a [Disturbance],
    /// Every flag, those of the queue first and in order.
    pub flags: &'a [QueuedFlag],
    /// Flags of earlier runs that closed without a verdict.
    pub closed: &'a [FlagLine],
    /// Instances of patterns, flagged or not; the next two lists have the same order.
    pub candidates: &'a [Candidate],
    /// Gate results of each candidate.
    pub gates: &'a [Gate],
    /// `CandidateStatus` of each candidate.
    pub statuses: &'a [CandidateStatus],
    /// Model of the scores.
    pub model: &'a Model,
    /// Id of the model of the previous run, if known.
    pub model_before: Option<String>,
    /// True for the data steward, who may know files, digests, positions and rejected objects.
    pub shows_files: bool,
    /// Name and value of versions, configuration and digests.
    pub provenance: Vec<(String, String)>,
}

/// Returns the sources with a record in the view, with their reliability.
pub fn sources_seen(analysis: &Analysis) -> BTreeSet<(String, Reliability)> {
    let names: BTreeSet<&str> = analysis.view.records().iter().map(|record| &*record.source).collect();
    names.into_iter().map(|name| (name.to_owned(), analysis.view.terms(name).reliability)).collect()
}

/// Returns the name of a community: the labels of its two most central members. Hashes say nothing to a reader; a community
/// of hashes is named by the report that names most of its members.
pub(super) fn name_of(language: &Language, analysis: &Analysis, community: &Community) -> String {
    let central = most_central(analysis.metric("pagerank"), community.members.iter().copied(), 2);
    if central.iter().all(|&member| is_hash(&analysis[member].label)) {
        let hash =
            || central.first().map(|&member| short(&analysis[member].label, LABEL_MAX)).unwrap_or_default();
        return match main_report(analysis, community) {
            Some(report) => {
                let report = short(&analysis[report].label, 2 * LABEL_MAX);
                language.fill("community.of-report", &[("report", report)])
            }
            None => language.fill("community.of-hashes", &[("hash", hash())]),
        };
    }
    let mut names: Vec<String> =
        central.iter().map(|&member| short(&analysis[member].label, LABEL_MAX)).collect();
    names.dedup();
    names.join(", ")
}

/// Returns the report that names most members of a community; the lowest index on ties.
fn main_report(analysis: &Analysis, community: &Community) -> Option<EntityIndex> {
    let mut members = community.members.clone();
    members.sort_unstable();
    let mut counts: BTreeMap<EntityIndex, usize> = BTreeMap::new();
    for link in &analysis.resolution.links {
        for (report, member) in [(link.from, link.to), (link.to, link.from)] {
            let is_report = analysis.context.class[report.index()] == Class::Report;
            if is_report && members.binary_search(&member).is_ok() {
                *counts.entry(report).or_default() += 1;
            }
        }
    }
    counts.into_iter().max_by_key(|&(report, count)| (count, Reverse(report))).map(|(report, _)| report)
}

/// Returns whether a label is the digest of a file: hexadecimal digits in the length of MD5, SHA-1, SHA-256 or SHA-512.
fn is_hash(label: &str) -> bool {
    matches!(label.len(), 32 | 40 | 64 | 128) && label.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns at most `count` entities by a metric, the highest value first; the lowest index first on ties.
pub(super) fn most_central(
    values: &MetricColumn,
    entities: impl Iterator<Item = EntityIndex>,
    count: usize,
) -> Vec<EntityIndex> {
    let mut best = Vec::new();
    for entity in entities {
        keep_central(&mut best, values, entity, count);
    }
    best
}

/// Puts an entity in its place among the most central ones, of which at most `count` are kept: a million entities are
/// read once and never sorted.
pub(super) fn keep_central(
    best: &mut Vec<EntityIndex>,
    values: &MetricColumn,
    entity: EntityIndex,
    count: usize,
) {
    let value = |entity: EntityIndex| match values[entity.index()] {
        value if value.is_nan() => f64::NEG_INFINITY,
        value => value,
    };
    let is_before = |one: EntityIndex, other: EntityIndex| {
        value(other).total_cmp(&value(one)).then_with(|| one.cmp(&other)).is_lt()
    };
    if best.len() >= count && best.last().is_none_or(|last| !is_before(entity, *last)) {
        return;
    }
    best.insert(best.partition_point(|&other| is_before(other, entity)), entity);
    best.truncate(count);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_central_entities_are_those_of_a_whole_sort() {
        let mut random = crate::random::SplitMix64::new(1, 2);
        let values: Vec<f64> = (0..500)
            .map(|number| if number % 40 == 7 { f64::NAN } else { f64::from(random.below(60)) })
            .collect();
        let rank = |entity: &EntityIndex| {
            let value = values[entity.index()];
            if value.is_nan() { f64::NEG_INFINITY } else { value }
        };
        let mut sorted: Vec<EntityIndex> = EntityIndex::first(values.len()).collect();
        sorted.sort_by(|a, b| rank(b).total_cmp(&rank(a)).then(a.cmp(b)));
        for count in [0, 1, 8, 499, 500, 501] {
            let column = MetricColumn::of(values.clone());
            let found = most_central(&column, EntityIndex::first(values.len()), count);
            assert_eq!(found, sorted[..count.min(sorted.len())], "{count}");
        }
    }

    #[test]
    fn a_digest_is_known_by_its_digits() {
        assert!(is_hash("9e107d9d372bb6826bd81d3542a419d6"));
        assert!(is_hash(&"Ab".repeat(32)));
        for name in ["", "d41d8cd9", "Salt Heron", "g9e107d9d372bb6826bd81d3542a419d"] {
            assert!(!is_hash(name), "{name}");
        }
    }
}
