//! Attributes of the entity of a row. Entity resolution reads them, and no table shows them.

use serde::{Deserialize, Serialize};

use super::{mapping::EntityRule, row::Row, template::CellTemplate};
use crate::record::{Attribute, AttributeKind};

/// Longest value of an attribute, in bytes.
const ATTRIBUTE_MAX: usize = 256;

/// A kind of attributes by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct AttributeName(pub(super) AttributeKind);

impl TryFrom<String> for AttributeName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let names = || AttributeKind::names().collect::<Vec<_>>().join(", ");
        AttributeKind::named(&name)
            .map(Self)
            .ok_or_else(|| format!("not an attribute; write one of {}", names()))
    }
}

impl From<AttributeName> for String {
    fn from(attribute: AttributeName) -> Self {
        attribute.0.name().to_owned()
    }
}

/// Returns the attributes of an entity, sorted; values without a form of their kind are left out.
pub(super) fn of_row(rule: &EntityRule, row: Row<'_>) -> Option<Box<[Attribute]>> {
    let attribute = |(name, template): (&AttributeName, &CellTemplate)| {
        Attribute::new(name.0, &template.of(row)?, ATTRIBUTE_MAX)
    };
    let mut attributes: Vec<Attribute> = rule.attributes.iter().filter_map(attribute).collect();
    attributes.sort_unstable();
    attributes.dedup();
    (!attributes.is_empty()).then(|| attributes.into())
}

#[cfg(test)]
mod tests {
    use super::{
        super::{interpret::interpret, load, row::Cells, source_mapping::SourceMapping},
        AttributeKind,
    };

    const PERSON: &str = r#"
[[entity]]
as = "person"
kind = "person"
key = "{id}"
name = "{name}"
"#;

    #[test]
    fn attributes_of_a_row_have_the_form_of_their_kind_and_others_are_left_out() {
        let text = format!(
            "{PERSON}[entity.attributes]\nbirth-date = \"{{born}}\"\nnumber = \"{{register}}\"\naddress = \"{{house}} {{street}}\"\n"
        );
        let source = SourceMapping::new(load::parse(&text).expect("a mapping"), "feed");
        let object = r#"{"id":"1","name":"Ana Heron","born":"about 1990","register":"HRB 12-3","house":"7","street":"Reed  Street"}"#;
        let cells: Cells<'_> = serde_json::from_str(object).expect("a row");
        let content = interpret(&source, source.mapping.row(&cells)).expect("a claim").content;
        let found: Vec<(AttributeKind, &str)> =
            content.attributes.iter().flatten().map(|one| (one.kind, &*one.value)).collect();
        assert_eq!(found, [(AttributeKind::Number, "hrb123"), (AttributeKind::Address, "7 reed street")]);
    }

    #[test]
    fn only_known_attributes_of_the_first_entity_can_be_mapped() {
        let attributes = "[entity.attributes]\nbirth-date = \"{born}\"\n";
        let second = PERSON.replace("\"person\"\nkind", "\"other\"\nkind");
        assert!(load::parse(&format!("{PERSON}{attributes}")).is_ok());
        assert!(load::parse(&format!("{PERSON}{}", attributes.replace("birth-date", "birthday"))).is_err());
        let source = |text: String| {
            serde_json::from_value::<super::super::Mapping>(
                toml::from_str::<serde_json::Value>(&text).expect("TOML"),
            )
        };
        assert!(
            source(format!("{PERSON}{second}{attributes}"))
                .is_ok_and(|mapping| load::fault(&mapping).is_some())
        );
        assert!(
            source(format!("{PERSON}{attributes}{second}"))
                .is_ok_and(|mapping| load::fault(&mapping).is_none())
        );
    }
}
