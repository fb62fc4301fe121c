//! Two runs of the same records: all differences have the cause `configuration-change` or `expiry`.

use std::{collections::BTreeMap, fs};

use crate::{support::Deployment, tiny};

const NEXT: &str = "2026-03-06T02:00:00Z";

/// Runs the first four days of the scenario, then the records of the fourth day again on the next day. The
/// configuration of the last run has `to` in place of `from`. Returns the number of changes of each cause.
fn causes_after(from: &str, to: &str) -> BTreeMap<String, u64> {
    let configuration = fs::read_to_string(tiny::folder().join("araneus.toml")).expect("a configuration");
    let changed = configuration.replacen(from, to, 1);
    assert!(from == to || changed != configuration, "the configuration has no {from:?}");
    let deployment = Deployment::new(&configuration).working_in(&tiny::folder());
    for (run, as_of) in &tiny::runs()[..4] {
        let code = tiny::run(&deployment, run, as_of).code;
        assert!(code == 0 || code == 3, "{run}: exit code {code}");
    }
    deployment.configure(&changed);
    tiny::run(&deployment, "night-4", NEXT).ends_with(0);
    let run = deployment.published(NEXT);
    let deliveries = run.table("steward/deliveries");
    for part in ["taken", "new", "changed", "withdrawn"] {
        assert_eq!(deliveries.sum(part), 0, "the same records: {part}");
    }
    assert!(deliveries.sum("duplicate") > 50);
    let changes = run.table("all/changes");
    let mut causes = BTreeMap::new();
    for row in changes.rows() {
        *causes.entry(changes.text("cause", row).to_owned()).or_default() += changes.count("count", row);
    }
    causes
}

/// Fails if a change has another cause than configuration or age; returns the number of changes by configuration.
#[track_caller]
fn configuration_or_age(causes: &BTreeMap<String, u64>) -> u64 {
    let ours = ["configuration-change", "expiry"];
    assert!(causes.keys().all(|cause| ours.contains(&cause.as_str())), "{causes:?}");
    causes.get("configuration-change").copied().unwrap_or_default()
}

#[test]
fn an_unchanged_configuration_gives_expiry_only() {
    let causes = causes_after("", "");
    assert_eq!(configuration_or_age(&causes), 0, "{causes:?}");
    assert!(causes.contains_key("expiry"), "an indicator's valid_until passed: {causes:?}");
}

#[test]
fn another_half_life_is_a_configuration_change() {
    let half_life = "out = \"out\"\n[weight]\nhalf_life_days = { infrastructure = 5 }\n";
    assert!(configuration_or_age(&causes_after("out = \"out\"\n", half_life)) > 0);
}

#[test]
fn another_match_probability_is_a_configuration_change() {
    let probability = "out = \"out\"\n[resolve]\nmatch_probability = 0.98\n";
    let count = configuration_or_age(&causes_after("out = \"out\"\n", probability));
    assert!(count > 0, "Salt Heron and Grey Ledger are one by synonym only");
}

#[test]
fn another_reliability_is_a_configuration_change() {
    assert!(configuration_or_age(&causes_after("reliability = \"B\"", "reliability = \"E\"")) > 0);
}

#[test]
fn another_marking_of_a_source_is_not_new() {
    configuration_or_age(&causes_after(
        "mode = \"snapshot\"",
        "mode = \"snapshot\"\nmarking = \"TLP:GREEN\"",
    ));
}

#[test]
fn a_source_that_becomes_duplicate_free_is_not_new() {
    configuration_or_age(&causes_after("mode = \"snapshot\"", "mode = \"snapshot\"\nduplicate_free = true"));
}
