//! History of a real galaxy: names that it separated are never joined again, and its merges and splits are changes.

use std::collections::{BTreeMap, BTreeSet};

use araneus::canonical;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{Deployment, named, read_unpacked, real_data};

const RUN: &str = "2026-03-02T02:00:00Z";

const NEXT: &str = "2026-03-03T02:00:00Z";
const CONFIGURATION: &str = "[[source]]\nname = \"galaxy\"\nmode = \"snapshot\"\n";
/// First month whose entries have uuids and many synonyms.
const FROM: &str = "2019-01";

#[derive(Deserialize)]
struct Snapshot {
    snapshot: String,
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
    let entity_of = deployment.published(RUN).entity_of_identifier("galaxy:");
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

/// Returns actors of a partner, one for each name.
fn actors(names: &BTreeSet<&String>) -> (String, BTreeMap<String, String>) {
    let id = |number: usize| format!("threat-actor--00000000-0000-4000-8000-{number:012}");
    let actors: Vec<Value> = (names.iter().enumerate())
        .map(|(number, name)| {
            json!({ "type": "threat-actor", "id": id(number), "name": name,
                "created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z" })
        })
        .collect();
    let bundle =
        json!({ "type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000001", "objects": actors });
    let ids = names.iter().enumerate().map(|(number, name)| ((*name).clone(), id(number)));
    (bundle.to_string(), ids.collect())
}

#[test]
fn merges_and_splits_of_a_galaxy_are_changes() {
    let Some(folder) = real_data("misp-galaxy", "merges and splits of a galaxy are changes") else { return };
    let text = read_unpacked(&folder.join("threat-actor-monthly.jsonl.zst"));
    let snapshots = text.lines().map(|line| serde_json::from_str::<Snapshot>(line).expect("a snapshot"));
    let mut snapshots = snapshots.skip_while(|snapshot| snapshot.snapshot.as_str() < FROM);
    let first = snapshots.next().expect("a first month").cluster;
    let last = snapshots.last().expect("a last month").cluster;
    let (before, after) = (entries(&first), entries(&last));
    let names_of = |entries: &Entries| entries.values().flatten().cloned().collect::<BTreeSet<String>>();
    let (known_before, known_after) = (names_of(&before), names_of(&after));
    let (old, new) = (pairs(&before), pairs(&after));
    let is_known = |pair: &&(String, String), known: &BTreeSet<String>| {
        known.contains(&pair.0) && known.contains(&pair.1)
    };
    let parted: Vec<&(String, String)> =
        old.difference(&new).filter(|pair| is_known(pair, &known_after)).collect();
    let joined: Vec<&(String, String)> =
        new.difference(&old).filter(|pair| is_known(pair, &known_before)).collect();
    let names = parted.iter().chain(&joined).flat_map(|pair| [&pair.0, &pair.1]).collect();
    let (bundle, ids) = actors(&names);

    let deployment = Deployment::new(CONFIGURATION);
    let galaxy = |folder: &str, cluster: &Value| {
        named("galaxy", deployment.write(&format!("{folder}/threat-actor.json"), cluster.to_string()))
    };
    let partner = named("partner", deployment.write("partner/bundle.json", bundle));
    deployment.run(RUN, &[galaxy("first", &first), partner]).ends_with(0);
    deployment.run(NEXT, &[galaxy("last", &last)]).ends_with(0);
    let runs = [RUN, NEXT].map(|moment| deployment.published(moment));
    let entities = [0, 1].map(|run: usize| runs[run].entity_of_identifier(""));
    let ends = |run: usize, pair: &(String, String)| {
        [&pair.0, &pair.1].map(|name| entities[run][&ids[name]].clone())
    };
    let are_one = |run: usize, pair: &(String, String)| {
        let [one, other] = ends(run, pair);
        one == other
    };
    let changes = runs[1].table("all/changes");
    let changed = |kinds: &[&str]| -> BTreeSet<&str> {
        let is_row = |row: &usize| {
            changes.text("subject", *row) == "entity" && kinds.contains(&changes.text("what", *row))
        };
        let rows = changes.rows().filter(is_row);
        rows.flat_map(|row| changes.texts("subject_ids", row)).map(String::as_str).collect()
    };
    let splits: Vec<_> = parted.iter().filter(|pair| are_one(0, pair) && !are_one(1, pair)).collect();
    let merges: Vec<_> = joined.iter().filter(|pair| !are_one(0, pair) && are_one(1, pair)).collect();
    let is_listed = |listed: &BTreeSet<&str>, pair: &(String, String)| {
        ends(0, pair).iter().chain(&ends(1, pair)).any(|id| listed.contains(id.as_str()))
    };
    let count = |pairs: &[&&(String, String)], kinds: &[&str]| {
        let listed = changed(kinds);
        pairs.iter().filter(|pair| is_listed(&listed, pair)).count()
    };
    // An identifier that moves from one entity to another is neither a split nor a merge, and both entities change.
    let any = ["split", "merged", "changed", "added", "removed"];
    println!(
        "pairs that the galaxy parted: {}, of these split: {}, listed as such: {}; joined: {}, of these merged: {}, listed as such: {}",
        parted.len(),
        splits.len(),
        count(&splits, &["split"]),
        joined.len(),
        merges.len(),
        count(&merges, &["merged"])
    );
    assert!(count(&splits, &["split"]) > 0 && count(&merges, &["merged"]) > 0);
    assert_eq!((count(&splits, &any), count(&merges, &any)), (splits.len(), merges.len()));
}
