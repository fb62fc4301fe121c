//! The story's calendar: nights by number, and moments in seconds.

use jiff::Timestamp;

/// One hour in seconds.
pub(super) const HOUR: i64 = 3_600;
/// One day in seconds.
pub(super) const DAY: i64 = 86_400;
/// Number of nights in a story; the first is 1.
pub(super) const NIGHTS: u32 = 30;
/// Days before the first night over which the base is spread.
pub(super) const PAST_DAYS: i64 = 400;

/// 2026-03-01T02:00:00Z, the moment of the first night, in seconds since 1970.
const START: i64 = 1_772_330_400;

/// Returns the moment of a night, in seconds since 1970.
pub(super) fn moment(night: u32) -> i64 {
    START + (i64::from(night) - 1) * DAY
}

/// Returns the first night whose moment is not before this one; for the past, the first.
pub(super) fn night_of(seconds: i64) -> u32 {
    let days = (seconds - START).max(0).unsigned_abs().div_ceil(DAY.unsigned_abs());
    1 + days as u32
}

/// Writes a moment as STIX does.
pub(super) fn stamp(seconds: i64) -> String {
    let stamp = Timestamp::from_second(seconds).expect("the story lies within the years that can be written");
    format!("{stamp:.3}")
}

/// Writes the day of a moment, as `2026-03-01`.
pub(super) fn day(seconds: i64) -> String {
    stamp(seconds)[..10].to_owned()
}

/// Writes the folder of a night.
pub(super) fn folder(night: u32) -> String {
    format!("night-{night:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_night_is_the_first_of_march() {
        assert_eq!(stamp(moment(1)), "2026-03-01T02:00:00.000Z");
        assert_eq!(stamp(moment(30)), "2026-03-30T02:00:00.000Z");
        assert_eq!((day(moment(2)), folder(3)), ("2026-03-02".into(), "night-03".into()));
    }

    #[test]
    fn what_happens_in_a_day_belongs_to_the_night_that_ends_it() {
        assert_eq!(night_of(moment(4)), 4);
        assert_eq!(night_of(moment(4) + 1), 5);
        assert_eq!(night_of(moment(1) - 90 * DAY), 1);
    }
}
