//! File formats of published tables. Each format is one file and one row of [`TABLE_FILES`].

mod arrow_file;
mod parquet_file;

use std::{
    error::Error,
    fs::File,
    io::BufWriter,
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
};

use arrow::{array::RecordBatch, datatypes::SchemaRef};

/// Rows in one batch or row group; small enough that text offsets stay within 32 bits.
pub(super) const BATCH_ROWS: usize = 131_072;

/// Error of a library or of the system.
pub(super) type TableFileError = Box<dyn Error + Send + Sync>;

/// Schema and batches of one table.
pub(super) type Batches = (SchemaRef, Vec<RecordBatch>);

/// Function that writes one table to a file.
type WriteTable =
    fn(BufWriter<File>, &SchemaRef, &mut dyn Iterator<Item = RecordBatch>) -> Result<(), TableFileError>;

/// A file format in which tables are published. To add one: a file beside this one, and its row in [`TABLE_FILES`].
#[derive(Debug)]
pub struct TableFile {
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
    pub(super) read: Option<fn(File) -> Result<Batches, TableFileError>>,
    /// Reads the named columns of such a file batch by batch; a column that the file lacks is left out.
    pub(super) scan: Option<ScanTable>,
}

/// Function that hands batches with the named columns to another function, in order.
type ScanTable = fn(
    File,
    &[&str],
    &mut dyn FnMut(&RecordBatch) -> Result<(), TableFileError>,
) -> Result<(), TableFileError>;

/// Returns the positions of the named columns of a schema, ascending.
fn positions(schema: &SchemaRef, columns: &[&str]) -> Vec<usize> {
    let named = |(position, field): (usize, &arrow::datatypes::FieldRef)| {
        columns.contains(&field.name().as_str()).then_some(position)
    };
    schema.fields().iter().enumerate().filter_map(named).collect()
}

/// Runs a step of a decoder. A damaged file can make the decoder panic; that is an error of the file.
fn guarded<T, E: Into<TableFileError>>(step: impl FnOnce() -> Result<T, E>) -> Result<T, TableFileError> {
    match panic::catch_unwind(AssertUnwindSafe(step)) {
        Ok(ended) => ended.map_err(Into::into),
        Err(_) => Err("the file is damaged".into()),
    }
}

impl TableFile {
    /// Returns whether commands can read tables in this format.
    pub fn is_readable(&self) -> bool {
        self.read.is_some()
    }
}

/// All formats. The first one is the default.
pub const TABLE_FILES: &[TableFile] = &[arrow_file::TABLE_FILE, parquet_file::TABLE_FILE];

/// Returns the format of that name, if there is one.
pub fn named(name: &str) -> Option<&'static TableFile> {
    TABLE_FILES.iter().find(|format| format.name == name)
}

/// Returns the format of files with that path, if there is one.
pub fn of_file(path: &Path) -> Option<&'static TableFile> {
    TABLE_FILES.iter().find(|format| path.extension().is_some_and(|suffix| suffix == format.suffix))
}

/// Returns the path of a table in a folder of tables, in the first format that is there; `None` if the table is absent.
pub fn path_of(folder: &Path, table: &str) -> Option<PathBuf> {
    TABLE_FILES
        .iter()
        .map(|format| folder.join(format!("{table}.{}", format.suffix)))
        .find(|path| path.exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_has_a_name_a_sentence_and_a_suffix_of_its_own() {
        assert!(TABLE_FILES.len() >= 2);
        for (position, format) in TABLE_FILES.iter().enumerate() {
            let earlier = &TABLE_FILES[..position];
            assert!(earlier.iter().all(|other| other.name != format.name), "{}", format.name);
            assert!(earlier.iter().all(|other| other.suffix != format.suffix), "{}", format.name);
            assert!(format.about.ends_with('.') && !format.suffix.starts_with('.'), "{}", format.name);
            assert_eq!(named(format.name).map(|found| found.suffix), Some(format.suffix));
        }
        assert!(TABLE_FILES[0].is_readable(), "commands can read tables in the default format");
    }
}
