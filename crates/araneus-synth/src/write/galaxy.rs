//! The two curated lists in MISP's galaxy format: actors, and programs.

use serde_json::{Value, json};

use super::{
    super::{
        cast::{Kind, ThingId},
        stage::Stage,
    },
    ids,
};

/// Returns the uuid of a thing's entry.
pub(super) fn entry(seed: u64, thing: ThingId) -> String {
    ids::uuid(seed, &["entry", &thing.to_string()])
}

/// Returns whether a thing has an entry of its own on a night.
pub(super) fn is_listed(stage: &Stage, thing: ThingId, night: u32) -> bool {
    let thing = &stage.cast.things[thing];
    thing.alias_of.is_none() && thing.listed.is_some_and(|from| from <= night)
}

/// Returns the galaxy type of a listed kind.
pub(super) fn galaxy(kind: Kind) -> &'static str {
    match kind {
        Kind::Actor => "threat-actor",
        Kind::Malware => "backdoor",
        _ => "tool",
    }
}

/// Returns the lists as they stand on a night: source, file and content.
pub(super) fn lists(stage: &Stage, seed: u64, night: u32) -> Vec<(&'static str, &'static str, Value)> {
    let list = |kind, name: &str, category: &str| {
        let all = 0..stage.cast.things.len();
        let of_kind = all.filter(|&thing| stage.cast.kind(thing) == kind && is_listed(stage, thing, night));
        let values: Vec<Value> = of_kind.map(|thing| value(stage, seed, thing, night)).collect();
        json!({
            "name": name, "type": galaxy(kind), "category": category, "description": name,
            "authors": ["The editors of the books"], "source": "books.example",
            "uuid": ids::uuid(seed, &["list", name]), "version": night, "values": values,
        })
    };
    vec![
        ("actor-book", "actors", list(Kind::Actor, "Book of actors", "actor")),
        ("tool-book", "programs", list(Kind::Malware, "Book of malware", "tool")),
        ("tool-book", "tools", list(Kind::Tool, "Book of tools", "tool")),
    ]
}

fn value(stage: &Stage, seed: u64, thing: ThingId, night: u32) -> Value {
    let told = &stage.cast.things[thing];
    let mut synonyms: Vec<String> = told.synonyms().into_iter().map(str::to_owned).collect();
    for other in &stage.cast.things {
        if other.alias_of == Some(thing) && other.listed.is_some_and(|from| from <= night) {
            synonyms.push(other.name.clone());
            synonyms.extend(other.synonyms().into_iter().map(str::to_owned));
        }
    }
    let mut meta = json!({ "refs": [format!("https://books.example/{}", entry(seed, thing))] });
    if !synonyms.is_empty() {
        meta["synonyms"] = json!(synonyms);
    }
    json!({ "value": told.name, "uuid": entry(seed, thing), "meta": meta })
}
