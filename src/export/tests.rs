//! Tests of the exports on a small selection with hostile names.

use std::{collections::BTreeMap, fs};

use serde_json::Value;

use super::*;
use crate::{explain::Verdict, marking::Marking, time::Moment};

const HOSTILE: &str = "=<b>&\"Ash\u{1}";

fn moment(text: &str) -> Moment {
    Moment::parse(text).expect("a time")
}

fn entity(number: u32, kind: &str, label: &str, identifier: &str) -> ExportedEntity {
    ExportedEntity {
        id: format!("entity-{number}"),
        kind: kind.to_owned(),
        label: label.to_owned(),
        aliases: vec!["@alias".to_owned()],
        identifiers: vec![identifier.to_owned()],
        sources: vec!["quay".to_owned()],
        record_count: 1,
        first_seen: Some(moment("2026-01-01T10:00:00Z")),
        last_seen: None,
        recorded_first: moment("2026-01-02T00:00:00Z"),
        recorded_last: moment("2026-01-03T00:00:00Z"),
        confidence: None,
        marking: Marking::Green,
        warning_lists: Vec::new(),
        flags: vec!["flag-1".to_owned()],
    }
}

/// Returns a selection of one flag, two entities and a link. The time of the export is before that of the flag.
fn selection(scope: Scope, judged: Judged) -> Selection {
    let verdict = Verdict {
        value: "confirmed",
        by: "Ana".to_owned(),
        recorded_at: moment("2026-01-04T00:00:00Z"),
        reason: "seen".to_owned(),
    };
    let flag = ExportedFlag {
        id: "flag-1".to_owned(),
        pattern: "community birth".to_owned(),
        title: Some(HOSTILE.to_owned()),
        entity_ids: vec!["entity-1".to_owned(), "entity-2".to_owned()],
        score: 0.5,
        probability: None,
        model_id: None,
        reasons_for: vec!["A reason.".to_owned()],
        reasons_against: Vec::new(),
        source_count: 1,
        first_flagged: moment("2026-02-01T00:00:00Z"),
        state: "judged".to_owned(),
        marking: Marking::Green,
        verdict: Some("confirmed".to_owned()),
        judged,
        verdicts: vec![verdict],
        sources: vec!["quay".to_owned()],
    };
    let link = ExportedLink {
        id: "link-1".to_owned(),
        from: "entity-1".to_owned(),
        to: "entity-2".to_owned(),
        kind: "uses".to_owned(),
        layer: "capability".to_owned(),
        weight: 0.25,
        source_count: 1,
        record_count: 1,
        first_seen: Some(moment("2026-01-01T00:00:00Z")),
        last_seen: Some(moment("2026-01-05T00:00:00Z")),
        recorded_first: moment("2026-01-02T00:00:00Z"),
        recorded_last: moment("2026-01-03T00:00:00Z"),
        confidence: Some(80),
        marking: Marking::Amber,
        amount: None,
        currency: None,
    };
    Selection {
        folder: std::path::PathBuf::new(),
        audience: "all".to_owned(),
        run: "20260201T000000Z".to_owned(),
        scope,
        flags: vec![flag],
        entities: vec![
            entity(1, "threat-actor", HOSTILE, "galaxy:threat-actor:Ash"),
            entity(2, "domain-name", "gull.example", "domain-name:gull.example"),
        ],
        links: vec![link],
        delivered_ids: BTreeMap::new(),
        with_names: false,
        distribution: 0,
        reliability: BTreeMap::from([("quay".to_owned(), "b")]),
        feedback: None,
        obligations: vec![SourceObligations {
            source: "quay".to_owned(),
            agreement: "with-quay".to_owned(),
            obligations: vec!["Name the quay & its <owner>.".to_owned()],
        }],
        exported_at: moment("2026-01-15T00:00:00Z"),
    }
}

/// Returns the files of an export as texts.
fn files(name: &str, selection: &Selection) -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let (names, _) = write(named(name).expect("a format"), selection, folder.path()).expect("an export");
    let read = |name: String| (name.clone(), fs::read_to_string(folder.path().join(name)).expect("a file"));
    names.into_iter().map(read).collect()
}

#[test]
fn each_export_has_a_name_and_a_sentence_of_its_own() {
    for (position, export) in EXPORTS.iter().enumerate() {
        assert!(EXPORTS[..position].iter().all(|other| other.name != export.name), "{}", export.name);
        assert!(export.about.ends_with('.'), "{}", export.name);
        assert_eq!(named(export.name).map(|found| found.name), Some(export.name));
    }
}

#[test]
fn xml_is_escaped_and_keeps_null_apart_from_a_value() {
    let selection = selection(Scope::Flags, Judged::Confirmed);
    let graphml = &files("graphml", &selection)[ONE_FILE];
    assert!(graphml.contains("=&lt;b&gt;&amp;&quot;Ash\u{fffd}"), "{graphml}");
    assert!(graphml.contains(r#"<data key="edge_weight">0.25</data>"#), "{graphml}");
    assert!(!graphml.contains(r#"key="node_confidence">"#), "a null has no value");
    let gexf = &files("gexf", &selection)[ONE_FILE];
    assert!(gexf.contains(r#"<spell start="2026-01-01"/>"#), "{gexf}");
    assert!(gexf.contains(r#"<spell start="2026-01-01" end="2026-01-05"/>"#), "{gexf}");
    assert!(!gexf.contains("<b>") && !gexf.contains('\u{1}'), "{gexf}");
}

#[test]
fn a_name_is_no_formula_in_csv() {
    let csv = files("csv", &selection(Scope::All, Judged::Confirmed));
    assert!(csv["nodes.csv"].contains("'=<b>&"), "{}", csv["nodes.csv"]);
    assert!(csv["nodes.csv"].contains("'@alias") && csv["flags.csv"].contains("'=<b>&"));
    assert!(csv["edges.csv"].starts_with("Source,Target,Type,Id,Label,Weight,"));
}

#[test]
fn json_has_every_value_and_no_name_of_a_reviewer() {
    let mut selection = selection(Scope::Flags, Judged::Confirmed);
    let lines = |selection: &Selection| -> Vec<Value> {
        let text = &files("jsonl", selection)[ONE_FILE];
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let rows = lines(&selection);
    let objects: Vec<&str> = rows.iter().filter_map(|row| row["object"].as_str()).collect();
    assert_eq!(objects, ["obligations", "flag", "entity", "entity", "link"]);
    assert_eq!(rows[2]["label"], HOSTILE);
    assert_eq!((&rows[2]["confidence"], &rows[4]["confidence"]), (&Value::Null, &80.into()));
    assert_eq!(rows[1]["verdicts"][0].get("by"), None);
    selection.with_names = true;
    assert_eq!(lines(&selection)[1]["verdicts"][0]["by"], "Ana");
    let cytoscape: Value = serde_json::from_str(&files("cytoscape", &selection)[ONE_FILE]).expect("JSON");
    assert_eq!(cytoscape["elements"]["edges"][0]["data"]["source"], "entity-1");
    assert_eq!(cytoscape["elements"]["nodes"][0]["data"]["aliases"][0], "@alias");
}

#[test]
fn stix_has_lasting_ids_and_no_version_before_its_creation() {
    let selection = selection(Scope::Flags, Judged::Confirmed);
    let bundle: Value = serde_json::from_str(&files("stix", &selection)[ONE_FILE]).expect("JSON");
    let objects = bundle["objects"].as_array().expect("a list");
    let of = |kind: &str| objects.iter().find(|object| object["type"] == kind).expect("an object");
    let grouping = of("grouping");
    assert_eq!(grouping["id"], format!("grouping--{}", ids::uuid("grouping", "flag-1")));
    assert_eq!(grouping["created"], grouping["modified"], "the export is older than the flag");
    // The id of an observable is that of STIX, so that platforms join it with their own.
    assert_eq!(of("domain-name")["id"].as_str().map(str::len), Some("domain-name--".len() + 36));
    assert_eq!(of("domain-name").get("created"), None);
    assert_eq!(of("relationship")["stop_time"], "2026-01-05T00:00:00.000Z");
    assert_eq!(of("opinion").get("authors"), None);
    let references = grouping["object_refs"].as_array().expect("a list");
    assert_eq!(references.len(), 3, "two entities and the link between them");
    assert!(references.iter().all(|id| objects.iter().any(|object| object["id"] == *id)));
    let marked = |object: &&Value| object["type"] != "marking-definition";
    assert!(objects.iter().filter(marked).all(|object| object["object_marking_refs"].is_array()));
}

#[test]
fn a_referred_object_is_not_copied() {
    let mut selection = selection(Scope::Flags, Judged::Confirmed);
    let id = "threat-actor--5f4a1f1e-2b0d-4a67-9a51-0d8f3b1c2d01";
    selection.delivered_ids.insert("entity-1".to_owned(), vec![id.to_owned()]);
    let text = &files("stix", &selection)[ONE_FILE];
    let bundle: Value = serde_json::from_str(text).expect("JSON");
    let objects = bundle["objects"].as_array().expect("a list");
    assert!(objects.iter().all(|object| object["id"] != id && object["type"] != "threat-actor"));
    let relationship = objects.iter().find(|object| object["type"] == "relationship").expect("a link");
    assert_eq!(relationship["source_ref"], id);
}

#[test]
fn misp_refuses_a_distribution_that_is_wider_than_a_marking() {
    let folder = tempfile::tempdir().expect("a folder");
    for (distribution, is_admitted) in [(0, true), (1, true), (2, false), (3, false)] {
        let mut selection = selection(Scope::Flags, Judged::Confirmed);
        selection.distribution = distribution;
        let written = write(named("misp").expect("a format"), &selection, folder.path());
        assert_eq!(written.is_ok(), is_admitted, "{distribution}");
        assert!(matches!(written, Ok(_) | Err(ExportError::Refused(_))));
    }
}

#[test]
fn a_link_of_a_flag_refers_to_attributes_of_both_ends() {
    let files = files("misp", &selection(Scope::Flags, Judged::Confirmed));
    let name = format!("{}.json", ids::uuid("event", "flag-1"));
    let event: Value = serde_json::from_str(&files[&name]).expect("JSON");
    let event = &event["Event"];
    let attributes = event["Attribute"].as_array().expect("a list");
    let comment_of = |uuid: &Value| {
        let attribute = attributes.iter().find(|attribute| attribute["uuid"] == *uuid).expect("an attribute");
        attribute["comment"].as_str().expect("a text").to_owned()
    };
    let objects = event["Object"].as_array().expect("a list");
    assert_eq!(objects.len(), 1);
    let references = objects[0]["ObjectReference"].as_array().expect("a list");
    let ends: Vec<(&str, String)> = references
        .iter()
        .map(|one| (one["relationship_type"].as_str().expect("a text"), comment_of(&one["referenced_uuid"])))
        .collect();
    assert_eq!(ends[0], ("from", format!("threat-actor: {HOSTILE}")));
    assert_eq!(ends[1], ("to", "domain-name: gull.example".to_owned()));
    assert_eq!(objects[0]["Attribute"][0]["value"], "uses");
    assert_eq!(objects[0]["Attribute"][0]["Tag"][0]["name"], "tlp:amber");
}

#[test]
fn a_revoked_flag_of_misp_has_deleted_attributes_and_no_report() {
    let files = files("misp", &selection(Scope::Flags, Judged::Revoked));
    let name = format!("{}.json", ids::uuid("event", "flag-1"));
    let event: Value = serde_json::from_str(&files[&name]).expect("JSON");
    let attributes = event["Event"]["Attribute"].as_array().expect("a list");
    assert_eq!(attributes.len(), 2);
    assert!(attributes.iter().all(|attribute| attribute["deleted"] == true));
    assert_eq!(event["Event"]["Object"][0]["deleted"], true);
    assert_eq!(event["Event"]["Object"][0]["Attribute"][0]["deleted"], true);
    // The obligations stay; the reasons of the flag go.
    let reports = event["Event"]["EventReport"].as_array().expect("a list");
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0]["name"], "Obligations of the agreements with the sources");
    assert!(!files[&name].contains("Ana") && !files[&name].contains("A reason."));
}
