//! One object at several positions: each position counts, in any order, and a hidden position does not change the
//! visible one. Also: markings in any notation hide an object if they are not understood.

use std::{collections::BTreeMap, fs};

use araneus::{tables, time::Moment};
use serde_json::{Value, json};

use crate::support::{Deployment, named, names_in};

const FIRST: &str = "2024-02-01";
const PARTNERS: &str = "[[audience]]\nname = \"partners\"\nclearance = \"TLP:GREEN\"\n";
const ONE: &str = "00000000-0000-4000-8000-000000000001";
const TWO: &str = "00000000-0000-4000-8000-000000000002";
const CLUSTER: &str = "00000000-0000-4000-8000-000000000003";
const ATTRIBUTE: &str = "00000000-0000-4000-8000-000000000004";

/// Returns an event with a cluster and an attribute that other events also contain.
fn event(uuid: &str, tlp: &str, date: &str) -> Value {
    json!({ "Event": {
        "uuid": uuid, "info": format!("report of {date}"), "date": date, "timestamp": "1704067200",
        "Tag": [{ "name": tlp }],
        "Attribute": [{ "uuid": ATTRIBUTE, "type": "domain", "value": "held.example", "timestamp": "1704067200" }],
        "Galaxy": [{ "type": "threat-actor", "GalaxyCluster": [
            { "uuid": CLUSTER, "type": "threat-actor", "value": "Salt Heron", "tag_name": "misp-galaxy:threat-actor=\"Salt Heron\"" },
        ] }],
    } })
}

/// Runs these events in this order, and returns the files of an audience.
fn published(configuration: &str, events: &[Value], audience: &str) -> BTreeMap<String, Vec<u8>> {
    let deployment = Deployment::new(configuration);
    let path = deployment.write("in/events.json", json!({ "response": events }).to_string());
    deployment.run(FIRST, &[named("misp", path)]).ends_with(0);
    let folder = deployment.published(FIRST).folder.join(audience);
    let read = |name: String| (name.clone(), fs::read(folder.join(name)).expect("a file"));
    names_in(&folder).into_iter().map(read).collect()
}

fn equal(one: &BTreeMap<String, Vec<u8>>, other: &BTreeMap<String, Vec<u8>>, case: &str) {
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    for (name, bytes) in one {
        assert!(*bytes == other[name], "{case}: {name} differs");
    }
}

#[test]
fn a_hidden_event_with_the_same_attribute_does_not_change_the_visible_event() {
    let (hidden, open) = (event(ONE, "tlp:red", "2024-01-01"), event(TWO, "tlp:green", "2024-01-02"));
    let without = published(PARTNERS, std::slice::from_ref(&open), "partners");
    for events in [[hidden.clone(), open.clone()], [open, hidden]] {
        equal(&published(PARTNERS, &events, "partners"), &without, "with and without a hidden event");
    }
}

#[test]
fn each_event_has_a_link_to_its_attribute_in_any_order() {
    let (one, two) = (event(ONE, "tlp:green", "2024-01-01"), event(TWO, "tlp:green", "2024-01-02"));
    let output = published("", &[one.clone(), two.clone()], "all");
    equal(&output, &published("", &[two.clone(), one.clone()], "all"), "the order of events");
    let deployment = Deployment::new("");
    let path = deployment.write("in/events.json", json!({ "response": [one, two] }).to_string());
    deployment.run(FIRST, &[named("misp", &path)]).ends_with(0);
    let run = deployment.published(FIRST);
    let (entities, links) = (run.table("all/entities"), run.table("all/links"));
    let held = entities.text("entity_id", entities.only("label", "held.example")).to_owned();
    let links_to_attribute = links
        .rows()
        .filter(|&row| [links.text("from_id", row), links.text("to_id", row)].contains(&held.as_str()));
    assert_eq!(links_to_attribute.count(), 2);
    // The same delivery in the next run gives the same results.
    deployment.run("2024-02-02", &[named("misp", path)]).ends_with(0);
    let changes = deployment.published("2024-02-02").table("all/changes");
    assert_eq!(changes.rows().len(), 0);
}

/// Returns the labels of a document that partners see.
fn shown(configuration: &str, document: &Value) -> Vec<String> {
    let deployment = Deployment::new(&format!("{configuration}{PARTNERS}"));
    let path = deployment.write("in/document.json", document.to_string());
    let output = deployment.run(FIRST, &[named("feed", path)]);
    assert!([0, 3].contains(&output.code), "{}", output.stderr);
    let entities = deployment.published(FIRST).table("partners/entities");
    entities.rows().map(|row| entities.text("label", row).to_owned()).collect()
}

#[test]
fn markings_in_any_notation_hide_objects_if_not_understood() {
    let attribute = |more: Value| {
        let mut attribute = json!({
            "uuid": ATTRIBUTE, "type": "domain", "value": "secret.example", "timestamp": "1704067200", "distribution": "3",
        });
        attribute.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        attribute
    };
    let in_event =
        |distribution: &str| json!({ "Event": { "uuid": ONE, "info": "x", "distribution": distribution } });
    let searched = |more: Value| json!({ "response": { "Attribute": [attribute(more)] } });
    assert!(shown("", &searched(in_event("3"))).contains(&"secret.example".to_owned()));
    assert!(
        shown("", &searched(in_event("0"))).is_empty(),
        "the event of an attribute that was searched for"
    );
    let tagged = |member: &str| json!({ member: [{ "Tag": { "name": "tlp:red" } }] });
    assert!(shown("", &searched(tagged("AttributeTag"))).is_empty());
    let whole = |more: Value| {
        let mut event = json!({
            "uuid": ONE, "info": "x", "date": "2024-01-01", "distribution": "3", "Attribute": [attribute(json!({}))],
        });
        event.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        json!({ "Event": event })
    };
    assert!(!shown("", &whole(json!({}))).is_empty());
    assert!(shown("", &whole(tagged("EventTag"))).is_empty());
    assert!(shown("", &whole(json!({ "distribution": [3] }))).is_empty());
}

#[test]
fn a_marking_of_one_property_does_not_open_another() {
    let green = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da";
    let red = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed";
    let malware = |more: Value| {
        let mut malware = json!({
            "type": "malware", "spec_version": "2.1", "id": format!("malware--{ONE}"), "name": "Brinewick", "is_family": true,
            "created": "2024-01-01T00:00:00Z", "modified": "2024-01-01T00:00:00Z",
        });
        malware.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        malware
    };
    let of_name = json!([{ "marking_ref": green, "selectors": ["name"] }]);
    let partly = malware(json!({ "granular_markings": of_name }));
    assert!(shown("", &partly).is_empty());
    let of_source = |marking: &str| format!("[[source]]\nname = \"feed\"\nmarking = \"{marking}\"\n");
    assert!(shown(&of_source("TLP:RED"), &partly).is_empty());
    assert_eq!(shown(&of_source("TLP:CLEAR"), &partly), ["Brinewick"]);
    let whole = malware(json!({ "granular_markings": of_name, "object_marking_refs": [green] }));
    assert_eq!(shown("", &whole), ["Brinewick"]);
    let misspelt = json!([{ "marking_refs": [red], "selectors": ["name"] }]);
    let misspelt = malware(json!({ "granular_markings": misspelt, "object_marking_refs": [green] }));
    assert!(shown("", &misspelt).is_empty());
}

#[test]
fn a_hidden_object_with_the_same_key_does_not_date_the_visible_object() {
    let configuration = format!("[[source]]\nname = \"feed\"\nrecorded_at = \"object\"\n{PARTNERS}");
    let malware = |marking: &str, modified: &str| {
        let marking = match marking {
            "red" => "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
            _ => "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
        };
        json!({
            "type": "malware", "spec_version": "2.1", "id": format!("malware--{ONE}"), "name": marking, "is_family": true,
            "created": "2024-01-01T00:00:00Z", "modified": modified, "object_marking_refs": [marking],
        })
    };
    let shown = |first: &[Value]| {
        let deployment = Deployment::new(&configuration);
        let bundle = |objects: &[Value]| json!({ "type": "bundle", "id": format!("bundle--{TWO}"), "objects": objects });
        let deliver = |run: &str, objects: &[Value]| {
            let path = deployment.write("in/bundle.json", bundle(objects).to_string());
            deployment.run(run, &[named("feed", path)]).ends_with(0);
        };
        deliver(FIRST, first);
        deliver("2024-02-02", &[malware("green", "2024-01-10T00:00:00Z")]);
        deliver("2024-02-03", &[malware("green", "2024-01-05T00:00:00Z")]);
        ["2024-02-02", "2024-02-03"].map(|run| {
            let folder = deployment.published(run).folder.join("partners");
            let read = |name: String| (name.clone(), fs::read(folder.join(name)).expect("a file"));
            let entities = tables::read_table(&folder.join("entities.arrow")).expect("a table");
            let recorded_last = entities.time("recorded_last").expect("times")[0].map(Moment::from_micros);
            let recorded_last = recorded_last.expect("a moment").to_string();
            (names_in(&folder).into_iter().map(read).collect::<BTreeMap<_, _>>(), recorded_last)
        })
    };
    let (with, without) = (shown(&[malware("red", "2024-01-20T00:00:00Z")]), shown(&[]));
    for (with, without) in with.iter().zip(&without) {
        equal(&with.0, &without.0, "with and without the hidden object");
    }
    // An object dated before recorded objects has the recorded time of its own run.
    assert_eq!(with[0].1, "2024-01-10T00:00:00Z");
    assert_eq!(with[1].1, "2024-02-03T23:59:59.999999Z");
}

#[test]
fn an_archive_without_its_pointer_is_damaged_and_not_empty() {
    let deployment = Deployment::new("");
    let path = deployment.write("in/events.json", json!([event(ONE, "tlp:green", "2024-01-01")]).to_string());
    deployment.run(FIRST, &[named("misp", &path)]).ends_with(0);
    let pointer = deployment.path("state/current");
    fs::remove_file(&pointer).expect("the pointer");
    let output = deployment.run("2024-02-02", &[named("misp", path)]);
    output.ends_with(7);
    assert!(output.stderr.contains("current"), "{}", output.stderr);
}

#[test]
fn a_relationship_whose_end_is_not_an_id_keeps_its_id() {
    let deployment = Deployment::new("[[source]]\nname = \"feed\"\nmode = \"snapshot\"\n");
    let malware = |uuid: &str| json!({ "type": "malware", "id": format!("malware--{uuid}"), "name": uuid, "is_family": true });
    let bundle = |objects: &[Value]| {
        json!({ "type": "bundle", "id": format!("bundle--{TWO}"), "objects": objects }).to_string()
    };
    let path = deployment.write("in/bundle.json", bundle(&[malware(ONE), malware(TWO)]));
    deployment.run(FIRST, &[named("feed", &path)]).ends_with(0);
    let relationship = json!({
        "type": "relationship", "id": format!("relationship--{CLUSTER}"), "relationship_type": "uses",
        "source_ref": "nonsense", "target_ref": format!("malware--{ONE}"),
    });
    deployment.write("in/bundle.json", bundle(&[malware(ONE), relationship]));
    deployment.run("2024-02-02", &[named("feed", path)]).ends_with(3);
    let run = deployment.published("2024-02-02");
    let rejects = run.table("steward/rejects");
    assert_eq!(rejects.text("object_id", 0), format!("relationship--{CLUSTER}"));
    assert_eq!(run.table("steward/deliveries").sum("withdrawn"), 1);
}
