//! STIX 2.1 and 2.0: bundles, bare objects, lists of objects and TAXII 2 envelopes.
//!
//! The reader is lenient: the bundle, its objects or none of them may have `spec_version`, and unknown types
//! and properties are kept. An object must have a type, an id of that type, and properties of the JSON types
//! in the specification. Every `_ref` and `_refs`, at any depth, is a claim of a link. Patterns are parsed
//! into the observables that they name, and never run.

mod attributes;
mod catalogue;
mod check;
mod claims;
mod derived_id;
mod entity_types;
mod layers;
mod markings;
mod object;
mod own_extension;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::{
    format::{DeliveredObject, Format, PLAIN},
    outline::{Outline, Raw, outline_of},
    reject::{Reject, RejectRule},
};

pub(super) use catalogue::{cve_number, reference};
pub(super) use claims::{matches, observable};
pub(super) use layers::layer_of_relationship;
pub use own_extension::{STIX_ENTITY_TYPE, STIX_EXTENSION, STIX_EXTENSION_TYPE};

pub(super) const FORMAT: Format = Format {
    name: "stix",
    about: "STIX 2.1 and 2.0: bundles, bare objects, lists of objects, TAXII 2 envelopes.",
    find,
    key_property: "id",
    key,
    check: |value, _| check::check(value),
    tree_check: Some(|_| Box::new(|tree| check::check(tree))),
    markings: markings::markings,
    interpret: claims::interpret,
    ..PLAIN
};

/// Returns the id of an object, if it is well formed and has the object's type. An object that
/// cannot be read whole has no type here.
fn key(value: &Value, _: Option<&str>) -> Option<String> {
    let (id, kind) = (value.get("id")?.as_str()?, value.get("type").and_then(Value::as_str));
    let is_own = object::type_of(id).is_some_and(|id_type| kind.is_none_or(|kind| kind == id_type));
    is_own.then(|| id.to_owned())
}

fn find<'a>(outline: &Outline<'a>) -> Option<Result<Vec<DeliveredObject<'a>>, Reject>> {
    let found = |objects| Some(Ok(objects));
    match outline {
        Outline::Object { whole, .. } => {
            if is_collection(outline) {
                return match outline.member("objects").map(outline_of) {
                    None => found(Vec::new()),
                    Some(Ok(Outline::List(objects))) => found(pointed("/objects", objects)),
                    Some(_) => Some(Err(Reject::new(RejectRule::WrongType, "`objects` is not a list"))),
                };
            }
            if is_object(outline) { found(vec![DeliveredObject::whole(String::new(), *whole)]) } else { None }
        }
        Outline::List(elements) => {
            let holds_objects =
                elements.iter().any(|raw| outline_of(*raw).is_ok_and(|element| is_object(&element)));
            holds_objects.then(|| pointed("", elements.clone())).and_then(found)
        }
        Outline::Scalar => None,
    }
}

/// Returns whether a document is a bundle or an envelope, whose member `objects` lists its objects.
pub(super) fn is_collection(outline: &Outline<'_>) -> bool {
    let Outline::Object { members, .. } = outline else { return false };
    let is_bundle = outline.text("type").as_deref() == Some("bundle");
    let envelope_keys = ["objects", "more", "next", "id", "spec_version"];
    let is_envelope = ["objects", "more"].iter().any(|name| outline.member(name).is_some())
        && members.iter().all(|(key, _)| envelope_keys.contains(&&**key));
    is_bundle || is_envelope
}

fn pointed<'a>(prefix: &str, objects: Vec<Raw<'a>>) -> Vec<DeliveredObject<'a>> {
    objects
        .into_iter()
        .enumerate()
        .map(|(at, raw)| DeliveredObject::whole(format!("{prefix}/{at}"), raw))
        .collect()
}

pub(super) fn is_object(outline: &Outline<'_>) -> bool {
    let id = outline.text("id");
    outline.text("type").is_some_and(|kind| id.is_some_and(|id| id.starts_with(&format!("{kind}--"))))
}
