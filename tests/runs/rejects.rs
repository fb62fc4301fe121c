//! Rejected runs: each ends with its exit code, gives the reason and publishes no result.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    support::{Deployment, araneus, equal_files, names_in},
    tiny,
};

const FIRST: &str = "2026-03-02T02:00:00Z";
const SECOND: &str = "2026-03-03T02:00:00Z";

/// Returns a deployment of the example scenario after its first run.
fn after_one_run() -> Deployment {
    let configuration = fs::read_to_string(tiny::folder().join("araneus.toml")).expect("a configuration");
    let deployment = Deployment::new(&configuration).working_in(&tiny::folder());
    tiny::run(&deployment, "night-1", FIRST).ends_with(0);
    deployment
}

#[test]
fn invalid_usage_or_configuration_ends_with_2_and_suggests_a_correction() {
    let deployment = Deployment::new("");
    let file = deployment.write("feed.json", "[]");
    let missing = deployment.run(FIRST, &[deployment.path("absent.json").display().to_string()]);
    missing.ends_with(2);
    assert!(missing.stderr.contains("absent.json"), "{}", missing.stderr);
    deployment.run(FIRST, &[deployment.path("none-*.json").display().to_string()]).ends_with(2);
    deployment.run_with(FIRST, std::slice::from_ref(&file), &["--no-such-flag"]).ends_with(2);
    deployment.run("yesterday", std::slice::from_ref(&file)).ends_with(2);
    deployment.run(FIRST, &["-".to_owned()]).ends_with(2);
    deployment.ask(&["no-such-command"]).ends_with(2);
    let suggestions = [
        ("[[source]]\nname = \"feed\"\nrelability = \"B\"\n", "reliability"),
        ("[wieght]\nhalf_life_days = { infrastructure = 45 }\n", "weight"),
        ("stat = \"x\"\n", "state"),
        ("[resolve]\nmatch_probabilty = 0.9\n", "match_probability"),
    ];
    for (configuration, meant) in suggestions {
        deployment.configure(configuration);
        let output = deployment.run(FIRST, std::slice::from_ref(&file));
        output.ends_with(2);
        assert!(output.stderr.contains(meant), "{meant} is not suggested: {}", output.stderr);
        deployment.ask(&["check"]).ends_with(2);
    }
    let impossible = [
        "[[source]]\nname = \"feed\"\nmode = \"sometimes\"\n",
        "[[source]]\nname = \"feed\"\nreliability = \"G\"\n",
        "[[source]]\nname = \"feed\"\nmarking = \"TLP:PURPLE\"\n",
        "[[audience]]\nname = \"partners\"\nclearance = \"TLP:PURPLE\"\n",
        "[[audience]]\nname = \"../elsewhere\"\nclearance = \"TLP:GREEN\"\n",
        "[resolve]\nmatch_probability = 7\n",
        "[resolve\n",
    ];
    for configuration in impossible {
        deployment.configure(configuration);
        let output = deployment.run(FIRST, std::slice::from_ref(&file));
        assert_eq!(output.code, 2, "{configuration}: {}", output.stderr);
    }
    assert!(!deployment.path("out").exists(), "no result is published");
}

#[test]
fn an_as_of_time_before_the_newest_run_accepts_no_input() {
    let deployment = after_one_run();
    tiny::run(&deployment, "night-2", SECOND).ends_with(0);
    let before = deployment.published(FIRST).digests();
    tiny::run(&deployment, "night-3", FIRST).ends_with(2);
    equal_files(&deployment.published(FIRST).digests(), &before, "a rejected run");
    // The configuration has paths, so a run that reads none of them needs `--replay`.
    deployment.run(FIRST, &[]).ends_with(2);
    deployment.run_with(FIRST, &[], &["--replay"]).ends_with(0);
    let latest = fs::read_link(deployment.path("out/latest")).expect("a link");
    assert_eq!(latest.to_str(), Some("20260303T020000Z"), "latest never moves back");
    equal_files(&deployment.published(FIRST).digests(), &before, "it is replayed where that is meant");
}

#[test]
fn a_missing_configured_source_ends_with_4_and_withdraws_no_object() {
    let deployment =
        Deployment::new("[[source]]\nname = \"feed\"\nmode = \"snapshot\"\npaths = [\"feed/*.json\"]\n");
    let object = r#"{"type":"malware","id":"malware--00000000-0000-4000-8000-000000000001","name":"One"}"#;
    let file = deployment.write("feed/one.json", object);
    deployment.run(FIRST, &[]).ends_with(0);
    assert_eq!(deployment.published(FIRST).table("steward/deliveries").sum("new"), 1);
    fs::remove_file(file).expect("removed");
    deployment.run(SECOND, &[]).ends_with(4);
    assert_eq!(deployment.published(SECOND).table("all/entities").rows().len(), 1, "no object is withdrawn");
}

#[test]
fn a_path_that_cannot_be_written_ends_with_6_and_publishes_no_result() {
    let deployment = after_one_run();
    let before = deployment.published(FIRST).digests();
    let in_the_way = deployment.write("a-file", "x");
    let out = format!("{in_the_way}/out");
    let config = deployment.path("araneus.toml").display().to_string();
    let state = deployment.path("state").display().to_string();
    let arguments = [
        "run",
        "--config",
        &config,
        "--state",
        &state,
        "--out",
        &out,
        "--as-of",
        SECOND,
        "night-2/northwind",
    ];
    let output = araneus(&arguments, &tiny::folder());
    output.ends_with(6);
    assert!(output.stderr.contains("a-file"), "{}", output.stderr);
    let arguments = [
        "run",
        "--config",
        &config,
        "--state",
        &out,
        "--out",
        "unused",
        "--as-of",
        SECOND,
        "night-2/northwind",
    ];
    araneus(&arguments, &tiny::folder()).ends_with(6);
    assert!(!tiny::folder().join("unused").exists(), "no result is published");
    equal_files(&deployment.published(FIRST).digests(), &before, "no result is published");
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    for name in names_in(folder) {
        let path = folder.join(name);
        if path.is_dir() { files_below(&path, files) } else { files.push(path) }
    }
}

#[test]
fn a_changed_byte_anywhere_in_the_state_ends_with_7() {
    let deployment = after_one_run();
    let before = deployment.published(FIRST).digests();
    let mut files = Vec::new();
    files_below(&deployment.path("state"), &mut files);
    files.retain(|path| fs::metadata(path).expect("a file").len() > 0);
    assert!(files.len() >= 3, "pointer, manifest and segments: {files:?}");
    for path in &files {
        let whole = fs::read(path).expect("a file of the state");
        let mut damaged = whole.clone();
        damaged[whole.len() / 2] ^= 1;
        fs::write(path, &damaged).expect("damaged");
        for output in [deployment.ask(&["verify"]), tiny::run(&deployment, "night-2", SECOND)] {
            assert_eq!(output.code, 7, "{}: {}", path.display(), output.stderr);
        }
        fs::write(path, &whole).expect("restored");
    }
    assert!(!deployment.published(SECOND).folder.exists(), "no result is published");
    equal_files(&deployment.published(FIRST).digests(), &before, "no result is published");
    deployment.ask(&["verify"]).ends_with(0);
    tiny::run(&deployment, "night-2", SECOND).ends_with(0);
}

#[test]
fn a_concurrent_run_ends_with_8() {
    let deployment = after_one_run();
    let lock = fs::File::options().write(true).open(deployment.path("state/lock")).expect("the lock's file");
    lock.lock().expect("no other process holds the lock");
    tiny::run(&deployment, "night-2", SECOND).ends_with(8);
    assert!(!deployment.published(SECOND).folder.exists(), "no result is published");
    deployment.ask(&["queue"]).ends_with(0);
    lock.unlock().expect("held");
    tiny::run(&deployment, "night-2", SECOND).ends_with(0);
}
