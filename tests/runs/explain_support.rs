//! Answers of `explain` from published tables, and the kept minimal support: it saves time, changes no answer, and shows an
//! audience nothing of records that it may not see.

use std::{cell::Cell, collections::BTreeSet, fs};

use araneus::{
    explain::{self, Explanation},
    progress::Progress,
    run,
};
use serde_json::Value;

use crate::{
    fixtures::{
        EMERGING, Fixture, RUN_TIMES, about, background::CONFIGURATION, configuration_with_hidden_source,
        copy, flags,
    },
    support::{Deployment, names_in},
};

fn answer(deployment: &Deployment, words: &[&str]) -> Value {
    let output = deployment.ask(&[&["explain", "--json"], words].concat());
    serde_json::from_str(&output.ends_with(0).stdout).expect("JSON")
}

fn text(deployment: &Deployment, words: &[&str]) -> String {
    deployment.ask(&[&["explain"], words].concat()).ends_with(0).stdout.clone()
}

fn kept(deployment: &Deployment) -> Vec<String> {
    let folder = deployment.path("state/explained");
    if folder.exists() { names_in(&folder) } else { Vec::new() }
}

/// Returns the flag about a birth in the first run of a fixture.
fn birth(fixture: &Fixture) -> String {
    about(&flags(&fixture.deployment.published(RUN_TIMES[0]), "all"), "community birth", "Ash Sparrow").id
}

#[test]
fn answers_are_equal_with_without_and_with_a_damaged_support() {
    let mut fixture = Fixture::after_emergence(CONFIGURATION);
    let flag = birth(&fixture);
    let deployment = &fixture.deployment;
    let (first, first_text) = (answer(deployment, &[&flag]), text(deployment, &[&flag]));
    let needed = first["minimal_support"].as_array().expect("records");
    assert!(!needed.is_empty() && first["minimal_support_count"] == needed.len(), "{first}");
    let files = kept(deployment);
    assert_eq!(files.len(), 1, "{files:?}");
    let path = deployment.path("state/explained").join(&files[0]);
    let bytes = fs::read(&path).expect("the kept support");

    assert_eq!(answer(deployment, &[&flag]), first, "kept");
    assert_eq!(text(deployment, &[&flag]), first_text, "kept");
    fs::write(&path, &bytes[..bytes.len() / 2]).expect("written");
    assert_eq!(answer(deployment, &[&flag]), first, "damaged");
    assert_eq!(fs::read(&path).expect("kept again"), bytes);
    fs::remove_dir_all(deployment.path("state/explained")).expect("removed");
    assert_eq!(text(deployment, &[&flag]), first_text, "deleted");
    assert_eq!(fs::read(&path).expect("kept again"), bytes);

    // A later run finds the flag again, from the same records, and has a support of its own.
    fixture.run(RUN_TIMES[1], &[]);
    let deployment = &fixture.deployment;
    let later = answer(deployment, &[&flag]);
    for key in ["minimal_support", "minimal_support_note", "holds_on_one_source", "records"] {
        assert_eq!(later[key], first[key], "{key}");
    }
    assert_eq!((&later["state"], &later["rank"]), (&"standing".into(), &Value::Null));
    assert_eq!(kept(deployment).len(), 2);
    // A judgement after the run changes the state, and not the support of the run.
    let decide = ["judgements", "add", &flag, "benign", "--by", "ana", "--reason", "our own exercise"];
    deployment.ask(&decide).ends_with(0);
    let judged = answer(deployment, &[&flag, "--run", "2026-03-02"]);
    assert_eq!((&judged["state"], &judged["rank"]), (&"judged".into(), &first["rank"]));
    assert_eq!(judged["minimal_support"], first["minimal_support"]);
    assert!(
        kept(deployment).contains(&files[0]) && kept(deployment).len() == 2,
        "the support of the run was used"
    );
}

/// Asks once for the support of a flag, with this number of trials at most. Returns its answer.
fn with_trials(deployment: &Deployment, flag: &str, trials: usize) -> Value {
    let config = run::read_config(&deployment.path("araneus.toml")).expect("a configuration");
    let config = run::Config { state: deployment.path("state"), out: deployment.path("out"), ..config };
    let opened = explain::open(&config, None, None).expect("a run");
    let answer = explain::explain_without_support(&opened, flag, &Progress::silent()).expect("an answer");
    let Explanation::Flag(mut answer) = answer else { panic!("a flag") };
    let left = Cell::new(trials);
    let seconds_left = || left.replace(left.get().saturating_sub(1)) as u64;
    explain::add_support(&opened, &mut answer, &seconds_left, &Progress::silent()).expect("a support");
    serde_json::to_value(answer).expect("JSON")
}

#[test]
fn a_search_that_ends_early_says_so_and_the_next_question_continues() {
    let fixture = Fixture::after_emergence(CONFIGURATION);
    let flag = birth(&fixture);
    let deployment = &fixture.deployment;
    let whole = answer(deployment, &[&flag]);
    fs::remove_dir_all(deployment.path("state/explained")).expect("removed");
    let nothing = answer(deployment, &[&flag, "--seconds", "0"]);
    let note = |answer: &Value| answer["minimal_support_note"].as_str().expect("a note").to_owned();
    assert!(note(&nothing).contains("limit: 0 of ") && note(&nothing).contains("continues"), "{nothing}");
    assert_eq!(nothing["minimal_support_count"], whole["record_count"], "no record was left out");
    assert_eq!(nothing["holds_on_one_source"], serde_json::json!([]));
    for key in ["answer", "score", "rank", "records", "reasons_for"] {
        assert_eq!(nothing[key], whole[key], "{key}");
    }
    let mut questions = 0;
    let mut last = nothing;
    while note(&last) != note(&whole) {
        let next = with_trials(deployment, &flag, 1);
        assert!(next["minimal_support_count"].as_u64() <= last["minimal_support_count"].as_u64());
        (last, questions) = (next, questions + 1);
        assert!(questions < 60, "{last}");
    }
    assert!(questions > 2, "{questions} questions");
    assert_eq!(last, whole);
}

#[test]
fn a_support_is_not_used_for_another_run_of_the_same_time() {
    let objects = |answer: &Value, key: &str| -> BTreeSet<String> {
        let rows = answer[key].as_array().expect("records");
        rows.iter().map(|row| row["object"].as_str().expect("an object").to_owned()).collect()
    };
    let mut fixture = Fixture::after_background(CONFIGURATION);
    fixture.run(RUN_TIMES[0], &EMERGING);
    let flag = birth(&fixture);
    let before = answer(&fixture.deployment, &[&flag]);
    let saved = fixture.deployment.path("saved");
    copy(&fixture.deployment.path("state/explained"), &saved);
    fixture.deployment.ask(&["undo", "--yes"]).ends_with(0);
    assert!(kept(&fixture.deployment).is_empty(), "a support outlived its run");
    // A support that comes back, as with a backup, is that of other records.
    copy(&saved, &fixture.deployment.path("state/explained"));
    assert_eq!(kept(&fixture.deployment).len(), 1);
    // The same time, and one report of the flag less.
    let left_out: BTreeSet<String> = objects(&before, "records").into_iter().take(1).collect();
    let mut other = Fixture::after_background(CONFIGURATION);
    for fixture in [&mut fixture, &mut other] {
        fixture.run_without(RUN_TIMES[0], &EMERGING, &left_out);
    }
    let flag = birth(&other);
    let (again, expected) = (answer(&fixture.deployment, &[&flag]), answer(&other.deployment, &[&flag]));
    assert_eq!(kept(&fixture.deployment).len(), 2, "the support of the earlier records was used");
    for key in ["records", "minimal_support"] {
        assert_eq!(objects(&again, key), objects(&expected, key), "{key}");
    }
    assert_ne!(objects(&before, "records"), objects(&expected, "records"));
    for key in ["answer", "holds_on_one_source", "reasons_for"] {
        assert_eq!(again[key], expected[key], "{key}");
    }
}

#[test]
fn answers_from_tables_equal_those_of_a_replay() {
    let mut fixture = Fixture::after_emergence(CONFIGURATION);
    fixture.run(RUN_TIMES[1], &[]);
    let deployment = &fixture.deployment;
    let run = deployment.published(RUN_TIMES[0]);
    let first = |table: &str, column: &str| -> Vec<String> {
        let table = run.table(&format!("all/{table}"));
        table.rows().map(|row| table.text(column, row).to_owned()).collect()
    };
    let communities = first("communities", "community_id");
    let asked =
        [first("flags", "flag_id"), first("candidates", "candidate_id"), communities[..5].to_vec()].concat();
    assert!(asked.len() > 10, "{asked:?}");
    // The first run knows each of them; of the last one these are earlier ones.
    let ask = |id: &String| [answer(deployment, &[id, "--run", "2026-03-02"]), answer(deployment, &[id])];
    let of_flags: Vec<&String> = asked.iter().filter(|id| id.starts_with("flag-")).collect();
    let from_tables: Vec<Value> =
        asked.iter().map(|id| answer(deployment, &[id, "--run", "2026-03-02"])).collect();
    let later: Vec<[Value; 2]> = of_flags.iter().map(|id| ask(id)).collect();
    for name in [RUN_TIMES[0], RUN_TIMES[1]] {
        let folder = deployment.published(name).folder.join("all");
        for table in ["cards", "communities"] {
            fs::remove_file(folder.join(format!("{table}.arrow"))).expect("removed");
        }
    }
    fs::remove_dir_all(deployment.path("state/explained")).expect("removed");
    for turn in ["replayed", "kept"] {
        for (id, expected) in asked.iter().zip(&from_tables) {
            assert_eq!(answer(deployment, &[id, "--run", "2026-03-02"]), *expected, "{turn}: {id}");
        }
        for (id, expected) in of_flags.iter().zip(&later) {
            assert_eq!(ask(id), *expected, "{turn}: {id}");
        }
    }
}

const HIDDEN: [&str; 3] = [
    "newcomer: actor Ash Sparrow uses malware Cinderlid",
    "newcomer: campaign First Smoke attributed-to actor Ash Sparrow",
    "newcomer: actor Marsh Harrier uses tool Skeleton Key",
];

#[test]
fn a_kept_support_shows_an_audience_nothing_of_hidden_records() {
    let [with, without] = [&HIDDEN[..], &[]].map(|hidden| {
        let mut fixture = Fixture::after_background(&configuration_with_hidden_source("insiders"));
        fixture.run(RUN_TIMES[0], &[&EMERGING[..], hidden].concat());
        fixture.deployment
    });
    let flags = flags(&with.published(RUN_TIMES[0]), "partners");
    let raised: Vec<String> =
        flags.iter().filter(|flag| flag.is_raised()).map(|flag| flag.id.clone()).collect();
    assert!(raised.len() >= 2, "{flags:?}");
    let mut differ = 0;
    for flag in &raised {
        // Insiders ask first, so that their support is kept.
        let of_insiders = with.ask(&["explain", "--json", flag, "--audience", "insiders"]);
        for turn in ["searched", "kept"] {
            let ask = |deployment: &Deployment| answer(deployment, &[flag, "--audience", "partners"]);
            let seen = ask(&with);
            assert_eq!(seen, ask(&without), "{flag}, {turn}");
            let text = text(&with, &[flag, "--audience", "partners"]);
            assert!(!format!("{seen} {text}").contains("newcomer"), "{flag}, {turn}: {text}");
        }
        differ += usize::from(of_insiders.stdout.contains("newcomer"));
    }
    assert!(differ > 0, "the hidden records are behind no flag, so this test shows nothing");
}
