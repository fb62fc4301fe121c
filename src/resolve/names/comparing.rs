//! Comparison of two bearers: the best pair of names, and all attributes.

use std::f64::consts::LN_2;

use araneus_names::{Comparison, Model};

use super::{
    bearers::{Bearer, BearerName},
    blocking::{Candidate, WordCounts},
    levels::{AttributeWeights, OTHER_NAMES, PRIOR, SHARED_NAME, STATED, bits},
    weights::{self, AttributeEvidence, ValueCounts},
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
    /// Largest sum of all levels of names, in bits.
    names_most: f64,
}

impl<'a> Frequencies<'a> {
    pub(super) fn new(words: WordCounts, values: ValueCounts<'a>, attributes: AttributeWeights) -> Self {
        let model = Model::shipped();
        // The other levels of names are evidence against.
        let names_most = bits(PRIOR) + model.highest_logit() / LN_2;
        Self { model, words, values, attributes, names_most }
    }
}

/// Bits by which the sum of a skipped pair stays below the threshold, so that rounding changes no result.
const ROUNDING: f64 = 1e-6;

/// Compares two bearers; `None` if their sum stays below `least` bits, whatever their names are. Attributes are cheap to compare, and names
/// are not.
pub(super) fn compare_from(
    bearers: &[Bearer],
    candidate: &Candidate,
    known: &Frequencies<'_>,
    least: f64,
) -> Option<Compared> {
    let attributes = compare_attributes(bearers, candidate, known);
    let most = known.names_most
        + if candidate.is_stated { bits(STATED) } else { 0.0 }
        + attributes.levels.iter().map(|(_, bits)| bits).sum::<f64>();
    (most >= least - ROUNDING).then(|| compare_all(bearers, candidate, known, attributes))
}

/// Compares two bearers in full.
#[cfg(test)]
fn compare(bearers: &[Bearer], candidate: &Candidate, known: &Frequencies<'_>) -> Compared {
    compare_all(bearers, candidate, known, compare_attributes(bearers, candidate, known))
}

fn compare_attributes(
    bearers: &[Bearer],
    candidate: &Candidate,
    known: &Frequencies<'_>,
) -> AttributeEvidence {
    let (left, right) = (&bearers[candidate.pair.0 as usize], &bearers[candidate.pair.1 as usize]);
    let frequencies = (&known.attributes, &known.values);
    weights::compare(&left.attributes, &right.attributes, frequencies, entities(left, known))
}

/// Returns the number of entities of the class of a bearer.
fn entities(bearer: &Bearer, known: &Frequencies<'_>) -> u32 {
    known.words.of_class.get(&bearer.class).copied().unwrap_or_default()
}

fn compare_all(
    bearers: &[Bearer],
    candidate: &Candidate,
    known: &Frequencies<'_>,
    attributes: AttributeEvidence,
) -> Compared {
    let (left, right) = (&bearers[candidate.pair.0 as usize], &bearers[candidate.pair.1 as usize]);
    let entities = entities(left, known);
    let best = name_pairs(left, right)
        .into_iter()
        .map(|(one, other)| compare_names(left.class, one, other, known, entities))
        .max_by(|a, b| {
            let by_caution = || b.caution.is_some().cmp(&a.caution.is_some());
            a.bits.total_cmp(&b.bits).then_with(by_caution).then_with(|| b.names.cmp(&a.names))
        });
    let NameEvidence { names, mut levels, caution, .. } = best.expect("a bearer has a name");
    if candidate.is_stated {
        levels.push((STATED, bits(STATED)));
    }
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

/// Returns the sum of bits that has a probability.
pub(super) fn bits_of(probability: f64) -> f64 {
    (probability / (1.0 - probability)).log2()
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
        caution: caution(&comparison, [&one.text, &other.text]),
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

fn caution(comparison: &Comparison, texts: [&str; 2]) -> Option<&'static str> {
    if texts.into_iter().any(has_hidden_characters) {
        return Some("a name has characters that hide or reverse its letters, so that a person must look");
    }
    if comparison.has_mixed_scripts {
        return Some("a word mixes letters of several scripts, so that a person must look");
    }
    comparison.is_cut.then_some("a name is too long to be read as a whole, so that a person must look")
}

/// Returns whether a text has characters without width or that override the direction of letters. Joiners belong to Persian and Indic names.
fn has_hidden_characters(text: &str) -> bool {
    let is_joiner = |character: char| matches!(character, '\u{200c}' | '\u{200d}');
    let is_hidden = |character: char| matches!(character, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let latin = || text.chars().all(|character| character.is_ascii() || is_joiner(character));
    !text.is_ascii() && (text.contains(is_hidden) || text.contains(is_joiner) && latin())
}

#[cfg(test)]
mod tests {
    use araneus_names::{Name, NameKeys, NameKind};
    use proptest::prelude::*;

    use super::*;
    use crate::{
        record::{Attribute, AttributeKind, NumberKind},
        resolve::identifier_nodes::NodeIndex,
    };

    const WORDS: [&str; 8] = ["Osama", "Usama", "Laden", "Ladin", "bin", "Мария", "Maria", "O."];
    const VALUES: [(AttributeKind, &str); 9] = [
        (AttributeKind::BirthDate, "1961-04-09"),
        (AttributeKind::BirthDate, "1961-04-08"),
        (AttributeKind::BirthDate, "1999-12-31"),
        (AttributeKind::BirthDate, "1961"),
        (AttributeKind::Country, "de"),
        (AttributeKind::Country, "us"),
        (AttributeKind::Number(NumberKind::Tax), "77010011"),
        (AttributeKind::Number(NumberKind::Tax), "93456789"),
        (AttributeKind::Contact, "4930123456"),
    ];

    /// Returns a bearer with names of the chosen words and with the chosen attributes.
    fn bearer(root: usize, names: &[Vec<usize>], values: &[usize]) -> Bearer {
        let read = |(at, words): (usize, &Vec<usize>)| {
            let text = words.iter().map(|word| WORDS[*word]).collect::<Vec<_>>().join(" ");
            let name = Name::new(&text, NameKind::Person);
            let keys = NameKeys::of(&name);
            BearerName { text, name, keys, is_main: at == 0 }
        };
        let mut attributes: Vec<Attribute> = values
            .iter()
            .map(|value| Attribute::new(VALUES[*value].0, VALUES[*value].1, 40).expect("a value"))
            .collect();
        attributes.sort_unstable();
        attributes.dedup();
        let names = names.iter().enumerate().map(read).collect();
        Bearer { root: NodeIndex::new(root), class: 0, names, attributes }
    }

    type Drawn = (Vec<Vec<usize>>, Vec<usize>);

    fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
        let name = prop::collection::vec(0..WORDS.len(), 1..4);
        let one = (prop::collection::vec(name, 1..3), prop::collection::vec(0..VALUES.len(), 0..5));
        prop::collection::vec(one, 2..7)
    }

    proptest! {
        #[test]
        fn a_pair_is_skipped_only_if_its_sum_stays_below_the_bound(
            drawn in drawn(), least in -12.0..12.0_f64, is_stated: bool,
        ) {
            let bearers: Vec<Bearer> =
                drawn.iter().enumerate().map(|(at, (names, values))| bearer(at, names, values)).collect();
            let words = WordCounts::of_bearers(&bearers);
            let values = ValueCounts::of_bearers(&bearers);
            let known = Frequencies::new(words, values, AttributeWeights::new(None));
            let count = bearers.len() as u32;
            for pair in (0..count).flat_map(|one| (one + 1..count).map(move |other| (one, other))) {
                let candidate = Candidate { pair, is_stated };
                let expected = compare(&bearers, &candidate, &known);
                match compare_from(&bearers, &candidate, &known, least) {
                    Some(compared) => {
                        prop_assert_eq!(compared.bits.to_bits(), expected.bits.to_bits());
                        prop_assert_eq!(compared.levels, expected.levels);
                    }
                    None => prop_assert!(expected.bits < least, "{} of {least}", expected.bits),
                }
            }
        }
    }

    #[test]
    fn hidden_characters_are_noticed_and_joiners_of_persian_are_none() {
        for hidden in ["Jane\u{200b}", "\u{202e}eoR", "Ja\u{200c}ne", "\u{feff}Jane", "a\u{2066}b"] {
            assert!(has_hidden_characters(hidden), "{hidden:?}");
        }
        for plain in ["Jane", "Jos\u{e9}", "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}"] {
            assert!(!has_hidden_characters(plain), "{plain:?}");
        }
    }

    #[test]
    fn a_pair_with_different_dates_of_birth_is_skipped_whatever_its_names_are() {
        let bearers = [bearer(0, &[vec![6, 2]], &[0]), bearer(1, &[vec![6, 2]], &[2])];
        let (words, values) = (WordCounts::of_bearers(&bearers), ValueCounts::of_bearers(&bearers));
        let known = Frequencies::new(words, values, AttributeWeights::new(None));
        let candidate = Candidate { pair: (0, 1), is_stated: false };
        assert!(compare_from(&bearers, &candidate, &known, 0.0).is_none());
        assert!(compare_from(&bearers, &candidate, &known, -20.0).is_some());
    }
}
