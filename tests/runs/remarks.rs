//! Accepted objects that contradict their format, and objects that were revoked.

use serde_json::{Value, json};

use crate::support::{Deployment, PublishedRun, named};

const RUNS: [&str; 4] =
    ["2026-03-02T02:00:00Z", "2026-03-03T02:00:00Z", "2026-03-04T02:00:00Z", "2026-03-05T02:00:00Z"];

fn actor(name: &str, modified: &str, revoked: bool) -> Value {
    json!({ "type": "threat-actor", "id": "threat-actor--00000000-0000-4000-8000-000000000001", "name": name,
        "created": "2026-01-01T00:00:00Z", "modified": modified, "revoked": revoked })
}

fn bundle(objects: &[Value]) -> String {
    json!({ "type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000001", "objects": objects })
        .to_string()
}

fn deliver(deployment: &Deployment, run: &str, objects: &[Value]) -> (PublishedRun, String) {
    let name = format!("in/{}/bundle.json", run.replace(':', ""));
    let inputs = [named("partner", deployment.write(&name, bundle(objects)))];
    let output = deployment.run_with(run, &inputs, &["--json"]);
    output.ends_with(0);
    (deployment.published(run), output.stdout)
}

/// Returns `object remark` of each row of the table.
fn remarks(run: &PublishedRun) -> Vec<String> {
    let table = run.table("steward/remarks");
    let text = |row| format!("{} {}", table.text("object_id", row), table.text("remark", row));
    table.rows().map(text).collect()
}

fn labels(run: &PublishedRun) -> Vec<String> {
    let entities = run.table("all/entities");
    let mut labels: Vec<String> = entities.rows().map(|row| entities.text("label", row).to_owned()).collect();
    labels.sort();
    labels
}

#[test]
fn remarks_are_counted_and_named_and_the_objects_are_kept() {
    let deployment = Deployment::new("");
    let indicator = json!({ "type": "indicator", "id": "indicator--00000000-0000-4000-8000-000000000002",
        "created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z", "name": "Odd",
        "pattern_type": "stix", "pattern": "[domain-name:value = ", "valid_from": "2026-01-01T00:00:00Z" });
    let domain = json!({ "type": "domain-name", "id": "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7",
        "value": "a.example" });
    let (run, words) = deliver(&deployment, RUNS[0], &[indicator.clone(), domain.clone()]);
    let expected = [
        "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7 other-id",
        "indicator--00000000-0000-4000-8000-000000000002 unread-pattern",
    ];
    assert_eq!(remarks(&run), expected);
    let answer: Value = serde_json::from_str(&words).expect("JSON");
    assert_eq!(answer["remarks"], json!({ "other-id": 1, "unread-pattern": 1 }));
    assert_eq!(labels(&run), ["Odd", "a.example"], "both are kept");
    // The remarks hold in each run that has the records.
    let (run, _) = deliver(&deployment, RUNS[1], &[actor("Grey Heron", RUNS[0], false)]);
    assert_eq!(remarks(&run), expected);
}

#[test]
fn two_contents_of_one_version_are_both_kept_and_reported() {
    let deployment = Deployment::new("");
    let (run, _) = deliver(&deployment, RUNS[0], &[actor("Grey Heron", "2026-02-01T00:00:00Z", false)]);
    assert!(remarks(&run).is_empty());
    let (run, _) = deliver(&deployment, RUNS[1], &[actor("Night Owl", "2026-02-01T00:00:00Z", false)]);
    let conflict = "threat-actor--00000000-0000-4000-8000-000000000001 version-conflict";
    assert_eq!(remarks(&run), [conflict]);
    let table = run.table("steward/remarks");
    assert_ne!(table.text("record_id", 0), table.text("other_record_id", 0));
    // Another version is no conflict, and the earlier one stays reported.
    let (run, _) = deliver(&deployment, RUNS[2], &[actor("Night Owl", "2026-02-02T00:00:00Z", false)]);
    assert_eq!(remarks(&run), [conflict]);
}

#[test]
fn a_revocation_is_permanent() {
    let deployment = Deployment::new("");
    let other = json!({ "type": "threat-actor", "id": "threat-actor--00000000-0000-4000-8000-000000000009",
        "name": "Copperleaf", "created": RUNS[0], "modified": RUNS[0] });
    let first = [actor("Grey Heron", "2026-02-01T00:00:00Z", false), other];
    assert_eq!(labels(&deliver(&deployment, RUNS[0], &first).0), ["Copperleaf", "Grey Heron"]);
    let revoked = [actor("Grey Heron", "2026-02-02T00:00:00Z", true)];
    assert_eq!(labels(&deliver(&deployment, RUNS[1], &revoked).0), ["Copperleaf"]);
    // A producer must not make another version of a revoked object.
    let back = [actor("Grey Heron", "2026-02-03T00:00:00Z", false)];
    assert_eq!(labels(&deliver(&deployment, RUNS[2], &back).0), ["Copperleaf"]);
    assert_eq!(labels(&deliver(&deployment, RUNS[3], &[]).0), ["Copperleaf"]);
    // A run of the past knows no revocation yet.
    deployment.ask(&["run", "--replay", "--as-of", RUNS[0]]).ends_with(0);
    assert_eq!(labels(&deployment.published(RUNS[0])), ["Copperleaf", "Grey Heron"]);
}

#[test]
fn a_revocation_that_an_audience_may_not_see_does_not_exist_for_it() {
    let configuration = "[[audience]]\nname = \"partners\"\nclearance = \"TLP:GREEN\"\n\
        [[source]]\nname = \"partner\"\nmarking = \"TLP:GREEN\"\n";
    let deployment = Deployment::new(configuration);
    let red = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed";
    let mut hidden = actor("Grey Heron", "2026-02-02T00:00:00Z", true);
    hidden["object_marking_refs"] = json!([red]);
    for (run, object) in [
        (RUNS[0], actor("Grey Heron", "2026-02-01T00:00:00Z", false)),
        (RUNS[1], hidden),
        (RUNS[2], actor("Grey Heron", "2026-02-03T00:00:00Z", false)),
    ] {
        deliver(&deployment, run, &[object]);
    }
    let entities = deployment.published(RUNS[2]).table("partners/entities");
    assert_eq!(entities.rows().count(), 1);
}
