//! Recent records of a candidate, and the sources that they come from.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Candidate;
use crate::{
    analysis::Analysis,
    index::{LinkIndex, RecordIndex},
    link::Layer,
    resolve::CopyEvidence,
    temporal::Arrival,
    time::DAY,
};

/// Activity of the sources of a run, which all its candidates share.
pub struct SourceActivity<'a> {
    /// Number of recent records of each source, and of records in its usual window (NaN without earlier records).
    pub(super) recent_and_usual: BTreeMap<&'a str, (usize, f64)>,
    /// Layers with a link in the run.
    pub(super) layers: BTreeSet<Layer>,
}

impl<'a> SourceActivity<'a> {
    /// Counts the records of a run by source and window.
    pub fn of(analysis: &'a Analysis) -> Self {
        let mut earlier: BTreeMap<&str, BTreeMap<i64, usize>> = BTreeMap::new();
        let mut recent_and_usual: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
        let window = window_days(analysis) * DAY;
        for (record, arrival) in analysis.view.records().iter().zip(&analysis.recent.arrivals) {
            if *arrival == Arrival::Earlier {
                let age = analysis.view.as_of().valid_at.micros() - record.recorded_first.micros();
                *earlier.entry(&record.source).or_default().entry(age / window).or_default() += 1;
            } else {
                recent_and_usual.entry(&record.source).or_default().0 += 1;
            }
        }
        for (source, (_, usual)) in &mut recent_and_usual {
            let mut counts: Vec<usize> = earlier.get(source).into_iter().flatten().map(|(_, n)| *n).collect();
            counts.sort_unstable();
            *usual = counts.get(counts.len() / 2).map_or(f64::NAN, |count| *count as f64);
        }
        Self { recent_and_usual, layers: analysis.resolution.links.iter().map(|link| link.layer).collect() }
    }
}

/// Returns the length of the recent window in whole days, at least 1.
pub(super) fn window_days(analysis: &Analysis) -> i64 {
    let as_of = analysis.view.as_of().valid_at.micros();
    analysis.recent.cut.map_or(1, |cut| (as_of - cut.micros()).div_euclid(DAY).max(1))
}

/// Returns the recent records of a candidate's recent links, ascending.
pub fn records(analysis: &Analysis, candidate: &Candidate) -> Vec<RecordIndex> {
    let of_links = candidate.support.iter().flat_map(|&link| &analysis[link].records).copied();
    let recent = of_links.filter(|record| analysis.recent.arrivals[record.index()] != Arrival::Earlier);
    recent.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Returns the origins of a candidate's news, sorted: the sources that do not only repeat another source.
pub fn origins(analysis: &Analysis, candidate: &Candidate) -> Vec<String> {
    let mut news = records(analysis, candidate);
    news.retain(|record| analysis.recent.arrivals[record.index()] == Arrival::News);
    analysis.resolution.relays.origins(&news).into_iter().map(str::to_owned).collect()
}

/// A source that repeats another one in the recent records of a candidate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relay {
    /// Source of the records that repeat others.
    pub source: String,
    /// Source that they come from.
    pub origin: String,
    /// Strongest evidence among them.
    pub evidence: CopyEvidence,
    /// Whole days from the first repeated record to the record that repeats it, the shortest; `None` if the view has no
    /// repeated record.
    pub days: Option<i64>,
    /// Number of records that repeat others.
    pub records: usize,
}

/// Returns the sources that repeat others in the recent records of a candidate, sorted by source and origin.
pub fn relays(analysis: &Analysis, candidate: &Candidate) -> Vec<Relay> {
    let relays = &analysis.resolution.relays;
    let mut found: BTreeMap<(&str, &str), (CopyEvidence, Option<i64>, usize)> = BTreeMap::new();
    for record in records(analysis, candidate) {
        let (source, origin) = (&*analysis[record].source, relays.origin(record));
        let Some(repeat) = relays.repeat(record).filter(|_| source != origin) else { continue };
        let days = repeat.record.map(|repeated| {
            let later = analysis[record].recorded_first.micros() - analysis[repeated].recorded_first.micros();
            later.div_euclid(DAY)
        });
        let (evidence, shortest, count) = found.entry((source, origin)).or_insert((repeat.evidence, days, 0));
        *evidence = (*evidence).min(repeat.evidence);
        *shortest = [*shortest, days].into_iter().flatten().min();
        *count += 1;
    }
    let relay = |((source, origin), (evidence, days, records)): ((&str, &str), _)| Relay {
        source: source.to_owned(),
        origin: origin.to_owned(),
        evidence,
        days,
        records,
    };
    found.into_iter().map(relay).collect()
}

/// Returns true if a recent record of a candidate is news that no earlier run had.
pub fn has_current_news(analysis: &Analysis, candidate: &Candidate) -> bool {
    records(analysis, candidate).iter().any(|&index| {
        let record = &analysis[index];
        analysis.recent.arrivals[index.index()] == Arrival::News
            && analysis.recent.previous.is_none_or(|previous| record.recorded_first > previous)
    })
}

/// Returns the share of a candidate's recent weight that is news, from 0 to 1.
pub fn news_share(analysis: &Analysis, candidate: &Candidate) -> f64 {
    let (mut all, mut news) = (0.0, 0.0);
    for &link in &candidate.support {
        // A link whose evidence has no weight left still has an arrival.
        let weight = analysis[link].weight.max(1e-9);
        all += weight;
        news += weight * analysis.context.news[link.index()];
    }
    if all > 0.0 { news / all } else { 0.0 }
}

/// Returns whether the news of a candidate would suffice only with the records of a bulk change of one source.
pub fn rests_on_bulk(analysis: &Analysis, candidate: &Candidate) -> bool {
    let is_bulk = |link: &LinkIndex| {
        let records = analysis[*link].records.iter();
        records.map(|record| analysis.recent.arrivals[record.index()]).any(|arrival| arrival == Arrival::Bulk)
    };
    let weight = |links: &mut dyn Iterator<Item = &LinkIndex>| -> f64 {
        links.map(|link| analysis[*link].weight.max(1e-9)).sum()
    };
    let all = weight(&mut candidate.support.iter());
    let bulk = weight(&mut candidate.support.iter().filter(|link| is_bulk(link)));
    bulk >= 0.5 * all && bulk > 0.0
}
