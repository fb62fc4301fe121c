//! Tables: rows with columns, and what a mapping says they mean.
//!
//! A row is kept as delivered: an object of its cells by column. How the file is read is the
//! mapping's matter, and so is what the row says; both are read from the mapping of the rules
//! by which a night is surveyed. See ARCHITECTURE.md for why.

mod bounds;
mod cells;
mod columnar;
mod keys;
mod load;
mod mapping;
mod row;
mod rows;
mod say;
mod template;
mod times;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

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

pub(super) const CSV: Format =
    format("csv", "Tables as text (CSV, TSV), read by the mapping of their source.");
pub(super) const PARQUET: Format = format("parquet", "Tables as Parquet, read by the same mapping.");
pub(super) const ARROW: Format =
    format("arrow", "Tables as Arrow IPC, a file (Feather) or a stream, read by the same mapping.");

const fn format(name: &'static str, about: &'static str) -> Format {
    Format {
        name,
        about,
        // A table is known by its source's mapping, not by an outline: see `read`.
        find: |_| None,
        key_property: "",
        key: |_, _| None,
        check: |_, _| Ok(Checked::default()),
        interpret: |_, _| Content::default(),
    }
}

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
    /// Of a table that is text: name of the encoding, and what parts the cells.
    pub text: Option<(&'static str, char)>,
    /// Columns that the mapping reads and the table lacks.
    pub absent: Vec<String>,
    /// Columns of the table that the mapping does not read.
    pub unread: Vec<String>,
}

/// How files begin that are no text and are not read, whatever their name.
const NO_TEXT: [(&[u8], &str); 3] = [
    (b"PARE", "Parquet with an encrypted footer"),
    (b"FEA1", "Feather of version 1"),
    (b"PK\x03\x04", "a zip archive within another"),
];

/// Reads a table into a delivery.
pub(super) fn read(bytes: Vec<u8>, bound: &Bound, delivery: &mut Delivery) -> Result<(), Broken> {
    if let Some((_, what)) = NO_TEXT.iter().find(|(begins, _)| bytes.starts_with(begins)) {
        return Err(Refusal::new(Rule::UnknownFormat, format!("{what}, which is not read")).into());
    }
    if let Some(format) = columnar::format_of(&bytes) {
        delivery.format = Some(format);
        return columnar::read(bytes, bound, delivery);
    }
    delivery.format = Some(CSV.name);
    let table = &bound.mapping.table;
    let (bytes, encoding) = rows::decode(&bytes, table);
    let mut rows = Rows::new(&bytes, table);
    let columns =
        if bound.mapping.has_header() { header(&mut rows, bound)? } else { Columns::numbered(bound) };
    delivery.how = Some(columns.how_read(bound, Some((encoding, char::from(rows.delimiter())))));
    loop {
        let chunk: Vec<rows::Line> = rows.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        let take = |(line, cells): rows::Line| {
            let cells = cells.map(|cells| cells.into_iter().map(Value::String).collect());
            columns.take(bound, format!("line {line}"), cells)
        };
        delivery.add(chunk.into_par_iter().map(take).collect());
    }
}

/// Hands over each row of a table that needs no mapping, with its line.
pub(super) fn each_plain_row(bytes: &[u8], mut row: impl FnMut(u64, Result<Vec<String>, Refusal>)) {
    let table = mapping::Table::default();
    let (bytes, _) = rows::decode(bytes, &table);
    Rows::new(&bytes, &table).for_each(|(line, cells)| row(line, cells));
}

/// Reads the header.
fn header(rows: &mut Rows<'_>, bound: &Bound) -> Result<Columns, Broken> {
    let at_line = |line: u64, refusal: Refusal| {
        Broken(Reject { position: format!("line {line}"), object_id: None, refusal })
    };
    let Some((line, cells)) = rows.next() else { return Ok(Columns { names: Vec::new(), is_named: true }) };
    let cells = cells.map_err(|refusal| at_line(line, refusal))?;
    Columns::named(&cells, bound).map_err(|refusal| at_line(line, refusal))
}

/// Columns of a table: how cells are kept, and how many there are.
struct Columns {
    names: Vec<String>,
    /// Whether a header names them; else a row may be as long as it likes.
    is_named: bool,
}

impl Columns {
    fn numbered(bound: &Bound) -> Self {
        Self { names: bound.mapping.table.columns.clone(), is_named: false }
    }

    /// Takes names as they stand. A column without a name, or whose name stands before it, is
    /// named by its number.
    fn named(written: &[String], bound: &Bound) -> Result<Self, Refusal> {
        let mut names: Vec<String> = Vec::with_capacity(written.len());
        let mut known: BTreeSet<&str> = BTreeSet::new();
        for (number, name) in (1..).zip(written) {
            let name = name.trim();
            let is_new = !name.is_empty() && known.insert(name);
            names.push(if is_new { name.to_owned() } else { format!("column {number}") });
        }
        let lacks = |(_, wanted): &&(String, Vec<String>)| !wanted.iter().any(|name| names.contains(name));
        if let Some((key, wanted)) = bound.mapping.needed().iter().find(lacks) {
            let columns = wanted.join("` or `");
            let reason = format!("the header has no column `{columns}`, which {key} of the mapping reads");
            return Err(Refusal::new(Rule::MissingColumn, reason));
        }
        Ok(Self { names, is_named: true })
    }

    /// Returns the columns of a file that names them itself; a mapping that counts columns does
    /// so here, too.
    fn of_file(written: &[String], bound: &Bound, delivery: &mut Delivery) -> Result<Self, Refusal> {
        let columns =
            if bound.mapping.has_header() { Self::named(written, bound)? } else { Self::numbered(bound) };
        delivery.how = Some(columns.how_read(bound, None));
        Ok(columns)
    }

    /// Returns of each column whether the mapping reads it.
    fn are_read(&self, bound: &Bound) -> Vec<bool> {
        let read = bound.mapping.read_columns();
        self.names.iter().map(|name| read.contains(name.as_str())).collect()
    }

    fn how_read(&self, bound: &Bound, text: Option<(&'static str, char)>) -> HowRead {
        let read = bound.mapping.read_columns();
        let absent = read.iter().filter(|name| !self.names.iter().any(|known| known == *name));
        let unread = self.names.iter().filter(|name| !read.contains(name.as_str()));
        HowRead { text, absent: absent.map(ToString::to_string).collect(), unread: unread.cloned().collect() }
    }

    /// Takes one row, or refuses it.
    fn take(
        &self,
        bound: &Bound,
        position: String,
        cells: Result<Vec<Value>, Refusal>,
    ) -> Result<Taken, Reject> {
        let reject =
            |object_id: Option<String>, refusal| Reject { position: position.clone(), object_id, refusal };
        let cells = cells.map_err(|refusal| reject(None, refusal))?;
        if self.is_named && cells.iter().skip(self.names.len()).any(is_held) {
            let reason = format!("more cells than the {} columns of the header", self.names.len());
            return Err(reject(None, Refusal::new(Rule::RowLength, reason)));
        }
        let named = |(at, cell): (usize, Value)| {
            let name = self.names.get(at).filter(|_| self.is_named).cloned();
            (name.unwrap_or_else(|| (at + 1).to_string()), cell)
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
            key: key.into(),
            content,
            version: said.version,
            own_time: said.told,
            markings: said.marking.into_iter().collect(),
            defines: None,
            position: position.into(),
            object: object.to_string().into(),
            context: None,
        })
    }
}

/// Returns whether something stands in a cell.
fn is_held(cell: &Value) -> bool {
    match cell {
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(parts) => parts.iter().any(is_held),
        _ => false,
    }
}
