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
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use csv::StringRecord;
use rayon::prelude::*;

pub use keys::{MappingKey, mapping_keys, time_forms};
pub use load::{MAPPINGS, MappingError, read_mapping};
pub use mapping::Mapping;

use self::{
    row::{Cell, Cells},
    rows::Rows,
};
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
        markings: |_, _| None,
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
    let Ok(cells) = serde_json::from_str::<Cells<'_>>(object) else { return Content::default() };
    let row = bound.mapping.row(&cells);
    say::say(bound, row).map(|said| said.content).unwrap_or_default()
}

impl Mapping {
    /// Returns a row as the mapping reads it.
    fn row<'a>(&'a self, cells: &'a Cells<'a>) -> row::Row<'a> {
        row::Row { cells, columns: &self.table.columns, empty: &self.table.empty }
    }
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
    let decoded = rows::decode(&bytes, table);
    let mut rows = Rows::new(&decoded, table);
    let columns =
        if bound.mapping.has_header() { header(&mut rows, bound)? } else { Columns::numbered(bound) };
    delivery.how = Some(columns.how_read(bound, Some((decoded.encoding, char::from(rows.delimiter())))));
    let take = |(line, cells): &rows::Line| {
        let text = |cell| Cell::Text(Cow::Borrowed(cell));
        let cells = cells.as_ref().map(|cells| cells.iter().map(text).collect());
        columns.take(bound, format!("line {line}"), cells.map_err(Refusal::clone))
    };
    let mut next = || -> Vec<rows::Line> { rows.by_ref().take(CHUNK).collect() };
    let mut chunk = next();
    while !chunk.is_empty() {
        // Rows are found one after the other: the next ones while these are taken.
        let (taken, following) = rayon::join(|| chunk.par_iter().map(take).collect(), &mut next);
        delivery.add(taken);
        chunk = following;
    }
    Ok(())
}

/// Returns the cells of a line by itself; blanks may stand around a quoted one.
pub(super) fn cells_of_line(line: &[u8], delimiter: u8) -> csv::ByteRecord {
    rows::one_row(line, 0, delimiter).cells
}

/// Hands over each row of a table that needs no mapping, with its line.
pub(super) fn each_plain_row(bytes: &[u8], mut row: impl FnMut(u64, Result<StringRecord, Refusal>)) {
    let table = mapping::Table::default();
    Rows::new(&rows::decode(bytes, &table), &table).for_each(|(line, cells)| row(line, cells));
}

/// Reads the header.
fn header(rows: &mut Rows<'_>, bound: &Bound) -> Result<Columns, Broken> {
    let at_line = |line: u64, refusal: Refusal| {
        Broken(Reject { position: format!("line {line}"), object_id: None, markings: None, refusal })
    };
    let Some((line, cells)) = rows.next() else {
        let reason = "an empty file, without the header that its mapping needs";
        return Err(Refusal::new(Rule::MissingColumn, reason).into());
    };
    let cells = cells.map_err(|refusal| at_line(line, refusal))?;
    let written: Vec<&str> = cells.iter().collect();
    Columns::named(&written, bound).map_err(|refusal| at_line(line, refusal))
}

/// Columns of a table: how cells are kept, and how many there are.
struct Columns {
    names: Vec<String>,
    /// Positions of the columns, in order of their names.
    order: Vec<usize>,
    /// Whether a header names them; else a row may be as long as it likes.
    is_named: bool,
}

impl Columns {
    fn new(names: Vec<String>, is_named: bool) -> Self {
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_unstable_by_key(|&at| &names[at]);
        Self { names, order, is_named }
    }

    fn numbered(bound: &Bound) -> Self {
        Self::new(bound.mapping.table.columns.clone(), false)
    }

    /// Takes names as they stand. A column without a name, or whose name stands before it, is
    /// named by its number; with a stroke more where another one is called that.
    fn named(written: &[&str], bound: &Bound) -> Result<Self, Refusal> {
        let written: Vec<&str> = written.iter().map(|name| name.trim()).collect();
        let mut names: Vec<String> = Vec::with_capacity(written.len());
        let mut known: BTreeSet<&str> = BTreeSet::new();
        for (number, name) in (1..).zip(&written) {
            let is_new = !name.is_empty() && known.insert(name);
            let mut own = if is_new { (*name).to_owned() } else { format!("column {number}") };
            while !is_new && written.contains(&own.as_str()) {
                own.push('\'');
            }
            names.push(own);
        }
        let lacks = |(_, wanted): &&(String, Vec<String>)| !wanted.iter().any(|name| names.contains(name));
        if let Some((key, wanted)) = bound.mapping.needed().iter().find(lacks) {
            let columns = wanted.join("` or `");
            let reason = format!("the header has no column `{columns}`, which {key} of the mapping reads");
            return Err(Refusal::new(Rule::MissingColumn, reason));
        }
        Ok(Self::new(names, true))
    }

    /// Returns the columns of a file that names them itself; a mapping that counts columns does
    /// so here, too.
    fn of_file(written: &[&str], bound: &Bound, delivery: &mut Delivery) -> Result<Self, Refusal> {
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
        // Where columns are numbered a row may have as many as it likes.
        let is_absent = |name: &&&str| self.is_named && !self.names.iter().any(|known| known == *name);
        let absent = read.iter().filter(is_absent);
        let unread = self.names.iter().filter(|name| !read.contains(name.as_str()));
        HowRead { text, absent: absent.map(ToString::to_string).collect(), unread: unread.cloned().collect() }
    }

    /// Takes one row, or refuses it.
    fn take(
        &self,
        bound: &Bound,
        position: String,
        cells: Result<Vec<Cell<'_>>, Refusal>,
    ) -> Result<Taken, Reject> {
        let reject = |object_id: Option<String>, refusal| Reject {
            position: position.clone(),
            object_id,
            markings: None,
            refusal,
        };
        let cells = cells.map_err(|refusal| reject(None, refusal))?;
        if self.is_named && cells.iter().skip(self.names.len()).any(Cell::is_held) {
            let reason = format!("more cells than the {} columns of the header", self.names.len());
            return Err(reject(None, Refusal::new(Rule::RowLength, reason)));
        }
        let held = self.held(cells);
        let row = bound.mapping.row(&held);
        let key = say::key(&bound.mapping, row).map_err(|refusal| reject(None, refusal))?;
        let said = say::say(bound, row);
        let content = held.digest();
        // Without a key of its own a row is known by what stands in it.
        let key = key.unwrap_or_else(|| format!("row:{content:?}").into());
        let said = said.map_err(|refusal| reject(Some(key.to_string()), refusal))?;
        Ok(Taken {
            key: key.into(),
            content,
            version: said.version,
            own_time: said.told,
            markings: said.marking.into_iter().collect(),
            defines: None,
            surroundings: crate::record::Surroundings::default(),
            position: position.into(),
            object: serde_json::to_string(&held).expect("cells are plain data").into(),
            context: None,
        })
    }

    /// Names the cells in which something stands, and puts them in order of those names.
    fn held<'a>(&'a self, mut cells: Vec<Cell<'a>>) -> Cells<'a> {
        if self.is_named {
            let own = |&at: &usize| {
                let cell = cells.get_mut(at).filter(|cell| cell.is_held())?;
                Some((Cow::Borrowed(self.names[at].as_str()), std::mem::replace(cell, Cell::EMPTY)))
            };
            return Cells(self.order.iter().filter_map(own).collect());
        }
        let numbered = (1_usize..).zip(cells).filter(|(_, cell)| cell.is_held());
        let mut cells: Vec<(Cow<'_, str>, _)> =
            numbered.map(|(number, cell)| (Cow::Owned(number.to_string()), cell)).collect();
        cells.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Cells(cells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ingest::{Input, Place, Status, read_mapped},
        record::Claim,
    };

    #[test]
    fn columns_without_a_name_of_their_own_are_named_by_their_number() {
        let bound = Bound::new(serde_json::from_str("{}").expect("a mapping"), "source");
        let columns = Columns::named(&["b", " ", "column 2", "b", "a"], &bound).expect("columns");
        assert_eq!(columns.names, ["b", "column 2'", "column 2", "column 4", "a"]);
        let cells = ["1", "2", "", "4", "5"].map(|text| Cell::Text(text.into()));
        let held = serde_json::to_string(&columns.held(cells.to_vec())).expect("plain data");
        assert_eq!(held, r#"{"a":"5","b":"1","column 2'":"2","column 4":"4"}"#);
        let numbered = Columns::numbered(&bound);
        let held = numbered.held(["x"; 11].map(|text| Cell::Text(text.into())).to_vec());
        let names: Vec<&str> = held.0.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["1", "10", "11", "2", "3", "4", "5", "6", "7", "8", "9"]);
    }

    fn read_by(mapping: &str, text: &str) -> Delivery {
        let bound = Bound::new(load::parse(mapping).expect("a mapping"), "feed");
        let place = Place::Bytes(text.as_bytes().to_vec());
        let input = Input { source: "feed".to_owned(), path: "-".to_owned(), place };
        read_mapped(&[input], &[("feed".to_owned(), Arc::new(bound))].into(), &|_| {}).remove(0)
    }

    /// Returns what was taken, and the rule of each reject with its place.
    fn outcome(delivery: &Delivery) -> (usize, Vec<String>) {
        let rejects = delivery.rejects.iter();
        let said = rejects.map(|reject| format!("{} {}", reject.position, reject.refusal.rule.name()));
        (delivery.taken.len(), said.collect())
    }

    #[test]
    fn a_value_that_is_none_of_its_kind_costs_its_row() {
        for (kind, good, bad) in [
            ("ipv4-addr", "192.0.2.1", "192.0.2.999"),
            ("domain-name", "evil[.]example", "a..b"),
            ("email-addr", "a@b.example", "a b@c.example"),
            ("url", "http://b.example/", "/gate"),
            ("mac-addr", "aa-bb-cc-dd-ee-ff", "zz"),
            ("autonomous-system", "AS64500", "many"),
            ("ip", "2001:db8::1", "fe80:::"),
        ] {
            let mapping = format!("[[entity]]\nas = \"it\"\nkind = \"{kind}\"\nvalue = \"{{v}}\"\n");
            let delivery = read_by(&mapping, &format!("v\n{good}\n{bad}\n"));
            assert_eq!(outcome(&delivery), (1, vec!["line 3 unknown-form".to_owned()]), "{kind}");
        }
    }

    #[test]
    fn a_word_that_means_nothing_is_an_empty_cell() {
        let mapping = "expires = \"{until}\"\n[table]\nempty = [\"None\", \"-\"]\noptional = [\"until\"]\n\
            [[entity]]\nas = \"host\"\nkind = \"domain-name\"\nvalue = \"{host}\"\n\
            [[entity]]\nas = \"family\"\nkind = \"malware\"\nkey = \"{family}\"\nsplit = \";\"\noptional = true\n";
        let text = "host,family,until\na.example,None,-\nb.example,Reedwisp;-,\n-,Reedwisp,\nc.example, None ,none\n";
        let delivery = read_by(mapping, text);
        assert_eq!(outcome(&delivery), (2, vec!["line 4 missing-value".into(), "line 5 bad-time".into()]));
        let bound = Bound::new(load::parse(mapping).expect("a mapping"), "feed");
        let claims = |at: usize| interpret(&bound, &delivery.taken[at].object).claims.len();
        assert_eq!((claims(0), claims(1)), (1, 2));
        // The row itself is kept as delivered.
        assert!(delivery.taken[0].object.contains("None"));
    }

    #[test]
    fn the_shipped_list_of_indicators_knows_the_usual_words_for_nothing() {
        let bound =
            Bound::new(read_mapping("indicator-list", std::path::Path::new("")).expect("a mapping"), "feed");
        for word in ["None", "null", "N/A", "n/a", "NULL", "\\N", "-", "", " None "] {
            let row = serde_json::json!({ "indicator": "a.example", "family": word, "last_seen": word, "confidence": word });
            let content = interpret(&bound, &row.to_string());
            assert_eq!(
                (content.claims.len(), content.seen.end, content.confidence),
                (1, None, None),
                "{word}"
            );
        }
    }

    #[test]
    fn one_of_several_properties_that_is_none_is_left_out_and_all_of_them_cost_the_row() {
        let mapping = "[[entity]]\nas = \"it\"\nkind = \"file\"\n\
                       identifiers = { \"hashes.MD5\" = \"{md5}\", \"hashes.TLSH\" = \"{tlsh}\" }\n";
        let table = "md5,tlsh\nd41d8cd98f00b204e9800998ecf8427e,n/a\nn/a,n/a\n";
        let delivery = read_by(mapping, table);
        assert_eq!(outcome(&delivery), (1, vec!["line 3 unknown-form".to_owned()]));
        let bound = Bound::new(load::parse(mapping).expect("a mapping"), "feed");
        let content = interpret(&bound, &delivery.taken[0].object);
        let Claim::Entity { identifiers, .. } = &content.claims[0] else { panic!("an entity") };
        assert_eq!(identifiers.len(), 1);
    }

    #[test]
    fn a_row_that_no_entity_is_for_is_kept_and_says_nothing() {
        let mapping = "[[entity]]\nas = \"host\"\nkind = \"domain-name\"\nvalue = \"{v}\"\n\
                       where = { type = [\"domain\"] }\n";
        let delivery = read_by(mapping, "type,v\ndomain,a.example\nother,x.exe\n");
        assert_eq!(outcome(&delivery), (2, Vec::new()));
    }

    #[test]
    fn an_empty_file_is_no_table_with_a_header() {
        for text in ["", "\n\n"] {
            let delivery = read_by("[[entity]]\nas = \"it\"\nkind = \"thing\"\nkey = \"{k}\"\n", text);
            assert_eq!(delivery.status, Status::Rejected);
            assert_eq!(outcome(&delivery), (0, vec![" missing-column".to_owned()]));
        }
        let delivery = read_by("[[entity]]\nas = \"it\"\nkind = \"thing\"\nkey = \"{k}\"\n", "k\n");
        assert_eq!((delivery.status, outcome(&delivery)), (Status::Ok, (0, Vec::new())));
    }

    #[test]
    fn an_amount_whose_thousands_are_parted_otherwise_costs_its_row() {
        let mapping = include_str!("../../../datasets/mappings/payments.toml")
            .replace("[table]", "[table]\nthousands = \",\"");
        let row = |(id, amount)| format!("{id},A,B,\"{amount}\",EUR,2024-01-01T00:00:00Z\n");
        let rows: String = [(1, "1,234.5"), (2, "1.234,5"), (3, "1,5")].map(row).concat();
        let delivery = read_by(&mapping, &format!("id,payer,payee,amount,currency,time\n{rows}"));
        let rejects = vec!["line 3 wrong-type".to_owned(), "line 4 wrong-type".to_owned()];
        assert_eq!(outcome(&delivery), (1, rejects));
        let bound = Bound::new(load::parse(&mapping).expect("a mapping"), "feed");
        assert_eq!(interpret(&bound, &delivery.taken[0].object).amounts[0].value.to_string(), "1234.5");
    }
}
