//! `araneus gc` removes old results and orphans, and nothing else.

use std::{collections::BTreeMap, fs, fs::File};

use araneus::tables;
use serde_json::Value;

use crate::support::{Deployment, equal_files, malware, named, names_in, run_folder_name, state_digests};

const KEEP: &str = "[keep]\nruns = 2\nmonthly = 2\n";
const RUNS: [&str; 5] = ["2026-01-10", "2026-01-20", "2026-02-10", "2026-02-20", "2026-02-21"];
/// The runs that [`KEEP`] leaves: the newest two, and the last of January.
const LEFT: [&str; 3] = ["2026-01-20", "2026-02-20", "2026-02-21"];

/// Returns a deployment after these runs, each of which reads one object.
fn after(configuration: &str, runs: &[&str]) -> Deployment {
    let deployment = Deployment::new(configuration).working_in_itself();
    for (number, as_of) in (1..).zip(runs) {
        read(&deployment, as_of, number);
    }
    deployment
}

/// Makes a run that reads one object. The path is relative, because tables name it.
fn read(deployment: &Deployment, as_of: &str, number: u32) {
    let name = format!("{number}.json");
    deployment.write(&name, malware(number, &name));
    deployment.run(as_of, &[named("feed", name)]).ends_with(0);
}

fn runs_in(deployment: &Deployment) -> Vec<String> {
    let names = names_in(&deployment.path("out")).into_iter();
    names.filter(|name| tables::is_run_name(name)).collect()
}

fn folders(runs: &[&str]) -> Vec<String> {
    runs.iter().map(|as_of| run_folder_name(as_of)).collect()
}

/// Returns the digests of the state and of the results, without the times of the clock.
fn everything(deployment: &Deployment) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let state = state_digests(deployment).into_iter();
    all.extend(state.map(|(file, digest)| (format!("state/{file}"), digest)));
    for folder in runs_in(deployment).into_iter().map(|run| format!("out/{run}")) {
        let files = tables::digests(&deployment.path(&folder)).expect("readable").into_iter();
        all.extend(files.map(|(file, digest)| (format!("{folder}/{file}"), digest)));
    }
    all.retain(|name, _| !name.ends_with("run.json"));
    assert!(all.len() > 30, "{all:?}");
    all
}

fn answer(deployment: &Deployment, arguments: &[&str]) -> Value {
    let output = deployment.ask(arguments);
    output.ends_with(0);
    serde_json::from_str(&output.stdout).expect("JSON")
}

/// Writes a segment that no manifest names, as a killed run leaves it.
fn write_orphan(deployment: &Deployment) -> String {
    deployment.write(&format!("state/segments/{}.parquet", "0f".repeat(32)), "123456789")
}

#[test]
fn the_configured_runs_stay_and_a_dry_run_changes_nothing() {
    let deployment = after(KEEP, &RUNS);
    let orphan = write_orphan(&deployment);
    let before = everything(&deployment);
    let planned = answer(&deployment, &["gc", "--dry-run", "--json"]);
    equal_files(&everything(&deployment), &before, "a dry run");

    let done = answer(&deployment, &["gc", "--json"]);
    assert_eq!((&planned["removed"], &planned["orphans"]), (&done["removed"], &done["orphans"]));
    assert_eq!(done["removed"].as_array().map(Vec::len), Some(2), "{done}");
    assert_eq!(done["orphans"][0]["path"].as_str(), Some(&*orphan), "{done}");
    let reasons: Vec<_> =
        done["kept"].as_array().into_iter().flatten().filter_map(|run| run["reason"].as_str()).collect();
    assert_eq!(reasons, ["last-of-month", "newest", "latest"]);
    assert_eq!(runs_in(&deployment), folders(&LEFT));
    assert!(!fs::exists(&orphan).expect("readable"));
    let latest = fs::read_link(deployment.path("out/latest")).expect("a link");
    assert_eq!(latest.to_str(), Some(&*run_folder_name("2026-02-21")));
    deployment.ask(&["verify"]).ends_with(0);
    assert_eq!(answer(&deployment, &["gc", "--json"])["bytes"], 0, "a second call finds nothing");
}

#[test]
fn without_a_limit_every_run_stays() {
    let deployment = after("", &RUNS[..3]);
    let output = deployment.ask(&["gc"]);
    output.ends_with(0);
    assert!(output.stderr.contains("[keep]"), "{}", output.stderr);
    assert_eq!(runs_in(&deployment), folders(&RUNS[..3]));
}

#[test]
fn later_runs_and_removed_ones_that_are_made_again_have_the_same_bytes() {
    let (deployment, never) = (after(KEEP, &RUNS), after(KEEP, &RUNS));
    deployment.ask(&["gc"]).ends_with(0);
    for as_of in [RUNS[0], RUNS[2]] {
        deployment.run_with(as_of, &[], &["--replay"]).ends_with(0);
    }
    for one in [&deployment, &never] {
        read(one, "2026-03-01", 9);
    }
    equal_files(&everything(&deployment), &everything(&never), "after gc and replays");
}

#[test]
fn what_araneus_did_not_make_stays() {
    let deployment = after(KEEP, &RUNS);
    let old = run_folder_name(RUNS[0]);
    deployment.write(&format!("out/{old}/notes.txt"), "mine");
    deployment.write("out/20250101T000000Z/notes.txt", "mine");
    deployment.write("out/archive/notes.txt", "mine");
    deployment.write("state/segments/notes.parquet", "mine");
    let output = deployment.ask(&["gc"]);
    output.ends_with(0);
    assert!(output.stderr.contains("does not name and stays"), "{}", output.stderr);
    for name in [
        &*format!("out/{old}/all"),
        "out/20250101T000000Z",
        "out/archive/notes.txt",
        "state/segments/notes.parquet",
    ] {
        assert!(deployment.path(name).exists(), "{name}");
    }
    assert!(!deployment.path(&format!("out/{}", run_folder_name(RUNS[2]))).exists(), "others are removed");
}

#[test]
fn an_interrupted_removal_is_completed_and_a_run_that_works_is_not_disturbed() {
    let deployment = after(KEEP, &RUNS);
    let (whole, moved) = (run_folder_name(RUNS[0]), format!(".{}.partial", run_folder_name(RUNS[0])));
    // A kill between the rename and the removal leaves the folder under its hidden name.
    fs::rename(deployment.path("out").join(whole), deployment.path("out").join(&moved)).expect("renamed");
    fs::remove_file(deployment.path("out").join(&moved).join("manifest.json")).expect("removed");
    let lock = File::options().write(true).open(deployment.path("state/lock")).expect("a lock");
    lock.lock().expect("locked");
    deployment.ask(&["gc"]).ends_with(8);
    deployment.ask(&["gc", "--dry-run"]).ends_with(0);
    assert!(deployment.path("out").join(&moved).exists(), "nothing was removed");
    drop(lock);
    deployment.ask(&["gc"]).ends_with(0);
    assert_eq!(runs_in(&deployment), folders(&LEFT));
    assert!(!deployment.path("out").join(&moved).exists());
}
