//! Events that Araneus exported. Each entity and link is one attribute with the exact values as JSON.

use serde_json::{Map, Value};

use super::{
    claim::text,
    context::{Context, Element},
    sharing,
};
use crate::{ingest::exported, record::Content, time::Span};

/// Beginning of the tag of every exported event.
pub const MISP_TAG: &str = "araneus:export";
/// Name of the template of exported entities and links.
pub const MISP_TEMPLATE: &str = "araneus-entity";

/// Returns whether a tag marks an event that Araneus exported.
pub(super) fn is_mark(tag: &str) -> bool {
    tag.strip_prefix(MISP_TAG).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
}

/// Returns whether an element is an exported event, or within one.
pub(super) fn is_exported(object: &Map<String, Value>, context: &Context) -> bool {
    let is_event = context.element == Element::Event;
    context.exported
        || (is_event && sharing::tags(object).filter_map(sharing::tag_name).any(|tag| is_mark(&tag)))
}

/// Reads an element of an exported event. Only attributes with an entity or a link claim it: a finding must
/// not become its own evidence.
pub(super) fn read(object: &Map<String, Value>, context: &Context, content: &mut Content) {
    content.producer = None;
    content.seen = Span::default();
    let is_own = context.object.as_ref().is_some_and(|(_, template)| template == MISP_TEMPLATE);
    if context.element != Element::Attribute || !is_own {
        return;
    }
    let value = text(object, "value").and_then(|text| serde_json::from_str::<Map<String, Value>>(&text).ok());
    let Some(value) = value else { return };
    let claim = match text(object, "object_relation").as_deref() {
        Some("entity") => exported::entity(&value),
        Some("link") => exported::link(&value),
        _ => None,
    };
    content.seen = exported::seen(&value);
    content.claims.extend(claim);
}
