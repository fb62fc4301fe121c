//! The text of an element without the delivered objects inside it.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{
    context::{Context, Element, is_of_collection},
    documents::{At, elements, is_holder},
    levels::{joined, level, own_marking},
    sharing,
};
use crate::{
    canonical::detect::is_uuid,
    ingest::{
        json,
        outline::{Outline, Raw, outline_of},
    },
    marking::Marking,
};

/// Returns the text of an element without the delivered objects inside it.
///
/// Its galaxies become references to their clusters: the holder claims that it names them, and the clusters
/// describe themselves. References to clusters that are marked more strictly than the holder are removed. So
/// are relations of a cluster that are marked more strictly than the cluster. A repeated member stays
/// repeated, so that the element is rejected for it.
pub(super) fn pruned<'a>(context: &Context, raw: Raw<'a>, outline: &Outline<'a>) -> Cow<'a, str> {
    let element = context.element;
    let Outline::Object { members, repeated, .. } = outline else { return Cow::Borrowed(raw.get()) };
    let is_dropped = |name: &str, raw: Raw<'_>| {
        element.delivers(name).is_some() && (is_holder(raw) || raw.get() == "null")
    };
    let is_replaced = |name: &str| name == "Galaxy" && element.holds_galaxies();
    let is_relations = |name: &str, raw: Raw<'_>| {
        element == Element::GalaxyCluster && name == "GalaxyClusterRelation" && is_holder(raw)
    };
    if !members
        .iter()
        .any(|(name, raw)| is_dropped(name, *raw) || is_replaced(name) || is_relations(name, *raw))
    {
        return Cow::Borrowed(raw.get());
    }
    let mut kept = Vec::with_capacity(members.len());
    for (name, raw) in members {
        let value = if is_dropped(name, *raw) {
            repeated.then_some(Cow::Borrowed("null"))
        } else if is_replaced(name) {
            references(*raw, joined(context, outline)).or_else(|| repeated.then_some(Cow::Borrowed("null")))
        } else if is_relations(name, *raw) {
            // A cluster belongs to no event, whatever holds it.
            Some(relations(*raw, sharing::strictest(&level(element, members).0)))
        } else {
            Some(Cow::Borrowed(raw.get()))
        };
        kept.extend(value.map(|value| format!("{}:{value}", Value::String(name.to_string()))));
    }
    Cow::Owned(format!("{{{}}}", kept.join(",")))
}

/// Members that identify a cluster, and its relationship to the holder.
const NAMES_CLUSTER: [&str; 5] = ["uuid", "tag_name", "type", "value", "relationship_type"];

/// Returns the relations of a cluster that are not marked more strictly than the cluster.
fn relations(raw: Raw<'_>, of_cluster: Marking) -> Cow<'_, str> {
    let all = elements(raw);
    let is_shown =
        |(_, relation): &&(At, Raw<'_>)| own_marking(Element::GalaxyCluster, *relation) <= of_cluster;
    let shown: Vec<&str> = all.iter().filter(is_shown).map(|(_, relation)| relation.get()).collect();
    if shown.len() == all.len() {
        return Cow::Borrowed(raw.get());
    }
    Cow::Owned(format!("[{}]", shown.join(",")))
}

/// Returns references to the clusters that are not marked more strictly than their holder; `None` if there
/// are none.
fn references(raw: Raw<'_>, of_holder: Marking) -> Option<Cow<'_, str>> {
    let galaxies = elements(raw);
    let mut references = Vec::new();
    for (_, galaxy) in &galaxies {
        let Ok(Outline::Object { members, repeated, .. }) = outline_of(*galaxy) else {
            // Not galaxies: the holder is rejected for them.
            return Some(Cow::Borrowed(raw.get()));
        };
        if repeated {
            references.push(r#"{"repeated":null,"repeated":null}"#.to_owned());
        }
        for (_, clusters) in members.iter().filter(|(name, _)| name == "GalaxyCluster") {
            let clusters = elements(*clusters).into_iter().map(|(_, cluster)| cluster);
            let shown = clusters.filter(|cluster| own_marking(Element::GalaxyCluster, *cluster) <= of_holder);
            references.extend(shown.filter_map(reference));
        }
    }
    if references.is_empty() {
        return (!is_holder(raw) && raw.get() != "null").then_some(Cow::Borrowed(raw.get()));
    }
    Some(Cow::Owned(format!("[{}]", references.join(","))))
}

fn reference(cluster: Raw<'_>) -> Option<String> {
    let outline = outline_of(cluster).ok()?;
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
