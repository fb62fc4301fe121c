//! Pseudonyms: keyed digests in the place of values. A pseudonym identifies, and is never compared as a name.

use unicode_normalization::UnicodeNormalization;

use super::{finance, network, text::tidy};

/// Beginning of every pseudonym.
pub(crate) const PREFIX: &str = "pseudonym-";
/// Number of hexadecimal digits of a pseudonym.
const DIGITS: usize = 32;

/// Returns whether a text is a pseudonym.
pub(crate) fn is_pseudonym(text: &str) -> bool {
    let digits = text.trim().strip_prefix(PREFIX);
    digits.is_some_and(|digits| {
        digits.len() == DIGITS && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// Returns the form of a value from which its pseudonym is made, so that two forms of one value have one pseudonym.
///
/// An e-mail address and an IBAN have their canonical form. Other texts are composed (NFKC), and blanks in them are single.
/// Case makes no difference in a text without a digit, such as a name; a text with a digit may be a key, in which case
/// counts.
pub(crate) fn plain_form(value: &str) -> String {
    if let Some(id) = network::email(value).or_else(|| finance::iban(value)) {
        return id.as_str().to_owned();
    }
    let composed: String = value.nfkc().collect();
    let tidied = tidy(&composed).unwrap_or_default();
    let words: Vec<&str> = tidied.split_whitespace().collect();
    let text = words.join(" ");
    if text.chars().any(char::is_numeric) {
        return text;
    }
    // Upper case comes first: some letters are equal only there.
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_forms_of_one_value_are_equal_and_two_keys_are_not() {
        for (one, other) in [
            ("Ana.Quill@Harbour.EXAMPLE.com", " ana.quill@harbour.example.com "),
            ("ana[.]quill[@]example[.]com", "ana.quill@example.com"),
            ("DE89 3704 0044 0532 0130 00", "de89370400440532013000"),
            ("Ana  Quillfeather", "ana quillfeather"),
            ("Stra\u{df}e", "STRASSE"),
            ("A\u{301}na", "\u{c1}na"),
        ] {
            assert_eq!(plain_form(one), plain_form(other), "{one}");
        }
        for (one, other) in [("1-23", "12-3"), ("aB3", "Ab3"), ("Ana", "Ann"), ("anaquill", "ana quill")] {
            assert_ne!(plain_form(one), plain_form(other), "{one}");
        }
    }

    #[test]
    fn a_pseudonym_has_thirty_two_digits() {
        assert!(is_pseudonym("pseudonym-00112233445566778899aabbccddeeff"));
        for text in ["pseudonym-", "pseudonym-00", "00112233445566778899aabbccddeeff", "pseudonym-ana"] {
            assert!(!is_pseudonym(text), "{text}");
        }
    }
}
