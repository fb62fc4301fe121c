//! Metrics of a run in the text format of Prometheus, and waiting for the lock.

use std::{fs, time::Duration};

use araneus::archive::{Access, Archive};

use crate::support::{Deployment, malware, named, names_in};

const AS_OF: &str = "2026-05-01T02:00:00Z";

#[test]
fn a_complete_run_writes_its_metrics_and_a_failed_one_leaves_them() {
    let deployment = Deployment::new("");
    let input = named("feed", deployment.write("in/one.json", malware(1, "Gorsefire")));
    let path = deployment.path("metrics/araneus.prom");
    let missing = deployment.run_with(
        AS_OF,
        std::slice::from_ref(&input),
        &["--metrics-file", path.to_str().expect("text")],
    );
    assert!(missing.ends_with(6).stderr.contains("araneus.prom"), "{}", missing.stderr);
    assert!(!deployment.path("out").exists(), "a place that cannot be written is found before the run");
    fs::create_dir(deployment.path("metrics")).expect("a folder");
    let flags = ["--metrics-file", path.to_str().expect("text")];
    deployment.run_with(AS_OF, std::slice::from_ref(&input), &flags).ends_with(0);
    assert_eq!(names_in(&deployment.path("metrics")), ["araneus.prom"], "no other file stays");
    let text = fs::read_to_string(&path).expect("metrics");
    for line in [
        "# TYPE araneus_last_success_timestamp_seconds gauge",
        "araneus_last_exit_code 0",
        "araneus_last_as_of_timestamp_seconds 1777600800",
        "araneus_objects{source=\"feed\",outcome=\"accepted\"} 1",
        "araneus_queue_flags{audience=\"all\"} 0",
        "araneus_queue_age_seconds{audience=\"all\"} 0",
    ] {
        assert!(text.lines().any(|known| known == line), "{line}: {text}");
    }
    assert!(text.lines().any(|line| line.starts_with("araneus_step_seconds{step=\"analysis\"} ")), "{text}");
    let is_sample =
        |line: &str| line.split(' ').next_back().is_some_and(|value| value.parse::<f64>().is_ok());
    assert!(text.lines().filter(|line| !line.starts_with('#')).all(is_sample), "{text}");

    deployment.run_with("2026-04-01T02:00:00Z", &[input], &flags).ends_with(2);
    assert_eq!(fs::read_to_string(&path).expect("metrics"), text);
}

#[test]
fn a_run_waits_for_the_lock_as_long_as_it_is_told() {
    let deployment = Deployment::new("");
    let input = named("feed", deployment.write("one.json", malware(1, "Gorsefire")));
    deployment.run(AS_OF, std::slice::from_ref(&input)).ends_with(0);
    let next = "2026-05-02T02:00:00Z";
    let held = Archive::open(&deployment.path("state"), Access::Write).expect("the lock");
    deployment.run(next, std::slice::from_ref(&input)).ends_with(8);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| deployment.run_with(next, std::slice::from_ref(&input), &["--wait=5m"]));
        std::thread::sleep(Duration::from_secs(2));
        assert!(!deployment.path("out/20260502T020000Z").exists(), "it runs while the lock is held");
        drop(held);
        waiting.join().expect("it ends").ends_with(0);
    });
    assert!(deployment.path("out/20260502T020000Z").is_dir());
    deployment.run_with(next, &[input], &["--wait=soon"]).ends_with(2);
}
