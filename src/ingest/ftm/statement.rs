//! Statements: one value of one property, each with its dataset and times.
//!
//! One statement is one record. Its canonical id and the id that its entity had before are both
//! identifiers. So statements of one canonical entity join, and separate again if the source
//! changes its mind.

use serde_json::Value;

use super::{
    dates,
    ids::is_id,
    read,
    schema::{Schema, Type},
};
use crate::{
    ingest::{
        json,
        reject::{Reject, RejectRule},
    },
    time::Moment,
};

/// A statement as delivered.
pub(super) struct Statement {
    pub(super) key: String,
    /// Id of the entity.
    pub(super) canonical: String,
    /// Id that the entity had before.
    pub(super) entity: String,
    pub(super) schema: &'static Schema,
    pub(super) property: String,
    pub(super) value: String,
    /// The language the value is written in, ISO 639-3.
    pub(super) language: Option<String>,
    /// The value before it was cleaned.
    pub(super) original: Option<String>,
    pub(super) dataset: Option<String>,
    /// True if enrichment found it, and no person has attributed it to the entity yet.
    pub(super) is_external: bool,
    pub(super) first_seen: Option<Moment>,
    pub(super) last_seen: Option<Moment>,
}

/// Reads a statement.
pub(super) fn read(value: &Value) -> Result<Statement, Reject> {
    let object = value
        .as_object()
        .ok_or_else(|| Reject::new(RejectRule::NotAnObject, "an element that is not a JSON object"))?;
    let id = |name: &str| match read::text(object, name)? {
        Some(id) if !is_id(id) => Err(Reject::new(RejectRule::BadId, format!("`{name}` is not one word"))),
        id => Ok(id.map(str::to_owned)),
    };
    let (entity, canonical) = (id("entity_id")?, id("canonical_id")?);
    let known = canonical.clone().or_else(|| entity.clone());
    let known =
        known.ok_or_else(|| Reject::new(RejectRule::BadId, "neither `entity_id` nor `canonical_id`"))?;
    let schema = read::known_schema(object)?;
    // A descriptive member with a wrong type does not reject the statement.
    let described = |name: &str| read::text(object, name).ok().flatten().map(str::to_owned);
    let needed = |name: &str| read::text(object, name)?.ok_or_else(|| read::wrong(name, "a text"));
    let (property, said) = (needed("prop")?, needed("value")?);
    match schema.properties.get(property) {
        Some(Type::Entity) if !is_id(said) => {
            return Err(Reject::new(RejectRule::BadId, "`value` is an id that is not one word"));
        }
        Some(Type::Date) if read::is_read_date(schema, property) && dates::first(said).is_none() => {
            return Err(read::no_date("value"));
        }
        _ => {}
    }
    Ok(Statement {
        key: key(value).ok_or_else(|| Reject::new(RejectRule::BadId, "`id` is not one word"))?,
        entity: entity.unwrap_or_else(|| known.clone()),
        canonical: known,
        schema,
        property: property.to_owned(),
        value: said.to_owned(),
        language: described("lang"),
        original: described("original_value"),
        dataset: described("dataset"),
        is_external: object.get("external").is_some_and(is_true),
        first_seen: read::moment(object, "first_seen")?,
        last_seen: read::moment(object, "last_seen")?,
    })
}

pub(super) fn is_true(value: &Value) -> bool {
    value.as_bool() == Some(true)
        || value.as_str().is_some_and(|text| matches!(text.to_lowercase().as_str(), "t" | "true" | "1"))
}

/// Returns the ids of the entity that a statement is about; empty for an entity.
pub(super) fn entity_ids(value: &Value) -> Vec<String> {
    let id = |name: &str| value.get(name).filter(|_| value.get("prop").is_some())?.as_str();
    ["entity_id", "canonical_id"].into_iter().filter_map(id).map(str::to_owned).collect()
}

/// Members that identify a statement without an id.
const OWN: [&str; 6] = ["dataset", "entity_id", "prop", "value", "lang", "external"];

/// Returns the key of a statement: its id, else a digest of the members from which FollowTheMoney makes ids.
pub(super) fn key(value: &Value) -> Option<String> {
    match value.get("id") {
        None | Some(Value::Null) => {
            let members = OWN.iter().map(|name| value.get(name).cloned().unwrap_or_default()).collect();
            Some(format!("statement:{:?}", json::digest(&Value::Array(members))))
        }
        Some(id) => id.as_str().filter(|id| is_id(id)).map(str::to_owned),
    }
}
