//! File formats of published tables. Each format is one file and one row of [`EXPORTS`].

mod arrow_file;
mod parquet_file;

use std::{
    error::Error,
    fs::File,
    io::BufWriter,
    path::{Path, PathBuf},
};

use arrow::{array::RecordBatch, datatypes::SchemaRef};

/// Rows in one batch or row group; small enough that text offsets stay within 32 bits.
pub(super) const BATCH_ROWS: usize = 131_072;

/// Error of a library or of the system.
pub(super) type ExportError = Box<dyn Error + Send + Sync>;

/// Schema and batches of one table.
pub(super) type Batches = (SchemaRef, Vec<RecordBatch>);

/// Function that writes one table to a file.
type WriteTable =
    fn(BufWriter<File>, &SchemaRef, &mut dyn Iterator<Item = RecordBatch>) -> Result<(), ExportError>;

/// A file format in which tables are published. To add one: a file beside this one, and its row in [`EXPORTS`].
#[derive(Debug)]
pub struct Export {
    /// Name for `--format`.
    pub name: &'static str,
    /// Description in one sentence.
    pub about: &'static str,
    /// Suffix of file names, without the dot.
    pub suffix: &'static str,
    /// Writes one table to a file, from batches of 131,072 rows. The bytes depend on
    /// schema and rows only. A full disk is an error.
    pub(super) write: WriteTable,
    /// Reads a file that `write` made; `None` for a format that does not keep all types. Commands that answer from the
    /// tables of a run need it.
    pub(super) read: Option<fn(File) -> Result<Batches, ExportError>>,
    /// Reads the named columns of such a file batch by batch; a column that the file lacks is left out.
    pub(super) scan: Option<ScanTable>,
}

/// Function that hands batches with the named columns to another function, in order.
type ScanTable =
    fn(File, &[&str], &mut dyn FnMut(&RecordBatch) -> Result<(), ExportError>) -> Result<(), ExportError>;

/// Returns the positions of the named columns of a schema, ascending.
fn positions(schema: &SchemaRef, columns: &[&str]) -> Vec<usize> {
    let named = |(position, field): (usize, &arrow::datatypes::FieldRef)| {
        columns.contains(&field.name().as_str()).then_some(position)
    };
    schema.fields().iter().enumerate().filter_map(named).collect()
}

impl Export {
    /// Returns whether commands can read tables in this format.
    pub fn is_readable(&self) -> bool {
        self.read.is_some()
    }
}

/// All exports. The first one is the default.
pub const EXPORTS: &[Export] = &[arrow_file::EXPORT, parquet_file::EXPORT];

/// Returns the export of that name, if there is one.
pub fn named(name: &str) -> Option<&'static Export> {
    EXPORTS.iter().find(|export| export.name == name)
}

/// Returns the export of files with that path, if there is one.
pub(super) fn of_file(path: &Path) -> Option<&'static Export> {
    EXPORTS.iter().find(|export| path.extension().is_some_and(|suffix| suffix == export.suffix))
}

/// Returns the path of a table in a folder of tables, in the first format that is there; `None` if the table is absent.
pub fn path_of(folder: &Path, table: &str) -> Option<PathBuf> {
    EXPORTS.iter().map(|export| folder.join(format!("{table}.{}", export.suffix))).find(|path| path.exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_export_has_a_name_a_sentence_and_a_suffix_of_its_own() {
        assert!(EXPORTS.len() >= 2);
        for (position, export) in EXPORTS.iter().enumerate() {
            let earlier = &EXPORTS[..position];
            assert!(earlier.iter().all(|other| other.name != export.name), "{}", export.name);
            assert!(earlier.iter().all(|other| other.suffix != export.suffix), "{}", export.name);
            assert!(export.about.ends_with('.') && !export.suffix.starts_with('.'), "{}", export.name);
            assert_eq!(named(export.name).map(|found| found.suffix), Some(export.suffix));
        }
        assert!(EXPORTS[0].is_readable(), "commands can read tables in the default format");
    }
}
