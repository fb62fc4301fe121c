//! Texts under which similar names meet, so that not every name must be compared with every other one.

use rphonetic::{DoubleMetaphone, Encoder};

use crate::{
    name::{Name, WordClass},
    sound::skeleton,
};

/// Keys of a name. Words are in alphabetical order, so that the order of the name does not count. A key is empty if the
/// name has no word for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameKeys {
    /// Words without particles.
    pub words: Vec<String>,
    /// Consonants of the words. Transliterations of one name share them.
    pub consonants: String,
    /// Sound of the words (Double Metaphone).
    pub sound: String,
}

/// Consonants of a key, at least; fewer of them are shared by unrelated names.
const CONSONANTS_MIN: usize = 3;

impl NameKeys {
    /// Returns the keys of a name.
    pub fn of(name: &Name) -> Self {
        let is_core = |class: WordClass| class != WordClass::Particle;
        let mut words: Vec<String> =
            name.words.iter().filter(|word| is_core(word.class)).map(|word| word.text.clone()).collect();
        if words.is_empty() {
            words = name.words.iter().map(|word| word.text.clone()).collect();
        }
        words.sort_unstable();
        words.dedup();
        let encoder = DoubleMetaphone::default();
        let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
        let code = |word: &String| if is_number(word) { word.clone() } else { encoder.encode(word) };
        let consonants = joined(words.iter().map(|word| skeleton(word)).collect());
        let letters = consonants.bytes().filter(|byte| *byte != b' ').count();
        Self {
            sound: joined(words.iter().map(code).collect()),
            consonants: if letters < CONSONANTS_MIN { String::new() } else { consonants },
            words,
        }
    }
}

fn joined(mut parts: Vec<String>) -> String {
    parts.sort_unstable();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::NameKeys;
    use crate::name::{Name, NameKind};

    fn keys(text: &str) -> NameKeys {
        NameKeys::of(&Name::new(text, NameKind::Person))
    }

    #[test]
    fn spellings_of_one_name_share_a_key() {
        assert_eq!(keys("Putin, Vladimir").words, keys("Vladimir Putin").words);
        assert_eq!(keys("Usama bin Ladin").consonants, keys("Osama bin Laden").consonants);
        assert_eq!(keys("John Smith").sound, keys("Jon Smyth").sound);
        assert_ne!(keys("John Smith").sound, keys("John Miller").sound);
    }

    #[test]
    fn a_name_without_words_has_empty_keys() {
        assert_eq!(keys("\u{202e}…"), NameKeys::default());
        assert_eq!(keys("Io").consonants, "", "a single consonant is no evidence");
    }
}
