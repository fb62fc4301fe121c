//! Agreements: an audience outside the purposes or recipients of an agreement has no record of its source.

use std::{collections::BTreeMap, fs};

use serde_json::{Value, json};

use crate::support::{CommandOutput, Deployment, PublishedRun, malware, named, names_in};

const FIRST: &str = "2026-03-02T02:00:00Z";
const SECOND: &str = "2026-03-03T02:00:00Z";
const OBLIGATION: &str = "Name the harbour office in every report.";

/// Returns a configuration with the source `quay` under an agreement, the open source `buoy`, and three audiences.
fn configuration(agreement: &str) -> String {
    let audience = |name: &str, purposes: &str| {
        format!("[[audience]]\nname = \"{name}\"\nclearance = \"TLP:GREEN\"\npurposes = [{purposes}]\n")
    };
    let source = |name: &str, more: &str| {
        format!("[[source]]\nname = \"{name}\"\nmode = \"snapshot\"\nmarking = \"TLP:GREEN\"\n{more}")
    };
    [
        "[model]\nid = \"rules\"\n".to_owned(),
        source("quay", "agreement = \"with-quay\"\n"),
        source("buoy", ""),
        agreement.to_owned(),
        audience("partners", "\"analyse\""),
        audience("friends", "\"analyse\""),
        audience("police", "\"prosecute\""),
    ]
    .concat()
}

fn agreement(terms: &str) -> String {
    format!("[[agreement]]\nname = \"with-quay\"\nobligations = [\"{OBLIGATION}\"]\n{terms}")
}

const PARTNERS_ANALYSE: &str = "purposes = [\"analyse\"]\nrecipients = [\"partners\", \"police\"]\n";

fn bundle(objects: &[String]) -> String {
    let objects: Vec<Value> =
        objects.iter().map(|object| serde_json::from_str(object).expect("JSON")).collect();
    json!({ "type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000001", "objects": objects })
        .to_string()
}

/// Runs with one object of each source, and a second one of `quay` in the second run.
fn run(deployment: &Deployment, as_of: &str, with_agreed: bool) -> CommandOutput {
    let mut agreed = vec![malware(1, "Brinewick")];
    if as_of == SECOND {
        agreed.push(malware(2, "Scrapyard"));
    }
    let open = deployment.write("in/buoy.json", bundle(&[malware(3, "Lanternfish")]));
    let mut inputs = vec![named("buoy", open)];
    if with_agreed {
        inputs.push(named("quay", deployment.write("in/quay.json", bundle(&agreed))));
    }
    deployment.run(as_of, &inputs)
}

fn labels(run: &PublishedRun, audience: &str) -> Vec<String> {
    let entities = run.table(&format!("{audience}/entities"));
    let mut labels: Vec<String> = entities.rows().map(|row| entities.text("label", row).to_owned()).collect();
    labels.sort();
    labels
}

fn files(run: &PublishedRun, audience: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = run.folder.join(audience);
    names_in(&folder)
        .into_iter()
        .map(|name| (name.clone(), fs::read(folder.join(name)).expect("a file")))
        .collect()
}

#[test]
fn only_a_recipient_with_an_allowed_purpose_gets_the_records() {
    let [with, without] = [true, false].map(|with_agreed| {
        let deployment = Deployment::new(&configuration(&agreement(PARTNERS_ANALYSE)));
        for as_of in [FIRST, SECOND] {
            run(&deployment, as_of, with_agreed).ends_with(0);
        }
        deployment
    });
    let last = with.published(SECOND);
    assert_eq!(labels(&last, "partners"), ["Brinewick", "Lanternfish", "Scrapyard"]);
    for outside in ["friends", "police"] {
        assert_eq!(labels(&last, outside), ["Lanternfish"]);
        for as_of in [FIRST, SECOND] {
            let (seen, expected) = (with.published(as_of), without.published(as_of));
            assert!(files(&seen, outside) == files(&expected, outside), "{as_of}: {outside} differs");
        }
        assert!(!last.text(&format!("{outside}/report.html")).contains("quay"));
    }
    assert!(last.text("partners/report.html").contains(OBLIGATION));
    let sources = last.table("steward/sources");
    let agreements: BTreeMap<&str, &str> =
        sources.rows().map(|row| (sources.text("source", row), sources.text("agreement", row))).collect();
    assert_eq!(agreements, BTreeMap::from([("buoy", ""), ("quay", "with-quay")]));
    assert_eq!(last.table("steward/record_evidence").rows().len(), 3, "the data steward sees all records");
}

#[test]
fn a_list_that_is_empty_admits_nobody_and_an_absent_one_everybody() {
    for (terms, partners, friends) in [
        ("", true, true),
        ("recipients = []\n", false, false),
        ("purposes = []\n", false, false),
        ("recipients = [\"friends\"]\n", false, true),
        ("purposes = [\"analyse\", \"warn\"]\n", true, true),
    ] {
        let deployment = Deployment::new(&configuration(&agreement(terms)));
        run(&deployment, FIRST, true).ends_with(0);
        for (audience, is_inside) in [("partners", partners), ("friends", friends)] {
            let seen = labels(&deployment.published(FIRST), audience);
            assert_eq!(seen.contains(&"Brinewick".to_owned()), is_inside, "{terms} {audience}");
        }
    }
}

#[test]
fn a_marking_and_an_agreement_must_both_admit() {
    let red = configuration(&agreement("")).replacen("TLP:GREEN", "TLP:RED", 1);
    let deployment = Deployment::new(&red);
    run(&deployment, FIRST, true).ends_with(0);
    assert_eq!(labels(&deployment.published(FIRST), "partners"), ["Lanternfish"]);
}

#[test]
fn an_agreement_that_is_named_and_missing_closes_its_source_to_everybody() {
    let deployment = Deployment::new(&configuration(""));
    let path = deployment.write("in/quay.json", bundle(&[malware(1, "Brinewick")]));
    let output = deployment.ask(&["check", &named("quay", &path)]);
    output.ends_with(2);
    assert!(
        output.stderr.contains("Error: source `quay` names the agreement `with-quay`"),
        "{}",
        output.stderr
    );
    let output = deployment.ask(&["run", "--as-of", FIRST, &named("quay", path)]);
    output.ends_with(0);
    assert!(output.stderr.contains("Warning: source `quay` names the agreement"), "{}", output.stderr);
    let first = deployment.published(FIRST);
    assert!(["partners", "friends", "police"].iter().all(|audience| labels(&first, audience).is_empty()));
    assert_eq!(first.table("steward/deliveries").sum("taken"), 1, "the record is stored");
    assert!(
        first.table("steward/record_evidence").rows().is_empty(),
        "the operator has no view of it either"
    );
    // The agreement opens the source, without a new delivery.
    deployment.configure(&configuration(&agreement("")));
    deployment.ask(&["run", "--replay", "--as-of", FIRST]).ends_with(0);
    assert_eq!(labels(&deployment.published(FIRST), "partners"), ["Brinewick"]);
}

#[test]
fn an_agreement_that_ends_hides_earlier_runs_and_is_no_change_for_the_audience() {
    let deployment = Deployment::new(&configuration(&agreement(PARTNERS_ANALYSE)));
    run(&deployment, FIRST, true).ends_with(0);
    let explain = ["explain", "Brinewick", "--audience", "partners"];
    deployment.ask(&explain).ends_with(0);
    let export = |format: &str, to: &str| {
        let to = deployment.path(to).display().to_string();
        deployment.ask(&["export", format, "--audience", "partners", "--all", "--to", &to])
    };
    export("jsonl", "before.jsonl").ends_with(0);
    deployment.configure(&configuration(&agreement("recipients = [\"friends\"]\n")));
    assert_ne!(deployment.ask(&explain).code, 0, "an earlier run is read with the present agreement");
    let refused = export("jsonl", "after.jsonl");
    refused.ends_with(5);
    assert!(refused.stderr.contains("`quay`"), "{}", refused.stderr);
    let review = deployment.ask(&["review", "--audience", "partners"]);
    review.ends_with(5);
    run(&deployment, SECOND, true).ends_with(0);
    let second = deployment.published(SECOND);
    assert_eq!(labels(&second, "partners"), ["Lanternfish"]);
    let changes = second.table("partners/changes");
    let all: Vec<&str> = changes.rows().map(|row| changes.text("detail", row)).collect();
    assert!(changes.rows().is_empty(), "{all:?}");
    export("jsonl", "again.jsonl").ends_with(0);
    assert_eq!(labels(&second, "friends"), ["Brinewick", "Lanternfish", "Scrapyard"]);
}

#[test]
fn every_export_and_its_loss_report_have_the_obligations() {
    let deployment = Deployment::new(&configuration(&agreement(PARTNERS_ANALYSE)));
    run(&deployment, FIRST, true).ends_with(0);
    for format in ["stix", "misp", "graphml", "gexf", "csv", "parquet", "arrow", "cytoscape", "jsonl"] {
        for (audience, is_inside) in [("partners", true), ("friends", false)] {
            let to = deployment.path(&format!("exports/{audience}-{format}"));
            let shown = to.display().to_string();
            let arguments = ["export", format, "--audience", audience, "--all", "--json", "--to", &shown];
            let output = deployment.ask(&arguments);
            output.ends_with(0);
            assert_eq!(output.stdout.contains(OBLIGATION), is_inside, "{format} {audience}: the loss report");
            let files = if to.is_dir() {
                names_in(&to)
                    .into_iter()
                    .filter(|name| name != "loss.json")
                    .map(|name| to.join(name))
                    .collect()
            } else {
                vec![to.clone()]
            };
            let has_it = files
                .iter()
                .any(|file| String::from_utf8_lossy(&fs::read(file).expect("a file")).contains(OBLIGATION));
            assert_eq!(has_it, is_inside, "{format} {audience}: the export");
            if to.is_dir() {
                let losses = fs::read_to_string(to.join("loss.json")).expect("a loss report");
                assert_eq!(losses.contains(OBLIGATION), is_inside, "{format} {audience}: loss.json");
            }
        }
    }
}
