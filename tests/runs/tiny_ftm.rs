//! The example scenario in FollowTheMoney: entities and links of northwind.
//!
//! FollowTheMoney has no schema for an indicator, an observation or a technique. Its crews are organizations, the malware
//! and tools that they use are assets, a campaign is a project, and each relationship is an unknown link. All other
//! results must be equal to STIX.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use araneus::columns::Columns;
use serde_json::{Value, json};

use crate::{
    support::{Deployment, PublishedRun, every_object_is_accounted_for, named, names_in},
    tiny::{folder, runs},
};

/// Types that FollowTheMoney can express, and their kinds there.
const KINDS: [(&str, &str); 5] = [
    ("identity", "organization"),
    ("intrusion-set", "organization"),
    ("malware", "asset"),
    ("campaign", "project"),
    ("report", "document"),
];

/// Runs in which northwind delivers objects of these types.
const RUNS: usize = 3;

fn is_expressible(id: &str) -> bool {
    KINDS.iter().any(|(kind, _)| id.split_once("--").is_some_and(|(stix_kind, _)| stix_kind == *kind))
}

/// Returns the bundle with the objects that FollowTheMoney can express.
fn expressible(text: &str) -> Value {
    let bundle: Value = serde_json::from_str(text).expect("a bundle");
    let is_kept = |object: &Value| {
        let id = |name: &str| object[name].as_str().unwrap_or_default();
        let is_between = is_expressible(id("source_ref")) && is_expressible(id("target_ref"));
        is_expressible(id("id")) || (id("type") == "relationship" && is_between)
    };
    let objects = bundle["objects"].as_array().expect("objects").iter().filter(|object| is_kept(object));
    let objects: Vec<Value> = objects
        .map(|object| {
            let mut object = object.clone();
            // The creator of an object is only a name there, not a link.
            object.as_object_mut().expect("an object").remove("created_by_ref");
            object
        })
        .collect();
    json!({ "type": "bundle", "objects": objects })
}

/// Makes the runs, and returns the last one. The file with a rejected object is left out.
fn last_run(deployment: &Deployment, below: &str, convert: impl Fn(&str) -> String) -> PublishedRun {
    let mut last = None;
    for (run, as_of) in runs().into_iter().take(RUNS) {
        let from = folder().join(below).join(&run).join("northwind");
        for name in names_in(&from).into_iter().filter(|name| *name != "2026-03-03.json") {
            let text = fs::read_to_string(from.join(&name)).expect("a file");
            deployment.write(&format!("{run}/northwind/{name}"), convert(&text));
        }
        let inputs = deployment.path(&format!("{run}/northwind"));
        deployment.run(&as_of, &[named("northwind", inputs)]).ends_with(0);
        let run = deployment.published(&as_of);
        every_object_is_accounted_for(&run);
        last = Some(run);
    }
    last.expect("three runs")
}

fn table(run: &PublishedRun, name: &str) -> Columns {
    araneus::tables::read_table(&run.folder.join(format!("all/{name}.arrow"))).expect("a table")
}

fn texts<'a>(columns: &'a Columns, name: &str) -> Vec<&'a str> {
    let column = columns.text(name).expect("a column of text");
    column.iter().map(|text| text.as_deref().unwrap_or_default()).collect()
}

/// Returns a name for each entity: its kind in FollowTheMoney, label, aliases and times.
fn names(run: &PublishedRun) -> BTreeMap<String, String> {
    let entities = table(run, "entities");
    let ftm_kind = |kind: &str| {
        KINDS
            .iter()
            .find(|(stix_kind, _)| *stix_kind == kind)
            .map_or(kind.to_owned(), |(_, ftm_kind)| (*ftm_kind).to_owned())
    };
    let (ids, kinds, labels) =
        (texts(&entities, "entity_id"), texts(&entities, "kind"), texts(&entities, "label"));
    let seen = entities.time("first_seen").expect("times");
    // The first recorded time distinguishes two objects with one name.
    let expressible = entities.time("recorded_first").expect("times");
    let aliases = entities.texts("aliases").expect("lists");
    let name = |row: usize| {
        let kind = ftm_kind(kinds[row]);
        // A document has a date, and a report of STIX has none.
        let seen = seen[row].filter(|_| kind != "document");
        format!("{kind} {} {:?} {seen:?} {:?}", labels[row], aliases[row], expressible[row])
    };
    ids.iter().enumerate().map(|(row, id)| ((*id).to_owned(), name(row))).collect()
}

/// Returns the unweighted metrics of each entity. Estimates are left out: they depend on the order of ids, which differ
/// between formats.
fn metrics(run: &PublishedRun) -> BTreeSet<String> {
    let (metrics, names) = (table(run, "metrics"), names(run));
    let unweighted: Vec<&str> = araneus::metrics::METRICS
        .iter()
        .map(|metric| metric.name)
        .filter(|name| {
            let reads_weights = ["strength", "participation", "assortativity"].contains(name);
            !name.ends_with("_weighted") && !name.ends_with("_estimate") && !reads_weights
        })
        .collect();
    assert!(unweighted.len() > 15, "{unweighted:?}");
    let ids = texts(&metrics, "entity_id");
    let row = |row: usize| {
        let values = unweighted.iter().map(|name| {
            let value = metrics.number(name).unwrap_or_else(|| panic!("no {name}"))[row];
            // Sums depend on the order of ids, which differ, so values are rounded.
            value.map_or_else(|| format!("{name} -"), |value| format!("{name} {:.9}", value + 0.0))
        });
        format!("{}: {}", names[ids[row]], values.collect::<Vec<_>>().join(", "))
    };
    (0..ids.len()).map(row).collect()
}

fn links(run: &PublishedRun) -> BTreeSet<String> {
    let (links, names) = (table(run, "links"), names(run));
    let (from, to) = (texts(&links, "from_id"), texts(&links, "to_id"));
    from.into_iter().zip(to).map(|(from, to)| format!("{} -> {}", names[from], names[to])).collect()
}

fn communities(run: &PublishedRun) -> BTreeSet<BTreeSet<String>> {
    let (members, names) = (table(run, "members"), names(run));
    let mut of: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (community, entity) in texts(&members, "community_id").into_iter().zip(texts(&members, "entity_id")) {
        of.entry(community).or_default().insert(names[entity].clone());
    }
    of.into_values().collect()
}

#[test]
fn northwind_s_crews_are_the_same_in_stix_and_in_followthemoney() {
    let configuration = fs::read_to_string(folder().join("araneus.toml")).expect("a configuration");
    let deployments = [Deployment::new(&configuration), Deployment::new(&configuration)];
    let stix = last_run(&deployments[0], "", |text| expressible(text).to_string());
    let ftm = last_run(&deployments[1], "ftm", str::to_owned);
    let entities = |run: &PublishedRun| names(run).into_values().collect::<BTreeSet<_>>();
    assert_eq!(entities(&ftm), entities(&stix));
    assert!(entities(&ftm).len() >= 12, "{}", entities(&ftm).len());
    assert_eq!(links(&ftm), links(&stix));
    assert!(links(&ftm).len() >= 9, "{}", links(&ftm).len());
    assert_eq!(metrics(&ftm), metrics(&stix));
    assert_eq!(communities(&ftm), communities(&stix));
}
