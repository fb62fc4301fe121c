//! Preparation of a commit: the objects of a run are compared with the contents of the archive.
//!
//! Counts compare with the objects that were live after the runs of *earlier* as-of times. So a run that is
//! repeated for its as-of time, or after a kill, has the same counts.
//!
//! The rows to store follow another rule. All rows that a run found under a key are stored, unless the last run with
//! rows of the key found the same rows. So a row that one audience may not see never decides what is stored for
//! another. Only `view` decides what rows mean.

mod novelty;
mod pending;
mod prior;
mod source;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use rayon::prelude::*;

use super::{
    contents::ArchiveContents,
    counts::DeliveryCounts,
    held::HeldDelivery,
    report::{self, DeliveryReport},
    rows::{ArchivedDelivery, StoredRecord},
};
use crate::{
    ingest::{self, Delivery},
    record::{ArchivedRecord, Mode},
    time::Moment,
};
use pending::{ObjectVariant, PendingRecord};
use prior::PriorStates;
use source::SourceComparison;
pub use source::SourceDelivery;

/// Rows that a run adds to the archive, and the reports of its deliveries.
#[derive(Debug, Default)]
pub struct Commit {
    /// Records to add, in order of source, key and variant.
    pub records: Vec<StoredRecord>,
    /// Deliveries that the archive has not read before.
    pub deliveries: Vec<ArchivedDelivery>,
    /// Snapshot sources whose earlier rows of the same as-of time no longer count.
    pub replaced: BTreeSet<String>,
    /// Reports of the deliveries, in the order given.
    pub reports: Vec<DeliveryReport>,
    /// Snapshot sources that withdrew nothing, because their delivery was incomplete.
    pub incomplete: BTreeSet<String>,
    /// Held deliveries of each source with limits.
    pub held: BTreeMap<String, Vec<HeldDelivery>>,
    /// Ids of the accepted deliveries that are read, or that newer files replace.
    pub settled: BTreeSet<String>,
}

/// Compares the deliveries of a run with the contents of the archive. `deliveries` must be in order of source
/// and path, and each of their sources must be in `sources`.
pub fn prepare_commit(
    contents: &ArchiveContents,
    deliveries: &[Delivery],
    sources: &BTreeMap<String, SourceDelivery>,
    run: Moment,
) -> Commit {
    let mut commit = Commit { deliveries: new_deliveries(contents, deliveries, run), ..Commit::default() };
    let mut archived: HashMap<&str, Vec<&ArchivedRecord>> = HashMap::new();
    for record in contents.records() {
        archived.entry(&record.source).or_default().push(record);
    }
    for of_source in deliveries.chunk_by(|a, b| a.source == b.source) {
        let name = &of_source[0].source;
        let source = &sources[name];
        let archived = archived.get(name.as_str()).map(Vec::as_slice).unwrap_or_default();
        let is_partial =
            source.mode == Mode::Snapshot && (!source.is_complete || ingest::is_incomplete(of_source));
        if is_partial {
            commit.incomplete.insert(name.clone());
        }
        let mode = if is_partial { Mode::Partial } else { source.mode };
        let prior = PriorStates::of(archived, of_source, mode, run);
        let mut comparison = SourceComparison::new(name, source, &prior, (mode, run));
        let mut counts = comparison.count(of_source);
        if mode == Mode::Snapshot
            && let Some(last) = counts.last_mut()
        {
            last.withdrawn = comparison.withdraw(of_source);
        }
        let reports = of_source.iter().zip(counts);
        let is_whole = !is_partial && !source.has_object_times;
        let report = |(delivery, counts)| report::report(delivery, counts, (source.mode, is_whole), run);
        commit.reports.extend(reports.map(report));
        commit.add_source(archived, comparison, of_source);
    }
    commit
}

impl Commit {
    /// Adds the rows of a source. A snapshot that is delivered again for its as-of time replaces its earlier rows.
    fn add_source(
        &mut self,
        archived: &[&ArchivedRecord],
        mut source: SourceComparison<'_>,
        deliveries: &[Delivery],
    ) {
        let mut pending = std::mem::take(&mut source.pending);
        pending.par_sort_by(PendingRecord::order);
        let files: Vec<(Arc<str>, Arc<str>)> = deliveries
            .iter()
            .map(|delivery| (delivery.digest.as_str().into(), delivery.path.as_str().into()))
            .collect();
        let mut records: Vec<StoredRecord> =
            pending.par_iter().map(|pending| source.stored(pending, deliveries, &files)).collect();
        drop(pending);
        if source.mode == Mode::Snapshot {
            let of_this_run = archived.iter().copied().filter(|record| record.run == source.run);
            let stored: BTreeSet<(&str, Mode, ObjectVariant<'_>)> = of_this_run.map(row_meaning).collect();
            let is_stored = |record: &StoredRecord| stored.contains(&row_meaning(&record.record));
            if stored.len() == records.len() && records.iter().all(is_stored) {
                return;
            }
            if !stored.is_empty() {
                self.replaced.insert(source.name.to_string());
            }
        }
        if self.records.is_empty() {
            self.records = records;
        } else {
            self.records.append(&mut records);
        }
    }
}

/// Returns everything in a row of one source and run that matters to a view.
fn row_meaning(record: &ArchivedRecord) -> (&str, Mode, ObjectVariant<'_>) {
    (&record.key, record.mode, ObjectVariant::of(record))
}

impl Commit {
    /// Adds the reports of held files, which add nothing else.
    pub fn add_held_reports(
        &mut self,
        deliveries: &[Delivery],
        sources: &BTreeMap<String, SourceDelivery>,
        run: Moment,
    ) {
        for delivery in deliveries {
            let objects = delivery.objects();
            let counts = DeliveryCounts { delivered: objects, held: objects, ..DeliveryCounts::default() };
            let mode = sources.get(&delivery.source).map_or(Mode::Increment, |source| source.mode);
            let report = report::report(delivery, counts, (mode, false), run);
            self.reports.push(DeliveryReport { rejects: Vec::new(), dated_ahead: 0, ..report });
        }
        self.reports.sort_by(|a, b| (&a.source, &a.path).cmp(&(&b.source, &b.path)));
    }
}

/// Returns the keys of a source that are live after the runs of earlier as-of times.
pub fn live_keys<'a>(contents: &'a ArchiveContents, source: &str, run: Moment) -> BTreeSet<&'a str> {
    let archived: Vec<&ArchivedRecord> =
        contents.records().iter().filter(|record| &*record.source == source).collect();
    let prior = PriorStates::of(&archived, &[], Mode::Snapshot, run);
    let live = prior.iter().filter(|(_, state)| state.live().is_some());
    live.map(|(key, _)| *key).collect()
}

fn new_deliveries(contents: &ArchiveContents, deliveries: &[Delivery], run: Moment) -> Vec<ArchivedDelivery> {
    let known: BTreeSet<(&str, &str, &str)> =
        contents.deliveries.iter().map(ArchivedDelivery::identity).collect();
    let archived =
        deliveries.iter().filter(|delivery| !delivery.digest.is_empty()).map(|delivery| ArchivedDelivery {
            source: delivery.source.clone(),
            delivery: delivery.digest.clone(),
            path: delivery.path.clone(),
            format: delivery.format.unwrap_or_default().to_owned(),
            recorded_at: run,
        });
    let mut new: Vec<ArchivedDelivery> =
        archived.filter(|delivery| !known.contains(&delivery.identity())).collect();
    new.sort();
    new.dedup();
    new
}
