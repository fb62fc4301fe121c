//! Rows of a CSV file, with their lines; a row that cannot be read is the only one rejected.
//!
//! Accepted beyond RFC 4180, because partners publish it: any line end, blank lines, comments, blanks around
//! a quoted cell, and rows shorter than the header (missing cells are empty). Rows may be longer than the
//! header if their extra cells are empty.

mod quotes;

use std::borrow::Cow;

use csv::{ByteRecord, StringRecord};

use super::mapping::Table;
use crate::ingest::{
    lines::next_line,
    reject::{Reject, RejectRule},
};
use quotes::has_quote_behind_blanks;
pub(in crate::ingest) use quotes::one_row;

/// Most lines of one row: an open quote would otherwise swallow the file.
const LINES_MAX: usize = 1_000;
/// Largest row, in bytes.
const ROW_MAX: usize = 4 << 20;

/// Rows that the csv library reads at least, once it reads a row with quotes: a new reader costs as much as some rows.
const QUOTED_ROWS: u32 = 64;
/// Most rows for which there is room at once.
const ESTIMATE_MAX: usize = 1 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A row and its first line.
pub(super) type Line<'a> = (u64, Result<RowText<'a>, Reject>);

/// The text of a row.
pub(super) enum RowText<'a> {
    /// A row without quotes: each delimiter ends a cell. It is not checked to be text yet.
    Plain { bytes: &'a [u8], delimiter: u8, is_damaged: bool },
    /// The cells of any other row.
    Cells(StringRecord),
}

impl RowText<'_> {
    /// Returns something for each cell; a row that is not text is rejected.
    pub(super) fn cells<'t, T>(&'t self, of_cell: impl Fn(&'t str) -> T) -> Result<Vec<T>, Reject> {
        match self {
            Self::Cells(cells) => Ok(cells.iter().map(of_cell).collect()),
            Self::Plain { bytes, delimiter, is_damaged } => {
                let text = std::str::from_utf8(bytes).map_err(|_| not_text(NOT_UTF8))?;
                check_replacements(text, *is_damaged)?;
                Ok(text.split(char::from(*delimiter)).map(of_cell).collect())
            }
        }
    }
}

const NOT_UTF8: &str = "not UTF-8; set `table.encoding` in the mapping";

fn not_text(reason: &str) -> Reject {
    Reject::new(RejectRule::Encoding, reason)
}

/// Rejects a text with a replacement character, if such a character may hide invalid bytes.
fn check_replacements(text: &str, is_damaged: bool) -> Result<(), Reject> {
    let is_hidden = is_damaged && text.contains(char::REPLACEMENT_CHARACTER);
    let reason = "bytes that are not text in the encoding of the file";
    if is_hidden { Err(not_text(reason)) } else { Ok(()) }
}

/// A file's bytes in an encoding that contains ASCII.
pub(super) struct Decoded<'a> {
    bytes: Cow<'a, [u8]>,
    /// The encoding's name.
    pub(super) encoding: &'static str,
    /// True if a replacement character hides bytes that are not in the encoding.
    is_damaged: bool,
}

/// Decodes bytes: UTF-16 and the mapping's encoding become UTF-8. Other bytes stay, and each row is checked
/// by itself.
pub(super) fn decode<'a>(bytes: &'a [u8], table: &Table) -> Decoded<'a> {
    let marked = encoding_rs::Encoding::for_bom(bytes);
    let encoding = marked.map(|(encoding, _)| encoding).or(table.encoding.map(|configured| configured.0));
    let encoding = encoding.unwrap_or(encoding_rs::UTF_8);
    let bytes = &bytes[marked.map_or(0, |(_, length)| length)..];
    if encoding == encoding_rs::UTF_8 {
        return Decoded { bytes: Cow::Borrowed(bytes), encoding: encoding.name(), is_damaged: false };
    }
    let (text, is_damaged) = encoding.decode_without_bom_handling(bytes);
    let bytes = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    };
    Decoded { bytes, encoding: encoding.name(), is_damaged }
}

/// Detects the delimiter: the one of comma, tab, semicolon and pipe that occurs most often in the first
/// line, outside quotes; a comma if none occurs.
pub(super) fn delimiter(bytes: &[u8], at: usize) -> u8 {
    let rest = &bytes[at.min(bytes.len())..];
    let line = rest.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let mut is_quoted = false;
    let mut counts = [(b',', 0_usize), (b'\t', 0), (b';', 0), (b'|', 0)];
    for byte in line {
        is_quoted ^= *byte == b'"';
        for (sign, count) in &mut counts {
            *count += usize::from(!is_quoted && byte == sign);
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    counts.iter().find(|(_, count)| *count == most).map_or(b',', |(sign, _)| *sign)
}

/// The rows of a file, in order.
pub(super) struct Rows<'a> {
    bytes: &'a [u8],
    is_damaged: bool,
    delimiter: u8,
    comment: Option<u8>,
    /// Position at which the reader began, or the position of the next row if there is no reader.
    base: usize,
    /// Reader of rows with quotes.
    reader: Option<csv::Reader<&'a [u8]>>,
    /// Rows that the reader still reads.
    quoted: u32,
    /// Is true before the first row, and behind a row that the csv library does not read.
    is_begin: bool,
    /// Position up to which lines are counted, and its line.
    counted: (usize, u64),
}

impl<'a> Rows<'a> {
    /// Begins after the lines to skip.
    pub(super) fn new(decoded: &'a Decoded<'_>, table: &Table) -> Self {
        let Decoded { bytes, is_damaged, .. } = decoded;
        let skip = table.skip_lines.unwrap_or(0);
        let mut counted = (0, 1);
        while counted.1 <= skip && counted.0 < bytes.len() {
            counted = (next_line(bytes, counted.0), counted.1 + 1);
        }
        let comment = table.comment.map(|sign| sign.0);
        let first = first_row(bytes, counted.0, comment);
        let delimiter = table.delimiter.map_or_else(|| delimiter(bytes, first), |said| said.0);
        let (reader, base) = (None, counted.0);
        Self {
            bytes,
            is_damaged: *is_damaged,
            delimiter,
            comment,
            base,
            reader,
            quoted: 0,
            is_begin: true,
            counted,
        }
    }

    /// Returns the delimiter.
    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Returns about how many rows the file has, if all of them are as long as those before the reader. It has read
    /// two chunks of rows by then, or the whole file. A file with other rows later gets no more room than that.
    pub(super) fn estimate(&self, chunk: usize) -> usize {
        let factor = if self.at() >= self.bytes.len() { 1 } else { self.bytes.len() / self.at().max(1) + 1 };
        chunk.saturating_mul(2).saturating_mul(factor).min(ESTIMATE_MAX)
    }

    /// Returns the position of the reader.
    fn at(&self) -> usize {
        self.base + self.reader.as_ref().map_or(0, |reader| reader.position().byte() as usize)
    }

    /// Returns the line of a position; positions must ascend.
    fn line(&mut self, at: usize) -> u64 {
        while self.counted.0 < at {
            let next = next_line(self.bytes, self.counted.0);
            if next > at {
                break;
            }
            self.counted = (next, self.counted.1 + 1);
        }
        self.counted.1
    }

    /// Continues at a position.
    fn resume(&mut self, base: usize) {
        (self.base, self.reader, self.is_begin) = (base, None, true);
    }

    /// Returns the row at a position and its line, if it has no quotes.
    fn plain(&mut self, start: usize) -> Option<(u64, &'a [u8])> {
        let rest = &self.bytes[start..];
        // The csv library skips a byte order mark at its beginning.
        if self.is_begin && self.bytes[self.base..].starts_with(BYTE_ORDER_MARK) {
            return None;
        }
        let length = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let row = &rest[..length];
        if length >= ROW_MAX || memchr::memchr(b'"', row).is_some() {
            return None;
        }
        let line = self.line(start);
        let end = start + length;
        let is_pair = rest[length..].starts_with(b"\r\n");
        (self.base, self.reader, self.is_begin) =
            ((end + 1 + usize::from(is_pair)).min(self.bytes.len()), None, false);
        if end < self.bytes.len() {
            self.counted = (self.base, line + 1);
        }
        Some((line, row))
    }

    /// Reads the next row by the csv library; `start` is its position.
    fn read_cells(&mut self, start: usize, record: &mut ByteRecord) -> bool {
        let (bytes, delimiter, comment) = (self.bytes, self.delimiter, self.comment);
        if self.reader.is_none() {
            // The reader skips a line end, but it would take a byte order mark behind it for that of the file.
            let begin = if self.is_begin { self.base } else { start - 1 };
            self.base = begin;
        }
        let reader = self.reader.get_or_insert_with(|| reader(&bytes[self.base..], delimiter, comment));
        self.is_begin = false;
        // Reading from memory into a record of any length cannot fail.
        reader.read_byte_record(record).unwrap_or(false)
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let mut record = ByteRecord::new();
        loop {
            let start = first_row(self.bytes, self.at(), self.comment);
            if start >= self.bytes.len() {
                return None;
            }
            if self.quoted > 0 {
                self.quoted -= 1;
            } else if let Some((line, row)) = self.plain(start) {
                // A blank line is not a row.
                if row.trim_ascii().is_empty() && !row.contains(&self.delimiter) {
                    continue;
                }
                let (delimiter, is_damaged) = (self.delimiter, self.is_damaged);
                return Some((line, Ok(RowText::Plain { bytes: row, delimiter, is_damaged })));
            } else if self.reader.is_none() {
                self.quoted = QUOTED_ROWS;
            }
            if !self.read_cells(start, &mut record) {
                return None;
            }
            let line = self.line(start);
            let end = self.at().max(start);
            if has_quote_behind_blanks(&self.bytes[start..end], self.delimiter) {
                let row = one_row(self.bytes, start, self.delimiter);
                if let Some(reject) = row.reject {
                    self.resume(next_line(self.bytes, start));
                    return Some((line, Err(reject)));
                }
                record = row.cells;
                self.resume(row.end);
            } else if let Some(reject) =
                unreadable(&self.bytes[start..end], end == self.bytes.len(), self.delimiter)
            {
                self.resume(next_line(self.bytes, start));
                return Some((line, Err(reject)));
            }
            // A blank line is not a row.
            if record.len() == 1 && record[0].trim_ascii().is_empty() {
                continue;
            }
            let cells =
                StringRecord::from_byte_record(record).map_err(|_| not_text(NOT_UTF8)).and_then(|cells| {
                    check_replacements(cells.as_slice(), self.is_damaged)?;
                    Ok(RowText::Cells(cells))
                });
            return Some((line, cells));
        }
    }
}

fn reader(bytes: &[u8], delimiter: u8, comment: Option<u8>) -> csv::Reader<&[u8]> {
    let mut builder = csv::ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(delimiter).comment(comment).from_reader(bytes)
}

fn too_long() -> Reject {
    let reason =
        format!("one row of more than {LINES_MAX} lines or {ROW_MAX} bytes: is a closing quote missing?");
    Reject::new(RejectRule::Size, reason)
}

/// Returns the reject of a row whose quote has no end.
fn unreadable(raw: &[u8], is_last: bool, delimiter: u8) -> Option<Reject> {
    let breaks = raw.trim_ascii_end().split(|byte| *byte == b'\n').count() - 1;
    if breaks > LINES_MAX || raw.len() > ROW_MAX {
        return Some(too_long());
    }
    let is_odd = raw.split(|byte| *byte == b'"').count().is_multiple_of(2);
    let opens = raw.starts_with(b"\"") || raw.windows(2).any(|pair| pair == [delimiter, b'"']);
    let is_open = is_last && is_odd && (breaks > 0 || opens);
    is_open.then(|| Reject::new(RejectRule::CsvSyntax, "a quoted cell has no closing quote"))
}

/// Returns the position of the next row, after blank lines and comments.
fn first_row(bytes: &[u8], mut at: usize, comment: Option<u8>) -> usize {
    loop {
        match bytes.get(at) {
            Some(b'\n' | b'\r') => at += 1,
            Some(sign) if Some(*sign) == comment => at = next_line(bytes, at),
            _ => return at,
        }
    }
}

#[cfg(test)]
mod tests;
