//! Parts of a decoded columnar file as bytes, for a pipe between two processes of one version of the program.
//!
//! A list of columns is a JSON list. Rows are their number and the number of columns (little-endian, 32 bits), then the
//! cells column by column. A cell is a byte that says its kind, or the length of a short text, and the cell's bytes.

use std::borrow::Cow;

use super::{BATCH, CellColumns, TablePart};
use crate::ingest::{
    reject::Reject,
    table::{
        cells::{CellError, CellValue},
        row::Cell,
    },
};

const NULL: u8 = 0;
const NO_TEXT: u8 = 1;
/// A list as JSON, after its length in 32 bits.
const LIST: u8 = 2;
/// A text, after its length in 32 bits.
const LONG: u8 = 3;
/// A text whose length is the byte minus this number.
const SHORT: u8 = 4;
/// Longest short text.
const SHORT_MAX: usize = (u8::MAX - SHORT) as usize;

/// Kinds of parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ingest) enum PartKind {
    /// Names of columns.
    Columns,
    /// Cells of rows.
    Rows,
}

/// Writes a part to the end of a buffer, and returns its kind. A cell of 4 GiB or more is too large.
pub(in crate::ingest) fn encode_part(part: &TablePart<'_>, bytes: &mut Vec<u8>) -> Result<PartKind, Reject> {
    match part {
        TablePart::Columns(names) => {
            bytes.extend(serde_json::to_vec(names).unwrap_or_default());
            Ok(PartKind::Columns)
        }
        TablePart::Rows(cells) => encode_rows(cells, bytes).map(|()| PartKind::Rows).map_err(Reject::from),
    }
}

/// Returns the part of a kind; `None` if the bytes are not exactly such a part.
pub(in crate::ingest) fn decode_part(kind: PartKind, bytes: &[u8]) -> Option<TablePart<'_>> {
    match kind {
        PartKind::Columns => serde_json::from_slice(bytes).ok().map(TablePart::Columns),
        PartKind::Rows => decode_rows(bytes).map(TablePart::Rows),
    }
}

fn encode_rows(cells: &CellColumns<'_>, bytes: &mut Vec<u8>) -> Result<(), CellError> {
    put_length(cells.rows, bytes)?;
    put_length(cells.columns.len(), bytes)?;
    for cell in cells.columns.iter().flatten() {
        match cell {
            CellValue::Null => bytes.push(NULL),
            CellValue::NoText => bytes.push(NO_TEXT),
            CellValue::Cell(Cell::Text(text)) if text.len() <= SHORT_MAX => {
                bytes.push(SHORT + text.len() as u8);
                bytes.extend_from_slice(text.as_bytes());
            }
            CellValue::Cell(Cell::Text(text)) => put_long(LONG, text.as_bytes(), bytes)?,
            CellValue::Cell(Cell::List(parts)) => {
                put_long(LIST, &serde_json::to_vec(parts).unwrap_or_default(), bytes)?;
            }
        }
    }
    Ok(())
}

fn put_length(length: usize, bytes: &mut Vec<u8>) -> Result<(), CellError> {
    let length = u32::try_from(length).map_err(|_| CellError::Size)?;
    bytes.extend_from_slice(&length.to_le_bytes());
    Ok(())
}

fn put_long(kind: u8, content: &[u8], bytes: &mut Vec<u8>) -> Result<(), CellError> {
    bytes.push(kind);
    put_length(content.len(), bytes)?;
    bytes.extend_from_slice(content);
    Ok(())
}

fn decode_rows(bytes: &[u8]) -> Option<CellColumns<'_>> {
    let mut rest = Rest(bytes);
    let (rows, count) = (rest.length()?, rest.length()?);
    if rows > BATCH {
        return None;
    }
    let mut columns = Vec::new();
    for _ in 0..count {
        let mut cells = Vec::with_capacity(rows);
        for _ in 0..rows {
            cells.push(rest.cell()?);
        }
        columns.push(cells);
    }
    rest.0.is_empty().then_some(CellColumns { rows, columns })
}

/// Bytes that are not decoded yet.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn length(&mut self) -> Option<usize> {
        let bytes = self.bytes(4)?;
        usize::try_from(u32::from_le_bytes(*bytes.first_chunk()?)).ok()
    }

    fn long(&mut self) -> Option<&'a [u8]> {
        let length = self.length()?;
        self.bytes(length)
    }

    fn cell(&mut self) -> Option<CellValue<'a>> {
        let text = |bytes| {
            std::str::from_utf8(bytes).ok().map(|text| CellValue::Cell(Cell::Text(Cow::Borrowed(text))))
        };
        match self.bytes(1)?[0] {
            NULL => Some(CellValue::Null),
            NO_TEXT => Some(CellValue::NoText),
            LIST => Some(CellValue::Cell(Cell::List(serde_json::from_slice(self.long()?).ok()?))),
            LONG => text(self.long()?),
            short => text(self.bytes(usize::from(short - SHORT))?),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(text: &str) -> CellValue<'static> {
        CellValue::Cell(Cell::Text(Cow::Owned(text.to_owned())))
    }

    fn shown(cells: &CellColumns<'_>) -> Vec<Vec<String>> {
        let one = |cell: &CellValue<'_>| match cell {
            CellValue::Null => "null".to_owned(),
            CellValue::NoText => "no text".to_owned(),
            CellValue::Cell(cell) => format!("{cell:?}"),
        };
        cells.columns.iter().map(|column| column.iter().map(one).collect()).collect()
    }

    #[test]
    fn rows_are_the_same_after_the_pipe_and_no_cut_is_taken_for_them() {
        let list = CellValue::Cell(Cell::List(vec![json!("a"), json!(["b", "ü"])]));
        let columns = vec![
            vec![CellValue::Null, text(""), CellValue::NoText],
            vec![text(&"é".repeat(SHORT_MAX / 2)), text(&"x".repeat(SHORT_MAX + 1)), list],
        ];
        let cells = CellColumns { rows: 3, columns };
        let mut bytes = Vec::new();
        assert!(encode_rows(&cells, &mut bytes).is_ok());
        let decoded = decode_rows(&bytes).expect("whole");
        assert_eq!((decoded.rows, shown(&decoded)), (3, shown(&cells)));
        for length in 0..bytes.len() {
            assert!(decode_rows(&bytes[..length]).is_none(), "{length}");
        }
        bytes.push(NULL);
        assert!(decode_rows(&bytes).is_none());
        let no_columns = decode_rows(&[7, 0, 0, 0, 0, 0, 0, 0]).expect("rows without cells");
        assert_eq!((no_columns.rows, no_columns.columns.len()), (7, 0));
    }
}
