//! Attributes of the entity of a row. Entity resolution reads them, and no table shows them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{row::Row, template::CellTemplate};
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
pub(super) fn of_row(
    templates: &BTreeMap<AttributeName, CellTemplate>,
    row: Row<'_>,
) -> Option<Box<[Attribute]>> {
    let attribute = |(name, template): (&AttributeName, &CellTemplate)| {
        Attribute::new(name.0, &template.of(row)?, ATTRIBUTE_MAX)
    };
    let mut attributes: Vec<Attribute> = templates.iter().filter_map(attribute).collect();
    attributes.sort_unstable();
    attributes.dedup();
    (!attributes.is_empty()).then(|| attributes.into())
}
