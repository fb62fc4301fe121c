//! Canonical identifiers of telephone numbers (E.164).

use super::{
    kinds::exact,
    text::{is_blank, tidy},
};
use crate::identifier::CanonicalId;

/// Country codes with two digits that are assigned (ITU-T E.164). Codes 1 and 7 have one digit, and all others three.
const CODES_2: [u8; 43] = [
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58,
    60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95,
];
/// Ranges of assigned codes with three digits, and 98.
const CODES_3: [(u16, u16); 27] = [
    (211, 213),
    (216, 216),
    (218, 218),
    (220, 269),
    (290, 291),
    (297, 299),
    (350, 359),
    (370, 378),
    (380, 383),
    (385, 387),
    (389, 389),
    (420, 421),
    (423, 423),
    (500, 509),
    (590, 599),
    (670, 670),
    (672, 683),
    (685, 692),
    (800, 800),
    (808, 808),
    (850, 850),
    (852, 853),
    (855, 856),
    (870, 888),
    (960, 968),
    (970, 979),
    (992, 998),
];
/// Digits of a number with its country code.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// Countries whose numbers keep the 0 in brackets.
const KEEPS_ZERO: [&str; 2] = ["39", "378"];

/// Normalises a telephone number: `+` and digits if the country code is there, else the digits as written.
///
/// A number without a country code, the name of a line, and a number with an extension stay as written: each is a
/// value of its own. One digit repeated, and digits that count, identify nothing.
pub(super) fn phone(value: &str) -> Option<CanonicalId> {
    const DIGITS_MIN: usize = 5;
    let text = tidy(value)?;
    let line = text.strip_prefix("tel:").map_or(&*text, |rest| rest.split(';').next().unwrap_or(rest));
    let is_grouping =
        |c: char| is_blank(c) || matches!(c, '+' | '-' | '.' | '(' | ')' | '/' | '\u{2010}'..='\u{2013}');
    let count = line.bytes().filter(u8::is_ascii_digit).count();
    if count < DIGITS_MIN || !line.chars().all(|c| c.is_ascii_digit() || is_grouping(c)) {
        return exact("phone-number", value);
    }
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (all, has_plus) =
        (digits(line), line.trim_start_matches(|c: char| c == '(' || is_blank(c)).starts_with('+'));
    let number = if has_plus { Some(all.as_str()) } else { all.strip_prefix("00") };
    let Some(number) = number else {
        return (!is_filler(&all)).then(|| CanonicalId::observable("phone-number", &all));
    };
    // `+49 (0)30 …`: callers from abroad leave this 0 out.
    let code = line.split_once("(0)").map(|(code, _)| digits(code));
    let code =
        code.as_deref().map(|code| if has_plus { code } else { code.strip_prefix("00").unwrap_or(code) });
    let trunk = code.filter(|code| (1..=3).contains(&code.len()) && !KEEPS_ZERO.contains(code));
    let number = match trunk {
        Some(code) => format!("{code}{}", &number[code.len() + 1..]),
        None => number.to_owned(),
    };
    if is_filler(&number) {
        return None;
    }
    let is_complete = DIGITS.contains(&number.len()) && has_country_code(&number);
    let plain = if is_complete { format!("+{number}") } else { all };
    Some(CanonicalId::observable("phone-number", &plain))
}

/// Returns whether digits are one digit repeated, or count up or down.
fn is_filler(digits: &str) -> bool {
    let steps =
        |step: i16| digits.as_bytes().windows(2).all(|two| i16::from(two[1]) - i16::from(two[0]) == step);
    steps(0) || steps(1) || steps(-1) || matches!(digits, "1234567890" | "01234567890")
}

fn has_country_code(number: &str) -> bool {
    let code = |digits: usize| number.get(..digits).and_then(|code| code.parse::<u16>().ok());
    let is_of_two =
        code(2).is_some_and(|code| code == 98 || CODES_2.iter().any(|known| u16::from(*known) == code));
    let is_of_three =
        code(3).is_some_and(|code| CODES_3.iter().any(|(first, last)| (*first..=*last).contains(&code)));
    number.starts_with(['1', '7']) || is_of_two || is_of_three
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_with_a_country_code_has_one_form() {
        const CASES: &str = "
+49 (0)30 123 4567 => +49301234567
0049 30 123-4567 => +49301234567
+49.30.1234567 => +49301234567
tel:+49-30-1234567;ext=5 => +49301234567
(+44) 20 7946 0958 => +442079460958
+39 (0)6 1234567 => +39061234567
+999 30 1234567 => 999301234567
030 1234567 => 0301234567
+49 30 1234567 ext 5 => +49 30 1234567 ext 5
0000000000 => -
+1 111 111 1111 => -
1234567890 => -
n/a => n/a";
        for line in CASES.trim().lines() {
            let (value, expected) = line.split_once(" => ").expect("two cells");
            let found = phone(value).map_or_else(|| "-".to_owned(), |id| id.value().to_owned());
            assert_eq!(found, expected, "{line}");
        }
    }
}
