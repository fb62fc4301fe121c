//! What of a view is recent, and whether it is news: each record's way of arriving.

use std::collections::BTreeMap;

use super::compare::LATE_DAYS;
use crate::{record::Record, time::Moment, view::View};

/// How a record came to be what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arrival {
    /// Told before the recent nights.
    Standing,
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
    /// Returns the cause that tables name for it; `None` for what is not recent.
    pub fn cause(self) -> Option<super::Cause> {
        match self {
            Self::Standing => None,
            Self::News => Some(super::Cause::ObservedNew),
            Self::Late => Some(super::Cause::LateArrival),
            Self::Correction => Some(super::Cause::SourceCorrection),
            Self::NewSource => Some(super::Cause::NewSource),
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
    let mut first_of: BTreeMap<&str, Moment> = BTreeMap::new();
    for record in view.records().iter().chain(view.retired()) {
        let first = first_of.entry(&record.source).or_insert(record.recorded_first);
        *first = (*first).min(record.recorded_first);
    }
    let arrivals = view
        .records()
        .iter()
        .map(|record| match cut {
            Some(cut) => arrival(record, cut, first_of[&*record.source], nights),
            None => Arrival::NewSource,
        })
        .collect();
    Recent { cut, previous, first, arrivals }
}

fn arrival(record: &Record, cut: Moment, source_first: Moment, nights: &[Moment]) -> Arrival {
    if record.recorded_at <= cut {
        return Arrival::Standing;
    }
    if record.returned {
        return Arrival::Late;
    }
    if record.recorded_first <= cut {
        return Arrival::Correction;
    }
    if record.recorded_first == source_first {
        return Arrival::NewSource;
    }
    // Late is what is of long before the night before the one that told it.
    let then = nights.iter().copied().rfind(|night| *night < record.recorded_first).unwrap_or(cut);
    if began(record).is_some_and(|began| began < then.days_earlier(LATE_DAYS)) {
        Arrival::Late
    } else {
        Arrival::News
    }
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
