//! Models from label tables: training, evaluation, promotion and rollback from the command line.

use std::path::Path;

use araneus::{
    columns::{Column, Columns},
    tables::{self, Extra},
};

use crate::support::{Deployment, araneus};

const DAY: i64 = 86_400_000_000;
const CUTS: usize = 24;
const ROWS: usize = 30;

/// Equal numbers on every machine, about evenly between 0 and 1.
fn share(position: usize, stream: usize) -> f64 {
    let mixed = (position * 7919 + stream * 104_729 + 1).wrapping_mul(2_654_435_761) % 1_000_003;
    ((mixed * mixed) % 999_983) as f64 / 999_983.0
}

/// Writes a label table of the outcome `growth`.
fn write(folder: &Path, leaks: bool) -> String {
    write_outcome(folder, "growth", ["users", "links", "noise"], leaks)
}

/// Writes a label table of an outcome with three features: the first two rank, and the third one ranks if it is asked to
/// leak.
fn write_outcome(folder: &Path, outcome: &str, features: [&'static str; 3], leaks: bool) -> String {
    let count = CUTS * ROWS;
    let column = |stream: usize| (0..count).map(|row| share(row, stream)).collect::<Vec<f64>>();
    let (first, second, chance, noise) = (column(1), column(2), column(3), column(4));
    let labels: Vec<bool> =
        (0..count).map(|row| 0.2 * chance[row] + first[row] + second[row] > 1.45).collect();
    let third = (0..count).map(|row| if leaks && labels[row] { 2.0 } else { noise[row] });
    let number = |values: Vec<f64>| Column::Number(values.into_iter().map(Some).collect());
    let text =
        |value: &dyn Fn(usize) -> String| Column::Text((0..count).map(|row| Some(value(row))).collect());
    let time = |later: i64| {
        Column::Time(
            (0..count)
                .map(|row| Some(DAY * (20_000 + i64::try_from(row / ROWS).expect("few cuts") + later)))
                .collect(),
        )
    };
    let columns = Columns::new([
        ("run", time(0)),
        ("candidate_id", text(&|row| format!("candidate-{row}"))),
        ("pattern", text(&|_| outcome.to_owned())),
        ("label", Column::Flag(labels.iter().map(|label| Some(*label)).collect())),
        ("label_recorded_at", time(1)),
        ("label_source", text(&|_| "history".to_owned())),
        ("lineage", text(&|row| format!("subject-{}", row % 60))),
        ("raised", Column::Flag(vec![Some(false); count])),
        ("subject", text(&|row| format!("Subject {}", row % 60))),
        ("query", Column::Text(vec![None; count])),
        ("sampling_probability", Column::Number(vec![None; count])),
        (features[0], number(first)),
        (features[1], number(second)),
        (features[2], number(third.collect())),
    ]);
    let extra = |name: &str, relation: &str, role: &str| Extra {
        name: name.to_owned(),
        about: format!("The {name}."),
        metadata: [
            ("scale", "rank"),
            ("family", "history"),
            ("relation", relation),
            ("sign", "+"),
            ("role", role),
        ]
        .map(|(key, value)| (key, value.to_owned()))
        .to_vec(),
    };
    let extras = [
        extra(features[0], "false", "feature,baseline"),
        extra(features[1], "true", "feature"),
        extra(features[2], "false", "feature"),
    ];
    let metadata =
        [("outcome", outcome), ("question", "Will it come true?"), ("horizon_runs", "1"), ("budget", "5")]
            .map(|(key, value)| (key, value.to_owned()));
    let name = format!("backtest-{}", if leaks { "leaking" } else { outcome });
    let table = tables::backtest::backtest_table(name.leak());
    let path = tables::write_described(
        folder,
        &table,
        &extras,
        &metadata,
        [columns].iter(),
        &tables::TABLE_FILES[0],
    );
    path.expect("a table").display().to_string()
}

#[test]
fn a_model_of_own_rows_is_trained_compared_promoted_and_rolled_back() {
    let deployment = Deployment::new("");
    let folder = deployment.path("");
    let rows = write(&folder, false);
    let ask = |arguments: &[&str]| araneus(arguments, &folder);
    let trained = ask(&["train", "--rows", &rows, "--as", "growth-1", "--out", "trained"]);
    assert!(trained.ends_with(0).stdout.contains("growth-1.json"), "{}", trained.stdout);
    let card = std::fs::read_to_string(folder.join("trained/CARD.md")).expect("a card");
    assert!(card.contains("Relations rank") && card.contains("| logistic, without relations |"), "{card}");
    let scores = tables::read_table(&folder.join("trained/scores.arrow")).expect("a table");
    assert!(scores.text("model").is_some_and(|models| models.contains(&Some("logistic".to_owned()))));

    let promote = |name: &str| {
        ask(&["models", "promote", name, "--by", "ana", "--reason", "first labels", "--rows", &rows])
    };
    let promoted = promote("growth-1");
    assert!(promoted.ends_with(0).stdout.contains("passed"), "{}", promoted.stdout);
    let copied = folder.join("trained/model.json").display().to_string();
    ask(&["models", "add", &copied, "--as", "growth-2"]).ends_with(0);
    let refused = promote("growth-2");
    assert!(refused.ends_with(5).stdout.contains("failed"), "{}", refused.stdout);
    let compared = ask(&["models", "compare", "growth-1", "growth-2", "--rows", &rows]);
    assert!(compared.ends_with(0).stdout.contains("+0.000"), "{}", compared.stdout);
    let listed = ask(&["models", "list", "--json"]);
    assert!(listed.ends_with(0).stdout.contains("\"in_service\":[\"growth\"]"), "{}", listed.stdout);
    let evaluated = ask(&["evaluate", "--rows", &rows, "--against", "growth-1", "--out", "evaluated"]);
    assert!(evaluated.ends_with(0).stdout.contains("against growth-1"), "{}", evaluated.stdout);

    let rollback = || ask(&["models", "rollback", "growth", "--by", "ben", "--reason", "a bad week"]);
    assert!(rollback().ends_with(0).stderr.contains("none is in service"), "nothing was there before");
    rollback().ends_with(2);
    let log = std::fs::read_to_string(folder.join(".araneus/models/log.jsonl")).expect("a log");
    assert_eq!(log.lines().count(), 3, "{log}");
}

#[test]
fn a_model_of_verdicts_in_service_answers_for_the_flags_of_a_run() {
    let deployment = Deployment::new("");
    let folder = deployment.path("");
    let demo = araneus(&["demo", "--example", "--out", "demo"], &folder);
    demo.ends_with(0);
    let folder = folder.join("demo");
    let configuration =
        std::fs::read_to_string(folder.join("deliveries/araneus.toml")).expect("a configuration");
    let configuration =
        configuration.replace("\".araneus\"", "\"state\"").replace("paths = [\"", "paths = [\"deliveries/");
    std::fs::write(folder.join("araneus.toml"), configuration).expect("a writable folder");
    let rows = write_outcome(&folder, "verdict", ["rarity", "stated_share", "acquaintance"], false);
    let ask = |arguments: &[&str]| araneus(arguments, &folder);
    ask(&["train", "--rows", &rows, "--as", "verdict-1", "--out", "trained"]).ends_with(0);
    let flags = || tables::read_table(&folder.join("out/latest/all/flags.arrow")).expect("a table");
    let answers = |flags: &Columns| {
        let names = ["calibrated_on", "probability_of"].map(|name| flags.text(name).expect("texts").to_vec());
        (0..flags.rows())
            .filter_map(|row| Some((names[0][row].clone()?, names[1][row].clone()?)))
            .collect::<Vec<_>>()
    };
    assert_eq!(answers(&flags()), [], "no model was in service");
    ask(&["models", "use", "verdict", "verdict-1", "--by", "ana", "--reason", "on trial"]).ends_with(0);
    let last = std::fs::read_link(folder.join("out/latest")).expect("a link").display().to_string();
    let as_of = format!(
        "{}-{}-{}T{}:{}:{}Z",
        &last[..4],
        &last[4..6],
        &last[6..8],
        &last[9..11],
        &last[11..13],
        &last[13..15]
    );
    ask(&["run", "--replay", "--as-of", &as_of]).ends_with(0);
    let found = answers(&flags());
    assert!(!found.is_empty(), "no flag has an answer");
    let is_of_verdicts = |(on, of): &(String, String)| on == "own rows of verdict" && of == "verdict";
    assert!(found.iter().all(is_of_verdicts), "{found:?}");
}

#[test]
fn a_column_from_the_future_is_an_error() {
    let deployment = Deployment::new("");
    let folder = deployment.path("");
    let rows = write(&folder, true);
    let output = araneus(&["evaluate", "--rows", &rows, "--out", "evaluated"], &folder);
    assert!(output.ends_with(2).stderr.contains("the future: noise"), "{}", output.stderr);
    let other = araneus(&["train", "--rows", &rows, "--outcome", "surge", "--out", "trained"], &folder);
    assert!(other.ends_with(2).stderr.contains("growth"), "{}", other.stderr);
}
