//! History of a real galaxy: names that it separated are never joined again, and its merges and splits are changes.

use std::collections::{BTreeMap, BTreeSet};

use araneus::canonical;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{Deployment, PublishedRun, named, read_unpacked, real_data};

const RUN: &str = "2026-03-02T02:00:00Z";

#[derive(Deserialize)]
struct Snapshot {
    cluster: Value,
}

/// Names of each entry by its uuid, or by its main name where it has none; all in the form in which names are compared.
type Entries = BTreeMap<String, BTreeSet<String>>;

fn entries(cluster: &Value) -> Entries {
    let values = cluster["values"].as_array().expect("entries");
    let entry = |value: &Value| {
        let name = value["value"].as_str()?;
        let synonyms = value["meta"]["synonyms"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let names = std::iter::once(name).chain(synonyms).map(canonical::name);
        let key = value["uuid"].as_str().map_or_else(|| name.to_owned(), str::to_lowercase);
        Some((key, names.filter(|name| !name.is_empty()).collect()))
    };
    values.iter().filter_map(entry).collect()
}

/// Returns the pairs of names of one entry.
fn pairs(entries: &Entries) -> BTreeSet<(String, String)> {
    let mut pairs = BTreeSet::new();
    for names in entries.values() {
        for one in names {
            pairs.extend(names.range(one.clone()..).skip(1).map(|other| (one.clone(), other.clone())));
        }
    }
    pairs
}

fn entity_of(run: &PublishedRun) -> BTreeMap<String, String> {
    let table = run.table("all/identifiers");
    let galaxy = |row: usize| {
        let uuid = table.text("identifier", row).strip_prefix("galaxy:")?;
        Some((uuid.to_owned(), table.text("entity_id", row).to_owned()))
    };
    table.rows().filter_map(galaxy).collect()
}

#[test]
fn names_that_a_galaxy_separated_are_never_joined_again() {
    let Some(folder) = real_data("misp-galaxy", "names that the history of a galaxy separated stay apart")
    else {
        return;
    };
    let mut once: BTreeSet<(String, String)> = BTreeSet::new();
    let mut last = Value::Null;
    for series in ["monthly", "daily"] {
        let text = read_unpacked(&folder.join(format!("threat-actor-{series}.jsonl.zst")));
        for line in text.lines() {
            let snapshot: Snapshot = serde_json::from_str(line).expect("a snapshot");
            once.extend(pairs(&entries(&snapshot.cluster)));
            last = snapshot.cluster;
        }
    }
    let now = entries(&last);
    let together = pairs(&now);
    // The entry of a name; a name of several entries says nothing about any of them.
    let mut entry_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (key, names) in &now {
        for name in names {
            entry_of.entry(name).or_default().insert(key);
        }
    }
    let of_one = |name: &str| entry_of.get(name).filter(|keys| keys.len() == 1)?.first().copied();
    let separated: Vec<(&(String, String), [&str; 2])> = once
        .iter()
        .filter(|pair| !together.contains(*pair))
        .filter_map(|pair| Some((pair, [of_one(&pair.0)?, of_one(&pair.1)?])))
        .collect();
    // A partner still has the old knowledge: an actor with the two names, for each separated pair.
    let actors = separated.iter().enumerate().map(|(number, ((one, other), _))| {
        json!({ "type": "threat-actor", "id": format!("threat-actor--00000000-0000-4000-8000-{number:012}"),
            "created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z", "name": one, "aliases": [other] })
    });
    let bundle = json!({ "type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000001",
        "objects": actors.collect::<Vec<_>>() });
    let deployment = Deployment::new("");
    let inputs = [
        named("galaxy", deployment.write("in/galaxy/threat-actor.json", last.to_string())),
        named("partner", deployment.write("in/partner/bundle.json", bundle.to_string())),
    ];
    deployment.run(RUN, &inputs).ends_with(0);
    let entity_of = entity_of(&deployment.published(RUN));
    let joined: Vec<_> = separated
        .iter()
        .filter(|(_, [one, other])| {
            entity_of.contains_key(*one) && entity_of.get(*one) == entity_of.get(*other)
        })
        .collect();
    println!(
        "pairs of names in the history: {}; separated: {}; joined: {}",
        once.len(),
        separated.len(),
        joined.len()
    );
    assert!(separated.len() >= 20, "{}", separated.len());
    assert!(joined.is_empty(), "{joined:?}");
}
