//! Weights of comparisons, in bits: the logarithm to base 2 of how much more often a level occurs in pairs of one entity than in
//! other pairs (Fellegi and Sunter 1969).
//!
//! Names have the frozen model of `araneus-names`, and attributes that of `levels`. An attribute that agrees counts more if few entities have its
//! value.

use std::collections::HashMap;

use araneus_names::linkage::{Agreement, agreement_of};

use super::{
    bearers::Bearer,
    levels::{AttributeWeights, BIRTH_YEAR, FOUNDING_YEAR, NUMBER, bits, compared_as},
};
use crate::record::{Attribute, AttributeKind, NumberKind};

/// Kinds in the order in which they are compared. An agreement of a strong one, together with a similar name, may join two entities.
const RULES: &[(AttributeKind, bool)] = &[
    (AttributeKind::BirthDate, true),
    (AttributeKind::FoundingDate, true),
    (AttributeKind::Country, false),
    (NUMBER, true),
    (AttributeKind::Contact, true),
    (AttributeKind::Address, false),
    (AttributeKind::Place, false),
    (AttributeKind::Sector, false),
];

/// Entities that are added to the count of a class, so that a value is not rare because a run is small.
const PSEUDO_ENTITIES: f64 = 1_000.0;

/// Number of entities that have each value of an attribute.
#[derive(Default)]
pub(super) struct ValueCounts<'a>(HashMap<&'a Attribute, u32>);

impl<'a> ValueCounts<'a> {
    pub(super) fn of_bearers(bearers: &'a [Bearer]) -> Self {
        let mut counts: HashMap<&Attribute, u32> = HashMap::new();
        for attribute in bearers.iter().flat_map(|bearer| &bearer.attributes) {
            *counts.entry(attribute).or_default() += 1;
        }
        Self(counts)
    }

    /// Returns the weight of an agreement: at most `most`, less if many entities have the value.
    fn agreement(&self, attribute: &Attribute, most: f64, entities: u32) -> f64 {
        let others = self.0.get(attribute).map_or(0, |count| count.saturating_sub(1));
        let usual = (-most).exp2();
        let share = (f64::from(others) + PSEUDO_ENTITIES * usual) / (f64::from(entities) + PSEUDO_ENTITIES);
        (-share.log2()).clamp(0.0, most)
    }
}

/// Result of the comparison of attributes.
pub(super) struct AttributeEvidence {
    pub(super) levels: Vec<(&'static str, f64)>,
    /// A strong attribute agrees, and none differs.
    pub(super) is_strong: bool,
    /// A strong attribute differs.
    pub(super) differs: bool,
}

/// Compares the attributes of two entities. A missing attribute counts neither for nor against.
pub(super) fn compare(
    left: &[Attribute],
    right: &[Attribute],
    (weights, counts): (&AttributeWeights, &ValueCounts<'_>),
    entities: u32,
) -> AttributeEvidence {
    let (mut levels, mut agrees, mut differs) = (Vec::new(), false, false);
    for &(kind, is_strong) in RULES {
        let (left, right) = (of_kind(left, kind), of_kind(right, kind));
        if left.is_empty() || right.is_empty() {
            continue;
        }
        if let Some((level, most)) = weights.level(kind, Agreement::Equal) {
            let common = left.iter().filter(|attribute| is_precise(attribute)).flat_map(|one| {
                right.iter().filter(|other| are_equal(one, other)).map(move |other| [one, other])
            });
            // An equal number of an unnamed kind may be more frequent as the one or as the other.
            let agreement = |both: [&Attribute; 2]| {
                let [one, other] = both.map(|attribute| counts.agreement(attribute, most, entities));
                one.min(other)
            };
            let best = common.map(agreement).max_by(f64::total_cmp);
            if let Some(bits) = best {
                levels.push((level, bits));
                agrees |= is_strong;
                continue;
            }
        }
        let pairs = || left.iter().flat_map(|one| right.iter().map(move |other| (one, other)));
        // Dates of different precision may be one date, and a year is shared by many.
        if pairs().any(|(one, other)| are_compatible(one, other)) {
            let level = if kind == AttributeKind::BirthDate { BIRTH_YEAR } else { FOUNDING_YEAR };
            levels.push((level, bits(level)));
            continue;
        }
        let comparable = || pairs().filter(|(one, other)| one.kind == other.kind);
        if comparable().next().is_none() {
            continue;
        }
        let agreement = closest(kind, weights, comparable());
        levels.extend(weights.level(kind, agreement));
        differs |= is_strong && agreement == Agreement::Different && weights.level(kind, agreement).is_some();
    }
    AttributeEvidence { levels, is_strong: agrees && !differs, differs }
}

/// Returns the closest agreement of unequal values that is evidence for their kind.
fn closest<'a>(
    kind: AttributeKind,
    weights: &AttributeWeights,
    pairs: impl Iterator<Item = (&'a Attribute, &'a Attribute)>,
) -> Agreement {
    let has_levels =
        [Agreement::Near, Agreement::Similar].iter().any(|one| weights.level(kind, *one).is_some());
    if !has_levels {
        return Agreement::Different;
    }
    let agreements =
        pairs.filter_map(|(one, other)| agreement_of(compared_as(kind), &one.value, &other.value));
    let is_evidence = |agreement: &Agreement| weights.level(kind, *agreement).is_some();
    agreements.filter(is_evidence).min().unwrap_or(Agreement::Different)
}

/// Returns the attributes of one kind, or all numbers; `attributes` is sorted by kind.
fn of_kind(attributes: &[Attribute], kind: AttributeKind) -> &[Attribute] {
    let is_of = |attribute: &Attribute| match kind {
        AttributeKind::Number(_) => matches!(attribute.kind, AttributeKind::Number(_)),
        _ => attribute.kind == kind,
    };
    let start = attributes.iter().position(is_of).unwrap_or(attributes.len());
    let count = attributes[start..].iter().take_while(|attribute| is_of(attribute)).count();
    &attributes[start..start + count]
}

/// Returns whether two values are equal and of one kind. A number of an unnamed kind may be one of any kind.
fn are_equal(one: &Attribute, other: &Attribute) -> bool {
    let is_unnamed = |attribute: &Attribute| attribute.kind == AttributeKind::Number(NumberKind::Unnamed);
    one.value == other.value && (one.kind == other.kind || is_unnamed(one) || is_unnamed(other))
}

/// Returns whether a date has a month. A year alone is shared by too many.
fn is_precise(attribute: &Attribute) -> bool {
    let is_date = matches!(attribute.kind, AttributeKind::BirthDate | AttributeKind::FoundingDate);
    !is_date || attribute.value.len() > 4
}

fn are_compatible(one: &Attribute, other: &Attribute) -> bool {
    let is_date = matches!(one.kind, AttributeKind::BirthDate | AttributeKind::FoundingDate);
    is_date && (one.value.starts_with(&*other.value) || other.value.starts_with(&*one.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: AttributeKind, value: &str) -> Attribute {
        Attribute::new(kind, value, 40).expect("a value")
    }

    #[test]
    fn only_numbers_of_one_kind_agree_or_differ() {
        use NumberKind::{Passport, Tax, Unnamed};
        let numbers = |all: &[(NumberKind, &str)]| {
            let mut all: Vec<Attribute> =
                all.iter().map(|(kind, value)| attribute(AttributeKind::Number(*kind), value)).collect();
            all.sort_unstable();
            all
        };
        let (counts, weights) = (ValueCounts::default(), AttributeWeights::new(None));
        let compared = |left: &[(NumberKind, &str)], right: &[(NumberKind, &str)]| {
            let evidence = compare(&numbers(left), &numbers(right), (&weights, &counts), 10);
            let levels: Vec<&str> = evidence.levels.iter().map(|(level, _)| *level).collect();
            (levels, evidence.is_strong, evidence.differs)
        };
        let tax = (Tax, "77010011");
        for (left, right, expected) in [
            (vec![tax], vec![(Passport, "ab123456")], (vec![], false, false)),
            (vec![tax], vec![(Passport, "77010011")], (vec![], false, false)),
            (vec![tax], vec![(Unnamed, "ab123456")], (vec![], false, false)),
            (vec![tax], vec![(Unnamed, "77010011")], (vec!["number"], true, false)),
            (vec![tax], vec![tax, (Passport, "ab123456")], (vec!["number"], true, false)),
            (
                vec![tax],
                vec![(Tax, "93456789"), (Passport, "77010011")],
                (vec!["number-differs"], false, true),
            ),
            (vec![tax], vec![(Tax, "77010012")], (vec!["number-near"], false, false)),
            (vec![(Unnamed, "1234")], vec![(Unnamed, "987")], (vec!["number-differs"], false, true)),
        ] {
            assert_eq!(compared(&left, &right), expected, "{left:?} {right:?}");
            assert_eq!(compared(&right, &left), expected, "{right:?} {left:?}");
        }
    }

    #[test]
    fn agreement_counts_by_its_rarity_and_a_vague_date_is_no_proof() {
        use AttributeKind::{BirthDate, Country};
        let day = [attribute(BirthDate, "1990-05-01")];
        let year = [attribute(BirthDate, "1990")];
        let counts = ValueCounts::default();
        let weights = AttributeWeights::new(None);
        let compared =
            |left: &[Attribute], right: &[Attribute]| compare(left, right, (&weights, &counts), 10);
        assert!(compared(&day, &day).is_strong);
        for other in [&year, &day] {
            let vague = compared(&year, other);
            assert!(!vague.is_strong && !vague.differs);
            assert_eq!(vague.levels, [(BIRTH_YEAR, 4.0)], "both may be one date, and many have that year");
        }
        let founded = ["2001", "2001-04"].map(|date| [attribute(AttributeKind::FoundingDate, date)]);
        assert_eq!(compared(&founded[0], &founded[1]).levels, [(FOUNDING_YEAR, 3.0)]);
        let other_day = [attribute(BirthDate, "1963-11-30")];
        assert_eq!(compared(&day, &other_day).levels[0].0, "birth-date-differs");
        let near_day = [attribute(BirthDate, "1990-01-05")];
        let near = compared(&day, &near_day);
        assert_eq!(near.levels[0].0, "birth-date-near");
        assert!(!near.is_strong, "a near date is no proof");
        assert!(compared(&day, &[]).levels.is_empty(), "a missing value is no evidence");
        let country = attribute(Country, "de");
        let rare = counts.agreement(&country, 3.0, 10_000);
        let frequent = ValueCounts(HashMap::from([(&country, 9_000)])).agreement(&country, 3.0, 10_000);
        assert!(rare > 2.9 && frequent < 0.5, "{rare} {frequent}");
    }
}
