//! Any Parquet or Arrow file as text: the names of its columns, and its rows.

use std::{io::Cursor, panic};

use arrow::{
    array::RecordBatch,
    datatypes::SchemaRef,
    error::ArrowError,
    ipc::reader::{FileReader, StreamReader},
    util::display::{ArrayFormatter, FormatOptions},
};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// Names of the columns, and the rows in order; a null is an empty cell.
pub struct TextRows {
    /// Names of the columns.
    pub names: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<String>>,
}

/// Returns true for the first bytes of Parquet, of an Arrow file or of an Arrow stream.
pub fn is_columnar(bytes: &[u8]) -> bool {
    let is_parquet = bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1");
    is_parquet || bytes.starts_with(b"ARROW1") || bytes.starts_with(&[0xff; 4])
}

/// Reads a columnar file; `None` if it cannot be read.
pub fn read(bytes: Vec<u8>) -> Option<TextRows> {
    // A damaged file may make its reader panic.
    panic::catch_unwind(panic::AssertUnwindSafe(|| rows(bytes))).ok()?.ok()
}

fn rows(bytes: Vec<u8>) -> Result<TextRows, ArrowError> {
    let (schema, batches) = batches(bytes)?;
    let names = schema.fields().iter().map(|field| field.name().clone()).collect();
    let mut rows = Vec::new();
    let options = FormatOptions::default();
    for batch in batches {
        let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            let cell = |column: &ArrayFormatter<'_>| column.value(row).try_to_string();
            rows.push(columns.iter().map(cell).collect::<Result<Vec<_>, _>>()?);
        }
    }
    Ok(TextRows { names, rows })
}

fn batches(bytes: Vec<u8>) -> Result<(SchemaRef, Vec<RecordBatch>), ArrowError> {
    if bytes.starts_with(b"PAR1") {
        let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes))?;
        let schema = builder.schema().clone();
        return Ok((schema, builder.build()?.collect::<Result<_, _>>()?));
    }
    let bytes = Cursor::new(bytes);
    if bytes.get_ref().starts_with(b"ARROW1") {
        let reader = FileReader::try_new(bytes, None)?;
        return Ok((reader.schema(), reader.collect::<Result<_, _>>()?));
    }
    let reader = StreamReader::try_new(bytes, None)?;
    Ok((reader.schema(), reader.collect::<Result<_, _>>()?))
}
