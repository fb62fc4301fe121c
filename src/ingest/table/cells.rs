//! Converts columns of Parquet and Arrow to cells, with values formatted as in CSV.

use std::{
    borrow::Cow,
    fmt::{Debug, Display, Write},
};

use arrow::{
    array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, RunArray, UInt64Array},
    compute,
    datatypes::{
        DataType, Field, Float16Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
        RunEndIndexType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
        TimestampNanosecondType, TimestampSecondType,
    },
    error::ArrowError,
    util::display::{ArrayFormatter, FormatOptions},
};
use jiff::Timestamp;
use serde_json::Value;

use super::row::Cell;
use crate::ingest::reject::{Reject, RejectRule};

/// The value of a cell.
#[derive(Clone)]
pub(super) enum CellValue<'a> {
    /// Null.
    Null,
    /// A text or a list; borrowed if the column stores it as text.
    Cell(Cell<'a>),
    /// Bytes that are not text.
    NoText,
}

impl<'a> CellValue<'a> {
    fn text(text: Option<impl Into<Cow<'a, str>>>) -> Self {
        text.map_or(Self::Null, |text| Self::Cell(Cell::Text(text.into())))
    }

    fn into_owned(self) -> CellValue<'static> {
        match self {
            Self::Null => CellValue::Null,
            Self::Cell(Cell::Text(text)) => CellValue::text(Some(text.into_owned())),
            Self::Cell(Cell::List(parts)) => CellValue::Cell(Cell::List(parts)),
            Self::NoText => CellValue::NoText,
        }
    }
}

/// Formats values, up to a limit of bytes: a few bytes of a file can mean any number of values.
pub(super) struct CellFormatter {
    /// The decimal sign of numbers.
    pub(super) decimal: char,
    /// Bytes that may still be formatted; a cell counts one more than its text, as in CSV.
    pub(super) left: u64,
}

/// Reason why a column cannot be formatted.
pub(super) enum CellError {
    /// It exceeds the limit.
    Size,
    /// Its bytes contradict its type.
    Damaged,
}

impl From<ArrowError> for CellError {
    fn from(_: ArrowError) -> Self {
        Self::Damaged
    }
}

impl From<CellError> for Reject {
    fn from(why: CellError) -> Self {
        match why {
            CellError::Size => {
                Self::new(RejectRule::Size, "more content in its cells than the limit of size or ratio")
            }
            CellError::Damaged => Self::new(
                RejectRule::Unreadable,
                "begins like Parquet or Arrow, but cannot be read as either",
            ),
        }
    }
}

impl CellFormatter {
    /// Returns the cells of a column. `is_uuid`: bytes of a fixed length are UUIDs.
    pub(super) fn column<'a>(
        &mut self,
        array: &'a ArrayRef,
        is_uuid: bool,
    ) -> Result<Vec<CellValue<'a>>, CellError> {
        self.spend(array.len() as u64)?;
        match array.data_type() {
            DataType::Utf8 => self.texts(array.as_string::<i32>().iter()),
            DataType::LargeUtf8 => self.texts(array.as_string::<i64>().iter()),
            DataType::Utf8View => self.texts(array.as_string_view().iter()),
            DataType::Binary => self.bytes(array.as_binary::<i32>().iter()),
            DataType::LargeBinary => self.bytes(array.as_binary::<i64>().iter()),
            DataType::BinaryView => self.bytes(array.as_binary_view().iter()),
            DataType::FixedSizeBinary(_) => {
                self.texts(array.as_fixed_size_binary().iter().map(|bytes| Some(hex(bytes?, is_uuid))))
            }
            DataType::Float16 => self.halves(array),
            DataType::Float32 => self.numbers(array.as_primitive::<Float32Type>().iter()),
            DataType::Float64 => self.numbers(array.as_primitive::<Float64Type>().iter()),
            DataType::Timestamp(unit, zone) => {
                let has_zone = zone.is_some();
                let formatted: Vec<Option<String>> = moments(array, *unit)
                    .into_iter()
                    .map(|value| Some(moment(value?, *unit, has_zone)))
                    .collect();
                self.texts(formatted.into_iter())
            }
            DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                self.lists(item, array)
            }
            DataType::ListView(item) | DataType::LargeListView(item) => self.lists(item, array),
            DataType::Dictionary(..) => self.coded(array, is_uuid),
            DataType::RunEndEncoded(ends, _) => match ends.data_type() {
                DataType::Int16 => self.runs::<Int16Type>(array, is_uuid),
                DataType::Int32 => self.runs::<Int32Type>(array, is_uuid),
                _ => self.runs::<Int64Type>(array, is_uuid),
            },
            _ => self.others(array),
        }
    }

    fn spend(&mut self, bytes: u64) -> Result<(), CellError> {
        self.left = self.left.checked_sub(bytes).ok_or(CellError::Size)?;
        Ok(())
    }

    fn texts<'a, T: Into<Cow<'a, str>> + AsRef<str>>(
        &mut self,
        values: impl Iterator<Item = Option<T>>,
    ) -> Result<Vec<CellValue<'a>>, CellError> {
        let mut cells = Vec::with_capacity(values.size_hint().0);
        for value in values {
            self.spend(value.as_ref().map_or(0, |text| text.as_ref().len() as u64))?;
            cells.push(CellValue::text(value));
        }
        Ok(cells)
    }

    /// Old writers do not mark bytes as text, so the bytes are checked.
    fn bytes<'a>(
        &mut self,
        values: impl Iterator<Item = Option<&'a [u8]>>,
    ) -> Result<Vec<CellValue<'a>>, CellError> {
        let mut cells = Vec::with_capacity(values.size_hint().0);
        for value in values {
            self.spend(value.map_or(0, |bytes| bytes.len() as u64))?;
            cells.push(match value.map(std::str::from_utf8) {
                Some(Err(_)) => CellValue::NoText,
                text => CellValue::text(text.and_then(Result::ok)),
            });
        }
        Ok(cells)
    }

    /// Formats a number with the fewest digits that give the same number again; NaN and infinity are empty
    /// cells.
    fn numbers<T: Copy + Into<f64> + Display + Debug>(
        &mut self,
        values: impl Iterator<Item = Option<T>>,
    ) -> Result<Vec<CellValue<'static>>, CellError> {
        let decimal = self.decimal;
        let formatted = |number: T| number_text(number).map(|text| with_decimal(&text, decimal));
        let formatted: Vec<Option<String>> = values.map(|number| number.and_then(formatted)).collect();
        self.texts(formatted.into_iter())
    }

    /// Formats numbers of 16 bits, which the library cannot format with the fewest digits.
    fn halves<'a>(&mut self, array: &'a ArrayRef) -> Result<Vec<CellValue<'a>>, CellError> {
        type Half = <Float16Type as ArrowPrimitiveType>::Native;
        // The fewest digits that give the same number again are found by trying.
        let shortest = |half: Half| {
            let wide = half.to_f32();
            let tried = (0..8).filter_map(|digits| format!("{wide:.digits$e}").parse::<f32>().ok());
            tried.into_iter().find(|short| Half::from_f32(*short) == half).unwrap_or(wide)
        };
        self.numbers(array.as_primitive::<Float16Type>().iter().map(|half| half.map(shortest)))
    }

    /// Formats runs of equal values, each value once.
    fn runs<R: RunEndIndexType>(
        &mut self,
        array: &ArrayRef,
        is_uuid: bool,
    ) -> Result<Vec<CellValue<'static>>, CellError> {
        let runs = array.as_any().downcast_ref::<RunArray<R>>().ok_or(CellError::Damaged)?;
        let values: Vec<CellValue<'static>> =
            self.column(runs.values(), is_uuid)?.into_iter().map(CellValue::into_owned).collect();
        let mut cells = Vec::with_capacity(array.len());
        for at in 0..array.len() {
            let cell = values.get(runs.get_physical_index(at)).cloned().unwrap_or(CellValue::Null);
            if let CellValue::Cell(Cell::Text(text)) = &cell {
                self.spend(text.len() as u64)?;
            }
            cells.push(cell);
        }
        Ok(cells)
    }

    /// Keeps a list as a list; its null values are left out.
    fn lists(&mut self, item: &Field, array: &ArrayRef) -> Result<Vec<CellValue<'static>>, CellError> {
        let mut cells = Vec::with_capacity(array.len());
        for at in 0..array.len() {
            if array.is_null(at) {
                cells.push(CellValue::Null);
                continue;
            }
            let values = match array.data_type() {
                DataType::LargeList(_) => array.as_list::<i64>().value(at),
                DataType::FixedSizeList(..) => array.as_fixed_size_list().value(at),
                DataType::ListView(_) => array.as_list_view::<i32>().value(at),
                DataType::LargeListView(_) => array.as_list_view::<i64>().value(at),
                _ => array.as_list::<i32>().value(at),
            };
            let mut parts = Vec::with_capacity(values.len());
            let mut is_text = true;
            for part in self.column(&values, is_uuid(item))? {
                match part {
                    CellValue::Null => {}
                    CellValue::Cell(Cell::Text(text)) => parts.push(Value::String(text.into_owned())),
                    CellValue::Cell(Cell::List(list)) => parts.push(Value::Array(list)),
                    CellValue::NoText => is_text = false,
                }
            }
            cells.push(if is_text { CellValue::Cell(Cell::List(parts)) } else { CellValue::NoText });
        }
        Ok(cells)
    }

    /// Formats values of a dictionary, each once.
    fn coded(&mut self, array: &ArrayRef, is_uuid: bool) -> Result<Vec<CellValue<'static>>, CellError> {
        let dictionary = array.as_any_dictionary();
        if dictionary.values().is_empty() {
            return Ok(vec![CellValue::Null; array.len()]);
        }
        let keys = dictionary.normalized_keys();
        let mut used = keys.clone();
        used.sort_unstable();
        used.dedup();
        let places: UInt64Array = used.iter().map(|&key| key as u64).collect();
        let used_values = compute::take(dictionary.values(), &places, None)?;
        let values: Vec<CellValue<'static>> =
            self.column(&used_values, is_uuid)?.into_iter().map(CellValue::into_owned).collect();
        let mut cells = Vec::with_capacity(keys.len());
        for (at, key) in keys.iter().enumerate() {
            let cell = if dictionary.keys().is_null(at) {
                CellValue::Null
            } else {
                used.binary_search(key).map_or(CellValue::NoText, |place| values[place].clone())
            };
            if let CellValue::Cell(Cell::Text(text)) = &cell {
                self.spend(text.len() as u64)?;
            }
            cells.push(cell);
        }
        Ok(cells)
    }

    /// Formats types with one usual notation: truth values, whole and decimal numbers, days, times of day.
    fn others(&mut self, array: &ArrayRef) -> Result<Vec<CellValue<'static>>, CellError> {
        let formatter = ArrayFormatter::try_new(array, &FormatOptions::new().with_display_error(false))?;
        let kind = array.data_type();
        let decimal = self.decimal;
        let formatted = |at: usize| -> Result<Option<String>, ArrowError> {
            if array.is_null(at) {
                return Ok(None);
            }
            let text = formatter.value(at).try_to_string()?;
            Ok(Some(match kind {
                DataType::Date64 => text.trim_end_matches("T00:00:00").to_owned(),
                _ if kind.is_decimal() => with_decimal(without_zeros(&text), decimal),
                _ => text,
            }))
        };
        let mut texts = Vec::with_capacity(array.len());
        for at in 0..array.len() {
            let text = formatted(at)?.filter(|text| !text.is_empty());
            // A nested value may be longer than its parts.
            self.spend(text.as_ref().map_or(0, |text| text.len() as u64))?;
            texts.push(CellValue::text(text));
        }
        Ok(texts)
    }
}

/// Formats a number. Whole numbers have no fraction and no exponent, so that equal numbers have equal texts.
fn number_text<T: Copy + Into<f64> + Display + Debug>(number: T) -> Option<String> {
    let wide: f64 = number.into();
    if !wide.is_finite() {
        return None;
    }
    Some(match wide.fract() == 0.0 {
        _ if wide == 0.0 => "0".to_owned(),
        true => format!("{number}"),
        false => format!("{number:?}"),
    })
}

/// Returns a decimal number without trailing zeros of its fraction.
fn without_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

fn with_decimal(text: &str, decimal: char) -> String {
    text.replace('.', decimal.encode_utf8(&mut [0; 4]))
}

fn moments(array: &ArrayRef, unit: TimeUnit) -> Vec<Option<i64>> {
    match unit {
        TimeUnit::Second => array.as_primitive::<TimestampSecondType>().iter().collect(),
        TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().iter().collect(),
        TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().iter().collect(),
        TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().iter().collect(),
    }
}

/// Formats a time as in RFC 3339, in UTC; without a zone it has no offset. A time after the year 9999 stays
/// a number.
fn moment(value: i64, unit: TimeUnit, has_zone: bool) -> String {
    let stamp = match unit {
        TimeUnit::Second => Timestamp::from_second(value),
        TimeUnit::Millisecond => Timestamp::from_millisecond(value),
        TimeUnit::Microsecond => Timestamp::from_microsecond(value),
        TimeUnit::Nanosecond => Timestamp::from_nanosecond(value.into()),
    };
    let text = stamp.map_or_else(|_| value.to_string(), |stamp| stamp.to_string());
    if has_zone { text } else { text.trim_end_matches('Z').to_owned() }
}

/// Returns whether a field has Arrow's extension type for UUIDs.
pub(super) fn is_uuid(field: &Field) -> bool {
    field.extension_type_name() == Some("arrow.uuid")
}

/// Formats bytes of a fixed length: a digest, or a UUID.
fn hex(bytes: &[u8], is_uuid: bool) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        if is_uuid && [4, 6, 8, 10].contains(&at) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}");
    }
    text
}
