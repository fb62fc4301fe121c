//! Purposes: `run`, `review` and `export` for a purpose that no agreement allows end with 5, and name the agreements.

use crate::support::{Deployment, malware, named};

const AS_OF: &str = "2026-03-02T02:00:00Z";

/// Returns a configuration with two agreements and an audience with these purposes.
fn configuration(purposes: &str, agreements: &str) -> String {
    format!(
        "[model]\nid = \"rules\"\n[[source]]\nname = \"quay\"\nmarking = \"TLP:CLEAR\"\nagreement = \"with-quay\"\n\
         [[source]]\nname = \"buoy\"\nmarking = \"TLP:CLEAR\"\n{agreements}\
         [[audience]]\nname = \"police\"\nclearance = \"TLP:GREEN\"\npurposes = [{purposes}]\n"
    )
}

const ANALYSE: &str = "[[agreement]]\nname = \"with-quay\"\npurposes = [\"analyse\", \"warn\"]\n[[agreement]]\nname = \"unused\"\n";

fn input(deployment: &Deployment) -> String {
    named("buoy", deployment.write("in/buoy.json", malware(1, "Brinewick")))
}

#[test]
fn a_purpose_that_no_agreement_allows_is_refused_with_the_agreement() {
    let deployment = Deployment::new(&configuration("\"prosecute\"", ANALYSE));
    let to = deployment.path("out.jsonl").display().to_string();
    let run = deployment.ask(&["run", "--audience", "police", "--as-of", AS_OF, &input(&deployment)]);
    run.ends_with(5);
    assert!(!deployment.path("state").exists() && !deployment.path("out").exists(), "nothing was made");
    assert!(run.stderr.contains("the agreement `with-quay` allows `analyse`, `warn`"), "{}", run.stderr);
    assert!(run.stderr.contains("`prosecute`"), "{}", run.stderr);
    // A run for all audiences gives this one what no agreement governs.
    deployment.ask(&["run", "--as-of", AS_OF, &input(&deployment)]).ends_with(0);
    for arguments in [
        &["review", "--audience", "police"][..],
        &["review"],
        &["export", "jsonl", "--audience", "police", "--all", "--to", &to],
        &["run", "--audience", "police", "--replay", "--as-of", AS_OF],
    ] {
        let refused = deployment.ask(arguments);
        refused.ends_with(5);
        assert!(refused.stderr.contains("with-quay"), "{}", refused.stderr);
    }
    assert!(!deployment.path("out.jsonl").exists());
}

#[test]
fn an_allowed_purpose_and_an_audience_without_one_are_not_refused() {
    for (purposes, agreements) in [
        ("\"analyse\"", ANALYSE),
        ("", ANALYSE),
        ("\"prosecute\"", "[[agreement]]\nname = \"with-quay\"\n"),
        // An agreement that is missing closes its source, and refuses no purpose.
        ("\"prosecute\"", ""),
    ] {
        let deployment = Deployment::new(&configuration(purposes, agreements));
        let input = input(&deployment);
        deployment.ask(&["run", "--audience", "police", "--as-of", AS_OF, &input]).ends_with(0);
    }
    // One purpose of two is not enough.
    let deployment = Deployment::new(&configuration("\"analyse\", \"prosecute\"", ANALYSE));
    let input = input(&deployment);
    deployment.ask(&["run", "--audience", "police", "--as-of", AS_OF, &input]).ends_with(5);
}
