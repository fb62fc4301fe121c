//! A mutational fuzzer of the readers: JSON as a stream beside whole reading and `serde_json`, and CSV beside the csv crate
//! and a strict reader of RFC 4180.
//!
//! Each case follows from the seed and its number. `ARANEUS_FUZZ_SECONDS=3600` runs for an hour, and
//! `ARANEUS_FUZZ_FIRST` sets the first number. A failure names the number of its case.

#![expect(clippy::disallowed_methods, reason = "a long run is asked for by hand")]

use std::{
    env,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use csv::ByteRecord;
use serde_json::Value;

use super::{compared, documents, whole};
use crate::{
    ingest::{Input, Location, format::Status, json, read_mapped, table},
    random::{self, Stream},
};

/// Seed of all cases.
const SEED: u64 = 22;
/// Cases of a run of the tests.
const CASES: u64 = 1_500;
/// Texts that mutations insert.
const JSON_TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\\"",
    "\\\\",
    "\\ud800",
    "\\udc00",
    "\\u0000",
    "\"objects\":[",
    "\"response\":[",
    "\"type\":\"bundle\"",
    "\"id\":",
    "{}",
    "[]",
    "null",
    "true",
    "1e999",
    "-0",
    "1.0",
    "01",
    "\r\n",
    "\n",
    "\r",
    "\t",
    "\u{feff}",
    "\u{2028}",
    "é",
    "\0",
    "\"Event\":",
    "\"Attribute\":[",
    "\"more\":true",
    "//",
    "'",
];
const TABLE_TOKENS: &[&str] = &[
    ",",
    ",,",
    ";",
    "\t",
    "|",
    "\"",
    "\"\"",
    "\",\"",
    " \"",
    "\" ",
    "\r\n",
    "\n",
    "\r",
    "\n\n",
    " ",
    "#",
    "é",
    "\u{feff}",
    "\0",
    "'",
    "\\",
    "a",
    "value",
    "1",
    "2024-02-01",
    "a.example",
    "\u{a0}",
    "\"\n\"",
];

/// Returns how long to run, and the first case.
fn budget() -> (Option<Duration>, u64) {
    let number = |name: &str| env::var(name).ok().and_then(|text| text.parse().ok());
    (number("ARANEUS_FUZZ_SECONDS").map(Duration::from_secs), number("ARANEUS_FUZZ_FIRST").unwrap_or(0))
}

/// Runs cases until the time is over, and prints how many.
#[cfg(test)]
fn run(name: &str, case: impl Fn(&mut Stream)) {
    static RUNNING: AtomicU64 = AtomicU64::new(0);
    let ((time, first), begin) = (budget(), Instant::now());
    let is_over = |count: u64| time.map_or(count >= CASES, |time| begin.elapsed() >= time);
    let mut count = 0;
    while !is_over(count) {
        let number = first + count;
        RUNNING.store(number, Ordering::Relaxed);
        let result =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| case(&mut random::open(SEED, number))));
        assert!(result.is_ok(), "{name}: case {number} of seed {SEED}");
        count += 1;
    }
    println!("{name}: {count} cases from {first} in {:.0} s", begin.elapsed().as_secs_f64());
}

fn below(random: &mut Stream, limit: usize) -> usize {
    random::below_u64(random, limit as u64) as usize
}

fn chosen<'a, T>(random: &mut Stream, all: &'a [T]) -> &'a T {
    &all[below(random, all.len())]
}

/// Returns a random range of bytes, most often a short one.
fn range(random: &mut Stream, length: usize) -> std::ops::Range<usize> {
    let begin = below(random, length + 1);
    let longest = if below(random, 4) == 0 { length - begin } else { (length - begin).min(12) };
    begin..begin + below(random, longest + 1)
}

/// Changes bytes a few times.
fn mutated(random: &mut Stream, mut bytes: Vec<u8>, other: &[u8], tokens: &[&str]) -> Vec<u8> {
    for _ in 0..=below(random, 5) {
        let at = range(random, bytes.len());
        match below(random, 9) {
            0 => drop(bytes.drain(at)),
            1 => bytes.truncate(at.end.max(1)),
            2 => {
                let copy = bytes[at.clone()].to_vec();
                bytes.splice(at.end..at.end, copy);
            }
            3 => {
                let from = range(random, other.len());
                bytes.splice(at.start..at.start, other[from].iter().copied());
            }
            4 if at.start < bytes.len() => bytes[at.start] ^= 1 << below(random, 8),
            5 if at.start < bytes.len() => bytes[at.start] = below(random, 256) as u8,
            _ => drop(bytes.splice(at.start..at.start, chosen(random, tokens).bytes())),
        }
    }
    bytes.truncate(1 << 16);
    bytes
}

#[test]
fn json_is_read_as_serde_reads_it() {
    let documents: Vec<(&str, Vec<u8>)> =
        documents().into_iter().map(|(path, text)| (path, text.into_bytes())).collect();
    run("JSON", |random| {
        let (path, text) = chosen(random, &documents).clone();
        let other = &chosen(random, &documents).1;
        let bytes = mutated(random, text, other, JSON_TOKENS);
        let path = if below(random, 8) == 0 { "a.jsonl" } else { path };
        let stored = match below(random, 12) {
            0 => zstd::encode_all(bytes.as_slice(), 1).expect("compresses"),
            _ => bytes.clone(),
        };
        let size = 1 + below(random, 300);
        compared(&stored, path, &[size, 1 << 20]);
        if stored == bytes {
            agrees_with_serde(&bytes, path);
        }
    });
}

/// Checks the objects of a document, their positions and digests by the value that `serde_json` reads.
fn agrees_with_serde(bytes: &[u8], path: &str) {
    let delivery = whole(bytes, path);
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let Ok(document) = serde_json::from_slice::<Value>(text) else {
        let is_lines = delivery.rejects.iter().all(|reject| !reject.position.is_empty());
        assert!(delivery.accepted.is_empty() || is_lines, "a document that is not JSON has objects");
        return;
    };
    if std::path::Path::new(path).extension().is_some_and(|suffix| suffix == "jsonl")
        || delivery.status != Status::Ok
    {
        return;
    }
    if let (Some("stix"), Some(objects)) =
        (delivery.format, document.get("objects").and_then(Value::as_array))
    {
        assert_eq!(delivery.accepted.len() + delivery.rejects.len(), objects.len(), "every object counts");
    }
    // A value keeps only the last member of a key that occurs twice.
    if delivery.format != Some("stix") && json::value(&String::from_utf8_lossy(text)).is_err() {
        return;
    }
    let shown = String::from_utf8_lossy(bytes);
    for accepted in &delivery.accepted {
        let delivered = document.pointer(&accepted.position);
        let delivered =
            delivered.unwrap_or_else(|| panic!("{} names no value in {shown}", accepted.position));
        if delivery.format == Some("stix") {
            let object: Value = serde_json::from_str(&accepted.object).expect("an object is JSON");
            assert_eq!(&object, delivered, "{}", accepted.position);
            assert_eq!(accepted.content, json::digest(delivered), "{}", accepted.position);
        }
    }
    for reject in &delivery.rejects {
        assert!(
            document.pointer(&reject.position).is_some(),
            "{} names no value in {shown}",
            reject.position
        );
    }
}

/// Tables that are mutated; the first column has the values of the mapping.
const TABLES: [&str; 5] = [
    "value,family,first_seen,confidence,note\na.example,Reed,2024-02-01,80,\"a, \"\"b\"\"\"\nb.example,Sedge,,,\n198.51.100.7,Reed,2024-02-03,10,x\n",
    "value;family\r\na.example;\"Reed\r\nwisp\"\r\n\r\nb.example;Rush\r\n",
    "value\tfamily\tnote\na.example\tReed\t1\t\nb.example\t\"\"\t\n",
    "value,family\ra.example,Reed\rb.example,Sedge",
    "value,family\n\"a.example\" , \"Reed\"\n  \nb.example,5\" pipe\n\"c.example,\"Reed\"\n",
];

#[test]
fn tables_are_read_as_the_csv_crate_reads_them() {
    run("tables", |random| {
        let text = chosen(random, &TABLES).as_bytes().to_vec();
        let other = chosen(random, &TABLES).as_bytes();
        let bytes = mutated(random, text, other, TABLE_TOKENS);
        let rows = plain_rows(&bytes);
        let mut last = 0;
        for (line, _) in &rows {
            assert!(*line > last, "rows are in order of their lines");
            last = *line;
        }
        if let Some(strict) = strict_rows(&bytes) {
            let read: Vec<(u64, Vec<&str>)> = rows
                .iter()
                .map(|(line, cells)| (*line, cells.iter().map(String::as_str).collect()))
                .collect();
            let expected: Vec<(u64, Vec<&str>)> = strict
                .iter()
                .map(|(line, cells)| (*line, cells.iter().map(String::as_str).collect()))
                .collect();
            assert_eq!(read, expected);
            assert_eq!(of_crate(&bytes), strict.into_iter().map(|(_, cells)| cells).collect::<Vec<_>>());
        }
        // The mapping has comments, and the rows above have none.
        if !bytes.contains(&b'#') {
            agrees_with_rows(&bytes, &rows);
        }
    });
}

type PlainRow = (u64, Vec<String>);

/// Returns the rows that our reader reads; a rejected row has no cells.
fn plain_rows(bytes: &[u8]) -> Vec<PlainRow> {
    let mut rows = Vec::new();
    table::each_plain_row(bytes, |line, cells| {
        let cells = cells.map(|cells: Vec<&str>| cells.into_iter().map(str::to_owned).collect());
        rows.push((line, cells.unwrap_or_default()));
    });
    rows
}

/// Returns the delimiter by the rule of the documentation: the sign that the first line has most often outside quotes.
fn delimiter(bytes: &[u8]) -> u8 {
    let line =
        bytes.split(|byte| matches!(byte, b'\n' | b'\r')).find(|line| !line.is_empty()).unwrap_or_default();
    let unquoted: Vec<u8> = line.split(|byte| *byte == b'"').step_by(2).flatten().copied().collect();
    let count = |sign: u8| unquoted.split(|byte| *byte == sign).count();
    let mut best = b',';
    for sign in [b'\t', b';', b'|'] {
        if count(sign) > count(best) {
            best = sign;
        }
    }
    best
}

/// Reads a table by RFC 4180 alone, with any line end; `None` if it has anything else. Blank lines are left out.
fn strict_rows(bytes: &[u8]) -> Option<Vec<PlainRow>> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\u{feff}'))?;
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return None;
    }
    let delimiter = char::from(delimiter(bytes));
    let (mut rows, mut line) = (Vec::new(), 1);
    let mut rest = text;
    while !rest.is_empty() {
        let (begin, mut cells) = (line, Vec::new());
        loop {
            let (cell, behind) = strict_cell(rest, delimiter)?;
            line += line_ends(&rest[..rest.len() - behind.len()]);
            cells.push(cell);
            if let Some(next) = behind.strip_prefix(delimiter) {
                rest = next;
                continue;
            }
            rest =
                behind.strip_prefix("\r\n").or_else(|| behind.strip_prefix(['\r', '\n'])).unwrap_or(behind);
            line += u64::from(rest.len() < behind.len());
            break;
        }
        let is_blank = cells.len() == 1 && cells[0].trim_ascii().is_empty();
        if !is_blank {
            rows.push((begin, cells));
        }
    }
    Some(rows)
}

/// Returns the number of line ends in a text.
fn line_ends(text: &str) -> u64 {
    let (feeds, returns) = (text.matches('\n').count(), text.matches('\r').count());
    (feeds + returns - text.matches("\r\n").count()) as u64
}

/// Reads one cell; `None` if it is not one of RFC 4180.
fn strict_cell(text: &str, delimiter: char) -> Option<(String, &str)> {
    let is_end = |text: &str| text.is_empty() || text.starts_with([delimiter, '\r', '\n']);
    if let Some(quoted) = text.strip_prefix('"') {
        let (mut cell, mut rest) = (String::new(), quoted);
        loop {
            let quote = rest.find('"')?;
            cell.push_str(&rest[..quote]);
            rest = &rest[quote + 1..];
            match rest.strip_prefix('"') {
                Some(next) => {
                    cell.push('"');
                    rest = next;
                }
                None => return is_end(rest).then_some((cell, rest)),
            }
        }
    }
    let end = text.find([delimiter, '\r', '\n']).unwrap_or(text.len());
    (!text[..end].contains('"')).then(|| (text[..end].to_owned(), &text[end..]))
}

fn of_crate(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(bytes))
        .from_reader(bytes);
    let cells =
        |record: ByteRecord| record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
    let is_row = |record: &ByteRecord| record.len() != 1 || !record[0].trim_ascii().is_empty();
    reader.byte_records().map(|record| record.expect("a row")).filter(is_row).map(cells).collect()
}

/// Checks what a mapping reads of a table by its rows: every row counts, and an accepted one has its filled cells.
fn agrees_with_rows(bytes: &[u8], rows: &[PlainRow]) {
    let location = Location::Bytes(bytes.to_vec());
    let input =
        Input { source: "feed".to_owned(), path: "feed/a.csv".to_owned(), location, pseudonyms: None };
    let mapping =
        table::read_mapping("indicator-list", std::path::Path::new(".")).expect("a shipped mapping");
    let mapping = table::source_mapping::SourceMapping::new(mapping, "feed");
    let mappings = [("feed".to_owned(), std::sync::Arc::new(mapping))].into();
    let delivery = read_mapped(&[input], &mappings, &|_| {}).swap_remove(0);
    if delivery.status != Status::Ok || delivery.format != Some("csv") {
        return;
    }
    assert_eq!(delivery.accepted.len() + delivery.rejects.len() + 1, rows.len(), "every row counts");
    for accepted in &delivery.accepted {
        let cells: Value = serde_json::from_str(&accepted.object).expect("a row is JSON");
        assert_eq!(accepted.content, json::digest(&cells));
        let line: u64 =
            accepted.position.strip_prefix("line ").and_then(|line| line.parse().ok()).expect("a line");
        let (_, row) = rows.iter().find(|(known, _)| *known == line).expect("a row at the line");
        let mut filled: Vec<&str> =
            row.iter().map(String::as_str).filter(|cell| !cell.trim().is_empty()).collect();
        let mut read: Vec<&str> =
            cells.as_object().expect("an object").values().filter_map(Value::as_str).collect();
        filled.sort_unstable();
        read.sort_unstable();
        assert_eq!(read, filled, "line {line}");
    }
}
