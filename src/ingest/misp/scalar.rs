//! Numbers, times and truth values in the notations of all MISP versions.

use serde_json::Value;

use crate::time::Moment;

/// Returns whether a value is absent, null, or an empty text.
pub(super) fn is_empty(value: Option<&Value>) -> bool {
    value.is_none_or(|value| value.is_null() || value.as_str().is_some_and(str::is_empty))
}

/// Returns a text; a number or truth value as a text.
pub(super) fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// Returns the truth value of true, 1, "1" or "true", and of their opposites.
pub(super) fn truth(value: Option<&Value>) -> Option<bool> {
    match text(value)?.to_ascii_lowercase().as_str() {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

/// Returns whether a truth value is present and true.
pub(super) fn is_true(value: Option<&Value>) -> bool {
    truth(value) == Some(true)
}

/// Returns a time; `None` for a time that means "unknown", as 0 does in MISP.
pub(super) fn moment(value: Option<&Value>) -> Option<Moment> {
    any_moment(value).and_then(Moment::known)
}

/// Returns the time at which something ended; `None` for a time that means "unknown".
pub(super) fn end(value: Option<&Value>) -> Option<Moment> {
    any_moment(value).and_then(Moment::known_end)
}

/// Returns the time of seconds since 1970, or of a date and time; without an offset it is UTC.
pub(super) fn any_moment(value: Option<&Value>) -> Option<Moment> {
    let text = text(value)?;
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
pub(super) fn date(value: Option<&Value>) -> Option<Moment> {
    any_date(value).and_then(Moment::known)
}

/// Returns the start of a date, also of a date and time, as some servers write it.
pub(super) fn any_date(value: Option<&Value>) -> Option<Moment> {
    let text = value?.as_str()?.trim();
    day(text).or_else(|| any_moment(value))
}

fn day(text: &str) -> Option<Moment> {
    if text.len() == 10 { Moment::parse(&format!("{text}T00:00:00Z")) } else { None }
}

/// Returns the members of a list; a single value counts as a list of one, and null as an empty list.
pub(super) fn listed(value: &Value) -> impl Iterator<Item = &Value> {
    let (many, one) = match value {
        Value::Array(values) => (values.as_slice(), None),
        Value::Null => (&[][..], None),
        one => (&[][..], Some(one)),
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
