//! State of a source's keys before a run.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use rayon::prelude::*;

use crate::{
    ingest::Delivery,
    record::{ArchivedRecord, Mode, RecordState},
    time::Moment,
    view,
};

/// State of one key before a run.
pub(super) struct PriorState<'a> {
    /// The live object after the runs of earlier as-of times, in each of its places; empty if there is none.
    pub(super) live: Vec<&'a ArchivedRecord>,
    /// All rows of the key from the last of those runs that has any.
    pub(super) earlier: Vec<&'a ArchivedRecord>,
    /// All rows of the key from the last run of all, which may have the same as-of time as this run, or a later one.
    pub(super) last: Vec<&'a ArchivedRecord>,
    /// Is true if the runs with rows of the key were committed in the order of their as-of times.
    pub(super) is_in_order: bool,
}

impl<'a> PriorState<'a> {
    pub(super) fn live(&self) -> Option<&ArchivedRecord> {
        self.live.first().copied()
    }

    pub(super) fn key(&self) -> Option<&'a Arc<str>> {
        self.last.first().map(|record| &record.key)
    }

    pub(super) fn is_withdrawn(&self) -> bool {
        self.last.iter().all(|record| record.state == RecordState::Withdrawn)
    }

    fn of(rows: &[&'a ArchivedRecord], run: Moment) -> Self {
        let earlier: Vec<&'a ArchivedRecord> = rows.iter().copied().filter(|row| row.run < run).collect();
        Self {
            live: view::live_of_key(&earlier),
            earlier: of_last_run(&earlier),
            last: of_last_run(rows),
            is_in_order: rows.is_sorted_by_key(|row| row.run),
        }
    }
}

/// States of the keys of a source that the archive has rows of.
pub(super) struct PriorStates<'a> {
    /// States in order of their keys.
    states: Vec<(&'a str, PriorState<'a>)>,
    /// Position of each key. Most objects of a snapshot are looked up, and hashing is faster than a search.
    positions: HashMap<&'a str, usize>,
}

impl<'a> PriorStates<'a> {
    /// Reads the prior states from the rows of a source. For a complete snapshot these are the states of all
    /// keys, otherwise those of the delivered keys only.
    pub(super) fn of(
        archived: &[&'a ArchivedRecord],
        deliveries: &[Delivery],
        mode: Mode,
        run: Moment,
    ) -> Self {
        let mut rows: Vec<&'a ArchivedRecord> = if mode == Mode::Snapshot {
            // A complete snapshot replaces the rows of the same as-of time.
            archived.iter().copied().filter(|row| row.run != run).collect()
        } else {
            let objects = deliveries.iter().flat_map(|delivery| &delivery.accepted);
            let delivered: HashSet<&str> = objects.map(|object| &*object.key).collect();
            archived.iter().copied().filter(|row| delivered.contains(&*row.key)).collect()
        };
        // The sort is stable: the rows of each key stay in the order of commits.
        rows.par_sort_by(|a, b| a.key.cmp(&b.key));
        let by_key: Vec<&[&'a ArchivedRecord]> = rows.chunk_by(|a, b| a.key == b.key).collect();
        let state = |rows: &&[&'a ArchivedRecord]| (&*rows[0].key, PriorState::of(rows, run));
        let states: Vec<_> = by_key.par_iter().map(state).collect();
        let positions = states.iter().enumerate().map(|(position, (key, _))| (*key, position)).collect();
        Self { states, positions }
    }

    /// Returns the state of a key.
    pub(super) fn get(&self, key: &str) -> Option<&PriorState<'a>> {
        self.positions.get(key).map(|position| &self.states[*position].1)
    }

    /// Returns every state with its key, in order of keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(&'a str, PriorState<'a>)> {
        self.states.iter()
    }
}

/// Returns the rows of the last run, and of its last commit.
fn of_last_run<'a>(rows: &[&'a ArchivedRecord]) -> Vec<&'a ArchivedRecord> {
    let Some(last) = rows.iter().map(|row| (row.run, row.commit)).max() else {
        return Vec::new();
    };
    rows.iter().copied().filter(|row| (row.run, row.commit) == last).collect()
}
