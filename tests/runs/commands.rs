//! The other commands: their outputs and exit codes, and that commands that only read change no file.

use std::path::Path;

use araneus::tables;

use crate::{
    support::{Deployment, araneus, named, names_in, run_folder_name},
    tiny,
};

const AS_OF: &str = "2026-03-02T02:00:00Z";
const COMMANDS: [&str; 13] = [
    "run",
    "queue",
    "explain",
    "diff",
    "demo",
    "check",
    "plan",
    "measure",
    "verify",
    "undo",
    "list",
    "completions",
    "man",
];

fn anywhere() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

#[test]
fn the_help_of_each_command_contains_its_usage() {
    let folder = anywhere();
    let overview = araneus(&["--help"], folder.path());
    overview.ends_with(0);
    for command in COMMANDS {
        assert!(overview.stdout.contains(command), "--help does not name {command}");
        let output = araneus(&[command, "--help"], folder.path());
        output.ends_with(0);
        assert!(output.stdout.contains("Usage"), "{command}: {}", output.stdout);
        assert!(output.stdout.lines().count() > 3, "{command}: {}", output.stdout);
    }
    let output = araneus(&["--version"], folder.path());
    assert!(output.ends_with(0).stdout.contains(env!("CARGO_PKG_VERSION")));
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "help writes no file");
}

#[test]
fn list_prints_each_metric_pattern_format_and_export() {
    let folder = anywhere();
    let output = araneus(&["list"], folder.path());
    output.ends_with(0);
    let metrics = araneus::metrics::METRICS.iter().map(|metric| metric.name);
    let formats = araneus::ingest::FORMATS.iter().map(|format| format.name);
    let tables = tables::TABLES.iter().map(|table| table.name);
    let mut count = 0;
    for name in metrics.chain(formats).chain(tables) {
        assert!(output.stdout.contains(name), "list does not name {name}");
        count += 1;
    }
    assert!(count > 20);
}

#[test]
fn completions_and_the_manual_are_printed() {
    let folder = anywhere();
    for shell in ["bash", "zsh", "fish"] {
        let output = araneus(&["completions", shell], folder.path());
        assert!(output.ends_with(0).stdout.contains("araneus"), "{shell}");
    }
    let output = araneus(&["man"], folder.path());
    assert!(output.ends_with(0).stdout.contains(".TH"), "the manual is a man page");
}

#[test]
fn plan_and_check_describe_the_run_and_change_no_file() {
    let configuration =
        std::fs::read_to_string(tiny::folder().join("araneus.toml")).expect("a configuration");
    let deployment = Deployment::new(&configuration);
    let input = named("northwind", tiny::folder().join("night-1/northwind"));
    for (name, source) in [("harbour-cert/a.json", "harbour-cert"), ("actor-book/a.json", "actor-book")] {
        let from = if source == "actor-book" { "crews.json" } else { "holdings.json" };
        let bytes = std::fs::read(tiny::folder().join("night-1").join(source).join(from)).expect("a file");
        deployment.write(&format!("night-5/{name}"), bytes);
    }
    deployment.write("night-5/northwind/empty.json", r#"{"type":"bundle","objects":[]}"#);
    let before = tables::digests(&deployment.path("")).expect("digests");
    let output = deployment.ask(&["plan", &input]);
    assert!(output.ends_with(0).stdout.contains("northwind"), "{}", output.stdout);
    deployment.ask(&["check"]).ends_with(0);
    assert_eq!(tables::digests(&deployment.path("")).expect("digests"), before, "before the first run");
    assert!(!deployment.path("state").exists() && !deployment.path("out").exists());

    deployment.run(AS_OF, std::slice::from_ref(&input)).ends_with(0);
    let standing = || {
        ["state", &format!("out/{}", run_folder_name(AS_OF))]
            .map(|name| tables::digests(&deployment.path(name)).expect("digests"))
    };
    let before = standing();
    deployment.ask(&["plan", &input]).ends_with(0);
    deployment.ask(&["check"]).ends_with(0);
    deployment.ask(&["verify"]).ends_with(0);
    deployment.ask(&["queue"]).ends_with(0);
    deployment.ask(&["explain", "Salt Heron"]);
    assert_eq!(standing(), before, "after the first run");
    assert_eq!(names_in(&deployment.path("out")).len(), 3, "one run, the link to it, and the ownership file");
}

#[test]
fn an_empty_queue_is_stated_and_an_entity_is_explained_by_its_records() {
    let configuration =
        std::fs::read_to_string(tiny::folder().join("araneus.toml")).expect("a configuration");
    let deployment = Deployment::new(&configuration).working_in(&tiny::folder());
    let runs = tiny::runs();
    let (run, as_of) = &runs[0];
    tiny::run(&deployment, run, as_of).ends_with(0);
    let output = deployment.ask(&["queue"]);
    output.ends_with(0);
    let answer = format!("{}{}", output.stdout, output.stderr).to_lowercase();
    assert!(["no flag", "empty", "nothing"].iter().any(|text| answer.contains(text)), "{answer}");
    let (run, as_of) = &runs[1];
    tiny::run(&deployment, run, as_of).ends_with(0);
    let output = deployment.ask(&["queue"]);
    assert!(
        output.ends_with(0).stdout.contains("Operation Low Tide"),
        "the changes of that run: {}",
        output.stdout
    );
    let output = deployment.ask(&["queue", "--json"]);
    let queue: serde_json::Value = serde_json::from_str(&output.ends_with(0).stdout).expect("JSON");
    assert!(queue.is_array() || queue.is_object());

    let output = deployment.ask(&["explain", "Salt Heron"]);
    output.ends_with(0);
    for text in ["harbour-cert", "actor-book", "holdings.json", "/objects/"] {
        assert!(output.stdout.contains(text), "explain contains {text}: {}", output.stdout);
    }
    let output = deployment.ask(&["explain", "No Such Name"]);
    assert_eq!(output.code, 2, "an unknown name cannot be explained: {}", output.stderr);

    let output = deployment.ask(&["diff"]);
    assert!(output.ends_with(0).stdout.contains("observed-new"), "{}", output.stdout);
    let (from, to) = ("20260302T020000Z", "20260303T020000Z");
    let between_runs = deployment.ask(&["diff", from, to]);
    assert_eq!(
        between_runs.ends_with(0).stdout,
        output.stdout,
        "diff without arguments compares the last two runs"
    );
}

#[test]
fn the_demonstration_prints_paths_that_exist() {
    let folder = anywhere();
    let output = araneus(&["demo", "--example"], folder.path());
    output.ends_with(0);
    let answer = || {
        output
            .stdout
            .split_whitespace()
            .map(|text| text.trim_matches(['"', '\'', '`', ',', '.', ':', '(', ')']))
    };
    let opens = |text: &&str| {
        folder.path().join(text).exists() || Path::new(text).is_absolute() && Path::new(text).exists()
    };
    let reports = answer().filter(|text| text.ends_with("report.html")).filter(opens).count();
    assert!(reports > 0, "no path of a report: {}", output.stdout);
    let runs = std::fs::read_dir(folder.path().join("araneus-demo/out")).expect("the demonstration's output");
    let runs = runs.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.file_name() != "latest")).count();
    assert!(runs >= 5, "{runs} runs");
}
