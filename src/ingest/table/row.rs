//! One row of a table: its cells by the names of their columns.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// A row as it is kept: cells that hold something, by column; where the table has no header,
/// by the column's number from 1.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) cells: &'a Map<String, Value>,
    /// Names that the mapping gives to numbered columns.
    pub(super) columns: &'a [String],
}

impl<'a> Row<'a> {
    /// Returns what stands in a column, of a list its parts with commas; `None` where that is
    /// nothing but blanks.
    pub(super) fn cell(&self, column: &str) -> Option<Cow<'a, str>> {
        match self.at(column)? {
            Value::String(text) => held(text).map(Cow::Borrowed),
            Value::Array(parts) => {
                let parts: Vec<&str> = texts(parts).collect();
                (!parts.is_empty()).then(|| parts.join(", ").into())
            }
            _ => None,
        }
    }

    /// Returns the parts of a list that stands in a column as one: files of columns have such.
    pub(super) fn list(&self, column: &str) -> Option<Vec<String>> {
        let parts = self.at(column)?.as_array()?;
        Some(texts(parts).map(str::to_owned).collect())
    }

    fn at(&self, column: &str) -> Option<&'a Value> {
        match self.columns.iter().position(|name| name == column) {
            Some(at) => self.cells.get(&(at + 1).to_string()),
            None => self.cells.get(column),
        }
    }
}

fn texts(parts: &[Value]) -> impl Iterator<Item = &str> {
    parts.iter().filter_map(Value::as_str).filter_map(held)
}

fn held(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}
