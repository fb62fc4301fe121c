//! The schema of FollowTheMoney: inheritance, and types of properties.
//!
//! Read from `datasets/ftm/schema.toml`, which `datasets/ftm/make` writes from the Python package
//! `followthemoney` (MIT; the notice is in the file and beside it).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use serde::Deserialize;

/// One schema, in the form of the file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    extends: Vec<String>,
    edge: Option<(String, String)>,
    directed: bool,
    start: Vec<String>,
    end: Vec<String>,
    caption: Vec<String>,
    properties: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct SchemaFile {
    version: String,
    #[serde(flatten)]
    schemata: BTreeMap<String, Written>,
}

/// One schema, with everything that it inherits.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) name: String,
    /// Its own name, and that of every schema that it extends.
    lineage: BTreeSet<String>,
    /// Properties of the two ends of an edge.
    pub(super) edge: Option<(String, String)>,
    /// True if the direction of the edge has a meaning.
    pub(super) is_directed: bool,
    /// Properties of its start and its end; the first filled one counts.
    pub(super) start: Vec<String>,
    pub(super) end: Vec<String>,
    /// Properties under which an entity is shown, in order.
    pub(super) caption: Vec<String>,
    /// Types of its properties.
    pub(super) properties: BTreeMap<String, Type>,
}

/// Type of a property, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// A name of the entity, or a name that occurs in it.
    Name,
    /// A number or code of an authority.
    Identifier,
    /// The id of another entity.
    Entity,
    /// An address in one line.
    Address,
    Email,
    Phone,
    Url,
    Ip,
    Checksum,
    /// A date, or as much of it as is known.
    Date,
    /// A description: texts, numbers, countries, topics.
    Other,
}

impl Type {
    fn read(text: &str) -> Self {
        match text.split(' ').next().unwrap_or_default() {
            "name" => Self::Name,
            "identifier" => Self::Identifier,
            "entity" => Self::Entity,
            "address" => Self::Address,
            "email" => Self::Email,
            "phone" => Self::Phone,
            "url" => Self::Url,
            "ip" => Self::Ip,
            "checksum" => Self::Checksum,
            "date" => Self::Date,
            _ => Self::Other,
        }
    }
}

impl Schema {
    /// Returns whether it is a schema or extends it.
    pub(super) fn is_a(&self, name: &str) -> bool {
        self.lineage.contains(name)
    }

    /// Returns its own name, and that of every schema that it extends.
    pub(super) fn lineage(&self) -> impl Iterator<Item = &str> {
        self.lineage.iter().map(String::as_str)
    }
}

static FILE: LazyLock<(String, BTreeMap<String, Schema>)> = LazyLock::new(|| {
    let text = include_str!("../../../datasets/ftm/schema.toml");
    let file: SchemaFile = toml::from_str(text).expect("a test reads the schema that is built in");
    let schemata = file.schemata.keys().map(|name| (name.clone(), whole(name, &file.schemata)));
    (file.version.clone(), schemata.collect())
});

/// Returns the schema with a name.
pub(super) fn schema(name: &str) -> Option<&'static Schema> {
    FILE.1.get(name)
}

/// Returns every schema, by name.
pub(super) fn schemata() -> impl Iterator<Item = &'static Schema> {
    FILE.1.values()
}

/// Returns the version of the schema that is built in.
pub(super) fn version() -> &'static str {
    &FILE.0
}

/// Merges inherited properties below a schema's own, nearest first.
fn whole(name: &str, all: &BTreeMap<String, Written>) -> Schema {
    let mut schema = Schema {
        name: name.to_owned(),
        lineage: BTreeSet::new(),
        edge: None,
        is_directed: false,
        start: Vec::new(),
        end: Vec::new(),
        caption: Vec::new(),
        properties: BTreeMap::new(),
    };
    let mut below = vec![name];
    let mut next = 0;
    while let Some(&name) = below.get(next) {
        next += 1;
        let Some(own) = all.get(name).filter(|_| schema.lineage.insert(name.to_owned())) else { continue };
        if schema.edge.is_none() {
            (schema.edge, schema.is_directed) = (own.edge.clone(), own.directed);
        }
        for (whole, own) in [
            (&mut schema.start, &own.start),
            (&mut schema.end, &own.end),
            (&mut schema.caption, &own.caption),
        ] {
            if whole.is_empty() {
                whole.clone_from(own);
            }
        }
        for (property, text) in &own.properties {
            schema.properties.entry(property.clone()).or_insert_with(|| Type::read(text));
        }
        below.extend(own.extends.iter().map(String::as_str));
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inherited_is_there() {
        let company = schema("Company").expect("a schema");
        assert!(
            ["Company", "Organization", "LegalEntity", "Asset", "Thing", "Value"]
                .iter()
                .all(|name| company.is_a(name))
        );
        assert!(!company.is_a("Person"));
        assert_eq!(company.properties["name"], Type::Name);
        assert_eq!(company.properties["leiCode"], Type::Identifier);
        assert_eq!(company.properties["addressEntity"], Type::Entity);
        let payment = schema("Payment").expect("a schema");
        assert_eq!(payment.edge, Some(("payer".to_owned(), "beneficiary".to_owned())));
        assert!(payment.is_directed && !schema("Family").expect("a schema").is_directed);
        assert_eq!(payment.start, ["startDate", "date"]);
        assert_eq!(schema("Occupancy").expect("a schema").start[1], "periodStart");
        assert_eq!(schemata().count(), 71);
        assert_eq!(version(), "4.11.2");
    }
}
