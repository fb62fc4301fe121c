//! Exit codes of runs: a known reject and an increment source without a delivery still give 0.

use serde_json::Value;

use crate::{
    fixtures::{EMERGING, Fixture, RUN_TIMES, background::CONFIGURATION},
    support::{CommandOutput, Deployment, malware, named},
};

const DAYS: [&str; 4] =
    ["2026-05-01T02:00:00Z", "2026-05-02T02:00:00Z", "2026-05-03T02:00:00Z", "2026-05-04T02:00:00Z"];

fn json(output: &CommandOutput) -> Value {
    serde_json::from_str(&output.stdout)
        .unwrap_or_else(|_| panic!("no JSON: {} {}", output.stdout, output.stderr))
}

/// A bundle with one valid object, and relationships with these ids whose ends are not ids.
fn bundle(valid: u32, invalid: &[&str]) -> String {
    let relationships = invalid.iter().map(|id| {
        format!(
            r#"{{"type":"relationship","id":"{id}","relationship_type":"uses","source_ref":"nobody","target_ref":"nothing"}}"#
        )
    });
    let objects: Vec<String> = std::iter::once(malware(valid, "Gorsefire")).chain(relationships).collect();
    format!(
        r#"{{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000001","objects":[{}]}}"#,
        objects.join(",")
    )
}

#[test]
fn a_reject_that_an_earlier_run_had_leaves_the_exit_code_0() {
    let deployment = Deployment::new("");
    let one = "relationship--00000000-0000-4000-8000-00000000000a";
    let two = "relationship--00000000-0000-4000-8000-00000000000b";
    let read = |day: &str, invalid: &[&str], flags: &[&str]| {
        let input = named("feed", deployment.write("feed.json", bundle(1, invalid)));
        deployment.run_with(day, &[input], flags)
    };
    read(DAYS[0], &[one], &[]).ends_with(3);
    read(DAYS[1], &[one], &[]).ends_with(0);
    let output = read(DAYS[2], &[one, two], &["--json"]);
    let summary = json(output.ends_with(3));
    let by_rule = summary["rejects"].as_object().expect("by rule");
    assert_eq!(by_rule.len(), 1, "{summary}");
    assert_eq!(by_rule.values().next(), Some(&serde_json::json!({ "new": 1, "known": 1 })), "{summary}");
    assert_eq!((&summary["rejected"], &summary["exit"]), (&2.into(), &3.into()));
    let rejects = deployment.published(DAYS[2]).table("steward/rejects");
    let known = |id| rejects.is_set("known", rejects.only("object_id", id));
    assert_eq!((known(one), known(two)), (true, false));
    // A run repeated at its as-of time gives equal counts.
    read(DAYS[2], &[one, two], &[]).ends_with(3);
    read(DAYS[3], &[one, two], &[]).ends_with(0);
    read(DAYS[3], &[one, two], &["--fail-on", "known-rejects"]).ends_with(3);
    // A known reject of one source is new for another source.
    let other = named("other", deployment.path("feed.json"));
    deployment.run(DAYS[3], &[other]).ends_with(3);
}

#[test]
fn an_increment_source_may_deliver_no_file_and_a_snapshot_source_may_not() {
    let source = |mode: &str, more: &str| {
        format!("[[source]]\nname = \"feed\"\nmode = \"{mode}\"\npaths = [\"feed/*.json\"]\n{more}")
    };
    for (mode, more, codes) in [
        ("increment", "", [0, 0, 0]),
        ("snapshot", "", [0, 4, 4]),
        ("increment", "expect = \"36h\"\n", [0, 0, 4]),
        ("snapshot", "expect = \"36h\"\n", [0, 0, 4]),
        ("increment", "expect = \"3d\"\n", [0, 0, 0]),
    ] {
        let deployment = Deployment::new(&source(mode, more));
        let file = deployment.write("feed/one.json", malware(1, "Gorsefire"));
        for (day, code) in DAYS.iter().zip(codes) {
            let output = deployment.run(day, &[]);
            assert_eq!(output.code, code, "{mode} {more} {day}: {}", output.stderr);
            assert_eq!(
                deployment.published(day).table("all/entities").rows().len(),
                1,
                "no object is withdrawn"
            );
            let _ = std::fs::remove_file(&file);
        }
    }
}

#[test]
fn an_unchanged_file_is_not_a_new_delivery() {
    let configuration = "[[source]]\nname = \"feed\"\npaths = [\"feed\"]\nexpect = \"36h\"\n";
    let deployment = Deployment::new(configuration);
    deployment.write("feed/one.json", malware(1, "Gorsefire"));
    deployment.run(DAYS[0], &[]).ends_with(0);
    deployment.run(DAYS[1], &[]).ends_with(0);
    let output = deployment.ask(&["run", "--json", "--as-of", DAYS[2]]);
    assert_eq!(json(output.ends_with(4))["overdue"], serde_json::json!(["feed"]));
    assert!(output.stderr.contains("feed is overdue"), "{}", output.stderr);
    deployment.write("feed/two.json", malware(2, "Fernwort"));
    deployment.run(DAYS[3], &[]).ends_with(0);
    // With INPUT, a source that it does not name is neither read nor overdue; a replay needs no delivery.
    let file = named("other", deployment.path("feed/one.json"));
    deployment.run("2026-05-09T02:00:00Z", &[file]).ends_with(0);
    deployment.run_with("2026-05-09T02:00:00Z", &[], &["--replay"]).ends_with(0);
    deployment.run("2026-05-09T02:00:00Z", &[]).ends_with(4);
}

#[test]
fn flags_can_end_a_run_with_10_which_outranks_3_and_is_outranked_by_4() {
    let mut fixture = Fixture::after_background(CONFIGURATION);
    let mut inputs = fixture.inputs(RUN_TIMES[0], &EMERGING, &std::collections::BTreeSet::new());
    let run = |fixture: &Fixture, inputs: &[String], flags: &[&str]| {
        fixture.deployment.run_with(RUN_TIMES[0], inputs, flags)
    };
    run(&fixture, &inputs, &[]).ends_with(0);
    let summary = json(run(&fixture, &inputs, &["--fail-on", "flags", "--json"]).ends_with(10));
    let count = |name: &str| summary[name]["all"].as_u64().expect("a count");
    assert!(count("queued") >= 2, "{summary}");
    assert_eq!(
        summary["flags"]["all"]["new"].as_u64(),
        Some(count("queued") + count("waiting")),
        "{summary}"
    );
    inputs.push(named("harbour", fixture.deployment.write("invalid.json", "{")));
    run(&fixture, &inputs, &["--fail-on", "flags"]).ends_with(10);
    run(&fixture, &inputs, &[]).ends_with(3);
    inputs.push(named("book", fixture.deployment.write("book/invalid.json", "{")));
    run(&fixture, &inputs, &["--fail-on", "flags,known-rejects"]).ends_with(4);
    // The next run has no new flag of it.
    let quiet = fixture.inputs(RUN_TIMES[1], &[], &std::collections::BTreeSet::new());
    fixture.deployment.run_with(RUN_TIMES[1], &quiet, &["--fail-on", "flags"]).ends_with(0);
}

#[test]
fn an_input_can_have_a_reliability() {
    let deployment = Deployment::new("[[source]]\nname = \"other\"\nreliability = \"B\"\n");
    let file = deployment.write("feed/one.json", malware(1, "Gorsefire"));
    let reliability = |day: &str, inputs: &[String], flags: &[&str]| {
        deployment.run_with(day, inputs, flags).ends_with(0);
        let manifest: Value =
            serde_json::from_str(&deployment.published(day).text("manifest.json")).expect("JSON");
        let terms = &manifest["configuration"]["terms"];
        ["feed", "other"].map(|name| terms[name]["reliability"].as_str().unwrap_or("none").to_owned())
    };
    let feed = std::slice::from_ref(&file);
    assert_eq!(reliability(DAYS[0], feed, &[]), ["none", "B"]);
    assert_eq!(reliability(DAYS[1], feed, &["--reliability", "A"]), ["A", "B"]);
    assert_eq!(reliability(DAYS[2], &[named("other", &file)], &["--reliability", "D"]), ["none", "D"]);
    deployment.run_with(DAYS[3], feed, &["--reliability", "G"]).ends_with(2);
    deployment.run_with(DAYS[3], &[], &["--reliability", "A"]).ends_with(2);
}

#[test]
fn a_log_of_json_has_time_level_step_source_and_fields() {
    let configuration = "[[source]]\nname = \"feed\"\nmode = \"snapshot\"\npaths = [\"feed\", \"more\"]\n";
    let deployment = Deployment::new(configuration);
    deployment.write("feed/one.json", malware(1, "Gorsefire"));
    let output = deployment.ask(&["run", "--as-of", DAYS[0], "--log-format", "json", "--verbose"]);
    let lines: Vec<Value> = output
        .ends_with(4)
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect();
    for line in &lines {
        for key in ["time", "level", "step", "source", "fields", "message"] {
            assert!(line.get(key).is_some(), "{key}: {line}");
        }
        let time: jiff::Timestamp = line["time"].as_str().expect("text").parse().expect("RFC 3339");
        assert!(time.as_second() > 1_700_000_000);
    }
    let has = |key: &str, value: &str| lines.iter().any(|line| line[key] == value);
    assert!(has("step", "read") && has("level", "debug") && has("level", "info"), "{lines:#?}");
    assert!(has("source", "feed"), "{lines:#?}");
    assert!(lines.iter().any(|line| line["fields"]["delivered"] == 1), "{lines:#?}");
    let output = deployment.ask(&["run", "--as-of", "yesterday", "--log-format", "json"]);
    let line: Value = serde_json::from_str(&output.ends_with(2).stderr).expect("one line of JSON");
    assert_eq!(line["level"], "error");
}

#[test]
fn help_lists_each_exit_code_and_each_accepted_value() {
    let deployment = Deployment::new("");
    // Joined to one line, because line breaks depend on the terminal.
    let help = |arguments: &[&str]| {
        let output = deployment.ask(arguments);
        output.ends_with(0).stdout.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let (run_help, help) = (help(&["run", "--help"]), help(&["--help"]));
    for text in ["0 complete", "9 is not used", "10 complete", "ARANEUS_CONFIG", "-C", "undo", "overdue"] {
        assert!(help.contains(text), "{text}: {help}");
    }
    for text in ["--future", "--replay", "--fail-on", "--reliability", "today", "UTC"] {
        assert!(run_help.contains(text), "{text}: {run_help}");
    }
}
