//! The bytes of a CSV file to rows with their lines; one that cannot be read costs itself alone.
//!
//! What is accepted beyond RFC 4180, since partners publish it: any line end, blank lines,
//! comments, rows shorter than the header (what is not there is empty), rows longer than it if
//! nothing stands in the cells too many.

use std::borrow::Cow;

use csv::{ByteRecord, StringRecord};

use super::mapping::Table;
use crate::ingest::{Refusal, Rule};

/// Most lines that one row may reach over: a quote that nobody closed would swallow the file.
const LINES_MAX: usize = 1_000;
/// Largest row, in bytes.
const ROW_MAX: usize = 4 << 20;

/// A row and the line on which it begins.
pub(super) type Line = (u64, Result<StringRecord, Refusal>);

/// A file's bytes as text that ASCII signs can be looked for in.
pub(super) struct Decoded<'a> {
    bytes: Cow<'a, [u8]>,
    /// The encoding's name.
    pub(super) encoding: &'static str,
    /// Whether a sign stands for bytes that are none of the encoding.
    is_damaged: bool,
}

/// Brings the bytes to text: UTF-16 and what the mapping says become UTF-8; other bytes are as they
/// are, and each row is checked by itself.
pub(super) fn decode<'a>(bytes: &'a [u8], table: &Table) -> Decoded<'a> {
    let marked = encoding_rs::Encoding::for_bom(bytes);
    let encoding = marked.map(|(encoding, _)| encoding).or(table.encoding.map(|said| said.0));
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

/// Finds what parts the cells: of comma, tab, semicolon and pipe the one that stands most often
/// in the first line, outside quotes; a comma where none does.
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
    /// Where the reader began.
    base: usize,
    reader: csv::Reader<&'a [u8]>,
    /// Up to where lines are counted, and the line that begins there.
    counted: (usize, u64),
}

impl<'a> Rows<'a> {
    /// Begins behind the lines to skip.
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

    /// Returns what parts the cells.
    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Returns how far the reader is.
    fn at(&self) -> usize {
        self.base + self.reader.position().byte() as usize
    }

    /// Returns the line on which a place stands; places come in order.
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

    /// Goes on at the line behind the one that begins a row which cannot be read.
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
            // Reading from memory, into a record of any length, does not fail.
            if !self.reader.read_byte_record(&mut record).unwrap_or(false) {
                return None;
            }
            let line = self.line(start);
            let end = self.at().max(start);
            let raw = &self.bytes[start..end];
            if let Some(refusal) = unreadable(raw, end == self.bytes.len(), self.delimiter) {
                self.resume_behind(start);
                return Some((line, Err(refusal)));
            }
            // A line of blanks is no row.
            if record.len() == 1 && record[0].trim_ascii().is_empty() {
                continue;
            }
            let wrong = |_| Refusal::new(Rule::Encoding, "not UTF-8; say `table.encoding` in the mapping");
            let cells = StringRecord::from_byte_record(record).map_err(wrong).and_then(|cells| {
                let is_damaged = self.is_damaged && cells.as_slice().contains(char::REPLACEMENT_CHARACTER);
                let reason = "bytes that are no text in the encoding of the file";
                if is_damaged { Err(Refusal::new(Rule::Encoding, reason)) } else { Ok(cells) }
            });
            return Some((line, cells));
        }
    }
}

fn reader(bytes: &[u8], delimiter: u8, comment: Option<u8>) -> csv::Reader<&[u8]> {
    let mut builder = csv::ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(delimiter).comment(comment).from_reader(bytes)
}

/// Says why what was read as one row is none: a quote that does not end.
fn unreadable(raw: &[u8], is_last: bool, delimiter: u8) -> Option<Refusal> {
    let breaks = raw.trim_ascii_end().split(|byte| *byte == b'\n').count() - 1;
    if breaks > LINES_MAX || raw.len() > ROW_MAX {
        let reason =
            format!("one row of more than {LINES_MAX} lines or {ROW_MAX} bytes: does a quote not end?");
        return Some(Refusal::new(Rule::Size, reason));
    }
    let is_odd = raw.split(|byte| *byte == b'"').count().is_multiple_of(2);
    let opens = raw.starts_with(b"\"") || raw.windows(2).any(|pair| pair == [delimiter, b'"']);
    let is_open = is_last && is_odd && (breaks > 0 || opens);
    is_open.then(|| Refusal::new(Rule::CsvSyntax, "a quoted cell does not end"))
}

/// Returns where the line behind the one at a place begins; `\r`, `\n` and both end a line.
fn next_line(bytes: &[u8], at: usize) -> usize {
    let end = bytes[at..].iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    match end.map(|end| at + end) {
        None => bytes.len(),
        Some(end) if bytes[end] == b'\r' && bytes.get(end + 1) == Some(&b'\n') => end + 2,
        Some(end) => end + 1,
    }
}

/// Returns where the next row begins: behind blank lines and comments.
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
                Err(refusal) => format!("{line}: {}", refusal.rule.name()),
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
