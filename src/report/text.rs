//! Texts and numbers as a page shows them: hidden characters visible, long texts cut, digits in groups.

#![expect(
    clippy::trivially_copy_pass_by_ref,
    clippy::ref_option,
    reason = "templates hand every value on by reference"
)]

use std::fmt::Write;

use crate::language;

/// Largest number of characters of a value that a page shows before it folds the value.
const SHOWN_MAX: usize = 120;
/// The same for sentences, which may quote values.
const SENTENCE_MAX: usize = 400;
/// Largest number of characters of a value that a page contains.
const HELD_MAX: usize = 4_000;

/// Returns `text` with every character that hides, reorders or controls shown as its code point.
///
/// A right-to-left override can make `gpj.exe` read as `exe.jpg`, and a zero-width space makes two
/// names look like one. Line feeds and tabs stay: a page treats them as spaces.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hidden(character) {
            let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Controls, bidirectional marks, zero-width and tag characters (Unicode 16, `Cc`, most of `Cf`,
/// and the blank letters that fonts draw as nothing).
pub fn is_hidden(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{70f}' | '\u{115f}' | '\u{1160}' | '\u{3164}'
            | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    ) || (character.is_control() && !matches!(character, '\n' | '\t'))
}

/// A value that is too long to show at once.
pub(super) struct Cut<'a> {
    /// Beginning of the value.
    pub(super) shown: &'a str,
    /// The whole value up to [`HELD_MAX`] characters.
    pub(super) held: &'a str,
    /// Length of the value in characters, if `held` is not the whole value.
    pub(super) length: Option<String>,
}

/// Returns the parts of a long value; `None` for a short one.
pub(super) fn cut(value: &str) -> Option<Cut<'_>> {
    cut_at(value, SHOWN_MAX)
}

/// Returns the parts of a long sentence; `None` for a short one.
pub(super) fn cut_sentence(sentence: &str) -> Option<Cut<'_>> {
    cut_at(sentence, SENTENCE_MAX)
}

fn cut_at(text: &str, most: usize) -> Option<Cut<'_>> {
    let (end, _) = text.char_indices().nth(most)?;
    let held_end = text.char_indices().nth(HELD_MAX).map(|(end, _)| end);
    Some(Cut {
        shown: &text[..end],
        held: &text[..held_end.unwrap_or(text.len())],
        length: held_end.map(|_| thousands(&(text.chars().count() as u64))),
    })
}

/// Returns at most `most` characters of `text`, with an ellipsis if the text is longer.
pub fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// Returns a count with its digits in groups of three: `12,585`.
pub(super) fn thousands(count: &u64) -> String {
    language::thousands(*count)
}

/// Returns a real number to four significant digits, an integer from 1,000 on; a dash for `None`.
pub fn number(value: &Option<f64>) -> String {
    let Some(value) = *value else {
        return "–".to_owned();
    };
    let size = value.abs();
    if !value.is_finite() {
        return value.to_string();
    }
    if (999.5..1e15).contains(&size) {
        let sign = if value < 0.0 { "−" } else { "" };
        return format!("{sign}{}", thousands(&(size.round() as u64)));
    }
    let text = if size == 0.0 {
        "0".to_owned()
    } else if !(1e-4..1e15).contains(&size) {
        format!("{value:.2e}")
    } else {
        let places = (3 - size.log10().floor() as i32).clamp(0, 7) as usize;
        let digits = format!("{value:.places$}");
        if digits.contains('.') {
            digits.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            digits
        }
    };
    text.replace('-', "−")
}

/// Returns a share in 0..=1 as a percentage with one decimal; a dash for `None`.
pub(super) fn percent(share: &Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_character_is_shown_as_its_code_point() {
        assert_eq!(visible("a\u{202e}gpj.exe"), "a⟨U+202E⟩gpj.exe");
        assert_eq!(visible("a\u{200b}b\u{0}\u{e0041}"), "a⟨U+200B⟩b⟨U+0000⟩⟨U+E0041⟩");
        let plain = "Пушкин, 海莲花, أبو, naïve e\u{301}, line\nbreak";
        assert_eq!(visible(plain), plain);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert!(cut("short").is_none());
        assert!(cut_sentence(&"é".repeat(SENTENCE_MAX)).is_none());
        assert!(cut(&"é".repeat(SHOWN_MAX)).is_none(), "exactly at the limit");
        let long = "é".repeat(SHOWN_MAX + 1);
        let parts = cut(&long).expect("too long");
        assert_eq!(parts.shown.chars().count(), SHOWN_MAX);
        assert_eq!((parts.held, parts.length), (long.as_str(), None));
        let endless = "x".repeat(50_000);
        let parts = cut(&endless).expect("too long");
        assert_eq!((parts.held.len(), parts.length.as_deref()), (HELD_MAX, Some("50,000")));
        assert_eq!(short("abcdef", 4), "abc…");
        assert_eq!(short("abcd", 4), "abcd");
    }

    #[test]
    fn numbers_have_groups_of_digits_and_four_significant_digits() {
        let counts = [0, 12, 123, 1_234, 12_585, 1_234_567].map(|count| thousands(&count));
        assert_eq!(counts, ["0", "12", "123", "1,234", "12,585", "1,234,567"]);
        let values = [0.0, 0.012_345, 1.5, 12.0, 120.0, 999.4, 999.7, 19_231.2, 1e-9, -0.25, 3e20];
        assert_eq!(
            values.map(|value| number(&Some(value))),
            ["0", "0.01235", "1.5", "12", "120", "999.4", "1,000", "19,231", "1.00e−9", "−0.25", "3.00e20"]
        );
        assert_eq!(number(&None), "–");
        assert_eq!(percent(&Some(0.4567)), "45.7 %");
    }
}
