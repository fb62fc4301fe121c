//! Versions of records: every state of the archive that one audience may know, with its interval of recorded time.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rayon::prelude::*;

use super::{
    history::{self, Live},
    in_order, join,
    policy::{AccessPolicy, AsOf},
    record,
    visible::Visibility,
};
use crate::{
    record::{ArchivedRecord, PackedContent, Record},
    time::Moment,
};

/// One version of a record. A view as of a time shows the version if the time is in the version's interval.
#[derive(Clone, Debug)]
pub struct Version {
    /// The record. Parts that several records claim together are not joined.
    pub record: Record,
    /// Recorded time from which the version is live.
    pub from: Moment,
    /// Recorded time from which it is not: it was withdrawn or changed. `None` if it is live until today.
    pub until: Option<Moment>,
    /// Time from which it is revoked, deprecated or expired; `None` if it is not.
    pub retired_from: Option<Moment>,
}

impl Version {
    /// Returns the interval in which an analysis uses the version; `None` if there is none.
    pub fn in_use(&self) -> Option<(Moment, Option<Moment>)> {
        let end = [self.until, self.retired_from].into_iter().flatten().min();
        end.is_none_or(|end| self.from < end).then_some((self.from, end))
    }

    /// Returns the interval in which the version is live and retired; `None` if there is none.
    pub fn retired(&self) -> Option<(Moment, Option<Moment>)> {
        let start = self.retired_from?.max(self.from);
        self.until.is_none_or(|until| start < until).then_some((start, self.until))
    }
}

/// Rows of a version before their content is read.
struct Interval {
    rows: Vec<Live>,
    from: Moment,
    until: Option<Moment>,
}

/// Returns every version of each record that an audience may know, by source, key and time. `read` returns the contents
/// of archived rows.
///
/// A view as of a time, and the versions whose interval contains the time, come from the same function. So later
/// records have no effect on the versions of an earlier time.
///
/// # Errors
/// Returns the error of `read`.
pub fn versions<E>(
    archived: &[ArchivedRecord],
    policy: AccessPolicy<'_>,
    read: impl FnOnce(&[Live]) -> Result<Vec<Arc<PackedContent>>, E>,
) -> Result<Vec<Version>, E> {
    let intervals = intervals(archived, policy);
    let rows: Vec<Live> = intervals.iter().flat_map(|interval| interval.rows.iter().copied()).collect();
    let contents = read(&rows)?;
    let mut starts: Vec<usize> = Vec::with_capacity(intervals.len());
    let mut next = 0;
    for interval in &intervals {
        starts.push(next);
        next += interval.rows.len();
    }
    let version = |(interval, start): (&Interval, &usize)| {
        let row = |(live, content): (&Live, &Arc<PackedContent>)| {
            record(&archived[live.position], live, Arc::clone(content))
        };
        let mut places: Vec<Record> = interval.rows.iter().zip(&contents[*start..]).map(row).collect();
        if places.len() > 1 {
            join(&mut places);
        }
        let record = places.swap_remove(0);
        let retired_from =
            if record.content.is_retracted() { Some(interval.from) } else { record.content.expires() };
        Version { record, from: interval.from, until: interval.until, retired_from }
    };
    Ok(intervals.par_iter().zip(&starts).map(version).collect())
}

fn intervals(archived: &[ArchivedRecord], policy: AccessPolicy<'_>) -> Vec<Interval> {
    // A marking definition decides from its recorded time on what an audience may see.
    let defined = archived.iter().filter(|record| record.defines.is_some()).map(ArchivedRecord::earliest);
    let starts: BTreeSet<Moment> = defined.chain([Moment::from_micros(i64::MIN)]).collect();
    let ends = starts.iter().copied().skip(1).chain([Moment::from_micros(i64::MAX)]);
    let spans: Vec<(Moment, Moment, Visibility<'_>)> = starts
        .iter()
        .zip(ends)
        .map(|(start, end)| (*start, end, Visibility::of(archived, policy, None, AsOf::of(*start))))
        .collect();
    let mut order: Vec<usize> = (0..archived.len()).collect();
    order.par_sort_by(|&a, &b| in_order(&archived[a], &archived[b]));
    let is_same_key = |a: &usize, b: &usize| {
        archived[*a].key == archived[*b].key && archived[*a].source == archived[*b].source
    };
    let of_key = |positions: &[usize]| {
        let mut changes: BTreeMap<Moment, Vec<Live>> = BTreeMap::new();
        for (start, end, visibility) in &spans {
            changes.extend(history::changes(visibility.delivered(archived, positions), *start, *end));
        }
        joined(changes)
    };
    order.par_chunk_by(is_same_key).flat_map_iter(of_key).collect()
}

/// Joins neighbouring intervals with the same rows, and leaves out those without rows.
fn joined(changes: BTreeMap<Moment, Vec<Live>>) -> Vec<Interval> {
    let mut intervals: Vec<Interval> = Vec::new();
    for (time, rows) in changes {
        let is_same = |last: &Interval| {
            let key = |rows: &[Live]| -> Vec<_> {
                rows.iter().map(|row| (row.position, row.marking, row.recorded_at, row.returned)).collect()
            };
            key(&last.rows) == key(&rows)
        };
        match intervals.last_mut() {
            Some(last) if is_same(last) => continue,
            Some(last) => last.until = Some(time),
            None => {}
        }
        intervals.push(Interval { rows, from: time, until: None });
    }
    intervals.retain(|interval| !interval.rows.is_empty());
    intervals
}
