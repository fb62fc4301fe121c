//! Exports: the flags that leave, their audience, and their ids.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

use crate::{
    fixtures::{Fixture, RUN_TIMES, about, background::CONFIGURATION, flags},
    support::{Deployment, named},
};

const REVIEWER: &str = "Ana Quillfeather";
const REASON: &str = "seen by our own sensor";

fn judge(deployment: &Deployment, flag: &str, value: &str, recorded_at: &str) {
    let arguments = [
        "judgements",
        "add",
        flag,
        value,
        "--recorded-at",
        recorded_at,
        "--by",
        REVIEWER,
        "--reason",
        REASON,
    ];
    deployment.ask(&arguments).ends_with(0);
}

/// Exports to a path of the deployment, and returns it.
fn export(deployment: &Deployment, arguments: &[&str], to: &str) -> std::path::PathBuf {
    let path = deployment.path(to);
    let shown = path.display().to_string();
    let all: Vec<&str> = ["export"].iter().chain(arguments).chain(&["--to", &shown]).copied().collect();
    deployment.ask(&all).ends_with(0);
    path
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON")
}

/// Returns the objects of a type in a bundle.
fn objects<'a>(bundle: &'a Value, kind: &str) -> Vec<&'a Value> {
    let objects = bundle["objects"].as_array().expect("a list");
    objects.iter().filter(|object| object["type"] == kind).collect()
}

/// Returns a deployment in which the birth around Ash Sparrow is a flag, and the id of the flag.
fn flagged() -> (Fixture, String) {
    let fixture = Fixture::after_emergence(CONFIGURATION);
    let run = fixture.deployment.published(RUN_TIMES[0]);
    let id = about(&flags(&run, "all"), "community birth", "Ash Sparrow").id;
    (fixture, id)
}

#[test]
fn only_confirmed_flags_leave_in_stix_and_a_withdrawn_one_is_revoked() {
    let (fixture, id) = flagged();
    let deployment = &fixture.deployment;
    let before = json(&export(deployment, &["stix"], "before.json"));
    assert!(objects(&before, "grouping").is_empty(), "nobody confirmed a flag");
    let unjudged = json(&export(deployment, &["stix", "--unjudged"], "unjudged.json"));
    let groupings = objects(&unjudged, "grouping");
    assert!(groupings.len() > 1);
    assert!(groupings.iter().all(|grouping| grouping["labels"][0] == "unjudged"));

    judge(deployment, &id, "confirmed", "2026-03-02T12:00:00Z");
    let first = json(&export(deployment, &["stix"], "first.json"));
    let second = json(&export(deployment, &["stix"], "second.json"));
    let [one, other] = [&first, &second].map(|bundle| {
        let groupings = objects(bundle, "grouping");
        assert_eq!(groupings.len(), 1);
        groupings[0]
    });
    assert_eq!(one["id"], other["id"]);
    let times = [one, other].map(|grouping| grouping["modified"].as_str().expect("a time"));
    assert!(times[0] < times[1], "a second export is newer: {times:?}");
    assert_eq!(one["created"], "2026-03-02T02:00:00.000Z");
    assert_eq!(one["labels"][0], "confirmed");
    let references = one["object_refs"].as_array().expect("a list");
    let delivered = references.iter().filter(|id| objects_with(&first, id).is_empty()).count();
    assert!(delivered > 1, "objects of other producers are referred to by their ids");
    assert!(objects(&first, "indicator").is_empty() && objects(&first, "malware").is_empty());
    assert_eq!(objects(&first, "note").len(), 1);
    assert_eq!(objects(&first, "opinion")[0]["opinion"], "agree");
    for object in first["objects"].as_array().expect("a list") {
        let is_definition = object["type"] == "marking-definition";
        assert!(is_definition || object["spec_version"] == "2.1");
    }

    let text = fs::read_to_string(deployment.path("first.json")).expect("a file");
    assert!(!text.contains(REVIEWER) && !text.contains(REASON));
    let with_names = json(&export(deployment, &["stix", "--with-names"], "names.json"));
    let opinion = objects(&with_names, "opinion")[0].clone();
    assert_eq!((&opinion["authors"][0], &opinion["explanation"]), (&REVIEWER.into(), &REASON.into()));

    judge(deployment, &id, "benign", "2026-03-02T13:00:00Z");
    let revoked = json(&export(deployment, &["stix"], "revoked.json"));
    let groupings = objects(&revoked, "grouping");
    assert_eq!(groupings.len(), 1);
    assert_eq!((&groupings[0]["id"], &groupings[0]["revoked"]), (&one["id"], &true.into()));
    assert!(objects(&revoked, "note").is_empty());
}

fn objects_with<'a>(bundle: &'a Value, id: &Value) -> Vec<&'a Value> {
    let objects = bundle["objects"].as_array().expect("a list");
    objects.iter().filter(|object| object["id"] == *id).collect()
}

/// Calls a function with each object of JSON, at any depth.
fn each_object(value: &Value, see: &mut impl FnMut(&serde_json::Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            see(members);
            members.values().for_each(|value| each_object(value, see));
        }
        Value::Array(values) => values.iter().for_each(|value| each_object(value, see)),
        _ => {}
    }
}

#[test]
fn an_event_of_misp_acts_by_nothing_and_a_withdrawn_flag_is_deleted() {
    let (fixture, id) = flagged();
    let deployment = &fixture.deployment;
    judge(deployment, &id, "confirmed", "2026-03-02T12:00:00Z");
    let events = |folder: &Path| -> Vec<Value> {
        let manifest = json(&folder.join("manifest.json"));
        let uuids = manifest.as_object().expect("an object").keys();
        uuids.map(|uuid| json(&folder.join(format!("{uuid}.json")))["Event"].clone()).collect()
    };
    let folder = export(deployment, &["misp"], "feed");
    let first = events(&folder);
    assert_eq!(first.len(), 1);
    let event = &first[0];
    assert_eq!((&event["published"], &event["distribution"]), (&false.into(), &"0".into()));
    assert_eq!(event["date"], "2026-03-02");
    let mut attributes = 0;
    each_object(event, &mut |object| {
        if let Some(to_ids) = object.get("to_ids") {
            // The kind of a link is not for correlation.
            attributes += usize::from(object["disable_correlation"] == false);
            assert_eq!(to_ids, false);
            assert_eq!(object["deleted"], false);
        }
    });
    assert!(attributes > 2);
    let hashes = fs::read_to_string(folder.join("hashes.csv")).expect("a file");
    assert_eq!(hashes.lines().count(), attributes);
    let links = event["Object"].as_array().expect("a list");
    assert!(
        !links.is_empty()
            && links.iter().all(|link| link["ObjectReference"][1]["referenced_uuid"].is_string())
    );
    let tags = event["Tag"].to_string();
    assert!(tags.contains("admiralty-scale:source-reliability") && tags.contains("araneus:export"));

    judge(deployment, &id, "benign", "2026-03-02T13:00:00Z");
    let folder = export(deployment, &["misp"], "feed");
    let second = events(&folder);
    assert_eq!(second[0]["uuid"], event["uuid"]);
    each_object(&second[0], &mut |object| {
        if object.contains_key("to_ids") {
            assert_eq!(object["deleted"], true);
        }
    });
    // Values of withdrawn attributes are not for correlation.
    assert_eq!(fs::read_to_string(folder.join("hashes.csv")).expect("a file"), "");
    let refused = deployment.ask(&["export", "misp", "--distribution", "3", "--to", "wide"]);
    assert_eq!(refused.code, 5, "{}", refused.stderr);
}

#[test]
fn every_format_writes_every_scope() {
    let (fixture, id) = flagged();
    let deployment = &fixture.deployment;
    judge(deployment, &id, "confirmed", "2026-03-02T12:00:00Z");
    let run = deployment.published(RUN_TIMES[0]);
    let entities = run.table("all/entities");
    let sparrow = entities.text("entity_id", entities.only("label", "Ash Sparrow")).to_owned();
    let members = run.table("all/members");
    let community = members.text("community_id", members.only("entity_id", &sparrow)).to_owned();
    let scopes: [&[&str]; 4] =
        [&["--flags"], &["--entity", &sparrow, "--hops", "2"], &["--community", &community], &["--all"]];
    for format in araneus::export::EXPORTS.iter().filter(|format| format.name != "feedback") {
        for (at, scope) in scopes.iter().enumerate() {
            let arguments: Vec<&str> = [format.name].iter().chain(*scope).copied().collect();
            let path = export(deployment, &arguments, &format!("{}-{at}", format.name));
            let files = match format.target {
                araneus::export::Target::File => vec![path],
                araneus::export::Target::Folder => {
                    assert!(path.join("loss.json").exists(), "{}", format.name);
                    fs::read_dir(&path)
                        .expect("a folder")
                        .map(|entry| entry.expect("an entry").path())
                        .collect()
                }
            };
            let bytes: Vec<u8> = files.iter().flat_map(|file| fs::read(file).expect("a file")).collect();
            let text = String::from_utf8_lossy(&bytes);
            assert!(text.contains("Ash Sparrow") || format.name == "parquet", "{} {scope:?}", format.name);
            assert!(!text.contains(REVIEWER), "{} {scope:?}", format.name);
        }
    }
    let partial = fs::read_dir(deployment.path(".")).expect("a folder").map(|entry| entry.expect("an entry"));
    assert_eq!(partial.filter(|entry| entry.file_name().to_string_lossy().contains(".partial")).count(), 0);
}

const TWO_AUDIENCES: &str = "[[source]]\nname = \"quay\"\n[[audience]]\nname = \"partners\"\nclearance = \"TLP:AMBER\"\n\
[[audience]]\nname = \"public\"\nclearance = \"TLP:CLEAR\"\n";

#[test]
fn what_an_audience_may_not_have_is_refused_and_foreign_files_stay() {
    let deployment = Deployment::new(TWO_AUDIENCES).working_in_itself();
    let amber = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82";
    let bundle = format!(
        r#"{{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000001","objects":[{{"type":"tool","spec_version":"2.1",
        "id":"tool--00000000-0000-4000-8000-000000000002","name":"Capstan","object_marking_refs":["{amber}"],
        "created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z"}}]}}"#
    );
    let input = named("quay", deployment.write("in/bundle.json", bundle));
    deployment.run("2026-04-01T00:00:00Z", &[input]).ends_with(0);
    let ask = |arguments: &[&str]| {
        let all: Vec<&str> =
            ["export", "jsonl", "--all", "--to", "out.jsonl"].iter().chain(arguments).copied().collect();
        deployment.ask(&all)
    };
    ask(&[]).ends_with(2);
    ask(&["--audience", "steward"]).ends_with(5);
    ask(&["--audience", "../partners"]).ends_with(5);
    ask(&["--audience", "partners"]).ends_with(0);
    assert!(fs::read_to_string(deployment.path("out.jsonl")).expect("a file").contains("Capstan"));
    ask(&["--audience", "public"]).ends_with(0);
    assert_eq!(fs::read_to_string(deployment.path("out.jsonl")).expect("a file"), "");
    ask(&["--audience", "partners", "--unjudged"]).ends_with(2);

    // The clearance of partners is lower than at the time of the run.
    deployment.configure(&TWO_AUDIENCES.replace("TLP:AMBER", "TLP:GREEN"));
    ask(&["--audience", "partners"]).ends_with(5);
    assert_eq!(fs::read_to_string(deployment.path("out.jsonl")).expect("a file"), "", "nothing was written");

    deployment.write("theirs/nodes.csv", "mine");
    let theirs = ["export", "csv", "--all", "--audience", "public", "--to", "theirs"];
    deployment.ask(&theirs).ends_with(2);
    assert_eq!(fs::read_to_string(deployment.path("theirs/nodes.csv")).expect("a file"), "mine");
    let names: BTreeSet<String> = crate::support::names_in(&deployment.path("theirs")).into_iter().collect();
    assert_eq!(names, BTreeSet::from(["nodes.csv".to_owned()]));
}
