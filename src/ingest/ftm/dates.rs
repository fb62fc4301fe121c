//! Dates of FollowTheMoney: as much of a date as is known, in UTC.
//!
//! `2021`, `2021-05`, `2021-05-16`, `2021-05-16T21`, … `2021-05-16T21:48:52`. The times of an entity or
//! statement itself may also have fractions and an offset.

use jiff::{Span, ToSpan, civil::DateTime, tz::TimeZone};

use crate::time::Moment;

/// Returns the first moment of a date.
pub(super) fn first(text: &str) -> Option<Moment> {
    read(text).map(|(first, _)| first)
}

/// Returns the last moment of a date: for `2021` that of the year.
pub(super) fn last(text: &str) -> Option<Moment> {
    read(text).map(|(_, last)| last)
}

/// Returns the start of a valid time; `None` for a date that means "unknown".
pub(super) fn start(text: &str) -> Option<Moment> {
    // A bare year or month that contains the epoch is a real date.
    let is_vague = text.trim().len() <= "1970-01".len();
    first(text).filter(|first| first.known().is_some() || (is_vague && first.micros() == 0))
}

/// Returns the end of a valid time; `None` for a date that means "unknown".
pub(super) fn end(text: &str) -> Option<Moment> {
    start(text).and_then(|_| last(text)).and_then(Moment::known_end)
}

fn read(text: &str) -> Option<(Moment, Moment)> {
    let text = text.trim();
    if let Some(moment) = Moment::parse(text) {
        return Some((moment, moment));
    }
    // A time without an offset is in UTC; some exports have a blank before it.
    let text = text.replacen(' ', "T", 1);
    let (whole, step): (String, Span) = match text.len() {
        4 => (format!("{text}-01-01T00:00:00"), 1.year()),
        7 => (format!("{text}-01T00:00:00"), 1.month()),
        10 => (format!("{text}T00:00:00"), 1.day()),
        13 => (format!("{text}:00:00"), 1.hour()),
        16 => (format!("{text}:00"), 1.minute()),
        _ => return Moment::parse(&format!("{text}Z")).map(|moment| (moment, moment)),
    };
    let is_plain = |(at, byte): (usize, u8)| match at {
        4 | 7 => byte == b'-',
        10 => byte == b'T',
        13 | 16 => byte == b':',
        _ => byte.is_ascii_digit(),
    };
    let first: DateTime = whole.bytes().enumerate().all(is_plain).then(|| whole.parse().ok())??;
    let micros = |time: DateTime| Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_microsecond());
    // The last days of 9999 mean "never", and become the latest possible time.
    let latest = || (first.year() == 9999).then_some(Moment::LATEST.micros());
    let begin = micros(first).or_else(latest).filter(|_| first.year() > 0)?;
    // The latest possible day has no day after it.
    let end = first.checked_add(step).ok().and_then(micros).map_or(begin, |next| next - 1);
    Some((Moment::from_micros(begin), Moment::from_micros(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_as_long_as_it_is_vague() {
        const CASES: &str = "
2021 | 2021-01-01T00:00:00Z | 2021-12-31T23:59:59.999999Z
2020-02 | 2020-02-01T00:00:00Z | 2020-02-29T23:59:59.999999Z
2021-05-16 | 2021-05-16T00:00:00Z | 2021-05-16T23:59:59.999999Z
2021-05-16T21 | 2021-05-16T21:00:00Z | 2021-05-16T21:59:59.999999Z
2021-05-16T21:48 | 2021-05-16T21:48:00Z | 2021-05-16T21:48:59.999999Z
2021-05-16T21:48:52 | 2021-05-16T21:48:52Z | 2021-05-16T21:48:52Z
2021-05-16 21:48:52 | 2021-05-16T21:48:52Z | 2021-05-16T21:48:52Z
2021-05-16T21:48:52+02:00 | 2021-05-16T19:48:52Z | 2021-05-16T19:48:52Z";
        for line in CASES.trim().lines() {
            let cells: Vec<&str> = line.split(" | ").collect();
            let of = |moment: Option<Moment>| moment.expect(line).to_string();
            assert_eq!([of(first(cells[0])), of(last(cells[0]))], cells[1..], "{line}");
        }
        for wrong in ["", "21", "2021-13", "2021-02-30", "2021-W07", "0000", "+021", "2021-5-1", "soon"] {
            assert_eq!(first(wrong), None, "{wrong}");
        }
        assert!(last("9999").is_some());
        assert_eq!(first("9999-12-31"), Moment::parse("9999-12-31T00:00:00Z"));
    }

    #[test]
    fn a_date_that_stands_for_an_unknown_one_is_read_and_is_none() {
        for unknown in ["1970-01-01", "1970-01-01T00:00:00", "0001", "0001-01-01", "5138-11-16"] {
            assert!(first(unknown).is_some(), "{unknown}");
            assert_eq!((start(unknown), end(unknown)), (None, None), "{unknown}");
        }
        for never in ["9999", "9999-12", "9999-12-31", "9999-12-31T23:59:59"] {
            assert!(first(never).is_some(), "{never}");
            assert_eq!(end(never), None, "{never}");
        }
        for known in ["1970", "1970-01", "1970-01-02"] {
            assert!(start(known).is_some() && end(known).is_some(), "{known}");
        }
    }
}
