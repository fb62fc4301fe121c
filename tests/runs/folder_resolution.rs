//! Search for the configuration: a command outside of a project creates no file and names the searched folder.

use std::{fs, path::Path};

use crate::support::{Deployment, araneus, araneus_with, malware, names_in};

#[test]
fn a_command_without_configuration_archive_or_input_creates_no_file_and_names_the_searched_folder() {
    let temporary = tempfile::tempdir().expect("a folder");
    let current_folder = temporary.path().canonicalize().expect("a folder");
    let flag = "flag-0123456789abcdef0123";
    let commands: [&[&str]; 9] = [
        &["run"],
        &["plan"],
        &["check"],
        &["verify"],
        &["undo", "--yes"],
        &["backtest"],
        &["judgements", "export"],
        &["judgements", "import", "decided.csv"],
        &["judgements", "add", flag, "benign", "--reason", "an exercise"],
    ];
    for command in commands {
        let output = araneus(command, &current_folder);
        assert_eq!(output.code, 2, "{command:?}: {}", output.stderr);
        assert!(output.stderr.contains(".araneus"), "{command:?}: {}", output.stderr);
        assert!(names_in(&current_folder).is_empty(), "{command:?} made {:?}", names_in(&current_folder));
    }
    for command in ["run", "check", "verify"] {
        let output = araneus(&[command], &current_folder);
        assert!(
            output.stderr.contains(current_folder.to_str().expect("text")),
            "{command}: {}",
            output.stderr
        );
        assert!(output.stderr.contains("araneus.toml"), "{command}: {}", output.stderr);
    }
    // A configuration without paths of sources gives the same result.
    fs::write(current_folder.join("araneus.toml"), "[review]\nbudget = 3\n").expect("written");
    araneus(&["run"], &current_folder).ends_with(2);
    assert_eq!(names_in(&current_folder), ["araneus.toml"]);
}

/// Writes a project with a source, and a deep folder in it.
fn project(folder: &Path, name: &str) {
    fs::create_dir_all(folder.join("notes/deep")).expect("made");
    fs::create_dir_all(folder.join("feed")).expect("made");
    fs::write(folder.join("feed/one.json"), malware(1, name)).expect("written");
    let configuration = "[[source]]\nname = \"feed\"\npaths = [\"feed\"]\n";
    fs::write(folder.join("araneus.toml"), configuration).expect("written");
}

#[test]
fn the_configuration_of_a_parent_folder_is_found_and_its_paths_are_relative_to_its_folder() {
    let temporary = tempfile::tempdir().expect("a folder");
    project(temporary.path(), "Gorsefire");
    let deep = temporary.path().join("notes/deep");
    araneus(&["run", "--as-of", "2026-05-01"], &deep).ends_with(0);
    assert!(names_in(&deep).is_empty(), "no file in the working folder");
    assert!(temporary.path().join(".araneus/current").exists());
    assert!(temporary.path().join("out/20260501T235959Z").exists());
    araneus(&["queue"], &deep).ends_with(0);
    araneus(&["explain", "Gorsefire"], &deep).ends_with(0);
    araneus(&["verify"], &deep).ends_with(0);
    // Paths of flags are relative to the working folder.
    araneus(&["run", "--as-of", "2026-05-01", "--state", "s", "--out", "o"], &deep).ends_with(0);
    assert_eq!(names_in(&deep), ["o", "s"]);
}

#[test]
fn a_flag_precedes_the_environment_which_precedes_the_found_configuration() {
    let temporary = tempfile::tempdir().expect("a folder");
    let [flagged, named, found] = ["flagged", "named", "found"].map(|name| temporary.path().join(name));
    for (folder, name) in [(&flagged, "Gorsefire"), (&named, "Fernwort"), (&found, "Sundew")] {
        project(folder, name);
    }
    let by_environment = ("ARANEUS_CONFIG", &*named.join("araneus.toml"));
    let config = flagged.join("araneus.toml").display().to_string();
    let folder = flagged.join("notes").display().to_string();
    let run = ["run", "--as-of", "2026-05-01"];
    let archives = || [&flagged, &named, &found].map(|folder| folder.join(".araneus").exists());

    araneus_with(&run, &found, by_environment).ends_with(0);
    assert_eq!(archives(), [false, true, false], "the environment precedes the found configuration");
    araneus_with(&[&run[..], &["-C", &folder]].concat(), &found, by_environment).ends_with(0);
    assert_eq!(archives(), [true, true, false], "-C precedes the environment");
    fs::remove_dir_all(flagged.join(".araneus")).expect("removed");
    araneus_with(&[&run[..], &["--config", &config]].concat(), &found, by_environment).ends_with(0);
    assert_eq!(archives(), [true, true, false], "--config precedes the environment");
    araneus(&run, &found).ends_with(0);
    assert_eq!(archives(), [true, true, true]);
    let absent = ("ARANEUS_CONFIG", &*temporary.path().join("absent.toml"));
    let output = araneus_with(&run, &found, absent);
    assert!(output.ends_with(2).stderr.contains("absent.toml"), "{}", output.stderr);
    araneus(&["run", "-C", "absent"], temporary.path()).ends_with(2);
    // An INPUT is relative to the folder of -C.
    araneus(&["run", "-C", "found", "feed", "--as-of", "2026-05-02"], temporary.path()).ends_with(0);
}

#[test]
fn two_states_never_share_a_folder_for_results() {
    let deployment = Deployment::new("");
    let file = deployment.write("feed/one.json", malware(1, "Gorsefire"));
    deployment.run("2026-05-01", std::slice::from_ref(&file)).ends_with(0);
    let [out, other] = ["out", "other"].map(|name| deployment.path(name).display().to_string());
    let before = names_in(&deployment.path("out"));
    let flags = ["--as-of", "2026-05-02", "--state", &other, "--out", &out];
    for command in ["run", "plan"] {
        let output = araneus(&[&[command, &file], &flags[..]].concat(), &deployment.path(""));
        assert!(output.ends_with(2).stderr.contains("state"), "{}", output.stderr);
        assert!(
            output.stderr.contains(&format!("{out}/../state")),
            "the message names the other state: {}",
            output.stderr
        );
    }
    assert!(!deployment.path("other").exists(), "a rejected run creates no archive");
    assert_eq!(names_in(&deployment.path("out")), before);
    assert!(
        !deployment.published("2026-05-01").folder.join(".araneus-out.json").exists(),
        "no part of a run"
    );

    // A project that is moved as a whole still works.
    let moved = tempfile::tempdir().expect("a folder");
    for name in ["state", "out", "araneus.toml", "feed"] {
        fs::rename(deployment.path(name), moved.path().join(name)).expect("moved");
    }
    let flags = ["--state", "state", "--out", "out", "--as-of", "2026-05-02"];
    araneus(&[&["run", "feed/one.json"], &flags[..]].concat(), moved.path()).ends_with(0);
}
