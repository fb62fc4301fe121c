//! Bulk changes: runs in which one source added or changed far more than usual.
//!
//! An import, an edit of a whole list or a return after a withdrawal is an act of the source. The objects that appear
//! in such a run are not news of the world unless another source reports them, too.

use std::collections::BTreeMap;

use crate::{entity::OBSERVABLES, record::Record, time::Moment, view::View};

/// Smallest number of changed entries, or of edited objects, that is a bulk change.
const ENTRIES_MIN: usize = 50;
/// Smallest share of a source's earlier objects whose edit in one run is a bulk change.
const SHARE_MIN: f64 = 0.5;
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
    /// Number of objects that the run added or edited.
    pub objects: usize,
}

impl BulkChange {
    /// Returns whether the run first recorded a record.
    pub fn contains(&self, record: &Record) -> bool {
        record.first_run > self.after && record.first_run <= self.run && *record.source == *self.source
    }
}

/// Objects that one run of a source added or edited, and the entries among them.
#[derive(Clone, Copy, Default)]
struct RunChanges {
    added: usize,
    edited: usize,
    entries: usize,
}

/// Returns the bulk changes of the runs after `cut`, by source and run. `runs` are the as-of times of the earlier runs,
/// ascending.
pub(super) fn bulk_changes(view: &View, runs: &[Moment], cut: Moment) -> Vec<BulkChange> {
    let mut moments: Vec<Moment> = runs.iter().copied().filter(|run| *run < view.as_of().valid_at).collect();
    moments.push(view.as_of().valid_at);
    let run_of = |moment: Moment| moments.partition_point(|run| *run < moment).min(moments.len() - 1);
    // An object that was edited several times counts in the run of its last edit only.
    let mut by_source: BTreeMap<&str, Vec<RunChanges>> = BTreeMap::new();
    for record in view.records() {
        let runs =
            by_source.entry(&record.source).or_insert_with(|| vec![RunChanges::default(); moments.len()]);
        let entries = usize::from(is_entry(&record.content.kind));
        let first = run_of(record.first_run);
        runs[first].added += 1;
        runs[first].entries += entries;
        let last = run_of(record.recorded_at);
        if last > first {
            runs[last].edited += 1;
            runs[last].entries += entries;
        }
    }
    let mut found = Vec::new();
    for (source, runs) in by_source {
        let Some(base) = runs.iter().position(|run| run.added > 0) else { continue };
        for (position, run) in runs.iter().enumerate().skip(base + 1).filter(|(at, _)| moments[*at] > cut) {
            let mut earlier: Vec<usize> =
                runs[base + 1..position].iter().map(|run| run.entries).filter(|count| *count > 0).collect();
            earlier.sort_unstable();
            let usual = (earlier.len() >= RUNS_MIN).then(|| earlier[(earlier.len() - 1) / 2]);
            let known: usize = runs[..position].iter().map(|run| run.added).sum();
            let is_edit = run.edited >= ENTRIES_MIN && run.edited as f64 >= SHARE_MIN * known as f64;
            let is_burst =
                run.entries >= ENTRIES_MIN && usual.is_some_and(|usual| run.entries >= FACTOR * usual);
            if is_edit || is_burst {
                found.push(BulkChange {
                    source: source.to_owned(),
                    after: moments[position - 1],
                    run: moments[position],
                    objects: run.added + run.edited,
                });
            }
        }
    }
    found
}

/// Returns whether an object is an entry of its source: an actor, a campaign, malware, a report or a table row. Links,
/// techniques, indicators, observables and parts of reports are not, because one report may have any number of them.
fn is_entry(kind: &str) -> bool {
    const PARTS: [&str; 16] = [
        "relationship",
        "indicator",
        "attribute",
        "object",
        "proposal",
        "sighting",
        "false-positive",
        "expiration",
        "observed-data",
        "galaxy-cluster",
        "course-of-action",
        "attack-pattern",
        "vulnerability",
        "identity",
        "location",
        "marking-definition",
    ];
    !PARTS.contains(&kind) && !OBSERVABLES.contains(&kind)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

    use super::*;
    use crate::{
        compact::ShortList,
        record::{ArchivedRecord, Content, Digest, Mode, RecordState, Surroundings},
        view::{AccessPolicy, AsOf, Audience, Live},
    };

    fn day(day: i64) -> Moment {
        Moment::from_micros(day * 86_400_000_000)
    }

    /// Returns the runs with a bulk change. Each row delivers objects with keys from a range: run, range, kind.
    fn found(delivered: &[(i64, std::ops::Range<u32>, &'static str)], runs: &[i64]) -> Vec<(Moment, usize)> {
        let mut archived = Vec::new();
        let mut kinds = Vec::new();
        for (run, keys, kind) in delivered {
            for key in keys.clone() {
                kinds.push(*kind);
                archived.push(ArchivedRecord {
                    source: "harbour".into(),
                    key: format!("key {key}").into(),
                    state: RecordState::Object(Digest((archived.len() as u128 + 1).to_le_bytes())),
                    version: None,
                    object_time: None,
                    run: day(*run),
                    commit: u32::try_from(*run).expect("a small number"),
                    mode: Mode::Increment,
                    markings: ShortList::default(),
                    defines: None,
                    revokes: false,
                    surroundings: Surroundings::default(),
                });
            }
        }
        let (terms, audience) = (BTreeMap::new(), Audience::all());
        let policy = AccessPolicy { terms: &terms, audience: &audience };
        let content = |live: &Live| {
            Arc::new(Content { kind: kinds[live.position].to_owned(), ..Content::default() }.packed())
        };
        let read = |live: &[Live]| Ok::<_, Infallible>(live.iter().map(content).collect());
        let as_of = AsOf::of(day(*runs.last().expect("a run")));
        let Ok(view) = View::open(&archived, policy, None, as_of, read);
        let earlier: Vec<Moment> = runs[..runs.len() - 1].iter().map(|run| day(*run)).collect();
        bulk_changes(&view, &earlier, day(runs[0])).into_iter().map(|bulk| (bulk.run, bulk.objects)).collect()
    }

    #[test]
    fn far_more_entries_than_usual_are_a_bulk_change() {
        let usual =
            [(1, 0..300, "threat-actor"), (2, 300..304, "threat-actor"), (3, 304..309, "threat-actor")];
        let with = |keys, kind| found(&[&usual[..], &[(4, keys, kind)]].concat(), &[1, 2, 3, 4]);
        assert_eq!(with(309..369, "threat-actor"), [(day(4), 60)]);
        assert_eq!(with(309..349, "threat-actor"), [], "under fifty entries");
        assert_eq!(with(309..369, "indicator"), [], "one report may have sixty indicators");
    }

    #[test]
    fn the_base_is_no_bulk_change_and_shows_nothing_usual() {
        assert_eq!(found(&[(2, 0..300, "threat-actor")], &[1, 2]), []);
        assert_eq!(found(&[(1, 0..10, "threat-actor"), (2, 10..80, "threat-actor")], &[1, 2]), []);
    }

    #[test]
    fn an_edit_of_half_of_the_objects_is_a_bulk_change() {
        let base = (1, 0..120, "relationship");
        assert_eq!(found(&[base.clone(), (2, 0..60, "relationship")], &[1, 2]), [(day(2), 60)]);
        assert_eq!(found(&[base, (2, 0..59, "relationship")], &[1, 2]), []);
    }
}
