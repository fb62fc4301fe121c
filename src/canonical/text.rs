//! Normal forms of text: Unicode composition, blanks and case.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// Returns the composed form (NFC) without blanks at its ends; `None` if nothing is left.
pub(super) fn tidy(text: &str) -> Option<Cow<'_, str>> {
    let trimmed = match composed(text) {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(is_blank)),
        Cow::Owned(text) => Cow::Owned(text.trim_matches(is_blank).to_owned()),
    };
    (!trimmed.is_empty()).then_some(trimmed)
}

/// Returns the composed form (NFC); ASCII is always composed.
pub(super) fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { text.into() } else { text.nfc().collect() }
}

/// Returns whether a character is white space, or an invisible character that comes along with copied text.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// Returns the text in lower case, character by character: rules that depend on context could change a text
/// again in a second pass.
pub(super) fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfc().flat_map(char::to_lowercase).nfc().collect()
}
