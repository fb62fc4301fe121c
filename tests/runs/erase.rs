//! `araneus erase`: the state and the results are those of a deployment that never had the record.

mod interrupted;
mod judged;
mod retention;
mod scan;
mod selected;
mod tokens;

use std::{collections::BTreeMap, fs};

use araneus::tables;
use serde_json::Value;

use crate::support::{Deployment, equal_files, malware, named, names_in, run_folder_name};

const RUNS: [&str; 3] = ["2026-06-01", "2026-06-02", "2026-06-03"];

/// Returns the digests of all files of the state and the results, without clock times, tombstones and the audit log.
fn everything(deployment: &Deployment) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for name in names_in(&deployment.path("out")) {
        let path = deployment.path("out").join(&name);
        if name == "latest" {
            all.insert(name, fs::read_link(&path).expect("a link").display().to_string());
        } else if path.is_dir() && !tables::is_erased(&path) {
            let files = tables::digests(&path).expect("readable").into_iter();
            all.extend(files.map(|(file, digest)| (format!("{name}/{file}"), digest)));
        }
    }
    let state = tables::digests(&deployment.path("state")).expect("readable").into_iter();
    all.extend(state.map(|(file, digest)| (format!("state/{file}"), digest)));
    // The log of actions has no values.
    let is_log = |name: &str| name.starts_with("state/erasures.") || name.starts_with("state/audit.");
    all.retain(|name, _| !name.ends_with("run.json") && !is_log(name));
    all
}

fn malware_id(text: &str) -> String {
    let bundle: Value = serde_json::from_str(text).expect("JSON");
    let object = bundle.get("objects").map_or(&bundle, |objects| &objects[0]);
    object["id"].as_str().expect("an id").to_owned()
}

/// Runs three times; the second run brings the object 7 in a file of its own, unless `with` is false.
fn three_runs(deployment: &Deployment, feeds: &Deployment, with: bool) {
    let feed = |name: &str, number| named("feed", feeds.write(name, malware(number, name)));
    let files = [
        vec![feed("a.json", 1), feed("b.json", 2)],
        vec![feed("c.json", 3), feed("person.json", 7)],
        vec![feed("d.json", 4)],
    ];
    for (as_of, inputs) in RUNS.iter().zip(files) {
        let inputs: Vec<String> =
            inputs.into_iter().filter(|input| with || !input.ends_with("person.json")).collect();
        deployment.run(as_of, &inputs).ends_with(0);
    }
}

#[test]
fn an_erased_object_leaves_the_state_and_the_newest_run_of_a_deployment_without_it() {
    let feeds = Deployment::new("");
    let (deployment, never) = (Deployment::new(""), Deployment::new(""));
    three_runs(&deployment, &feeds, true);
    three_runs(&never, &feeds, false);
    let id = malware_id(&malware(7, "person.json"));
    let erase = ["erase", "--id", &id, "--reason", "request 17", "--by", "ana", "--yes"];
    deployment.ask(&erase).ends_with(0);
    deployment.ask(&["verify"]).ends_with(0);
    let (mut left, mut expected) = (everything(&deployment), everything(&never));
    // The first run did not have the object, and the second one is a tombstone.
    let second = run_folder_name(RUNS[1]);
    assert!(tables::is_erased(&deployment.path("out").join(&second)));
    expected.retain(|name, _| !name.starts_with(&second));
    // Files of the source are read again once, so the reports and what names them differ.
    let is_named_by_reports = |name: &str| {
        name.ends_with(".report.json.zst")
            || name.starts_with("state/manifests")
            || ["state/current", "state/confirmed"].contains(&name)
    };
    left.retain(|name, _| !is_named_by_reports(name));
    expected.retain(|name, _| !is_named_by_reports(name));
    equal_files(&left, &expected, "after the erasure");
}
