//! Bulk changes: runs in which one source added or changed far more than usual.
//!
//! An import, an edit of a whole list or a return after a withdrawal is an act of the source. The objects that appear
//! in such a run are not news of the world unless another source reports them, too.

use std::collections::BTreeMap;

use crate::{entity::OBSERVABLES, record::Record, time::Moment, view::View};

/// Smallest number of changed entries that is a bulk change.
const ENTRIES_MIN: usize = 50;
/// Smallest share of a source's earlier entries whose change in one run is a bulk edit.
const SHARE_MIN: f64 = 0.25;
/// Factor over the usual number from which a run is a bulk change.
const FACTOR: usize = 10;
/// Fewest earlier runs of a source that show its usual number. The first one, its base, is not counted.
const RUNS_MIN: usize = 2;

/// Run in which one source added or changed far more than usual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkChange {
    /// Name of the source.
    pub source: String,
    /// As-of time of the run before it, and its own.
    pub after: Moment,
    /// As-of time of the run.
    pub run: Moment,
    /// Number of entries that the run added or changed.
    pub entries: usize,
    /// Median of the earlier runs of the source that changed an entry; `None` with too few such runs.
    pub usual: Option<usize>,
}

impl BulkChange {
    /// Returns whether the run first recorded a record.
    pub fn contains(&self, record: &Record) -> bool {
        record.first_run > self.after && record.first_run <= self.run && *record.source == *self.source
    }
}

/// Entries that one run of a source added or edited.
#[derive(Clone, Copy, Default)]
struct RunEntries {
    added: usize,
    edited: usize,
}

/// Returns the bulk changes of the runs after `cut`, by source and run. `runs` are the as-of times of the earlier runs,
/// ascending.
pub(super) fn bulk_changes(view: &View, runs: &[Moment], cut: Moment) -> Vec<BulkChange> {
    let mut moments: Vec<Moment> = runs.iter().copied().filter(|run| *run < view.as_of().valid_at).collect();
    moments.push(view.as_of().valid_at);
    let run_of = |moment: Moment| moments.partition_point(|run| *run < moment).min(moments.len() - 1);
    let mut by_source: BTreeMap<&str, Vec<RunEntries>> = BTreeMap::new();
    for record in view.records().iter().filter(|record| is_entry(&record.content.kind)) {
        let runs =
            by_source.entry(&record.source).or_insert_with(|| vec![RunEntries::default(); moments.len()]);
        let first = run_of(record.first_run);
        runs[first].added += 1;
        let last = run_of(record.recorded_at);
        if last > first {
            runs[last].edited += 1;
        }
    }
    let mut found = Vec::new();
    for (source, runs) in by_source {
        let changed = |entries: &RunEntries| entries.added + entries.edited;
        let Some(base) = runs.iter().position(|entries| entries.added > 0) else { continue };
        for (position, entries) in runs.iter().enumerate().skip(base + 1) {
            if moments[position] <= cut {
                continue;
            }
            let mut earlier: Vec<usize> =
                runs[base + 1..position].iter().map(changed).filter(|count| *count > 0).collect();
            earlier.sort_unstable();
            let usual = (earlier.len() >= RUNS_MIN).then(|| earlier[(earlier.len() - 1) / 2]);
            let known: usize = runs[..position].iter().map(|entries| entries.added).sum();
            let is_edit = entries.edited >= ENTRIES_MIN && entries.edited as f64 >= SHARE_MIN * known as f64;
            let is_burst = changed(entries) >= ENTRIES_MIN
                && usual.is_some_and(|usual| changed(entries) >= FACTOR * usual);
            if is_edit || is_burst {
                found.push(BulkChange {
                    source: source.to_owned(),
                    after: moments[position - 1],
                    run: moments[position],
                    entries: changed(entries),
                    usual,
                });
            }
        }
    }
    found
}

/// Returns whether an object is an entry of its source: an entity or a report with a life of its own. Links, indicators,
/// observables and parts of reports are not, because one report may have any number of them.
fn is_entry(kind: &str) -> bool {
    const PARTS: [&str; 10] = [
        "relationship",
        "indicator",
        "attribute",
        "object",
        "proposal",
        "sighting",
        "false-positive",
        "expiration",
        "observed-data",
        "course-of-action",
    ];
    !PARTS.contains(&kind) && !OBSERVABLES.contains(&kind)
}
