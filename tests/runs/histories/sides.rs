//! A run that compares itself with the stored side of the previous run has the bytes of a run that resolves the previous
//! run again.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use araneus::{
    progress::Progress,
    run::{self, Request},
    tables,
    time::Moment,
};

use super::{History, MAPPING, configuration, generate::history, run_alone_with, write_inputs};

/// Audience beside the partners.
const FRIENDS: &str = "[[audience]]\nname = \"friends\"\nclearance = \"TLP:AMBER\"\n";

/// Changes of the configuration: a text and what stands in its place.
const CHANGES: [(&str, &str); 10] = [
    ("[model]\n", "[weight]\nhalf_life_days = { infrastructure = 5, other = 9 }\n[model]\n"),
    ("[model]\n", "[resolve]\nmatch_probability = 0.99\n[model]\n"),
    ("[model]\n", "[review]\nbudget = 3\n[patterns]\nfdr = 0.2\n[model]\n"),
    ("mode = ", "reliability = \"A\"\nmode = "),
    ("marking = \"TLP:GREEN\"", "marking = \"TLP:AMBER\""),
    ("clearance = \"TLP:AMBER\"", "clearance = \"TLP:RED\""),
    ("clearance = \"TLP:GREEN\"", "clearance = \"TLP:GREEN\"\nbudget = 2"),
    ("recipients = [\"partners\", \"friends\"]", "recipients = [\"friends\"]"),
    ("name = \"anybody\"\n", "name = \"anybody\"\npurposes = [\"warn\"]\n"),
    ("obligations = [\"Say who reported it.\"]", "retain_days = 30"),
];

/// Returns the configuration of a step. Every third step follows changed rules.
fn configuration_of(history: &History, seed: u64, step: usize) -> String {
    // The same agreements in each step, so that most steps follow equal rules.
    let text = configuration(&history.sources, 0) + FRIENDS;
    let draw = seed as usize * 5 + step;
    if draw.is_multiple_of(3) {
        let (from, to) = CHANGES[draw / 3 % CHANGES.len()];
        text.replacen(from, to, 1)
    } else {
        text
    }
}

/// Removes the sides that the last run stored. Returns their number.
fn remove_sides(state: &Path) -> usize {
    let files = fs::read_dir(state.join("run-state")).into_iter().flatten().flatten();
    let sides = files.filter(|file| file.file_name().to_string_lossy().ends_with(".columns.zst"));
    sides.map(|file| fs::remove_file(file.path()).expect("removed")).count()
}

type Digests = BTreeMap<String, String>;

/// Results of a history: digests of the published files of each run, and the number of times that a run resolved the
/// previous run again.
struct Results {
    runs: Vec<Result<Digests, String>>,
    resolved_again: usize,
    removed: usize,
}

/// Runs a history in a deployment of its own. Results name the inputs, so `inputs` is the folder of both deployments.
fn results(history: &History, seed: u64, inputs: &Path, removes_sides: bool) -> Results {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path();
    fs::write(path.join("mapping.toml"), MAPPING).expect("a file");
    let mut results = Results { runs: Vec::new(), resolved_again: 0, removed: 0 };
    for (at, step) in history.steps.iter().enumerate() {
        fs::write(path.join("araneus.toml"), configuration_of(history, seed, at)).expect("a file");
        let mut config = run::read_config(&path.join("araneus.toml")).expect("a configuration");
        (config.state, config.out) = (path.join("state"), path.join("out"));
        if removes_sides {
            results.removed += remove_sides(&config.state);
        }
        let request = Request {
            replay: step.deliveries.is_empty(),
            ..Request::new(
                config,
                Moment::parse(&format!("2026-03-{:02}T00:00:00Z", step.day)).expect("a time"),
                write_inputs(history, step, &inputs.join(at.to_string()), true),
            )
        };
        let messages = Arc::new(Mutex::new(Vec::new()));
        let receiver = Arc::clone(&messages);
        let progress = Progress::new(move |message| {
            receiver.lock().expect("no thread panics").push(message.to_owned());
        });
        results.runs.push(match run_alone_with(&request, &progress) {
            Ok(outcome) => {
                let mut digests = tables::digests(&outcome.folder).expect("the results can be read");
                digests.remove("run.json");
                Ok(digests)
            }
            Err(error) => Err(error.to_string()),
        });
        let messages = messages.lock().expect("no thread panics");
        results.resolved_again += messages.iter().filter(|message| message.ends_with(" again")).count();
    }
    results
}

#[test]
fn stored_sides_of_random_histories_change_no_byte() {
    let (mut runs, mut stored, mut resolved) = (0, 0, 0);
    for seed in super::seeds() {
        let history = history(seed);
        let inputs = tempfile::tempdir().expect("a temporary folder");
        let [with, without] =
            [false, true].map(|removes_sides| results(&history, seed, inputs.path(), removes_sides));
        for (at, (with, without)) in with.runs.iter().zip(&without.runs).enumerate() {
            let (with, without) = match (with, without) {
                (Ok(with), Ok(without)) => (with, without),
                (Err(one), Err(other)) if one == other => continue,
                other => panic!("seed {seed}, step {at}: {other:?}"),
            };
            let differing: Vec<&String> =
                with.keys().filter(|name| with.get(*name) != without.get(*name)).collect();
            assert!(
                differing.is_empty() && with.len() == without.len(),
                "seed {seed}, step {at}: {differing:?}"
            );
        }
        runs += with.runs.len();
        stored += without.removed;
        resolved += without.resolved_again - with.resolved_again;
    }
    println!("{runs} runs, {stored} stored sides removed, {resolved} comparisons with a stored side");
    assert!(
        stored > runs && resolved > runs,
        "{runs} runs compared too few stored sides: {stored}, {resolved}"
    );
}
