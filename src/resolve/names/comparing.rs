//! Comparison of two bearers: the best pair of names, and all attributes.

use std::f64::consts::LN_2;

use araneus_names::{Comparison, Model};

use super::{
    bearers::{Bearer, BearerName},
    blocking::{Candidate, WordCounts},
    levels::{AttributeWeights, OTHER_NAMES, PRIOR, SHARED_NAME, STATED, bits},
    weights::{self, ValueCounts},
};

/// Most pairs of names of two entities that are compared.
const NAME_PAIRS_MAX: usize = 12;

/// One level of a comparison with its weight.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelWeight {
    /// Name of the level: one of `COMPARISONS`, of the levels of names, or an identity rule.
    pub level: &'static str,
    /// Weight in bits; above 0 it is evidence for one entity.
    pub bits: f64,
}

/// Two compared entities.
pub(super) struct Compared {
    pub(super) pair: (u32, u32),
    pub(super) names: [String; 2],
    /// Levels that are not 0, in the order of the comparison.
    pub(super) levels: Vec<LevelWeight>,
    /// Sum of the levels.
    pub(super) bits: f64,
    /// A strong attribute agrees, and none differs.
    pub(super) has_strong_attribute: bool,
    /// A strong attribute differs.
    pub(super) has_difference: bool,
    pub(super) is_stated: bool,
    /// Reason why a person must look, whatever the sum is.
    pub(super) caution: Option<&'static str>,
}

/// Everything that a comparison reads beside the two bearers.
pub(super) struct Frequencies<'a> {
    pub(super) model: Model,
    pub(super) words: WordCounts,
    pub(super) values: ValueCounts<'a>,
    pub(super) attributes: AttributeWeights,
}

/// Compares two bearers.
pub(super) fn compare(bearers: &[Bearer], candidate: &Candidate, known: &Frequencies<'_>) -> Compared {
    let (left, right) = (&bearers[candidate.pair.0 as usize], &bearers[candidate.pair.1 as usize]);
    let entities = known.words.of_class.get(&left.class).copied().unwrap_or_default();
    let best = name_pairs(left, right)
        .into_iter()
        .map(|(one, other)| compare_names(left.class, one, other, known, entities))
        .max_by(|a, b| a.bits.total_cmp(&b.bits).then_with(|| b.names.cmp(&a.names)));
    let NameEvidence { names, mut levels, caution, .. } = best.expect("a bearer has a name");
    if candidate.is_stated {
        levels.push((STATED, bits(STATED)));
    }
    let frequencies = (&known.attributes, &known.values);
    let attributes = weights::compare(&left.attributes, &right.attributes, frequencies, entities);
    levels.extend(attributes.levels);
    let levels: Vec<LevelWeight> = levels
        .into_iter()
        .filter(|(_, bits)| *bits != 0.0)
        .map(|(level, bits)| LevelWeight { level, bits })
        .collect();
    Compared {
        pair: candidate.pair,
        names,
        bits: levels.iter().map(|level| level.bits).sum(),
        levels,
        has_strong_attribute: attributes.is_strong,
        has_difference: attributes.differs,
        is_stated: candidate.is_stated,
        caution,
    }
}

/// Returns the probability of a sum of bits.
pub(super) fn probability(bits: f64) -> f64 {
    1.0 / (1.0 + (-bits).exp2())
}

struct NameEvidence {
    names: [String; 2],
    levels: Vec<(&'static str, f64)>,
    bits: f64,
    caution: Option<&'static str>,
}

/// Returns the pairs of names to compare: those with equal words, else those that share another key and the main names.
fn name_pairs<'a>(left: &'a Bearer, right: &'a Bearer) -> Vec<(&'a BearerName, &'a BearerName)> {
    let all = || left.names.iter().flat_map(|one| right.names.iter().map(move |other| (one, other)));
    let equal: Vec<_> =
        all().filter(|(one, other)| one.keys.words == other.keys.words).take(NAME_PAIRS_MAX).collect();
    if !equal.is_empty() {
        return equal;
    }
    let is_near = |one: &BearerName, other: &BearerName| {
        let (one, other) = (&one.keys, &other.keys);
        (!one.consonants.is_empty() && one.consonants == other.consonants)
            || (!one.sound.is_empty() && one.sound == other.sound)
    };
    let main = (&left.names[0], &right.names[0]);
    let near = all().filter(|(one, other)| is_near(one, other));
    std::iter::once(main).chain(near).take(NAME_PAIRS_MAX).collect()
}

fn compare_names(
    class: usize,
    one: &BearerName,
    other: &BearerName,
    known: &Frequencies<'_>,
    entities: u32,
) -> NameEvidence {
    let comparison = known.model.compare_names(&one.name, &other.name);
    let mut levels = vec![(PRIOR, bits(PRIOR) + known.model.intercept / LN_2)];
    levels.extend(comparison.contributions.iter().map(|part| (part.level, part.weight / LN_2)));
    let shared = shared_by(class, one, other, known, entities);
    levels.push((SHARED_NAME, bits(SHARED_NAME) * shared.max(1.0).log2()));
    if !one.is_main && !other.is_main {
        levels.push((OTHER_NAMES, bits(OTHER_NAMES)));
    }
    NameEvidence {
        names: [one.text.clone(), other.text.clone()],
        bits: levels.iter().map(|(_, bits)| bits).sum(),
        levels,
        caution: caution(&comparison),
    }
}

/// Returns the number of other entities with the words on which two names agree: counted for whole names, expected from the
/// counts of single words for others.
fn shared_by(
    class: usize,
    one: &BearerName,
    other: &BearerName,
    known: &Frequencies<'_>,
    entities: u32,
) -> f64 {
    let words = &known.words;
    if one.keys.words == other.keys.words {
        return f64::from(words.of_name(class, &one.keys.words)) - 1.0;
    }
    let common: Vec<&String> = one.keys.words.iter().filter(|word| other.keys.words.contains(word)).collect();
    if common.is_empty() {
        return 1.0;
    }
    let all = f64::from(entities.max(1));
    let share: f64 = common.iter().map(|word| f64::from(words.of(class, word)) / all).product();
    all * share - 1.0
}

fn caution(comparison: &Comparison) -> Option<&'static str> {
    if comparison.has_mixed_scripts {
        return Some("a word mixes letters of several scripts, so that a person must look");
    }
    comparison.is_cut.then_some("a name is too long to be read as a whole, so that a person must look")
}
