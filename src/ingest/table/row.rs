//! One row of a table: its cells by the names of their columns.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use crate::{ingest::json::DigestWriter, record::Digest};

/// The value of a cell.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Cell<'a> {
    /// A text, as delivered.
    Text(Cow<'a, str>),
    /// A list, in a columnar file: texts, and lists of texts.
    List(Vec<Value>),
}

impl Cell<'_> {
    /// An empty cell.
    pub(super) const EMPTY: Self = Self::Text(Cow::Borrowed(""));

    /// Returns whether the cell is filled.
    pub(super) fn is_held(&self) -> bool {
        match self {
            Self::Text(text) => held(text).is_some(),
            Self::List(parts) => parts.iter().any(is_held),
        }
    }
}

fn is_held(part: &Value) -> bool {
    match part {
        Value::String(text) => held(text).is_some(),
        Value::Array(parts) => parts.iter().any(is_held),
        _ => false,
    }
}

/// Filled cells, in order of their columns' names. Without a header, a column is named by its number from 1.
///
/// A row is archived as the JSON object of its cells.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Cells<'a>(pub(super) Vec<(Cow<'a, str>, Cell<'a>)>);

impl Cells<'_> {
    /// Returns the digest of the row: that of its JSON object.
    pub(super) fn digest(&self) -> Digest {
        let mut writer = DigestWriter::default();
        writer.object(self.0.len());
        for (name, cell) in &self.0 {
            writer.key(name);
            match cell {
                Cell::Text(text) => writer.text(text),
                Cell::List(parts) => writer.list(parts),
            }
        }
        writer.digest()
    }
}

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, cell)| (name, cell)))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Cells<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Cells<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a row")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut cells = Vec::with_capacity(8);
                while let Some((Text(name), cell)) = map.next_entry()? {
                    cells.push((name, cell));
                }
                Ok(Cells(cells))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// A text, borrowed from the JSON if nothing in it is escaped.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Cell<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct One;
        impl<'de> Visitor<'de> for One {
            type Value = Cell<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cell::Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cell::Text(Cow::Owned(text.to_owned())))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut parts = Vec::new();
                while let Some(part) = list.next_element()? {
                    parts.push(part);
                }
                Ok(Cell::List(parts))
            }
        }
        deserializer.deserialize_any(One)
    }
}

/// A row with the rules of its mapping about columns.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) cells: &'a Cells<'a>,
    /// Names of numbered columns, from the mapping.
    pub(super) columns: &'a [String],
    /// Texts that mean an empty cell.
    pub(super) empty: &'a [String],
}

impl<'a> Row<'a> {
    /// Returns the text of a column, with the parts of a list separated by commas; `None` if the text is
    /// blank or means an empty cell.
    pub(super) fn cell(&self, column: &str) -> Option<Cow<'a, str>> {
        match self.at(column)? {
            Cell::Text(text) => self.held(text).map(Cow::Borrowed),
            Cell::List(parts) => {
                let parts: Vec<&str> = self.texts(parts).collect();
                (!parts.is_empty()).then(|| parts.join(", ").into())
            }
        }
    }

    /// Returns the parts of a list in a column of a columnar file.
    pub(super) fn list(&self, column: &str) -> Option<Vec<Cow<'a, str>>> {
        match self.at(column)? {
            Cell::Text(_) => None,
            Cell::List(parts) => Some(self.texts(parts).map(Cow::Borrowed).collect()),
        }
    }

    /// Returns a text without blanks around it; `None` if it means an empty cell.
    pub(super) fn held<'t>(&self, text: &'t str) -> Option<&'t str> {
        held(text).filter(|text| !self.empty.iter().any(|empty| empty == text))
    }

    fn texts(&self, parts: &'a [Value]) -> impl Iterator<Item = &'a str> {
        parts.iter().filter_map(Value::as_str).filter_map(|text| self.held(text))
    }

    fn at(&self, column: &str) -> Option<&'a Cell<'a>> {
        let named = |name: &str| self.cells.0.iter().find(|(known, _)| known == name).map(|(_, cell)| cell);
        match self.columns.iter().position(|name| name == column) {
            Some(at) => named(&(at + 1).to_string()),
            None => named(column),
        }
    }
}

fn held(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ingest::json::digest;

    #[test]
    fn a_row_is_the_object_that_it_is_archived_as() {
        let object =
            json!({ "a": "plain", "b": "a \"quote\" and \u{e9}", "c": ["x", ["y"]], "d": "line\nbreak" });
        let text = object.to_string();
        let cells: Cells<'_> = serde_json::from_str(&text).expect("a row");
        assert_eq!(serde_json::to_string(&cells).expect("plain data"), text);
        assert_eq!(cells.digest(), digest(&object));
        assert!(matches!(&cells.0[0].1, Cell::Text(Cow::Borrowed("plain"))));
        for other in ["[]", "{\"a\":1}", "{\"a\":{}}", "\"a\""] {
            assert!(serde_json::from_str::<Cells<'_>>(other).is_err(), "{other}");
        }
    }
}
