//! Small pieces of claims: texts of properties, identifiers, entities and links.

use serde_json::{Map, Value};

use super::scalar;
use crate::{entity::Identifier, link::Layer, record::Claim};

pub(super) fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    scalar::text(object.get(name)).filter(|text| !text.trim().is_empty())
}

pub(super) fn stix_id(kind: &str, id: &str) -> Identifier {
    Identifier::Object(format!("{kind}--{id}"))
}

/// The identifier by which references and sightings name anything of MISP.
pub(super) fn element_id(id: &str) -> Identifier {
    stix_id("misp-element", id)
}

/// Returns the uuid of an identifier from [`element_id`].
pub(super) fn element_key(id: &str) -> Option<&str> {
    id.strip_prefix("misp-element--")
}

pub(super) fn entity(identifiers: Vec<Identifier>, kind: &str, name: Option<String>) -> Claim {
    Claim::Entity { identifiers, kind: kind.to_owned(), name, aliases: Vec::new(), vocabulary: None }
}

pub(super) fn link(from: &Identifier, to: &Identifier, kind: &str, layer: Layer) -> Claim {
    Claim::Link { from: from.clone(), to: to.clone(), kind: kind.to_owned(), layer }
}
