//! Parquet and Arrow IPC: rows of columns, read by the same mapping as CSV.
//!
//! Besides the file and its accepted rows, one batch of rows for each thread is in memory. The contents are
//! limited like those of compressed files. A file is read completely or not at all: the content of a part
//! that cannot be read is unknown.

use std::{collections::BTreeSet, io::Cursor, panic, sync::Arc};

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
use rayon::prelude::*;

use super::{
    cells::{self, CellError, CellFormatter, CellValue},
    columns::MappedColumns,
    limits,
    row::Cell,
    source_mapping::SourceMapping,
};
use crate::ingest::{
    format::{AcceptedObject, Delivery},
    reject::{Reject, RejectRule, RejectedObject},
    unpack,
};

#[cfg(test)]
mod tests;

/// Rows that are formatted together.
const BATCH: usize = 8_192;

/// First bytes of Arrow IPC: as a file, as a stream.
const ARROW_FILE: &[u8] = b"ARROW1";
const ARROW_STREAM: &[u8] = &[0xff; 4];
const PARQUET: &[u8] = b"PAR1";

/// Accepted and rejected rows.
type ColumnarRead = Vec<Result<AcceptedObject, RejectedObject>>;

/// Returns the format's name of a columnar file, by its first bytes; `None` for any other file.
pub(super) fn format_of(bytes: &[u8]) -> Option<&'static str> {
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
    let limit = unpack::limit(bytes.len() as u64);
    let read = || {
        if bytes.starts_with(PARQUET) {
            parquet(&Bytes::from(bytes), source_mapping, limit, delivery)
        } else {
            arrow(&bytes, source_mapping, limit, delivery)
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
    source_mapping: &SourceMapping,
    limit: u64,
    delivery: &mut Delivery,
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
    let file = File::new(metadata.schema(), &uuids, source_mapping, delivery)?;
    // As many groups as threads are read in parallel, and counted in order.
    let mut first = 1;
    let mut starts = Vec::with_capacity(groups.len());
    for group in groups {
        starts.push(first);
        first += u64::try_from(group.num_rows()).map_err(|_| broken())?;
    }
    let mut left = limit;
    let numbers: Vec<usize> = (0..groups.len()).collect();
    for side_by_side in numbers.chunks(rayon::current_num_threads().max(1)) {
        let read: Vec<Result<(ColumnarRead, u64), Reject>> = side_by_side
            .par_iter()
            .map(|&group| {
                let reader =
                    ParquetRecordBatchReaderBuilder::new_with_metadata(bytes.clone(), metadata.clone());
                let batches = reader.with_row_groups(vec![group]).with_batch_size(BATCH).build();
                let batches = batches.map_err(|_| broken())?;
                let mut rows = ColumnarRows { file: &file, next: starts[group], left };
                let mut read = Vec::new();
                for batch in batches {
                    read.extend(rows.read(&batch.map_err(|_| broken())?)?);
                }
                Ok((read, left - rows.left))
            })
            .collect();
        for group in read {
            let (rows, spent) = group?;
            left = left.checked_sub(spent).ok_or(CellError::Size).map_err(Reject::from)?;
            delivery.add(rows);
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

fn arrow(
    bytes: &[u8],
    source_mapping: &SourceMapping,
    limit: u64,
    delivery: &mut Delivery,
) -> Result<(), RejectedObject> {
    // The footer lists the batches; a file without its last mark is cut off.
    if !bytes.starts_with(ARROW_FILE) {
        limits::messages(bytes, limit).map_err(Reject::from)?;
        let batches = StreamReader::try_new(Cursor::new(bytes), None).map_err(|_| broken())?;
        let schema = batches.schema();
        return arrow_batches(&schema, batches, source_mapping, limit, delivery);
    }
    if !bytes.ends_with(ARROW_FILE) {
        return Err(broken().into());
    }
    limits::blocks(bytes, limit).map_err(Reject::from)?;
    let batches = FileReader::try_new(Cursor::new(bytes), None).map_err(|_| broken())?;
    let schema = batches.schema();
    arrow_batches(&schema, batches, source_mapping, limit, delivery)
}

fn arrow_batches(
    schema: &Schema,
    batches: impl Iterator<Item = Result<RecordBatch, ArrowError>>,
    source_mapping: &SourceMapping,
    limit: u64,
    delivery: &mut Delivery,
) -> Result<(), RejectedObject> {
    let uuids = schema.fields().iter().filter(|field| cells::is_uuid(field));
    let file =
        File::new(schema, &uuids.map(|field| field.name().clone()).collect(), source_mapping, delivery)?;
    let mut rows = ColumnarRows { file: &file, next: 1, left: limit };
    for batch in batches {
        let batch = batch.map_err(|_| broken())?;
        for start in (0..batch.num_rows()).step_by(BATCH) {
            let read = rows.read(&batch.slice(start, BATCH.min(batch.num_rows() - start)))?;
            delivery.add(read);
        }
    }
    Ok(())
}

/// A file and its columns.
struct File<'a> {
    source_mapping: &'a SourceMapping,
    columns: MappedColumns,
    /// For each column whether the mapping reads it, and whether its bytes are UUIDs.
    are_read: Vec<bool>,
    are_uuids: Vec<bool>,
}

impl<'a> File<'a> {
    /// Names the columns; those of a structure have its name and a point as prefix.
    fn new(
        schema: &Schema,
        uuids: &BTreeSet<String>,
        source_mapping: &'a SourceMapping,
        delivery: &mut Delivery,
    ) -> Result<Self, Reject> {
        let flat = schema.normalize(".", None).map_err(|_| broken())?;
        let names: Vec<&str> = flat.fields().iter().map(|field| field.name().as_str()).collect();
        let columns = MappedColumns::of_file(&names, source_mapping, delivery)?;
        let are_uuids = names.iter().map(|name| uuids.contains(*name)).collect();
        Ok(Self { are_read: columns.are_read(source_mapping), columns, source_mapping, are_uuids })
    }
}

/// Rows, in order.
struct ColumnarRows<'a> {
    file: &'a File<'a>,
    /// Number of the next row, from 1.
    next: u64,
    /// Bytes that may still be formatted.
    left: u64,
}

impl ColumnarRows<'_> {
    /// Formats rows, and accepts or rejects each.
    fn read(&mut self, batch: &RecordBatch) -> Result<ColumnarRead, Reject> {
        let is_nested = |field: &FieldRef| matches!(field.data_type(), DataType::Struct(_));
        let flat = batch.schema_ref().fields().iter().any(is_nested).then(|| batch.normalize(".", None));
        let flat = flat.transpose().map_err(|_| broken())?;
        let batch = flat.as_ref().unwrap_or(batch);
        let file = self.file;
        let decimal = file.source_mapping.mapping.decimal();
        // A row counts one byte even without columns.
        let left = self.left.checked_sub(batch.num_rows() as u64).ok_or(CellError::Size)?;
        let mut formatter = CellFormatter { decimal, left };
        let mut columns = Vec::with_capacity(batch.num_columns());
        for (array, is_uuid) in batch.columns().iter().zip(&file.are_uuids) {
            columns.push(formatter.column(array, *is_uuid)?.into_iter());
        }
        self.left = formatter.left;
        let row = |number: u64| {
            (number, columns.iter_mut().map(|cells| cells.next().unwrap_or(CellValue::NoText)).collect())
        };
        let first = self.next;
        self.next += batch.num_rows() as u64;
        let rows: Vec<(u64, Vec<CellValue<'_>>)> = (first..self.next).map(row).collect();
        let take = |(number, cells)| {
            file.columns.accept(file.source_mapping, format!("row {number}"), self.text(cells))
        };
        Ok(rows.into_par_iter().map(take).collect())
    }

    /// Rejects a row whose bytes are not text, if the mapping reads them; other columns are left out.
    fn text<'c>(&self, cells: Vec<CellValue<'c>>) -> Result<Vec<Cell<'c>>, Reject> {
        let text = |(at, cell): (usize, CellValue<'c>)| match cell {
            CellValue::Cell(cell) => Ok(cell),
            CellValue::Null => Ok(Cell::EMPTY),
            CellValue::NoText if !self.file.are_read.get(at).is_some_and(|is_read| *is_read) => {
                Ok(Cell::EMPTY)
            }
            CellValue::NoText => Err(Reject::new(
                RejectRule::Encoding,
                format!("bytes in column {} that are not text", at + 1),
            )),
        };
        cells.into_iter().enumerate().map(text).collect()
    }
}
