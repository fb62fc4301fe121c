//! Commands that write a folder use an empty one, or one that they created.

use std::{collections::BTreeMap, fs, path::Path};

use araneus::tables;

use crate::support::{CommandOutput, Deployment, araneus, malware};

/// Returns a user's project with files that a command could mistake for its own.
fn project() -> Deployment {
    let deployment = Deployment::new("[[source]]\nname = \"feed\"\npaths = [\"deliveries\"]\n");
    for name in ["deliveries/one.json", "state/kept", "worlds/notes.txt", "night-01/feed/one.json"] {
        deployment.write(name, malware(1, name));
    }
    for name in ["metrics.arrow", "model.json", "CARD.md", "evaluation.json", "backtest.arrow"] {
        deployment.write(name, "mine");
    }
    deployment.write("links.csv", "a,b\nb,c\nc,a\n");
    deployment
}

fn files(folder: &Path) -> BTreeMap<String, String> {
    tables::digests(folder).expect("readable")
}

#[test]
fn a_folder_of_the_user_is_not_changed() {
    let deployment = project();
    let before = files(&deployment.path(""));
    let commands: [&[&str]; 7] = [
        &["demo", "--out", "."],
        &["demo", "--example", "--out", "."],
        &["scenario", "--out", "."],
        &["train", "--seeds", "1..1", "--out", "."],
        &["evaluate", "--seeds", "1..1", "--out", "."],
        &["measure", "links.csv", "--out", "."],
        &["measure", "links.csv", "--out", "deliveries"],
    ];
    for command in commands {
        let output = araneus(command, &deployment.path(""));
        assert_eq!(output.code, 2, "{command:?}: {}", output.stderr);
        assert!(output.stderr.contains("empty"), "{command:?}: {}", output.stderr);
        assert_eq!(files(&deployment.path("")), before, "{command:?}");
    }
}

#[test]
fn a_folder_of_the_program_is_written_again_and_added_files_stay() {
    let deployment = Deployment::new("");
    deployment.write("links.csv", "a,b\nb,c\nc,a\n");
    let run = |arguments: &[&str]| -> CommandOutput { araneus(arguments, &deployment.path("")) };
    run(&["measure", "links.csv", "--out", "measured"]).ends_with(0);
    deployment.write("measured/notes.txt", "mine");
    run(&["measure", "links.csv", "--communities", "leiden", "--out", "measured"]).ends_with(0);
    assert!(deployment.path("measured/notes.txt").exists());
    deployment.write("measured/metrics.arrow", "mine now");
    run(&["measure", "links.csv", "--out", "measured"]).ends_with(2);
    assert_eq!(fs::read_to_string(deployment.path("measured/metrics.arrow")).expect("there"), "mine now");

    run(&["scenario", "--out", "world", "--seed", "3"]).ends_with(0);
    let before = files(&deployment.path("world"));
    run(&["scenario", "--out", "world", "--seed", "4"]).ends_with(0);
    run(&["scenario", "--out", "world", "--seed", "3"]).ends_with(0);
    assert_eq!(files(&deployment.path("world")), before, "no file of another world is left");
    deployment.write("world/araneus.toml", "[review]\nbudget = 3\n");
    run(&["scenario", "--out", "world"]).ends_with(2);
    assert_eq!(fs::read_to_string(deployment.path("world/araneus.toml")).expect("there").lines().count(), 2);
    run(&["demo", "--out", "world"]).ends_with(2);
    run(&["measure", "absent.csv", "--out", "unused"]).ends_with(2);
    assert!(!deployment.path("unused").exists(), "a failed command leaves no folder");
}

#[test]
fn a_demonstration_with_judgements_is_not_overwritten() {
    let temporary = tempfile::tempdir().expect("a folder");
    let demo = ["demo", "--example", "--out", "shown"];
    araneus(&demo, temporary.path()).ends_with(0);
    araneus(&demo, temporary.path()).ends_with(0);
    fs::write(temporary.path().join("shown/state/judgements.jsonl"), "").expect("written");
    let output = araneus(&demo, temporary.path());
    assert!(output.ends_with(2).stderr.contains("judgements.jsonl"), "{}", output.stderr);
    assert!(temporary.path().join("shown/state/judgements.jsonl").exists());
}
