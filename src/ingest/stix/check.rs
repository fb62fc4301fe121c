//! Checks an object: its type, its id, and the JSON types of its properties.

use super::{
    markings::{all_markings, definition, is_granular_markings},
    object::{is_text_list, type_of},
};
use crate::{
    ingest::{
        format::Checked,
        reject::{Reject, RejectRule},
        tree::{Kind, Node},
    },
    time::Moment,
};

/// Properties at the top of an object that are timestamps.
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

pub(super) fn check<N: Node>(object: &N) -> Result<Checked, Reject> {
    if object.kind() != Kind::Object {
        return Err(Reject::new(RejectRule::NotAnObject, "an element that is not a JSON object"));
    }
    let kind = text(object, "type")
        .ok_or_else(|| Reject::new(RejectRule::BadType, "`type` is missing or not a text"))?;
    let is_type_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if kind == "bundle" {
        return Err(Reject::new(RejectRule::BadType, "a bundle in place of an object"));
    }
    if kind.is_empty() || kind.len() > 250 || !kind.chars().all(is_type_name) {
        return Err(Reject::new(RejectRule::BadType, "`type` is not a type name"));
    }
    let id =
        text(object, "id").ok_or_else(|| Reject::new(RejectRule::BadId, "`id` is missing or not a text"))?;
    if type_of(id) != Some(kind) {
        return Err(Reject::new(RejectRule::BadId, "`id` is not the type, `--` and a UUID"));
    }
    check_properties(object)?;
    check_ends(kind, object)?;
    let moment = |name| Moment::parse(text(object, name)?)?.known();
    let own_time = moment("modified").or_else(|| moment("created"));
    Ok(Checked {
        key: id.to_owned(),
        version: text(object, "modified").map(str::to_owned),
        own_time,
        markings: all_markings(object),
        defines: (kind == "marking-definition").then(|| definition(object)),
        revokes: object
            .member("revoked")
            .and_then(Node::as_scalar_text)
            .is_some_and(|revoked| revoked == "true"),
        ..Checked::default()
    })
}

fn text<'a, N: Node>(object: &'a N, name: &str) -> Option<&'a str> {
    object.member(name)?.as_text()
}

fn check_properties<N: Node>(object: &N) -> Result<(), Reject> {
    let shown =
        |name: &str| if name.len() <= NAME_SHOWN_MAX { name.to_owned() } else { "a property".to_owned() };
    let wrong = |name: &str, wanted: &str| {
        Err(Reject::new(RejectRule::WrongType, format!("`{}` is not {wanted}", shown(name))))
    };
    for (name, value) in object.members().filter(|(_, value)| value.kind() != Kind::Null) {
        if TIMES.contains(&name) {
            match value.as_text() {
                None => return wrong(name, "a text"),
                Some(text) if Moment::parse(text).is_none() => {
                    return Err(Reject::new(
                        RejectRule::BadTime,
                        format!("`{name}` is not an RFC 3339 timestamp"),
                    ));
                }
                Some(_) => {}
            }
        } else if TEXTS.contains(&name) && value.kind() != Kind::Text {
            return wrong(name, "a text");
        } else if (TEXT_LISTS.contains(&name) || name.ends_with("_refs")) && !is_text_list(value) {
            return wrong(name, "a list of texts");
        } else if name.ends_with("_ref") && value.kind() != Kind::Text {
            return wrong(name, "a text");
        } else if name == "revoked" && value.kind() != Kind::Bool {
            return wrong(name, "true or false");
        } else if name == "confidence" && value.as_whole().is_none_or(|confidence| confidence > 100) {
            return wrong(name, "a whole number from 0 to 100");
        } else if name == "granular_markings" && !is_granular_markings(value) {
            return wrong(name, "a list of granular markings");
        } else if name == "external_references"
            && !value.as_list().is_some_and(|list| list.iter().all(|entry| entry.kind() == Kind::Object))
        {
            return wrong(name, "a list of objects");
        }
    }
    Ok(())
}

/// Longest name of a property that a reason repeats, in bytes.
const NAME_SHOWN_MAX: usize = 64;

/// Checks the ends of a relationship or sighting (STIX 2.1, section 5).
fn check_ends<N: Node>(kind: &str, object: &N) -> Result<(), Reject> {
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
