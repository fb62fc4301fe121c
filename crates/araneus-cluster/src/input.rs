//! The table of links that the steps read.

use std::{fs::File, path::Path, path::PathBuf};

use arrow::datatypes::{DataType, Schema};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::{
    error::{ClusterError, disk},
    table::{Parts, count_rows, parquet_files},
};

/// Names of the columns with both ends of a link.
const ENDS: [(&str, &str); 3] = [("source", "target"), ("from", "to"), ("from_id", "to_id")];

/// A table of links, and what its columns mean.
#[derive(Debug)]
pub(crate) struct Input {
    /// Files and number of rows.
    pub(crate) parts: Parts,
    /// Column with the end at which a link begins.
    pub(crate) from: &'static str,
    /// Column with the other end.
    pub(crate) to: &'static str,
    /// Is true if the ends are texts, false for whole numbers.
    pub(crate) is_text: bool,
    /// Is true if there is a column `weight`. Without it, each row has weight 1.
    pub(crate) has_weight: bool,
    /// Is true for the table `links` of a run, which has columns `layer` and `weight`. As in the measured graph of a
    /// run, rows of the layer `provenance` and rows without weight are then left out.
    pub(crate) is_of_run: bool,
}

impl Input {
    /// Reads the schema of a Parquet file, or of the first one in a folder.
    ///
    /// # Errors
    /// [`ClusterError::Input`] without a Parquet file, without columns of both ends, or with other types.
    pub(crate) fn of(path: &Path) -> Result<Self, ClusterError> {
        let fail = |rule: &str| ClusterError::Input { path: path.to_owned(), rule: rule.to_owned() };
        let path = path.canonicalize().map_err(|_| fail("the input must exist"))?;
        let files = parquet_files(&path)?;
        let first = files.first().ok_or_else(|| fail("the input must have a Parquet file"))?;
        let schema = schema_of(first)?;
        let ends =
            ENDS.into_iter().find(|(from, to)| [from, to].iter().all(|name| schema.index_of(name).is_ok()));
        let (from, to) = ends
            .ok_or_else(|| fail("the input must have columns source,target or from,to or from_id,to_id"))?;
        let type_of = |name| schema.field_with_name(name).map(|field| field.data_type().clone()).ok();
        let is_text = match (type_of(from), type_of(to)) {
            (Some(from), Some(to)) if is_text_type(&from) && is_text_type(&to) => true,
            (Some(from), Some(to)) if from.is_integer() && to.is_integer() => false,
            _ => return Err(fail("both ends must be texts, or both whole numbers")),
        };
        let has_weight = type_of("weight").is_some();
        if has_weight && type_of("weight").is_some_and(|weight| !weight.is_numeric()) {
            return Err(fail("the column weight must be a number"));
        }
        let rows = count_rows(&path)?;
        let is_of_run = has_weight && type_of("layer").is_some_and(|layer| is_text_type(&layer));
        Ok(Self { parts: Parts { folder: path, rows }, from, to, is_text, has_weight, is_of_run })
    }
}

fn is_text_type(column: &DataType) -> bool {
    match column {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text_type(values),
        _ => false,
    }
}

fn schema_of(path: &PathBuf) -> Result<Schema, ClusterError> {
    let file = File::open(path).map_err(disk("open", path))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|error| ClusterError::Table { path: path.clone(), cause: error.to_string() })?;
    Ok(reader.schema().as_ref().clone())
}
