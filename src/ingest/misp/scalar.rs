//! Numbers, times and truth values in the notations of all MISP versions.

use std::borrow::Cow;

use crate::{
    ingest::tree::{Kind, Node},
    time::Moment,
};

/// Returns whether a value is absent, null, or an empty text.
pub(super) fn is_empty<N: Node>(value: Option<&N>) -> bool {
    value.is_none_or(|value| value.kind() == Kind::Null || value.as_text().is_some_and(str::is_empty))
}

/// Returns a text; a number or truth value as a text.
pub(super) fn text<N: Node>(value: Option<&N>) -> Option<String> {
    value?.as_scalar_text().map(Cow::into_owned)
}

/// Returns the truth value of true, 1, "1" or "true", and of their opposites.
pub(super) fn truth<N: Node>(value: Option<&N>) -> Option<bool> {
    let text = value?.as_scalar_text()?;
    let is_one_of = |texts: [&str; 2]| texts.iter().any(|known| text.eq_ignore_ascii_case(known));
    if is_one_of(["1", "true"]) { Some(true) } else { is_one_of(["0", "false"]).then_some(false) }
}

/// Returns whether a truth value is present and true.
pub(super) fn is_true<N: Node>(value: Option<&N>) -> bool {
    truth(value) == Some(true)
}

/// Returns a time; `None` for a time that means "unknown", as 0 does in MISP.
pub(super) fn moment<N: Node>(value: Option<&N>) -> Option<Moment> {
    any_moment(value).and_then(Moment::known)
}

/// Returns the time at which something ended; `None` for a time that means "unknown".
pub(super) fn end<N: Node>(value: Option<&N>) -> Option<Moment> {
    any_moment(value).and_then(Moment::known_end)
}

/// Returns the time of seconds since 1970, or of a date and time; without an offset it is UTC.
pub(super) fn any_moment<N: Node>(value: Option<&N>) -> Option<Moment> {
    let text = value?.as_scalar_text()?;
    let text = text.trim();
    if text.len() <= 12 && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let moment = Moment::within_calendar(text.parse::<i64>().ok()? * 1_000_000)?;
        // Of numbers with 12 digits, only those for an unknown time are seconds; the others are of finer
        // units.
        return Some(moment).filter(|moment| text.len() < 12 || moment.known_end().is_none());
    }
    let marked =
        if text.as_bytes().get(10) == Some(&b' ') { text.replacen(' ', "T", 1) } else { text.to_owned() };
    Moment::parse(&marked).or_else(|| Moment::parse(&format!("{marked}Z"))).or_else(|| day(&marked))
}

/// Returns the start of a date; `None` for a date that means "unknown".
pub(super) fn date<N: Node>(value: Option<&N>) -> Option<Moment> {
    any_date(value).and_then(Moment::known)
}

/// Returns the start of a date, also of a date and time, as some servers write it.
pub(super) fn any_date<N: Node>(value: Option<&N>) -> Option<Moment> {
    let text = value?.as_text()?.trim();
    day(text).or_else(|| any_moment(value))
}

fn day(text: &str) -> Option<Moment> {
    if text.len() == 10 { Moment::parse(&format!("{text}T00:00:00Z")) } else { None }
}

/// Returns the members of a list; a single value counts as a list of one, and null as an empty list.
pub(super) fn listed<N: Node>(value: &N) -> impl Iterator<Item = &N> {
    let (many, one) = match (value.as_list(), value.kind()) {
        (Some(values), _) => (values, None),
        (None, Kind::Null) => (&[][..], None),
        (None, _) => (&[][..], Some(value)),
    };
    many.iter().chain(one)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn moments_are_read_in_every_spelling_in_use() {
        let expected = Moment::parse("2020-10-25T16:22:00Z");
        assert!(expected.is_some());
        for spelled in [
            json!(1_603_642_920),
            json!("1603642920"),
            json!("2020-10-25T16:22:00+00:00"),
            json!("2020-10-25T18:22:00.000000+02:00"),
            json!("2020-10-25 16:22:00"),
        ] {
            assert_eq!(moment(Some(&spelled)), expected, "{spelled}");
        }
        assert_eq!(date(Some(&json!("2020-10-25"))), Moment::parse("2020-10-25T00:00:00Z"));
        for unknown in [json!("0"), json!(100_000_000_000_i64), json!("0001-01-01T00:00:00+00:00")] {
            assert!(any_moment(Some(&unknown)).is_some(), "{unknown}");
            assert_eq!(moment(Some(&unknown)), None, "{unknown}");
        }
        for never in [json!("9999-12-31"), json!("253402300799")] {
            assert!(any_moment(Some(&never)).is_some(), "{never}");
            assert_eq!(end(Some(&never)), None, "{never}");
        }
        assert_eq!(date(Some(&json!("1970-01-01"))), None);
        assert_eq!(any_moment(Some(&json!("160364292000"))), None, "no seconds");
        for wrong in [json!("soon"), json!("2020-13-01"), json!([1]), json!(-5), json!(1.5)] {
            assert_eq!(any_moment(Some(&wrong)), None, "{wrong}");
        }
    }

    #[test]
    fn truth_is_read_in_every_spelling_in_use() {
        for spelled in [json!(true), json!(1), json!("1"), json!("True")] {
            assert!(is_true(Some(&spelled)), "{spelled}");
        }
        for spelled in [json!(false), json!(0), json!("0"), json!(null), json!("maybe")] {
            assert!(!is_true(Some(&spelled)), "{spelled}");
        }
    }
}
