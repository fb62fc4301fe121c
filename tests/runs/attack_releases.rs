//! Fourteen real releases of ATT&CK, as fourteen runs of one snapshot source.

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;

use crate::support::{
    Deployment, PublishedRun, equal_files, named, queue_length, read_csv, read_unpacked, real_data,
    run_folder_name,
};

// A reliable source: each candidate that is news would be a flag.
const CONFIGURATION: &str = "[[source]]\nname = \"attack\"\nmode = \"snapshot\"\nreliability = \"B\"\n";

/// One test: the runs are one series, and each takes seconds.
#[test]
fn fourteen_releases_are_counted_grouped_compared_and_replayed() {
    let Some(folder) = real_data("attack-releases", "fourteen releases are counted exactly") else { return };
    let releases = read_csv(&folder.join("releases.csv"));
    assert_eq!(releases.len(), 14);
    let differences = read_csv(&folder.join("diff-reference.csv"));
    let deployment = Deployment::new(CONFIGURATION);
    let mut digests = Vec::new();

    for (at, release) in releases.iter().enumerate() {
        let (file, as_of) = (&release["file"], &release["tag_date"]);
        let output = deployment.run(as_of, &[named("attack", folder.join(file))]);
        output.ends_with(0);
        let run = deployment.published(as_of);
        let objects = number(&release["objects"]);
        let expected = match at.checked_sub(1) {
            None => [objects, 0, 0, 0],
            Some(before) => {
                let step = &differences[before];
                assert_eq!(format!("{}.json.zst", step["to"]), *file, "the reference is in order of release");
                ["added", "removed", "changed", "changed_with_same_modified"].map(|name| number(&step[name]))
            }
        };
        let deliveries = run.table("steward/deliveries");
        assert_eq!(deliveries.sum("delivered"), objects, "{file}: delivered");
        let counted = ["new", "withdrawn", "changed", "changed_unannounced"].map(|name| deliveries.sum(name));
        assert_eq!(counted, expected, "{file}: new, withdrawn, changed, changed_unannounced");
        a_release_reactivates_nobody(&run, file);
        if file.contains("-v7.2.") {
            a_restructuring_is_a_few_lines(&run, "2,466");
        }
        if file.contains("-v11.3.") {
            a_restructuring_is_a_few_lines(&run, "12,585");
        }
        digests.push(run.digests());
    }

    let as_of = |release: usize| releases[release]["tag_date"].as_str();
    techniques_are_single_entities(&deployment.published(as_of(13)), &folder.join(&releases[13]["file"]));

    let output = deployment.ask(&["diff", &run_folder_name(as_of(9)), &run_folder_name(as_of(10))]);
    output.ends_with(0);
    assert!(output.stdout.contains("source-correction"), "diff names causes: {}", output.stdout);
    let output = deployment.ask(&["diff"]);
    output.ends_with(0);
    assert!(output.stdout.contains("observed-new"), "diff of the last two runs: {}", output.stdout);

    deployment.run(as_of(13), &[named("attack", folder.join(&releases[13]["file"]))]).ends_with(0);
    equal_files(&deployment.published(as_of(13)).digests(), &digests[13], "v14.1 run twice");
    deployment.run(as_of(5), &[]).ends_with(0);
    equal_files(&deployment.published(as_of(5)).digests(), &digests[5], "v6.3 replayed after v14.1");
}

/// Checks that the calendar of a catalogue is not taken for the activity of its actors.
fn a_release_reactivates_nobody(run: &PublishedRun, file: &str) {
    let candidates = run.table("all/candidates");
    let dormant = candidates.rows().filter(|row| candidates.text("pattern", *row) == "dormant reactivation");
    assert_eq!(dormant.count(), 0, "{file}: no record of the catalogue has a date of activity of an actor");
}

fn number(text: &str) -> u64 {
    text.parse().expect("a count")
}

/// Checks that a release with thousands of edits gives a few grouped rows of changes, and its count in the report.
///
/// The report counts delivered objects. The table counts changes of the view: it lacks the few silently edited
/// objects that the edit revoked or deprecated.
fn a_restructuring_is_a_few_lines(run: &PublishedRun, silent_edits: &str) {
    let report = run.text("all/report.html");
    assert!(report.contains(silent_edits), "the report does not contain {silent_edits}");
    assert_eq!(queue_length(run), 0, "a restructuring is no news of the world");
    assert!(report.contains("Bulk change: attack added or edited"), "no sentence on the bulk change");
    let changes = run.table("all/changes");
    assert!((1..60).contains(&changes.rows().len()), "{} rows of changes", changes.rows().len());
    let delivered = number(&silent_edits.replace(',', ""));
    let counted: u64 = changes.rows().filter_map(|row| silent(changes.text("detail", row))).sum();
    let nearly_all = delivered - delivered / 100..=delivered;
    assert!(nearly_all.contains(&counted), "the changes count {counted} of {delivered} silent edits");
}

/// Returns the number in a detail such as "2,465 under an unchanged version field".
fn silent(detail: &str) -> Option<u64> {
    let (before, _) = detail.split_once(" under an unchanged")?;
    let count = before.rsplit([' ', '(']).next()?.replace(',', "");
    Some(number(&count))
}

/// Checks that each current technique is one entity, and that no other entity has this kind.
fn techniques_are_single_entities(run: &PublishedRun, release: &Path) {
    let bundle: Value = serde_json::from_str(&read_unpacked(release)).expect("JSON");
    let objects = bundle["objects"].as_array().expect("a list");
    let is_current = |object: &&Value| {
        object["type"] == "attack-pattern"
            && object["revoked"] != Value::Bool(true)
            && object["x_mitre_deprecated"] != Value::Bool(true)
    };
    let numbers: BTreeSet<&str> = objects
        .iter()
        .filter(is_current)
        .map(|object| {
            object["external_references"][0]["external_id"].as_str().expect("a technique has a number")
        })
        .collect();
    assert!(numbers.len() > 500, "{} current techniques", numbers.len());

    let identity = run.table("steward/identity");
    let entities = run.table("all/entities");
    let techniques: BTreeSet<&str> = entities
        .rows()
        .filter(|&row| entities.text("kind", row) == "attack-pattern")
        .map(|row| entities.text("entity_id", row))
        .collect();
    let mut owners = BTreeSet::new();
    let mut identified = BTreeSet::new();
    for row in identity.rows() {
        if let Some(number) = identity.text("identifier", row).strip_prefix("mitre-attack:attack-pattern:") {
            assert!(identified.insert(number), "{number} is twice in identity");
            owners.insert(identity.text("entity_id", row));
        }
    }
    assert_eq!(identified, numbers, "current techniques by their numbers");
    assert_eq!(owners, techniques, "each technique is one entity of its kind");
    assert_eq!(owners.len(), numbers.len(), "no two techniques are one entity");
}
