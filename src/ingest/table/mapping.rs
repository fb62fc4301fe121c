//! The mapping language: the meaning of a table's columns, in TOML.
//!
//! One row is one delivered object. It claims entities and links, with valid time, confidence and marking.
//! The types here are the language; `KEYS` in `keys.rs` describes each key, and a test compares both.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    attributes::AttributeName,
    row::{Cells, Row},
    template::CellTemplate,
    times::{Form, Zone},
};
use crate::link::{LAYERS, Layer};

/// Rules that read the tables of a source, and the claims of their rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) about: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) extends: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<CellTemplate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<CellTemplate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) created: Option<CellTemplate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) recorded_at: Option<CellTemplate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seen_at: Option<CellTemplate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first_seen: Option<CellTemplate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last_seen: Option<CellTemplate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expires: Option<CellTemplate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) confidence: Option<CellTemplate>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) confidences: BTreeMap<String, u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) marking: Option<CellTemplate>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) pseudonymise: Vec<String>,
    #[serde(rename = "where", skip_serializing_if = "Filter::is_empty")]
    pub(super) only: Filter,
    #[serde(skip_serializing_if = "Filter::is_empty")]
    pub(super) unless: Filter,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) table: Table,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) time: Times,
    #[serde(rename = "entity", skip_serializing_if = "Vec::is_empty")]
    pub(super) entities: Vec<EntityRule>,
    #[serde(rename = "link", skip_serializing_if = "Vec::is_empty")]
    pub(super) links: Vec<LinkRule>,
}

/// Columns and the texts of which each must have one.
pub(super) type Filter = BTreeMap<String, Vec<String>>;

/// Rules that read the file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Table {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delimiter: Option<Delimiter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) comment: Option<Sign>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) header: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) columns: Vec<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) optional: BTreeSet<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) skip_lines: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) encoding: Option<Encoding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) decimal: Option<Sign>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thousands: Option<Sign>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) empty: Vec<String>,
}

/// The notation of times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Times {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) forms: Vec<Form>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) zone: Option<Zone>,
}

/// An entity that a row claims.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntityRule {
    #[serde(rename = "as")]
    pub(super) label: String,
    pub(super) kind: CellTemplate,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) kinds: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<CellTemplate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<CellTemplate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<CellTemplate>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) identifiers: BTreeMap<String, CellTemplate>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) references: BTreeMap<Catalogue, CellTemplate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<CellTemplate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) aliases: Option<CellTemplate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) aliases_split: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) attributes: BTreeMap<AttributeName, CellTemplate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) split: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) optional: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) mentioned: bool,
    #[serde(default, rename = "where", skip_serializing_if = "Filter::is_empty")]
    pub(super) only: Filter,
    #[serde(default, skip_serializing_if = "Filter::is_empty")]
    pub(super) unless: Filter,
}

/// A link that a row claims.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkRule {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) kind: CellTemplate,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) layer: Option<LayerName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) amount: Option<CellTemplate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) currency: Option<CellTemplate>,
    #[serde(default, rename = "where", skip_serializing_if = "Filter::is_empty")]
    pub(super) only: Filter,
    #[serde(default, skip_serializing_if = "Filter::is_empty")]
    pub(super) unless: Filter,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The separator of cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Delimiter(pub(super) u8);

/// The named delimiters; each may also be written as itself.
pub(super) const DELIMITERS: [(&str, u8); 5] =
    [("comma", b','), ("tab", b'\t'), ("semicolon", b';'), ("pipe", b'|'), ("blank", b' ')];

impl TryFrom<String> for Delimiter {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let is_it = |(name, sign): &&(&str, u8)| *name == text || text.as_bytes() == [*sign];
        let found = DELIMITERS.iter().find(is_it);
        found
            .map(|(_, sign)| Self(*sign))
            .ok_or("not a delimiter; write comma, tab, semicolon, pipe or blank")
    }
}

impl From<Delimiter> for String {
    fn from(delimiter: Delimiter) -> Self {
        let named = DELIMITERS.iter().find(|(_, sign)| *sign == delimiter.0);
        named.map_or("", |(name, _)| name).to_owned()
    }
}

/// One ASCII character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Sign(pub(super) u8);

impl TryFrom<String> for Sign {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        match text.as_bytes() {
            [sign] if sign.is_ascii() && !sign.is_ascii_alphanumeric() => Ok(Self(*sign)),
            _ => Err("not one character such as # or ;"),
        }
    }
}

impl From<Sign> for String {
    fn from(sign: Sign) -> Self {
        char::from(sign.0).to_string()
    }
}

/// An encoding by one of its WHATWG names.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Encoding(pub(super) &'static encoding_rs::Encoding);

impl TryFrom<String> for Encoding {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, &'static str> {
        let found = encoding_rs::Encoding::for_label(name.as_bytes());
        found.map(Self).ok_or("not a known encoding; write a name such as utf-8, windows-1252 or macintosh")
    }
}

impl From<Encoding> for String {
    fn from(encoding: Encoding) -> Self {
        encoding.0.name().to_ascii_lowercase()
    }
}

/// A layer by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct LayerName(pub(super) Layer);

impl TryFrom<String> for LayerName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let names = || LAYERS.map(|(_, name)| name).join(", ");
        Layer::named(&name).map(Self).ok_or_else(|| format!("not a layer; write one of {}", names()))
    }
}

impl From<LayerName> for String {
    fn from(layer: LayerName) -> Self {
        layer.0.name().to_owned()
    }
}

/// A public catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Catalogue {
    MitreAttack,
    Capec,
    Cve,
}

impl Catalogue {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::MitreAttack => "mitre-attack",
            Self::Capec => "capec",
            Self::Cve => "cve",
        }
    }
}

impl EntityRule {
    /// Returns every template of the entity.
    pub(super) fn templates(&self) -> impl Iterator<Item = &CellTemplate> {
        let single = [&self.value, &self.key, &self.id, &self.name, &self.aliases].into_iter().flatten();
        let many = self.identifiers.values().chain(self.references.values()).chain(self.attributes.values());
        single.chain(many).chain([&self.kind])
    }

    /// Returns the templates that identify the entity.
    pub(super) fn naming(&self) -> impl Iterator<Item = &CellTemplate> {
        let single = [&self.value, &self.key, &self.id].into_iter().flatten();
        single.chain(self.identifiers.values()).chain(self.references.values())
    }
}

impl Mapping {
    /// Returns the columns whose values become pseudonyms, as they are written.
    pub(crate) fn pseudonymised(&self) -> &[String] {
        &self.pseudonymise
    }
}

impl Mapping {
    /// Returns a row as the mapping reads it.
    pub(super) fn row<'a>(&'a self, cells: &'a Cells<'a>) -> Row<'a> {
        Row { cells, columns: &self.table.columns, empty: &self.table.empty }
    }

    /// Returns whether the first row names the columns.
    pub(super) fn has_header(&self) -> bool {
        self.table.header.unwrap_or(self.table.columns.is_empty())
    }

    /// Returns the forms of times.
    pub(super) fn forms(&self) -> &[Form] {
        if self.time.forms.is_empty() { &[Form::Rfc3339] } else { &self.time.forms }
    }

    /// Returns the decimal sign of numbers.
    pub(super) fn decimal(&self) -> char {
        self.table.decimal.map_or('.', |sign| char::from(sign.0))
    }

    /// Returns the description of the table, in a sentence.
    pub fn about(&self) -> &str {
        self.about.as_deref().unwrap_or_default()
    }

    /// Returns the templates of the whole row, each with its key.
    pub(super) fn row_templates(&self) -> impl Iterator<Item = (&'static str, &CellTemplate)> {
        let all = [
            ("key", &self.key),
            ("version", &self.version),
            ("created", &self.created),
            ("recorded_at", &self.recorded_at),
            ("seen_at", &self.seen_at),
            ("first_seen", &self.first_seen),
            ("last_seen", &self.last_seen),
            ("expires", &self.expires),
            ("confidence", &self.confidence),
            ("marking", &self.marking),
        ];
        all.into_iter().filter_map(|(name, template)| Some((name, template.as_ref()?)))
    }

    /// Returns the columns that a table must have, each with the key that reads it. Of the columns in one
    /// list, one is enough.
    pub(super) fn needed(&self) -> Vec<(String, Vec<String>)> {
        let mut needed: Vec<(String, Vec<String>)> = Vec::new();
        let mut add = |key: String, columns: &[String]| {
            if !columns.iter().any(|column| self.table.optional.contains(column)) {
                needed.push((key, columns.to_vec()));
            }
        };
        for (name, template) in self.row_templates() {
            template.columns().for_each(|columns| add(name.to_owned(), columns));
        }
        for column in self.only.keys().chain(self.unless.keys()) {
            add("where".to_owned(), std::slice::from_ref(column));
        }
        for entity in self.entities.iter().filter(|entity| !entity.optional) {
            let all = entity.templates().flat_map(CellTemplate::columns);
            all.for_each(|columns| add(format!("entity `{}`", entity.label), columns));
            for column in entity.only.keys().chain(entity.unless.keys()) {
                add(format!("entity `{}`", entity.label), std::slice::from_ref(column));
            }
        }
        for link in &self.links {
            let all = [Some(&link.kind), link.amount.as_ref(), link.currency.as_ref()];
            for columns in all.into_iter().flatten().flat_map(CellTemplate::columns) {
                add(format!("link from `{}`", link.from), columns);
            }
        }
        needed
    }

    /// Returns every column that the mapping reads.
    pub(super) fn read_columns(&self) -> BTreeSet<&str> {
        let of_row = self.row_templates().map(|(_, template)| template);
        let of_entities = self.entities.iter().flat_map(EntityRule::templates);
        let of_links = self
            .links
            .iter()
            .flat_map(|link| [Some(&link.kind), link.amount.as_ref(), link.currency.as_ref()]);
        let templates = of_row.chain(of_entities).chain(of_links.flatten());
        let filters = [&self.only, &self.unless].into_iter();
        let filters = filters.chain(self.entities.iter().flat_map(|entity| [&entity.only, &entity.unless]));
        let filters = filters.chain(self.links.iter().flat_map(|link| [&link.only, &link.unless]));
        let of_filters = filters.flat_map(BTreeMap::keys).map(String::as_str);
        templates.flat_map(CellTemplate::columns).flatten().map(String::as_str).chain(of_filters).collect()
    }
}
