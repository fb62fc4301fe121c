//! Finds the entities and statements in a document.
//!
//! An entity inside another one, under one of its properties or under the property of the other end, is
//! delivered by itself. Its id takes its place; if only the other end's property would hold it, nothing
//! does. So a nested file has the same claims as a flat one, key by key.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::schema;
use crate::ingest::{
    format::DeliveredObject,
    json::{self, DEPTH_MAX},
    outline::{Outline, Raw, outline_of},
    reject::Reject,
};

/// Deepest nesting of entities; each level has three levels of JSON.
const NESTED_MAX: usize = DEPTH_MAX / 3;

pub(super) fn find<'a>(outline: &Outline<'a>) -> Option<Result<Vec<DeliveredObject<'a>>, Reject>> {
    let mut objects = Vec::new();
    match outline {
        Outline::Object { whole, .. } if is_object(outline) => {
            gather(*whole, outline, "", 0, &mut objects);
        }
        Outline::List(elements) => {
            let outlines: Vec<Outline<'a>> =
                elements.iter().map(|raw| outline_of(*raw).unwrap_or(Outline::Scalar)).collect();
            if !outlines.iter().any(is_object) {
                return None;
            }
            for (position, (raw, outline)) in elements.iter().zip(&outlines).enumerate() {
                gather(*raw, outline, &format!("/{position}"), 0, &mut objects);
            }
        }
        _ => return None,
    }
    Some(Ok(objects))
}

fn is_object(outline: &Outline<'_>) -> bool {
    let has = |name: &str| outline.member(name).is_some();
    // An entity that claims nothing about itself may lack its properties.
    let is_known = || outline.text("schema").is_some_and(|name| schema::schema(&name).is_some());
    (has("schema") && !has("$schema") && (has("properties") || (has("id") && is_known())))
        || (has("prop") && has("value") && (has("entity_id") || has("canonical_id")))
}

/// Delivers an entity, then the entities inside it.
fn gather<'a>(
    raw: Raw<'a>,
    outline: &Outline<'a>,
    pointer: &str,
    depth: usize,
    found: &mut Vec<DeliveredObject<'a>>,
) {
    let inner = if depth < NESTED_MAX { nested(outline) } else { Vec::new() };
    let text = if inner.is_empty() { Cow::Borrowed(raw.get()) } else { flat(raw, outline) };
    found.push(DeliveredObject { pointer: pointer.to_owned(), text, context: None, accepted: None });
    for (place, raw, outline) in inner {
        gather(raw, &outline, &format!("{pointer}/properties/{place}"), depth + 1, found);
    }
}

type Nested<'a> = (String, Raw<'a>, Outline<'a>);

/// Returns the entities in an entity's properties, with their positions.
fn nested<'a>(outline: &Outline<'a>) -> Vec<Nested<'a>> {
    // Properties without any object contain no entity.
    let Some(properties) =
        outline.member("properties").filter(|raw| raw.get().trim_start_matches('{').contains('{'))
    else {
        return Vec::new();
    };
    let Ok(Outline::Object { members, repeated: false, .. }) = outline_of(properties) else {
        return Vec::new();
    };
    let mut nested = Vec::new();
    for (name, raw) in members {
        let Ok(Outline::List(values)) = outline_of(raw) else { continue };
        for (at, value) in values.into_iter().enumerate() {
            if let Ok(outline) = outline_of(value)
                && is_object(&outline)
            {
                nested.push((format!("{name}/{at}"), value, outline));
            }
        }
    }
    nested
}

/// Returns an entity with ids in place of the entities inside it.
fn flat<'a>(raw: Raw<'a>, outline: &Outline<'a>) -> Cow<'a, str> {
    // An entity that cannot be read completely is rejected as it is.
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
