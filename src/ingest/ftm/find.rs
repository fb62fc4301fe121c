//! Which entities and statements stand in a document.
//!
//! An entity that stands inside another one, under a property of it or of the other end, is
//! delivered by itself; in its place stands its id, or nothing where only the other end's
//! property would hold it. So a nested file says what a flat one does, key by key.

use std::borrow::Cow;

use serde_json::{Map, Value, value::RawValue};

use super::schema;
use crate::ingest::{
    format::DeliveredObject,
    json::{self, DEPTH_MAX, Outline},
    reject::Reject,
};

/// Entities are nested by three levels of JSON each.
const NESTED_MAX: usize = DEPTH_MAX / 3;

pub(super) fn find<'a>(outline: &Outline<'a>) -> Option<Result<Vec<DeliveredObject<'a>>, Reject>> {
    let mut found = Vec::new();
    match outline {
        Outline::Object { whole, .. } if is_object(outline) => {
            gather(whole, outline, "", 0, &mut found);
        }
        Outline::List(elements) => {
            let outlines: Vec<Outline<'a>> =
                elements.iter().map(|raw| json::outline(raw.get()).unwrap_or(Outline::Scalar)).collect();
            if !outlines.iter().any(is_object) {
                return None;
            }
            for (at, (raw, outline)) in elements.iter().zip(&outlines).enumerate() {
                gather(raw, outline, &format!("/{at}"), 0, &mut found);
            }
        }
        _ => return None,
    }
    Some(Ok(found))
}

fn is_object(outline: &Outline<'_>) -> bool {
    let has = |name: &str| outline.member(name).is_some();
    // One that tells nothing of itself may lack its properties.
    let is_known = || outline.text("schema").is_some_and(|name| schema::schema(&name).is_some());
    (has("schema") && !has("$schema") && (has("properties") || (has("id") && is_known())))
        || (has("prop") && has("value") && (has("entity_id") || has("canonical_id")))
}

/// Delivers an entity, then those that stand in it.
fn gather<'a>(
    raw: &'a RawValue,
    outline: &Outline<'a>,
    pointer: &str,
    depth: usize,
    found: &mut Vec<DeliveredObject<'a>>,
) {
    let inner = if depth < NESTED_MAX { nested(outline) } else { Vec::new() };
    let text = if inner.is_empty() { Cow::Borrowed(raw.get()) } else { flat(raw, outline) };
    found.push(DeliveredObject { pointer: pointer.to_owned(), text, context: None });
    for (place, raw, outline) in inner {
        gather(raw, &outline, &format!("{pointer}/properties/{place}"), depth + 1, found);
    }
}

type Nested<'a> = (String, &'a RawValue, Outline<'a>);

/// Returns the entities that stand in an entity's properties, with their places.
fn nested<'a>(outline: &Outline<'a>) -> Vec<Nested<'a>> {
    // An object that holds nothing but texts needs no second look.
    let Some(properties) =
        outline.member("properties").filter(|raw| raw.get().trim_start_matches('{').contains('{'))
    else {
        return Vec::new();
    };
    let Ok(Outline::Object { members, repeated: false, .. }) = json::outline(properties.get()) else {
        return Vec::new();
    };
    let mut nested = Vec::new();
    for (name, raw) in members {
        let Ok(Outline::List(values)) = json::outline(raw.get()) else { continue };
        for (at, value) in values.into_iter().enumerate() {
            if let Ok(outline) = json::outline(value.get())
                && is_object(&outline)
            {
                nested.push((format!("{name}/{at}"), value, outline));
            }
        }
    }
    nested
}

/// Writes an entity with ids in place of the entities that stand in it.
fn flat<'a>(raw: &'a RawValue, outline: &Outline<'a>) -> Cow<'a, str> {
    // What cannot be read whole is refused whole, as it stands.
    let Ok(Value::Object(mut whole)) = json::value(raw.get()) else { return Cow::Borrowed(raw.get()) };
    let known = outline.text("schema").and_then(|name| schema::schema(&name));
    if let Some(Value::Object(properties)) = whole.get_mut("properties") {
        let is_kept = |name: &String| known.is_none_or(|schema| schema.properties.contains_key(name));
        properties.retain(|name, value| {
            let Value::Array(values) = value else { return true };
            let is_nested = values.iter().any(|value| nested_id(value).is_some());
            for value in values {
                if let Some(id) = nested_id(value) {
                    *value = id;
                }
            }
            !is_nested || is_kept(name)
        });
    }
    Cow::Owned(Value::Object(whole).to_string())
}

fn nested_id(value: &Value) -> Option<Value> {
    let object: &Map<String, Value> = value.as_object()?;
    object.get("schema").and(object.get("properties"))?;
    object.get("id").cloned()
}
