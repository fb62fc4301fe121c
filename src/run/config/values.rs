//! Readers of the values of keys.

use toml::de::DeValue;

use crate::{marking::Marking, record::Reliability, time::DAY};

pub(super) fn texts(value: &DeValue<'_>) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|value| value.get_ref().as_str().map(str::to_owned)).collect()
}

pub(super) fn number(value: &DeValue<'_>) -> Option<f64> {
    let text = value
        .as_float()
        .map(toml::de::DeFloat::as_str)
        .or_else(|| value.as_integer().map(toml::de::DeInteger::as_str))?;
    text.replace('_', "").parse().ok().filter(|number: &f64| number.is_finite())
}

pub(super) fn share(value: &DeValue<'_>) -> Option<f64> {
    number(value).filter(|number| (0.0..=1.0).contains(number))
}

pub(super) fn whole(value: &DeValue<'_>) -> Option<u32> {
    value.as_integer()?.as_str().replace('_', "").parse().ok()
}

/// Reads a reliability in the Admiralty system, `A` to `F`.
pub fn reliability(letter: &str) -> Option<Reliability> {
    Some(match letter {
        "A" => Reliability::A,
        "B" => Reliability::B,
        "C" => Reliability::C,
        "D" => Reliability::D,
        "E" => Reliability::E,
        "F" => Reliability::F,
        _ => return None,
    })
}

/// Reads a duration, such as `36h`, into microseconds.
pub fn duration(text: &str) -> Option<i64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let number: i64 = text[..digits].parse().ok().filter(|number| *number > 0)?;
    let unit = match &text[digits..] {
        "m" => DAY / (24 * 60),
        "h" => DAY / 24,
        "d" => DAY,
        "w" => 7 * DAY,
        _ => return None,
    };
    number.checked_mul(unit)
}

/// Reads a TLP marking.
pub(super) fn tlp(value: &DeValue<'_>) -> Option<String> {
    Marking::parse(value.as_str()?).map(|marking| marking.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_number_and_a_unit() {
        assert_eq!(duration("36h"), Some(36 * DAY / 24));
        assert_eq!(duration("90m"), Some(DAY / 16));
        assert_eq!((duration("2d"), duration("1w")), (Some(2 * DAY), Some(7 * DAY)));
        for wrong in ["", "h", "36", "-1h", "0h", "1.5h", "36 h", "3y", "99999999999999d"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }
}
