//! Times in UTC, and spans of valid time.

use std::{borrow::Cow, fmt, num::NonZero};

use jiff::{Timestamp, civil, tz::TimeZone};

/// A time in UTC, in whole microseconds since 1970-01-01T00:00:00Z.
///
/// The number is kept with its sign bit turned, so that it is never zero and has the same order. So `Option<Moment>`
/// has 8 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(NonZero<u64>);

const SIGN: u64 = 1 << 63;

/// One day in microseconds.
pub const DAY: i64 = 86_400_000_000;

/// The last whole second of jiff's calendar. jiff cannot represent a fraction of it in microseconds.
const LATEST: i64 = 253_402_207_200_000_000;
/// First microseconds of years, in UTC.
const YEAR_2: i64 = -62_104_060_800_000_000;
const YEAR_9999: i64 = 253_370_764_800_000_000;
const YEAR_10000: i64 = 253_402_300_800_000_000;
/// First microsecond of 5138-11-16.
const FAR_DAY: i64 = 99_999_964_800_000_000;

impl Moment {
    /// The latest representable time, in the last days of the year 9999.
    pub const LATEST: Self = Self::from_micros(LATEST);

    /// Returns the time that many microseconds after the epoch. The least number of 64 bits is the same time as the
    /// next.
    pub const fn from_micros(micros: i64) -> Self {
        match NonZero::new(micros.cast_unsigned() ^ SIGN) {
            Some(turned) => Self(turned),
            None => Self(NonZero::<u64>::MIN),
        }
    }

    /// Returns the microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        (self.0.get() ^ SIGN).cast_signed()
    }

    /// Returns the time that many days before this one.
    #[must_use]
    pub fn days_earlier(self, days: i64) -> Self {
        Self::from_micros(self.micros().saturating_sub(days.saturating_mul(DAY)))
    }

    /// Returns the time that many microseconds after the epoch. A time in the last days of 9999 becomes the latest
    /// representable one. `None` after the year 9999, and before the start of jiff's calendar.
    pub fn within_calendar(micros: i64) -> Option<Self> {
        let is_in_calendar = micros >= Timestamp::MIN.as_microsecond() && micros < YEAR_10000;
        is_in_calendar.then(|| Self::from_micros(micros.min(LATEST)))
    }

    /// Returns the time; `None` if it is a value that sources write for an unknown time. These are the epoch itself
    /// (zero seconds), and any time up to the end of year 1 (the zero value of several languages). Another one is the day
    /// of second 100,000,000,000 (`5138-11-16T09:46:40Z`, the latest time that some platforms write).
    #[must_use]
    pub fn known(self) -> Option<Self> {
        let micros = self.micros();
        let is_unknown = micros == 0 || micros < YEAR_2 || (FAR_DAY..FAR_DAY + DAY).contains(&micros);
        (!is_unknown).then_some(self)
    }

    /// Returns the time as the end of a span; `None` if it is a value for an unknown time. In addition to
    /// [`known`](Self::known) these are all times of the year 9999, which sources write for "never".
    #[must_use]
    pub fn known_end(self) -> Option<Self> {
        self.known().filter(|end| end.micros() < YEAR_9999)
    }

    /// Reads RFC 3339 with an offset, to the microsecond; further digits are ignored.
    ///
    /// `None` if the text has another form, or its year is before 1 or after 9999.
    pub fn parse(text: &str) -> Option<Self> {
        usual_micros(text.as_bytes()).map(Self::from_micros).or_else(|| Self::parse_any(text))
    }

    /// Reads RFC 3339 in any notation.
    fn parse_any(text: &str) -> Option<Self> {
        // jiff accepts forms that are not in RFC 3339: a zone in brackets, a comma, a space.
        let date_time_mark = text.as_bytes().get(10)?;
        if !matches!(date_time_mark, b'T' | b't') || text.contains(['[', ',']) {
            return None;
        }
        let text = &*without_fine_digits(text);
        let Ok(stamp) = text.parse::<Timestamp>() else { return Self::parse_last_days(text) };
        let moment = Self::from_micros(stamp.as_microsecond().min(LATEST));
        (stamp.as_microsecond() >= -62_135_596_800_000_000).then_some(moment)
    }

    /// Reads a time in the last days of the year 9999, which sources write for "never". jiff cannot represent these
    /// days; the result is the latest representable time.
    fn parse_last_days(text: &str) -> Option<Self> {
        let (civil, fraction_and_offset) = (text.get(..19)?, text.get(19..)?);
        let offset = fraction_and_offset.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
        let is_offset = matches!(offset, "Z" | "z") || (offset.len() == 6 && offset.starts_with(['+', '-']));
        let is_last = civil.starts_with("9999-12-3") && civil.parse::<civil::DateTime>().is_ok();
        (is_offset && is_last).then_some(Self::LATEST)
    }

    /// Reads an as-of time: RFC 3339 with an offset, or a date, which means the last microsecond of that day in UTC.
    pub fn parse_as_of(text: &str) -> Option<Self> {
        Self::parse(text).or_else(|| {
            if text.len() != 10 {
                return None;
            }
            let date: civil::Date = text.parse().ok()?;
            let start = date.to_zoned(TimeZone::UTC).ok()?.timestamp();
            let last = start.as_microsecond() + DAY - 1;
            Timestamp::from_microsecond(last).is_ok().then(|| Self::from_micros(last))
        })
    }

    /// Reads an as-of time like [`Self::parse_as_of`], but the date of today in UTC means `now`.
    pub fn parse_as_of_at(text: &str, now: Self) -> Option<Self> {
        let moment = Self::parse_as_of(text)?;
        let is_date = !text.contains(['T', 't']);
        let is_today = is_date && moment.micros() - DAY < now.micros() && now <= moment;
        Some(if is_today { now } else { moment })
    }

    /// Returns the name of the folder of a run: `YYYYMMDDTHHMMSSZ`, without fractions.
    pub fn folder(self) -> String {
        self.stamp().strftime("%Y%m%dT%H%M%SZ").to_string()
    }

    /// Returns the time to the minute, as shown to people: `2026-11-21 02:00 UTC`.
    pub fn display_utc(self) -> String {
        self.stamp().strftime("%Y-%m-%d %H:%M UTC").to_string()
    }

    fn stamp(self) -> Timestamp {
        Timestamp::from_microsecond(self.micros()).unwrap_or_default()
    }
}

/// Returns the microseconds of a time in the usual notation, `2026-11-21T02:00:00Z` with up to six digits of the second. `None` for any
/// other text, and in years that need more care. Deliveries have millions of times, and most are written like this.
fn usual_micros(text: &[u8]) -> Option<i64> {
    let (&[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', n0, n1, b':', s0, s1], end) =
        text.split_first_chunk::<19>()?
    else {
        return None;
    };
    let fraction = match end {
        [b'Z'] => 0,
        [b'.', digits @ .., b'Z'] if (1..=6).contains(&digits.len()) => {
            let value = digits.iter().try_fold(0, |value, digit| Some(10 * value + decimal(*digit)?))?;
            value * 10_i64.pow(6 - digits.len() as u32)
        }
        _ => return None,
    };
    let pair = |tens, ones| Some(10 * decimal(tens)? + decimal(ones)?);
    let (year, month, day) = (100 * pair(y0, y1)? + pair(y2, y3)?, pair(m0, m1)?, pair(d0, d1)?);
    let (hour, minute, second) = (pair(h0, h1)?, pair(n0, n1)?, pair(s0, s1)?);
    // jiff decides about a leap second, and about the first and last years.
    let is_usual = (1000..9999).contains(&year) && hour < 24 && minute < 60 && second < 60;
    if !is_usual || !(1..=12).contains(&month) || day == 0 || day > days_in_month(year, month) {
        return None;
    }
    let seconds = 86_400 * days_since_epoch(year, month, day) + 3600 * hour + 60 * minute + second;
    Some(1_000_000 * seconds + fraction)
}

fn decimal(digit: u8) -> Option<i64> {
    digit.is_ascii_digit().then(|| i64::from(digit - b'0'))
}

fn days_in_month(year: i64, month: i64) -> i64 {
    let is_leap_year = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(is_leap_year),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Returns the days from 1970-01-01 to a date after the year 0 (Hinnant, *chrono-Compatible Low-Level Date Algorithms*,
/// `days_from_civil`).
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March here, so that the day of a leap year is the last.
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year;
    146_097 * era + day_of_era - 719_468
}

/// Removes the digits of a second after the ninth. jiff does not read them, and RFC 3339 has no limit.
fn without_fine_digits(text: &str) -> Cow<'_, str> {
    const DIGITS_MAX: usize = 9;
    let Some((whole, fraction)) = text.split_once('.') else { return text.into() };
    let end = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
    if end <= DIGITS_MAX {
        return text.into();
    }
    format!("{whole}.{}{}", &fraction[..DIGITS_MAX], &fraction[end..]).into()
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Moment").field(&self.micros()).finish()
    }
}

impl fmt::Display for Moment {
    /// Writes RFC 3339 in UTC, with as many digits of the second as needed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.stamp())
    }
}

impl serde::Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a time in RFC 3339"))
    }
}

/// Valid time of a claim; each end may be unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Start of the valid time.
    pub start: Option<Moment>,
    /// End of the valid time.
    pub end: Option<Moment>,
}

impl Span {
    /// Returns the span between two times. Values for an unknown time become `None`.
    pub fn of_known(start: Option<Moment>, end: Option<Moment>) -> Self {
        Self { start: start.and_then(Moment::known), end: end.and_then(Moment::known_end) }
    }

    /// Returns the smallest span that contains both. An unknown end has no effect.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        let earlier = |a: Option<Moment>, b: Option<Moment>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self { start: earlier(self.start, other.start), end: self.end.max(other.end) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_date_is_the_last_microsecond_of_its_day() {
        let moment = Moment::parse_as_of("2018-01-17").expect("a date");
        assert_eq!(moment.to_string(), "2018-01-17T23:59:59.999999Z");
        assert_eq!(moment.folder(), "20180117T235959Z");
    }

    #[test]
    fn a_bare_date_that_is_today_is_now() {
        let now = Moment::parse("2031-05-06T07:08:09.000010Z").expect("a time");
        let read = |text| Moment::parse_as_of_at(text, now).map(|moment| moment.to_string());
        assert_eq!(read("2031-05-06").as_deref(), Some("2031-05-06T07:08:09.00001Z"));
        assert_eq!(read("2031-05-05").as_deref(), Some("2031-05-05T23:59:59.999999Z"));
        assert_eq!(read("2031-05-07").as_deref(), Some("2031-05-07T23:59:59.999999Z"));
        assert_eq!(read("2031-05-06T23:59:59Z").as_deref(), Some("2031-05-06T23:59:59Z"));
        assert_eq!(read("today"), None);
    }

    #[test]
    fn the_usual_notation_is_read_as_by_jiff() {
        let mut read = 0;
        for year in ["0000", "0001", "0999", "1000", "1600", "1900", "1970", "2024", "2026", "9998", "9999"] {
            for month in 0..=13 {
                for day in 0..=32 {
                    for time in
                        ["00:00:00", "23:59:59.9", "12:34:56.789012", "23:59:60", "24:00:00", "7:08:09"]
                    {
                        let text = format!("{year}-{month:02}-{day:02}T{time}Z");
                        let usual = usual_micros(text.as_bytes()).map(Moment::from_micros);
                        assert!(usual.is_none() || usual == Moment::parse_any(&text), "{text}");
                        assert_eq!(Moment::parse(&text), Moment::parse_any(&text), "{text}");
                        read += usize::from(usual.is_some());
                    }
                }
            }
        }
        // Seven years of the eleven, and three times of the six; two of the years have 366 days.
        assert_eq!(read, 3 * (7 * 365 + 2));
        for other in [
            "2026-11-21T02:00:00.Z",
            "2026-11-21T02:00:00.1234567Z",
            "2026-11-21t02:00:00Z",
            "2026-11-21T02:00:00+00:00",
        ] {
            assert_eq!(usual_micros(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn offsets_are_taken_to_utc_and_required() {
        assert_eq!(
            Moment::parse("2018-01-17T16:00:03-05:00").map(Moment::folder).as_deref(),
            Some("20180117T210003Z")
        );
        assert_eq!(Moment::parse("2018-01-17T16:00:03"), None);
        for wrong in [
            "",
            "yesterday",
            "2018-01-17",
            "2018-13-17T00:00:00Z",
            "2018-01-17 16:00:03Z",
            "2018-01-17T16:00:03+00:00[UTC]",
        ] {
            assert_eq!(Moment::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn never_is_read_as_the_latest_time() {
        let never = Moment::parse("9999-12-31T23:59:59.999Z").expect("often written");
        assert!(never > Moment::parse("9998-01-01T00:00:00Z").expect("a time"));
        assert_eq!(never.to_string(), "9999-12-30T22:00:00Z", "and is displayed as that");
        assert_eq!(Moment::parse("9999-12-30T22:00:00.5Z"), Some(never));
        assert_eq!(Timestamp::MAX.as_second() * 1_000_000, LATEST);
        assert_eq!(Moment::parse("9999-12-32T23:59:59Z"), None);
        assert_eq!(Moment::parse_as_of("9999-12-31"), None);
    }

    #[test]
    fn values_for_an_unknown_time_are_none() {
        let moment = |text: &str| Moment::parse(text).expect("a time");
        for unknown in [
            "1970-01-01T00:00:00.000Z",
            "1970-01-01T02:00:00+02:00",
            "0001-01-01T00:00:00Z",
            "0001-12-31T23:59:59Z",
            "5138-11-16T09:46:40.000Z",
        ] {
            assert_eq!(moment(unknown).known(), None, "{unknown}");
            assert_eq!(moment(unknown).known_end(), None, "{unknown}");
        }
        for known in ["1970-01-01T00:00:01Z", "1970-01-01T00:00:00+02:00", "0002-01-01T00:00:00Z"] {
            assert_eq!(moment(known).known(), Some(moment(known)), "{known}");
            assert_eq!(moment(known).known_end(), Some(moment(known)), "{known}");
        }
        for never in ["9999-12-31T23:59:59.999Z", "9999-12-31T00:00:00+14:00", "9999-01-01T00:00:00Z"] {
            assert_eq!(moment(never).known_end(), None, "{never}");
        }
        let span = Span::of_known(Some(moment("0001-01-01T00:00:00Z")), Some(moment("9999-12-31T00:00:00Z")));
        assert_eq!(span, Span::default());
    }

    #[test]
    fn years_begin_where_the_calendar_says() {
        let micros = |text: &str| Moment::parse(text).map(Moment::micros);
        assert_eq!(micros("0002-01-01T00:00:00Z"), Some(YEAR_2));
        assert_eq!(micros("9999-01-01T00:00:00Z"), Some(YEAR_9999));
        assert_eq!(micros("5138-11-16T00:00:00Z"), Some(FAR_DAY));
        assert_eq!(Moment::within_calendar(YEAR_10000), None);
        assert_eq!(
            Moment::within_calendar(YEAR_10000 - 1).map(Moment::micros),
            micros("9999-12-31T00:00:00Z")
        );
    }

    #[test]
    fn digits_beyond_the_microsecond_are_cut_off() {
        assert_eq!(
            Moment::parse("2020-01-01T00:00:00.1234567Z"),
            Moment::parse("2020-01-01T00:00:00.123456Z")
        );
        assert_eq!(
            Moment::parse("2020-01-01T02:00:00.123456789012345+02:00"),
            Moment::parse("2020-01-01T00:00:00.123456Z")
        );
    }
}
