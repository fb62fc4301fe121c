//! Comparison of the pairs of names in a CSV table, and linkage of the records of CSV tables.
//!
//! The models and their levels are in the crate `araneus-names`.

mod records;

pub use records::{
    ComparedColumn, RecordTables, RecordTablesError, read_records, write_clusters, write_pairs,
};

use std::io;

use araneus_names::{Comparison, Model, Name, NameKind, Pair, Word};
use csv::{ByteRecord, ReaderBuilder, StringRecord, WriterBuilder};
use rayon::prelude::*;
use serde_json::{Map, Value, json};

/// Columns that a table of pairs has.
pub const REQUIRED: [&str; 3] = ["schema", "name1", "name2"];
/// Columns that a comparison adds.
pub const ADDED: [&str; 3] = ["score", "match", "detail"];
/// Rows that are compared at once.
const BATCH: usize = 8_192;

/// Counts of a comparison.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PairsSummary {
    /// Rows compared.
    pub rows: usize,
    /// Rows that match.
    pub matches: usize,
    /// Rows that were left out, in order.
    pub rejects: Vec<RowReject>,
}

/// A row that was left out.
#[derive(Debug, PartialEq, Eq)]
pub struct RowReject {
    /// Line at which the row begins, from 1.
    pub line: u64,
    /// Rule that it breaks.
    pub rule: RowRule,
}

/// Rules of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowRule {
    /// The row has as many cells as the header.
    Cells,
    /// The text is UTF-8.
    Encoding,
}

impl RowRule {
    /// Returns the rule in words.
    pub fn description(self) -> &'static str {
        match self {
            Self::Cells => "a row has as many cells as the header",
            Self::Encoding => "text is UTF-8",
        }
    }
}

/// Reason why a table of pairs cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum PairsError {
    /// The header lacks a column.
    #[error("the header has no column `{0}`; it needs schema, name1 and name2")]
    Missing(&'static str),
    /// The header has a column that the comparison would add.
    #[error("the header already has a column `{0}`, which the comparison adds")]
    Present(&'static str),
    /// The header is not UTF-8, or there is none.
    #[error("line 1 is not a header in UTF-8")]
    Header,
    /// The table cannot be read.
    #[error("the table cannot be read: {0}")]
    Read(io::Error),
    /// The result cannot be written.
    #[error("the result cannot be written: {0}")]
    Write(io::Error),
}

/// Compares all rows of a table, and writes them in their order with score, match and detail.
pub fn compare_pairs(
    input: impl io::Read,
    output: impl io::Write,
    model: &Model,
) -> Result<PairsSummary, PairsError> {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(input);
    let header = header(&mut reader)?;
    let [schema, left, right] = columns(&header)?;
    let mut writer = WriterBuilder::new().from_writer(output);
    write(&mut writer, header.iter().chain(ADDED))?;
    let mut summary = PairsSummary::default();
    let mut rows = reader.byte_records();
    loop {
        let batch = batch(&mut rows, header.len(), &mut summary.rejects)?;
        let compared: Vec<Comparison> = batch
            .par_iter()
            .map(|row| model.compare(&row[left], &row[right], NameKind::of_schema(&row[schema])))
            .collect();
        for (row, comparison) in batch.iter().zip(&compared) {
            summary.rows += 1;
            summary.matches += usize::from(comparison.is_match);
            let [score, is_match] = [format!("{:.6}", comparison.score), comparison.is_match.to_string()];
            let detail = detail(comparison, row, &[schema, left, right], model);
            write(&mut writer, row.iter().chain([score.as_str(), is_match.as_str(), detail.as_str()]))?;
        }
        if batch.is_empty() {
            break;
        }
    }
    writer.flush().map_err(PairsError::Write)?;
    Ok(summary)
}

fn header(reader: &mut csv::Reader<impl io::Read>) -> Result<StringRecord, PairsError> {
    let header = reader.headers().map_err(read_error)?;
    if header.is_empty() { Err(PairsError::Header) } else { Ok(header.clone()) }
}

fn read_error(error: csv::Error) -> PairsError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => PairsError::Read(error),
        // A flexible reader of bytes has no other error than that of a header that is not UTF-8.
        _ => PairsError::Header,
    }
}

fn columns(header: &StringRecord) -> Result<[usize; 3], PairsError> {
    if let Some(present) = ADDED.into_iter().find(|added| header.iter().any(|name| name == *added)) {
        return Err(PairsError::Present(present));
    }
    let mut columns = [0; 3];
    for (column, required) in columns.iter_mut().zip(REQUIRED) {
        *column = header.iter().position(|name| name == required).ok_or(PairsError::Missing(required))?;
    }
    Ok(columns)
}

/// Reads the next rows, and notes those that break a rule. An empty batch is the end.
fn batch<R: io::Read>(
    rows: &mut csv::ByteRecordsIter<'_, R>,
    cells: usize,
    rejects: &mut Vec<RowReject>,
) -> Result<Vec<StringRecord>, PairsError> {
    let mut batch = Vec::new();
    for row in rows {
        let row = row.map_err(read_error)?;
        match accepted(row, cells) {
            Ok(row) => batch.push(row),
            Err(reject) => rejects.push(reject),
        }
        if batch.len() == BATCH {
            break;
        }
    }
    Ok(batch)
}

fn accepted(row: ByteRecord, cells: usize) -> Result<StringRecord, RowReject> {
    let line = row.position().map_or(0, csv::Position::line);
    if row.len() != cells {
        return Err(RowReject { line, rule: RowRule::Cells });
    }
    StringRecord::from_byte_record(row).map_err(|_| RowReject { line, rule: RowRule::Encoding })
}

fn write<'a>(
    writer: &mut csv::Writer<impl io::Write>,
    cells: impl Iterator<Item = &'a str>,
) -> Result<(), PairsError> {
    writer.write_record(cells).map_err(|error| PairsError::Write(io::Error::other(error)))
}

/// Returns the reasons of a score as JSON: contributions of levels, and the assigned words.
fn detail(comparison: &Comparison, row: &StringRecord, columns: &[usize; 3], model: &Model) -> String {
    let level = |part: &araneus_names::Contribution| json!({ "level": part.level, "value": rounded(part.value), "weight": rounded(part.weight) });
    let words = |words: &[Word]| -> Value { words.iter().map(|word| word.text.clone()).collect() };
    let pair = |pair: &Pair| json!([pair.left, pair.right, rounded(pair.similarity)]);
    let alignment = &comparison.alignment;
    let mut detail = Map::new();
    detail.insert("model".into(), model.id.clone().into());
    detail.insert("levels".into(), comparison.contributions.iter().map(level).collect());
    detail.insert("words".into(), alignment.pairs.iter().map(pair).collect());
    for (name, only) in [("only1", &alignment.left_only), ("only2", &alignment.right_only)] {
        if !only.is_empty() {
            detail.insert(name.into(), words(only));
        }
    }
    let kind = NameKind::of_schema(&row[columns[0]]);
    for (name, column) in [("legal_forms1", columns[1]), ("legal_forms2", columns[2])] {
        let forms = Name::new(&row[column], kind).legal_forms;
        if !forms.is_empty() {
            detail.insert(name.into(), forms.into_iter().collect());
        }
    }
    for (name, holds) in [("mixed_scripts", comparison.has_mixed_scripts), ("cut", comparison.is_cut)] {
        if holds {
            detail.insert(name.into(), true.into());
        }
    }
    Value::Object(detail).to_string()
}

/// Six places are enough for a reader, and equal on every processor.
fn rounded(number: f64) -> f64 {
    (number * 1e6).round() / 1e6 + 0.0
}

#[cfg(test)]
mod tests {
    use super::{PairsError, RowReject, RowRule, compare_pairs};

    fn compared(table: &[u8]) -> Result<(Vec<csv::StringRecord>, Vec<RowReject>, usize), PairsError> {
        let mut output = Vec::new();
        let summary = compare_pairs(table, &mut output, &araneus_names::Model::shipped())?;
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(output.as_slice());
        let rows = reader.records().collect::<Result<_, _>>().expect("the result is a table");
        Ok((rows, summary.rejects, summary.matches))
    }

    #[test]
    fn columns_and_order_stay_and_three_are_added() {
        let table = "note,name2,schema,name1\na,Putin,Company,Putin\n\"b,c\",Usama bin Ladin,Person,Osama bin Laden\n";
        let (rows, rejects, matches) = compared(table.as_bytes()).expect("a table of pairs");
        assert_eq!(
            rows[0].iter().collect::<Vec<_>>(),
            ["note", "name2", "schema", "name1", "score", "match", "detail"]
        );
        assert_eq!((&rows[2][0], &rows[2][5]), ("b,c", "true"));
        assert_eq!((rejects.len(), matches), (0, 2));
        let detail: serde_json::Value = serde_json::from_str(&rows[2][6]).expect("JSON");
        assert_eq!(detail["words"].as_array().map(Vec::len), Some(3), "{detail}");
    }

    #[test]
    fn rows_that_break_a_rule_are_left_out_and_named_by_their_line() {
        let table = b"schema,name1,name2\nPerson,a b,a b\nPerson,short\nPerson,\xff,x\nPerson,c d,c d\n";
        let (rows, rejects, _) = compared(table).expect("a table of pairs");
        assert_eq!(rows.len(), 3);
        let expected = [(3, RowRule::Cells), (4, RowRule::Encoding)];
        assert_eq!(rejects, expected.map(|(line, rule)| RowReject { line, rule }));
    }

    #[test]
    fn a_table_without_the_columns_is_no_table_of_pairs() {
        assert!(matches!(compared(b"schema,name1\n"), Err(PairsError::Missing("name2"))));
        assert!(matches!(compared(b"schema,name1,name2,score\n"), Err(PairsError::Present("score"))));
        assert!(matches!(compared(b""), Err(PairsError::Header)));
    }

    #[test]
    fn hostile_names_are_compared_within_limits_and_never_match() {
        let long = "x".repeat(100_000);
        let table = format!(
            "schema,name1,name2\nPerson,{long},{long}\nPerson,Vladimir P\u{443}tin,Vladimir Putin\nPerson,\u{202e},\u{200b}\n"
        );
        let (rows, _, _) = compared(table.as_bytes()).expect("a table of pairs");
        assert!(rows[1][5].contains("\"cut\":true"));
        assert_eq!(&rows[2][4], "false", "confusable letters need a person");
        assert_eq!(
            (&rows[3][3], &rows[3][4]),
            ("0.000000", "false"),
            "a name without letters is like no other"
        );
    }
}
