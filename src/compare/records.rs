//! Linkage of the records of CSV tables: which rows are one bearer?

use std::io;

use araneus_names::linkage::{ColumnKind, Linkage, LinkageModel, LinkedPair, Records, RecordsError};
use csv::{ByteRecord, ReaderBuilder, StringRecord, WriterBuilder};
use serde_json::json;

use super::{PairsError, RowReject, RowRule, read_error, rounded, write};

/// Columns of the table of pairs.
const PAIR_COLUMNS: [&str; 8] =
    ["table1", "record1", "table2", "record2", "probability", "bits", "match", "detail"];
/// Columns of the table of clusters.
const CLUSTER_COLUMNS: [&str; 3] = ["table", "record", "cluster"];

/// A column that is compared, with its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedColumn {
    /// Name in the header.
    pub name: String,
    /// Kind.
    pub kind: ColumnKind,
}

impl ComparedColumn {
    /// Reads `NAME=KIND`.
    pub fn read(text: &str) -> Result<Self, String> {
        let (name, kind) = text.rsplit_once('=').ok_or("not NAME=KIND, such as surname=name")?;
        let kind = ColumnKind::named(kind).ok_or(
            "not a kind; write name, person, organisation, date, identifier, text or category after `=`",
        )?;
        if name.is_empty() {
            return Err("a column has a name before `=`".to_owned());
        }
        Ok(Self { name: name.to_owned(), kind })
    }
}

/// Records of one or more tables, with the name of each.
#[derive(Debug)]
pub struct RecordTables {
    /// Records in the order of the tables and rows.
    pub records: Records,
    /// Table of each record, from 1, and the cell of the key column, or else the line.
    names: Vec<(usize, String)>,
    /// Rows that were left out, with their table, from 1.
    pub rejects: Vec<(usize, RowReject)>,
}

/// Reason why tables of records cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum RecordTablesError {
    /// The columns cannot be compared.
    #[error("{0}")]
    Columns(#[from] RecordsError),
    /// The header of a table lacks a column.
    #[error("the header of table {table} has no column `{column}`")]
    Missing {
        /// Number of the table, from 1.
        table: usize,
        /// Name of the column.
        column: String,
    },
    /// A table cannot be read or written.
    #[error(transparent)]
    Table(#[from] PairsError),
}

/// Reads the compared columns of tables. Blanks around a cell and around the name of a column do not count.
pub fn read_records<'a>(
    tables: impl IntoIterator<Item = &'a [u8]>,
    columns: &[ComparedColumn],
    key: Option<&str>,
    are_duplicate_free: bool,
) -> Result<RecordTables, RecordTablesError> {
    let kinds: Vec<(&str, ColumnKind)> =
        columns.iter().map(|column| (column.name.as_str(), column.kind)).collect();
    let records = Records::new(&kinds, are_duplicate_free)?;
    let mut read = RecordTables { records, names: Vec::new(), rejects: Vec::new() };
    for (table, bytes) in (1..).zip(tables) {
        read.add(table, bytes, columns, key)?;
    }
    Ok(read)
}

impl RecordTables {
    fn add(
        &mut self,
        table: usize,
        bytes: &[u8],
        columns: &[ComparedColumn],
        key: Option<&str>,
    ) -> Result<(), RecordTablesError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bytes);
        let header = reader.headers().map_err(read_error)?.clone();
        let position = |name: &str| {
            let found = header.iter().position(|known| known == name);
            found.ok_or_else(|| RecordTablesError::Missing { table, column: name.to_owned() })
        };
        let key = key.map(position).transpose()?;
        let positions =
            columns.iter().map(|column| position(&column.name)).collect::<Result<Vec<usize>, _>>()?;
        for row in reader.byte_records() {
            let row = row.map_err(read_error)?;
            let line = row.position().map_or(0, csv::Position::line);
            match accepted(row, header.len()) {
                Ok(row) => {
                    let values: Vec<&str> = positions.iter().map(|at| &row[*at]).collect();
                    self.records.push(table as u32, &values);
                    self.names.push((table, key.map_or_else(|| line.to_string(), |at| row[at].to_owned())));
                }
                Err(rule) => self.rejects.push((table, RowReject { line, rule })),
            }
        }
        Ok(())
    }
}

fn accepted(row: ByteRecord, cells: usize) -> Result<StringRecord, RowRule> {
    if row.len() != cells {
        return Err(RowRule::Cells);
    }
    StringRecord::from_byte_record(row).map_err(|_| RowRule::Encoding)
}

/// Writes the pairs of a linkage: those with a probability from 0.01 on, and those of one cluster that were compared.
pub fn write_pairs(
    output: impl io::Write,
    tables: &RecordTables,
    linkage: &Linkage,
    model: &LinkageModel,
) -> Result<(), PairsError> {
    let mut writer = WriterBuilder::new().from_writer(output);
    write(&mut writer, PAIR_COLUMNS.into_iter())?;
    for pair in &linkage.pairs {
        let [(table1, record1), (table2, record2)] =
            [pair.records.0, pair.records.1].map(|record| &tables.names[record as usize]);
        let cells = [
            table1.to_string(),
            record1.clone(),
            table2.to_string(),
            record2.clone(),
            format!("{:.6}", pair.probability()),
            format!("{:.3}", pair.bits),
            pair.is_one.to_string(),
            detail(pair, linkage, model),
        ];
        write(&mut writer, cells.iter().map(String::as_str))?;
    }
    writer.flush().map_err(PairsError::Write)
}

/// Returns the bits of the prior and of each column as JSON.
fn detail(pair: &LinkedPair, linkage: &Linkage, model: &LinkageModel) -> String {
    let columns: Vec<_> = pair
        .columns
        .iter()
        .map(|part| {
            json!({
                "column": model.columns[part.column].column,
                "level": part.agreement.name(),
                "bits": rounded(part.bits),
            })
        })
        .collect();
    json!({ "model": model.id, "prior": rounded(linkage.prior_bits), "levels": columns }).to_string()
}

/// Writes the cluster of each record. A cluster has the number of its first record, from 1.
pub fn write_clusters(
    output: impl io::Write,
    tables: &RecordTables,
    linkage: &Linkage,
) -> Result<(), PairsError> {
    let mut writer = WriterBuilder::new().from_writer(output);
    write(&mut writer, CLUSTER_COLUMNS.into_iter())?;
    for ((table, record), cluster) in tables.names.iter().zip(&linkage.clusters) {
        let cells = [table.to_string(), record.clone(), (cluster + 1).to_string()];
        write(&mut writer, cells.iter().map(String::as_str))?;
    }
    writer.flush().map_err(PairsError::Write)
}

#[cfg(test)]
mod tests {
    use araneus_names::linkage::{fit_linkage, link};

    use super::*;

    fn columns(texts: &[&str]) -> Vec<ComparedColumn> {
        texts.iter().map(|text| ComparedColumn::read(text).expect("a column with a kind")).collect()
    }

    #[test]
    fn a_column_needs_a_name_and_a_known_kind() {
        assert_eq!(
            ComparedColumn::read("a=b=date"),
            Ok(ComparedColumn { name: "a=b".to_owned(), kind: ColumnKind::Date })
        );
        for wrong in ["surname", "surname=", "=name", "surname=secret"] {
            assert!(ComparedColumn::read(wrong).is_err_and(|rule| !rule.contains("secret")), "{wrong}");
        }
    }

    #[test]
    fn rows_that_break_a_rule_are_named_and_columns_must_exist() {
        let kinds = columns(&["name=name", "born=date"]);
        let table = b"id,name, born\n1, Ana ,1990\n2,short\n3,\xff,1990\n".as_slice();
        let read = read_records([table], &kinds, Some("id"), false).expect("a table of records");
        assert_eq!((read.records.len(), read.names.len()), (1, 1));
        let rules: Vec<_> = read.rejects.iter().map(|(table, reject)| (*table, reject.line)).collect();
        assert_eq!(rules, [(1, 3), (1, 4)]);
        let missing = read_records([table, b"id,name\n"], &kinds, None, false);
        assert!(matches!(missing, Err(RecordTablesError::Missing { table: 2, .. })));
        let twice = read_records([table], &columns(&["name=name", "name=text"]), None, false);
        assert!(matches!(twice, Err(RecordTablesError::Columns(RecordsError::Twice(_)))));
    }

    #[test]
    fn pairs_and_clusters_name_their_rows() {
        let kinds = columns(&["name=name", "born=date", "number=identifier"]);
        let mut table = "id,name,born,number\n".to_owned();
        for (id, name) in ["heron", "sturgeon", "tern", "dunlin", "plover", "curlew"].iter().enumerate() {
            for copy in ["a", "b"] {
                let cells =
                    [format!("{id}{copy}"), (*name).to_owned(), format!("19{}0-0{}-17", id + 4, id + 1)];
                table.push_str(&cells.join(","));
                table.push_str(&[",77", &id.to_string(), "3\n"].concat());
            }
        }
        let read = read_records([table.as_bytes()], &kinds, Some("id"), false).expect("a table of records");
        let model = fit_linkage(&read.records, "try", "twelve rows");
        let linkage = link(&read.records, &model).expect("the model has the columns");
        let (mut pairs, mut clusters) = (Vec::new(), Vec::new());
        write_pairs(&mut pairs, &read, &linkage, &model).expect("a table of pairs");
        write_clusters(&mut clusters, &read, &linkage).expect("a table of clusters");
        let pairs = String::from_utf8(pairs).expect("text");
        let matches = pairs.lines().filter(|line| line.contains(",true,")).count();
        assert!(matches == 6 && pairs.contains("1,0a,1,0b,"), "{pairs}");
        let clusters = String::from_utf8(clusters).expect("text");
        assert!(clusters.contains("1,0b,1\n") && clusters.contains("1,1b,3\n"), "{clusters}");
    }
}
