//! One row of a table: its cells by the names of their columns.

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
    /// Returns what stands in a column; `None` where that is nothing but blanks.
    pub(super) fn cell(&self, column: &str) -> Option<&'a str> {
        let cell = match self.columns.iter().position(|name| name == column) {
            Some(at) => self.cells.get(&(at + 1).to_string())?,
            None => self.cells.get(column)?,
        };
        cell.as_str().map(str::trim).filter(|text| !text.is_empty())
    }
}
