//! FollowTheMoney: entities and statements, one in each line.
//!
//! Format: <https://followthemoney.tech>, schema 4.11 (`datasets/ftm`). The reader is lenient: it accepts
//! JSON lines, lists and bare objects, and a text in place of a list. Entities inside others
//! (`targets.nested.json`) are delivered objects of their own, so nested and flat files have the same
//! claims. An object must have an id and a known schema, an edge must have its ends, and dates must be
//! dates. Unknown properties are kept and claim nothing.
//!
//! Ids belong to their source, because FollowTheMoney makes them from the keys of tables: "1" of two
//! partners are two entities. Ids that nomenklatura draws at random (`NK-…`) are global. Besides ids, only
//! numbers with check digits, wallets and accounts join entities (`numbers`); too many entities share an
//! address, a telephone or a registration number.
//! - `schema`, `vocabulary`: schemata and properties, and their kinds and layers;
//! - `find`: objects in a document; `export`: statements in a table;
//! - `read`: entities, or their rejects; `statement`: one property at a time;
//! - `claims`: claims of an entity; `edge`: links of an edge; `properties`: values that readers see;
//! - `assemble`: contents, and links that several statements claim together;
//! - `ids`, `numbers`, `dates`: values that need parsing.

mod assemble;
mod attributes;
mod claims;
mod dates;
mod edge;
mod export;
mod find;
mod ids;
pub(super) mod kinds;
mod numbers;
mod properties;
mod read;
mod schema;
mod statement;
#[cfg(test)]
mod tests;
mod vocabulary;

use serde_json::Value;

use super::{
    format::{Checked, Format, PLAIN},
    reject::Reject,
};
use crate::{record::Content, time::Moment};

pub(super) const FORMAT: Format = Format {
    name: "ftm",
    about: "FollowTheMoney: entities and statements as JSON lines, lists or bare, also nested; statements as CSV.",
    sniff: |file| file.mapping.is_none() && export::is_export(&file.bytes),
    read_file: |format, file, delivery| {
        export::read_export(format, &file.bytes, delivery);
        Ok(())
    },
    find: find::find,
    // Ids belong to their source, so the meaning of an object depends on it.
    context: |delivery, _| Some(delivery.source.as_str().into()),
    key_property: "id",
    key: |value, _| key(value),
    check,
    interpret,
    ids_in_object: Some(statement::entity_ids),
    assemble: assemble::assemble,
    ..PLAIN
};

/// Returns whether an object is a statement and not an entity.
fn is_statement(value: &Value) -> bool {
    value.get("prop").is_some()
}

/// Returns the key of an object that may be rejected.
fn key(value: &Value) -> Option<String> {
    if is_statement(value) {
        return statement::key(value);
    }
    value.get("id")?.as_str().filter(|id| ids::is_id(id)).map(str::to_owned)
}

fn check(value: &Value, _: Option<&str>) -> Result<Checked, Reject> {
    let (key, version, own_time) = if is_statement(value) {
        let statement = statement::read(value)?;
        (statement.key, statement.last_seen, statement.first_seen)
    } else {
        let entity = read::entity(value)?;
        edge::check(&entity)?;
        (
            entity.id,
            entity.last_change.or(entity.last_seen),
            entity.last_change.or(entity.last_seen).or(entity.first_seen),
        )
    };
    let version = version.map(|moment: Moment| moment.to_string());
    Ok(Checked { key, version, own_time, ..Checked::default() })
}

fn interpret(value: &Value, source: Option<&str>) -> Content {
    let source = source.unwrap_or_default();
    if is_statement(value) {
        return statement::read(value)
            .map(|statement| assemble::of_statement(&statement, source))
            .unwrap_or_default();
    }
    read::entity(value).map(|entity| assemble::of_entity(&entity, source)).unwrap_or_default()
}

/// Returns the entities of each schema: schema, kind, and for an edge the properties of its two ends, the
/// layer, and whether it is directed.
pub fn schemata() -> Vec<(&'static str, String, Option<[String; 4]>)> {
    let row = |schema: &'static schema::Schema| {
        let ends = |properties: &[&str]| properties.join(", else ");
        let edge = vocabulary::edge(schema);
        let edge = edge.map(|edge| {
            // A schema without an edge in FollowTheMoney has ends with different names.
            let is_directed = schema.edge.is_none() || schema.is_directed;
            let directed = if is_directed { "yes" } else { "as stated" };
            [ends(edge.from), ends(edge.to), edge.layer.name().to_owned(), directed.to_owned()]
        });
        (schema.name.as_str(), vocabulary::kind(schema), edge)
    };
    let is_claimed =
        |schema: &&'static schema::Schema| !vocabulary::UNCLAIMED.contains(&schema.name.as_str());
    schema::schemata().filter(is_claimed).map(row).collect()
}

/// Returns the properties that link an entity to their values: property, kind of the link, layer.
pub fn property_links() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    vocabulary::PROPERTY_LINKS.iter().map(|(property, kind, layer)| (*property, *kind, layer.name()))
}

/// Returns the properties whose values become rows of their own: schema and properties.
pub fn shown() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    vocabulary::SHOWN.iter().copied()
}

/// Returns the numbers that join entities: schema, property and catalogue.
pub fn numbers() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    numbers::SCHEMES.iter().map(|scheme| (scheme.of, scheme.property, scheme.catalogue))
}
