//! Checks an object: the types of its properties, and what it must have.

use serde_json::{Map, Value};

use super::{
    context::{Context, DELIVERED, Element, id, own_uuid},
    scalar, sharing,
};
use crate::ingest::{
    format::Checked,
    reject::{Reject, RejectRule},
};

/// Returns the key of an object with a uuid. A proposal carries the uuid of the attribute
/// that it would change, and must not stand in that one's place.
pub(super) fn key(value: &Value, context: Option<&str>) -> Option<String> {
    let element = Context::read(context).element;
    Some(keyed(element, own_uuid(element, value.as_object()?)?))
}

fn keyed(element: Element, id: String) -> String {
    if element == Element::Proposal { format!("proposal--{id}") } else { id }
}

pub(super) fn check(value: &Value, context: Option<&str>) -> Result<Checked, Reject> {
    let context = Context::read(context);
    let object = value
        .as_object()
        .ok_or_else(|| Reject::new(RejectRule::NotAnObject, "an element that is no JSON object"))?;
    check_scalars(object)?;
    check_lists(object)?;
    check_needed(context.element, object)?;
    let moment = |name| scalar::moment(object.get(name));
    // The version of a cluster is that of its galaxy; the others tell when they were edited.
    let version = match context.element {
        Element::GalaxyCluster => scalar::text(object.get("version")),
        Element::Sighting => moment("date_sighting").map(|moment| moment.to_string()),
        _ => moment("timestamp").or_else(|| moment("publish_timestamp")).map(|moment| moment.to_string()),
    };
    let own_time = ["timestamp", "date_sighting", "publish_timestamp"].into_iter().find_map(moment);
    let own_date = scalar::date(object.get("date")).filter(|_| context.element == Element::Event);
    Ok(Checked {
        key: keyed(context.element, id(context.element, value)),
        version,
        own_time: own_time.or(context.published).or(own_date).or(context.date),
        markings: all_markings(object, &context),
        defines: None,
        surroundings: context.surroundings(),
    })
}

/// Returns the markings of an element and of everything that holds it.
fn all_markings(object: &Map<String, Value>, context: &Context) -> Vec<String> {
    let mut markings = sharing::level(context.element, object);
    markings.extend(context.markings.iter().cloned());
    markings.sort_unstable();
    markings.dedup();
    markings
}

/// Returns the markings of an element that is not accepted; `None` where one of them may be unread.
pub(super) fn markings(value: &Value, context: Option<&str>) -> Option<Vec<String>> {
    let context = Context::read(context);
    let markings = all_markings(value.as_object()?, &context);
    (!markings.iter().any(|marking| marking == sharing::UNREADABLE)).then_some(markings)
}

/// Properties that are moments, truth values and texts wherever they stand.
const MOMENTS: [&str; 5] = ["timestamp", "publish_timestamp", "date_sighting", "first_seen", "last_seen"];
const TRUTHS: [&str; 5] = ["deleted", "to_ids", "published", "default", "disable_correlation"];
const TEXTS: [&str; 7] = ["uuid", "info", "name", "type", "object_relation", "comment", "distribution"];

fn check_scalars(object: &Map<String, Value>) -> Result<(), Reject> {
    for name in MOMENTS {
        if !scalar::is_empty(object.get(name)) && scalar::any_moment(object.get(name)).is_none() {
            return Err(Reject::new(RejectRule::BadTime, format!("`{name}` is no moment")));
        }
    }
    if !scalar::is_empty(object.get("date")) && scalar::any_date(object.get("date")).is_none() {
        return Err(Reject::new(RejectRule::BadTime, "`date` is no date"));
    }
    for name in TRUTHS {
        if !scalar::is_empty(object.get(name)) && scalar::truth(object.get(name)).is_none() {
            return Err(wrong(name, "true or false"));
        }
    }
    for name in TEXTS {
        if !scalar::is_empty(object.get(name)) && scalar::text(object.get(name)).is_none() {
            return Err(wrong(name, "a text"));
        }
    }
    Ok(())
}

/// Lists of objects that belong to what holds them, and lists of delivered objects: those
/// that still stand here could not be read.
fn check_lists(object: &Map<String, Value>) -> Result<(), Reject> {
    if object.get("Tag").is_some_and(|tags| scalar::listed(tags).any(|tag| sharing::tag_name(tag).is_none()))
    {
        return Err(wrong("Tag", "a list of tags with names"));
    }
    for name in ["Galaxy", "ObjectReference", "GalaxyClusterRelation"] {
        if !object.get(name).is_none_or(|value| scalar::listed(value).all(Value::is_object)) {
            return Err(wrong(name, "a list of objects"));
        }
    }
    for name in DELIVERED {
        if object.contains_key(name) {
            return Err(wrong(name, "a list of objects"));
        }
    }
    Ok(())
}

/// What each must say (MISP core format, section 2).
fn check_needed(element: Element, object: &Map<String, Value>) -> Result<(), Reject> {
    let has = |name: &str| scalar::text(object.get(name)).is_some_and(|text| !text.is_empty());
    match element {
        Element::Event if !has("info") => Err(wrong("info", "a text")),
        Element::Attribute | Element::Proposal if !has("type") => {
            Err(Reject::new(RejectRule::BadType, "no `type`, or one that is no text"))
        }
        Element::Attribute if scalar::text(object.get("value")).is_none() => Err(wrong("value", "a text")),
        Element::Object if !has("name") => Err(wrong("name", "a text")),
        Element::GalaxyCluster if !has("value") => Err(wrong("value", "a text")),
        _ => Ok(()),
    }
}

fn wrong(name: &str, wanted: &str) -> Reject {
    Reject::new(RejectRule::WrongType, format!("`{name}` is not {wanted}"))
}
