//! Levels of comparisons beside those of names, as a table.

use araneus_names::linkage::{AGREEMENTS, Agreement, ColumnKind, ColumnWeights, LinkageModel};

use crate::record::{AttributeKind, NumberKind};

/// A level of comparisons beside those of names.
pub struct ComparisonLevel {
    /// Name in the table `comparisons`.
    pub name: &'static str,
    /// Evidence, in a sentence.
    pub about: &'static str,
    weight: Weight,
}

/// Origin of the weight of a level.
enum Weight {
    /// A number of this version; for names shared by others that of each doubling.
    Fixed(f64),
    /// A level of the model of attributes; an agreement of a frequent value has less.
    Attribute(AttributeKind, Agreement),
}

const fn fixed(name: &'static str, about: &'static str, bits: f64) -> ComparisonLevel {
    ComparisonLevel { name, about, weight: Weight::Fixed(bits) }
}

const fn of(
    name: &'static str,
    about: &'static str,
    kind: AttributeKind,
    agreement: Agreement,
) -> ComparisonLevel {
    ComparisonLevel { name, about, weight: Weight::Attribute(kind, agreement) }
}

use Agreement::{Different, Equal, Near, Similar};
use AttributeKind::{Address, BirthDate, Contact, Country, FoundingDate, Place, Sector};

/// Numbers of every kind have one weight.
pub(super) const NUMBER: AttributeKind = AttributeKind::Number(NumberKind::Unnamed);

/// Every level beside those of names.
pub const COMPARISONS: &[ComparisonLevel] = &[
    fixed("prior", "Entities that share a key are rarely one.", -5.0),
    fixed(
        "shared-name",
        "Other entities have the agreeing words, too; for each doubling of their number.",
        -1.0,
    ),
    fixed("other-names", "The agreeing name is the main name of neither entity.", -1.0),
    fixed("stated", "A source states that both are similar.", 3.0),
    of("birth-date", "A date of birth agrees.", BirthDate, Equal),
    fixed(
        "birth-year",
        "Dates of birth agree as far as both are known, of which one is a year or a month.",
        4.0,
    ),
    of("birth-date-near", "Dates of birth differ by one digit, or by day and month.", BirthDate, Near),
    of(
        "birth-date-similar",
        "Two parts of a date of birth agree, or all but two digits.",
        BirthDate,
        Similar,
    ),
    of("birth-date-differs", "Dates of birth differ.", BirthDate, Different),
    of("founding-date", "A date of incorporation or construction agrees.", FoundingDate, Equal),
    fixed(
        "founding-year",
        "Dates of incorporation agree as far as both are known, of which one is a year or a month.",
        3.0,
    ),
    of(
        "founding-date-near",
        "Dates of incorporation differ by one digit, or by day and month.",
        FoundingDate,
        Near,
    ),
    of(
        "founding-date-similar",
        "Two parts of a date of incorporation agree, or all but two digits.",
        FoundingDate,
        Similar,
    ),
    of("founding-date-differs", "Dates of incorporation or construction differ.", FoundingDate, Different),
    of("country", "A country agrees.", Country, Equal),
    of("country-differs", "Countries differ.", Country, Different),
    of("number", "Two numbers of one kind agree: of a register, a tax office, a passport.", NUMBER, Equal),
    of("number-near", "Numbers of one kind differ by one edit.", NUMBER, Near),
    of("number-similar", "Numbers of one kind differ by two edits.", NUMBER, Similar),
    of("number-differs", "Numbers of one kind differ.", NUMBER, Different),
    of("contact", "An address of e-mail or a telephone number agrees.", Contact, Equal),
    of("address", "A street and house agree.", Address, Equal),
    of("address-near", "Streets and houses differ by one or two edits.", Address, Near),
    of("address-similar", "Most words or letters of streets and houses agree.", Address, Similar),
    of("address-differs", "Streets and houses differ.", Address, Different),
    of("place", "A town, state or postal code agrees.", Place, Equal),
    of("place-near", "Towns, states or postal codes differ by one edit.", Place, Near),
    of("place-differs", "Towns, states and postal codes differ.", Place, Different),
    of("sector", "A sector agrees.", Sector, Equal),
];

pub(super) const PRIOR: &str = "prior";
pub(super) const SHARED_NAME: &str = "shared-name";
pub(super) const OTHER_NAMES: &str = "other-names";
pub(super) const STATED: &str = "stated";
pub(super) const BIRTH_YEAR: &str = "birth-year";
pub(super) const FOUNDING_YEAR: &str = "founding-year";

/// Returns the weight of a fixed level of [`COMPARISONS`].
pub(super) fn bits(name: &str) -> f64 {
    let level = COMPARISONS.iter().find(|level| level.name == name);
    level.map_or(0.0, |level| if let Weight::Fixed(bits) = level.weight { bits } else { 0.0 })
}

/// The model of attributes that is part of the program.
const SHIPPED: &str = include_str!("../../../models/attributes.json");

/// Kinds of attributes with the kind by which their values are compared.
const COMPARED_AS: [(AttributeKind, ColumnKind); 8] = [
    (BirthDate, ColumnKind::Date),
    (FoundingDate, ColumnKind::Date),
    (Country, ColumnKind::Category),
    (NUMBER, ColumnKind::Identifier),
    (Contact, ColumnKind::Identifier),
    (Address, ColumnKind::Text),
    (Place, ColumnKind::Category),
    (Sector, ColumnKind::Category),
];

pub(super) fn compared_as(kind: AttributeKind) -> ColumnKind {
    COMPARED_AS.iter().find(|(known, _)| *known == kind).map_or(ColumnKind::Identifier, |(_, kind)| *kind)
}

/// Reads a model of attributes: its columns have the names of attributes and are compared as these are. It may lack some, and may have others,
/// such as parts of names.
pub fn read_attribute_model(text: &str) -> Result<LinkageModel, String> {
    let model = LinkageModel::read(text).map_err(|error| error.to_string())?;
    let is_compared_so = |column: &&ColumnWeights| {
        let is_compared = |(kind, _): &&(AttributeKind, ColumnKind)| kind.name() == column.column;
        COMPARED_AS.iter().find(is_compared).is_some_and(|(_, kind)| *kind == column.kind)
    };
    if model.columns.iter().any(|column| is_compared_so(&column)) {
        Ok(model)
    } else {
        Err("no column is an attribute that is compared in its way, such as birth-date=date".to_owned())
    }
}

/// Name and bits of a level; `None` if the agreement does not count.
type LevelBits = Option<(&'static str, f64)>;

/// Weights of all levels of attributes, in bits, by kind and agreement.
pub(super) struct AttributeWeights([(AttributeKind, [LevelBits; AGREEMENTS.len()]); COMPARED_AS.len()]);

impl AttributeWeights {
    /// Returns the weights of a model. An attribute that it lacks has those of the program.
    pub(super) fn new(model: Option<&LinkageModel>) -> Self {
        let shipped = LinkageModel::read(SHIPPED).expect("a test reads the model of the program");
        Self(COMPARED_AS.map(|(kind, compared)| {
            let own = model.filter(|model| {
                model.columns.iter().any(|column| column.column == kind.name() && column.kind == compared)
            });
            let model = own.unwrap_or(&shipped);
            let level = |agreement: Agreement| {
                let is_level = |level: &&ComparisonLevel| {
                    matches!(level.weight, Weight::Attribute(own, of) if own == kind && of == agreement)
                };
                let level = COMPARISONS.iter().find(is_level)?;
                Some((level.name, model.level_of(kind.name(), agreement)?.bits))
            };
            (kind, [Equal, Near, Similar, Agreement::Crossed, Different].map(level))
        }))
    }

    /// Returns name and bits of a level; `None` if the agreement does not count for this kind.
    pub(super) fn level(&self, kind: AttributeKind, agreement: Agreement) -> LevelBits {
        self.0.iter().find(|(known, _)| *known == kind).and_then(|(_, levels)| levels[agreement as usize])
    }
}

impl ComparisonLevel {
    /// Returns the largest weight in bits by the model of the program; for names shared by others that of each doubling.
    pub fn bits(&self) -> f64 {
        match self.weight {
            Weight::Fixed(bits) => bits,
            Weight::Attribute(kind, agreement) => {
                AttributeWeights::new(None).level(kind, agreement).map_or(0.0, |(_, bits)| bits)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_of_the_program_can_be_read_and_has_every_level() {
        let model = read_attribute_model(SHIPPED).expect("a model of attributes");
        for level in COMPARISONS {
            if let Weight::Attribute(kind, agreement) = level.weight {
                assert!(model.level_of(kind.name(), agreement).is_some(), "{}", level.name);
                assert!(level.bits().abs() > 0.0, "{}", level.name);
            }
        }
        for level in [PRIOR, SHARED_NAME, OTHER_NAMES, STATED, BIRTH_YEAR, FOUNDING_YEAR] {
            assert!(bits(level).abs() > 0.0, "{level}");
        }
    }

    #[test]
    fn a_model_of_other_records_replaces_only_its_own_attributes() {
        let mut model = LinkageModel::read(SHIPPED).expect("a model");
        model.columns.retain(|column| column.column == "birth-date");
        model.columns[0].levels[0].bits = 5.0;
        let weights = AttributeWeights::new(Some(&model));
        assert_eq!(weights.level(BirthDate, Equal), Some(("birth-date", 5.0)));
        assert_eq!(weights.level(NUMBER, Equal), AttributeWeights::new(None).level(NUMBER, Equal));
        assert_eq!(weights.level(Contact, Different), None);
        for name in ["surname", "passport-number"] {
            name.clone_into(&mut model.columns[0].column);
            let text = serde_json::to_string(&model).expect("a model is data");
            assert!(read_attribute_model(&text).is_err(), "{name} is no attribute with own weights");
        }
    }
}
