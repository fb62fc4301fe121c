//! Identity of the actors of real galaxies: no list violates itself, and stated similarities are found.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::{Deployment, named, names_in, read_unpacked, real_data};

const RUN: &str = "2026-03-02T02:00:00Z";

/// Entry of a list: its list and its similar entries.
struct Entry {
    list: usize,
    similar: Vec<String>,
}

fn entries(texts: &[String]) -> BTreeMap<String, Entry> {
    let mut entries = BTreeMap::new();
    for (list, text) in texts.iter().enumerate() {
        let galaxy: Value = serde_json::from_str(text).expect("a galaxy");
        for value in galaxy["values"].as_array().expect("entries") {
            let Some(uuid) = value["uuid"].as_str() else { continue };
            let related = value["related"].as_array().into_iter().flatten();
            let similar = related
                .filter(|related| related["type"] == "similar")
                .filter_map(|related| related["dest-uuid"].as_str().map(str::to_lowercase));
            entries.insert(uuid.to_lowercase(), Entry { list, similar: similar.collect() });
        }
    }
    entries
}

/// Returns the similar pairs whose group has at most one entry of each list.
fn consistent_pairs(entries: &BTreeMap<String, Entry>) -> BTreeSet<(String, String)> {
    let mut neighbours: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (uuid, entry) in entries {
        for other in entry.similar.iter().filter(|other| entries.contains_key(*other) && *other != uuid) {
            neighbours.entry(uuid).or_default().insert(other);
            neighbours.entry(other).or_default().insert(uuid);
        }
    }
    let group = |start: &str| {
        let (mut group, mut waiting) = (BTreeSet::new(), vec![start.to_owned()]);
        while let Some(uuid) = waiting.pop() {
            if group.insert(uuid.clone()) {
                waiting.extend(neighbours[uuid.as_str()].iter().map(|&other| other.to_owned()));
            }
        }
        group
    };
    let mut pairs = BTreeSet::new();
    for (uuid, others) in &neighbours {
        let group = group(uuid);
        let lists: BTreeSet<usize> = group.iter().map(|member| entries[member].list).collect();
        if lists.len() == group.len() {
            let pair = |other: &&str| ((*uuid.min(other)).to_owned(), (*uuid.max(other)).to_owned());
            pairs.extend(others.iter().map(pair));
        }
    }
    pairs
}

#[test]
fn actors_of_real_galaxies_are_found_and_never_over_merged() {
    let Some(folder) = real_data("misp-galaxy/clusters", "identity of the actors of real galaxies") else {
        return;
    };
    let lists = names_in(&folder);
    let texts: Vec<String> = lists.iter().map(|list| read_unpacked(&folder.join(list))).collect();
    let deployment = Deployment::new("");
    let inputs: Vec<String> = lists
        .iter()
        .zip(&texts)
        .map(|(list, text)| {
            let name = list.split('.').next().expect("a name");
            named(name, deployment.write(&format!("in/{name}/list.json"), text))
        })
        .collect();
    deployment.run(RUN, &inputs).ends_with(0);
    let run = deployment.published(RUN);
    let (entries, entity_of) = (entries(&texts), run.entity_of_identifier("galaxy:"));

    let mut entries_of: BTreeMap<(&str, usize), usize> = BTreeMap::new();
    for (uuid, entry) in &entries {
        *entries_of.entry((&entity_of[uuid], entry.list)).or_default() += 1;
    }
    let violations = entries_of.values().filter(|count| **count > 1).count();
    assert_eq!(violations, 0, "two entries of one list are one entity");

    let comparisons = run.table("steward/comparisons");
    let mut listed: BTreeMap<(String, String), String> = BTreeMap::new();
    for row in comparisons.rows() {
        let pair =
            (comparisons.text("entity_id", row).to_owned(), comparisons.text("other_id", row).to_owned());
        listed.insert(pair, comparisons.text("state", row).to_owned());
    }
    let pairs = consistent_pairs(&entries);
    let (mut merged, mut waiting) = (0, 0);
    for (one, other) in &pairs {
        let (one, other) = (&entity_of[one], &entity_of[other]);
        let key = (one.min(other).clone(), one.max(other).clone());
        if one == other {
            merged += 1;
        } else if listed.get(&key).is_some_and(|state| state == "unsure" || state == "contested") {
            waiting += 1;
        }
    }
    println!("consistent similar links: {}; one entity: {merged}, wait for a person: {waiting}", pairs.len());
    assert!(pairs.len() > 150, "{}", pairs.len());
    assert!((merged + waiting) * 100 >= pairs.len() * 95, "{merged} + {waiting} of {}", pairs.len());
}
