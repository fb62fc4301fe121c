//! Calendar of a world: days by number, and times in seconds since 1970-01-01T00:00:00Z.

use jiff::Timestamp;

use crate::random::{RandomStream, weighted_index, within};

/// One hour in seconds.
pub(crate) const HOUR: i64 = 3_600;
/// One day in seconds.
pub(crate) const DAY: i64 = 86_400;
/// Number of days in a world; the first is 1.
pub(crate) const DAYS: u32 = 30;
/// Days of history before the first day.
pub(crate) const HISTORY_DAYS: i64 = 400;

/// Time of the first day, 2026-03-01T02:00:00Z.
const START: i64 = 1_772_330_400;

/// Returns the as-of time of a day.
pub(crate) fn time_of(day: u32) -> i64 {
    START + (i64::from(day) - 1) * DAY
}

/// Returns the first day whose as-of time is not before a time; 1 for times before the first day.
pub(crate) fn day_after(seconds: i64) -> u32 {
    let days = (seconds - START).max(0).unsigned_abs().div_ceil(DAY.unsigned_abs());
    1 + days as u32
}

/// Returns a time of activity that is reported on a day. Some reports are about the day before, others about weeks ago.
/// Baseline activity, patterns and look-alikes have the same distribution.
pub(crate) fn recent_time(random: &mut RandomStream, day: u32) -> i64 {
    let (low, high) = [(0, 2), (2, 7), (7, 15), (15, 23)][weighted_index(random, &[40, 28, 20, 12])];
    time_of(day) - within(random, (low * DAY).max(2 * HOUR), high * DAY)
}

/// Returns a time in RFC 3339 with milliseconds, as STIX writes it.
pub(crate) fn rfc3339(seconds: i64) -> String {
    let time = Timestamp::from_second(seconds).expect("all times of a world are within a few years of 2026");
    format!("{time:.3}")
}

/// Returns the date of a time, such as `2026-03-01`.
pub(crate) fn date(seconds: i64) -> String {
    rfc3339(seconds)[..10].to_owned()
}

/// Returns the name of a day's folder, such as `night-01`.
pub(crate) fn folder_name(day: u32) -> String {
    format!("night-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_day_is_the_first_of_march() {
        assert_eq!(rfc3339(time_of(1)), "2026-03-01T02:00:00.000Z");
        assert_eq!(rfc3339(time_of(30)), "2026-03-30T02:00:00.000Z");
        assert_eq!((date(time_of(2)), folder_name(3)), ("2026-03-02".into(), "night-03".into()));
    }

    #[test]
    fn an_event_belongs_to_the_day_that_ends_its_day() {
        assert_eq!(day_after(time_of(4)), 4);
        assert_eq!(day_after(time_of(4) + 1), 5);
        assert_eq!(day_after(time_of(1) - 90 * DAY), 1);
    }
}
