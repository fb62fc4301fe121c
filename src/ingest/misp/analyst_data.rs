//! Claims of analyst data: notes and opinions about an element, and relationships between two elements.
//!
//! Analyst data has a distribution of its own and never changes the element that it describes. An opinion is about its element, and
//! not a confidence of the source in its own claims.

use serde_json::{Map, Value};

use super::{
    claim::{element_id, entity, layer_of_reference, link, stix_id, text},
    context::Context,
};
use crate::{canonical::detect::is_uuid, entity::Identifier, ingest::galaxy, link::Layer, record::Claim};

/// Claims a note or an opinion, and its link to the element that it is about.
pub(super) fn note(
    kind: &str,
    id: &str,
    object: &Map<String, Value>,
    context: &Context,
    claims: &mut Vec<Claim>,
) {
    let own = stix_id(kind, id);
    claims.push(entity(vec![own.clone(), element_id(id)], kind, None));
    if let Some(target) = target(object, context) {
        claims.push(link(&own, &target, "object", Layer::CoReport));
    }
}

/// Claims a relationship as a link, as in STIX.
pub(super) fn relationship(object: &Map<String, Value>, context: &Context, claims: &mut Vec<Claim>) {
    let related = named(object, "related_object_uuid", "related_object_type");
    let (Some(from), Some(to)) = (target(object, context), related) else { return };
    let kind = text(object, "relationship_type").unwrap_or_else(|| "related-to".to_owned());
    let kind = kind.trim().to_lowercase().replace(' ', "-");
    claims.push(link(&from, &to, &kind, layer_of_reference(&kind)));
}

/// Returns the element that analyst data is about: the one that it names, else the one that contains it.
fn target(object: &Map<String, Value>, context: &Context) -> Option<Identifier> {
    let container = || {
        let of_object = context.object.as_ref().map(|(id, _)| id);
        context.attribute.as_ref().or(of_object).or(context.event.as_ref()).map(|id| element_id(id))
    };
    named(object, "object_uuid", "object_type").or_else(container)
}

/// Returns the identifier of an element by its uuid and its type.
fn named(object: &Map<String, Value>, uuid: &str, kind: &str) -> Option<Identifier> {
    let uuid = text(object, uuid).filter(|uuid| is_uuid(uuid))?.to_ascii_lowercase();
    Some(match text(object, kind).as_deref() {
        Some("GalaxyCluster") => galaxy::identifier("", Some(&uuid), ""),
        Some("Organisation") => stix_id("identity", &uuid),
        _ => element_id(&uuid),
    })
}
