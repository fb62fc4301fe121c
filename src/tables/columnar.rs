//! Any Parquet or Arrow table: the names of its columns, its pairs of vertices, and its numbers.
//!
//! Columns of whole numbers and of text are read in place. Cells of any other type are read as text.

use std::{collections::HashMap, io::Cursor, panic};

use arrow::{
    array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray},
    compute::cast,
    datatypes::{DataType, Float64Type, Int64Type, SchemaRef},
    error::ArrowError,
    ipc::reader::{FileReader, StreamReader},
    util::display::{ArrayFormatter, FormatOptions},
};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// A table of any columns.
#[derive(Clone, Debug)]
pub struct ColumnarTable {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

/// Names in no particular order, each once, and the pairs of names as positions among them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NamedPairs {
    /// Names.
    pub names: Vec<String>,
    /// Positions of both names of each row.
    pub pairs: Vec<(u32, u32)>,
}

/// Row of a table, from 1, and the reason why a cell of it cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnreadableCell {
    /// Row, from 1.
    pub row: usize,
    /// True if the cell is null or empty, or its column is missing.
    pub is_missing: bool,
}

/// Returns true for the first bytes of Parquet, of an Arrow file or of an Arrow stream.
pub fn is_columnar(bytes: &[u8]) -> bool {
    let is_parquet = bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1");
    is_parquet || bytes.starts_with(b"ARROW1") || bytes.starts_with(&[0xff; 4])
}

/// Reads a columnar file; `None` if it cannot be read.
pub fn read(bytes: Vec<u8>) -> Option<ColumnarTable> {
    // A damaged file may make its reader panic.
    panic::catch_unwind(panic::AssertUnwindSafe(|| batches(bytes))).ok()?.ok()
}

fn batches(bytes: Vec<u8>) -> Result<ColumnarTable, ArrowError> {
    if bytes.starts_with(b"PAR1") {
        let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes))?;
        let schema = builder.schema().clone();
        return Ok(ColumnarTable { schema, batches: builder.build()?.collect::<Result<_, _>>()? });
    }
    let bytes = Cursor::new(bytes);
    if bytes.get_ref().starts_with(b"ARROW1") {
        let reader = FileReader::try_new(bytes, None)?;
        return Ok(ColumnarTable { schema: reader.schema(), batches: reader.collect::<Result<_, _>>()? });
    }
    let reader = StreamReader::try_new(bytes, None)?;
    Ok(ColumnarTable { schema: reader.schema(), batches: reader.collect::<Result<_, _>>()? })
}

impl ColumnarTable {
    /// Takes batches of one schema.
    pub fn new(schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        Self { schema, batches }
    }

    /// Returns the names of the columns.
    pub fn names(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Returns whether all these columns have whole numbers of at most 64 bits with a sign.
    pub fn are_whole(&self, columns: &[usize]) -> bool {
        let is_whole = |column: &usize| {
            self.schema.fields().get(*column).is_some_and(|field| is_whole(field.data_type()))
        };
        columns.iter().all(is_whole)
    }

    /// Returns the names in two columns.
    pub fn pairs(&self, source: usize, target: usize) -> Result<NamedPairs, UnreadableCell> {
        self.require(source)?;
        self.require(target)?;
        if self.are_whole(&[source, target]) {
            return self.whole_pairs(source, target);
        }
        let mut names: HashMap<String, u32> = HashMap::new();
        let mut pairs = Vec::with_capacity(self.rows());
        let mut ordered: Vec<String> = Vec::new();
        let mut number = |name: &str| {
            if let Some(number) = names.get(name) {
                return *number;
            }
            let next = ordered.len() as u32;
            names.insert(name.to_owned(), next);
            ordered.push(name.to_owned());
            next
        };
        for batch in &self.batches {
            let [sources, targets] = [source, target].map(|column| text_array(batch.column(column)));
            let first = pairs.len() + 1;
            let unreadable = |_| UnreadableCell { row: first, is_missing: false };
            let (sources, targets) = (sources.map_err(unreadable)?, targets.map_err(unreadable)?);
            for (row, cells) in (first..).zip(texts(&sources).zip(texts(&targets))) {
                let (Some(source), Some(target)) = cells else {
                    return Err(UnreadableCell { row, is_missing: true });
                };
                pairs.push((number(source), number(target)));
            }
        }
        Ok(NamedPairs { names: ordered, pairs })
    }

    /// Returns the names in one column, in order.
    pub fn texts(&self, column: usize) -> Result<Vec<String>, UnreadableCell> {
        self.require(column)?;
        let mut names = Vec::with_capacity(self.rows());
        for batch in &self.batches {
            let row = names.len() + 1;
            let array = text_array(batch.column(column));
            let array = array.map_err(|_| UnreadableCell { row, is_missing: false })?;
            for (row, cell) in (row..).zip(texts(&array)) {
                names.push(cell.ok_or(UnreadableCell { row, is_missing: true })?.to_owned());
            }
        }
        Ok(names)
    }

    /// Returns the numbers in a column. Text is read as a number.
    pub fn numbers(&self, column: usize) -> Result<Vec<f64>, UnreadableCell> {
        self.require(column)?;
        let mut numbers = Vec::with_capacity(self.rows());
        for batch in &self.batches {
            let array = batch.column(column);
            let first = numbers.len() + 1;
            let unreadable = |row| UnreadableCell { row, is_missing: false };
            if is_whole(array.data_type())
                || matches!(array.data_type(), DataType::UInt64 | DataType::Float64)
            {
                let array = cast(array, &DataType::Float64).map_err(|_| unreadable(first))?;
                for (row, cell) in (first..).zip(array.as_primitive::<Float64Type>()) {
                    numbers.push(cell.ok_or(UnreadableCell { row, is_missing: true })?);
                }
            } else {
                let array = text_array(array).map_err(|_| unreadable(first))?;
                for (row, cell) in (first..).zip(texts(&array)) {
                    let cell = cell.ok_or(UnreadableCell { row, is_missing: true })?;
                    numbers.push(cell.parse().map_err(|_| unreadable(row))?);
                }
            }
        }
        Ok(numbers)
    }

    /// Fails at the first row if a column is missing.
    fn require(&self, column: usize) -> Result<(), UnreadableCell> {
        let is_there = column < self.schema.fields().len() || self.rows() == 0;
        if is_there { Ok(()) } else { Err(UnreadableCell { row: 1, is_missing: true }) }
    }

    fn whole_pairs(&self, source: usize, target: usize) -> Result<NamedPairs, UnreadableCell> {
        let mut cells: Vec<(i64, i64)> = Vec::with_capacity(self.rows());
        for batch in &self.batches {
            let [sources, targets] = [source, target].map(|column| whole_array(batch.column(column)));
            let is_missing = |row: &usize| sources.is_null(*row) || targets.is_null(*row);
            if sources.null_count() + targets.null_count() > 0
                && let Some(row) = (0..batch.num_rows()).find(is_missing)
            {
                return Err(UnreadableCell { row: cells.len() + row + 1, is_missing: true });
            }
            cells.extend(sources.values().iter().copied().zip(targets.values().iter().copied()));
        }
        let (numbers, pairs) = numbered(&cells);
        Ok(NamedPairs { names: numbers.iter().map(i64::to_string).collect(), pairs })
    }
}

/// Returns the different numbers of the pairs, and the pairs as positions among them.
fn numbered(cells: &[(i64, i64)]) -> (Vec<i64>, Vec<(u32, u32)>) {
    let ends = || cells.iter().flat_map(|(source, target)| [*source, *target]);
    let (Some(low), Some(high)) = (ends().min(), ends().max()) else { return (Vec::new(), Vec::new()) };
    let width = high.abs_diff(low);
    let mut numbers = Vec::new();
    // Ids of most graphs are dense, and then a table is faster than hashing.
    if width <= 4 * cells.len() as u64 + 1024 {
        let mut position = vec![u32::MAX; width as usize + 1];
        let mut number = |end: i64| {
            let position = &mut position[end.abs_diff(low) as usize];
            if *position == u32::MAX {
                *position = numbers.len() as u32;
                numbers.push(end);
            }
            *position
        };
        let pairs = cells.iter().map(|(source, target)| (number(*source), number(*target))).collect();
        return (numbers, pairs);
    }
    let mut positions: HashMap<i64, u32> = HashMap::new();
    let mut number = |end: i64| {
        *positions.entry(end).or_insert_with(|| {
            numbers.push(end);
            numbers.len() as u32 - 1
        })
    };
    let pairs = cells.iter().map(|(source, target)| (number(*source), number(*target))).collect();
    (numbers, pairs)
}

fn is_whole(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32
    )
}

/// Returns a column for which [`is_whole`] holds with 64 bits.
fn whole_array(array: &ArrayRef) -> Int64Array {
    let array = cast(array, &DataType::Int64).expect("every value of the type has 64 bits");
    array.as_primitive::<Int64Type>().clone()
}

/// Returns a column as one of the types of text.
fn text_array(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    if is_text(array.data_type()) {
        return Ok(array.clone());
    }
    if let DataType::Dictionary(_, values) = array.data_type()
        && is_text(values)
    {
        return cast(array, values);
    }
    let options = FormatOptions::default();
    let cells = ArrayFormatter::try_new(array, &options)?;
    let text = |row| array.is_valid(row).then(|| cells.value(row).try_to_string()).transpose();
    let texts: Vec<Option<String>> = (0..array.len()).map(text).collect::<Result<_, _>>()?;
    Ok(std::sync::Arc::new(StringArray::from(texts)))
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Returns the cells of a column of text; `None` for a null or an empty cell.
fn texts(array: &ArrayRef) -> Box<dyn Iterator<Item = Option<&str>> + '_> {
    let cells: Box<dyn Iterator<Item = Option<&str>>> = match array.data_type() {
        DataType::Utf8 => Box::new(array.as_string::<i32>().iter()),
        DataType::LargeUtf8 => Box::new(array.as_string::<i64>().iter()),
        _ => Box::new(array.as_string_view().iter()),
    };
    Box::new(cells.map(|cell| cell.filter(|text| !text.is_empty())))
}

#[cfg(test)]
mod tests;
