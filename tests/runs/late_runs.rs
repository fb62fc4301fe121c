//! Late, repeated, failed and killed runs: no accepted record is lost, and no change is skipped.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use araneus::{tables, time::Moment};
use serde_json::{Value, json};

use crate::{
    fixtures::{EMERGING, Fixture, RUN_TIMES, background::CONFIGURATION},
    support::{Deployment, named, run_folder_name},
};

const DATED: &str = "[[source]]\nname = \"quay\"\nrecorded_at = \"object\"\n";
const SNAPSHOT: &str = "[[source]]\nname = \"quay\"\nmode = \"snapshot\"\n";

fn day(day: u32) -> String {
    format!("2026-03-{day:02}T12:00:00Z")
}

fn tool(number: u32, name: &str, modified: &str) -> String {
    let tool = json!({
        "type": "tool", "spec_version": "2.1", "id": format!("tool--00000000-0000-4000-8000-{number:012}"), "name": name,
        "created": "2026-01-01T00:00:00Z", "modified": modified,
    });
    json!({ "type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000001", "objects": [tool] })
        .to_string()
}

/// Returns the first and last recorded time of each label.
fn labels(deployment: &Deployment, as_of: &str) -> BTreeMap<String, (String, String)> {
    let entities =
        tables::read_table(&deployment.published(as_of).folder.join("all/entities.arrow")).expect("a table");
    let time = |column: &str, row: usize| {
        let micros = entities.time(column).expect("times")[row].expect("a time");
        Moment::from_micros(micros).to_string()
    };
    let label = |row: usize| entities.text("label").expect("labels")[row].clone().expect("a label");
    (0..entities.rows())
        .map(|row| (label(row), (time("recorded_first", row), time("recorded_last", row))))
        .collect()
}

#[test]
fn a_late_delivery_does_not_replace_later_objects() {
    let deployment = Deployment::new(DATED);
    let old = deployment.write("old.json", tool(1, "Old", "2026-03-01T00:00:00Z"));
    let new = deployment.write("new.json", tool(1, "New", "2026-03-03T06:00:00Z"));
    let run = |at: u32, path: &str| {
        deployment.run(&day(at), &[named("quay", path)]).ends_with(0);
    };
    run(4, &new);
    run(2, &old);
    assert_eq!(
        labels(&deployment, &day(2)),
        [("Old".to_owned(), ("2026-03-01T00:00:00Z".to_owned(), "2026-03-01T00:00:00Z".to_owned()))].into()
    );
    deployment.run_with(&day(4), &[], &["--replay"]).ends_with(0);
    assert_eq!(labels(&deployment, &day(4)).keys().collect::<Vec<_>>(), ["New"]);
    run(5, &new);
    let run = deployment.published(&day(5));
    assert_eq!(run.table("steward/deliveries").sum("duplicate"), 1);
    assert!(run.table("all/changes").rows().is_empty());
}

#[test]
fn a_late_delivery_of_a_known_object_has_its_own_recorded_time() {
    let deployment = Deployment::new(DATED);
    let path = deployment.write("new.json", tool(1, "New", "2026-03-01T06:00:00Z"));
    for at in [4, 2] {
        deployment.run(&day(at), &[named("quay", &path)]).ends_with(0);
    }
    assert_eq!(labels(&deployment, &day(2)).keys().collect::<Vec<_>>(), ["New"]);
}

#[test]
fn an_incomplete_repeat_of_a_snapshot_withdraws_no_object() {
    let deployment = Deployment::new(SNAPSHOT);
    for (number, name) in [(1, "Reed"), (2, "Sedge")] {
        deployment.write(&format!("in/{number}.json"), tool(number, name, "2026-03-01T00:00:00Z"));
    }
    let input = [named("quay", deployment.path("in"))];
    deployment.run(&day(1), &input).ends_with(0);
    for truncated in ["{\"type\": \"bundle\"", ""] {
        deployment.write("in/2.json", truncated);
        deployment.run(&day(1), &input).ends_with(4);
        assert_eq!(labels(&deployment, &day(1)).keys().collect::<Vec<_>>(), ["Reed", "Sedge"]);
    }
    deployment.write("in/1.json", truncated_bundle());
    deployment.run(&day(1), &input).ends_with(4);
    assert_eq!(labels(&deployment, &day(1)).len(), 2, "an unreadable delivery withdraws no object");
}

fn truncated_bundle() -> &'static str {
    "{\"type\": \"bundle\", \"objects\": [{]}"
}

#[test]
fn the_recorded_time_of_an_object_in_two_files_does_not_depend_on_their_order() {
    let event = |published: &str| {
        json!({ "Event": {
            "uuid": "00000000-0000-4000-8000-000000000009", "info": "Quay log", "date": "2026-02-01", "publish_timestamp": published,
            "Attribute": [{ "uuid": "00000000-0000-4000-8000-000000000008", "type": "domain", "value": "berth.example" }],
        } })
    };
    let recorded = |order: [&Value; 2]| {
        let deployment = Deployment::new(DATED);
        for (number, event) in order.iter().enumerate() {
            deployment.write(&format!("in/{number}.json"), event.to_string());
        }
        deployment.run(&day(1), &[named("quay", deployment.path("in"))]).ends_with(0);
        labels(&deployment, &day(1))["berth.example"].clone()
    };
    let (one, other) = (event("1771000000"), event("1771600000"));
    assert_eq!(recorded([&one, &other]), recorded([&other, &one]));
}

#[test]
fn the_run_after_first_runs_without_a_pointer_succeeds() {
    let deployment = Deployment::new("");
    let input = [named("quay", deployment.write("in/a.json", tool(1, "Reed", "2026-03-01T00:00:00Z")))];
    // A folder at the path of the pointer makes the write fail.
    let obstacle = deployment.path("state/current.partial");
    for at in [1, 2] {
        fs::create_dir_all(obstacle.join("x")).expect("a folder");
        deployment.run(&day(at), &input).ends_with(6);
    }
    fs::remove_dir_all(&obstacle).expect("removed");
    deployment.run(&day(3), &input).ends_with(0);
    deployment.ask(&["verify"]).ends_with(0);
}

#[test]
fn lost_or_changed_judgements_are_detected() {
    let mut fixture = Fixture::after_background(CONFIGURATION);
    fixture.run(RUN_TIMES[0], &EMERGING);
    let deployment = &fixture.deployment;
    deployment.ask(&["judgements", "add", "1", "benign", "--reason", "an exercise"]).ends_with(0);
    deployment.ask(&["verify"]).ends_with(0);
    let path = deployment.path("state/judgements.jsonl");
    let whole = fs::read_to_string(&path).expect("judgements");
    for altered in [whole.replace("benign", "confirmed"), String::new(), format!("{whole}{whole}")] {
        fs::write(&path, altered).expect("written");
        deployment.ask(&["verify"]).ends_with(7);
    }
    fs::remove_file(&path).expect("removed");
    deployment.ask(&["verify"]).ends_with(7);
    fs::write(&path, whole).expect("written");
    deployment.ask(&["verify"]).ends_with(0);
}

#[test]
fn a_run_that_was_not_published_is_published_by_the_next_one() {
    let mut fixture = Fixture::after_background(CONFIGURATION);
    // A file at the path of the results makes the publication fail.
    let folder = fixture.deployment.path("out").join(run_folder_name(RUN_TIMES[0]));
    fs::create_dir_all(fixture.deployment.path("out")).expect("a folder");
    fs::write(&folder, "").expect("a file");
    let inputs = fixture.inputs(RUN_TIMES[0], &EMERGING, &BTreeSet::new());
    fixture.deployment.run(RUN_TIMES[0], &inputs).ends_with(6);
    fs::remove_file(&folder).expect("removed");
    fixture.run(RUN_TIMES[1], &[]);
    assert!(fixture.deployment.published(RUN_TIMES[0]).text("all/report.html").contains("Ash Sparrow"));
    let queue = fixture.deployment.ask(&["queue", &run_folder_name(RUN_TIMES[0])]);
    assert!(queue.ends_with(0).stdout.contains("new"), "{}", queue.stdout);
    fixture.deployment.ask(&["verify"]).ends_with(0);
}
