//! The audit log has an entry for each action, and none for a command that only reads.

use std::{fs, os::unix::fs::PermissionsExt as _};

use serde_json::Value;

use crate::{
    fixtures::{Fixture, RUN_TIMES, background::CONFIGURATION},
    review_client::Review,
    support::{Deployment, malware, named, run_folder_name},
};

/// Returns the entries of the log, after the first ones.
fn entries(deployment: &Deployment, after: usize) -> Vec<Value> {
    let output = deployment.ask(&["audit", "--json"]);
    let all: Value = serde_json::from_str(&output.ends_with(0).stdout).expect("JSON");
    all.as_array().expect("entries").iter().skip(after).cloned().collect()
}

/// Returns the action, the person, the audience and the kinds of subjects of an entry.
fn shown(entry: &Value) -> String {
    let kinds: Vec<&str> = entry["subjects"]
        .as_array()
        .expect("subjects")
        .iter()
        .flat_map(|subject| subject.as_object().expect("an object").keys().map(String::as_str))
        .collect();
    let text = |key: &str| entry[key].as_str().unwrap_or("-");
    format!("{} {} {} {}", text("action"), text("by"), text("audience"), kinds.join(" "))
}

/// Returns the text of the first subject of this kind.
fn subject<'a>(entry: &'a Value, kind: &str) -> &'a str {
    let subjects = entry["subjects"].as_array().expect("subjects");
    subjects.iter().find_map(|subject| subject[kind].as_str()).expect("a subject of the kind")
}

#[test]
fn each_action_has_an_entry_and_reading_has_none() {
    let fixture = Fixture::after_emergence(CONFIGURATION);
    let deployment = &fixture.deployment;
    let published = entries(deployment, 0);
    assert!(published.len() >= 2, "one entry for each run");
    let last = published.last().expect("an entry");
    assert!(shown(last).starts_with("published ") && shown(last).ends_with(" all run manifest"), "{last}");
    assert_eq!(subject(last, "run"), run_folder_name(RUN_TIMES[0]));
    let manifest =
        fs::read(deployment.published(RUN_TIMES[0]).folder.join("manifest.json")).expect("a manifest");
    assert_eq!(subject(last, "manifest"), blake3::hash(&manifest).to_hex().as_str());

    let before = published.len();
    for reading in [
        &["queue"][..],
        &["explain", "1"],
        &["diff"],
        &["verify"],
        &["judgements", "list"],
        &["gc", "--dry-run"],
        &["audit"],
    ] {
        deployment.ask(reading).ends_with(0);
    }
    assert_eq!(entries(deployment, before), [] as [Value; 0], "reading has no entry");

    let reason = "seen by Ben Quillfeather";
    let judge = ["judgements", "add", "1", "confirmed", "--by", "ana", "--reason", reason];
    for _ in 0..2 {
        deployment.ask(&judge[..]).ends_with(0);
    }
    let to = deployment.path("graph.json").display().to_string();
    deployment.ask(&["export", "stix", "--to", &to]).ends_with(0);
    let folder = deployment.path("tables").display().to_string();
    deployment.ask(&["export", "csv", "--all", "--to", &folder]).ends_with(0);
    drop(Review::open(deployment, &["--by", "ben"]));
    deployment.ask(&["models", "use", "flags", "default", "--by", "ana", "--reason", reason]).ends_with(0);
    deployment.ask(&["undo", "--yes"]).ends_with(0);
    let acted = entries(deployment, before);
    let actions: Vec<&str> = acted.iter().filter_map(|entry| entry["action"].as_str()).collect();
    assert_eq!(actions, ["judged", "judged", "exported", "exported", "reviewed", "used", "undone"]);
    assert_eq!(shown(&acted[0]), "judged ana - judgement flag");
    let exported = fs::read(deployment.path("graph.json")).expect("a file");
    assert_eq!(subject(&acted[2], "file"), blake3::hash(&exported).to_hex().as_str());
    assert!(shown(&acted[3]).contains("all format run file file"), "{}", acted[3]);
    assert_eq!(shown(&acted[4]), "reviewed ben all run");
    assert_eq!(shown(&acted[5]), "used ana - outcome model");
    let text = fs::read_to_string(deployment.path("state/audit.jsonl")).expect("a log");
    assert!(
        !text.contains("Quillfeather") && !text.contains("graph.json"),
        "no free text and no path: {text}"
    );

    let listed = deployment.ask(&["audit", "--since", "2026-01-01", "--audience", "all"]);
    assert!(listed.ends_with(0).stdout.lines().all(|line| line.contains("  all  ")), "{}", listed.stdout);
    assert_eq!(deployment.ask(&["audit", "--since", "9000-01-01"]).ends_with(0).stdout, "");
    deployment.ask(&["audit", "--since", "soon"]).ends_with(2);
}

#[test]
fn a_damaged_log_is_found_with_the_position_and_takes_no_entry() {
    let deployment = Deployment::new("");
    let input = [named("quay", deployment.write("in/a.json", malware(1, "Reed")))];
    for day in ["2026-03-01", "2026-03-02", "2026-03-03"] {
        deployment.run(day, &input).ends_with(0);
    }
    let path = deployment.path("state/audit.jsonl");
    let whole = fs::read_to_string(&path).expect("a log");
    let lines: Vec<&str> = whole.lines().collect();
    let joined = |lines: &[&str]| lines.join("\n") + "\n";
    for (altered, position) in [
        (whole.replace("20260302T", "20260309T"), 2),
        (joined(&[lines[0], lines[2]]), 2),
        (joined(&lines[..2]), 3),
        (joined(&[lines[0], lines[0], lines[1], lines[2]]), 1),
        (String::new(), 1),
    ] {
        fs::write(&path, altered).expect("written");
        for command in ["verify", "audit"] {
            let output = deployment.ask(&[command]);
            let named = format!("entry {position} of ");
            assert!(output.ends_with(7).stderr.contains(&named), "{named}: {}", output.stderr);
        }
    }
    // A shorter log takes no entry, so that the damage is not written over, and the run is not published.
    deployment.run("2026-03-04", &input).ends_with(7);
    assert!(!deployment.published("2026-03-04").folder.exists());
    fs::write(&path, &whole).expect("written");
    deployment.run("2026-03-04", &input).ends_with(0);
    deployment.ask(&["verify"]).ends_with(0);
}

#[test]
fn nothing_is_published_exported_or_judged_if_the_log_cannot_be_written() {
    let mut fixture = Fixture::after_background(CONFIGURATION);
    fixture.run(RUN_TIMES[0], &crate::fixtures::EMERGING);
    let deployment = &fixture.deployment;
    // A folder at the path of the head makes the write fail.
    fs::create_dir_all(deployment.path("state/audit.head.partial/x")).expect("a folder");
    let to = deployment.path("graph.json").display().to_string();
    deployment.ask(&["export", "stix", "--to", &to]).ends_with(6);
    assert!(!deployment.path("graph.json").exists());
    deployment
        .ask(&["judgements", "add", "1", "benign", "--by", "ana", "--reason", "an exercise"])
        .ends_with(6);
    assert_eq!(deployment.ask(&["judgements", "export"]).ends_with(0).stdout, "");
    deployment.ask(&["undo", "--yes"]).ends_with(6);
    deployment.run(RUN_TIMES[1], &[]).ends_with(6);
    assert!(!deployment.published(RUN_TIMES[1]).folder.exists());
    fs::remove_dir_all(deployment.path("state/audit.head.partial")).expect("removed");
    deployment.run(RUN_TIMES[1], &[]).ends_with(0);
    deployment.ask(&["verify"]).ends_with(0);
    let mode = fs::metadata(deployment.path("state/audit.jsonl")).expect("a log").permissions().mode();
    assert_eq!(mode & 0o111, 0);
}
