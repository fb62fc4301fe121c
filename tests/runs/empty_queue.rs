//! An empty queue gives its reason, flags without a verdict stay visible, and a verdict is visible at once.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    fixtures::{Fixture, RUN_TIMES, about, background::CONFIGURATION, flags},
    support::{CommandOutput, Deployment, named},
};

/// Four vendors without a reliability, and no random sample.
fn unknown() -> String {
    let sources = CONFIGURATION.replace("reliability = \"C\"", "reliability = \"F\"");
    format!("[review]\nexploration = 0\n{sources}")
}

/// A group that only one vendor reports.
const ALONE: [&str; 4] = [
    "northwind: actor Ash Sparrow uses malware Cinderlid",
    "northwind: actor Ash Sparrow uses malware Emberfoot",
    "northwind: campaign First Smoke attributed-to actor Ash Sparrow",
    "northwind: campaign First Smoke uses malware Emberfoot",
];

#[track_caller]
fn json(output: &CommandOutput) -> Value {
    serde_json::from_str(&output.ends_with(0).stdout).expect("JSON")
}

#[track_caller]
fn rows(output: &CommandOutput) -> Vec<Value> {
    json(output).as_array().expect("a list").clone()
}

#[test]
fn an_empty_queue_names_the_test_that_each_candidate_fails() {
    let mut fixture = Fixture::after_background(&unknown());
    let inputs = fixture.inputs(RUN_TIMES[0], &ALONE, &BTreeSet::new());
    let output = fixture.deployment.run_with(RUN_TIMES[0], &inputs, &["--json"]);
    let answer = json(&output);
    let queue = &answer["queues"][0];
    assert_eq!(queue["queue"].as_array().map(Vec::len), Some(0), "{queue}");
    let run = fixture.deployment.published(RUN_TIMES[0]);
    let (candidates, gate) = (run.table("all/candidates"), run.table("all/gate"));
    let count = candidates.rows().len();
    assert!(count > 0, "no candidate at all");
    let counted: u64 =
        queue["statuses"].as_object().expect("counts").values().filter_map(Value::as_u64).sum();
    assert_eq!((counted as usize, queue["candidates"].as_u64()), (count, Some(count as u64)), "each once");
    assert!(queue["statuses"]["one-source-unknown"].as_u64() > Some(0), "{queue}");

    // Every candidate has a row for every test, and fails at least one of them.
    assert_eq!(gate.rows().len(), 4 * count);
    for row in candidates.rows() {
        let id = candidates.text("candidate_id", row);
        let tests: Vec<usize> = gate.rows().filter(|&at| gate.text("candidate_id", at) == id).collect();
        let names: Vec<&str> = tests.iter().map(|&at| gate.text("test", at)).collect();
        assert_eq!(names, ["history", "chance", "news", "sources"], "{id}");
        assert!(
            tests.iter().any(|&at| !gate.truth("passed", at)),
            "{id} is not queued, so the gate stops it"
        );
    }
    for at in gate.rows().filter(|&at| gate.text("test", at) == "sources") {
        let (value, threshold) = (gate.number("value", at), gate.number("threshold", at));
        assert_eq!(gate.truth("passed", at), value >= threshold, "{value:?} {threshold:?}");
    }

    // The terminal, the list of near misses and the report name the same test.
    let explanation = queue["explanation"].as_str().expect("a sentence");
    assert!(explanation.contains("on one source of unknown reliability"), "{explanation}");
    let output = fixture.deployment.ask(&["queue"]);
    assert!(output.ends_with(0).stdout.is_empty(), "{}", output.stdout);
    for words in ["is empty", explanation, "two are needed, or one of reliability A or B"] {
        assert!(output.stderr.contains(words), "{words}: {}", output.stderr);
    }
    let report = run.text("all/report.html");
    assert!(report.contains(explanation) && report.contains("Nearest misses"));
    assert_eq!(report.matches("<details class=\"line miss\"").count(), count.min(5));

    let near_misses = rows(&fixture.deployment.ask(&["queue", "--near", "--json"]));
    assert_eq!(near_misses.len(), count.min(5));
    let fails = |row: &Value| row["fails"].as_array().map(Vec::len);
    assert!(near_misses.windows(2).all(|pair| fails(&pair[0]) <= fails(&pair[1])), "{near_misses:#?}");
    let first = near_misses[0]["candidate_id"].as_str().expect("an id");
    let listed = fixture.deployment.ask(&["queue", "--near"]);
    let short = &first["candidate-".len()..][..6];
    assert!(listed.ends_with(0).stdout.contains(short), "{}", listed.stdout);
    let by_short_id = json(&fixture.deployment.ask(&["explain", short, "--json"]));
    let answer = json(&fixture.deployment.ask(&["explain", first, "--json"]));
    assert_eq!(by_short_id, answer);
    assert_eq!(
        (&answer["fails"], &answer["tests"]),
        (&near_misses[0]["fails"], &near_misses[0]["tests"]),
        "{answer}"
    );
    assert!(answer["records"].as_array().is_some_and(|rows| !rows.is_empty()), "{answer}");
    assert!(answer["members"].as_array().is_some_and(|rows| !rows.is_empty()), "{answer}");
    // A candidate of an earlier run is explained by that run.
    fixture.run(RUN_TIMES[1], &[]);
    let later = json(&fixture.deployment.ask(&["explain", first, "--json"]));
    assert_eq!(later, answer);
    fixture.deployment.ask(&["explain", "candidate-00000000000000000000"]).ends_with(2);
}

#[test]
fn a_flag_without_a_verdict_stays_visible_and_a_verdict_is_visible_at_once() {
    let mut fixture = Fixture::after_emergence(CONFIGURATION);
    let raised = flags(&fixture.deployment.published(RUN_TIMES[0]), "all");
    let sparrow = about(&raised, "community birth", "Ash Sparrow");
    let count = raised.iter().filter(|flag| flag.is_raised()).count();
    fixture.run(RUN_TIMES[1], &[]);
    let waiting = |fixture: &Fixture| rows(&fixture.deployment.ask(&["queue", "--open", "--json"]));
    let open = waiting(&fixture);
    assert_eq!(open.len(), count);
    let score = |row: &Value| row["score"].as_f64();
    assert!(open.windows(2).all(|pair| score(&pair[0]) >= score(&pair[1])), "{open:#?}");
    let output = fixture.deployment.ask(&["queue"]);
    let words = format!("{count} from earlier runs wait for a verdict");
    assert!(output.ends_with(0).stderr.contains(&words), "{}", output.stderr);
    let report = fixture.deployment.published(RUN_TIMES[1]).text("all/report.html");
    assert!(report.contains(&words), "the report contains it, too");

    // There is no run between the verdict and these answers.
    let decide = ["judgements", "add", &sparrow.id, "benign", "--by", "ana", "--reason", "our own exercise"];
    fixture.deployment.ask(&decide).ends_with(0);
    assert_eq!(waiting(&fixture).len(), count - 1);
    let first = rows(&fixture.deployment.ask(&["queue", "2026-03-02", "--json"]));
    let row = first.iter().find(|row| row["flag_id"] == sparrow.id.as_str()).expect("it was in that queue");
    assert_eq!((&row["state"], &row["verdict"]), (&"judged".into(), &"benign".into()), "{row}");
    assert_eq!(row["verdicts"][0]["by"], "ana", "{row}");
    let output = fixture.deployment.ask(&["queue", "2026-03-02"]);
    assert!(output.ends_with(0).stdout.contains("[benign by ana]"), "{}", output.stdout);
    let answer = json(&fixture.deployment.ask(&["explain", &sparrow.id, "--json"]));
    assert_eq!((&answer["state"], &answer["judged"]["value"]), (&"judged".into(), &"benign".into()));
    assert_eq!(answer["verdicts"][0]["reason"], "our own exercise", "{answer}");
}

#[test]
fn a_closed_flag_of_an_earlier_run_is_explained() {
    let fixture = Fixture::after_emergence(CONFIGURATION);
    let raised = flags(&fixture.deployment.published(RUN_TIMES[0]), "all");
    let sparrow = about(&raised, "community birth", "Ash Sparrow");
    let answer_at_closing = json(&fixture.deployment.ask(&["explain", &sparrow.id, "--json"]));
    // After a long time without new records the flag closes, and later runs do not contain it.
    for run in ["2026-04-20T02:00:00Z", "2026-04-21T02:00:00Z"] {
        fixture.rerun(run);
    }
    let last = flags(&fixture.deployment.published("2026-04-21T02:00:00Z"), "all");
    assert!(last.iter().all(|flag| flag.id != sparrow.id), "{last:#?}");
    let now = json(&fixture.deployment.ask(&["explain", &sparrow.id, "--json"]));
    assert_eq!((&now["state"], &now["rank"]), (&"closed".into(), &Value::Null), "{now}");
    for key in ["answer", "pattern", "records", "reasons_for", "minimal_support"] {
        assert_eq!(now[key], answer_at_closing[key], "{key}");
    }
    for run in ["2026-03-02", "20260302T020000Z", "2026-03-02T02", "2026-03-02T02:00:00Z"] {
        let of_run = json(&fixture.deployment.ask(&["explain", &sparrow.id, "--run", run, "--json"]));
        assert_eq!(of_run, answer_at_closing, "{run}");
    }
    for run in ["2026-03-03", "2026", "../out"] {
        let output = fixture.deployment.ask(&["explain", &sparrow.id, "--run", run]);
        output.ends_with(2);
        fixture.deployment.ask(&["queue", run]).ends_with(2);
    }
    let output = fixture.deployment.ask(&["queue", "2026-04"]);
    assert!(
        output.ends_with(2).stderr.contains("20260421T020000Z"),
        "the runs are listed: {}",
        output.stderr
    );
}

#[test]
fn a_flag_that_closes_without_a_verdict_is_still_counted_and_listed() {
    let fixture = Fixture::after_emergence(CONFIGURATION);
    let raised = flags(&fixture.deployment.published(RUN_TIMES[0]), "all");
    let sparrow = about(&raised, "community birth", "Ash Sparrow");
    let judged =
        raised.iter().find(|flag| flag.is_raised() && flag.id != sparrow.id).map(|flag| flag.id.clone());
    if let Some(id) = &judged {
        let command = ["judgements", "add", id, "benign", "--reason", "our own exercise", "--by", "ana"];
        fixture.deployment.ask(&command).ends_with(0);
    }
    let count = raised.iter().filter(|flag| flag.is_raised()).count() - usize::from(judged.is_some());
    for (run, words) in [
        ("2026-04-20T02:00:00Z", format!("{count} closed without a verdict, in this run.")),
        ("2026-04-21T02:00:00Z", format!("{count} closed without a verdict.")),
    ] {
        fixture.rerun(run);
        let output = fixture.deployment.ask(&["queue"]);
        assert!(output.ends_with(0).stderr.contains(&words), "{run}: {words}: {}", output.stderr);
        let open = rows(&fixture.deployment.ask(&["queue", "--open", "--json"]));
        assert_eq!(open.len(), count, "{run}");
        assert!(open.iter().all(|flag| flag["state"] == "closed"), "{open:#?}");
        assert!(open.iter().any(|flag| flag["flag_id"] == sparrow.id.as_str()), "{open:#?}");
        let listed = fixture.deployment.ask(&["queue", "--open"]);
        assert!(listed.ends_with(0).stdout.contains(&sparrow.id["flag-".len()..][..6]), "{}", listed.stdout);
        let report = fixture.deployment.published(run).text("all/report.html");
        let (_, fold) = report.split_once("Flags without a verdict").expect("a section");
        // The verdict was given after this run.
        let words = words.replacen(&count.to_string(), &raised.len().to_string(), 1);
        assert!(fold.contains(&words) && fold.contains(&sparrow.id), "{run}: {words}");
    }
    // At the earlier run no flag was closed.
    let answer_at_closing = fixture.deployment.ask(&["queue", "2026-03-02"]);
    assert!(
        !answer_at_closing.ends_with(0).stderr.contains("closed without"),
        "{}",
        answer_at_closing.stderr
    );
    // A late verdict still counts.
    let command = ["judgements", "add", &sparrow.id, "benign", "--reason", "long over", "--by", "ana"];
    fixture.deployment.ask(&command).ends_with(0);
    let open = rows(&fixture.deployment.ask(&["queue", "--open", "--json"]));
    assert!(open.iter().all(|flag| flag["flag_id"] != sparrow.id.as_str()), "{open:#?}");
}

#[test]
fn a_flag_of_one_run_only_is_explained_by_that_run() {
    let fixture = Fixture::after_emergence(CONFIGURATION);
    let raised = flags(&fixture.deployment.published(RUN_TIMES[0]), "all");
    let sparrow = about(&raised, "community birth", "Ash Sparrow");
    // By these rules earlier runs have no flag, so a later run does not follow it.
    fixture.deployment.configure(&format!("[patterns]\nfdr = 0.000001\n{CONFIGURATION}"));
    fixture.rerun(RUN_TIMES[1]);
    let answer = json(&fixture.deployment.ask(&["explain", &sparrow.id, "--json"]));
    assert_eq!(answer["run"], "20260302T020000Z", "{answer}");
    assert_eq!(answer["state"], "new", "{answer}");
}

#[test]
fn an_audience_without_visible_records_gets_this_statement_only() {
    let tool = |number: u32, marking: &str| {
        format!(
            r#"{{"type":"tool","spec_version":"2.1","id":"tool--00000000-0000-4000-8000-{number:012}","name":"Capstan {number}",
            "created":"2026-02-01T00:00:00Z","modified":"2026-02-01T00:00:00Z"{marking}}}"#
        )
    };
    let red = r#","object_marking_refs":["marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"]"#;
    let configuration =
        "[[source]]\nname = \"quay\"\n[[audience]]\nname = \"partners\"\nclearance = \"TLP:GREEN\"\n";
    let why = "partners may see no record: an audience with a clearance sees records with a marking only, and an \
               agreement may exclude it. The keys `marking` and `agreement` of a source change this.";
    let output: Vec<Vec<String>> = [[tool(1, ""), tool(2, "")], [tool(1, red), tool(2, "")]]
        .into_iter()
        .map(|objects| {
            let deployment = Deployment::new(configuration);
            let text = format!(r#"{{"type":"bundle","objects":[{}]}}"#, objects.join(","));
            let input = named("quay", deployment.write("in/quay.json", text));
            deployment.run(RUN_TIMES[0], &[input]).ends_with(0);
            deployment.run(RUN_TIMES[1], &[]).ends_with(0);
            let queue = deployment.ask(&["queue"]).ends_with(0).stderr.clone();
            assert!(queue.contains(why) && !queue.contains("show no pattern"), "{queue}");
            let reports = [RUN_TIMES[0], RUN_TIMES[1]]
                .map(|run| deployment.published(run).text("partners/report.html"));
            for report in &reports {
                assert!(report.contains("partners may see no record") && !report.contains("show no pattern"));
            }
            reports.to_vec()
        })
        .collect();
    assert_eq!(output[0], output[1], "the number of hidden records must not be visible");
}

#[test]
fn run_and_check_warn_if_sources_cannot_raise_a_flag() {
    let bundle = r#"{"type":"bundle","objects":[{"type":"intrusion-set","spec_version":"2.1","id":"intrusion-set--00000000-0000-4000-8000-000000000001",
        "created":"2026-02-01T00:00:00Z","modified":"2026-02-01T00:00:00Z","name":"Reed Warbler"}]}"#;
    let words = |reliability: &str, sources: &[&str]| {
        let configured = sources.iter().map(|name| format!("[[source]]\nname = \"{name}\"\n{reliability}"));
        let deployment = Deployment::new(&configured.collect::<String>());
        let input = |name: &&str| named(name, deployment.write(&format!("{name}/a.json"), bundle));
        let inputs: Vec<String> = sources.iter().map(input).collect();
        let mut check = vec!["check"];
        check.extend(inputs.iter().map(String::as_str));
        let checked = deployment.ask(&check);
        let ran = deployment.run_with(RUN_TIMES[0], &inputs, &["--json"]);
        let warned = json(&ran)["warnings"].as_array().map(Vec::len);
        assert_eq!(warned, Some(usize::from(checked.ends_with(0).stderr.contains("Warning:"))));
        checked.stderr
    };
    assert!(words("", &["warbler"]).contains("No flag can be raised"));
    assert!(words("", &["warbler", "dunlin"]).contains("Every source has reliability F"));
    assert!(!words("reliability = \"B\"\n", &["warbler"]).contains("Warning"));
    assert!(!words("reliability = \"C\"\n", &["warbler", "dunlin"]).contains("Warning"));
}
