//! Two views of a word that transliterations change little: its consonants, and its sound.

use rphonetic::DoubleMetaphone;

const VOWELS: &str = "aeiouy";

/// Returns whether a byte is a vowel of a folded word.
pub(crate) fn is_vowel(byte: u8) -> bool {
    VOWELS.as_bytes().contains(&byte)
}

/// Returns the consonants with which a word begins as one that transliterations do not exchange, and their number of letters; `None` for other letters.
fn exchanged(word: &[u8]) -> Option<(usize, &'static [u8])> {
    Some(match word {
        [b's', b'h', b'c', b'h', ..] => (4, b"s"),
        [b's' | b't', b'c', b'h', ..] => (3, b"s"),
        [b's' | b'c' | b'z', b'h', ..] | [b't', b's', ..] => (2, b"s"),
        [b'k', b'h', ..] => (2, b"h"),
        [b'g', b'h', ..] => (2, b"g"),
        [b'p', b'h', ..] => (2, b"f"),
        [b't', b'h', ..] => (2, b"t"),
        [b'd', b'h', ..] => (2, b"d"),
        [b'd', b'j', ..] => (2, b"j"),
        [b'c', b'k', ..] => (2, b"k"),
        [b'q' | b'c', ..] => (1, b"k"),
        [b'x', ..] => (1, b"ks"),
        [b'w', ..] => (1, b"v"),
        [b'z', ..] => (1, b"s"),
        _ => return None,
    })
}

/// Returns the consonants of a word, with those that transliterations exchange made equal. An initial vowel is `a`.
pub(crate) fn skeleton(word: &str) -> String {
    let mut skeleton = String::with_capacity(word.len());
    let (mut last, mut is_first) = (None, true);
    let mut rest = word.as_bytes();
    while let Some(first) = rest.first() {
        let (taken, put) = exchanged(rest).unwrap_or((1, std::slice::from_ref(first)));
        rest = &rest[taken..];
        for &byte in put {
            let consonant = match byte {
                _ if is_first && is_vowel(byte) => Some('a'),
                b'h' if !is_first => None,
                _ if is_vowel(byte) => None,
                _ => Some(char::from(byte)),
            };
            // A double letter is one consonant; a vowel parts two.
            skeleton.extend(consonant.filter(|_| consonant != last));
            (last, is_first) = (consonant, false);
        }
    }
    skeleton
}

/// Returns the consonants of a word without those `w` that may be vowels: all but the first letter.
pub(crate) fn skeleton_without_w(word: &str) -> String {
    let is_kept = |(at, letter): &(usize, char)| *at == 0 || *letter != 'w';
    skeleton(&word.char_indices().filter(is_kept).map(|(_, letter)| letter).collect::<String>())
}

/// Returns whether two words sound alike in English (Double Metaphone, Philips 2000).
pub(crate) fn sound_alike(left: &str, right: &str) -> bool {
    let encoder = DoubleMetaphone::default();
    let (left, right) = (encoder.double_metaphone(left), encoder.double_metaphone(right));
    let (left, right) = ([left.primary(), left.alternate()], [right.primary(), right.alternate()]);
    left.iter().any(|code| !code.is_empty() && right.contains(code))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{is_vowel, skeleton, sound_alike};

    /// Consonants that transliterations exchange, longest first.
    const EXCHANGED: &[(&str, &str)] = &[
        ("sch", "s"),
        ("shch", "s"),
        ("tch", "s"),
        ("kh", "h"),
        ("gh", "g"),
        ("ph", "f"),
        ("th", "t"),
        ("dh", "d"),
        ("sh", "s"),
        ("ch", "s"),
        ("zh", "s"),
        ("ck", "k"),
        ("dj", "j"),
        ("ts", "s"),
        ("q", "k"),
        ("c", "k"),
        ("x", "ks"),
        ("w", "v"),
        ("z", "s"),
    ];

    /// The definition: all exchanges of the table, then all consonants.
    fn skeleton_by_definition(word: &str) -> String {
        let mut exchanged = String::with_capacity(word.len());
        let mut rest = word;
        while let Some(first) = rest.chars().next() {
            let (taken, put) = EXCHANGED
                .iter()
                .find(|(from, _)| rest.starts_with(from))
                .map_or((first.len_utf8(), None), |(from, to)| (from.len(), Some(*to)));
            match put {
                Some(put) => exchanged.push_str(put),
                None => exchanged.push(first),
            }
            rest = &rest[taken..];
        }
        let mut skeleton = String::with_capacity(exchanged.len());
        let mut last = None;
        for (at, byte) in exchanged.bytes().enumerate() {
            let consonant = match byte {
                _ if at == 0 && is_vowel(byte) => Some('a'),
                b'h' if at > 0 => None,
                _ if is_vowel(byte) => None,
                _ => Some(char::from(byte)),
            };
            // A double letter is one consonant; a vowel parts two.
            skeleton.extend(consonant.filter(|_| consonant != last));
            last = consonant;
        }
        skeleton
    }

    proptest! {
        #[test]
        fn a_skeleton_follows_its_definition(word in "[a-z]{0,12}", letters in "[schktdpgqxwzjaeé1]{0,12}") {
            for word in [word, letters] {
                prop_assert_eq!(skeleton(&word), skeleton_by_definition(&word));
            }
        }
    }

    #[test]
    fn transliterations_of_a_word_have_one_skeleton() {
        for (left, right) in [
            ("osama", "usama"),
            ("khalid", "halid"),
            ("zelensky", "selenskyj"),
            ("qadhafi", "kadafi"),
            ("wolodymyr", "volodymyr"),
        ] {
            let (one, other) = (skeleton(left), skeleton(right));
            assert!(
                one == other || one.starts_with(&other) || other.starts_with(&one),
                "{left} {one} {right} {other}"
            );
        }
        assert_ne!(skeleton("putin"), skeleton("pulin"));
        assert_eq!(skeleton(""), "");
    }

    #[test]
    fn words_that_sound_alike_differ_in_letters_only() {
        assert!(sound_alike("smith", "smyth"));
        assert!(!sound_alike("smith", "miller"));
        assert!(!sound_alike("", ""));
    }
}
