//! Tables: rows with columns, and what a mapping says they mean.
//!
//! A row is kept as delivered: an object of its cells by column. How the file is read is the
//! mapping's matter, and so is what the row says; both are read from the mapping of the rules
//! by which a night is surveyed. See ARCHITECTURE.md for why.

mod keys;
mod load;
mod mapping;
mod row;
mod rows;
mod say;
mod template;
mod times;

use std::{collections::BTreeMap, sync::Arc};

use rayon::prelude::*;
use serde_json::{Map, Value};

pub use keys::{MappingKey, mapping_keys, time_forms};
pub use load::{MAPPINGS, MappingError, read_mapping};
pub use mapping::Mapping;

use self::{row::Row, rows::Rows};
use super::{Broken, Checked, Delivery, Format, Refusal, Reject, Rule, Taken, json};
use crate::{
    entity::Identifier,
    record::{Content, Digest, Terms},
};

pub(super) const FORMAT: Format = Format {
    name: "csv",
    about: "Tables as text (CSV, TSV), read by the mapping of their source.",
    // It is known by its mapping, not by an outline: see `read`.
    find: |_| None,
    key_property: "",
    key: |_, _| None,
    check: |_, _| Ok(Checked::default()),
    interpret: |_, _| Content::default(),
};

/// Rows that are looked at together.
const CHUNK: usize = 16_384;

/// A source's mapping, ready to be used.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    mapping: Mapping,
    /// Whose keys the mapped ones are.
    scope: String,
    /// Digest of the mapping: rows are read once for each.
    pub digest: Digest,
}

/// The mappings of sources, by the source's name.
pub type Mappings = BTreeMap<String, Arc<Bound>>;

/// Returns the mappings that are agreed with sources.
pub fn mappings(terms: &BTreeMap<String, Terms>) -> Mappings {
    let bound = |(source, terms): (&String, &Terms)| {
        let value = terms.mapping.as_ref()?;
        let mapping = serde_json::from_value(value.clone()).ok()?;
        Some((source.clone(), Arc::new(Bound::new(mapping, source))))
    };
    terms.iter().filter_map(bound).collect()
}

impl Bound {
    /// Binds a mapping to the source whose tables it reads.
    pub fn new(mapping: Mapping, source: &str) -> Self {
        let scope = mapping.scope.clone().unwrap_or_else(|| source.to_owned());
        let mut value = serde_json::to_value(&mapping).unwrap_or_default();
        value["scope"] = scope.as_str().into();
        Self { mapping, scope, digest: json::digest(&value) }
    }

    /// Returns the identifier of what a source knows under a key of its own.
    fn own_id(&self, kind: &str, key: &str) -> Identifier {
        Identifier::Object(format!("{kind}--{}:{key}", self.scope))
    }
}

/// Reads what an archived row says by a mapping; a row that it does not fit says nothing.
pub fn interpret(bound: &Bound, object: &str) -> Content {
    let Ok(Value::Object(cells)) = serde_json::from_str(object) else { return Content::default() };
    let row = Row { cells: &cells, columns: &bound.mapping.table.columns };
    say::say(bound, row).map(|said| said.content).unwrap_or_default()
}

/// How a table was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HowRead {
    /// Name of the encoding.
    pub encoding: &'static str,
    /// What parts the cells.
    pub delimiter: char,
    /// Columns that the mapping reads and the table lacks.
    pub absent: Vec<String>,
    /// Columns of the table that the mapping does not read.
    pub unread: Vec<String>,
}

/// How files begin that are no text, whatever their name.
const NO_TEXT: [(&[u8], &str); 3] =
    [(b"PAR1", "Parquet"), (b"ARROW1", "Arrow"), (b"PK\x03\x04", "a zip archive")];

/// Reads a table into a delivery.
pub(super) fn read(bytes: &[u8], bound: &Bound, delivery: &mut Delivery) -> Result<(), Broken> {
    if let Some((_, what)) = NO_TEXT.iter().find(|(begins, _)| bytes.starts_with(begins)) {
        return Err(Refusal::new(Rule::UnknownFormat, format!("{what}, which is not read yet")).into());
    }
    delivery.format = Some(FORMAT.name);
    let table = &bound.mapping.table;
    let (bytes, encoding) = rows::decode(bytes, table);
    let mut rows = Rows::new(&bytes, table);
    let columns = if bound.mapping.has_header() { header(&mut rows, bound)? } else { numbered(table) };
    delivery.how = Some(how_read(&columns, bound, encoding, rows.delimiter()));
    loop {
        let chunk: Vec<rows::Line> = rows.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        let read: Vec<Result<Taken, Reject>> =
            chunk.into_par_iter().map(|(line, cells)| take(bound, &columns, line, cells)).collect();
        for result in read {
            match result {
                Ok(taken) => delivery.taken.push(taken),
                Err(reject) => delivery.rejects.push(reject),
            }
        }
    }
}

/// Hands over each row of a table that needs no mapping, with its line.
pub(super) fn each_plain_row(bytes: &[u8], mut row: impl FnMut(u64, Result<Vec<String>, Refusal>)) {
    let table = mapping::Table::default();
    let (bytes, _) = rows::decode(bytes, &table);
    Rows::new(&bytes, &table).for_each(|(line, cells)| row(line, cells));
}

/// Columns of a table: how cells are kept, and how many there are.
struct Columns {
    names: Vec<String>,
    /// Whether a header names them; else a row may be as long as it likes.
    is_named: bool,
}

fn numbered(table: &mapping::Table) -> Columns {
    Columns { names: table.columns.clone(), is_named: false }
}

/// Reads the header. A column without a name, or whose name stands before it, is named by its number.
fn header(rows: &mut Rows<'_>, bound: &Bound) -> Result<Columns, Broken> {
    let at_line = |line: u64, refusal: Refusal| {
        Broken(Reject { position: format!("line {line}"), object_id: None, refusal })
    };
    let Some((line, cells)) = rows.next() else { return Ok(Columns { names: Vec::new(), is_named: true }) };
    let cells = cells.map_err(|refusal| at_line(line, refusal))?;
    let mut names: Vec<String> = Vec::with_capacity(cells.len());
    for (number, cell) in (1..).zip(&cells) {
        let name = cell.trim();
        let is_new = !name.is_empty() && !names.iter().any(|known| known == name);
        names.push(if is_new { name.to_owned() } else { format!("column {number}") });
    }
    let lacks = |(_, wanted): &&(String, Vec<String>)| !wanted.iter().any(|name| names.contains(name));
    if let Some((key, wanted)) = bound.mapping.needed().iter().find(lacks) {
        let columns = wanted.join("` or `");
        let reason = format!("the header has no column `{columns}`, which {key} of the mapping reads");
        return Err(at_line(line, Refusal::new(Rule::MissingColumn, reason)));
    }
    Ok(Columns { names, is_named: true })
}

fn how_read(columns: &Columns, bound: &Bound, encoding: &'static str, delimiter: u8) -> HowRead {
    let read = bound.mapping.read_columns();
    let absent = read.iter().filter(|name| !columns.names.iter().any(|known| known == *name));
    let unread = columns.names.iter().filter(|name| !read.contains(name.as_str()));
    HowRead {
        encoding,
        delimiter: char::from(delimiter),
        absent: absent.map(ToString::to_string).collect(),
        unread: unread.cloned().collect(),
    }
}

fn take(
    bound: &Bound,
    columns: &Columns,
    line: u64,
    cells: Result<Vec<String>, Refusal>,
) -> Result<Taken, Reject> {
    let position = format!("line {line}");
    let reject =
        |object_id: Option<String>, refusal| Reject { position: position.clone(), object_id, refusal };
    let cells = cells.map_err(|refusal| reject(None, refusal))?;
    let is_held = |cell: &String| !cell.trim().is_empty();
    if columns.is_named && cells.iter().skip(columns.names.len()).any(is_held) {
        let reason = format!("more cells than the {} columns of the header", columns.names.len());
        return Err(reject(None, Refusal::new(Rule::RowLength, reason)));
    }
    let named = |(at, cell): (usize, String)| {
        let name = columns.names.get(at).filter(|_| columns.is_named).cloned();
        (name.unwrap_or_else(|| (at + 1).to_string()), Value::String(cell))
    };
    let held: Map<String, Value> =
        cells.into_iter().enumerate().filter(|(_, cell)| is_held(cell)).map(named).collect();
    let row = Row { cells: &held, columns: &bound.mapping.table.columns };
    let key = say::key(&bound.mapping, row).map_err(|refusal| reject(None, refusal))?;
    let said = say::say(bound, row);
    let object = Value::Object(held);
    let content = json::digest(&object);
    // Without a key of its own a row is known by what stands in it.
    let key = key.unwrap_or_else(|| format!("row:{content:?}"));
    let said = said.map_err(|refusal| reject(Some(key.clone()), refusal))?;
    Ok(Taken {
        key,
        content,
        version: said.version,
        own_time: said.told,
        markings: said.marking.into_iter().collect(),
        defines: None,
        position,
        object: object.to_string(),
        context: None,
    })
}
