//! Every value of the as-of time either reads all inputs or names those left unread, and blocks no later run.

use crate::support::{CommandOutput, Deployment, from_now, malware, named, names_in};

const FIRST: &str = "2026-05-01T02:00:00Z";
const SECOND: &str = "2026-05-02T02:00:00Z";
const READS_A_FOLDER: &str = "[[source]]\nname = \"feed\"\npaths = [\"feed\"]\n";

/// Returns a deployment with a configured folder `feed` that contains two files.
fn with_two_files(configuration: &str) -> Deployment {
    let deployment = Deployment::new(configuration);
    deployment.write("feed/one.json", malware(1, "Gorsefire"));
    deployment.write("feed/two.json", malware(2, "Fernwort"));
    deployment
}

/// Fails unless a command ended with 2 and its message has all of these texts.
#[track_caller]
fn is_rejected(output: &CommandOutput, texts: &[&str]) {
    output.ends_with(2);
    for text in texts {
        assert!(output.stderr.contains(text), "{text}: {}", output.stderr);
    }
}

#[test]
fn the_date_of_today_means_now_and_the_next_run_reads_new_files() {
    let deployment = with_two_files(READS_A_FOLDER);
    let today = &from_now(0)[..10];
    deployment.ask(&["run", "--as-of", today]).ends_with(0);
    deployment.write("feed/three.json", malware(3, "Sundew"));
    let output = deployment.ask(&["run", "--json"]);
    let summary: serde_json::Value = serde_json::from_str(&output.ends_with(0).stdout).expect("JSON");
    assert_eq!((&summary["new"], &summary["delivered"]), (&1.into(), &3.into()), "{summary}");
    for name in names_in(&deployment.path("out")) {
        assert!(!name.ends_with("T235959Z"), "the end of today is ahead of the clock: {name}");
    }
}

#[test]
fn an_earlier_as_of_time_lists_the_unread_files_and_replay_reads_nothing() {
    let deployment = with_two_files(READS_A_FOLDER);
    deployment.run(SECOND, &[]).ends_with(0);
    let file = named("feed", deployment.path("feed/one.json"));
    let texts = ["2026-05-02T02:00:00Z", "--replay", "araneus undo", "recorded_at"];
    for command in ["run", "plan", "check"] {
        let output = deployment.ask(&[command, "--as-of", FIRST]);
        is_rejected(&output, &[&texts[..], &["2 files are left unread"]].concat());
        let output = deployment.ask(&[command, "--as-of", FIRST, &file]);
        is_rejected(&output, &[&texts[..], &["1 file is left unread"]].concat());
    }
    deployment.ask(&["run", "--replay", "--as-of", FIRST, &file]).ends_with(2);
    // The archive has no run at that time.
    deployment.run_with(FIRST, &[], &["--replay"]).ends_with(2);
    assert!(!deployment.published(FIRST).folder.exists(), "no run is published");
    // The same holds for the as-of time of the newest run.
    deployment.write("feed/three.json", malware(3, "Sundew"));
    deployment.run_with(SECOND, &[], &["--replay"]).ends_with(0);
    assert_eq!(deployment.published(SECOND).table("all/entities").rows().len(), 2);
}

#[test]
fn increments_whose_objects_have_times_are_read_at_an_earlier_as_of_time() {
    let deployment = with_two_files(&format!("{READS_A_FOLDER}recorded_at = \"object\"\n"));
    deployment.run(SECOND, &[]).ends_with(0);
    deployment.write("feed/three.json", malware(3, "Sundew"));
    deployment.run(FIRST, &[]).ends_with(0);
    assert_eq!(deployment.published(FIRST).table("steward/deliveries").sum("new"), 3);
    // One source without object times is enough to reject the run.
    deployment.configure(&format!(
        "{READS_A_FOLDER}recorded_at = \"object\"\n[[source]]\nname = \"other\"\npaths = [\"feed\"]\n"
    ));
    is_rejected(&deployment.run(FIRST, &[]), &["6 files are left unread"]);
    let file = named("feed", deployment.path("feed/one.json"));
    deployment.run(FIRST, &[file]).ends_with(0);
}

#[test]
fn an_as_of_time_ahead_of_the_clock_needs_future() {
    let deployment = with_two_files(READS_A_FOLDER);
    let file = named("feed", deployment.path("feed/one.json"));
    let ahead = from_now(90);
    for command in ["run", "plan", "check"] {
        let without = deployment.ask(&[command, "--as-of", &ahead]);
        is_rejected(&without, &["--future", &ahead]);
        assert_eq!(deployment.ask(&[command, "--as-of", &ahead, &file]).stderr, without.stderr, "{command}");
    }
    assert!(!deployment.path("state").exists() && !deployment.path("out").exists(), "no folder is created");
    deployment.run("2300-01-01", &[]).ends_with(2);
    deployment.run(&from_now(30), &[]).ends_with(0);
    deployment.run_with(&ahead, &[], &["--future"]).ends_with(0);
}

#[test]
fn commands_blocked_by_a_run_ahead_of_the_clock_name_it_and_undo_removes_it() {
    let deployment = with_two_files(READS_A_FOLDER);
    deployment.run_with("2300-01-01T00:00:00Z", &[], &["--future"]).ends_with(0);
    let file = named("feed", deployment.path("feed/one.json"));
    for arguments in [&["run"][..], &["plan"], &["check"], &["run", &file], &["plan", &file]] {
        is_rejected(&deployment.ask(arguments), &["2300-01-01T00:00:00Z", "araneus undo"]);
    }
    deployment.ask(&["undo", "--yes"]).ends_with(0);
    deployment.ask(&["run"]).ends_with(0);
}
