//! Retention: a run erases the records that are older than the agreement of their source allows.

use serde_json::Value;

use crate::{
    scanner::files_with,
    support::{Deployment, malware, named},
};

const CONFIGURATION: &str = "[model]\nid = \"rules\"\n[[source]]\nname = \"quay\"\nagreement = \"short\"\n\
    [[source]]\nname = \"buoy\"\n[[agreement]]\nname = \"short\"\nretain_days = 10\n";
const FIRST: &str = "2026-03-02T02:00:00Z";

fn labels(deployment: &Deployment, as_of: &str) -> Vec<String> {
    let entities = deployment.published(as_of).table("all/entities");
    let mut labels: Vec<String> = entities.rows().map(|row| entities.text("label", row).to_owned()).collect();
    labels.sort();
    labels
}

#[test]
fn a_run_erases_what_is_older_than_agreed_and_nothing_else() {
    let deployment = Deployment::new(CONFIGURATION);
    let quay = named("quay", deployment.write("in/quay.json", malware(1, "Brinewick")));
    let buoy = named("buoy", deployment.write("in/buoy.json", malware(2, "Lanternfish")));
    deployment.run(FIRST, &[quay, buoy.clone()]).ends_with(0);
    let later = named("quay", deployment.write("in/later.json", malware(3, "Scrapyard")));
    // Ten days and no more: everything stays.
    deployment.run("2026-03-12T02:00:00Z", &[later]).ends_with(0);
    assert_eq!(labels(&deployment, "2026-03-12T02:00:00Z"), ["Brinewick", "Lanternfish", "Scrapyard"]);
    let after = "2026-03-12T02:00:01Z";
    let plan = deployment.ask(&["plan", "--as-of", after, &buoy]);
    assert!(plan.stdout.contains("quay: 1 record is older than 10 days"), "{}", plan.stdout);
    // A replay erases nothing.
    deployment.ask(&["run", "--replay", "--as-of", after]).ends_with(0);
    assert_eq!(labels(&deployment, after).len(), 3);
    let run = deployment.ask(&["run", "--json", "--as-of", after, &buoy]);
    run.ends_with(0);
    let answer: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert!(
        answer["warnings"][0].as_str().is_some_and(|text| text.starts_with("1 record is erased")),
        "{answer}"
    );
    assert_eq!(labels(&deployment, after), ["Lanternfish", "Scrapyard"]);
    for folder in ["state", "out"] {
        assert_eq!(files_with(&deployment.path(folder), &["Brinewick"]), [], "{folder}");
    }
    deployment.ask(&["verify"]).ends_with(0);
    let audit = deployment.ask(&["audit", "--json"]);
    audit.ends_with(0);
    assert!(audit.stdout.contains("erased") && audit.stdout.contains("retention"), "{}", audit.stdout);
    // A further run has nothing to erase.
    deployment.ask(&["run", "--as-of", "2026-03-12T03:00:00Z", &buoy]).ends_with(0);
    assert_eq!(labels(&deployment, "2026-03-12T03:00:00Z"), ["Lanternfish", "Scrapyard"]);
}
