//! Parts of a published table, with an error that names the table.

use std::path::Path;

use crate::{
    columns::Columns,
    explain::QuestionError,
    run::RunError,
    tables::{self, TABLE_FILES, files},
};

/// Reads columns of a table part by part. `read` returns `None` if a part lacks a column or has an unknown id.
pub(in crate::web) fn scan(
    folder: &Path,
    table: &'static str,
    columns: &[&str],
    mut read: impl FnMut(&Columns) -> Option<()>,
) -> Result<(), QuestionError> {
    let absent = || folder.join(format!("{table}.{}", TABLE_FILES[0].suffix));
    let path = files::path_of(folder, table).unwrap_or_else(absent);
    let mut is_whole = true;
    let scanned = tables::scan_table(&path, columns, |part| is_whole &= read(part).is_some());
    scanned.map_err(RunError::from)?;
    if is_whole { Ok(()) } else { Err(QuestionError::Lacks(table)) }
}

/// Returns whether a folder has a table.
pub(super) fn has_table(folder: &Path, table: &str) -> bool {
    files::path_of(folder, table).is_some()
}

/// Time that means null.
pub(super) const NO_TIME: i64 = i64::MIN;
