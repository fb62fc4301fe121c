//! Rows with quoted cells between blanks, which the csv library reads as text.

use csv::ByteRecord;

use super::{LINES_MAX, ROW_MAX, too_long};
use crate::ingest::{
    lines::next_line,
    reject::{Reject, RejectRule},
};

/// A row, parsed character by character.
pub(in crate::ingest) struct OneRow {
    pub(in crate::ingest) cells: ByteRecord,
    /// Position of the next line.
    pub(in crate::ingest) end: usize,
    /// The reject of a row whose quote has no end.
    pub(in crate::ingest) reject: Option<Reject>,
}

fn is_blank(byte: u8, delimiter: u8) -> bool {
    matches!(byte, b' ' | b'\t') && byte != delimiter
}

/// Returns whether a quote follows blanks at the beginning of a cell: the csv library treats both as text.
pub(super) fn has_quote_behind_blanks(raw: &[u8], delimiter: u8) -> bool {
    let is_such = |(at, pair): (usize, &[u8])| {
        let is_near = pair[1] == b'"' && is_blank(pair[0], delimiter);
        let before = || raw[..at].iter().rev().copied().find(|byte| !is_blank(*byte, delimiter));
        is_near && before().is_none_or(|byte| byte == delimiter || matches!(byte, b'\n' | b'\r'))
    };
    raw.windows(2).enumerate().any(is_such)
}

/// Parses the row at a position. Blanks may surround a quoted cell. If anything else follows the closing
/// quote, the whole cell is text.
pub(in crate::ingest) fn one_row(bytes: &[u8], start: usize, delimiter: u8) -> OneRow {
    let mut row = OneRow { cells: ByteRecord::new(), end: bytes.len(), reject: None };
    let is_end = |at: usize| bytes.get(at).is_none_or(|byte| matches!(byte, b'\n' | b'\r'));
    let mut at = start;
    loop {
        let mut behind = match quoted_cell(bytes, at, delimiter) {
            Quoted::Cell(cell, behind) => {
                row.cells.push_field(&cell);
                behind
            }
            Quoted::Open(reject) => {
                row.reject = Some(reject);
                return row;
            }
            Quoted::No => {
                let length =
                    bytes[at..].iter().position(|byte| *byte == delimiter || matches!(byte, b'\n' | b'\r'));
                let behind = length.map_or(bytes.len(), |length| at + length);
                row.cells.push_field(&bytes[at..behind]);
                behind
            }
        };
        if is_end(behind) {
            row.end = if behind < bytes.len() { next_line(bytes, behind) } else { behind };
            return row;
        }
        behind += 1;
        at = behind;
    }
}

enum Quoted {
    /// The content, and the position of its delimiter or line end.
    Cell(Vec<u8>, usize),
    /// The cell has no end.
    Open(Reject),
    No,
}

fn quoted_cell(bytes: &[u8], start: usize, delimiter: u8) -> Quoted {
    let skip = |mut at: usize| {
        while bytes.get(at).is_some_and(|byte| is_blank(*byte, delimiter)) {
            at += 1;
        }
        at
    };
    let opening = skip(start);
    if bytes.get(opening) != Some(&b'"') {
        return Quoted::No;
    }
    let (mut at, mut cell, mut breaks) = (opening + 1, Vec::new(), 0);
    loop {
        let Some(byte) = bytes.get(at) else {
            return Quoted::Open(Reject::new(RejectRule::CsvSyntax, "a quoted cell has no closing quote"));
        };
        at += 1;
        if *byte != b'"' {
            breaks += usize::from(*byte == b'\n' || (*byte == b'\r' && bytes.get(at) != Some(&b'\n')));
            if breaks > LINES_MAX || at - start > ROW_MAX {
                return Quoted::Open(too_long());
            }
            cell.push(*byte);
        } else if bytes.get(at) == Some(&b'"') {
            cell.push(b'"');
            at += 1;
        } else {
            let behind = skip(at);
            let is_alone =
                bytes.get(behind).is_none_or(|byte| *byte == delimiter || matches!(byte, b'\n' | b'\r'));
            return if is_alone { Quoted::Cell(cell, behind) } else { Quoted::No };
        }
    }
}
