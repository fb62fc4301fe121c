//! Assignment of the words of two names to each other.

use std::cmp::Ordering;

use rapidfuzz::distance::{levenshtein, osa};

use crate::{
    name::{Name, Scripts, Word, WordClass},
    sound::{skeleton, skeleton_without_w},
    words::are_forms_of_one_name,
};

/// Words of two names that were assigned to each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Words of the first name, without blanks.
    pub left: String,
    /// Words of the second name, without blanks.
    pub right: String,
    /// Similarity in (0, 1]; 1 if the words are equal.
    pub similarity: f64,
    /// Number of edits between them (optimal string alignment); 1 for forms of one given name.
    pub edits: usize,
    /// Sum of the weights of all words of both sides.
    pub weight: f64,
    /// Every word of one side is a particle.
    pub is_particle: bool,
}

/// The words of two names, assigned to each other as far as they agree.
#[derive(Clone, Debug, PartialEq)]
pub struct Alignment {
    /// Assigned words, best first.
    pub pairs: Vec<Pair>,
    /// Words of the first name without a counterpart.
    pub left_only: Vec<Word>,
    /// Words of the second name without a counterpart.
    pub right_only: Vec<Word>,
    /// Positions of words of the first name that belong to another of several names, of which no word agrees. They count neither for nor against.
    pub left_other: Vec<usize>,
    /// The same for the second name.
    pub right_other: Vec<usize>,
    /// Number of words that agree with an initial or an abbreviation of several words.
    pub initials: usize,
}

/// Lowest similarity of a word and its counterpart.
const SIMILARITY_MIN: f64 = 0.45;
/// Lowest similarity of a word and several words written together.
const JOINED_MIN: f64 = 0.8;
/// Letters of words written together, at least.
const JOINED_LETTERS_MIN: usize = 5;
/// Number of words that may be written together.
const JOINED_MAX: usize = 5;
/// Loss of an assignment for each further word that it joins, so that single words come first.
const JOINING_LOSS: f64 = 0.2;
/// Similarity of two forms of one given name.
const GIVEN_NAME_SIMILARITY: f64 = 0.9;
/// Share of the similarity of skeletons that counts if one side is in a script without Latin letters.
const SKELETON_SHARE: f64 = 0.95;

/// A possible assignment of words from `left` and `right` on.
struct Candidate {
    left: (usize, usize),
    right: (usize, usize),
    gain: f64,
    pair: Pair,
}

/// Assigns words greedily, in the order of similarity and length.
pub fn align(left: &Name, right: &Name) -> Alignment {
    let is_across_scripts = (left.scripts == Scripts::Other) != (right.scripts == Scripts::Other);
    let mut candidates = candidates(&left.words, &right.words, is_across_scripts);
    let order = |one: &Candidate, other: &Candidate| {
        let by_gain = other.gain.partial_cmp(&one.gain).unwrap_or(Ordering::Equal);
        by_gain.then(one.left.cmp(&other.left)).then(one.right.cmp(&other.right))
    };
    candidates.sort_by(order);
    let (mut left_used, mut right_used) = (vec![false; left.words.len()], vec![false; right.words.len()]);
    let mut pairs = Vec::new();
    for candidate in candidates {
        let (left_range, right_range) =
            (candidate.left.0..candidate.left.1, candidate.right.0..candidate.right.1);
        if left_used[left_range.clone()].contains(&true) || right_used[right_range.clone()].contains(&true) {
            continue;
        }
        left_used[left_range].fill(true);
        right_used[right_range].fill(true);
        pairs.push(candidate.pair);
    }
    let initials = assign_initials(&left.words, &mut left_used, &right.words, &mut right_used)
        + assign_initials(&right.words, &mut right_used, &left.words, &mut left_used);
    let (left_other, right_other) = (other_names(left, &left_used), other_names(right, &right_used));
    let unused = |words: &[Word], used: &[bool], other: &[usize]| -> Vec<Word> {
        let unused = words.iter().enumerate().filter(|(at, _)| !used[*at] && !other.contains(at));
        unused.map(|(_, word)| word.clone()).collect()
    };
    Alignment {
        pairs,
        left_only: unused(&left.words, &left_used, &left_other),
        right_only: unused(&right.words, &right_used, &right_other),
        left_other,
        right_other,
        initials,
    }
}

/// Returns the positions of the words of those among several names of which no word has a counterpart; empty unless a distinguishing word of another
/// of these names has one.
fn other_names(name: &Name, used: &[bool]) -> Vec<usize> {
    if name.starts.is_empty() {
        return Vec::new();
    }
    let ends = name.starts.iter().skip(1).copied().chain([name.words.len()]);
    let (agreeing, others): (Vec<_>, Vec<_>) = name
        .starts
        .iter()
        .zip(ends)
        .map(|(start, end)| *start..end)
        .partition(|of| used[of.clone()].contains(&true));
    let distinguishes = |at: usize| used[at] && name.words[at].class == WordClass::Core;
    if agreeing.into_iter().flatten().any(distinguishes) {
        others.into_iter().flatten().collect()
    } else {
        Vec::new()
    }
}

fn candidates(left: &[Word], right: &[Word], is_across_scripts: bool) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for left_range in ranges(left.len()) {
        for right_range in ranges(right.len()) {
            let (joined_left, joined_right) = (left_range.1 - left_range.0, right_range.1 - right_range.0);
            if joined_left > 1 && joined_right > 1 {
                continue;
            }
            let is_joined = joined_left + joined_right > 2;
            if is_joined
                && !is_across_scripts
                && !can_be_joined(&left[left_range.0..left_range.1], &right[right_range.0..right_range.1])
            {
                continue;
            }
            let pair = pair(
                &left[left_range.0..left_range.1],
                &right[right_range.0..right_range.1],
                is_across_scripts,
            );
            let lowest = if is_joined { JOINED_MIN } else { SIMILARITY_MIN };
            if pair.similarity < lowest || is_joined && pair.left.len() < JOINED_LETTERS_MIN {
                continue;
            }
            let letters = (pair.left.len() + pair.right.len()) as f64;
            let loss = JOINING_LOSS * (joined_left + joined_right - 2) as f64;
            candidates.push(Candidate {
                left: left_range,
                right: right_range,
                gain: pair.similarity * letters - loss,
                pair,
            });
        }
    }
    candidates
}

/// Returns false if words that are written together differ too much in length: each letter more is an edit.
fn can_be_joined(left: &[Word], right: &[Word]) -> bool {
    let letters = |words: &[Word]| words.iter().map(|word| word.text.len()).sum::<usize>();
    let (left, right) = (letters(left), letters(right));
    left.min(right) as f64 >= JOINED_MIN * left.max(right) as f64
}

fn ranges(words: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..words).flat_map(move |from| (from + 1..=words.min(from + JOINED_MAX)).map(move |to| (from, to)))
}

fn pair(left_words: &[Word], right_words: &[Word], is_across_scripts: bool) -> Pair {
    let join = |words: &[Word]| words.iter().map(|word| word.text.as_str()).collect::<String>();
    let (left, right) = (join(left_words), join(right_words));
    let is_number = |words: &[Word]| words.iter().any(|word| word.class == WordClass::Number);
    let (similarity, edits) = if left == right {
        (1.0, 0)
    } else if is_number(left_words) || is_number(right_words) {
        (0.0, edits(&left, &right))
    } else if are_forms_of_one_name(&left, &right) {
        (GIVEN_NAME_SIMILARITY, 1)
    } else {
        compared((&left, left_words), (&right, right_words), is_across_scripts)
    };
    let all_particles = |words: &[Word]| words.iter().all(|word| word.class == WordClass::Particle);
    let weight = left_words.iter().chain(right_words).map(Word::weight).sum();
    Pair {
        similarity,
        edits,
        weight,
        is_particle: all_particles(left_words) && all_particles(right_words),
        left,
        right,
    }
}

/// Returns similarity and edits of two different words, or of words written together. Transliterations of scripts without vowels agree in
/// consonants.
fn compared(
    (left, left_words): (&str, &[Word]),
    (right, right_words): (&str, &[Word]),
    is_across_scripts: bool,
) -> (f64, usize) {
    let edits = edits(left, right);
    let similarity = 1.0 - edits as f64 / left.len().max(right.len()).max(1) as f64;
    if !is_across_scripts {
        return (similarity, edits);
    }
    // Arabic writes a vowel and a consonant by one letter, `w`: Khoury and Darwish.
    let of_skeletons = [skeleton, skeleton_without_w]
        .into_iter()
        .filter_map(|skeleton| skeletons_agree(left_words, right_words, skeleton))
        .max_by(|one, other| one.0.total_cmp(&other.0));
    of_skeletons.filter(|(of_skeletons, _)| *of_skeletons > similarity).unwrap_or((similarity, edits))
}

/// Returns similarity and edits of the skeletons of words; `None` for short ones.
fn skeletons_agree(left: &[Word], right: &[Word], skeleton: fn(&str) -> String) -> Option<(f64, usize)> {
    let of_words = |words: &[Word]| words.iter().map(|word| skeleton(&word.text)).collect::<String>();
    let (left, right) = (of_words(left), of_words(right));
    if left.len().min(right.len()) < 2 {
        return None;
    }
    let distance = levenshtein::distance(left.bytes(), right.bytes());
    let share = 1.0 - distance as f64 / left.len().max(right.len()) as f64;
    Some((SKELETON_SHARE * share, distance + 1))
}

pub(crate) fn edits(left: &str, right: &str) -> usize {
    osa::distance(left.bytes(), right.bytes())
}

/// Assigns initials and abbreviations among `short` to words of `long`; returns the number of initials and
/// abbreviations assigned.
fn assign_initials(short: &[Word], short_used: &mut [bool], long: &[Word], long_used: &mut [bool]) -> usize {
    let mut assigned = 0;
    for (at, word) in short.iter().enumerate() {
        if short_used[at] || word.class == WordClass::Number {
            continue;
        }
        let letters: Vec<u8> = word.text.bytes().collect();
        let is_free = |from: usize| {
            let words = long.get(from..from + letters.len())?;
            let all_free = !long_used[from..from + letters.len()].contains(&true);
            let begins =
                words.iter().zip(&letters).all(|(word, letter)| word.text.as_bytes().first() == Some(letter));
            (all_free && begins).then_some(from)
        };
        // One letter is an initial; two to five letters may be the initials of as many words.
        if (1..=5).contains(&letters.len())
            && let Some(from) = (0..long.len()).find_map(is_free)
        {
            short_used[at] = true;
            long_used[from..from + letters.len()].fill(true);
            assigned += 1;
        }
    }
    assigned
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{align, edits};
    use crate::name::{Name, NameKind, Word};

    fn aligned(left: &str, right: &str) -> (Vec<(String, String)>, usize, usize, usize) {
        let read = |text| Name::new(text, NameKind::Person);
        let alignment = align(&read(left), &read(right));
        let mut pairs: Vec<_> = alignment.pairs.into_iter().map(|pair| (pair.left, pair.right)).collect();
        pairs.sort();
        (pairs, alignment.left_only.len(), alignment.right_only.len(), alignment.initials)
    }

    #[test]
    fn words_agree_in_any_order_written_together_or_cut() {
        let pair = |left: &str, right: &str| (left.to_owned(), right.to_owned());
        let together = (vec![pair("alisherusmanov", "alisherusmanov")], 0, 0, 0);
        assert_eq!(aligned("AlisherUsmanov", "Alisher Usmanov"), together);
        let swapped = (vec![pair("putin", "putin"), pair("vladimir", "vladimir")], 0, 0, 0);
        assert_eq!(aligned("Putin, Vladimir", "Vladimir Putin"), swapped);
        assert_eq!(aligned("JC Juncker", "Jean-Claude Juncker"), (vec![pair("juncker", "juncker")], 0, 0, 1));
        assert_eq!(
            aligned("A. Nazarbayev", "Nursultan Nazarbayev"),
            (vec![pair("nazarbayev", "nazarbayev")], 1, 1, 0)
        );
    }

    #[test]
    fn consonants_count_across_scripts() {
        let (pairs, left, right, _) = aligned("ماري تيريز", "Marie Therese");
        assert_eq!((pairs.len(), left, right), (2, 0, 0));
    }

    /// The definition of optimal string alignment, cell by cell.
    fn edits_by_definition(left: &[u8], right: &[u8]) -> usize {
        let mut cells = vec![vec![0; right.len() + 1]; left.len() + 1];
        for i in 0..=left.len() {
            for j in 0..=right.len() {
                cells[i][j] = if i == 0 || j == 0 {
                    i + j
                } else {
                    let changed = usize::from(left[i - 1] != right[j - 1]);
                    let mut least =
                        (cells[i - 1][j] + 1).min(cells[i][j - 1] + 1).min(cells[i - 1][j - 1] + changed);
                    if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                        least = least.min(cells[i - 2][j - 2] + 1);
                    }
                    least
                };
            }
        }
        cells[left.len()][right.len()]
    }

    proptest! {
        #[test]
        fn edits_follow_their_definition(left in "[a-d]{0,9}", right in "[a-d]{0,9}") {
            prop_assert_eq!(edits(&left, &right), edits_by_definition(left.as_bytes(), right.as_bytes()));
        }

        #[test]
        fn any_two_texts_align_and_every_word_is_used_once(left in ".{0,40}", right in ".{0,40}") {
            let (one, other) = (Name::new(&left, NameKind::Person), Name::new(&right, NameKind::Person));
            let alignment = align(&one, &other);
            let letters = |words: &[Word]| words.iter().map(|word| word.text.len()).sum::<usize>();
            let paired: usize = alignment.pairs.iter().map(|pair| pair.left.len()).sum();
            prop_assert!(paired + letters(&alignment.left_only) <= letters(&one.words));
            prop_assert!(alignment.pairs.iter().all(|pair| pair.similarity > 0.0 && pair.similarity <= 1.0));
        }
    }
}
