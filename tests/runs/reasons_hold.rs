//! Titles and reasons of flags are true: the tables of the run give the same counts, values, directions and facts.

#[path = "../patterns/claims.rs"]
mod claims;

use std::{collections::BTreeMap, fs};

use claims::Claims;
use serde_json::Value;

use crate::{
    fixtures::{Fixture, RUN_TIMES, background::CONFIGURATION, flags},
    support::{PublishedRun, araneus},
};

/// Seed of the demonstration.
const SEED: &str = "6";

/// Returns the checked claims of all runs of a demonstration.
fn demonstration() -> Claims {
    let folder = tempfile::tempdir().expect("a folder");
    araneus(&["demo", "--quiet", "--seed", SEED, "--out", "shown"], folder.path()).ends_with(0);
    let runs = fs::read_dir(folder.path().join("shown/out")).expect("published runs");
    let mut claims = Claims::default();
    for run in runs {
        let run = run.expect("a run").path();
        if run.join("all").is_dir() && run.file_name().is_some_and(|name| name != "latest") {
            claims.check(&run.join("all"));
        }
    }
    claims
}

#[test]
fn titles_and_reasons_of_a_demonstration_hold() {
    let Claims { untrue, flags, features, numbers, .. } = demonstration();
    assert!(untrue.is_empty(), "{} claims of {flags} flags do not hold: {untrue:#?}", untrue.len());
    assert!(flags >= 40 && features >= flags && numbers >= 2 * flags, "{flags}, {features}, {numbers}");
}

#[test]
fn titles_and_reasons_of_a_scenario_hold_with_the_default_model() {
    let configuration = CONFIGURATION.replace("[model]\nid = \"rules\"\n", "");
    assert!(configuration.len() < CONFIGURATION.len());
    let fixture = Fixture::after_emergence(&configuration);
    let mut claims = Claims::default();
    claims.check(&fixture.deployment.path("out").join("20260302T020000Z/all"));
    assert_eq!(RUN_TIMES[0], "2026-03-02T02:00:00Z");
    assert!(claims.untrue.is_empty(), "{:#?}", claims.untrue);
    for pattern in ["community birth", "sudden broker", "convergence"] {
        assert!(claims.titles.contains_key(pattern), "{:?}", claims.titles);
    }
    assert!(claims.features >= 3, "{} reasons about features", claims.features);
}

/// Returns the marking of each record that an audience sees, by source and the source's id of the record.
fn markings(run: &PublishedRun, audience: &str) -> BTreeMap<String, String> {
    let records = run.table(&format!("{audience}/evidence"));
    let row = |row| {
        let name = format!("{} {}", records.text("source", row), records.text("object_id", row));
        (name, records.text("marking", row).to_owned())
    };
    records.rows().map(row).collect()
}

#[test]
fn a_marking_in_a_reason_names_visible_records_with_that_marking() {
    let mut configuration = CONFIGURATION.to_owned();
    for (source, marking) in [
        ("harbour", "GREEN"),
        ("northwind", "AMBER"),
        ("lanternfish", "GREEN"),
        ("kestrel", "GREEN"),
        ("book", "GREEN"),
    ] {
        let name = format!("name = \"{source}\"\n");
        configuration = configuration.replace(&name, &format!("{name}marking = \"TLP:{marking}\"\n"));
    }
    configuration += "[[audience]]\nname = \"internal\"\nclearance = \"TLP:RED\"\n[[audience]]\nname = \"partners\"\nclearance = \"TLP:GREEN\"\n";
    let fixture = Fixture::after_emergence(&configuration);
    let run = fixture.deployment.published(RUN_TIMES[0]);
    let (mut named, mut strict) = (0, 0);
    for (audience, strictest) in [("internal", "TLP:AMBER"), ("partners", "TLP:GREEN")] {
        let records = markings(&run, audience);
        for flag in flags(&run, audience) {
            let output = fixture.deployment.ask(&["explain", &flag.id, "--json", "--audience", audience]);
            let answer: Value = serde_json::from_str(&output.ends_with(0).stdout).expect("JSON");
            let (marking, reason) = (answer["marking"].as_str(), answer["marking_reason"].as_str());
            let Some(reason) = reason else { continue };
            let (because, names) = reason.split_once(". Record of ").expect("a record");
            assert!(because.contains(" because of "), "{reason}");
            strict += usize::from(marking == Some(strictest));
            let names: Vec<&str> = names.split(" Record of ").collect();
            assert!(names.len() <= 3, "{reason}");
            for name in names {
                // A sentence names a record as `source: content (object)`. One about further records may follow the last.
                let (source, content) = name.split_once(": ").expect("a source");
                let (content, _) = content.rsplit_once(").").expect("an end");
                let (_, object) = content.rsplit_once(" (").expect("a content and an object");
                let name = &format!("{source} {object}");
                assert_eq!(records.get(name).map(String::as_str), marking, "{audience}: {name}");
                named += 1;
            }
        }
    }
    assert!(strict >= 2 && named >= 6, "only {named} records were named");
}
