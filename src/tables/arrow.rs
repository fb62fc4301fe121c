//! Columns to Arrow batches and from there to files, with equal bytes for equal columns.
//!
//! Every array is built new from its rows, because a sliced or filtered Arrow array keeps removed values
//! in its buffers. Batches have a fixed number of rows, so the bytes do not depend on memory layout or
//! thread count. No file contains a time of writing, a host name or a random value.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::BufWriter;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field as ArrowField, Schema, SchemaRef, TimeUnit};

use super::files::{BATCH_ROWS, TableFile};
use super::schema::{Extra, Table};
use super::{OutputError, unwritable};
use crate::columns::{Column, ColumnType, Columns, PackedTexts};

const UTC: &str = "UTC";

/// Writes `columns` as a file with the name of the table and the suffix of the format, and returns the path.
///
/// `extra` describes real-number columns that follow those of the schema, for tables that allow them.
///
/// # Panics
/// If names, order or types of the columns differ from the schema, or if a column that is never null
/// contains a null.
pub fn write_table(
    folder: &Path,
    table: &Table,
    extra: &[Extra],
    columns: &Columns,
    format: &TableFile,
) -> Result<PathBuf, OutputError> {
    write_parts(folder, table, extra, std::iter::once(columns), format)
}

/// Writes a table from batches, of which all but the last have 131,072 rows.
///
/// # Panics
/// If the columns of a batch differ from the schema.
pub fn write_parts<'a>(
    folder: &Path,
    table: &Table,
    extra: &[Extra],
    parts: impl Iterator<Item = impl Into<Cow<'a, Columns>>>,
    format: &TableFile,
) -> Result<PathBuf, OutputError> {
    write_described(folder, table, extra, &[], parts, format)
}

/// Writes a table as [`write_parts`] does, with further metadata of the schema: keys and values.
///
/// # Panics
/// If the columns of a batch differ from the schema.
pub fn write_described<'a>(
    folder: &Path,
    table: &Table,
    extra: &[Extra],
    metadata: &[(&str, String)],
    parts: impl Iterator<Item = impl Into<Cow<'a, Columns>>>,
    format: &TableFile,
) -> Result<PathBuf, OutputError> {
    let schema = Arc::new(schema(table, extra, metadata));
    let path = folder.join(format!("{}.{}", table.name, format.suffix));
    let file = BufWriter::new(File::create(&path).map_err(unwritable(&path))?);
    let mut batches = parts.flat_map(|part| {
        let columns = part.into();
        check(table, extra, &columns);
        match columns {
            Cow::Owned(columns) if (1..=BATCH_ROWS).contains(&columns.rows()) => {
                vec![whole_batch(&schema, columns)]
            }
            columns => {
                let starts = (0..columns.rows()).step_by(BATCH_ROWS);
                let batch = |start| batch(&schema, &columns, start, columns.rows().min(start + BATCH_ROWS));
                starts.map(batch).collect::<Vec<_>>()
            }
        }
    });
    (format.write)(file, &schema, &mut batches).map_err(unwritable(&path))?;
    Ok(path)
}

/// Panics with the names of table and column if `columns` differs from the schema.
pub(super) fn check(table: &Table, extra: &[Extra], columns: &Columns) {
    let name = table.name;
    assert!(extra.is_empty() || table.grows.is_some(), "table {name} takes no extra columns");
    let expected: Vec<_> = table
        .fields
        .iter()
        .map(|field| (field.name, field.column_type, field.nullable))
        .chain(extra.iter().map(|extra| (extra.name.as_str(), ColumnType::Number, true)))
        .collect();
    let actual: Vec<_> = columns.iter().map(|(name, _)| name).collect();
    let wanted: Vec<_> = expected.iter().map(|(name, _, _)| *name).collect();
    assert!(actual == wanted, "table {name} has columns {wanted:?}, not {actual:?}");
    for ((field, column_type, nullable), (_, column)) in expected.iter().zip(columns.iter()) {
        let found = column.column_type();
        assert!(found == *column_type, "{name}.{field} is {}, not {}", column_type.name(), found.name());
        let unknown = if *nullable { None } else { column.first_null() };
        assert!(unknown.is_none(), "{name}.{field} is never null, but is in row {unknown:?}");
    }
}

fn schema(table: &Table, extra: &[Extra], metadata: &[(&str, String)]) -> Schema {
    let fields = table
        .fields
        .iter()
        .map(|field| arrow_field(field.name, field.column_type, field.nullable, field.about));
    let extra_fields = extra.iter().map(|extra| {
        let mut field = arrow_field(&extra.name, ColumnType::Number, true, &extra.about);
        let own = extra.metadata.iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
        field.metadata_mut().extend(own);
        field
    });
    let fields: Vec<_> = fields.chain(extra_fields).collect();
    let mut about = HashMap::from([
        ("description".to_owned(), table.about.to_owned()),
        ("table".to_owned(), table.name.to_owned()),
    ]);
    about.extend(metadata.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    Schema::new_with_metadata(fields, about)
}

fn arrow_field(name: &str, column_type: ColumnType, nullable: bool, about: &str) -> ArrowField {
    let stored = match column_type {
        ColumnType::Text => DataType::Utf8,
        ColumnType::Texts => DataType::List(list_item()),
        // Counts are signed, because pandas and others convert unsigned columns with nulls to floats.
        ColumnType::Count | ColumnType::Whole => DataType::Int64,
        ColumnType::Number => DataType::Float64,
        ColumnType::Time => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
        ColumnType::Flag => DataType::Boolean,
    };
    ArrowField::new(name, stored, nullable).with_metadata(HashMap::from([
        ("description".to_owned(), about.to_owned()),
        ("type".to_owned(), column_type.name().to_owned()),
    ]))
}

fn list_item() -> Arc<ArrowField> {
    Arc::new(ArrowField::new("item", DataType::Utf8, false))
}

/// Returns rows `start..end` as one batch.
fn batch(schema: &SchemaRef, columns: &Columns, start: usize, end: usize) -> RecordBatch {
    let arrays = columns.iter().map(|(name, column)| array(name, column, start, end)).collect();
    RecordBatch::try_new(Arc::clone(schema), arrays).expect("checked against the table")
}

/// Returns all rows as one batch, which takes the buffers of texts as they are.
fn whole_batch(schema: &SchemaRef, columns: Columns) -> RecordBatch {
    let rows = columns.rows();
    let whole = |(name, column): (String, Column)| -> ArrayRef {
        match column {
            Column::Packed(texts) => Arc::new(whole_packed(texts)),
            Column::PackedLists(lists) => {
                let (items, ends) = lists.into_parts();
                Arc::new(ListArray::new(list_item(), offsets(&ends), Arc::new(whole_packed(items)), None))
            }
            other => array(&name, &other, 0, rows),
        }
    };
    let arrays = columns.into_iter().map(whole).collect();
    RecordBatch::try_new(Arc::clone(schema), arrays).expect("checked against the table")
}

/// Returns packed texts as an array with their buffer.
fn whole_packed(texts: PackedTexts) -> StringArray {
    let nulls = texts.validity(0..texts.len()).map(NullBuffer::from);
    let (text, ends) = texts.into_parts();
    StringArray::new(offsets(&ends), Buffer::from_vec(text.into_bytes()), nulls)
}

/// Returns the offsets of texts or lists from their ends.
///
/// # Panics
/// If there are 2^31 bytes or items: the type of the column cannot have more.
fn offsets(ends: &[usize]) -> OffsetBuffer<i32> {
    let end = |end: &usize| i32::try_from(*end).expect("a batch has less than 2 GB of text");
    OffsetBuffer::new(std::iter::once(0).chain(ends.iter().map(end)).collect())
}

fn array(name: &str, column: &Column, start: usize, end: usize) -> ArrayRef {
    match column {
        Column::Text(values) => {
            let values = values[start..end].iter().map(Option::as_deref);
            Arc::new(values.collect::<StringArray>())
        }
        Column::Packed(texts) => Arc::new(packed(texts, start..end)),
        Column::PackedLists(lists) => {
            let (items, range) = lists.items(start..end);
            let offsets = OffsetBuffer::from_lengths(lists.lengths(start..end));
            Arc::new(ListArray::new(list_item(), offsets, Arc::new(packed(items, range)), None))
        }
        Column::Texts(values) => {
            let rows = &values[start..end];
            let items: Vec<&str> = rows.iter().flatten().map(String::as_str).collect();
            let items = Arc::new(StringArray::from(items));
            let offsets = OffsetBuffer::from_lengths(rows.iter().map(Vec::len));
            Arc::new(ListArray::new(list_item(), offsets, items, None))
        }
        Column::Count(values) => {
            let signed = |count: u64| {
                i64::try_from(count).unwrap_or_else(|_| panic!("{name} counts {count}, above 2^63"))
            };
            let values = &values[start..end];
            Arc::new(values.iter().map(|value| value.map(signed)).collect::<Int64Array>())
        }
        Column::Number(values) => Arc::new(values[start..end].iter().copied().collect::<Float64Array>()),
        Column::Real(values) => {
            let known = |value: &f64| Some(*value).filter(|value| !value.is_nan());
            Arc::new(values[start..end].iter().map(known).collect::<Float64Array>())
        }
        Column::Time(values) => {
            let values = values[start..end].iter().copied();
            Arc::new(values.collect::<TimestampMicrosecondArray>().with_timezone(UTC))
        }
        Column::Flag(values) => Arc::new(values[start..end].iter().copied().collect::<BooleanArray>()),
        Column::Whole(values) => Arc::new(Int64Array::from(values[start..end].to_vec())),
    }
}

/// Returns rows of packed texts as an array, whose buffer has no other text.
fn packed(texts: &PackedTexts, rows: Range<usize>) -> StringArray {
    let (text, lengths) = texts.texts(rows.clone());
    let offsets = OffsetBuffer::from_lengths(lengths);
    let nulls = texts.validity(rows).map(NullBuffer::from);
    StringArray::new(offsets, Buffer::from(text.as_bytes()), nulls)
}

#[cfg(test)]
mod tests;
