//! Only new records raise flags: changed rules, repeated deliveries and old reports raise none.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    fixtures::{EMERGING, Fixture, Flag, RUN_TIMES, about, background::CONFIGURATION, flags, ids},
    support::PublishedRun,
};

/// Configurations with one key that differs from the previous runs.
const OTHER_RULES: [(&str, &str); 6] = [
    ("half-life", "[weight]\nhalf_life_days = { infrastructure = 5, co-report = 20 }\n"),
    ("a stricter rate of false discoveries", "[patterns]\nfdr = 0.5\n"),
    ("budget", "[review]\nbudget = 1\n"),
    ("match probability", "[resolve]\nmatch_probability = 0.98\n"),
    ("window", "[patterns]\nwindow_days = 10\nfdr = 1.0\n"),
    ("a warning list of every host", "warning_lists = [\"lists/hosts.json\"]\n"),
];

/// A warning list with all hosts.
const HOSTS: &str = r#"{"name": "Hosts", "type": "regex", "version": 1, "description": "",
    "matching_attributes": ["domain", "hostname"], "list": ["/\\.example$/i"]}"#;

fn raised(flags: &[Flag]) -> BTreeSet<String> {
    ids(&flags.iter().filter(|flag| flag.is_raised()).cloned().collect::<Vec<_>>())
}

#[test]
fn emerging_structures_are_flagged_once_for_each_pattern() {
    let fixture = Fixture::after_emergence(CONFIGURATION);
    let all_flags = flags(&fixture.deployment.published(RUN_TIMES[0]), "all");
    for (pattern, name) in
        [("community birth", "Ash Sparrow"), ("sudden broker", "Skeleton Key"), ("convergence", "Iron Gull")]
    {
        let flag = about(&all_flags, pattern, name);
        assert_eq!(flag.state, "new", "{flag:?}");
        assert!(flag.rank.is_some(), "{flag:?}");
    }
}

#[test]
fn a_run_after_a_change_of_rules_only_raises_no_flag() {
    let fixture = Fixture::after_emergence(CONFIGURATION);
    let before = flags(&fixture.deployment.published(RUN_TIMES[0]), "all");
    assert!(raised(&before).len() >= 3, "{before:?}");
    fixture.deployment.write("lists/hosts.json", HOSTS);
    for (what, rule) in OTHER_RULES {
        fixture.deployment.configure(&format!("{rule}{CONFIGURATION}"));
        let run = fixture.rerun(RUN_TIMES[1]);
        let after = flags(&run, "all");
        assert!(raised(&after).is_empty(), "{what}: {after:#?}");
        let entities = run.table("all/entities");
        let listed = entities.rows().any(|row| !entities.texts("warning_lists", row).is_empty());
        assert_eq!(listed, rule.contains("warning_lists"), "{what}");
        // The same instance of a pattern has the same id under other rules.
        let mut both = 0;
        for flag in &before {
            for other in
                after.iter().filter(|other| (&other.pattern, &other.names) == (&flag.pattern, &flag.names))
            {
                assert_eq!(other.id, flag.id, "{what}: {}", flag.pattern);
                both += 1;
            }
        }
        assert!(both >= 2, "{what}: only {both} flags are the same");
        assert!(after.iter().all(|flag| flag.rank.is_none()), "{what}: a standing flag has no rank");
    }
}

#[test]
fn a_laxer_rate_of_false_discoveries_raises_no_flag() {
    let strict = Fixture::after_emergence(&CONFIGURATION.replace("fdr = 1.0", "fdr = 0.02"));
    let of_strict = raised(&flags(&strict.deployment.published(RUN_TIMES[0]), "all"));
    let lax = Fixture::after_emergence(CONFIGURATION);
    let of_lax = raised(&flags(&lax.deployment.published(RUN_TIMES[0]), "all"));
    assert!(of_strict.len() < of_lax.len(), "the rate decides: {of_strict:?}, {of_lax:?}");
    strict.deployment.configure(CONFIGURATION);
    let after = flags(&strict.rerun(RUN_TIMES[1]), "all");
    assert!(raised(&after).is_empty(), "{after:#?}");
}

#[test]
fn a_smaller_budget_changes_only_the_length_of_the_queue() {
    let fixture = Fixture::after_emergence(CONFIGURATION);
    let before = flags(&fixture.deployment.published(RUN_TIMES[0]), "all");
    fixture.deployment.configure(&format!("[review]\nbudget = 1\n{CONFIGURATION}"));
    let after = flags(&fixture.rerun(RUN_TIMES[0]), "all");
    let ranked = |flags: &[Flag]| flags.iter().filter(|flag| flag.rank.is_some()).count();
    assert!(ranked(&before) >= 3);
    assert_eq!(ranked(&after), 1);
    let first = |flags: &[Flag]| flags.iter().find(|flag| flag.rank == Some(1)).map(|flag| flag.id.clone());
    assert_eq!(first(&before), first(&after), "the most urgent one stays");
    let states = |flags: &[Flag]| -> BTreeMap<String, String> {
        flags.iter().map(|flag| (flag.id.clone(), flag.state.clone())).collect()
    };
    assert_eq!(states(&before), states(&after));
}

#[test]
fn another_model_raises_no_flag_and_changes_no_id() {
    let fixture = Fixture::after_emergence(CONFIGURATION);
    let before = flags(&fixture.deployment.published(RUN_TIMES[0]), "all");
    fixture.deployment.configure(&CONFIGURATION.replace("id = \"rules\"", "id = \"default\""));
    let same_run = flags(&fixture.rerun(RUN_TIMES[0]), "all");
    assert_eq!(ids(&before), ids(&same_run));
    assert_eq!(raised(&before), raised(&same_run));
    let next = flags(&fixture.rerun(RUN_TIMES[1]), "all");
    assert!(raised(&next).is_empty(), "{next:#?}");
    assert!(ids(&before).is_subset(&ids(&next)));
}

#[test]
fn repeated_deliveries_raise_no_flag() {
    let mut fixture = Fixture::after_background(CONFIGURATION);
    let inputs = fixture.inputs(RUN_TIMES[0], &EMERGING, &BTreeSet::new());
    fixture.deployment.run(RUN_TIMES[0], &inputs).ends_with(0);
    let first = fixture.deployment.published(RUN_TIMES[0]);
    let before = flags(&first, "all");
    let digests = first.digests();
    // The same as-of time gives the same run.
    fixture.deployment.run(RUN_TIMES[0], &inputs).ends_with(0);
    assert_eq!(
        digests["all/flags.arrow"],
        fixture.deployment.published(RUN_TIMES[0]).digests()["all/flags.arrow"]
    );
    // A later as-of time gives no new flag.
    fixture.deployment.run(RUN_TIMES[1], &inputs).ends_with(0);
    let again = fixture.deployment.published(RUN_TIMES[1]);
    let after = flags(&again, "all");
    assert!(raised(&after).is_empty(), "{after:#?}");
    assert!(ids(&before).is_subset(&ids(&after)));
    assert!(causes(&again).is_subset(&BTreeSet::from(["expiry".to_owned()])), "{:?}", causes(&again));
}

fn causes(run: &PublishedRun) -> BTreeSet<String> {
    let changes = run.table("all/changes");
    changes.rows().map(|row| changes.text("cause", row).to_owned()).collect()
}

#[test]
fn a_backlog_is_a_late_arrival_and_raises_no_flag() {
    let mut fixture = Fixture::after_background(CONFIGURATION);
    let old: Vec<String> = EMERGING.iter().map(|line| format!("{line}, began 2024-03-01")).collect();
    let old: Vec<&str> = old.iter().map(String::as_str).collect();
    let run = fixture.run(RUN_TIMES[0], &old);
    let all_flags = flags(&run, "all");
    assert!(raised(&all_flags).is_empty(), "{all_flags:#?}");
    let changes = run.table("all/changes");
    let late: u64 = changes
        .rows()
        .filter(|&row| {
            changes.text("subject", row) == "record" && changes.text("cause", row) == "late-arrival"
        })
        .map(|row| changes.count("count", row))
        .sum();
    assert!(late >= EMERGING.len() as u64, "{late} records are late arrivals");
    // No candidate of a backlog passes the gate, and its changes have the cause late-arrival.
    let gate = run.table("all/gate");
    let fails = gate.rows().filter(|&row| gate.text("test", row) == "news" && !gate.truth("passed", row));
    assert!(fails.count() >= 3, "the backlog looks like a birth, a broker and a convergence");
}

/// Returns the objects in a member of the answer of `explain`.
fn objects(answer: &serde_json::Value, name: &str) -> BTreeSet<String> {
    let rows = answer[name].as_array().unwrap_or_else(|| panic!("{name} is no list: {answer}"));
    rows.iter().map(|row| row["object"].as_str().expect("an object").to_owned()).collect()
}

#[test]
fn a_flag_disappears_without_its_minimal_support_and_not_if_one_of_these_records_stays() {
    let birth = &EMERGING[..5];
    let fixture = {
        let mut fixture = Fixture::after_background(CONFIGURATION);
        fixture.run(RUN_TIMES[0], birth);
        fixture
    };
    let flag =
        about(&flags(&fixture.deployment.published(RUN_TIMES[0]), "all"), "community birth", "Ash Sparrow");
    let output = fixture.deployment.ask(&["explain", &flag.id, "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&output.ends_with(0).stdout).expect("JSON");
    assert_eq!(answer["answer"].as_str().map(|text| text.contains("Ash Sparrow")), Some(true), "{answer}");
    let needed = objects(&answer, "minimal_support");
    assert!(!needed.is_empty() && needed.is_subset(&objects(&answer, "records")), "{answer}");
    let is_raised = |without: &BTreeSet<String>| {
        let mut fixture = Fixture::after_background(CONFIGURATION);
        let run = fixture.run_without(RUN_TIMES[0], birth, without);
        flags(&run, "all").iter().any(|other| other.id == flag.id && other.is_raised())
    };
    assert!(is_raised(&BTreeSet::new()));
    assert!(!is_raised(&needed), "the flag is raised without {needed:?}");
    for kept in &needed {
        let mut fewer = needed.clone();
        fewer.remove(kept);
        assert!(is_raised(&fewer), "it falls without {fewer:?} already; {kept} need not be named");
    }
}
