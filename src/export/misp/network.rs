//! Events of a network: one for each marking, so that every row keeps its own.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Event, add_obligations, attributes, seconds, start, tags};
use crate::{
    export::{ExportedEntity, ExportedLink, Selection, ids, own_values},
    ingest::MISP_TEMPLATE,
    marking::Marking,
};

/// Entities and links of one marking.
type Rows<'a> = (Vec<&'a ExportedEntity>, Vec<&'a ExportedLink>);

/// Returns the events of the selected entities and links.
pub(super) fn events(selection: &Selection) -> Vec<Event> {
    let mut by_marking: BTreeMap<Marking, Rows<'_>> = BTreeMap::new();
    for entity in &selection.entities {
        by_marking.entry(entity.marking).or_default().0.push(entity);
    }
    for link in &selection.links {
        by_marking.entry(link.marking).or_default().1.push(link);
    }
    by_marking.into_iter().map(|(marking, rows)| event(selection, marking, &rows)).collect()
}

fn event(selection: &Selection, marking: Marking, (entities, links): &Rows<'_>) -> Event {
    // Equal scopes of an audience have equal events in every run, so that a second export updates the first.
    let uuid = ids::uuid("network", &format!("{}:{:?}:{marking}", selection.audience, selection.scope));
    let times = entities.iter().map(|entity| entity.recorded_first);
    let first = times.chain(links.iter().map(|link| link.recorded_first)).min();
    let created = first.unwrap_or(selection.exported_at);
    let info = format!("Araneus: {} {}, {marking}", selection.audience, scope_name(selection));
    let mut event = start(selection, &uuid, &info, created, tags(marking, "network"));
    let timestamp = seconds(selection.exported_at);
    let objects = entities.iter().map(|entity| entity_object(entity, &timestamp));
    let objects = objects.chain(links.iter().map(|link| link_object(selection, link, &timestamp)));
    event.insert("Object".to_owned(), objects.collect());
    add_obligations(selection, &mut event, &uuid);
    Event { uuid, value: event }
}

fn scope_name(selection: &Selection) -> String {
    use crate::export::Scope;
    match &selection.scope {
        Scope::Flags => "flags".to_owned(),
        Scope::Entity { id, hops } => format!("{id}, hops {hops}"),
        Scope::Community(id) => id.clone(),
        Scope::All => "network".to_owned(),
    }
}

fn entity_object(entity: &ExportedEntity, timestamp: &str) -> Value {
    let mut parts = vec![("entity", "text", own_values::entity(entity).to_string())];
    parts.extend(attributes::of(entity).into_iter().map(|plain| ("value", plain.kind, plain.value)));
    object("entity", &entity.id, timestamp, &parts)
}

fn link_object(selection: &Selection, link: &ExportedLink, timestamp: &str) -> Value {
    let parts = [
        ("link", "text", own_values::link(selection, link).to_string()),
        ("kind", "text", link.kind.clone()),
        ("layer", "text", link.layer.clone()),
    ];
    let mut value = object("link", &link.id, timestamp, &parts);
    let reference = |of: &str, role: &str| {
        json!({
            "uuid": ids::uuid(role, &link.id), "object_uuid": value["uuid"],
            "referenced_uuid": ids::uuid("entity", of), "relationship_type": role, "comment": "",
        })
    };
    let references = [reference(&link.from, "from"), reference(&link.to, "to")];
    value["ObjectReference"] = json!(references);
    value
}

/// Returns an object with its attributes: relation, type and value.
fn object(role: &str, id: &str, timestamp: &str, parts: &[(&str, &str, String)]) -> Value {
    let attribute = |(at, (relation, kind, value)): (usize, &(&str, &str, String))| {
        json!({
            "uuid": ids::uuid("object-attribute", &format!("{role}:{id}:{at}")), "object_relation": relation,
            "type": kind, "category": attributes::category(kind), "value": value, "to_ids": false, "distribution": "5",
            "timestamp": timestamp, "disable_correlation": *relation != "value", "deleted": false, "comment": "",
        })
    };
    json!({
        "uuid": ids::uuid(role, id), "name": MISP_TEMPLATE, "meta-category": "misc",
        "description": "An entity or a link of a network.", "template_version": "1",
        "template_uuid": ids::uuid("template", MISP_TEMPLATE), "distribution": "5", "timestamp": timestamp,
        "deleted": false, "comment": "", "ObjectReference": [],
        "Attribute": parts.iter().enumerate().map(attribute).collect::<Vec<_>>(),
    })
}
