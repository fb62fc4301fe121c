//! The text of an element without the delivered objects inside it.

use std::borrow::Cow;

use serde_json::{Map, Value, value::RawValue};

use super::{
    context::{Context, Element, is_of_collection},
    documents::{elements, is_holder},
    levels::{joined, level, own_marking},
    sharing,
};
use crate::{
    canonical::detect::is_uuid,
    ingest::json::{self, Outline},
    marking::Marking,
};

/// Returns the text of an element without the delivered objects inside it.
///
/// Of its galaxies remain references to their clusters: that they are named is said by
/// the holder, what they are by the clusters. No reference remains to a cluster that is marked
/// stricter than the holder, nor a relation of a cluster that is marked stricter than the cluster. A member that stands twice keeps standing
/// twice, so that the element is refused for it.
pub(super) fn pruned<'a>(context: &Context, raw: &'a RawValue, outline: &Outline<'a>) -> Cow<'a, str> {
    let element = context.element;
    let Outline::Object { members, repeated, .. } = outline else { return Cow::Borrowed(raw.get()) };
    let is_dropped = |name: &str, raw: &RawValue| {
        element.delivers(name).is_some() && (is_holder(raw) || raw.get() == "null")
    };
    let is_replaced = |name: &str| name == "Galaxy" && element.holds_galaxies();
    let is_relations = |name: &str, raw: &RawValue| {
        element == Element::GalaxyCluster && name == "GalaxyClusterRelation" && is_holder(raw)
    };
    if !members
        .iter()
        .any(|(name, raw)| is_dropped(name, raw) || is_replaced(name) || is_relations(name, raw))
    {
        return Cow::Borrowed(raw.get());
    }
    let mut kept = Vec::with_capacity(members.len());
    for (name, raw) in members {
        let value = if is_dropped(name, raw) {
            repeated.then_some(Cow::Borrowed("null"))
        } else if is_replaced(name) {
            references(raw, joined(context, outline)).or_else(|| repeated.then_some(Cow::Borrowed("null")))
        } else if is_relations(name, raw) {
            // What a cluster says is of no event, whatever holds it.
            Some(relations(raw, sharing::strictest(&level(element, members).0)))
        } else {
            Some(Cow::Borrowed(raw.get()))
        };
        kept.extend(value.map(|value| format!("{}:{value}", Value::String(name.clone()))));
    }
    Cow::Owned(format!("{{{}}}", kept.join(",")))
}

/// Members of a cluster that say which one it is, and how it stands to what names it.
const NAMES_CLUSTER: [&str; 5] = ["uuid", "tag_name", "type", "value", "relationship_type"];

/// Returns the relations of a cluster that are not marked stricter than the cluster.
fn relations(raw: &RawValue, of_cluster: Marking) -> Cow<'_, str> {
    let all = elements(raw);
    let is_shown =
        |(_, relation): &&(String, &RawValue)| own_marking(Element::GalaxyCluster, relation) <= of_cluster;
    let shown: Vec<&str> = all.iter().filter(is_shown).map(|(_, relation)| relation.get()).collect();
    if shown.len() == all.len() {
        return Cow::Borrowed(raw.get());
    }
    Cow::Owned(format!("[{}]", shown.join(",")))
}

/// Returns a list of references to the clusters of galaxies that are not marked stricter than their
/// holder; `None` where there are none.
fn references(raw: &RawValue, of_holder: Marking) -> Option<Cow<'_, str>> {
    let galaxies = elements(raw);
    let mut references = Vec::new();
    for (_, galaxy) in &galaxies {
        let Ok(Outline::Object { members, repeated, .. }) = json::outline(galaxy.get()) else {
            // Not galaxies: the holder is refused for what stands there.
            return Some(Cow::Borrowed(raw.get()));
        };
        if repeated {
            references.push(r#"{"repeated":null,"repeated":null}"#.to_owned());
        }
        for (_, clusters) in members.iter().filter(|(name, _)| name == "GalaxyCluster") {
            let clusters = elements(clusters).into_iter().map(|(_, cluster)| cluster);
            let shown = clusters.filter(|cluster| own_marking(Element::GalaxyCluster, cluster) <= of_holder);
            references.extend(shown.filter_map(reference));
        }
    }
    if references.is_empty() {
        return (!is_holder(raw) && raw.get() != "null").then_some(Cow::Borrowed(raw.get()));
    }
    Some(Cow::Owned(format!("[{}]", references.join(","))))
}

fn reference(cluster: &RawValue) -> Option<String> {
    let outline = json::outline(cluster.get()).ok()?;
    let member = |name: &str| outline.member(name).and_then(|raw| json::value(raw.get()).ok());
    let has_uuid = outline.text("uuid").is_some_and(|uuid| is_uuid(&uuid)) && !is_of_collection(member);
    let says = |name: &&&str| match **name {
        "uuid" => has_uuid,
        "type" | "value" => !has_uuid,
        _ => true,
    };
    let named = NAMES_CLUSTER.iter().filter(says).filter_map(|name| {
        let text = outline.text(name).filter(|text| !text.is_empty())?;
        Some(((*name).to_owned(), Value::String(text)))
    });
    let reference: Map<String, Value> = named.collect();
    (!reference.is_empty()).then(|| Value::Object(reference).to_string())
}
