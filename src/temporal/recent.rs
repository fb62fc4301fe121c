//! The recent window of a view, and the arrival of each record: earlier, news, bulk, late, correction or new source.

use std::collections::BTreeMap;

use super::bulk::{BulkChange, bulk_changes};
use crate::{
    record::Record,
    symbol::Symbol,
    time::{DAY, Moment},
    view::View,
};

/// Arrival of a record in its view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arrival {
    /// Recorded before the recent window.
    Earlier,
    /// Recorded for the first time in the recent window, about the same time: news of the world.
    News,
    /// As news, but in a bulk change of its source: a run in which the source added or changed far more than usual.
    Bulk,
    /// Recorded in the recent window, but about a much earlier time, or again after a withdrawal.
    Late,
    /// A new version of a record from before the recent window.
    Correction,
    /// From a source without earlier records.
    NewSource,
}

impl Arrival {
    /// Returns the cause of the change in the run that recorded it.
    pub fn cause(self) -> super::Cause {
        match self {
            Self::News | Self::Bulk => super::Cause::ObservedNew,
            Self::Late => super::Cause::LateArrival,
            Self::Earlier | Self::Correction => super::Cause::SourceCorrection,
            Self::NewSource => super::Cause::NewSource,
        }
    }
}

/// The recent window of a view.
#[derive(Clone, Debug, PartialEq)]
pub struct Recent {
    /// Start of the window: later records are recent. `None` in a first run, which has no recent records.
    pub cut: Option<Moment>,
    /// As-of time of the previous run.
    pub previous: Option<Moment>,
    /// As-of time of the first run.
    pub first: Option<Moment>,
    /// Arrival of each record of the view.
    pub arrivals: Vec<Arrival>,
    /// Bulk changes of sources in the recent window, by source and run.
    pub bulk: Vec<BulkChange>,
    /// Days on which each source recorded a new object, as days since 1970, ascending.
    pub heard: BTreeMap<Symbol, Vec<i64>>,
}

impl Recent {
    /// Returns the number of days on which a source recorded a new object, after one time and up to another.
    pub fn days_heard(&self, source: &str, after: Moment, until: Moment) -> usize {
        let Some(days) = self.heard.get(&Symbol::of(source)) else { return 0 };
        let before = |moment: Moment| days.partition_point(|day| *day <= moment.micros().div_euclid(DAY));
        before(until).saturating_sub(before(after))
    }
}

/// Returns the recent window of a view: the last `window_days`, and at least the time since the previous run.
/// `runs` are the as-of times of the earlier runs, ascending.
pub fn recent(view: &View, runs: &[Moment], window_days: u32) -> Recent {
    let current = view.as_of().valid_at;
    let previous = runs.iter().copied().rfind(|run| *run < current);
    // The records of the first run existed before observation began, so none of them is recent.
    let first = runs.first().copied();
    let cut = previous.map(|previous| {
        previous.min(current.days_earlier(i64::from(window_days))).max(first.unwrap_or(previous))
    });
    let bulk = cut.map(|cut| bulk_changes(view, runs, cut)).unwrap_or_default();
    let arrivals = view
        .records()
        .iter()
        .map(|record| match cut {
            Some(cut) => match arrival(view, record, cut, runs) {
                Arrival::News if bulk.iter().any(|bulk| bulk.contains(record)) => Arrival::Bulk,
                arrival => arrival,
            },
            None => Arrival::NewSource,
        })
        .collect();
    Recent { cut, previous, first, arrivals, bulk, heard: heard(view) }
}

/// Returns the days on which each source recorded a new object.
fn heard(view: &View) -> BTreeMap<Symbol, Vec<i64>> {
    let mut days: BTreeMap<Symbol, Vec<i64>> = BTreeMap::new();
    let mut last: Option<(Symbol, i64)> = None;
    for record in view.records() {
        let day = record.recorded_first.micros().div_euclid(DAY);
        // Records of one source and day often follow each other.
        if last != Some((record.source, day)) {
            days.entry(record.source).or_default().push(day);
            last = Some((record.source, day));
        }
    }
    for days in days.values_mut() {
        days.sort_unstable();
        days.dedup();
    }
    days
}

/// A record that was recorded more than this many days after it began is a late arrival.
pub const LATE_DAYS: i64 = 30;

fn arrival(view: &View, record: &Record, cut: Moment, runs: &[Moment]) -> Arrival {
    if record.recorded_at <= cut {
        return Arrival::Earlier;
    }
    if record.recorded_first <= cut && !record.returned {
        return Arrival::Correction;
    }
    // As of a time before its run, a record is known because it dates itself.
    let is_learned = record.first_run <= view.as_of().recorded_until;
    let learned = if is_learned { record.first_run } else { record.recorded_first };
    let previous = runs.iter().copied().rfind(|run| *run < learned).unwrap_or(cut);
    arrival_of_new(view, record, Some(previous))
}

/// Returns the arrival of a record that `previous`, the run before the one that recorded it, did not have.
///
/// Without an earlier run every source is new. A record is late if its recorded time is not after that run, if it began more than 30 days before that run, or
/// if it is back after a withdrawal.
pub(super) fn arrival_of_new(view: &View, record: &Record, previous: Option<Moment>) -> Arrival {
    let Some(previous) = previous else { return Arrival::NewSource };
    if record.returned {
        return Arrival::Late;
    }
    if view.first_run(&record.source).is_none_or(|first| first > previous) {
        return Arrival::NewSource;
    }
    let began_long_before = began(record).is_some_and(|began| began < previous.days_earlier(LATE_DAYS));
    if record.recorded_first <= previous || began_long_before { Arrival::Late } else { Arrival::News }
}

/// Returns the time at which the claims of a record began to hold; `None` if it gives no time.
pub fn began(record: &Record) -> Option<Moment> {
    record.content.seen().start.or(record.content.created())
}

/// Returns the last time of activity in a record, never after its recorded time; `None` if it gives no time.
pub fn active(record: &Record) -> Option<Moment> {
    let seen = record.content.seen();
    let last = seen.end.filter(|end| *end <= record.recorded_at).or(seen.start).or(record.content.created());
    last.map(|last| last.min(record.recorded_at))
}
