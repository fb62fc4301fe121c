//! The threat-actor galaxy, day by day and month by month, as runs of one snapshot source.

use std::{fs, path::Path};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::support::{
    Deployment, every_object_is_accounted_for, named, queue_length, read_csv, read_unpacked, real_data,
};

// A reliable source: each candidate that is news would be a flag.
const CONFIGURATION: &str = "[[source]]\nname = \"threat-actor\"\nmode = \"snapshot\"\nreliability = \"B\"\n";

/// Number of entries in one step from which it is an edit of the list, and not news of the world.
const BULK: u64 = 50;

/// One line of a series: the published file, and the day it was published.
#[derive(Deserialize)]
struct Snapshot<'a> {
    snapshot: String,
    #[serde(borrow)]
    cluster: &'a RawValue,
}

#[test]
fn each_day_is_counted_and_an_invalid_day_withdraws_no_object() {
    let Some(folder) = real_data("misp-galaxy", "the galaxy's days are counted exactly") else { return };
    assert_eq!(check_counts(&folder, "daily", &["2023-12-15", "2024-03-26"]), 73);
}

#[test]
fn each_month_is_counted() {
    let Some(folder) = real_data("misp-galaxy", "the galaxy's months are counted exactly") else { return };
    assert_eq!(check_counts(&folder, "monthly", &[]), 87);
}

/// Runs a series with the invalid days at their dates, and returns the number of valid runs.
fn check_counts(folder: &Path, series: &str, invalid_days: &[&str]) -> usize {
    let text = read_unpacked(&folder.join(format!("threat-actor-{series}.jsonl.zst")));
    let differences = read_csv(&folder.join(format!("threat-actor-{series}-diff-reference.csv")));
    let deployment = Deployment::new(CONFIGURATION);
    let mut invalid_days = invalid_days.iter().copied().peekable();
    let (mut runs, mut bulk_steps) = (0, 0);
    for line in text.lines() {
        let Snapshot { snapshot: day, cluster } = serde_json::from_str(line).expect("a snapshot");
        while let Some(invalid) = invalid_days.next_if(|invalid| *invalid < day.as_str()) {
            check_invalid_day(&deployment, folder, invalid);
        }
        let file = deployment.write(&format!("{day}/threat-actor.json"), cluster.get());
        let delivered = Path::new(&file).parent().expect("the folder of the day");
        deployment.run(&day, &[named("threat-actor", delivered)]).ends_with(0);
        let run = deployment.published(&day);
        every_object_is_accounted_for(&run);
        let deliveries = run.table("steward/deliveries");
        let counted = ["new", "withdrawn", "changed"].map(|name| deliveries.sum(name));
        if runs == 0 {
            assert_eq!(
                counted,
                [deliveries.sum("delivered"), 0, 0],
                "{day}: each object of the first run is new"
            );
        } else {
            let step = &differences[runs - 1];
            assert_eq!(step["to"], day, "the reference is in order of time");
            let expected =
                ["added", "removed", "changed"].map(|name| step[name].parse::<u64>().expect("a count"));
            assert_eq!(counted, expected, "{series} {day}: new, withdrawn, changed");
            if expected.iter().sum::<u64>() >= BULK {
                let queued = queue_length(&run);
                assert!(queued <= 1, "{series} {day}: {queued} flags, although the list was edited");
                bulk_steps += 1;
            }
        }
        // No later step reads this run, and a series of them fills the disk.
        fs::remove_dir_all(run.folder).expect("removed");
        runs += 1;
    }
    assert_eq!(invalid_days.next(), None, "each invalid day was delivered");
    assert_eq!(runs, differences.len() + 1);
    assert!(bulk_steps > 0, "{series}: no step edits {BULK} entries");
    runs
}

fn check_invalid_day(deployment: &Deployment, folder: &Path, day: &str) {
    let published = folder.join(format!("broken-days/threat-actor-{day}.json.zst"));
    let file = deployment.write(&format!("{day}/threat-actor.json"), read_unpacked(&published));
    let delivered = Path::new(&file).parent().expect("the folder of the day");
    deployment.run(day, &[named("threat-actor", delivered)]).ends_with(4);
    let run = deployment.published(day);
    every_object_is_accounted_for(&run);
    let deliveries = run.table("steward/deliveries");
    assert_eq!(deliveries.text("status", 0), "rejected", "{day}");
    let counted = ["delivered", "rejected", "new", "withdrawn", "changed"].map(|name| deliveries.sum(name));
    assert_eq!(counted, [1, 1, 0, 0, 0], "{day}: delivered, rejected, new, withdrawn, changed");
    let rejects = run.table("steward/rejects");
    assert_eq!(rejects.text("rule", 0), "json-syntax", "{day}");
    assert!(rejects.text("position", 0).contains(|c: char| c.is_ascii_digit()), "{day}: no position");
    let entities = run.table("all/entities");
    assert!(entities.rows().len() > 400, "{day}: live objects stay, but {} are left", entities.rows().len());
}
