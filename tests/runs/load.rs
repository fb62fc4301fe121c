//! Load: many files, many deliveries and many runs end with the bytes of few, with flat memory and a bounded state.
//!
//! The tests marked as ignored are the long forms: `cargo test --test runs load -- --ignored --nocapture`.

#![expect(clippy::print_stderr, reason = "the memory and the sizes of a long run are read by a person")]

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;

use crate::support::{Deployment, PublishedRun, equal_files, malware, named};

const DAY: &str = "2026-05-01T02:00:00Z";
const CONFIGURATION: &str = "[keep]\nruns = 7\n[model]\nid = \"rules\"\n";

fn bundle(objects: &[String]) -> String {
    format!(r#"{{"type":"bundle","objects":[{}]}}"#, objects.join(","))
}

/// Returns objects of an actor with two malware families and the links to them, for each number.
fn objects(numbers: std::ops::Range<u32>) -> Vec<String> {
    let of_number = |number: u32| {
        let id = |kind: &str, offset: u32| format!("{kind}--00000000-0000-4000-8000-{:012}", offset + number);
        let time = "\"created\":\"2026-01-01T00:00:00Z\",\"modified\":\"2026-01-01T00:00:00Z\"";
        let actor = format!(
            r#"{{"type":"threat-actor","id":"{}","name":"Heron {number}",{time}}}"#,
            id("threat-actor", 100_000)
        );
        let uses = format!(
            r#"{{"type":"relationship","id":"{}","relationship_type":"uses","source_ref":"{}","target_ref":"malware--00000000-0000-4000-8000-{:012}",{time}}}"#,
            id("relationship", 200_000),
            id("threat-actor", 100_000),
            number / 3
        );
        [actor, uses, malware(number / 3, &format!("Brinewick {}", number / 3))]
    };
    numbers.flat_map(of_number).collect()
}

/// Returns the digests of the files of an audience, which name no delivery.
fn of_audience(run: &PublishedRun) -> BTreeMap<String, String> {
    let mut digests = run.digests();
    digests.retain(|name, _| name.starts_with("all/"));
    // The report of a reader who may read everything lists its files.
    digests.retain(|name, _| name != "all/report.html");
    assert!(digests.len() > 10, "{digests:?}");
    digests
}

fn peak_bytes(run: &PublishedRun) -> u64 {
    let facts: Value = serde_json::from_str(&run.text("run.json")).expect("JSON");
    facts["peak_bytes"].as_u64().expect("bytes")
}

/// Reads a day of many deliveries, one after another, and compares the results with those of one big delivery.
fn a_day_of(deliveries: u32) {
    let one = Deployment::new(CONFIGURATION);
    let all = objects(0..deliveries * 2);
    one.run(DAY, &[named("feed", one.write("all.json", bundle(&all)))]).ends_with(0);

    let many = Deployment::new(CONFIGURATION);
    let mut states = Vec::new();
    for (number, part) in (1..).zip(all.chunks(6)) {
        let file = many.write(&format!("{number}.json"), bundle(part));
        many.run_with(DAY, &[named("feed", file)], &["--record-only"]).ends_with(0);
        if number % (deliveries / 2) == 0 {
            states.push(bytes_below(&many.path("state")));
        }
    }
    let [half, whole] = states[..] else { panic!("two halves: {states:?}") };
    assert!(half > 0 && whole - half < half + half / 2, "the state grows ever faster: {states:?}");
    many.run_with(DAY, &[], &["--replay"]).ends_with(0);
    many.ask(&["verify"]).ends_with(0);
    let [one_run, many_run] = [&one, &many].map(|deployment| deployment.published(DAY));
    equal_files(&of_audience(&many_run), &of_audience(&one_run), "deliveries one after another");
    let peaks = [peak_bytes(&one_run), peak_bytes(&many_run)];
    eprintln!(
        "{deliveries} deliveries: peak bytes {} of one delivery, {} of many; state {states:?}",
        peaks[0], peaks[1]
    );
    assert!(peaks[1] < 2 * peaks[0] + (64 << 20), "{peaks:?}");
}

#[test]
fn deliveries_one_after_another_have_the_results_of_one_delivery() {
    a_day_of(40);
}

#[test]
#[ignore = "takes minutes"]
fn a_day_of_a_thousand_deliveries_has_the_results_of_one_delivery() {
    a_day_of(1_000);
}

#[test]
fn a_thousand_files_in_one_run_have_the_results_of_one_file() {
    let (one, many) = (Deployment::new(CONFIGURATION), Deployment::new(CONFIGURATION));
    let all = objects(0..2_000);
    one.run(DAY, &[named("feed", one.write("all.json", bundle(&all)))]).ends_with(0);
    for (number, part) in all.chunks(6).enumerate() {
        many.write(&format!("feed/{number}.json"), bundle(part));
    }
    many.run(DAY, &[named("feed", many.path("feed"))]).ends_with(0);
    let [one, many] = [&one, &many].map(|deployment| deployment.published(DAY));
    assert_eq!(many.table("steward/deliveries").rows().len(), 1_000);
    equal_files(&of_audience(&many), &of_audience(&one), "a thousand files");
}

fn bytes_below(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |path: std::path::PathBuf| {
        if path.is_dir() && !path.is_symlink() {
            bytes_below(&path)
        } else {
            fs::symlink_metadata(path).map_or(0, |file| file.len())
        }
    };
    entries.map(|entry| size(entry.path())).sum()
}

/// Makes nightly runs over a snapshot of constant size that changes by one object from run to run. `gc` runs each week.
fn nights(count: u32) {
    let deployment = Deployment::new(
        "[keep]\nruns = 7\n[model]\nid = \"rules\"\n[[source]]\nname = \"feed\"\nmode = \"snapshot\"\npaths = [\"feed\"]\n",
    );
    let start: jiff::Timestamp = DAY.parse().expect("a time");
    let (mut peaks, mut states, mut outs) = (Vec::new(), Vec::new(), Vec::new());
    for night in 0..count {
        let as_of = start + jiff::SignedDuration::from_hours(24 * i64::from(night));
        let as_of = as_of.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        deployment.write("feed/all.json", bundle(&objects(night..night + 60)));
        deployment.run_with(&as_of, &[], &["--future"]).ends_with(0);
        peaks.push(peak_bytes(&deployment.published(&as_of)));
        if night % 7 == 6 {
            deployment.ask(&["gc"]).ends_with(0);
            states.push(bytes_below(&deployment.path("state")));
            outs.push(bytes_below(&deployment.path("out")));
        }
    }
    deployment.ask(&["verify"]).ends_with(0);
    eprintln!("{count} runs: peak bytes {peaks:?}\nstate {states:?}\nout {outs:?}");
    let (first, last) = (peaks.len() / 4, peaks.len() - peaks.len() / 4);
    let most = |peaks: &[u64]| peaks.iter().max().copied().unwrap_or_default();
    assert!(
        most(&peaks[last..]) < most(&peaks[..first]) + most(&peaks[..first]) / 2,
        "memory grows: {peaks:?}"
    );
    // The archive keeps what each run added, so the state grows by equal steps.
    let half = states.len() / 2;
    let steps = [states[half] - states[0], states[states.len() - 1] - states[half]];
    assert!(steps[1] < 2 * steps[0] + (1 << 20), "the state grows ever faster: {states:?}");
    assert!(most(&outs[half..]) < most(&outs[..half]) * 3 / 2, "results grow: {outs:?}");
}

#[test]
fn a_month_of_nights_has_flat_memory_and_a_bounded_state() {
    nights(28);
}

#[test]
#[ignore = "takes minutes"]
fn a_year_of_nights_has_flat_memory_and_a_bounded_state() {
    nights(365);
}
