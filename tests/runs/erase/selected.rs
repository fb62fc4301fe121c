//! Each selection removes what it names, and nothing else.

use std::collections::BTreeSet;

use serde_json::Value;

use super::scan::found;
use crate::support::{Deployment, malware, named};

const TOKENS: [&str; 4] = ["Tokenone", "Tokentwo", "Tokenthree", "Tokenfour"];

/// Returns a deployment after two runs of two sources; the object 1 has a second version.
fn deployment(feeds: &Deployment) -> Deployment {
    let deployment = Deployment::new("[model]\nid = \"rules\"\n");
    let feed = |source: &str, number, name: &str| {
        named(source, feeds.write(&format!("{source}-{name}.json"), malware(number, name)))
    };
    let first = [feed("north", 1, "Tokenone"), feed("south", 1, "Tokentwo")];
    deployment.run("2026-06-01", &first).ends_with(0);
    let second = [feed("north", 1, "Tokenthree"), feed("south", 2, "Tokenfour")];
    deployment.run("2026-06-02", &second).ends_with(0);
    deployment
}

fn present(deployment: &Deployment) -> BTreeSet<String> {
    let folders = ["state", "out"].map(|name| deployment.path(name));
    found(&folders, &TOKENS).into_keys().collect()
}

fn left_after(erase: &[&str]) -> BTreeSet<String> {
    let feeds = Deployment::new("");
    let deployment = deployment(&feeds);
    assert_eq!(present(&deployment).len(), TOKENS.len());
    let command = [&["erase", "--reason", "a test", "--by", "ana"], erase].concat();
    let dry = deployment.ask(&[&command[..], &["--dry-run", "--json"]].concat());
    assert_eq!(present(&deployment).len(), TOKENS.len(), "--dry-run changes nothing");
    let done = deployment.ask(&[&command[..], &["--yes", "--json"]].concat());
    let [dry, done] = [dry, done]
        .map(|output| -> Value { serde_json::from_str(&output.ends_with(0).stdout).expect("JSON") });
    for name in ["records", "rejects", "deliveries", "judgements", "runs", "computed_again"] {
        assert_eq!(dry[name], done[name], "{name}: --dry-run says what happens");
    }
    deployment.ask(&["verify"]).ends_with(0);
    present(&deployment)
}

fn without(removed: &[&str]) -> BTreeSet<String> {
    TOKENS.iter().filter(|token| !removed.contains(token)).map(|token| (*token).to_owned()).collect()
}

#[test]
fn each_selection_removes_what_it_names_and_nothing_else() {
    let object = "malware--00000000-0000-4000-8000-000000000001";
    assert_eq!(left_after(&["--id", object]), without(&["Tokenone", "Tokentwo", "Tokenthree"]));
    assert_eq!(left_after(&["--id", object, "--source", "north"]), without(&["Tokenone", "Tokenthree"]));
    assert_eq!(left_after(&["--source", "south"]), without(&["Tokentwo", "Tokenfour"]));

    let feeds = Deployment::new("");
    let deployment = deployment(&feeds);
    let deliveries = deployment.published("2026-06-02").table("steward/deliveries");
    let row = deliveries.rows().find(|row| deliveries.text("source", *row) == "north").expect("a row");
    let digest = deliveries.text("delivery", row);
    assert_eq!(left_after(&["--delivery", &digest[..12]]), without(&["Tokenthree"]));
    let evidence = deployment.published("2026-06-01").table("all/evidence");
    let row = evidence.rows().find(|row| evidence.text("source", *row) == "north").expect("a row");
    assert_eq!(left_after(&["--record", evidence.text("record_id", row)]), without(&["Tokenone"]));
}

#[test]
fn a_wrong_or_unconfirmed_erasure_changes_nothing() {
    let feeds = Deployment::new("");
    let deployment = deployment(&feeds);
    let object = "malware--00000000-0000-4000-8000-000000000001";
    for (arguments, text) in [
        (vec!["erase", "--id", "malware--none", "--reason", "x", "--yes"], "nothing in the archive matches"),
        (vec!["erase", "--id", object, "--reason", "x"], "--yes"),
        (vec!["erase", "--id", object, "--yes"], "--reason"),
        (vec!["erase", "--reason", "x", "--yes"], "--delivery"),
        (vec!["erase", "--delivery", "ab", "--reason", "x", "--yes"], "too short"),
        (vec!["erase", "--lift", "erasure-none", "--reason", "x"], "no erasure"),
    ] {
        let output = deployment.ask(&arguments);
        assert!(output.ends_with(2).stderr.contains(text), "{arguments:?}: {}", output.stderr);
    }
    assert_eq!(present(&deployment).len(), TOKENS.len());
    assert!(!deployment.path("state/erasures.jsonl").exists());
}
