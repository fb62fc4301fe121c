//! The numbers that a model reads from an alignment.

use rapidfuzz::distance::levenshtein;

use crate::{
    alignment::{Alignment, Pair, align},
    name::{Name, Word, WordClass},
    sound::{is_vowel, skeleton, sound_alike},
};

/// Direction in which a level may change a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A higher value is evidence for one bearer of both names.
    For,
    /// A higher value is evidence against.
    Against,
}

/// A number about two names.
pub struct Level {
    /// Name in models and details.
    pub name: &'static str,
    /// Direction that training keeps.
    pub sign: Sign,
    /// Meaning of the number, with its range.
    pub description: &'static str,
    value: fn(&Compared<'_>) -> f64,
}

/// Two names with their alignment.
struct Compared<'a> {
    left: &'a Name,
    right: &'a Name,
    alignment: &'a Alignment,
}

/// Every level, in the order of the values of [`level_values`].
pub const LEVELS: &[Level] = &[
    Level {
        name: "agreement",
        sign: Sign::For,
        description: "Share of the letters of both names that have a counterpart, times its similarity, 0 to 1",
        value: agreement,
    },
    Level {
        name: "same_words",
        sign: Sign::For,
        description: "1 if both names have the same words in any order",
        value: |compared| f64::from(u8::from(sorted_words(compared.left) == sorted_words(compared.right))),
    },
    Level {
        name: "consonants",
        sign: Sign::For,
        description: "Similarity of the consonants of both names without generic words, 0 to 1",
        value: consonants,
    },
    Level {
        name: "vowels_only",
        sign: Sign::For,
        description: "1 if words differ, and all that differ do so in vowels only",
        value: vowels_only,
    },
    Level {
        name: "sound",
        sign: Sign::For,
        description: "1 if words differ, and all that differ sound alike (Double Metaphone)",
        value: sound,
    },
    Level {
        name: "word_edits",
        sign: Sign::Against,
        description: "Edits of the least similar word and its counterpart, 0 to 5",
        value: |compared| worst(compared.alignment).map_or(0.0, |pair| pair.edits.min(EDITS_MAX) as f64),
    },
    Level {
        name: "unlike_words",
        sign: Sign::Against,
        description: "Edits above a quarter of the letters, in the least similar word and its counterpart, 0 to 5",
        value: unlike_words,
    },
    Level {
        name: "contradiction",
        sign: Sign::Against,
        description: "Square root of the letters without counterpart in the name that has fewer of them, 0 to about 14",
        value: contradiction,
    },
    Level {
        name: "addition",
        sign: Sign::Against,
        description: "Share of letters that one name has more without counterpart than the other, 0 to 1",
        value: addition,
    },
    Level {
        name: "legal_forms",
        sign: Sign::Against,
        description: "1 if both names have legal forms and none in common",
        value: legal_forms,
    },
    Level {
        name: "order",
        sign: Sign::Against,
        description: "1 if the same words stand in another order without a comma",
        value: order,
    },
];

/// Edits above which a word counts as another word.
const EDITS_MAX: usize = 5;

/// Returns the value of each of [`LEVELS`] for two names, and their alignment.
pub fn level_values(left: &Name, right: &Name) -> (Vec<f64>, Alignment) {
    let alignment = align(left, right);
    let compared = Compared { left, right, alignment: &alignment };
    let values = LEVELS.iter().map(|level| (level.value)(&compared)).collect();
    (values, alignment)
}

fn weight(words: &[Word]) -> f64 {
    words.iter().map(Word::weight).sum()
}

fn agreement(compared: &Compared<'_>) -> f64 {
    let alignment = compared.alignment;
    let agreed: f64 = alignment.pairs.iter().map(|pair| pair.similarity * pair.weight).sum();
    agreed / total_weight(compared)
}

/// Never 0: two names without words have the weight of one letter.
fn total_weight(compared: &Compared<'_>) -> f64 {
    let Alignment { left_other, right_other, .. } = compared.alignment;
    let of_name = |name: &Name, other: &[usize]| {
        weight(&name.words) - other.iter().map(|at| name.words[*at].weight()).sum::<f64>()
    };
    (of_name(compared.left, left_other) + of_name(compared.right, right_other)).max(1.0)
}

fn consonants(compared: &Compared<'_>) -> f64 {
    let Alignment { left_other, right_other, .. } = compared.alignment;
    let left = skeleton(&distinguishing(compared.left, left_other));
    let right = skeleton(&distinguishing(compared.right, right_other));
    let distance = levenshtein::distance(left.bytes(), right.bytes());
    1.0 - distance as f64 / left.len().max(right.len()).max(1) as f64
}

/// Returns the words of a name without generic ones and those at some positions; all words if there are no others.
fn distinguishing(name: &Name, left_out: &[usize]) -> String {
    let words = name.words.iter().enumerate().filter(|(at, _)| !left_out.contains(at));
    let is_kept = |(_, word): &(usize, &Word)| word.class != WordClass::Generic;
    let kept: String = words.filter(is_kept).map(|(_, word)| word.text.as_str()).collect();
    if kept.is_empty() { name.joined() } else { kept }
}

fn core_pairs(alignment: &Alignment) -> impl Iterator<Item = &Pair> {
    alignment.pairs.iter().filter(|pair| !pair.is_particle)
}

fn worst(alignment: &Alignment) -> Option<&Pair> {
    core_pairs(alignment).min_by(|one, other| one.similarity.total_cmp(&other.similarity))
}

/// A longer word has more typing errors; transliterations and typing errors change at most a quarter of the letters.
fn unlike_words(compared: &Compared<'_>) -> f64 {
    let excess = |pair: &Pair| pair.edits as f64 - pair.left.len().max(pair.right.len()) as f64 / 4.0;
    core_pairs(compared.alignment).map(excess).fold(0.0, f64::max).min(EDITS_MAX as f64)
}

/// Returns 1 if some assigned words differ, and the relation holds for all of them.
fn all_differing(compared: &Compared<'_>, holds: impl Fn(&Pair) -> bool) -> f64 {
    let mut differing = core_pairs(compared.alignment).filter(|pair| pair.edits > 0).peekable();
    f64::from(u8::from(differing.peek().is_some() && differing.all(holds)))
}

fn vowels_only(compared: &Compared<'_>) -> f64 {
    let without = |word: &str| word.bytes().filter(|byte| !is_vowel(*byte)).collect::<Vec<u8>>();
    all_differing(compared, |pair| without(&pair.left) == without(&pair.right))
}

fn sound(compared: &Compared<'_>) -> f64 {
    all_differing(compared, |pair| sound_alike(&pair.left, &pair.right))
}

fn contradiction(compared: &Compared<'_>) -> f64 {
    let Alignment { left_only, right_only, .. } = compared.alignment;
    weight(left_only).min(weight(right_only)).sqrt()
}

fn addition(compared: &Compared<'_>) -> f64 {
    let Alignment { left_only, right_only, .. } = compared.alignment;
    2.0 * (weight(left_only) - weight(right_only)).abs() / total_weight(compared)
}

fn sorted_words(name: &Name) -> Vec<&str> {
    let mut words: Vec<&str> = name.words.iter().map(|word| word.text.as_str()).collect();
    words.sort_unstable();
    words
}

fn legal_forms(compared: &Compared<'_>) -> f64 {
    let (left, right) = (&compared.left.legal_forms, &compared.right.legal_forms);
    let is_conflict = !left.is_empty() && !right.is_empty() && !left.iter().any(|form| right.contains(form));
    f64::from(u8::from(is_conflict))
}

fn order(compared: &Compared<'_>) -> f64 {
    let (left, right) = (compared.left, compared.right);
    let is_other_order = left.words != right.words && sorted_words(left) == sorted_words(right);
    f64::from(u8::from(is_other_order && !left.has_comma && !right.has_comma))
}
