//! Entities and links as Araneus exports them, inside objects of other formats.
//!
//! Kinds, identifiers and layers without a place in a format are read from there, so that an archive reads an export
//! without a loss. The objects of a flag claim nothing, because a finding must not become its own evidence.

use serde_json::{Map, Value};

use crate::{
    canonical::published::read_published,
    entity::Identifier,
    link::Layer,
    record::Claim,
    time::{Moment, Span},
};

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}

fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Returns the claim of an exported entity; `None` if it cannot be read.
pub(super) fn entity(exported: &Map<String, Value>) -> Option<Claim> {
    let kind = text(exported, "kind").filter(|kind| !kind.is_empty())?;
    let identifiers: Vec<Identifier> =
        texts(exported.get("identifiers")).filter_map(|text| read_published(text, kind)).collect();
    if identifiers.is_empty() {
        return None;
    }
    Some(Claim::Entity {
        identifiers,
        kind: kind.to_owned(),
        name: text(exported, "label").map(str::to_owned),
        aliases: texts(exported.get("aliases")).map(str::to_owned).collect(),
        vocabulary: None,
    })
}

/// Returns the claim of an exported link; `None` if it cannot be read.
pub(super) fn link(exported: &Map<String, Value>) -> Option<Claim> {
    let end = |name: &str| {
        let end = exported.get(name)?.as_object()?;
        read_published(text(end, "identifier")?, text(end, "kind")?)
    };
    Some(Claim::Link {
        from: end("source")?,
        to: end("target")?,
        kind: text(exported, "kind")?.to_owned(),
        layer: Layer::named(text(exported, "layer")?)?,
    })
}

/// Returns the valid time of an exported entity or link.
pub(super) fn seen(exported: &Map<String, Value>) -> Span {
    let time = |name: &str| Moment::parse(text(exported, name)?);
    Span { start: time("first_seen"), end: time("last_seen") }
}
