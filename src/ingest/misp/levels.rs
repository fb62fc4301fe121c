//! Markings that an element in a document states, before it is read as a whole.

use serde_json::{Map, Value, value::RawValue};

use super::{
    context::{Context, Element},
    scalar, sharing,
};
use crate::{
    ingest::json::{self, Outline},
    marking::Marking,
};

/// Returns the markings that an element states, and its tags. Where a member stands twice
/// the element itself is refused, and what it holds is marked by both.
pub(super) fn level(element: Element, members: &[(String, &RawValue)]) -> (Vec<String>, Option<Value>) {
    let mut tags = Vec::new();
    let mut distributions = Vec::new();
    for (name, raw) in members {
        // What cannot be read is a tag without a name, and no known distribution: it fails closed.
        let value = || json::value(raw.get()).unwrap_or(Value::Bool(true));
        if sharing::TAGS.contains(&name.as_str()) {
            tags.extend(scalar::listed(&value()).cloned());
        } else if name == "distribution" {
            distributions.push(value());
        }
    }
    let tags = (!tags.is_empty()).then_some(Value::Array(tags));
    let mut markings = Vec::new();
    for distribution in distributions.into_iter().map(Some).chain([None]) {
        let mut stated = Map::new();
        stated.extend(tags.clone().map(|tags| ("Tag".to_owned(), tags)));
        stated.extend(distribution.map(|distribution| ("distribution".to_owned(), distribution)));
        markings.extend(sharing::level(element, &stated));
    }
    (markings, tags)
}

/// Returns the marking of an element by its own markings and those of all that holds it.
pub(super) fn joined(context: &Context, outline: &Outline<'_>) -> Marking {
    let Outline::Object { members, .. } = outline else { return Marking::Clear };
    let (own, _) = level(context.element, members);
    sharing::strictest(own.iter().chain(&context.markings))
}

/// Returns how an element is marked itself.
pub(super) fn own_marking(element: Element, raw: &RawValue) -> Marking {
    match json::outline(raw.get()) {
        Ok(Outline::Object { members, .. }) => sharing::strictest(&level(element, &members).0),
        _ => Marking::Clear,
    }
}
