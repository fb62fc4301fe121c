//! Normal forms of text: Unicode composition, blanks and case.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// Composed form (NFC) without blanks at its ends; `None` when nothing is left.
pub(super) fn tidy(text: &str) -> Option<Cow<'_, str>> {
    let trimmed = match composed(text) {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(is_blank)),
        Cow::Owned(text) => Cow::Owned(text.trim_matches(is_blank).to_owned()),
    };
    (!trimmed.is_empty()).then_some(trimmed)
}

/// Composed form (NFC); ASCII is composed as it stands.
pub(super) fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { text.into() } else { text.nfc().collect() }
}

/// White space, and what shows as nothing and comes along when text is copied.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// Lower case by character, without the context that a second pass might see otherwise.
pub(super) fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfc().flat_map(char::to_lowercase).nfc().collect()
}
