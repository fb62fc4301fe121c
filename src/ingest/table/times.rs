//! Times in tables: only in the forms of the mapping, and never guessed.

use jiff::{
    civil::{Date, DateTime},
    fmt::strtime,
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

use crate::time::Moment;

/// One notation of times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) enum Form {
    /// RFC 3339, with an offset.
    Rfc3339,
    /// Seconds since 1970, also with a fraction.
    EpochSeconds,
    /// Milliseconds since 1970.
    EpochMilliseconds,
    /// `2017-10-02 3:46`, with `-`, `/` or `.` as separator; the time may be missing.
    YearFirst,
    /// `2.10.2017 3:46` is in October.
    DayFirst,
    /// `10/2/17 3:46` is in October.
    MonthFirst,
    /// Days, also with a fraction, since midnight UTC of a day: steps of a simulation, or dates of a
    /// spreadsheet.
    DaysSince(Date),
    /// A pattern with `%`, as in strptime.
    Pattern(String),
}

/// Prefix of a count of days; the first day follows it.
pub(super) const DAYS_SINCE: &str = "days-since";

/// The named forms, and their meaning.
pub(super) const FORMS: [(&str, Form, &str); 6] = [
    (
        "rfc3339",
        Form::Rfc3339,
        "`2017-10-02T03:46:00+02:00`, also with a blank in place of the `T`; the default",
    ),
    ("epoch-seconds", Form::EpochSeconds, "seconds since 1970, also with a fraction"),
    ("epoch-milliseconds", Form::EpochMilliseconds, "milliseconds since 1970"),
    ("year-first", Form::YearFirst, "`2017-10-02 3:46:00`, `2017/10/02`; needs `zone`"),
    ("day-first", Form::DayFirst, "`2.10.2017 3:46`, `02/10/17` in October; needs `zone`"),
    ("month-first", Form::MonthFirst, "`10/2/17 3:46` in October; needs `zone`"),
];

impl TryFrom<String> for Form {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if let Some((_, form, _)) = FORMS.iter().find(|(name, ..)| *name == text) {
            return Ok(form.clone());
        }
        if let Some(day) = text.strip_prefix(DAYS_SINCE) {
            let day = day.trim().parse().map(Self::DaysSince);
            return day.map_err(|_| "the first day is missing; write days-since 2017-01-01".to_owned());
        }
        if !text.contains('%') {
            let names: Vec<&str> = FORMS.iter().map(|(name, ..)| *name).collect();
            return Err(format!(
                "not a form of times; write one of {}, {DAYS_SINCE} and a date, or a pattern with %",
                names.join(", ")
            ));
        }
        let any = Date::constant(2000, 1, 2).to_zoned(TimeZone::UTC);
        let is_pattern = any.is_ok_and(|any| strtime::format(&text, &any).is_ok());
        if is_pattern { Ok(Self::Pattern(text)) } else { Err("not a strptime pattern".to_owned()) }
    }
}

impl From<Form> for String {
    fn from(form: Form) -> Self {
        match form {
            Form::Pattern(pattern) => pattern,
            Form::DaysSince(day) => format!("{DAYS_SINCE} {day}"),
            named => {
                FORMS.iter().find(|(_, form, _)| *form == named).map_or("", |(name, ..)| name).to_owned()
            }
        }
    }
}

/// A time zone: `UTC`, an offset such as `+02:00`, or a place such as `Europe/Berlin`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Zone {
    name: String,
    zone: TimeZone,
}

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let offset = strtime::parse("%:z", &name).ok().and_then(|parts| parts.offset());
        let zone = match offset {
            Some(offset) => Ok(TimeZone::fixed(offset)),
            None if name == "UTC" => Ok(TimeZone::UTC),
            None => TimeZone::get(&name),
        };
        match zone {
            Ok(zone) => Ok(Self { name, zone }),
            Err(_) => {
                Err("not a known time zone; write UTC, an offset (+02:00) or a place (Europe/Berlin)"
                    .to_owned())
            }
        }
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name
    }
}

impl Form {
    /// Returns whether a time in this form contains its offset.
    pub(super) fn has_offset(&self) -> bool {
        match self {
            Self::Rfc3339 | Self::EpochSeconds | Self::EpochMilliseconds | Self::DaysSince(_) => true,
            Self::Pattern(pattern) => {
                ["%z", "%:z", "%::z", "%:::z", "%Q", "%:Q", "%s"].iter().any(|part| pattern.contains(part))
            }
            _ => false,
        }
    }

    /// Parses a time; a time without an offset is in the zone.
    pub(super) fn read(&self, text: &str, zone: Option<&Zone>) -> Option<Moment> {
        match self {
            // Databases write a blank in place of the `T` (RFC 3339, section 5.6).
            Self::Rfc3339 => Moment::parse(text).or_else(|| Moment::parse(&text.replacen(' ', "T", 1))),
            Self::EpochSeconds => epoch(text, 6),
            Self::EpochMilliseconds => epoch(text, 3),
            Self::YearFirst => civil(text, ["%Y-%m-%d"].as_slice(), zone?),
            Self::DayFirst => civil(text, ["%d-%m-%Y", "%d-%m-%y"].as_slice(), zone?),
            Self::MonthFirst => civil(text, ["%m-%d-%Y", "%m-%d-%y"].as_slice(), zone?),
            Self::DaysSince(day) => {
                let days = text.parse::<f64>().ok().filter(|days| days.abs() < 1e7)?;
                let start = day.to_zoned(TimeZone::UTC).ok()?.timestamp().as_microsecond();
                let moment = start.checked_add((days * crate::time::DAY as f64).round() as i64)?;
                Moment::within_calendar(moment)
            }
            Self::Pattern(pattern) => {
                let parts = strtime::parse(pattern, text).ok()?;
                match parts.to_timestamp() {
                    Ok(stamp) => Some(Moment::from_micros(stamp.as_microsecond())),
                    Err(_) => {
                        at(parts.to_datetime().ok().or_else(|| Some(parts.to_date().ok()?.into()))?, zone?)
                    }
                }
            }
        }
    }
}

fn at(time: DateTime, zone: &Zone) -> Option<Moment> {
    match zone.zone.to_ambiguous_zoned(time).compatible() {
        Ok(zoned) => Some(Moment::from_micros(zoned.timestamp().as_microsecond())),
        // The last days of 9999 mean "never", and become the latest possible time.
        Err(_) => (time.year() == 9999).then_some(Moment::LATEST),
    }
}

/// Parses digits of seconds; `places` is the number of decimal places less or more than in microseconds.
fn epoch(text: &str, places: u32) -> Option<Moment> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    // Digits beyond the microsecond are dropped.
    let fraction =
        format!("{:0<width$}", fraction.get(..places as usize).unwrap_or(fraction), width = places as usize);
    let micros =
        whole.parse::<i64>().ok()?.checked_mul(10_i64.pow(places))?.checked_add(fraction.parse().ok()?)?;
    // A time after the year 9999, as milliseconds read as seconds are, is not a time.
    Moment::within_calendar(sign * micros)
}

/// Parses a date, and the time after it if there is one.
fn civil(text: &str, dates: &[&str], zone: &Zone) -> Option<Moment> {
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, ""));
    let date = date.replace(['/', '.'], "-");
    let (date, time) = (date.as_str(), time.trim());
    // A year with two digits is not in the first century.
    let has_century = date.split('-').any(|part| part.len() == 4);
    let form = dates.iter().find(|form| form.contains("%Y") == has_century)?;
    let parsed = strtime::parse(form, date).ok()?.to_date().ok()?;
    if time.is_empty() {
        return at(parsed.into(), zone);
    }
    let forms = ["%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p"];
    let time = forms.iter().find_map(|form| strtime::parse(form, time).ok()?.to_time().ok())?;
    at(parsed.to_datetime(time), zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(form: &str, zone: &str, text: &str) -> String {
        let form = Form::try_from(form.to_owned()).expect("a form");
        let zone = Zone::try_from(zone.to_owned()).expect("a zone");
        form.read(text, Some(&zone)).map_or_else(|| "-".to_owned(), |moment| moment.to_string())
    }

    #[test]
    fn each_form_is_read_as_it_is_said() {
        const CASES: &str = "
rfc3339 | UTC | 2026-01-04T00:27:47+02:00 | 2026-01-03T22:27:47Z
rfc3339 | UTC | 2026-01-04 00:27:47 | -
rfc3339 | UTC | 2026-01-04 00:27:47+02:00 | 2026-01-03T22:27:47Z
rfc3339 | UTC | 2026-01-04 00:27:47.5+00 | 2026-01-04T00:27:47.5Z
epoch-seconds | UTC | 1289241911.72836 | 2010-11-08T18:45:11.72836Z
epoch-seconds | UTC | 1291597340 | 2010-12-06T01:02:20Z
epoch-seconds | UTC | 1291597340000 | -
epoch-seconds | UTC | -1.5 | 1969-12-31T23:59:58.5Z
epoch-seconds | UTC | 253402300799 | 9999-12-30T22:00:00Z
year-first | UTC | 9999-12-31 | 9999-12-30T22:00:00Z
%Y-%m-%d | +02:00 | 9999-12-31 | 9999-12-30T22:00:00Z
epoch-seconds | UTC | 1e9 | -
epoch-milliseconds | UTC | 1291597340123 | 2010-12-06T01:02:20.123Z
days-since 2017-01-01 | UTC | 1 | 2017-01-02T00:00:00Z
days-since 1899-12-30 | UTC | 42736.25 | 2017-01-01T06:00:00Z
days-since 2017-01-01 | UTC | x | -
year-first | UTC | 2017-08-02 16:28:51 | 2017-08-02T16:28:51Z
year-first | +02:00 | 2017/08/02 16:28 | 2017-08-02T14:28:00Z
year-first | UTC | 2017-08-02 | 2017-08-02T00:00:00Z
year-first | UTC | 02-08-2017 | -
month-first | UTC | 2/10/17 3:46 | 2017-02-10T03:46:00Z
month-first | UTC | 2/10/2017 3:46 PM | 2017-02-10T15:46:00Z
month-first | UTC | 13/10/17 3:46 | -
day-first | UTC | 2/10/17 3:46 | 2017-10-02T03:46:00Z
day-first | Europe/Berlin | 2.7.2017 3:46 | 2017-07-02T01:46:00Z
day-first | Europe/Berlin | 2.1.2017 | 2017-01-01T23:00:00Z
%Y-%m-%d %H:%M:%S UTC | UTC | 2019-01-07 07:13:47 UTC | 2019-01-07T07:13:47Z
%Y%m%d | UTC | 20170218 | 2017-02-18T00:00:00Z
%d %b %Y %H:%M %z | UTC | 7 Jan 2019 07:13 +0100 | 2019-01-07T06:13:00Z";
        for line in CASES.trim().lines() {
            let cells: Vec<&str> = line.split(" | ").collect();
            let [form, zone, text, expected] = cells[..] else { panic!("four cells: {line}") };
            assert_eq!(read(form, zone, text), expected, "{line}");
        }
    }

    #[test]
    fn what_is_no_form_or_zone_is_said() {
        for wrong in ["iso", "days-since", "days-since May", "%", "%Y %!", ""] {
            assert!(Form::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
        for wrong in ["Middle-earth", "+25", ""] {
            assert!(Zone::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
