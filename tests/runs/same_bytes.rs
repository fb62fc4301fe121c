//! Equal records, configuration and as-of time give equal bytes, for any threads, order, split or kill.

use std::{path::Path, thread, time::Duration};

use serde_json::{Value, json};

use crate::support::{
    Deployment, PublishedRun, equal_files, named, names_in, read_unpacked, real_data, run_folder_name,
};

const FIRST: &str = "2024-07-01T00:00:00Z";
const SECOND: &str = "2024-07-02T00:00:00Z";
const CONFIGURATION: &str = "[[source]]\nname = \"attack-flow\"\nmode = \"snapshot\"\n";

/// Real files of several producers, small enough that a run takes about a second.
const FILES: &[&str] = &[
    "unit42-playbooks/fighting-ursa.json.zst",
    "unit42-playbooks/emotet.json.zst",
    "unit42-playbooks/adept-libra.json.zst",
    "unit42-reports/2024-04-12-MidnightEclipse.json",
    "unit42-reports/2024-05-09-GootLoader-activity.json",
    "opencti-datasets/companies.json",
    "opencti-datasets/sectors.json",
    "attack-flow/attack-flow-example.json",
    "misp-galaxy/clusters/threat-actor.json.zst",
];

fn real_inputs(claim: &str) -> Option<Vec<String>> {
    let folder = real_data("unit42-playbooks", claim)?;
    let data = folder.parent().expect("the folder of all data");
    Some(FILES.iter().map(|file| data.join(file).display().to_string()).collect())
}

#[test]
fn a_run_is_equal_for_any_number_of_threads_and_order_of_inputs() {
    let Some(inputs) = real_inputs("threads and order of inputs change no byte") else { return };
    let digests_of = |inputs: &[String], threads: &str| {
        let deployment = Deployment::new(CONFIGURATION);
        let (first, second) = inputs.split_at(4);
        deployment.run_with(FIRST, first, &["--threads", threads]).ends_with(0);
        deployment.run_with(SECOND, second, &["--threads", threads]).ends_with(0);
        [FIRST, SECOND].map(|as_of| deployment.published(as_of).digests())
    };
    let expected = digests_of(&inputs, "1");
    let mut shuffled = inputs.clone();
    shuffled[..4].rotate_left(1);
    shuffled[4..].reverse();
    for (inputs, threads) in [(&inputs, "2"), (&shuffled, "2"), (&shuffled, "1")] {
        for (digests, expected) in digests_of(inputs, threads).iter().zip(&expected) {
            equal_files(digests, expected, &format!("{threads} threads, first {}", inputs[0]));
        }
    }
}

#[test]
fn a_bundle_split_into_two_files_gives_the_same_tables() {
    let Some(inputs) = real_inputs("the split of a source's files changes no table") else { return };
    let text = read_unpacked(Path::new(&inputs[0]));
    let bundle: Value = serde_json::from_str(&text).expect("a bundle");
    let objects = bundle["objects"].as_array().expect("objects");
    let part = |objects: &[Value]| json!({"type": "bundle", "objects": objects}).to_string();
    let (one, other) = objects.split_at(objects.len() / 3);

    let whole = Deployment::new("");
    let file = whole.write("feed/whole.json", part(objects));
    whole.run(FIRST, &[named("feed", file)]).ends_with(0);
    let split = Deployment::new("");
    // The file that is read first contains the later objects.
    let files = [split.write("feed/b.json", part(one)), split.write("feed/a.json", part(other))];
    split.run(FIRST, &files.map(|file| named("feed", file))).ends_with(0);

    let [whole, split] = [&whole, &split].map(|deployment| deployment.published(FIRST));
    for part in ["delivered", "taken", "duplicate", "new", "changed"] {
        let sums = [&whole, &split].map(|run| run.table("steward/deliveries").sum(part));
        assert_eq!(sums[0], sums[1], "{part}");
        assert!(part != "new" || sums[0] > 100, "only {} new", sums[0]);
    }
    // These files name deliveries. The manifest contains the digests of these files.
    let names_deliveries = [
        "manifest.json",
        "steward/report.html",
        "steward/deliveries",
        "steward/sources",
        "steward/record_evidence",
    ];
    let digests = |run: &PublishedRun| {
        let mut digests = run.digests();
        digests.retain(|name, _| !names_deliveries.iter().any(|other| name.starts_with(other)));
        digests
    };
    assert!(digests(&whole).len() > 8);
    equal_files(&digests(&split), &digests(&whole), "split");
}

/// Times of the kill in milliseconds, from before the first read to about the end of the run.
const KILLED_AFTER: [u64; 7] = [0, 20, 60, 150, 300, 500, 800];

#[test]
fn a_run_killed_at_any_time_and_run_again_gives_the_same_bytes() {
    let Some(inputs) = real_inputs("a killed run leaves the old run or the complete new one") else { return };
    let (first, all) = (&inputs[..4], &inputs[..]);
    let undisturbed = Deployment::new(CONFIGURATION);
    undisturbed.run(FIRST, first).ends_with(0);
    let old = undisturbed.published(FIRST).digests();
    undisturbed.run(FIRST, all).ends_with(0);
    let replaced = undisturbed.published(FIRST).digests();
    assert_ne!(old, replaced, "more inputs give other results");
    undisturbed.run(SECOND, all).ends_with(0);
    let next = undisturbed.published(SECOND).digests();

    let mut killed = 0;
    for wait in KILLED_AFTER {
        let deployment = Deployment::new(CONFIGURATION);
        deployment.run(FIRST, first).ends_with(0);
        equal_files(&deployment.published(FIRST).digests(), &old, "the first run");

        // The kill happens while the run replaces results of other content.
        killed += u32::from(kill(&deployment, FIRST, all, wait));
        let published = deployment.published(FIRST).digests();
        assert!(published == old || published == replaced, "a mixture after {wait} ms");
        assert!(deployment.path("out/latest/manifest.json").exists(), "latest points at a complete run");
        deployment.run(FIRST, all).ends_with(0);
        equal_files(
            &deployment.published(FIRST).digests(),
            &replaced,
            &format!("run again after a kill at {wait} ms"),
        );

        // The kill happens during the next run.
        killed += u32::from(kill(&deployment, SECOND, all, wait));
        equal_files(&deployment.published(FIRST).digests(), &replaced, "the previous run is unchanged");
        if deployment.published(SECOND).folder.exists() {
            equal_files(
                &deployment.published(SECOND).digests(),
                &next,
                &format!("an incomplete run after {wait} ms"),
            );
        }
        deployment.run(SECOND, all).ends_with(0);
        equal_files(
            &deployment.published(SECOND).digests(),
            &next,
            &format!("run again after a kill at {wait} ms"),
        );
        let names = names_in(&deployment.path("out"));
        assert_eq!(
            names,
            [
                ".araneus-out.json".to_owned(),
                run_folder_name(FIRST),
                run_folder_name(SECOND),
                "latest".to_owned()
            ],
            "no temporary file is left"
        );
    }
    assert!(killed > 2, "only {killed} runs were still going when they were killed");
}

/// Starts a run and kills it. Returns whether it was still running.
#[expect(clippy::disallowed_methods, reason = "the kill happens at a time that the program does not choose")]
fn kill(deployment: &Deployment, as_of: &str, inputs: &[String], wait: u64) -> bool {
    let mut child = deployment.start(as_of, inputs);
    thread::sleep(Duration::from_millis(wait));
    let running = child.try_wait().expect("the child can be asked").is_none();
    child.kill().expect("killed, or ended already");
    child.wait().expect("the child is gone");
    running
}
