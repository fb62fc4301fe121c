//! Recognises MISP documents: events and their parts, indexes and manifests of feeds.

use std::fmt;

use crate::{
    canonical::detect::is_uuid,
    ingest::{
        lines,
        outline::{Member, Outline, Raw, has_member, may_have_half_pairs, outline_of},
    },
};

/// Shape of an element in a document.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// `{"Event": …}`
    Wrapped,
    /// An event without `Event` around it.
    Event,
    /// Attributes, objects or clusters without an event.
    Parts,
    /// The head of an event, as in the answer to a search.
    IndexEntry,
}

pub(super) fn shape(outline: &Outline<'_>) -> Option<Shape> {
    let has = |names: &[&str]| names.iter().any(|name| outline.member(name).is_some());
    let wrapped = outline.member("Event").map(elements).unwrap_or_default();
    if wrapped.iter().any(|(_, raw)| has_member(*raw, &["info", "uuid", "Attribute", "Object", "Orgc"])) {
        return Some(Shape::Wrapped);
    }
    let is_event = outline.text("info").is_some()
        && has(&["date", "Attribute", "Object", "Orgc"])
        && has(&["Attribute", "Object", "uuid", "analysis", "threat_level_id", "distribution"]);
    if is_event {
        let is_head = has(&["EventTag"]) || (has(&["org"]) && has(&["orgc"]));
        return Some(if is_head && !has(&["Attribute", "Object"]) {
            Shape::IndexEntry
        } else {
            Shape::Event
        });
    }
    let says_part = |(member, needed): &(&str, [&str; 2])| {
        let parts = outline.member(member).map(elements).unwrap_or_default();
        parts.iter().any(|(_, raw)| {
            outline_of(*raw).is_ok_and(|part| needed.iter().all(|name| part.member(name).is_some()))
        })
    };
    PARTS.iter().any(says_part).then_some(Shape::Parts)
}

/// Members that hold delivered objects without an event, and the members that those objects must have.
const PARTS: [(&str, [&str; 2]); 4] = [
    ("Attribute", ["type", "value"]),
    ("Object", ["name", "Attribute"]),
    ("ShadowAttribute", ["type", "value"]),
    ("GalaxyCluster", ["type", "value"]),
];

pub(super) fn holds_misp(elements: &[(At, Raw<'_>)]) -> bool {
    elements.iter().any(|(_, raw)| outline_of(*raw).is_ok_and(|element| is_element(&element)))
}

/// Returns whether an element of a list is an event, or holds parts of one.
pub(in crate::ingest) fn is_element(element: &Outline<'_>) -> bool {
    shape(element).is_some_and(|shape| shape != Shape::IndexEntry)
}

/// Returns whether a document with a member `response` is an answer that lists elements.
pub(in crate::ingest) fn is_answer(document: &Outline<'_>) -> bool {
    document.member("response").is_some() && !is_element(document)
}

pub(super) fn is_index(elements: &[(At, Raw<'_>)]) -> bool {
    let is_entry =
        |raw: Raw<'_>| outline_of(raw).is_ok_and(|element| shape(&element) == Some(Shape::IndexEntry));
    !elements.is_empty() && elements.iter().all(|(_, raw)| is_entry(*raw))
}

/// Returns whether a document is the `manifest.json` of a feed: heads of events by uuid.
pub(super) fn is_manifest(members: &[Member<'_>]) -> bool {
    let is_head = |raw: Raw<'_>| {
        outline_of(raw).is_ok_and(|head| {
            head.text("info").is_some()
                && ["date", "timestamp", "Orgc"].iter().any(|name| head.member(name).is_some())
        })
    };
    !members.is_empty() && members.iter().all(|(key, raw)| is_uuid(key) && is_head(*raw))
}

/// Returns whether a document is the `loss.json` that `araneus export misp` writes beside the events of its feed.
pub(super) fn is_loss_report(members: &[Member<'_>]) -> bool {
    let is_member = |name: &str, text: &str| {
        members.iter().any(|(key, raw)| key == name && raw.get().trim_start().starts_with(text))
    };
    let is_known = |(key, _): &Member<'_>| ["format", "losses", "obligations"].contains(&&**key);
    members.iter().all(is_known) && is_member("format", "\"misp\"") && is_member("losses", "[")
}

/// Returns whether a text is the `hashes.csv` of a feed: lines of a digest and a uuid.
pub(super) fn is_hash_index(text: &str) -> bool {
    let is_row = |line: &str| {
        line.split_once(',').is_some_and(|(digest, uuid)| {
            digest.len() == 32
                && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
                && is_uuid(uuid.trim_end())
        })
    };
    !text.is_empty() && lines::lines(text).all(is_row)
}

/// Returns the elements of a list with their pointers; a single object counts as a list of one.
pub(super) fn elements(raw: Raw<'_>) -> Vec<(At, Raw<'_>)> {
    // Without half of a surrogate pair no key has an error, so an object need not be read here.
    if raw.get().starts_with('{') && !may_have_half_pairs(raw.get()) {
        return vec![(At(None), raw)];
    }
    match outline_of(raw) {
        Ok(Outline::List(values)) => {
            values.into_iter().enumerate().map(|(at, value)| (At(Some(at)), value)).collect()
        }
        Ok(Outline::Object { whole, .. }) => vec![(At(None), whole)],
        _ => Vec::new(),
    }
}

/// Position of an element in a list; `None` for a single object in place of a list. It is written as a JSON pointer.
#[derive(Clone, Copy)]
pub(super) struct At(pub(super) Option<usize>);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |at| write!(f, "/{at}"))
    }
}

pub(super) fn is_holder(raw: Raw<'_>) -> bool {
    raw.get().starts_with(['[', '{'])
}
