//! `araneus undo` removes the newest run completely, even if it is interrupted at any step.

use std::{collections::BTreeMap, fs};

use araneus::tables;

use crate::{
    fixtures::{Fixture, RUN_TIMES, about, background::CONFIGURATION, flags},
    support::{Deployment, equal_files, malware, named, names_in, run_folder_name, state_digests},
    tiny,
};

/// Returns a deployment after the first runs of `datasets/tiny`.
fn after(runs: usize) -> Deployment {
    let configuration = fs::read_to_string(tiny::folder().join("araneus.toml")).expect("a configuration");
    let deployment = Deployment::new(&configuration).working_in(&tiny::folder());
    for (folder_name, as_of) in tiny::runs().iter().take(runs) {
        run(&deployment, folder_name, as_of);
    }
    deployment
}

fn run(deployment: &Deployment, folder_name: &str, as_of: &str) {
    let code = tiny::run(deployment, folder_name, as_of).code;
    assert!([0, 3].contains(&code), "{folder_name}: {code}");
}

/// Returns the digests of all files of the state and the results. `run.json` is left out, because it has times of the
/// clock.
fn everything(deployment: &Deployment) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for name in names_in(&deployment.path("out")) {
        let path = deployment.path("out").join(&name);
        if name == "latest" {
            all.insert(name, fs::read_link(&path).expect("a link").display().to_string());
        } else if path.is_dir() {
            let files = tables::digests(&path).expect("readable").into_iter();
            all.extend(files.map(|(file, digest)| (format!("{name}/{file}"), digest)));
        } else {
            all.insert(name, fs::read_to_string(&path).expect("text"));
        }
    }
    all.retain(|name, _| !name.ends_with("run.json"));
    let state = state_digests(deployment).into_iter();
    all.extend(state.map(|(file, digest)| (format!("state/{file}"), digest)));
    all
}

#[test]
fn state_and_results_equal_those_of_a_deployment_without_the_run() {
    for runs in [1, 2, 3, 4] {
        let (deployment, never) = (after(runs + 1), after(runs));
        let output = deployment.ask(&["undo", "--yes"]);
        output.ends_with(0);
        let (folder_name, as_of) = &tiny::runs()[runs];
        assert!(
            output.stderr.contains(as_of.as_str()),
            "the message names the removed run: {}",
            output.stderr
        );
        equal_files(&everything(&deployment), &everything(&never), &format!("after {runs}"));
        deployment.ask(&["verify"]).ends_with(0);
        run(&deployment, folder_name, as_of);
        run(&never, folder_name, as_of);
        equal_files(&everything(&deployment), &everything(&never), &format!("{runs} and the next"));
    }
}

#[test]
fn after_an_undo_of_the_only_run_a_first_run_is_possible() {
    let deployment = after(1);
    deployment.ask(&["undo", "--yes"]).ends_with(0);
    assert_eq!(names_in(&deployment.path("out")), [".araneus-out.json"]);
    let left: Vec<String> = state_digests(&deployment).into_keys().collect();
    assert_eq!(left, ["audit.lock", "lock"], "the files of the locks");
    deployment.ask(&["undo", "--yes"]).ends_with(2);
    let (folder_name, as_of) = &tiny::runs()[0];
    run(&deployment, folder_name, as_of);
    equal_files(&everything(&deployment), &everything(&after(1)), "the first run again");
}

#[test]
fn an_undo_removes_all_commits_of_a_repeated_run() {
    let deployment = Deployment::new("");
    let feed = |name: &str, number| named("feed", deployment.write(name, malware(number, name)));
    let inputs = [feed("one.json", 1), feed("two.json", 2), feed("three.json", 3)];
    deployment.run("2026-06-01", &inputs[..1]).ends_with(0);
    let before = everything(&deployment);
    deployment.run("2026-06-02", &inputs[1..2]).ends_with(0);
    deployment.run("2026-06-02", &inputs[1..]).ends_with(0);
    deployment.ask(&["undo", "--yes"]).ends_with(0);
    equal_files(&everything(&deployment), &before, "two commits of one time");
}

#[test]
fn a_late_run_keeps_its_deliveries_after_an_undo() {
    let configuration = "[[source]]\nname = \"feed\"\nrecorded_at = \"object\"\n";
    let (deployment, never) = (Deployment::new(configuration), Deployment::new(configuration));
    let inputs = |deployment: &Deployment| {
        let write = |name: &str, number| named("feed", deployment.write(name, malware(number, name)));
        ["one.json", "two.json"].map(|name| write(name, name.len() as u32))
    };
    // The tables contain the paths of inputs, so both deployments read the same files.
    let [one, two] = inputs(&deployment);
    for (either, as_of) in [(&deployment, "2026-06-01"), (&never, "2026-06-01")] {
        either.run(as_of, std::slice::from_ref(&one)).ends_with(0);
    }
    deployment.run("2026-06-09", std::slice::from_ref(&two)).ends_with(0);
    for either in [&deployment, &never] {
        either.run("2026-06-05", std::slice::from_ref(&two)).ends_with(0);
    }
    deployment.ask(&["undo", "--yes"]).ends_with(0);
    // The results of the run of 5 June, published after the run of 9 June, stay until a replay.
    for either in [&deployment, &never] {
        either.run_with("2026-06-05", &[], &["--replay"]).ends_with(0);
    }
    equal_files(&everything(&deployment), &everything(&never), "the run of 9 June");
    let sources = never.published("2026-06-05").table("steward/sources");
    assert_eq!(sources.rows().len(), 2);
}

#[test]
fn without_a_terminal_an_undo_needs_yes_and_lists_what_it_removes() {
    let deployment = after(2);
    let before = everything(&deployment);
    let output = deployment.ask(&["undo"]);
    output.ends_with(2);
    for text in ["--yes", &run_folder_name(&tiny::runs()[1].1), "accepted"] {
        assert!(output.stderr.contains(text), "{text}: {}", output.stderr);
    }
    equal_files(&everything(&deployment), &before, "no run is removed");
    let lock = fs::File::options().write(true).open(deployment.path("state/lock")).expect("the lock's file");
    lock.lock().expect("no other process holds the lock");
    deployment.ask(&["undo", "--yes"]).ends_with(8);
    equal_files(&everything(&deployment), &before, "another run holds the lock");
}

#[test]
fn an_undo_keeps_and_lists_judgements_about_its_flags() {
    let mut fixture = Fixture::after_background(CONFIGURATION);
    fixture.rerun("2026-03-01T02:00:00Z");
    fixture.run(RUN_TIMES[0], &crate::fixtures::EMERGING);
    let raised =
        about(&flags(&fixture.deployment.published(RUN_TIMES[0]), "all"), "community birth", "Ash Sparrow");
    let decide = ["judgements", "add", &raised.id, "benign", "--reason", "an exercise", "--by", "ana"];
    fixture.deployment.ask(&decide).ends_with(0);
    let exported = || fixture.deployment.ask(&["judgements", "export"]).stdout;
    let before = exported();
    let output = fixture.deployment.ask(&["undo", "--yes"]);
    output.ends_with(0);
    for text in [raised.id.as_str(), "benign", "ana"] {
        assert!(output.stderr.contains(text), "{text}: {}", output.stderr);
    }
    assert_eq!(exported(), before);
    // A second import adds no judgement, although the flag no longer exists.
    let file = fixture.deployment.write("kept.jsonl", &before);
    fixture.deployment.ask(&["judgements", "import", &file]).ends_with(0);
    assert_eq!(exported(), before);
}

#[test]
fn an_undo_interrupted_after_its_first_step_is_completed_by_the_next_command() {
    let (never, runs) = (after(2), tiny::runs());
    let stopped = || {
        let deployment = after(3);
        let out = deployment.path("out").display().to_string();
        let mark = serde_json::json!({ "as_of": runs[2].1, "out": out });
        deployment.write("state/undo.json", mark.to_string());
        deployment
    };
    let known = |deployment: &Deployment| deployment.ask(&["diff"]).stdout;
    let deployment = stopped();
    assert_eq!(known(&deployment), known(&never), "the archive is read without the run");
    let output = deployment.ask(&["undo", "--yes"]);
    assert!(output.ends_with(0).stderr.contains("Completed"), "{}", output.stderr);
    equal_files(
        &everything(&deployment),
        &everything(&never),
        "completed by itself, and no second run taken",
    );

    // After an interruption before the first step, the state is the old one.
    let deployment = after(3);
    deployment.write("state/undo.json.partial", "{\"mom");
    deployment.ask(&["verify"]).ends_with(0);
    run(&deployment, &runs[2].0, &runs[2].1);
    equal_files(&everything(&deployment), &everything(&after(3)), "not begun");

    let deployment = stopped();
    run(&deployment, &runs[2].0, &runs[2].1);
    equal_files(&everything(&deployment), &everything(&after(3)), "completed by the next run");

    // An interruption of the last step for the only run: the pointer is removed, the manifests are not.
    let deployment = after(1);
    let out = deployment.path("out").display().to_string();
    deployment.write("state/undo.json", serde_json::json!({ "as_of": runs[0].1, "out": out }).to_string());
    fs::remove_file(deployment.path("state/current")).expect("the pointer");
    deployment.ask(&["verify"]).ends_with(0);
    deployment.ask(&["undo", "--yes"]).ends_with(0);
    run(&deployment, &runs[0].0, &runs[0].1);
}
