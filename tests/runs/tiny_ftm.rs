//! One story in FollowTheMoney: who northwind says there is, and who has to do with whom.
//!
//! FollowTheMoney has no word for an indicator, an observation or a technique; crews are
//! organizations in it, what they use are assets, a campaign is a project, and every
//! relationship is an unknown link. The rest of the story must be equal to STIX.

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

/// Types that FollowTheMoney can tell of, and what they are there.
const WORDS: [(&str, &str); 5] = [
    ("identity", "organization"),
    ("intrusion-set", "organization"),
    ("malware", "asset"),
    ("campaign", "project"),
    ("report", "document"),
];

/// Nights on which northwind says something of these.
const RUNS: usize = 3;

fn is_expressible(id: &str) -> bool {
    WORDS.iter().any(|(kind, _)| id.split_once("--").is_some_and(|(own, _)| own == *kind))
}

/// Returns a bundle with what FollowTheMoney can tell of it.
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
            // Who made an object is no link there, only a name.
            object.as_object_mut().expect("an object").remove("created_by_ref");
            object
        })
        .collect();
    json!({ "type": "bundle", "objects": objects })
}

/// Runs the nights, and returns the last one. The one file whose object is refused stays behind.
fn last_run(deployment: &Deployment, below: &str, what: impl Fn(&str) -> String) -> PublishedRun {
    let mut last = None;
    for (run, as_of) in runs().into_iter().take(RUNS) {
        let from = folder().join(below).join(&run).join("northwind");
        for name in names_in(&from).into_iter().filter(|name| *name != "2026-03-03.json") {
            let text = fs::read_to_string(from.join(&name)).expect("a file");
            deployment.write(&format!("{run}/northwind/{name}"), what(&text));
        }
        let inputs = deployment.path(&format!("{run}/northwind"));
        deployment.run(&as_of, &[named("northwind", inputs)]).ends_with(0);
        let run = deployment.published(&as_of);
        every_object_is_accounted_for(&run);
        last = Some(run);
    }
    last.expect("three nights")
}

fn table(run: &PublishedRun, name: &str) -> Columns {
    araneus::tables::read_table(&run.folder.join(format!("all/{name}.arrow"))).expect("a table")
}

fn texts<'a>(columns: &'a Columns, name: &str) -> Vec<&'a str> {
    let column = columns.text(name).expect("a column of text");
    column.iter().map(|text| text.as_deref().unwrap_or_default()).collect()
}

/// The name under which each entity is told, with its kind in FollowTheMoney's words.
fn names(run: &PublishedRun) -> BTreeMap<String, String> {
    let entities = table(run, "entities");
    let word = |kind: &str| {
        WORDS.iter().find(|(own, _)| *own == kind).map_or(kind.to_owned(), |(_, word)| (*word).to_owned())
    };
    let (ids, kinds, labels) =
        (texts(&entities, "entity_id"), texts(&entities, "kind"), texts(&entities, "label"));
    let seen = entities.time("first_seen").expect("times");
    // Two objects of one name are told apart by when they were first told of.
    let expressible = entities.time("recorded_first").expect("times");
    let aliases = entities.texts("aliases").expect("lists");
    let name = |at: usize| {
        let kind = word(kinds[at]);
        // A document is of its day, and a report of STIX of none.
        let seen = seen[at].filter(|_| kind != "document");
        format!("{kind} {} {:?} {seen:?} {:?}", labels[at], aliases[at], expressible[at])
    };
    ids.iter().enumerate().map(|(at, id)| ((*id).to_owned(), name(at))).collect()
}

/// Every metric of every entity that reads no weights. Estimates are drawn by the order of ids, which
/// differ between formats.
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
    let row = |at: usize| {
        let values = unweighted.iter().map(|name| {
            let value = metrics.number(name).unwrap_or_else(|| panic!("no {name}"))[at];
            // Numbers are added up in the order of ids, which are others.
            value.map_or_else(|| format!("{name} -"), |value| format!("{name} {:.9}", value + 0.0))
        });
        format!("{}: {}", names[ids[at]], values.collect::<Vec<_>>().join(", "))
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
