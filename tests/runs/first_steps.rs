//! First use of the program: mistakes in INPUT, the program's own folders, and commands before the first run.

use std::fs;

use crate::{
    fixtures::{EMERGING, Fixture, RUN_TIMES, about, background::CONFIGURATION, flags},
    support::{CommandOutput, Deployment, araneus, from_now, malware, named},
};

fn json(output: &CommandOutput) -> serde_json::Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", output.stdout))
}

#[test]
fn a_file_rejected_as_a_whole_is_known_by_its_content_only() {
    let deployment = Deployment::new("");
    let run = |as_of: &str, name: &str, text: &str| {
        let input = named("northwind", deployment.write(name, text));
        deployment.run(as_of, &[input])
    };
    run("2026-06-01", "feed/monday.json", "").ends_with(3);
    run("2026-06-02", "feed/monday.json", "").ends_with(0);
    run("2026-06-03", "feed/tuesday.json", "").ends_with(3);
    run("2026-06-04", "feed/tuesday.json", "[").ends_with(3);
    deployment.run_piped("2026-06-05", "northwind=-", b"").ends_with(3);
    deployment.run_piped("2026-06-06", "northwind=-", b"").ends_with(3);
}

#[test]
fn an_empty_input_is_rejected() {
    let deployment = Deployment::new("");
    deployment.write("feed/a.json", malware(1, "Gorsefire"));
    let deployment = deployment.working_in_itself();
    for command in ["run", "check", "plan"] {
        for input in ["", "northwind="] {
            let output = deployment.ask(&[command, input]);
            assert!(output.ends_with(2).stderr.contains("empty"), "{command} {input:?}: {}", output.stderr);
        }
    }
    assert!(!deployment.path("out").exists());
    deployment.configure("[[source]]\nname = \"northwind\"\npaths = [\"\"]\n");
    deployment.ask(&["run"]).ends_with(2);
}

#[test]
fn the_folders_of_the_program_contain_no_deliveries() {
    let deployment = Deployment::new("");
    deployment.write("feed/a.json", malware(1, "Gorsefire"));
    deployment.write(".araneus-made.json", "{}");
    let deployment = deployment.working_in_itself();
    let inputs = |inputs: &[&str]| inputs.iter().map(|input| (*input).to_owned()).collect::<Vec<_>>();
    deployment.run("2026-06-01", &inputs(&["all=feed"])).ends_with(0);
    deployment.run("2026-06-02", &inputs(&["all=."])).ends_with(0);
    let deliveries = deployment.published("2026-06-02").table("steward/deliveries");
    let read: Vec<&str> = deliveries
        .rows()
        .filter(|&row| deliveries.text("status", row) != "ignored")
        .map(|row| deliveries.text("path", row))
        .collect();
    assert_eq!(read, ["./feed/a.json"]);
    let is_own = |row: &usize| deliveries.text("path", *row).starts_with("./out/");
    assert!(deliveries.rows().filter(is_own).count() > 10, "they are listed, and ignored");
    for own_path in ["out", "state", "all=out/latest", "out/*/steward/*.arrow", "out/latest/manifest.json"] {
        let output = deployment.run("2026-06-03", &inputs(&[own_path]));
        assert!(output.ends_with(2).stderr.contains("its own files"), "{own_path}: {}", output.stderr);
    }
    // Configured paths ignore them, too.
    deployment.configure("[[source]]\nname = \"all\"\npaths = [\".\"]\n");
    deployment.run("2026-06-04", &[]).ends_with(0);
    assert_eq!(deployment.published("2026-06-04").table("steward/rejects").rows().len(), 0);
}

#[test]
fn deliveries_beside_the_results_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("feed")).expect("made");
    fs::write(folder.path().join("feed/a.json"), malware(1, "Gorsefire")).expect("written");
    for day in ["2026-06-01", "2026-06-02"] {
        araneus(&["run", "feed", "--out", ".", "--as-of", day], folder.path()).ends_with(0);
    }
    araneus(&["run", "latest", "--out", ".", "--as-of", "2026-06-03"], folder.path()).ends_with(2);
}

#[test]
fn the_message_on_an_unknown_source_suggests_a_configured_one() {
    let deployment = Deployment::new("[[source]]\nname = \"harbor-cert\"\nreliability = \"B\"\n");
    deployment.write("feed/a.json", malware(1, "Gorsefire"));
    let deployment = deployment.working_in_itself();
    let meant = "harbour-cert is not a source of araneus.toml; did you mean harbor-cert?";
    for command in ["plan", "check", "run"] {
        let arguments = [command, "--as-of", "2026-06-01", "harbour-cert=feed", "feed"];
        let output = deployment.ask(&arguments);
        assert!(output.ends_with(0).stderr.contains(meant), "{command}: {}", output.stderr);
        assert!(output.stderr.contains("feed is not a source of araneus.toml;"), "{}", output.stderr);
        let output = deployment.ask(&[&arguments[..], &["--json"]].concat());
        let warnings = &json(output.ends_with(0))["warnings"];
        assert!(warnings.as_array().is_some_and(|all| all.contains(&meant.into())), "{command}: {warnings}");
        let output = deployment.ask(&[command, "--as-of", "2026-06-01", "harbor-cert=feed"]);
        assert!(!output.ends_with(0).stderr.contains("not a source"), "{command}: {}", output.stderr);
    }
    deployment.configure("");
    let output = deployment.ask(&["check", "harbour-cert=feed"]);
    assert!(!output.ends_with(0).stderr.contains("not a source"), "{}", output.stderr);
}

/// Two audiences; a run can be for one of them only.
const TWO_AUDIENCES: &str = "\
[[audience]]
name = \"north\"
clearance = \"TLP:RED\"
[[audience]]
name = \"south\"
clearance = \"TLP:RED\"
[[source]]
name = \"feed\"
marking = \"TLP:GREEN\"
";

#[test]
fn a_run_for_one_audience_answers_for_it_and_names_the_missing_one() {
    let deployment = Deployment::new(TWO_AUDIENCES);
    let feed = named("feed", deployment.write("feed/a.json", malware(1, "Gorsefire")));
    let run = ["run", "--audience", "north", "--as-of"];
    deployment.ask(&[&run[..], &["2026-06-01", &feed]].concat()).ends_with(0);
    deployment.ask(&[&run[..], &["2026-06-02", &feed]].concat()).ends_with(0);
    let lack = "south has no folder in the run 20260602T235959Z";
    for flags in [&[][..], &["--open"], &["--near"], &["--json"], &["--audience", "south"]] {
        let output = deployment.ask(&[&["queue"], flags].concat());
        assert!(output.ends_with(0).stderr.contains(lack), "{flags:?}: {}", output.stderr);
        let is_asked = !flags.contains(&"south");
        assert_eq!(output.stderr.contains("north"), is_asked, "{flags:?}: {}", output.stderr);
    }
    let output = deployment.ask(&["queue", "--audience", "north"]);
    assert!(!output.ends_with(0).stderr.contains("south"), "{}", output.stderr);
    for audience in [&[][..], &["--audience", "north"], &["--audience", "south"]] {
        deployment.ask(&[&["explain", "Gorsefire"], audience].concat()).ends_with(0);
        deployment.ask(&[&["diff"], audience].concat()).ends_with(0);
        deployment.ask(&[&["explain", "flag-0123456789abcdef0123"], audience].concat()).ends_with(2);
    }
}

#[test]
fn without_a_latest_run_the_queue_lists_the_published_runs() {
    let deployment = Deployment::new("");
    let feed = named("feed", deployment.write("feed/a.json", malware(1, "Gorsefire")));
    deployment.run("2026-06-01", &[feed]).ends_with(0);
    let latest = deployment.path("out/latest");
    fs::remove_file(&latest).expect("removed");
    for dangles in [false, true] {
        if dangles {
            std::os::unix::fs::symlink("20260531T235959Z", &latest).expect("a link");
        }
        let output = deployment.ask(&["queue"]);
        assert!(output.ends_with(2).stderr.contains("20260601T235959Z"), "{}", output.stderr);
    }
    deployment.ask(&["queue", "2026-06-01"]).ends_with(0);
}

#[test]
fn a_time_before_the_first_record_cannot_be_replayed() {
    let deployment = Deployment::new("");
    deployment.run_with("2026-06-01", &[], &["--replay"]).ends_with(2);
    let feed = named("feed", deployment.write("feed/a.json", malware(1, "Gorsefire")));
    deployment.run("2026-06-01", &[feed]).ends_with(0);
    let output = deployment.run_with("2026-05-31", &[], &["--replay"]);
    assert!(output.ends_with(2).stderr.contains("2026-06-01"), "{}", output.stderr);
    assert!(!deployment.path("out/20260531T235959Z").exists());
    deployment.run_with("2026-06-01", &[], &["--replay"]).ends_with(0);
}

#[test]
fn judgements_outlive_the_runs_of_their_flags() {
    let mut fixture = Fixture::after_background(CONFIGURATION);
    fixture.run(RUN_TIMES[0], &EMERGING);
    let deployment = &fixture.deployment;
    let raised = about(&flags(&deployment.published(RUN_TIMES[0]), "all"), "community birth", "Ash Sparrow");
    let decide = ["judgements", "add", &raised.id, "benign", "--reason", "an exercise", "--by", "ana"];
    let output = deployment.ask(&[&decide[..], &["--json"]].concat());
    let added = json(output.ends_with(0));
    assert_eq!((&added["added"], added["flag_id"].as_str()), (&1.into(), Some(raised.id.as_str())));
    for text in [raised.id.as_str(), "Ash Sparrow", "benign", "ana"] {
        assert!(output.stderr.contains(text), "{text}: {}", output.stderr);
    }
    assert!(added["title"].as_str().is_some_and(|title| title.contains("Ash Sparrow")), "{added}");
    let export = deployment.ask(&["judgements", "export"]).stdout;
    let table = deployment.ask(&["judgements", "list"]);
    for text in [raised.id.as_str(), "Ash Sparrow", "benign", "ana", "an exercise"] {
        assert!(table.ends_with(0).stdout.contains(text), "{text}: {}", table.stdout);
    }
    // Undo removes all runs, one after the other. Each time the message states that the judgement is kept.
    let mut undone = 0;
    loop {
        let output = deployment.ask(&["undo", "--yes"]);
        if output.code == 2 {
            break;
        }
        undone += 1;
        assert!(output.ends_with(0).stderr.contains(&format!("Kept: {}", raised.id)), "{}", output.stderr);
    }
    assert!(undone > 1, "the fixture has a background");
    assert_eq!(deployment.ask(&["judgements", "export"]).ends_with(0).stdout, export);
    assert!(deployment.ask(&["judgements", "list"]).ends_with(0).stdout.contains(&raised.id));
    let listed = json(deployment.ask(&["judgements", "list", "--json"]).ends_with(0));
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    let file = deployment.write("kept.jsonl", &export);
    deployment.ask(&["judgements", "import", &file]).ends_with(0);
    assert_eq!(deployment.ask(&["judgements", "export"]).stdout, export);
    deployment.ask(&decide).ends_with(2);
    // Without an archive and without judgements the list is empty.
    let empty = Deployment::new("");
    for command in ["list", "export"] {
        empty.ask(&["judgements", command]).ends_with(2);
    }
}

#[test]
fn a_judgement_ahead_of_the_clock_is_rejected() {
    let mut fixture = Fixture::after_background(CONFIGURATION);
    fixture.run(RUN_TIMES[0], &EMERGING);
    let raised =
        about(&flags(&fixture.deployment.published(RUN_TIMES[0]), "all"), "community birth", "Ash Sparrow");
    let decide = |time: &str| {
        let answer = ["judgements", "add", &raised.id, "benign", "--reason", "ours", "--recorded-at", time];
        fixture.deployment.ask(&answer)
    };
    let output = decide(&from_now(90));
    assert!(output.ends_with(2).stderr.contains("ahead of the clock"), "{}", output.stderr);
    decide(&from_now(30)).ends_with(0);
    decide(RUN_TIMES[0]).ends_with(0);
    let listed = json(fixture.deployment.ask(&["judgements", "list", "--json"]).ends_with(0));
    assert_eq!(listed.as_array().map(Vec::len), Some(2), "{listed}");
}

#[test]
fn commands_with_json_print_json() {
    let deployment = Deployment::new("");
    let links = deployment.write("links.csv", "a,b\nb,c\nc,a\n");
    let folder = deployment.path("");
    let ask = |arguments: &[&str]| json(araneus(arguments, &folder).ends_with(0));
    let measured = ask(&["measure", &links, "--metrics", "degree", "--out", "measured", "--json"]);
    assert_eq!(measured["files"], serde_json::json!(["metrics.arrow", "timings.json"]), "{measured}");
    let world = ask(&["scenario", "--level", "d1", "--out", "world", "--json"]);
    assert!(world["nights"].as_u64().is_some_and(|runs| runs > 0), "{world}");
    let models = ask(&["models", "list", "--json"]);
    let scores = |row: &&serde_json::Value| row["scores"] == true;
    assert_eq!(models.as_array().expect("rows").iter().filter(scores).count(), 1, "{models}");
    let feed = named("feed", deployment.write("feed/a.json", malware(1, "Gorsefire")));
    deployment.run("2026-06-01", &[feed]).ends_with(0);
    for (flags, text) in [(&[][..], "first run"), (&["--open"], "waits"), (&["--near"], "stopped no")] {
        let output = deployment.ask(&[&["queue", "--json"], flags].concat());
        assert_eq!(json(output.ends_with(0)), serde_json::json!([]));
        assert!(output.stderr.contains(text), "{flags:?}: {}", output.stderr);
    }
}
