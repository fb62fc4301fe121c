//! Folding of a name to words of Latin letters and digits.

use std::borrow::Cow;

use any_ascii::any_ascii;
use unicode_normalization::UnicodeNormalization;

/// Longest text of a name that is read, in characters; the rest is left out.
pub(crate) const CHARACTERS_MAX: usize = 1_000;

/// Returns whether a character has no width or only changes the direction of text.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
}

fn is_apostrophe(character: char) -> bool {
    matches!(character, '\'' | '`' | '"' | '\u{2018}'..='\u{201f}' | '\u{02b9}'..='\u{02bf}' | '\u{ab}' | '\u{bb}')
}

/// Returns the words of a text, in lower-case ASCII letters and digits.
pub(crate) fn words(text: &str) -> Vec<String> {
    // Quotation marks between words part them: ООО"БАЗО" has two words. Those within a word do not: Qa'ida has one.
    let latin = if text.is_ascii() {
        without_apostrophes(&text[..text.len().min(CHARACTERS_MAX)]).to_ascii_lowercase()
    } else {
        let visible = text.chars().filter(|character| !is_invisible(*character)).take(CHARACTERS_MAX);
        let composed: String = visible.nfkc().collect();
        any_ascii(&with_arabic_vowels(&without_apostrophes(&composed))).to_lowercase()
    };
    let mut words = Vec::new();
    for run in
        latin.split(|character: char| !(character.is_ascii_alphanumeric() || "'`.&+".contains(character)))
    {
        push_run(run, &mut words);
    }
    words
}

/// The Arabic article, which is written together with its word.
const ARTICLE: &str = "\u{627}\u{644}";
/// Letters of a word after the article, at least.
const AFTER_ARTICLE_MIN: usize = 3;

/// Writes the Arabic letters of vowels as vowels, and separates the article: Latin transliterations have both.
fn with_arabic_vowels(text: &str) -> Cow<'_, str> {
    if !text.contains(|character| matches!(character, '\u{621}'..='\u{64a}')) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len());
    for run in text.split_inclusive(|character: char| !character.is_alphanumeric()) {
        let letters = |word: &str| word.chars().filter(|character| character.is_alphabetic()).count();
        let after = run.strip_prefix(ARTICLE).filter(|after| letters(after) >= AFTER_ARTICLE_MIN);
        if after.is_some() {
            written.push_str("al ");
        }
        for character in after.unwrap_or(run).chars() {
            match character {
                // Alif with its forms, alif maqsura, teh marbuta, and ayn.
                '\u{622}' | '\u{623}' | '\u{625}' | '\u{627}' | '\u{671}' | '\u{649}' | '\u{629}'
                | '\u{639}' => {
                    written.push('a');
                }
                '\u{621}' => {}
                '\u{624}' => written.push('u'),
                '\u{626}' => written.push('i'),
                other => written.push(other),
            }
        }
    }
    Cow::Owned(written)
}

/// Replaces quotation marks that come in pairs by blanks, and drops apostrophes.
fn without_apostrophes(text: &str) -> String {
    let is_quote = |character| matches!(character, '"' | '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}');
    let kept = text.chars().filter(|character| !is_apostrophe(*character) || is_quote(*character));
    kept.map(|character| if is_quote(character) { ' ' } else { character }).collect()
}

/// Adds the words of one run of letters, digits, dots and the signs for "and".
fn push_run(run: &str, words: &mut Vec<String>) {
    // A transliteration may contain apostrophes of its own.
    let run: String = run.chars().filter(|character| !"'`".contains(*character)).collect();
    for part in run.split_inclusive(['&', '+']) {
        let (part, has_sign) = match part.strip_suffix(['&', '+']) {
            Some(part) => (part, true),
            None => (part, false),
        };
        push_dotted(part, words);
        if has_sign {
            words.push("and".to_owned());
        }
    }
}

/// Joins the letters of an initialism ("G.m.b.H."), and separates other words at dots.
fn push_dotted(run: &str, words: &mut Vec<String>) {
    let parts: Vec<&str> = run.split('.').filter(|part| !part.is_empty()).collect();
    if parts.len() > 1 && parts.iter().all(|part| part.len() == 1) {
        words.push(parts.concat());
    } else {
        for part in parts {
            push_alphanumeric(part, words);
        }
    }
}

/// Separates letters and digits where they change once ("ar16"), but not digits among letters ("ig0r").
fn push_alphanumeric(part: &str, words: &mut Vec<String>) {
    let bytes = part.as_bytes();
    let changes: Vec<usize> =
        (1..bytes.len()).filter(|at| bytes[*at].is_ascii_digit() != bytes[at - 1].is_ascii_digit()).collect();
    let ordinal = changes.len() == 1 && bytes[0].is_ascii_digit();
    match changes[..] {
        [at] if ordinal && ["st", "nd", "rd", "th"].contains(&&part[at..]) => {
            words.push(part[..at].to_owned());
        }
        [at] => words.extend([part[..at].to_owned(), part[at..].to_owned()]),
        _ => words.push(part.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn scripts_signs_and_initialisms_become_latin_words() {
        let cases: &[(&str, &[&str])] = &[
            ("Владимир Путин", &["vladimir", "putin"]),
            ("Al-Qa'ida / Islamic Army", &["al", "qaida", "islamic", "army"]),
            ("ООО\"БАЗО\"", &["ooo", "bazo"]),
            ("JPMorgan Chase & Co.", &["jpmorgan", "chase", "and", "co"]),
            ("H&M", &["h", "and", "m"]),
            ("Volkswagen Bank G.m.b.H.", &["volkswagen", "bank", "gmbh"]),
            ("Amazon.com, Inc.", &["amazon", "com", "inc"]),
            ("1st Trust 2005-AR16", &["1", "trust", "2005", "ar", "16"]),
            ("Ig0r Sech1n", &["ig0r", "sech1n"]),
            ("Société Générale", &["societe", "generale"]),
            ("أحمد المصري", &["ahmd", "al", "msry"]),
            ("عبدالله خوري، فاطمة", &["abdallh", "khwry", "fatma"]),
            ("الله", &["allh"]),
            ("O\u{200b}bama\u{202e}", &["obama"]),
            ("", &[]),
            ("…", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text), *expected, "{text}");
        }
    }
}
