//! Columns of a published table by name; a column of a later version may be absent.

use crate::{
    columns::Columns,
    explain::{QuestionError, run_table},
    time::Moment,
};

/// A published table.
pub(super) struct TableColumns {
    name: &'static str,
    columns: Columns,
}

impl TableColumns {
    /// Reads a table of an audience's folder.
    pub(super) fn read(folder: &std::path::Path, name: &'static str) -> Result<Self, QuestionError> {
        Ok(Self { name, columns: run_table(folder, name)? })
    }

    pub(super) fn rows(&self) -> std::ops::Range<usize> {
        0..self.columns.rows()
    }

    /// Returns a text that is never null; an error if the run of an older version lacks the column.
    pub(super) fn text(&self, column: &str, row: usize) -> Result<String, QuestionError> {
        self.maybe_text(column, row).ok_or(QuestionError::Lacks(self.name))
    }

    /// Returns a text; `None` if it is null.
    pub(super) fn maybe_text(&self, column: &str, row: usize) -> Option<String> {
        self.columns.text(column)?[row].clone()
    }

    /// Borrows a text; `None` if it is null.
    pub(super) fn text_at(&self, column: &str, row: usize) -> Option<&str> {
        self.columns.text(column)?[row].as_deref()
    }

    /// Returns a list of texts.
    pub(super) fn texts(&self, column: &str, row: usize) -> Result<Vec<String>, QuestionError> {
        let lists = self.columns.texts(column).ok_or(QuestionError::Lacks(self.name))?;
        Ok(lists[row].clone())
    }

    /// Returns a count; `None` if it is null.
    pub(super) fn count(&self, column: &str, row: usize) -> Option<u64> {
        self.columns.count(column)?[row]
    }

    /// Returns a number; `None` if it is null.
    pub(super) fn number(&self, column: &str, row: usize) -> Option<f64> {
        self.columns.number(column)?[row]
    }

    /// Returns a time; `None` if it is null.
    pub(super) fn time(&self, column: &str, row: usize) -> Option<Moment> {
        self.columns.time(column)?[row].map(Moment::from_micros)
    }
}
