//! Lists of links in Parquet and Arrow: their column names and their rows as text.

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

use crate::ingest::{Reject, RejectRule};

/// Names of the columns, and the rows in order; a null is an empty cell.
pub(super) struct ColumnarLinks {
    pub(super) names: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

/// Returns true for the first bytes of Parquet, of an Arrow file or of an Arrow stream.
pub(super) fn is_columnar(bytes: &[u8]) -> bool {
    let is_parquet = bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1");
    is_parquet || bytes.starts_with(b"ARROW1") || bytes.starts_with(&[0xff; 4])
}

/// Reads a columnar file.
pub(super) fn read(bytes: Vec<u8>) -> Result<ColumnarLinks, Reject> {
    // A damaged file may make its reader panic; only the file is rejected then.
    let rows = panic::catch_unwind(panic::AssertUnwindSafe(|| rows(bytes)));
    rows.ok()
        .and_then(Result::ok)
        .ok_or_else(|| Reject::new(RejectRule::UnknownFormat, "a Parquet or Arrow file that cannot be read"))
}

fn rows(bytes: Vec<u8>) -> Result<ColumnarLinks, ArrowError> {
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
    Ok(ColumnarLinks { names, rows })
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
