//! FollowTheMoney: entities and statements, a line each.
//!
//! Format: <https://followthemoney.tech>, schema 4.11 (`datasets/ftm`). Read leniently, as
//! published: in JSON lines, lists or bare; a text where a list should be; entities nested in
//! others (`targets.nested.json`), each of which is one delivered object,
//! so that nested and flat files say the same. What must hold is an id, a schema that is known,
//! ends for an edge, and dates where times stand. Unknown properties are kept, and say nothing.
//!
//! An id is its source's own, since FollowTheMoney makes ids from whatever keys a table had:
//! "1" of two partners are two. Ids that nomenklatura draws at random (`NK-…`) are everybody's.
//! Beyond ids only numbers with check digits, wallets and accounts join (`numbers`); an address,
//! a telephone or a registration number is shared by too many.
//! - `schema`, `words`: what schemata and properties are, and what they are here;
//! - `find`: which objects stand in a document;
//! - `read`: an object to an entity's properties, or a reject;
//! - `claims`: what an entity says; `edge`: what an edge ties; `properties`: what readers are shown
//!   value by value;
//! - `statement`: one property at a time, as a line or a table's row;
//! - `numbers`, `dates`: values that need reading.

mod assemble;
mod claims;
mod dates;
mod edge;
mod export;
mod find;
mod ids;
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
    // Its ids are the source's own: the meaning of an object depends on its source.
    context: |delivery, _| Some(delivery.source.clone()),
    key_property: "id",
    key: |value, _| key(value),
    check,
    interpret,
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

/// Returns what an entity of each schema is: the schema, the kind, and, of an edge, the properties of its two
/// ends, the layer, and whether it is directed.
pub fn schemata() -> Vec<(&'static str, String, Option<[String; 4]>)> {
    let row = |schema: &'static schema::Schema| {
        let ends = |properties: &[&str]| properties.join(", else ");
        let edge = vocabulary::edge(schema);
        let edge = edge.map(|edge| {
            // What the schema draws no edge for has ends that it names apart.
            let is_directed = schema.edge.is_none() || schema.is_directed;
            let directed = if is_directed { "yes" } else { "as told" };
            [ends(edge.from), ends(edge.to), edge.layer.name().to_owned(), directed.to_owned()]
        });
        (schema.name.as_str(), vocabulary::kind(schema), edge)
    };
    let is_claimed =
        |schema: &&'static schema::Schema| !vocabulary::UNCLAIMED.contains(&schema.name.as_str());
    schema::schemata().filter(is_claimed).map(row).collect()
}

/// Returns the properties that tie an entity to what stands in them: property, kind of the link, layer.
pub fn ties() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    vocabulary::TIES.iter().map(|(property, kind, layer)| (*property, *kind, layer.name()))
}

/// Returns the properties whose values are rows of their own: schema and properties.
pub fn shown() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    vocabulary::SHOWN.iter().copied()
}

/// Returns the numbers that join: schema, property and catalogue.
pub fn numbers() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    numbers::SCHEMES.iter().map(|scheme| (scheme.of, scheme.property, scheme.catalogue))
}
