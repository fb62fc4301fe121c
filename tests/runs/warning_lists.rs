//! A value on a warning list stays visible without weight, and a changed list is a configuration change.

use std::collections::BTreeSet;

use crate::support::{Deployment, PublishedRun, named, real_data};

const LIST: &str = r#"{"name": "Public resolvers", "type": "cidr", "version": 1, "description": "",
    "matching_attributes": ["ip-src", "ip-dst", "domain|ip"], "list": ["8.8.8.0/24"]}"#;

/// Returns a bundle of two families with a shared public resolver, and a host of each family.
fn bundle() -> String {
    let mut objects = Vec::new();
    let id = |kind: &str, number: usize| format!("{kind}--0d1b2c3d-0000-4000-8000-{number:012}");
    let times =
        r#""spec_version": "2.1", "created": "2026-03-01T00:00:00Z", "modified": "2026-03-01T00:00:00Z""#;
    for (family, host) in [(1, "one.example"), (2, "two.example")] {
        let malware = id("malware", family);
        objects.push(format!(
            r#"{{"type": "malware", {times}, "id": "{malware}", "name": "Family {family}", "is_family": true}}"#
        ));
        for (number, pattern) in [
            (family * 10, "[ipv4-addr:value = '8.8.8.8']".to_owned()),
            (family * 10 + 1, format!("[domain-name:value = '{host}']")),
        ] {
            let indicator = id("indicator", number);
            objects.push(format!(
                r#"{{"type": "indicator", {times}, "id": "{indicator}", "pattern": "{pattern}", "pattern_type": "stix", "valid_from": "2026-03-01T00:00:00Z"}}"#
            ));
            let relationship = id("relationship", number);
            objects.push(format!(
                r#"{{"type": "relationship", {times}, "id": "{relationship}", "relationship_type": "indicates", "source_ref": "{indicator}", "target_ref": "{malware}"}}"#
            ));
        }
    }
    format!(r#"{{"type": "bundle", "id": "{}", "objects": [{}]}}"#, id("bundle", 1), objects.join(","))
}

/// Returns the lists with the address, the weights of its links, and the size of its community.
fn shown(run: &PublishedRun) -> (Vec<String>, Vec<Option<f64>>, usize) {
    let (entities, links, members) =
        (run.table("all/entities"), run.table("all/links"), run.table("all/members"));
    let address = entities.only("label", "8.8.8.8");
    let id = entities.text("entity_id", address);
    let is_own = |row: &usize| [links.text("from_id", *row), links.text("to_id", *row)].contains(&id);
    let weights = links.rows().filter(is_own).map(|row| links.number("weight", row)).collect();
    let community = members.text("community_id", members.only("entity_id", id));
    let company = members.rows().filter(|row| members.text("community_id", *row) == community).count();
    (entities.texts("warning_lists", address).to_vec(), weights, company)
}

#[test]
fn a_listed_value_is_visible_without_weight_and_joins_no_entities() {
    let deployment = Deployment::new("");
    let feed = named("feed", deployment.write("feed/bundle.json", bundle()));
    deployment.run("2026-03-02T00:00:00Z", std::slice::from_ref(&feed)).ends_with(0);
    let (lists, weights, community_size) = shown(&deployment.published("2026-03-02T00:00:00Z"));
    assert!(lists.is_empty());
    assert_eq!(weights.len(), 2, "both indicators match it");
    assert!(weights.iter().all(|weight| weight.is_some_and(|weight| weight > 0.0)), "{weights:?}");
    assert!(community_size > 1, "without a list its community is larger");

    deployment.write("lists/resolvers.json", LIST);
    deployment.configure("warning_lists = [\"lists/*.json\"]\n");
    deployment.run("2026-03-03T00:00:00Z", &[]).ends_with(0);
    let run = deployment.published("2026-03-03T00:00:00Z");
    let (lists, weights, community_size) = shown(&run);
    assert_eq!(lists, ["Public resolvers"]);
    assert_eq!(weights, [Some(0.0), Some(0.0)], "still there");
    assert_eq!(community_size, 1, "it joins no entities");
    assert_eq!(
        causes(&run, "link"),
        BTreeSet::from(["configuration-change".to_owned()]),
        "a new list is a configuration change"
    );

    deployment.write("lists/resolvers.json", LIST.replace("8.8.8.0/24", "9.9.9.9"));
    deployment.run("2026-03-04T00:00:00Z", &[]).ends_with(0);
    let run = deployment.published("2026-03-04T00:00:00Z");
    assert!(shown(&run).0.is_empty());
    assert_eq!(
        causes(&run, "link"),
        BTreeSet::from(["configuration-change".to_owned()]),
        "another version is too"
    );
    assert!(deployment.ask(&["diff"]).ends_with(0).stdout.contains("configuration-change"));
}

fn causes(run: &PublishedRun, subject: &str) -> BTreeSet<String> {
    let changes = run.table("all/changes");
    let rows = changes.rows().filter(|row| changes.text("subject", *row) == subject);
    rows.map(|row| changes.text("cause", row).to_owned()).collect()
}

#[test]
fn an_invalid_list_stops_the_run_before_any_file_is_written() {
    let deployment = Deployment::new("warning_lists = [\"lists/invalid.json\"]\n");
    let feed = named("feed", deployment.write("feed/bundle.json", bundle()));
    let missing = deployment.run("2026-03-02T00:00:00Z", std::slice::from_ref(&feed));
    assert!(missing.ends_with(2).stderr.contains("lists/invalid.json"), "{}", missing.stderr);
    deployment.write("lists/invalid.json", LIST.replace("8.8.8.0/24", "8.8.8.0/33"));
    let output = deployment.run("2026-03-02T00:00:00Z", &[feed]);
    assert!(
        output.ends_with(2).stderr.contains("lists/invalid.json`: /list/0 is not a range"),
        "{}",
        output.stderr
    );
    assert!(!output.stderr.contains("8.8.8"), "the message does not contain the value");
    assert!(!deployment.path("out").exists() && !deployment.path("state").exists());
}

#[test]
fn all_published_lists_are_read_and_match_their_values() {
    let Some(folder) = real_data("misp-warninglists", "published warning lists are read") else { return };
    let deployment = Deployment::new(&format!("warning_lists = [\"{}/*.json*\"]\n", folder.display()));
    let feed = named("feed", deployment.write("feed/bundle.json", bundle()));
    deployment.run("2026-03-02T00:00:00Z", &[feed]).ends_with(0);
    let (lists, weights, community_size) = shown(&deployment.published("2026-03-02T00:00:00Z"));
    assert!(lists.iter().any(|name| name.contains("DNS")), "{lists:?}");
    assert_eq!(weights, [Some(0.0), Some(0.0)]);
    assert_eq!(community_size, 1, "it joins no entities");
}

/// Makes a run without deliveries. Returns the number of replayed runs, and the digests of the results.
fn rerun(deployment: &Deployment, as_of: &str) -> (usize, std::collections::BTreeMap<String, String>) {
    let output = deployment.ask(&["run", "--verbose", "--as-of", as_of]);
    output.ends_with(0);
    let replayed = output.stderr.lines().filter(|line| line.trim().starts_with("replay ")).count();
    (replayed, deployment.published(as_of).digests())
}

#[test]
fn a_list_replays_earlier_runs_only_if_it_contains_other_values_of_the_archive() {
    let deployment = Deployment::new("warning_lists = [\"list.json\"]\n");
    deployment.write("list.json", LIST);
    let feed = named("feed", deployment.write("feed/bundle.json", bundle()));
    deployment.run("2026-03-02T00:00:00Z", std::slice::from_ref(&feed)).ends_with(0);
    for day in ["2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z"] {
        assert_eq!(rerun(&deployment, day).0, 0, "the same list");
    }
    let widened = |range: &str| LIST.replace("\"8.8.8.0/24\"", &format!("\"8.8.8.0/24\", \"{range}\""));
    let none = LIST.replace("8.8.8.0/24", "192.0.2.0/24");
    for (day, list, replayed, case) in [
        ("2026-03-05T00:00:00Z", widened("203.0.113.0/24"), 0, "a range that no record has"),
        ("2026-03-06T00:00:00Z", widened("8.8.0.0/16"), 0, "a range of the same address"),
        ("2026-03-07T00:00:00Z", none, 5, "the address is no longer on a list"),
        ("2026-03-08T00:00:00Z", LIST.to_owned(), 6, "the address is on the list again"),
    ] {
        deployment.write("list.json", list);
        let (count, with) = rerun(&deployment, day);
        assert_eq!(count, replayed, "{case}");
        deployment.ask(&["verify"]).ends_with(0);
        deployment.ask(&["undo", "--yes"]).ends_with(0);
        std::fs::remove_dir_all(deployment.path("state/run-state")).expect("the run state");
        let (_, without) = rerun(&deployment, day);
        crate::support::equal_files(&with, &without, case);
    }
}
