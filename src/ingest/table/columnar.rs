//! Parquet and Arrow IPC: rows of columns, read by the same mapping as CSV.
//!
//! The file is decoded into parts: the names of its columns, then batches of formatted cells. [`MappedRows`] makes
//! records of them, in this process or in the one that started it. Besides the file and its accepted rows, one batch
//! of rows is in memory. The contents are limited like those of compressed files. A file is read completely or not at
//! all: the content of a part that cannot be read is unknown.

mod mapped;
mod parts;

use std::{borrow::Cow, collections::BTreeSet, io::Cursor, panic, sync::Arc};

use arrow::{
    array::RecordBatch,
    datatypes::{DataType, Field, FieldRef, Fields, Schema},
    error::ArrowError,
    ipc::reader::{FileReader, StreamReader},
};
use bytes::Bytes;
use parquet::{
    arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder},
    basic::{Compression, LogicalType},
    file::metadata::{ColumnChunkMetaData, RowGroupMetaData},
    schema::types::ColumnDescPtr,
};

use super::{
    cells::{self, CellError, CellFormatter, CellValue},
    limits,
    source_mapping::SourceMapping,
};
use crate::ingest::{
    format::Delivery,
    reject::{Reject, RejectRule, RejectedObject},
    unpack,
};
pub(in crate::ingest) use mapped::MappedRows;
pub(in crate::ingest) use parts::{PartKind, decode_part, encode_part};

#[cfg(test)]
mod tests;

/// Rows that are formatted together.
const BATCH: usize = 8_192;

/// First bytes of Arrow IPC: as a file, as a stream.
const ARROW_FILE: &[u8] = b"ARROW1";
const ARROW_STREAM: &[u8] = &[0xff; 4];
const PARQUET: &[u8] = b"PAR1";

/// A part of a decoded file: one list of columns, then rows in order.
pub(in crate::ingest) enum TablePart<'a> {
    /// Names of the columns; those of a structure have its name and a point as prefix.
    Columns(Vec<Cow<'a, str>>),
    /// Cells of consecutive rows, by column.
    Rows(CellColumns<'a>),
}

/// Cells of consecutive rows, by column.
pub(in crate::ingest) struct CellColumns<'a> {
    /// Number of rows; a table without columns has rows, too.
    pub(super) rows: usize,
    /// For each column a cell for each row.
    pub(super) columns: Vec<Vec<CellValue<'a>>>,
}

/// Receives the parts of a file. An error ends the reading of the file.
pub(in crate::ingest) type PartSink<'a> = dyn FnMut(TablePart<'_>) -> Result<(), RejectedObject> + 'a;

/// Returns the format's name of a columnar file, by its first bytes; `None` for any other file.
pub(in crate::ingest) fn format_of(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(PARQUET) {
        Some("parquet")
    } else if bytes.starts_with(ARROW_FILE) || bytes.starts_with(ARROW_STREAM) {
        Some("arrow")
    } else {
        None
    }
}

/// Reads a columnar file into a delivery.
pub(super) fn read(
    bytes: Vec<u8>,
    source_mapping: &SourceMapping,
    delivery: &mut Delivery,
) -> Result<(), RejectedObject> {
    let mut rows = MappedRows::new(source_mapping);
    decode(bytes, source_mapping.mapping.decimal(), &mut |part| rows.take(part, delivery))
}

/// Decodes a columnar file into parts. Numbers are formatted with the given decimal sign.
pub(in crate::ingest) fn decode(
    bytes: Vec<u8>,
    decimal: char,
    sink: &mut PartSink<'_>,
) -> Result<(), RejectedObject> {
    let limit = unpack::limit(bytes.len() as u64);
    let read = || {
        if bytes.starts_with(PARQUET) {
            parquet(&Bytes::from(bytes), (decimal, limit), sink)
        } else {
            arrow(&bytes, (decimal, limit), sink)
        }
    };
    // A damaged file may make its reader panic; only the file is rejected then.
    panic::catch_unwind(panic::AssertUnwindSafe(read)).unwrap_or_else(|_| Err(broken().into()))
}

/// Returns the reject of an unreadable file. The reader's own message might contain values.
fn broken() -> Reject {
    CellError::Damaged.into()
}

fn parquet(
    bytes: &Bytes,
    (decimal, limit): (char, u64),
    sink: &mut PartSink<'_>,
) -> Result<(), RejectedObject> {
    limits::footer(bytes).map_err(Reject::from)?;
    let metadata = parquet_metadata(bytes).map_err(|_| broken())?;
    let groups = metadata.metadata().row_groups();
    let mut packings =
        groups.iter().flat_map(RowGroupMetaData::columns).map(ColumnChunkMetaData::compression);
    if packings.any(|packing| matches!(packing, Compression::BROTLI(_) | Compression::LZO)) {
        let reason = "columns packed by Brotli or LZO, which are not supported";
        return Err(Reject::new(RejectRule::Compression, reason).into());
    }
    limits::pages(bytes, metadata.metadata(), limit).map_err(Reject::from)?;
    let is_uuid = |column: &&ColumnDescPtr| matches!(column.logical_type_ref(), Some(LogicalType::Uuid));
    let uuids = metadata.parquet_schema().columns().iter().filter(is_uuid);
    let uuids = uuids.map(|column| column.path().string()).collect();
    let mut table = Table::begin(metadata.schema(), &uuids, (decimal, limit), sink)?;
    for group in 0..groups.len() {
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes.clone(), metadata.clone());
        let batches = reader.with_row_groups(vec![group]).with_batch_size(BATCH).build();
        for batch in batches.map_err(|_| broken())? {
            table.give(&batch.map_err(|_| broken())?, sink)?;
        }
    }
    Ok(())
}

/// Reads the metadata of a Parquet file. Types are those of Parquet, whatever Arrow schema its writer added.
/// Texts are read as views, so that repeated texts are stored once.
fn parquet_metadata(bytes: &Bytes) -> parquet::errors::Result<ArrowReaderMetadata> {
    let plain = ArrowReaderMetadata::load(bytes, ArrowReaderOptions::new().with_skip_arrow_metadata(true))?;
    let fields: Fields = plain.schema().fields().iter().map(as_view).collect();
    let schema = Schema::new_with_metadata(fields, plain.schema().metadata().clone());
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    ArrowReaderMetadata::try_new(Arc::clone(plain.metadata()), options)
}

fn as_view(field: &FieldRef) -> FieldRef {
    let kind = match field.data_type() {
        DataType::Utf8 => DataType::Utf8View,
        DataType::Binary => DataType::BinaryView,
        DataType::List(item) => DataType::List(as_view(item)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(as_view).collect()),
        _ => return Arc::clone(field),
    };
    Arc::new(Field::clone(field).with_data_type(kind))
}

fn arrow(bytes: &[u8], (decimal, limit): (char, u64), sink: &mut PartSink<'_>) -> Result<(), RejectedObject> {
    // The footer lists the batches; a file without its last mark is cut off.
    if !bytes.starts_with(ARROW_FILE) {
        limits::messages(bytes, limit).map_err(Reject::from)?;
        let batches = StreamReader::try_new(Cursor::new(bytes), None).map_err(|_| broken())?;
        let schema = batches.schema();
        return arrow_batches(&schema, batches, (decimal, limit), sink);
    }
    if !bytes.ends_with(ARROW_FILE) {
        return Err(broken().into());
    }
    limits::blocks(bytes, limit).map_err(Reject::from)?;
    let batches = FileReader::try_new(Cursor::new(bytes), None).map_err(|_| broken())?;
    let schema = batches.schema();
    arrow_batches(&schema, batches, (decimal, limit), sink)
}

fn arrow_batches(
    schema: &Schema,
    batches: impl Iterator<Item = Result<RecordBatch, ArrowError>>,
    (decimal, limit): (char, u64),
    sink: &mut PartSink<'_>,
) -> Result<(), RejectedObject> {
    let uuids = schema.fields().iter().filter(|field| cells::is_uuid(field));
    let uuids = uuids.map(|field| field.name().clone()).collect();
    let mut table = Table::begin(schema, &uuids, (decimal, limit), sink)?;
    for batch in batches {
        let batch = batch.map_err(|_| broken())?;
        for start in (0..batch.num_rows()).step_by(BATCH) {
            table.give(&batch.slice(start, BATCH.min(batch.num_rows() - start)), sink)?;
        }
    }
    Ok(())
}

/// A file whose columns are known.
struct Table {
    decimal: char,
    /// For each column whether its bytes are UUIDs.
    are_uuids: Vec<bool>,
    /// Bytes that may still be formatted.
    left: u64,
}

impl Table {
    /// Gives the names of the columns.
    fn begin(
        schema: &Schema,
        uuids: &BTreeSet<String>,
        (decimal, left): (char, u64),
        sink: &mut PartSink<'_>,
    ) -> Result<Self, RejectedObject> {
        let flat = schema.normalize(".", None).map_err(|_| broken())?;
        let names: Vec<&str> = flat.fields().iter().map(|field| field.name().as_str()).collect();
        let are_uuids = names.iter().map(|name| uuids.contains(*name)).collect();
        sink(TablePart::Columns(names.into_iter().map(Cow::Borrowed).collect()))?;
        Ok(Self { decimal, are_uuids, left })
    }

    /// Formats rows, and gives them.
    fn give(&mut self, batch: &RecordBatch, sink: &mut PartSink<'_>) -> Result<(), RejectedObject> {
        let is_nested = |field: &FieldRef| matches!(field.data_type(), DataType::Struct(_));
        let flat = batch.schema_ref().fields().iter().any(is_nested).then(|| batch.normalize(".", None));
        let flat = flat.transpose().map_err(|_| broken())?;
        let batch = flat.as_ref().unwrap_or(batch);
        let rows = batch.num_rows();
        // A row counts one byte even without columns.
        let left = self.left.checked_sub(rows as u64).ok_or(CellError::Size).map_err(Reject::from)?;
        let mut formatter = CellFormatter { decimal: self.decimal, left };
        let mut columns = Vec::with_capacity(batch.num_columns());
        for (array, is_uuid) in batch.columns().iter().zip(&self.are_uuids) {
            columns.push(formatter.column(array, *is_uuid).map_err(Reject::from)?);
        }
        self.left = formatter.left;
        sink(TablePart::Rows(CellColumns { rows, columns }))
    }
}
