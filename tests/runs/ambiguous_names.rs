//! A name of several entities is answered with their list, and `KIND:NAME` selects one of them.

use serde_json::{Value, json};

use crate::support::{Deployment, named};

const AS_OF: &str = "2026-03-02T02:00:00Z";

fn object(kind: &str, number: u32, name: &str, aliases: &[&str]) -> Value {
    json!({
        "type": kind, "spec_version": "2.1", "id": format!("{kind}--00000000-0000-4000-8000-{number:012}"),
        "created": "2026-02-01T00:00:00Z", "modified": "2026-02-01T00:00:00Z", "name": name, "aliases": aliases,
        "is_family": true,
    })
}

fn deployment() -> Deployment {
    let deployment = Deployment::new("");
    let objects = [
        object("intrusion-set", 1, "Reed Warbler", &["Tidewrack"]),
        object("malware", 2, "Tidewrack", &[]),
        object("malware", 3, "Sedge", &[]),
        object("tool", 4, "Sedge", &[]),
        object("tool", 5, "sedge", &[]),
    ];
    let bundle = json!({ "type": "bundle", "objects": objects });
    let file = deployment.write("warbler/a.json", bundle.to_string());
    deployment.run(AS_OF, &[named("warbler", file)]).ends_with(0);
    deployment
}

#[test]
fn an_ambiguous_name_is_answered_with_a_list_and_no_entity_is_chosen() {
    let deployment = deployment();
    let output = deployment.ask(&["explain", "Tidewrack"]);
    for texts in ["malware:Tidewrack", "intrusion-set:Tidewrack", "Reed Warbler"] {
        assert!(output.ends_with(2).stderr.contains(texts), "{texts}: {}", output.stderr);
    }
    assert!(output.stdout.is_empty(), "{}", output.stdout);
    for question in [&["explain", "Tidewrack", "--json"][..], &["explain", "Sedge", "tidewrack", "--json"]] {
        let output = deployment.ask(question);
        let list: Value = serde_json::from_str(&output.ends_with(2).stdout).expect("a list");
        let rows = list.as_array().expect("a list");
        assert!(rows.len() >= 2, "{list}");
        // The name in each row of the list selects exactly that entity.
        for row in rows {
            let ask = row["ask"].as_str().expect("a text");
            let answer = deployment.ask(&["explain", ask, "--json"]);
            let answer: Value = serde_json::from_str(&answer.ends_with(0).stdout).expect("JSON");
            assert_eq!(answer["entity"]["id"], row["id"], "{ask}");
        }
    }
}

#[test]
fn a_kind_before_a_name_selects_the_entity() {
    let deployment = deployment();
    let ask = |texts: &[&str]| -> Value {
        let output = deployment.ask(&[&["explain"], texts, &["--json"]].concat());
        serde_json::from_str(&output.ends_with(0).stdout).expect("JSON")
    };
    let of_kind = |text: &str| ask(&[text])["entity"]["kind"].clone();
    assert_eq!(of_kind("malware:Tidewrack"), "malware");
    assert_eq!(of_kind("intrusion-set:tidewrack"), "intrusion-set");
    assert_eq!(of_kind("malware:Sedge"), "malware");
    assert_eq!(of_kind("Reed Warbler"), "intrusion-set");
    assert_eq!(ask(&["malware:Tidewrack", "malware:Sedge"])["question"], "why two");
    assert_eq!(ask(&["intrusion-set:Tidewrack", "Reed Warbler"])["question"], "why one");
    deployment.ask(&["explain", "campaign:Tidewrack"]).ends_with(2);
    // Two tools with one name can be selected by their ids only.
    let output = deployment.ask(&["explain", "tool:Sedge"]);
    assert!(output.ends_with(2).stderr.contains("entity-"), "{}", output.stderr);
}
