//! Files of tables back to columns, for commands that answer from the tables of a run.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::Path;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, TimeUnit};

use super::files::{self, TABLE_FILES};
use super::{OutputError, unreadable};
use crate::columns::{Column, ColumnType, Columns};

/// Reads a table that [`super::write_table`] wrote, in the format that its suffix names.
pub fn read_table(path: &Path) -> Result<Columns, OutputError> {
    read_described(path).map(|table| table.columns)
}

/// Columns of a table with the metadata of its file.
#[derive(Clone, Debug)]
pub struct DescribedTable {
    /// Columns.
    pub columns: Columns,
    /// Metadata of the schema: keys and values.
    pub metadata: BTreeMap<String, String>,
    /// Metadata of each column, in order: keys and values.
    pub fields: Vec<BTreeMap<String, String>>,
}

/// Reads the named columns of a table part by part, so that a large table is never in memory as a whole. A column that the
/// file lacks is left out.
pub fn scan_table(path: &Path, columns: &[&str], mut read: impl FnMut(&Columns)) -> Result<(), OutputError> {
    let file = File::open(path).map_err(unreadable(path))?;
    let scan = files::of_file(path).unwrap_or(&TABLE_FILES[0]).scan;
    let scan = scan.ok_or_else(|| unreadable(path)("tables in this format cannot be read back"))?;
    let mut foreign = None;
    let mut part = |batch: &RecordBatch| {
        let schema = batch.schema();
        let mut named: Vec<(String, Column)> = Vec::with_capacity(schema.fields().len());
        for (field, array) in schema.fields().iter().zip(batch.columns()) {
            let Some(column) = column(field, &[array]) else {
                let (column, found) = (field.name().clone(), field.data_type().to_string());
                foreign = Some(OutputError::Foreign { path: path.to_owned(), column, found });
                return Err("a column of another type".into());
            };
            if named.iter().any(|(name, _)| name == field.name()) {
                return Err(format!("two columns are named {}", field.name()).into());
            }
            named.push((field.name().clone(), column));
        }
        read(&Columns::new(named));
        Ok(())
    };
    let scanned = scan(file, columns, &mut part);
    scanned.map_err(|error| foreign.unwrap_or_else(|| unreadable(path)(error)))
}

/// Reads a table as [`read_table`] does, with the metadata of its schema and of its columns.
pub fn read_described(path: &Path) -> Result<DescribedTable, OutputError> {
    let file = File::open(path).map_err(unreadable(path))?;
    let read = files::of_file(path).unwrap_or(&TABLE_FILES[0]).read;
    let read = read.ok_or_else(|| unreadable(path)("tables in this format cannot be read back"))?;
    let (schema, batches) = read(file).map_err(unreadable(path))?;
    let mut named: Vec<(String, Column)> = Vec::with_capacity(schema.fields().len());
    for (position, field) in schema.fields().iter().enumerate() {
        let arrays: Vec<_> = batches.iter().map(|batch| batch.column(position)).collect();
        let column = column(field, &arrays).ok_or_else(|| OutputError::Foreign {
            path: path.to_owned(),
            column: field.name().clone(),
            found: field.data_type().to_string(),
        })?;
        if named.iter().any(|(name, _)| name == field.name()) {
            return Err(unreadable(path)(format!("two columns are named {}", field.name())));
        }
        named.push((field.name().clone(), column));
    }
    let sorted = |metadata: &HashMap<String, String>| {
        metadata.iter().map(|(key, value)| (key.clone(), value.clone())).collect::<BTreeMap<String, String>>()
    };
    let fields = schema.fields().iter().map(|field| sorted(field.metadata())).collect();
    Ok(DescribedTable { columns: Columns::new(named), metadata: sorted(schema.metadata()), fields })
}

/// Joins the arrays of one column; `None` if no table of the program has such a type.
fn column(field: &Field, arrays: &[&ArrayRef]) -> Option<Column> {
    let type_name = field.metadata().get("type").map(String::as_str);
    Some(match field.data_type() {
        DataType::Utf8 => Column::Text(gather(arrays, |array: &StringArray, row| {
            Some(array.is_valid(row).then(|| array.value(row).to_owned()))
        })?),
        DataType::List(_) => Column::Texts(gather(arrays, |array: &ListArray, row| {
            let items = array.value(row);
            let items = items.as_any().downcast_ref::<StringArray>()?;
            items.iter().map(|item| item.map(str::to_owned)).collect()
        })?),
        DataType::Int64 if type_name == Some(ColumnType::Whole.name()) => {
            Column::Whole(gather(arrays, |array: &Int64Array, row| {
                array.is_valid(row).then(|| array.value(row))
            })?)
        }
        DataType::Int64 => Column::Count(gather(arrays, |array: &Int64Array, row| {
            let known = array.is_valid(row);
            if known { u64::try_from(array.value(row)).ok().map(Some) } else { Some(None) }
        })?),
        DataType::Float64 => Column::Number(gather(arrays, |array: &Float64Array, row| {
            Some(array.is_valid(row).then(|| array.value(row)))
        })?),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            Column::Time(gather(arrays, |array: &TimestampMicrosecondArray, row| {
                Some(array.is_valid(row).then(|| array.value(row)))
            })?)
        }
        DataType::Boolean => Column::Flag(gather(arrays, |array: &BooleanArray, row| {
            Some(array.is_valid(row).then(|| array.value(row)))
        })?),
        _ => return None,
    })
}

fn gather<A: Array + 'static, T>(
    arrays: &[&ArrayRef],
    value: impl Fn(&A, usize) -> Option<T>,
) -> Option<Vec<T>> {
    let mut values = Vec::with_capacity(arrays.iter().map(Array::len).sum());
    for array in arrays {
        let array = array.as_any().downcast_ref::<A>()?;
        for row in 0..array.len() {
            values.push(value(array, row)?);
        }
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_damaged_file_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["entities.arrow", "entities.parquet"] {
            let path = folder.path().join(name);
            assert!(read_table(&path).is_err(), "absent");
            assert!(scan_table(&path, &["entity_id"], |_| ()).is_err(), "absent");
            for bytes in [&b""[..], b"ARROW1", b"PAR1 and then something else PAR1"] {
                fs::write(&path, bytes).expect("written");
                let message = read_table(&path).expect_err("damaged").to_string();
                assert!(message.contains(name), "{message}");
                let scanned = scan_table(&path, &["entity_id"], |_| ());
                assert!(scanned.expect_err("damaged").to_string().contains(name));
            }
        }
    }

    #[test]
    fn a_scan_reads_the_named_columns_of_every_part() {
        let folder = tempfile::tempdir().expect("a folder");
        let table = super::super::table(super::super::Folder::Audience, "members");
        let rows = 300_000;
        let text = |prefix: &str| {
            Column::Text((0..rows).map(|row| Some(format!("{prefix}-{}", row % 7_919))).collect())
        };
        let weights = Column::Number((0..rows).map(|row| Some(f64::from(row))).collect());
        let columns = Columns::new([
            ("community_id", text("community")),
            ("entity_id", text("entity")),
            ("weight", weights),
        ]);
        for format in TABLE_FILES.iter().filter(|format| format.is_readable()) {
            let path =
                super::super::write_table(folder.path(), table, &[], &columns, format).expect("written");
            let (mut ids, mut weights, mut parts) = (Vec::new(), Vec::new(), 0);
            scan_table(&path, &["weight", "entity_id", "no such column"], |part| {
                assert_eq!(part.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["entity_id", "weight"]);
                ids.extend_from_slice(part.text("entity_id").expect("ids"));
                weights.extend_from_slice(part.number("weight").expect("weights"));
                parts += 1;
            })
            .expect("read");
            assert!(parts > 1, "{}", format.name);
            assert_eq!(Some(&*ids), columns.text("entity_id"), "{}", format.name);
            assert_eq!(Some(&*weights), columns.number("weight"), "{}", format.name);
        }
    }
}
