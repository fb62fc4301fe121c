//! Dates as FollowTheMoney has them: as much of one as is known, in UTC.
//!
//! `2021`, `2021-05`, `2021-05-16`, `2021-05-16T21`, … `2021-05-16T21:48:52`; the times of
//! an entity or statement itself may also have fractions and an offset.

use jiff::{Span, ToSpan, civil::DateTime, tz::TimeZone};

use crate::time::Moment;

/// Reads the first moment of a date.
pub(super) fn first(text: &str) -> Option<Moment> {
    read(text).map(|(first, _)| first)
}

/// Reads the last moment of a date: of `2021` that of the year.
pub(super) fn last(text: &str) -> Option<Moment> {
    read(text).map(|(_, last)| last)
}

fn read(text: &str) -> Option<(Moment, Moment)> {
    let text = text.trim();
    if let Some(moment) = Moment::parse(text) {
        return Some((moment, moment));
    }
    // A time without an offset is of UTC; some write a blank before it.
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
    let begin = micros(first).filter(|_| first.year() > 0)?;
    // The last day that can be held has no day after it.
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
    }
}
