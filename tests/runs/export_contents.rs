//! Contents of exports: read again they give the same network, a hidden record changes none of them, and feedback is
//! about one source only.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use araneus::{
    export::{self, ExportRequest, Scope},
    run,
    time::Moment,
};
use serde_json::{Value, json};

use crate::support::{Deployment, PublishedRun, malware, named};

const AS_OF: &str = "2026-04-01T00:00:00Z";
const CLEAR: &str = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9";
const GREEN: &str = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da";
const AMBER: &str = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82";
const STRICT: &str = "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003";
const RED: &str = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed";

fn id(kind: &str, number: u32) -> String {
    format!("{kind}--00000000-0000-4000-8000-{number:012}")
}

/// A STIX object with its marking and further properties.
fn object(kind: &str, number: u32, marking: &str, more: Value) -> Value {
    let mut object = json!({
        "type": kind, "spec_version": "2.1", "id": id(kind, number), "object_marking_refs": [marking],
        "created": "2026-01-01T00:00:00Z", "modified": "2026-01-02T00:00:00Z",
    });
    let Value::Object(more) = more else { panic!("more properties are an object") };
    object.as_object_mut().expect("an object").extend(more);
    object
}

fn link(number: u32, marking: &str, (from, kind, to): (String, &str, String)) -> Value {
    let ends = json!({ "source_ref": from, "relationship_type": kind, "target_ref": to });
    object("relationship", number, marking, ends)
}

fn bundle(objects: &[Value]) -> String {
    json!({ "type": "bundle", "id": id("bundle", 1), "objects": objects }).to_string()
}

fn stix() -> String {
    let group = json!({
        "name": "Grey \"Heron\" <b>&", "aliases": ["Ash Egret"], "first_seen": "2025-11-01T00:00:00Z",
        "external_references": [{ "source_name": "mitre-attack", "external_id": "G0007" }],
    });
    let digest = "9e107d9d372bb6826bd81d3542a419d6";
    bundle(&[
        object("intrusion-set", 1, GREEN, group),
        object("malware", 2, AMBER, json!({ "name": "Tidewash", "is_family": true })),
        object("domain-name", 3, CLEAR, json!({ "value": "Gull.example" })),
        object("file", 4, RED, json!({ "name": "=cmd.exe", "hashes": { "MD5": digest } })),
        object("vulnerability", 5, GREEN, json!({ "name": "CVE-2025-0001" })),
        object(
            "indicator",
            6,
            STRICT,
            json!({ "name": "Host", "pattern": "[domain-name:value = 'gull.example']", "pattern_type": "stix",
                    "valid_from": "2026-01-01T00:00:00Z" }),
        ),
        object(
            "report",
            7,
            AMBER,
            json!({ "name": "Weekly", "published": "2026-01-01T00:00:00Z",
                    "object_refs": [id("malware", 2), id("intrusion-set", 1)] }),
        ),
        object(
            "attack-pattern",
            8,
            CLEAR,
            json!({ "name": "Phishing",
            "external_references": [{ "source_name": "mitre-attack", "external_id": "T1566" }] }),
        ),
        object("x-harbour-berth", 9, GREEN, json!({ "name": "Berth 9" })),
        link(20, GREEN, (id("intrusion-set", 1), "uses", id("malware", 2))),
        link(21, RED, (id("malware", 2), "communicates-with", id("domain-name", 3))),
        link(22, STRICT, (id("malware", 2), "exploits", id("vulnerability", 5))),
        link(23, CLEAR, (id("intrusion-set", 1), "uses", id("attack-pattern", 8))),
        link(24, AMBER, (id("x-harbour-berth", 9), "related-to", id("file", 4))),
    ])
}

fn misp() -> String {
    let attribute = |number: u32, kind: &str, value: &str| json!({ "uuid": id("", number)[2..], "type": kind, "value": value, "to_ids": false, "timestamp": "1777000000" });
    json!({ "Event": {
        "uuid": id("", 50)[2..], "info": "Phishing", "date": "2026-03-24", "timestamp": "1777000000",
        "Tag": [{ "name": "tlp:amber" }],
        "Attribute": [attribute(51, "domain", "heron.example"), attribute(52, "ip-dst", "192.0.2.7"), attribute(53, "mutex", "a:b")],
    } })
    .to_string()
}

fn follow_the_money() -> String {
    let lines = [
        json!({ "id": "c1", "schema": "Company", "properties": { "name": ["Heron Shipping"], "leiCode": ["7LTWFZYICNSX8D621K86"] } }),
        json!({ "id": "p1", "schema": "Person", "properties": { "name": ["Ada Tern"] } }),
        json!({ "id": "o1", "schema": "Ownership", "properties": { "owner": ["p1"], "asset": ["c1"] } }),
    ];
    lines.map(|line| line.to_string()).join("\n")
}

/// An entity by kind, identifiers and label.
type EntityKey = (String, Vec<String>, String);
/// A link by its ends, kind, layer and marking.
type LinkKey = (EntityKey, EntityKey, String, String, String);

fn network(run: &PublishedRun) -> (BTreeSet<EntityKey>, BTreeSet<LinkKey>) {
    let (entities, links) = (run.table("all/entities"), run.table("all/links"));
    let key = |row: usize| {
        let text = |column| entities.text(column, row).to_owned();
        (text("kind"), entities.texts("identifiers", row).to_vec(), text("label"))
    };
    let keys: BTreeMap<&str, EntityKey> =
        entities.rows().map(|row| (entities.text("entity_id", row), key(row))).collect();
    let links = links.rows().map(|row| {
        let text = |column| links.text(column, row).to_owned();
        let end = |column| keys[links.text(column, row)].clone();
        (end("from_id"), end("to_id"), text("kind"), text("layer"), text("marking"))
    });
    (keys.values().cloned().collect(), links.collect())
}

#[test]
fn an_empty_archive_reads_the_same_network_from_stix_and_misp() {
    let first = Deployment::new("[[source]]\nname = \"registry\"\nmarking = \"TLP:GREEN\"\n");
    let inputs = [
        named("quay", first.write("quay/bundle.json", stix())),
        named("cert", first.write("cert/event.json", misp())),
        named("registry", first.write("registry/entities.jsonl", follow_the_money())),
    ];
    first.run(AS_OF, &inputs).ends_with(0);
    let (entities, links) = network(&first.published(AS_OF));
    assert!(entities.len() >= 14 && links.len() >= 12, "{} entities, {} links", entities.len(), links.len());
    for (format, files) in [("stix", ""), ("misp", "/*-*.json")] {
        let to = first.path(format).display().to_string();
        first.ask(&["export", format, "--all", "--to", &to]).ends_with(0);
        let second = Deployment::new("");
        second.run(AS_OF, &[named("copy", format!("{to}{files}"))]).ends_with(0);
        let (entities_again, links_again) = network(&second.published(AS_OF));
        let missing: Vec<_> = entities.symmetric_difference(&entities_again).collect();
        assert!(missing.is_empty(), "{format}: {missing:#?}");
        let missing: Vec<_> = links.symmetric_difference(&links_again).collect();
        assert!(missing.is_empty(), "{format}: {missing:#?}");
    }
    let losses = fs::read_to_string(first.path("misp/loss.json")).expect("a file");
    for lost in ["weight", "source_count", "entity_id"] {
        assert!(losses.contains(lost), "{lost} is a loss");
    }
}

/// Returns the files of every export for an audience, at a fixed time.
fn exports(deployment: &Deployment, audience: &str, source: &str) -> BTreeMap<String, Vec<u8>> {
    let mut config = run::read_config(&deployment.path("araneus.toml")).expect("a configuration");
    (config.state, config.out) = (deployment.path("state"), deployment.path("out"));
    let mut files = BTreeMap::new();
    for format in export::EXPORTS {
        let is_feedback = format.name == "feedback";
        for scope in [Scope::Flags, Scope::All] {
            let request = ExportRequest {
                config: &config,
                run: None,
                audience: Some(audience),
                scope: scope.clone(),
                with_unjudged: true,
                with_names: true,
                distribution: 0,
                source: is_feedback.then_some(source),
                exported_at: Moment::parse("2026-05-01T00:00:00Z").expect("a time"),
            };
            let selection = export::select(&request).expect("a selection");
            let folder = tempfile::tempdir().expect("a folder");
            let (names, losses) = export::write(format, &selection, folder.path()).expect("an export");
            for name in names {
                let bytes = fs::read(folder.path().join(&name)).expect("a file");
                files.insert(format!("{} {scope:?} {name}", format.name), bytes);
            }
            files.insert(format!("{} {scope:?} losses", format.name), losses.to_json("").to_string().into());
        }
    }
    files
}

#[test]
fn a_hidden_record_changes_no_byte_of_an_export() {
    let configuration = "[[source]]\nname = \"quay\"\n[[source]]\nname = \"pier\"\nmarking = \"TLP:RED\"\n\
        [[audience]]\nname = \"partners\"\nclearance = \"TLP:GREEN\"\n";
    let hidden = bundle(&[
        object("intrusion-set", 1, RED, json!({ "name": "Hidden name", "aliases": ["Hidden alias"] })),
        object("tool", 30, RED, json!({ "name": "Hidden tool" })),
        link(31, RED, (id("intrusion-set", 1), "uses", id("tool", 30))),
    ]);
    let [with, without] = [true, false].map(|is_with| {
        let deployment = Deployment::new(configuration);
        let mut inputs = vec![named("quay", deployment.write("quay/bundle.json", stix()))];
        if is_with {
            inputs.push(named("pier", deployment.write("pier/hidden.json", &hidden)));
        }
        deployment.run(AS_OF, &inputs).ends_with(0);
        exports(&deployment, "partners", "quay")
    });
    assert_eq!(with.keys().collect::<Vec<_>>(), without.keys().collect::<Vec<_>>());
    assert!(with.len() > 40, "{} files", with.len());
    for (name, bytes) in &with {
        assert!(*bytes == without[name], "{name} differs by what partners may not see");
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("Hidden") && !text.contains("TLP:RED"), "{name}");
    }
    let shown = String::from_utf8_lossy(&with["jsonl All export"]).into_owned();
    assert!(shown.contains("Grey") && !shown.contains("Tidewash"), "partners see what is TLP:GREEN only");
}

#[test]
fn feedback_is_about_one_source_only() {
    let configuration = "[[source]]\nname = \"quay\"\nexpect = \"24h\"\n[[source]]\nname = \"pier\"\n";
    let bad = r#"{"type":"tool","id":"not an id","name":"Windlass"}"#;
    let [with, without] = [true, false].map(|is_with| {
        let deployment = Deployment::new(configuration);
        let quay = format!("[{},{bad}]", malware(1, "Tidewash"));
        let pier = format!("[{},{bad},{bad}]", malware(2, "Otherfoot"));
        let mut inputs = vec![named("quay", deployment.write("quay/first.json", quay))];
        if is_with {
            inputs.push(named("pier", deployment.write("pier/theirs.json", pier)));
        }
        deployment.run("2026-04-01T00:00:00Z", &inputs).ends_with(3);
        let changed = format!("[{},{bad}]", malware(1, "Other name"));
        let mut inputs = vec![named("quay", deployment.write("quay/second.json", changed))];
        if is_with {
            let changed = format!("[{},{bad}]", malware(2, "Other foot"));
            inputs.push(named("pier", deployment.write("pier/theirs-again.json", changed)));
        }
        deployment.run("2026-04-02T00:00:00Z", &inputs);
        let second = exports(&deployment, "all", "quay");
        deployment.run("2026-04-05T00:00:00Z", &[]);
        (second, exports(&deployment, "all", "quay"))
    });
    let name = "feedback All export";
    let feedback =
        |files: &BTreeMap<String, Vec<u8>>| -> Value { serde_json::from_slice(&files[name]).expect("JSON") };
    assert_eq!(feedback(&with.0), feedback(&without.0));
    assert_eq!(feedback(&with.1), feedback(&without.1));
    let second = feedback(&with.0);
    assert_eq!(second["silent_changes"][0]["objects"], 1);
    assert_eq!(second["silent_changes"][0]["file"], "second.json");
    assert_eq!(second["rejects"].as_array().map(Vec::len), Some(1));
    assert_eq!(second["rejects"][0]["rule"], "bad-id");
    assert_eq!(second["overdue_days"], Value::Null, "the last delivery is of this run");
    assert_eq!(feedback(&with.1)["overdue_days"], 2.0, "a day was expected, and three have passed");
}
