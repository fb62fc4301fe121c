//! Rows of a CSV file, with their lines; a row that cannot be read is the only one rejected.
//!
//! Accepted beyond RFC 4180, because partners publish it: any line end, blank lines, comments, blanks around
//! a quoted cell, and rows shorter than the header (missing cells are empty). Rows may be longer than the
//! header if their extra cells are empty.

use std::borrow::Cow;

use csv::{ByteRecord, StringRecord};

use super::mapping::Table;
use crate::ingest::{
    lines::next_line,
    reject::{Reject, RejectRule},
};

/// Most lines of one row: an open quote would otherwise swallow the file.
const LINES_MAX: usize = 1_000;
/// Largest row, in bytes.
const ROW_MAX: usize = 4 << 20;

/// A row and its first line.
pub(super) type Line = (u64, Result<StringRecord, Reject>);

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
    /// Position at which the reader began.
    base: usize,
    reader: csv::Reader<&'a [u8]>,
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
        let reader = reader(&bytes[counted.0..], delimiter, comment);
        Self { bytes, is_damaged: *is_damaged, delimiter, comment, base: counted.0, reader, counted }
    }

    /// Returns the delimiter.
    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Returns the position of the reader.
    fn at(&self) -> usize {
        self.base + self.reader.position().byte() as usize
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

    /// Continues at the line after the first line of a row that cannot be read.
    fn resume_behind(&mut self, start: usize) {
        self.base = next_line(self.bytes, start);
        self.reader = reader(&self.bytes[self.base..], self.delimiter, self.comment);
    }
}

impl Iterator for Rows<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let mut record = ByteRecord::new();
        loop {
            let start = first_row(self.bytes, self.at(), self.comment);
            // Reading from memory into a record of any length cannot fail.
            if !self.reader.read_byte_record(&mut record).unwrap_or(false) {
                return None;
            }
            let line = self.line(start);
            let end = self.at().max(start);
            if has_quote_behind_blanks(&self.bytes[start..end], self.delimiter) {
                let row = one_row(self.bytes, start, self.delimiter);
                if let Some(reject) = row.reject {
                    self.resume_behind(start);
                    return Some((line, Err(reject)));
                }
                record = row.cells;
                self.base = row.end;
                self.reader = reader(&self.bytes[row.end..], self.delimiter, self.comment);
            } else if let Some(reject) =
                unreadable(&self.bytes[start..end], end == self.bytes.len(), self.delimiter)
            {
                self.resume_behind(start);
                return Some((line, Err(reject)));
            }
            // A blank line is not a row.
            if record.len() == 1 && record[0].trim_ascii().is_empty() {
                continue;
            }
            let wrong =
                |_| Reject::new(RejectRule::Encoding, "not UTF-8; set `table.encoding` in the mapping");
            let cells = StringRecord::from_byte_record(record).map_err(wrong).and_then(|cells| {
                let is_damaged = self.is_damaged && cells.as_slice().contains(char::REPLACEMENT_CHARACTER);
                let reason = "bytes that are not text in the encoding of the file";
                if is_damaged { Err(Reject::new(RejectRule::Encoding, reason)) } else { Ok(cells) }
            });
            return Some((line, cells));
        }
    }
}

fn reader(bytes: &[u8], delimiter: u8, comment: Option<u8>) -> csv::Reader<&[u8]> {
    let mut builder = csv::ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(delimiter).comment(comment).from_reader(bytes)
}

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
fn has_quote_behind_blanks(raw: &[u8], delimiter: u8) -> bool {
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
mod tests {
    use super::*;

    fn read(bytes: &[u8], table: &Table) -> Vec<String> {
        Rows::new(&decode(bytes, table), table)
            .map(|(line, cells)| match cells {
                Ok(cells) => format!("{line}: {}", cells.iter().collect::<Vec<&str>>().join("|")),
                Err(reject) => format!("{line}: {}", reject.rule.name()),
            })
            .collect()
    }

    fn plain(text: &str) -> Vec<String> {
        read(text.as_bytes(), &Table::default())
    }

    #[test]
    fn every_row_has_its_line() {
        assert_eq!(plain("a,b\r\nc,d\r\n"), ["1: a|b", "2: c|d"]);
        assert_eq!(plain("a,b\n\n  \nc,d"), ["1: a|b", "4: c|d"]);
        assert_eq!(plain("a,b\rc,d\r"), ["1: a|b", "2: c|d"]);
        assert_eq!(plain("a,\"b\r\nb\r\n\"\r\nc,d"), ["1: a|b\r\nb\r\n", "4: c|d"]);
        assert_eq!(plain("a,\"b \"\"q\"\"\"\nc,\n"), ["1: a|b \"q\"", "2: c|"]);
        let table = Table {
            comment: Some("#".to_owned().try_into().expect("a sign")),
            skip_lines: Some(2),
            ..Table::default()
        };
        assert_eq!(read(b"x\ny\n# z,z\na,b\n#c\nc#,d\n", &table), ["4: a|b", "6: c#|d"]);
    }

    #[test]
    fn a_quote_that_does_not_end_costs_its_line_alone() {
        assert_eq!(plain("a,b\nc,\"d\ne,f\ng,h\n"), ["1: a|b", "2: csv-syntax", "3: e|f", "4: g|h"]);
        assert_eq!(plain("a,5\" pipe"), ["1: a|5\" pipe"]);
        assert_eq!(plain("a,\"b"), ["1: csv-syntax"]);
        let long = format!("a,\"b\n{}c,\"d\n", "x,y\n".repeat(2_000));
        let rows = plain(&long);
        assert_eq!((rows.len(), rows[0].as_str(), rows[1].as_str()), (2_002, "1: size", "2: x|y"));
    }

    #[test]
    fn a_quoted_cell_may_stand_between_blanks() {
        assert_eq!(plain("\"a\", \"b\"\n \"c, d\" ,\t\"e \"\"f\"\"\"\n"), ["1: a|b", "2: c, d|e \"f\""]);
        assert_eq!(plain("a, \"b\r\nb, c\", d\r\ne,f\r\n"), ["1: a|b\r\nb, c| d", "3: e|f"]);
        assert_eq!(plain("a, \"b\rc\"\rd,e\r"), ["1: a|b\rc", "3: d|e"]);
        assert_eq!(plain("a, \"b\nc,d\ne,f\n"), ["1: csv-syntax", "2: c|d", "3: e|f"]);
        // Text with quotes in it is no quoted cell.
        assert_eq!(plain("a, \"b\" c\nd, 5\" pipe\n"), ["1: a| \"b\" c", "2: d| 5\" pipe"]);
        assert_eq!(plain("a,, \"\"\n\"b\", \"c\", \n"), ["1: a||", "2: b|c| "]);
        let long = format!("a, \"b\n{}", "x,y\n".repeat(2_000));
        let rows = plain(&long);
        assert_eq!((rows.len(), rows[0].as_str(), rows[1].as_str()), (2_001, "1: size", "2: x|y"));
    }

    #[test]
    fn a_delimiter_is_found_by_the_first_line() {
        assert_eq!(plain("a\tb,c\td\n1\t2\t3\n"), ["1: a|b,c|d", "2: 1|2|3"]);
        assert_eq!(plain("\"a,b,c\";d\n"), ["1: a,b,c|d"]);
        assert_eq!(plain("only\none\n"), ["1: only", "2: one"]);
    }

    #[test]
    fn an_encoding_is_found_by_its_mark_or_said_and_never_guessed() {
        let text = |bytes: &[u8], table: &Table| (read(bytes, table), decode(bytes, table).encoding);
        let none = Table::default();
        assert_eq!(text(b"\xef\xbb\xbfa,b\n", &none), (vec!["1: a|b".to_owned()], "UTF-8"));
        assert_eq!(text(b"\xff\xfea\0,\0\xe9\0\n\0", &none), (vec!["1: a|\u{e9}".to_owned()], "UTF-16LE"));
        let halved = text(b"\xff\xfea\0\n\0\x00\xd8\n\0b\0", &none);
        assert_eq!(halved.0, ["1: a", "2: encoding", "3: b"]);
        assert_eq!(text(b"a,b\nc,\xca\nd,e\n", &none).0, ["1: a|b", "2: encoding", "3: d|e"]);
        let said =
            Table { encoding: Some("macintosh".to_owned().try_into().expect("known")), ..Table::default() };
        assert_eq!(text(b"c\xca,d\n", &said), (vec!["1: c\u{a0}|d".to_owned()], "macintosh"));
    }
}
