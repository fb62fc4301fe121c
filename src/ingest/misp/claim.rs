//! Helpers for claims: texts of properties, identifiers, entities, links and their layers.

use serde_json::{Map, Value};

use super::scalar;
use crate::{entity::Identifier, ingest::stix, link::Layer, record::Claim};

pub(super) fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    scalar::text(object.get(name)).filter(|text| !text.trim().is_empty())
}

pub(super) fn stix_id(kind: &str, id: &str) -> Identifier {
    Identifier::Object(format!("{kind}--{id}"))
}

/// Returns the identifier by which references and sightings name any element of MISP.
pub(super) fn element_id(id: &str) -> Identifier {
    stix_id("misp-element", id)
}

/// Returns the uuid in an identifier from [`element_id`].
pub(super) fn element_key(id: &str) -> Option<&str> {
    id.strip_prefix("misp-element--")
}

pub(super) fn entity(identifiers: Vec<Identifier>, kind: &str, name: Option<String>) -> Claim {
    Claim::Entity { identifiers, kind: kind.to_owned(), name, aliases: Vec::new(), vocabulary: None }
}

pub(super) fn link(from: &Identifier, to: &Identifier, kind: &str, layer: Layer) -> Claim {
    Claim::Link { from: from.clone(), to: to.clone(), kind: kind.to_owned(), layer }
}

/// Returns the catalogue entry of a vulnerability or an attack pattern.
pub(super) fn number(kind: &str, value: &str) -> Option<Identifier> {
    let upper = value.trim().to_ascii_uppercase();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match kind {
        "vulnerability" => stix::cve_number(value).map(|number| stix::reference("cve", kind, &number)),
        "attack-pattern" if upper.strip_prefix("CAPEC-").is_some_and(digits) => {
            Some(stix::reference("capec", kind, &upper))
        }
        // The object template numbers attack patterns by CAPEC.
        "attack-pattern" if digits(&upper) => Some(stix::reference("capec", kind, &format!("CAPEC-{upper}"))),
        "attack-pattern" if upper.strip_prefix('T').is_some_and(|rest| digits(&rest.replace('.', ""))) => {
            Some(stix::reference("mitre-attack", kind, &upper))
        }
        _ => None,
    }
}

/// Returns the layer of a relationship of MISP's own vocabulary
/// (<https://github.com/MISP/misp-objects/blob/main/relationships/definition.json>); the others are those of
/// STIX.
pub(super) fn layer_of_reference(kind: &str) -> Layer {
    match kind {
        "connected-to" | "connected-from" | "contacts" | "contained-by" | "contained-within" | "contains"
        | "created-by" | "creates" | "detected-as" | "downloaded" | "downloaded-by" | "downloaded-from"
        | "downloads-from" | "dropped" | "dropped-by" | "executed-by" | "executes" | "extracted-from"
        | "included-in" | "includes" | "injected-into" | "installed-by" | "installs" | "loaded-by"
        | "loads" | "received-from" | "redirects-to" | "resolved-to" | "resolved-from" | "retrieved-from"
        | "sent-by" | "sent-to" | "sends" | "serves" | "signed-by" | "similar" | "uploaded-to"
        | "witness-of" | "written-by" | "writes" => Layer::Infrastructure,
        "used-by" | "exploited-by" | "characterized-by" => Layer::Capability,
        "affects" | "targeted-by" => Layer::Target,
        kind => stix::layer_of_relationship(kind),
    }
}
