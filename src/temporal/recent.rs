//! What of a view is recent, and whether it is news: each record's way of arriving.

use crate::{record::Record, time::Moment, view::View};

/// How a record came to be what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arrival {
    /// Told before the recent nights.
    Earlier,
    /// Told first in the recent nights, and of then: the world's own news.
    News,
    /// Told in the recent nights, of long before; or back after being withdrawn.
    Late,
    /// Said otherwise before.
    Correction,
    /// From a source that had told nothing before.
    NewSource,
}

impl Arrival {
    /// Returns the cause of the change that it is to the run that recorded it.
    pub fn cause(self) -> super::Cause {
        match self {
            Self::News => super::Cause::ObservedNew,
            Self::Late => super::Cause::LateArrival,
            Self::Earlier | Self::Correction => super::Cause::SourceCorrection,
            Self::NewSource => super::Cause::NewSource,
        }
    }
}

/// The recent nights of a view.
#[derive(Clone, Debug, PartialEq)]
pub struct Recent {
    /// What was told after this is recent; `None` on a first night, when nothing is.
    pub cut: Option<Moment>,
    /// The night before.
    pub previous: Option<Moment>,
    /// The first night of all.
    pub first: Option<Moment>,
    /// How each record of the view arrived.
    pub arrivals: Vec<Arrival>,
}

/// Says what of a view is recent: told in the last `window_days`, and at least since the
/// night before. `nights` are the earlier ones, ascending.
pub fn recent(view: &View, nights: &[Moment], window_days: u32) -> Recent {
    let tonight = view.as_of().valid_at;
    let previous = nights.iter().copied().rfind(|night| *night < tonight);
    // What the first night told was there when we began to look: none of it is recent.
    let first = nights.first().copied();
    let cut = previous.map(|previous| {
        previous.min(tonight.days_earlier(i64::from(window_days))).max(first.unwrap_or(previous))
    });
    let arrivals = view
        .records()
        .iter()
        .map(|record| match cut {
            Some(cut) => arrival(view, record, cut, nights),
            None => Arrival::NewSource,
        })
        .collect();
    Recent { cut, previous, first, arrivals }
}

/// A record that was recorded more than this many days after it began is a late arrival.
const LATE_DAYS: i64 = 30;

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

/// Returns how a record arrived that `previous`, the run before the one that recorded it, did not have.
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

/// Returns when what a record says began to hold, as far as it says.
pub fn began(record: &Record) -> Option<Moment> {
    record.content.seen.start.or(record.content.created)
}

/// Returns the last moment of activity that a record tells of, never after we were told;
/// `None` where it gives no time.
pub fn active(record: &Record) -> Option<Moment> {
    let seen = record.content.seen;
    let last = seen.end.filter(|end| *end <= record.recorded_at).or(seen.start).or(record.content.created);
    last.map(|last| last.min(record.recorded_at))
}
