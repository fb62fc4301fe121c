//! Weights of comparisons, in bits: the logarithm to base 2 of how much more often a level occurs in pairs of one entity than in
//! other pairs (Fellegi and Sunter 1969).
//!
//! Names have the frozen model of `araneus-names`. An attribute that agrees counts more if few entities have its value.

use std::collections::HashMap;

use super::bearers::Bearer;
use crate::record::{Attribute, AttributeKind};

/// A level of comparisons beside those of names.
pub struct ComparisonLevel {
    /// Name in the table `comparisons`.
    pub name: &'static str,
    /// Evidence, in a sentence.
    pub about: &'static str,
    /// Weight in bits; for an agreement of attributes the largest one, for names shared by others that of each doubling.
    pub bits: f64,
}

/// Every level beside those of names.
pub const COMPARISONS: &[ComparisonLevel] = &[
    ComparisonLevel { name: "prior", about: "Entities that share a key are rarely one.", bits: -3.0 },
    ComparisonLevel {
        name: "shared-name",
        about: "Other entities have the agreeing words, too; for each doubling of their number.",
        bits: -1.0,
    },
    ComparisonLevel {
        name: "other-names",
        about: "The agreeing name is the main name of neither entity.",
        bits: -1.0,
    },
    ComparisonLevel { name: "stated", about: "A source states that both are similar.", bits: 3.0 },
    ComparisonLevel { name: "birth-date", about: "A date of birth agrees.", bits: 11.0 },
    ComparisonLevel { name: "birth-date-differs", about: "Dates of birth differ.", bits: -8.0 },
    ComparisonLevel {
        name: "founding-date",
        about: "A date of incorporation or construction agrees.",
        bits: 8.0,
    },
    ComparisonLevel {
        name: "founding-date-differs",
        about: "Dates of incorporation or construction differ.",
        bits: -3.0,
    },
    ComparisonLevel { name: "country", about: "A country agrees.", bits: 3.0 },
    ComparisonLevel { name: "country-differs", about: "Countries differ.", bits: -2.0 },
    ComparisonLevel { name: "number", about: "A number in a register agrees.", bits: 12.0 },
    ComparisonLevel { name: "number-differs", about: "Numbers in registers differ.", bits: -2.0 },
    ComparisonLevel {
        name: "contact",
        about: "An address of e-mail or a telephone number agrees.",
        bits: 8.0,
    },
];

pub(super) const PRIOR: &str = "prior";
pub(super) const SHARED_NAME: &str = "shared-name";
pub(super) const OTHER_NAMES: &str = "other-names";
pub(super) const STATED: &str = "stated";

/// Returns the weight of a level of [`COMPARISONS`].
pub(super) fn bits(name: &str) -> f64 {
    COMPARISONS.iter().find(|level| level.name == name).map_or(0.0, |level| level.bits)
}

/// Comparison of the values of one kind of attributes.
struct AttributeRule {
    kind: AttributeKind,
    agrees: &'static str,
    /// Level of a disagreement; `None` if an entity may have several values.
    differs: Option<&'static str>,
    /// An agreement, together with a similar name, may join two entities.
    is_strong: bool,
}

const RULES: &[AttributeRule] = &[
    AttributeRule {
        kind: AttributeKind::BirthDate,
        agrees: "birth-date",
        differs: Some("birth-date-differs"),
        is_strong: true,
    },
    AttributeRule {
        kind: AttributeKind::FoundingDate,
        agrees: "founding-date",
        differs: Some("founding-date-differs"),
        is_strong: true,
    },
    AttributeRule {
        kind: AttributeKind::Country,
        agrees: "country",
        differs: Some("country-differs"),
        is_strong: false,
    },
    AttributeRule {
        kind: AttributeKind::Number,
        agrees: "number",
        differs: Some("number-differs"),
        is_strong: true,
    },
    AttributeRule { kind: AttributeKind::Contact, agrees: "contact", differs: None, is_strong: true },
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
}

/// Compares the attributes of two entities. A missing attribute counts neither for nor against.
pub(super) fn compare(
    left: &[Attribute],
    right: &[Attribute],
    counts: &ValueCounts<'_>,
    entities: u32,
) -> AttributeEvidence {
    let (mut levels, mut agrees, mut differs) = (Vec::new(), false, false);
    for rule in RULES {
        let (left, right) = (of_kind(left, rule.kind), of_kind(right, rule.kind));
        if left.is_empty() || right.is_empty() {
            continue;
        }
        let common = left.iter().filter(|attribute| right.contains(attribute));
        let best = common
            .map(|attribute| {
                (counts.agreement(attribute, bits(rule.agrees), entities), is_precise(attribute))
            })
            .max_by(|a, b| a.0.total_cmp(&b.0));
        match (best, rule.differs) {
            (Some((bits, is_precise)), _) => {
                levels.push((rule.agrees, bits));
                agrees |= rule.is_strong && is_precise;
            }
            // Dates of different precision may be one date.
            (None, Some(_))
                if left.iter().any(|one| right.iter().any(|other| are_compatible(one, other))) => {}
            (None, Some(level)) => {
                levels.push((level, bits(level)));
                differs |= rule.is_strong;
            }
            (None, None) => {}
        }
    }
    AttributeEvidence { levels, is_strong: agrees && !differs }
}

/// Returns the attributes of one kind; `attributes` is sorted by kind.
fn of_kind(attributes: &[Attribute], kind: AttributeKind) -> &[Attribute] {
    let start = attributes.partition_point(|attribute| attribute.kind < kind);
    let end = attributes.partition_point(|attribute| attribute.kind <= kind);
    &attributes[start..end]
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
    fn every_level_of_a_rule_is_in_the_table() {
        for rule in RULES {
            for level in [Some(rule.agrees), rule.differs].into_iter().flatten() {
                assert!(COMPARISONS.iter().any(|known| known.name == level), "{level}");
            }
        }
        for level in [PRIOR, SHARED_NAME, OTHER_NAMES, STATED] {
            assert!(COMPARISONS.iter().any(|known| known.name == level), "{level}");
        }
    }

    #[test]
    fn agreement_counts_by_its_rarity_and_a_vague_date_is_no_proof() {
        use AttributeKind::{BirthDate, Country};
        let day = [attribute(BirthDate, "1990-05-01")];
        let year = [attribute(BirthDate, "1990")];
        let counts = ValueCounts::default();
        let compared = |left: &[Attribute], right: &[Attribute]| compare(left, right, &counts, 10);
        assert!(compared(&day, &day).is_strong);
        assert!(!compared(&year, &year).is_strong);
        assert!(compared(&day, &year).levels.is_empty(), "both may be one date");
        assert_eq!(compared(&day, &[attribute(BirthDate, "1991-05-01")]).levels[0].0, "birth-date-differs");
        assert!(compared(&day, &[]).levels.is_empty(), "a missing value is no evidence");
        let country = attribute(Country, "de");
        let rare = counts.agreement(&country, 3.0, 10_000);
        let frequent = ValueCounts(HashMap::from([(&country, 9_000)])).agreement(&country, 3.0, 10_000);
        assert!(rare > 2.9 && frequent < 0.5, "{rare} {frequent}");
    }
}
