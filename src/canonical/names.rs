//! Names of actors and malware, in the form in which they are compared.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Returns the form in which names of actors and malware are compared:
/// compatibility forms, case, blanks and punctuation make no difference, so that
/// `APT 28`, `APT28` and `apt-28` are equal. Empty when no letter or digit is left.
///
/// Letters, digits and combining marks of every script stay.
pub fn name(text: &str) -> String {
    let mut form = name_once(text);
    // Dropping punctuation can bring two characters together that compose into one.
    loop {
        let again = name_once(&form);
        if again == form {
            return form;
        }
        form = again;
    }
}

fn name_once(text: &str) -> String {
    if text.is_ascii() {
        return text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    }
    // Upper case first: `ß` and `SS`, `ς` and `Σ` meet only there.
    let folded = text.nfkc().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    let is_selector = |c: char| ('\u{fe00}'..='\u{fe0f}').contains(&c);
    let kept: String = folded
        .nfkc()
        .filter(|c| c.is_alphanumeric() || (is_combining_mark(*c) && !is_selector(*c)))
        .collect();
    if kept.contains(char::is_alphanumeric) { kept } else { String::new() }
}
