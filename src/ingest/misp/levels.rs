//! Markings that an element in a document states, before it is read as a whole.

use serde_json::{Map, Value};

use super::{
    context::{Context, Element},
    scalar, sharing,
};
use crate::{
    ingest::{
        json,
        outline::{Member, Outline, Raw, outline_of},
    },
    marking::Marking,
};

/// Returns the markings that an element states, and its tags. If a member is repeated, the element itself is
/// rejected, and the elements inside it carry both markings.
pub(super) fn level(element: Element, members: &[Member<'_>]) -> (Vec<String>, Option<Value>) {
    let mut tags = Vec::new();
    let mut distributions = Vec::new();
    let mut group = None;
    for (name, raw) in members {
        // A value that cannot be read becomes a tag without a name, and an unknown distribution: it fails
        // closed.
        let value = || json::value(raw.get()).unwrap_or(Value::Bool(true));
        if sharing::TAGS.contains(&&**name) {
            tags.extend(scalar::listed(&value()).cloned());
        } else if name == "distribution" {
            distributions.push(value());
        } else if name == "SharingGroup" {
            group = Some(value());
        }
    }
    let tags = (!tags.is_empty()).then_some(Value::Array(tags));
    let mut markings = Vec::new();
    for distribution in distributions.into_iter().map(Some).chain([None]) {
        let mut stated = Map::new();
        stated.extend(tags.clone().map(|tags| ("Tag".to_owned(), tags)));
        stated.extend(distribution.map(|distribution| ("distribution".to_owned(), distribution)));
        stated.extend(group.clone().map(|group| ("SharingGroup".to_owned(), group)));
        markings.extend(sharing::level(element, &stated));
    }
    (markings, tags)
}

/// Returns the marking of an element by its own markings and those of its holders.
pub(super) fn joined(context: &Context, outline: &Outline<'_>) -> Marking {
    let Outline::Object { members, .. } = outline else { return Marking::Clear };
    let (own, _) = level(context.element, members);
    sharing::strictest(own.iter().chain(&context.markings))
}

/// Returns an element's own marking.
pub(super) fn own_marking(element: Element, raw: Raw<'_>) -> Marking {
    match outline_of(raw) {
        Ok(Outline::Object { members, .. }) => sharing::strictest(&level(element, &members).0),
        _ => Marking::Clear,
    }
}
