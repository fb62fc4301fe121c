//! Checks an object: its type, its id, and the JSON types of its properties.

use serde_json::{Map, Value};

use super::{
    markings::{all_markings, definition, is_granular_markings},
    object::{is_text_list, moment, text, type_of},
};
use crate::{
    ingest::{
        format::Checked,
        reject::{Reject, RejectRule},
    },
    time::Moment,
};

/// Properties that are timestamps wherever they stand at the top of an object.
const TIMES: [&str; 12] = [
    "created",
    "modified",
    "published",
    "valid_from",
    "valid_until",
    "first_seen",
    "last_seen",
    "first_observed",
    "last_observed",
    "start_time",
    "stop_time",
    "submitted",
];
/// Properties that are texts.
const TEXTS: [&str; 6] =
    ["name", "description", "relationship_type", "pattern", "pattern_type", "spec_version"];
/// Properties that are lists of texts.
const TEXT_LISTS: [&str; 4] = ["aliases", "labels", "x_mitre_aliases", "object_marking_refs"];

pub(super) fn check(value: &Value, _: Option<&str>) -> Result<Checked, Reject> {
    let object = value
        .as_object()
        .ok_or_else(|| Reject::new(RejectRule::NotAnObject, "an element that is no JSON object"))?;
    let kind = text(object, "type")
        .ok_or_else(|| Reject::new(RejectRule::BadType, "no `type`, or one that is no text"))?;
    let is_type_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if kind == "bundle" {
        return Err(Reject::new(RejectRule::BadType, "a bundle where an object should be"));
    }
    if kind.is_empty() || kind.len() > 250 || !kind.chars().all(is_type_name) {
        return Err(Reject::new(RejectRule::BadType, "`type` is no type name"));
    }
    let id = text(object, "id")
        .ok_or_else(|| Reject::new(RejectRule::BadId, "no `id`, or one that is no text"))?;
    if type_of(id) != Some(kind) {
        return Err(Reject::new(RejectRule::BadId, "`id` is not the type, `--` and a UUID"));
    }
    check_properties(object)?;
    check_ends(kind, object)?;
    let own_time = moment(object, "modified").or_else(|| moment(object, "created"));
    Ok(Checked {
        key: id.to_owned(),
        version: text(object, "modified").map(str::to_owned),
        own_time,
        markings: all_markings(object),
        defines: (kind == "marking-definition").then(|| definition(object)),
        ..Checked::default()
    })
}

fn check_properties(object: &Map<String, Value>) -> Result<(), Reject> {
    let shown =
        |name: &str| if name.len() <= NAME_SHOWN_MAX { name.to_owned() } else { "a property".to_owned() };
    let wrong = |name: &str, wanted: &str| {
        Err(Reject::new(RejectRule::WrongType, format!("`{}` is not {wanted}", shown(name))))
    };
    for (name, value) in object.iter().filter(|(_, value)| !value.is_null()) {
        let name = name.as_str();
        if TIMES.contains(&name) {
            match value.as_str() {
                None => return wrong(name, "a text"),
                Some(text) if Moment::parse(text).is_none() => {
                    return Err(Reject::new(
                        RejectRule::BadTime,
                        format!("`{name}` is no RFC 3339 timestamp"),
                    ));
                }
                Some(_) => {}
            }
        } else if TEXTS.contains(&name) && !value.is_string() {
            return wrong(name, "a text");
        } else if (TEXT_LISTS.contains(&name) || name.ends_with("_refs")) && !is_text_list(value) {
            return wrong(name, "a list of texts");
        } else if name.ends_with("_ref") && !value.is_string() {
            return wrong(name, "a text");
        } else if name == "revoked" && !value.is_boolean() {
            return wrong(name, "true or false");
        } else if name == "confidence" && value.as_u64().is_none_or(|confidence| confidence > 100) {
            return wrong(name, "a whole number from 0 to 100");
        } else if name == "granular_markings" && !is_granular_markings(value) {
            return wrong(name, "a list of granular markings");
        } else if name == "external_references"
            && !value.as_array().is_some_and(|list| list.iter().all(Value::is_object))
        {
            return wrong(name, "a list of objects");
        }
    }
    Ok(())
}

/// Longest name of a property that a reason repeats.
const NAME_SHOWN_MAX: usize = 64;

/// The ends that a relationship object must have (STIX 2.1, section 5).
fn check_ends(kind: &str, object: &Map<String, Value>) -> Result<(), Reject> {
    let ends: &[&str] = match kind {
        "relationship" => &["source_ref", "target_ref", "relationship_type"],
        "sighting" => &["sighting_of_ref"],
        _ => &[],
    };
    for end in ends {
        match text(object, end) {
            None => {
                return Err(Reject::new(RejectRule::MissingReference, format!("a {kind} without `{end}`")));
            }
            Some(id) if end.ends_with("_ref") && type_of(id).is_none() => {
                return Err(Reject::new(
                    RejectRule::BadId,
                    format!("`{end}` is not a type, `--` and a UUID"),
                ));
            }
            Some(_) => {}
        }
    }
    Ok(())
}
