//! Records that an agreement does not allow to keep are erased before the next run.

use std::collections::BTreeSet;

use super::scan::found;
use crate::support::{Deployment, malware, named};

const CONFIGURATION: &str = r#"
[model]
id = "rules"
[[agreement]]
name = "with-port"
retain_days = 30
[[source]]
name = "port"
agreement = "with-port"
[[source]]
name = "quay"
"#;

#[test]
fn expired_records_are_in_no_file_after_the_next_run_and_may_be_delivered_again() {
    let (feeds, deployment) = (Deployment::new(""), Deployment::new(CONFIGURATION));
    let feed = |source: &str, name: &str, number, text: &str| {
        named(source, feeds.write(name, malware(number, text)))
    };
    let old = feed("port", "a.json", 1, "Tokenexpired");
    let other = feed("quay", "b.json", 2, "Tokenkept");
    deployment.run("2026-01-10", &[old.clone(), other]).ends_with(0);
    deployment.run("2026-02-01", &[feed("port", "c.json", 3, "Tokenlater")]).ends_with(0);
    let folders = ["state", "out"].map(|name| deployment.path(name));
    let tokens = ["Tokenexpired", "Tokenkept", "Tokenlater"];
    let names = |kept: &[&str]| kept.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
    let present = || found(&folders, &tokens).into_keys().collect::<BTreeSet<String>>();
    assert_eq!(present(), names(&tokens));

    // Thirty days later the records of 10 January are still there, and on the next day they are not.
    deployment.run("2026-02-09", &[feed("quay", "d.json", 4, "Reedwisp")]).ends_with(0);
    assert_eq!(present(), names(&tokens));
    let output = deployment.run_with("2026-02-10", &[feed("quay", "e.json", 5, "Fenlight")], &["--json"]);
    let answer: serde_json::Value = serde_json::from_str(&output.ends_with(0).stdout).expect("JSON");
    assert!(answer["warnings"][0].as_str().is_some_and(|text| text.contains("1 record")), "{answer}");
    assert_eq!(present(), names(&tokens[1..]));
    deployment.ask(&["verify"]).ends_with(0);

    // Retention blocks nothing: a source that delivers the object again is recorded again.
    deployment.run("2026-02-11", &[old]).ends_with(0);
    assert_eq!(present(), names(&tokens));
    assert_eq!(deployment.published("2026-02-11").table("steward/rejects").rows().len(), 0);
    deployment.ask(&["verify"]).ends_with(0);
}
