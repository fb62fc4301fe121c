//! Run state of earlier runs is used again where nothing that it depends on has changed.

use crate::support::{Deployment, malware, named};

/// Runs once more, and returns the earlier runs that were replayed.
fn replayed(deployment: &Deployment, as_of: &str, number: u32) -> Vec<String> {
    let steps = steps(deployment, "feed", as_of, number).into_iter();
    steps.filter_map(|step| step.strip_prefix("replay ").map(str::to_owned)).collect()
}

/// Runs once more with an object of a source, and returns the steps of the run.
fn steps(deployment: &Deployment, source: &str, as_of: &str, number: u32) -> Vec<String> {
    let name = format!("{number}.json");
    let input = named(source, deployment.write(&name, malware(number, &name)));
    let output = deployment.ask(&["run", "--verbose", "--as-of", as_of, &input]);
    output.ends_with(0);
    output.stderr.lines().map(|line| line.trim().to_owned()).collect()
}

/// Makes three runs, changes the configuration, and makes a run with an object of `source`. Returns the number of replayed
/// runs, and whether the last of them was resolved again for the comparison.
fn work_after(configuration: &str, source: &str) -> (usize, bool) {
    let deployment = Deployment::new(PLAIN);
    for (number, day) in (1..).zip(["01", "02", "03"]) {
        steps(&deployment, "feed", &format!("2026-06-{day}"), number);
    }
    deployment.configure(configuration);
    let steps = steps(&deployment, source, "2026-06-04", 4);
    let replayed = steps.iter().filter(|step| step.starts_with("replay ")).count();
    let is_resolved_again = steps.iter().any(|step| step.starts_with("resolve ") && step.contains(" again"));
    (replayed, is_resolved_again)
}

const PLAIN: &str = "[[source]]\nname = \"feed\"\n";
const OWN_TIMES: &str = "[[source]]\nname = \"feed\"\nrecorded_at = \"object\"\n";

#[test]
fn an_ordinary_run_replays_no_earlier_run() {
    let deployment = Deployment::new(PLAIN);
    for (number, day) in (1..).zip(["01", "02", "03", "04"]) {
        let replayed = replayed(&deployment, &format!("2026-06-{day}"), number);
        assert!(replayed.is_empty(), "{day}: {replayed:?}");
    }
}

#[test]
fn an_object_with_an_earlier_time_of_its_own_replays_the_runs_since_that_time() {
    let deployment = Deployment::new(OWN_TIMES);
    // Each object is of 2026-01-01, before all runs.
    for (earlier_runs, day) in ["01", "02", "03"].into_iter().enumerate() {
        let replayed = replayed(&deployment, &format!("2026-06-{day}"), earlier_runs as u32 + 1);
        assert_eq!(replayed.len(), earlier_runs, "{day}: {replayed:?}");
    }
}

#[test]
fn a_run_that_is_repeated_with_more_replays_nothing() {
    let deployment = Deployment::new(PLAIN);
    for (number, day) in (1..).zip(["01", "02", "03"]) {
        replayed(&deployment, &format!("2026-06-{day}"), number);
    }
    assert!(replayed(&deployment, "2026-06-03", 4).is_empty(), "the earlier runs are the same");
    let again = replayed(&deployment, "2026-06-04", 5);
    assert!(again.is_empty(), "the repeated run has left its state: {again:?}");
}

#[test]
fn a_changed_rule_replays_every_earlier_run() {
    for configuration in [PLAIN, OWN_TIMES] {
        let deployment = Deployment::new(configuration);
        for (number, day) in (1..).zip(["01", "02", "03"]) {
            replayed(&deployment, &format!("2026-06-{day}"), number);
        }
        deployment
            .configure(&format!("{configuration}[weight]\nhalf_life_days = {{ infrastructure = 30 }}\n"));
        assert_eq!(replayed(&deployment, "2026-06-04", 4).len(), 3, "{configuration}");
    }
}

#[test]
fn a_change_that_decides_nothing_in_earlier_runs_replays_none() {
    let new_source =
        format!("{PLAIN}[[source]]\nname = \"quay\"\nreliability = \"A\"\nmarking = \"TLP:GREEN\"\n");
    for (source, configuration) in [
        ("feed", PLAIN.to_owned()),
        ("quay", new_source),
        ("feed", format!("{PLAIN}[review]\nbudget = 9\n")),
        ("feed", format!("{PLAIN}[model]\nid = \"rules\"\n")),
    ] {
        assert_eq!(work_after(&configuration, source), (0, false), "{configuration}");
    }
}

#[test]
fn a_rule_of_patterns_replays_without_resolving_the_previous_run_again() {
    assert_eq!(work_after(&format!("{PLAIN}[patterns]\nwindow_days = 5\n"), "feed"), (3, false));
    assert_eq!(work_after(&format!("{PLAIN}[patterns]\nfdr = 0.2\n"), "feed"), (0, false));
}

#[test]
fn another_reliability_or_marking_of_a_source_with_records_replays_its_runs() {
    assert_eq!(work_after(&format!("{PLAIN}reliability = \"A\"\n"), "feed"), (3, false));
    assert_eq!(work_after(&format!("{PLAIN}marking = \"TLP:GREEN\"\n"), "feed"), (3, true));
}

#[test]
fn an_audience_that_is_added_or_changed_replays_no_run_of_another_one() {
    let audience = |name: &str, clearance: &str| {
        format!("[[audience]]\nname = \"{name}\"\nclearance = \"TLP:{clearance}\"\n")
    };
    let deployment = Deployment::new(&format!("{PLAIN}{}", audience("partners", "GREEN")));
    for (number, day) in (1..).zip(["01", "02", "03"]) {
        steps(&deployment, "feed", &format!("2026-06-{day}"), number);
    }
    deployment.configure(&format!(
        "{PLAIN}{}{}",
        audience("partners", "GREEN"),
        audience("friends", "AMBER")
    ));
    // The new audience has no state of earlier runs.
    assert_eq!(replayed(&deployment, "2026-06-04", 4).len(), 3);
    deployment.configure(&format!("{PLAIN}{}{}", audience("partners", "GREEN"), audience("friends", "RED")));
    assert_eq!(replayed(&deployment, "2026-06-05", 5).len(), 4);
    deployment.configure(&format!("{PLAIN}{}", audience("partners", "GREEN")));
    assert_eq!(replayed(&deployment, "2026-06-06", 6).len(), 0);
}
