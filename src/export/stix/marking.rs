//! Marking definitions: the fixed ids of TLP 1.0 in STIX 2.1, and that of TLP 2.0 for TLP:AMBER+STRICT.
//!
//! Every platform knows the ids of TLP 1.0. TLP:CLEAR is TLP:WHITE there.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Object;
use crate::{
    export::{SourceObligations, ids},
    marking::Marking,
};

/// Extension of OASIS for the levels of TLP 2.0.
const TLP_2: &str = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";

/// Returns the id of the definition of a marking; `None` if unmarked.
pub(super) fn reference(marking: Marking) -> Option<String> {
    let uuid = match marking {
        Marking::Clear => "613f2e26-407d-48c7-9eca-b8e91df99dc9",
        Marking::Green => "34098fce-860f-48ae-8e50-ebd3cc5e41da",
        Marking::Amber => "f88d31f6-486f-44da-b317-01333bde0b82",
        Marking::AmberStrict => "939a9414-2ddd-4d32-a0cd-375ea402b003",
        Marking::Red => "5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
        Marking::Unmarked => return None,
        Marking::Unknown => return Some(format!("marking-definition--{}", ids::uuid("marking", "unknown"))),
    };
    Some(format!("marking-definition--{uuid}"))
}

/// Returns the definitions of markings.
pub(super) fn definitions(markings: &BTreeSet<Marking>) -> Vec<Object> {
    markings.iter().filter_map(|marking| Some(definition(*marking, &reference(*marking)?))).collect()
}

/// Returns a marking definition of the type `statement` for each obligation. It restricts nothing; platforms show it at each
/// object.
pub(super) fn obligations(sources: &[SourceObligations]) -> Vec<Object> {
    let statement = |line: String| {
        let id = format!("marking-definition--{}", ids::uuid("obligation", &line));
        let value = json!({
            "type": "marking-definition", "spec_version": "2.1", "id": id, "created": super::DEFINED,
            "definition_type": "statement", "definition": { "statement": line },
        });
        if let Value::Object(object) = value { object } else { Object::new() }
    };
    sources.iter().flat_map(SourceObligations::lines).map(statement).collect()
}

fn definition(marking: Marking, id: &str) -> Object {
    let tlp = |level: &str| json!({ "created": "2017-01-20T00:00:00.000Z", "definition_type": "tlp", "name": format!("TLP:{}", level.to_uppercase()), "definition": { "tlp": level } });
    let rest = match marking {
        Marking::Clear => tlp("white"),
        Marking::Green => tlp("green"),
        Marking::Amber => tlp("amber"),
        Marking::Red => tlp("red"),
        Marking::AmberStrict => json!({
            "created": "2022-10-01T00:00:00.000Z", "name": "TLP:AMBER+STRICT",
            "extensions": { TLP_2: { "extension_type": "property-extension", "tlp_2_0": "amber+strict" } },
        }),
        Marking::Unmarked | Marking::Unknown => json!({
            "created": super::DEFINED, "definition_type": "statement",
            "definition": { "statement": "TLP of an unknown level: the marking of the source is not known, so that it must not be passed on." },
        }),
    };
    let mut definition = Object::new();
    definition.insert("type".to_owned(), "marking-definition".into());
    definition.insert("spec_version".to_owned(), "2.1".into());
    definition.insert("id".to_owned(), id.into());
    if let Value::Object(rest) = rest {
        definition.extend(rest);
    }
    definition
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_reader_knows_every_id() {
        for marking in [Marking::Clear, Marking::Green, Marking::Amber, Marking::AmberStrict, Marking::Red] {
            let id = reference(marking).expect("an id");
            assert_eq!(Marking::of_definition(&id), Some(marking));
        }
        assert_eq!(reference(Marking::Unmarked), None);
        let unknown = reference(Marking::Unknown).expect("an id");
        assert_eq!(Marking::of_definition(&unknown), None, "its definition decides");
    }
}
