//! Levels of agreement between two values, by the kind of their column.

use rapidfuzz::distance::osa;
use rayon::prelude::*;
use rphonetic::{DoubleMetaphone, Encoder};

use super::columns::{Column, ColumnKind, Records};
use crate::{model::Model, name::Name, words::are_forms_of_one_name};

/// Agreement of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agreement {
    /// The values are equal.
    Equal,
    /// The values differ by one typing error: an edit, two swapped letters, or day and month of a date.
    Near,
    /// The values differ by more, and most of them agrees: two edits, one sound, or two parts of a date.
    Similar,
    /// The value is equal or near to one of another column of the same kind, as after given name and surname were swapped.
    Crossed,
    /// The values differ.
    Different,
}

/// Every agreement with its word, from the closest on.
pub const AGREEMENTS: [(Agreement, &str); 5] = [
    (Agreement::Equal, "equal"),
    (Agreement::Near, "near"),
    (Agreement::Similar, "similar"),
    (Agreement::Crossed, "crossed"),
    (Agreement::Different, "different"),
];

impl Agreement {
    /// Returns the word of the agreement.
    pub fn name(self) -> &'static str {
        AGREEMENTS[self as usize].1
    }
}

/// Number of bits of one agreement in a pattern; 7 is a missing value.
const BITS: usize = 3;
const MISSING: u64 = 7;

/// Agreements of all columns of a pair, three bits for each column.
pub(super) type Pattern = u64;

/// Returns the agreement of one column; `None` if a value is missing.
pub(super) fn agreement(pattern: Pattern, column: usize) -> Option<Agreement> {
    AGREEMENTS.get(((pattern >> (BITS * column)) & MISSING) as usize).map(|(agreement, _)| *agreement)
}

/// Values of a column, prepared for many comparisons.
struct Prepared<'a> {
    column: &'a Column,
    /// Letters and digits of each value, as a set of bits.
    letters: Vec<u64>,
    /// Sound of each name; empty for other kinds.
    sounds: Vec<String>,
}

/// Scores of whole names from which they are near, and from which they are similar.
const NEAR_SCORE: f64 = 0.9;
const SIMILAR_SCORE: f64 = 0.5;

/// Compares pairs of records.
pub(super) struct Comparer<'a> {
    names: Model,
    prepared: Vec<Prepared<'a>>,
}

impl<'a> Comparer<'a> {
    pub(super) fn new(records: &'a Records) -> Self {
        let prepared = records.columns.iter().map(|column| {
            let encoder = DoubleMetaphone::default();
            let sound = |form: &String| encoder.encode(form);
            let is_name = column.kind == ColumnKind::Name;
            Prepared {
                column,
                letters: column.forms.iter().map(|form| letters(form)).collect(),
                sounds: if is_name { column.forms.par_iter().map(sound).collect() } else { Vec::new() },
            }
        });
        Self { names: Model::shipped(), prepared: prepared.collect() }
    }

    /// Returns the agreements of two records.
    pub(super) fn pattern(&self, left: u32, right: u32) -> Pattern {
        let mut pattern = 0;
        for (at, prepared) in self.prepared.iter().enumerate() {
            let level = self.level(prepared, left, right).map_or(MISSING, |agreement| agreement as u64);
            pattern |= level << (BITS * at);
        }
        pattern
    }

    fn level(&self, prepared: &Prepared<'_>, left: u32, right: u32) -> Option<Agreement> {
        let values = &prepared.column.values;
        let (one, other) = (values[left as usize] as usize, values[right as usize] as usize);
        if one == 0 || other == 0 {
            return None;
        }
        if prepared.column.kind.whole_name().is_some() && one != other {
            let names = &prepared.column.names;
            return Some(names_agree(&self.names, &names[one], &names[other]));
        }
        let direct = prepared.direct(one, other);
        if direct == Agreement::Different && self.is_crossed(prepared, left, right) {
            return Some(Agreement::Crossed);
        }
        Some(direct)
    }

    /// Returns whether either value stands in another column of the same kind of the other record.
    fn is_crossed(&self, prepared: &Prepared<'_>, left: u32, right: u32) -> bool {
        let kind = prepared.column.kind;
        if !matches!(kind, ColumnKind::Name | ColumnKind::Text) {
            return false;
        }
        let is_other =
            |other: &&Prepared<'_>| other.column.kind == kind && !std::ptr::eq(other.column, prepared.column);
        self.prepared.iter().filter(is_other).any(|other| {
            [(left, right), (right, left)].into_iter().any(|(from, to)| {
                let one = prepared.column.values[from as usize] as usize;
                let another = other.column.values[to as usize] as usize;
                another != 0 && are_close((prepared, one), (other, another))
            })
        })
    }
}

fn are_close(one: (&Prepared<'_>, usize), other: (&Prepared<'_>, usize)) -> bool {
    let (left, right) = (one.0.form(one.1), other.0.form(other.1));
    let most = edits_of_near(one.0.column.kind, left.len().min(right.len()));
    left == right
        || (could_be_within(one.0.letters[one.1], other.0.letters[other.1], most)
            && are_within(left, right, most))
}

impl Prepared<'_> {
    fn form(&self, value: usize) -> &str {
        &self.column.forms[value]
    }

    fn direct(&self, one: usize, other: usize) -> Agreement {
        if one == other {
            return Agreement::Equal;
        }
        let could_be_within = |most| could_be_within(self.letters[one], self.letters[other], most);
        let sounds_alike = || !self.sounds[one].is_empty() && self.sounds[one] == self.sounds[other];
        let forms = (self.form(one), self.form(other));
        unequal(self.column.kind, forms, could_be_within, sounds_alike)
    }
}

/// Returns the agreement of two values of one kind; `None` if a value has no letters and digits.
pub fn agreement_of(kind: ColumnKind, left: &str, right: &str) -> Option<Agreement> {
    let values = [left, right];
    let (left, right) = (kind.form(left), kind.form(right));
    if left.is_empty() || right.is_empty() {
        return None;
    }
    if left == right {
        return Some(Agreement::Equal);
    }
    if let Some(kind) = kind.whole_name() {
        let [one, other] = values.map(|value| Name::new(value, kind));
        return Some(names_agree(&Model::shipped(), &one, &other));
    }
    let sound = |form: &str| DoubleMetaphone::default().encode(form);
    Some(unequal(kind, (&left, &right), |_| true, || sound(&left) == sound(&right)))
}

fn names_agree(model: &Model, one: &Name, other: &Name) -> Agreement {
    let comparison = model.compare_names(one, other);
    match comparison.score {
        // A word that mixes scripts may be a forgery.
        _ if comparison.has_mixed_scripts => Agreement::Different,
        NEAR_SCORE.. => Agreement::Near,
        SIMILAR_SCORE.. => Agreement::Similar,
        _ => Agreement::Different,
    }
}

/// Returns the agreement of two different values.
fn unequal(
    kind: ColumnKind,
    (left, right): (&str, &str),
    could_be_within: impl Fn(usize) -> bool,
    sounds_alike: impl Fn() -> bool,
) -> Agreement {
    if kind == ColumnKind::Date {
        return dates(left, right);
    }
    let shortest = left.len().min(right.len());
    let (near, similar) = (edits_of_near(kind, shortest), edits_of_similar(kind, shortest));
    let most = near.max(similar);
    if could_be_within(most) {
        let edits = edits(left, right, most);
        if edits <= near {
            return Agreement::Near;
        }
        if edits <= similar {
            return Agreement::Similar;
        }
    }
    let is_similar = match kind {
        ColumnKind::Name => sounds_alike() || are_forms_of_one_name(left, right),
        ColumnKind::Text => share_most_words(left, right),
        _ => false,
    };
    if is_similar { Agreement::Similar } else { Agreement::Different }
}

/// Returns the letters and digits of a text as a set of bits.
fn letters(text: &str) -> u64 {
    let bit = |byte: u8| match byte {
        b'a'..=b'z' => 1 << (byte - b'a'),
        b'0'..=b'9' => 1 << (26 + byte - b'0'),
        _ => 0,
    };
    text.bytes().map(bit).fold(0, |letters, bit: u64| letters | bit)
}

/// Returns false if two texts surely differ by more edits: one edit removes at most one letter of each text.
fn could_be_within(one: u64, other: u64, most: usize) -> bool {
    (one & !other).count_ones().max((other & !one).count_ones()) as usize <= most
}

fn are_within(left: &str, right: &str, most: usize) -> bool {
    edits(left, right, most) <= most
}

/// Returns the edits between two texts, or a greater number than the cutoff. A swap of two neighbours is one edit.
fn edits(left: &str, right: &str, cutoff: usize) -> usize {
    if left.len().abs_diff(right.len()) > cutoff {
        return usize::MAX;
    }
    osa::distance(left.bytes(), right.bytes())
}

/// Most edits of a typing error. Short values have none, because an edit of them gives another value.
fn edits_of_near(kind: ColumnKind, shortest: usize) -> usize {
    match (kind, shortest) {
        (_, 0 | 1) => 0,
        (ColumnKind::Text, 8..) => 2,
        _ => 1,
    }
}

fn edits_of_similar(kind: ColumnKind, shortest: usize) -> usize {
    match (kind, shortest) {
        (ColumnKind::Text, 8..) => (shortest / 4).min(6),
        (_, 5..) => 2,
        _ => 0,
    }
}

fn share_most_words(left: &str, right: &str) -> bool {
    let count = |text: &str| text.split(' ').count();
    let common = left.split(' ').filter(|word| right.split(' ').any(|other| other == *word)).count();
    let fewest = count(left).min(count(right));
    fewest > 1 && common * 3 >= fewest * 2
}

/// Returns the agreement of two different dates, as digits of year, month and day.
fn dates(left: &str, right: &str) -> Agreement {
    let parts = |text: &str| Some([text.get(..4)?, text.get(4..6)?, text.get(6..8)?].map(str::to_owned));
    let (Some(one), Some(other)) = (parts(left), parts(right)) else {
        let is_part = left.starts_with(right) || right.starts_with(left);
        return if is_part { Agreement::Similar } else { Agreement::Different };
    };
    let is_swapped = one[0] == other[0] && one[1] == other[2] && one[2] == other[1];
    if is_swapped || are_within(left, right, 1) {
        return Agreement::Near;
    }
    let equal = one.iter().zip(&other).filter(|(one, other)| one == other).count();
    let is_similar = equal == 2 || are_within(left, right, 2);
    if is_similar { Agreement::Similar } else { Agreement::Different }
}
