//! The header `Retry-After`: a number of seconds, or a date of HTTP.

use std::time::Duration;

use crate::time::Moment;

/// Reads the header. A date in the past means zero. `None` for any other text.
pub(super) fn retry_after(text: &str, now: Moment) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = http_date(text)?;
    let micros = date.micros().saturating_sub(now.micros()).max(0);
    Some(Duration::from_micros(micros.unsigned_abs()))
}

/// Reads a date of HTTP in its preferred form: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(super) fn http_date(text: &str) -> Option<Moment> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, text) = text.split_once(", ")?;
    let parts: Vec<&str> = text.split(' ').collect();
    let [day, month, year, time, "GMT"] = parts[..] else { return None };
    let month = 1 + MONTHS.iter().position(|known| *known == month)?;
    Moment::parse(&format!("{year}-{month:02}-{day}T{time}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_other_texts_are_not() {
        let now = Moment::parse("1994-11-06T08:49:37Z").expect("a time");
        let seconds = |text: &str| retry_after(text, now).map(|wait| wait.as_secs());
        assert_eq!(seconds("120"), Some(120));
        assert_eq!(seconds(" 0 "), Some(0));
        assert_eq!(seconds("99999999999999999999999"), Some(u64::MAX));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:50:37 GMT"), Some(60));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        for text in [
            "",
            "-1",
            "1.5",
            "soon",
            "Sun, 06 Nov 1994",
            "06 Nov 1994 08:50:37 GMT",
            "Sun, 99 Nov 1994 08:50:37 GMT",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
