//! Objects that Araneus exported: their extension has the exact entity or link.

use serde_json::{Map, Value};

use super::object::text;
use crate::{ingest::exported, record::Content};

/// Id of our extension definition.
pub const STIX_EXTENSION: &str = "extension-definition--9d5f6e8a-3c5b-4d0e-8f57-2b1a6c94e7d3";
/// Type of exported entities whose kind has no type in STIX.
pub const STIX_ENTITY_TYPE: &str = "x-araneus-entity";
/// Form of extension by which an object of that type is defined.
pub const STIX_EXTENSION_TYPE: &str = "new-sdo";

/// Reads the extension of an object into its content. Returns false if the object has none, or if the extension
/// cannot be read; the object is then read as any other.
pub(super) fn read(object: &Map<String, Value>, content: &mut Content) -> bool {
    let extension = object.get("extensions").and_then(|extensions| extensions.get(STIX_EXTENSION));
    let Some(extension) = extension.and_then(Value::as_object) else { return false };
    let claims = match text(extension, "object") {
        Some("entity") => exported::entity(extension).map(|claim| vec![claim]),
        Some("link") => exported::link(extension).map(|claim| vec![claim]),
        Some("flag" | "exporter") => Some(Vec::new()),
        _ => None,
    };
    let Some(claims) = claims else { return false };
    content.seen = exported::seen(extension);
    // The exporter is not the producer of what other sources claimed.
    content.producer = None;
    content.claims = claims;
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{entity::Identifier, record::Claim};

    fn claims(extension: &Value) -> Option<Vec<Claim>> {
        let object = json!({ "type": "tool", "extensions": { STIX_EXTENSION: extension } });
        let mut content = Content::default();
        read(object.as_object().expect("an object"), &mut content).then_some(content.claims)
    }

    #[test]
    fn the_extension_is_read_in_place_of_the_object() {
        let extension = json!({
            "object": "entity", "kind": "bank-account", "label": "One",
            "identifiers": ["table:bank-account--payments:7", "not one"],
        });
        let expected = Claim::Entity {
            identifiers: vec![Identifier::Object("bank-account--payments:7".to_owned())],
            kind: "bank-account".to_owned(),
            name: Some("One".to_owned()),
            aliases: Vec::new(),
            vocabulary: None,
        };
        assert_eq!(claims(&extension), Some(vec![expected]));
    }

    #[test]
    fn a_finding_claims_nothing_and_an_unknown_extension_is_ignored() {
        assert_eq!(claims(&json!({ "object": "flag", "flag_id": "flag-1" })), Some(Vec::new()));
        for unknown in [json!({}), json!({ "object": "other" }), json!({ "object": "entity" }), json!([])] {
            assert_eq!(claims(&unknown), None, "{unknown}");
        }
    }
}
