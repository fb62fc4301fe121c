//! Links between the entities of a flag: one object for each, with a reference to an attribute of each end.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{tag, tlp};
use crate::export::{ExportedFlag, ExportedLink, Selection, ids};

/// Name of the template. It differs from that of a network, so that no archive reads a link of a flag as a claim.
const TEMPLATE: &str = "araneus-link";

/// Returns the uuid of an attribute of an entity in the event of a flag.
pub(super) fn attribute_uuid(flag: &ExportedFlag, entity_id: &str, position: usize) -> String {
    ids::uuid("attribute", &format!("{}:{entity_id}:{position}", flag.id))
}

/// Returns the objects of the links of a flag.
pub(super) fn objects(
    selection: &Selection,
    flag: &ExportedFlag,
    timestamp: &str,
    is_deleted: bool,
) -> Vec<Value> {
    let exported = selection.entities.iter().map(|entity| entity.id.as_str());
    let exported: BTreeSet<&str> = exported.filter(|id| flag.entity_ids.iter().any(|of| of == id)).collect();
    let is_between =
        |link: &&ExportedLink| [&link.from, &link.to].iter().all(|end| exported.contains(end.as_str()));
    let links = selection.links.iter().filter(is_between);
    links.map(|link| object(flag, link, timestamp, is_deleted)).collect()
}

fn object(flag: &ExportedFlag, link: &ExportedLink, timestamp: &str, is_deleted: bool) -> Value {
    let id = format!("{}:{}", flag.id, link.id);
    let uuid = ids::uuid("flag-link", &id);
    let attribute = |relation: &str, value: &str| {
        let mut attribute = json!({
            "uuid": ids::uuid("flag-link-attribute", &format!("{id}:{relation}")), "object_relation": relation,
            "type": "text", "category": "Other", "value": value, "to_ids": false, "distribution": "5",
            "timestamp": timestamp, "comment": "", "deleted": is_deleted,
            // Two events with links of one kind have nothing else in common.
            "disable_correlation": true,
        });
        if let Some(tlp) = tlp(link.marking) {
            attribute["Tag"] = json!([tag(&tlp)]);
        }
        attribute
    };
    let reference = |end: &str, entity_id: &str| {
        json!({
            "uuid": ids::uuid("flag-link-reference", &format!("{id}:{end}")), "object_uuid": uuid,
            "referenced_uuid": attribute_uuid(flag, entity_id, 0), "relationship_type": end,
            "comment": "", "deleted": is_deleted,
        })
    };
    let mut object = json!({
        "uuid": uuid, "name": TEMPLATE, "meta-category": "misc",
        "description": "A link between two attributes.", "template_version": "1",
        "template_uuid": ids::uuid("template", TEMPLATE), "distribution": "5", "timestamp": timestamp,
        "deleted": is_deleted, "comment": "",
        "ObjectReference": [reference("from", &link.from), reference("to", &link.to)],
        "Attribute": [attribute("kind", &link.kind), attribute("layer", &link.layer)],
    });
    if link.first_seen.zip(link.last_seen).is_none_or(|(first, last)| first <= last) {
        for (name, time) in [("first_seen", link.first_seen), ("last_seen", link.last_seen)] {
            if let Some(time) = time {
                object[name] = time.to_string().into();
            }
        }
    }
    object
}
