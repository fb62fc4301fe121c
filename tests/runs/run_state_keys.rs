//! Run state of earlier runs is used again where nothing that it depends on has changed.

use crate::support::{Deployment, malware, named};

/// Runs once more, and returns the earlier runs that were replayed.
fn replayed(deployment: &Deployment, as_of: &str, number: u32) -> Vec<String> {
    let name = format!("{number}.json");
    let input = named("feed", deployment.write(&name, malware(number, &name)));
    let output = deployment.ask(&["run", "--verbose", "--as-of", as_of, &input]);
    output.ends_with(0);
    let lines = output.stderr.lines().filter_map(|line| line.trim().strip_prefix("replay "));
    lines.map(str::to_owned).collect()
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
