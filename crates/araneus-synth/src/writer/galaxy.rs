//! The two curated lists in MISP galaxy format: actors, and programs.

use serde_json::{Value, json};

use super::ids;
use crate::{
    entities::{EntityId, EntityKind},
    hidden_world::HiddenWorld,
};

/// Returns the UUID of an entity's entry.
pub(super) fn entry_uuid(seed: u64, entity: EntityId) -> String {
    ids::uuid(seed, &["entry", &entity.to_string()])
}

/// Returns whether a curated list has an own entry for an entity on a day.
pub(super) fn is_listed(world: &HiddenWorld, entity: EntityId, day: u32) -> bool {
    let entity = &world.entities[entity];
    entity.synonym_of.is_none() && entity.listed_from.is_some_and(|from| from <= day)
}

/// Returns the galaxy type of a kind of entity.
pub(super) fn galaxy_type(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Actor => "threat-actor",
        EntityKind::Malware => "backdoor",
        _ => "tool",
    }
}

/// Returns the curated lists on a day: source, file name and content.
pub(super) fn lists(world: &HiddenWorld, seed: u64, day: u32) -> Vec<(&'static str, &'static str, Value)> {
    let list = |kind, name: &str, category: &str| {
        let all = 0..world.entities.len();
        let listed_entities =
            all.filter(|&entity| world.entities.kind(entity) == kind && is_listed(world, entity, day));
        let values: Vec<Value> = listed_entities.map(|entity| cluster(world, seed, entity, day)).collect();
        json!({
            "name": name, "type": galaxy_type(kind), "category": category, "description": name,
            "authors": ["The editors of the books"], "source": "books.example",
            "uuid": ids::uuid(seed, &["list", name]), "version": day, "values": values,
        })
    };
    vec![
        ("actor-book", "actors", list(EntityKind::Actor, "Book of actors", "actor")),
        ("tool-book", "programs", list(EntityKind::Malware, "Book of malware", "tool")),
        ("tool-book", "tools", list(EntityKind::Tool, "Book of tools", "tool")),
    ]
}

/// Returns the entry of an entity with its synonyms on a day.
fn cluster(world: &HiddenWorld, seed: u64, entity: EntityId, day: u32) -> Value {
    let listed = &world.entities[entity];
    let mut synonyms: Vec<String> = listed.synonyms().into_iter().map(str::to_owned).collect();
    for other in world.entities.iter() {
        if other.synonym_of == Some(entity) && other.listed_from.is_some_and(|from| from <= day) {
            synonyms.push(other.name.clone());
            synonyms.extend(other.synonyms().into_iter().map(str::to_owned));
        }
    }
    let mut meta = json!({ "refs": [format!("https://books.example/{}", entry_uuid(seed, entity))] });
    if !synonyms.is_empty() {
        meta["synonyms"] = json!(synonyms);
    }
    json!({ "value": listed.name, "uuid": entry_uuid(seed, entity), "meta": meta })
}
