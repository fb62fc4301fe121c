//! The clock of the machine.

use std::time::Instant;

use crate::time::{DAY, Moment};

/// Largest lead of an as-of time over the clock without `--future`; the clocks of two machines differ.
const AHEAD_MAX: i64 = DAY / 24;

/// Returns the current time.
pub(super) fn now() -> Moment {
    Moment::from_micros(jiff::Timestamp::now().as_microsecond())
}

/// Begins to measure the time that a command takes.
pub(super) fn start() -> Instant {
    Instant::now()
}

/// Returns whether a time is further ahead of the clock than the clocks of two machines differ.
pub(super) fn is_ahead(time: Moment, now: Moment) -> bool {
    time.micros() - now.micros() > AHEAD_MAX
}
