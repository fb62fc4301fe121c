//! Exact entities and links, for objects of other formats. `ingest` reads them back.

use serde_json::{Value, json};

use super::{ExportedEntity, ExportedLink, Selection};

/// Returns an entity with its kind and identifiers.
pub(super) fn entity(entity: &ExportedEntity) -> Value {
    json!({
        "object": "entity", "entity_id": entity.id, "kind": entity.kind, "label": entity.label,
        "aliases": entity.aliases, "identifiers": entity.identifiers,
        "first_seen": entity.first_seen, "last_seen": entity.last_seen,
    })
}

/// Returns a link with its kind, its layer and the first identifier of each end.
pub(super) fn link(selection: &Selection, link: &ExportedLink) -> Value {
    json!({
        "object": "link", "link_id": link.id, "kind": link.kind, "layer": link.layer, "weight": link.weight,
        "source_count": link.source_count, "amount": link.amount, "currency": link.currency,
        "first_seen": link.first_seen, "last_seen": link.last_seen,
        "source": first_identifier(selection, &link.from), "target": first_identifier(selection, &link.to),
    })
}

fn first_identifier(selection: &Selection, id: &str) -> Option<Value> {
    let at = selection.entities.binary_search_by(|entity| entity.id.as_str().cmp(id)).ok()?;
    let entity = &selection.entities[at];
    Some(json!({ "kind": entity.kind, "identifier": entity.identifiers.first()? }))
}
