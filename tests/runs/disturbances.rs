//! Many merges or splits in one run are listed for the data steward, with the rate of earlier runs. No audience has a flag of them.

use serde_json::{Value, json};

use crate::support::{Deployment, PublishedRun, named, queue_length};

const RUNS: [&str; 5] = [
    "2026-03-01T02:00:00Z",
    "2026-03-02T02:00:00Z",
    "2026-03-03T02:00:00Z",
    "2026-03-04T02:00:00Z",
    "2026-03-05T02:00:00Z",
];
const CONFIGURATION: &str = r#"
[[source]]
name = "alpha"
reliability = "B"
[[source]]
name = "beta"
reliability = "B"
"#;

/// Returns a group of a source; its reference names the group of that number in a catalogue.
fn group(source: u32, number: u32, reference: Option<u32>, modified: &str) -> Value {
    let mut group = json!({
        "type": "intrusion-set", "spec_version": "2.1", "created": RUNS[0], "modified": modified,
        "id": format!("intrusion-set--00000000-0000-4000-8000-{source:06}{number:06}"),
        "name": format!("Group {source} {number}"),
    });
    if let Some(number) = reference {
        group["external_references"] =
            json!([{ "source_name": "mitre-attack", "external_id": format!("G{number:04}") }]);
    }
    group
}

fn run(deployment: &Deployment, as_of: &str, deliveries: &[(&str, Vec<Value>)]) -> PublishedRun {
    let inputs = deliveries.iter().map(|(source, objects)| {
        let text = json!({ "type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000009", "objects": objects });
        let file = deployment.write(&format!("{source}/{}.json", &as_of[..10]), text.to_string());
        named(source, file)
    });
    let inputs: Vec<String> = inputs.collect();
    deployment.run(as_of, &inputs).ends_with(0);
    deployment.published(as_of)
}

/// Returns cause, source, kind, count and expected number of each disturbance of a run.
fn rows(run: &PublishedRun) -> Vec<(String, String, String, u64, Option<f64>)> {
    let table = run.table("steward/disturbances");
    let row = |row| {
        let text = |name: &str| table.text(name, row).to_owned();
        assert_eq!(table.texts("entity_ids", row).len() as u64, table.count("count", row));
        (
            text("cause"),
            text("source"),
            text("what"),
            table.count("count", row),
            table.number("expected", row),
        )
    };
    table.rows().map(row).collect()
}

#[test]
fn many_merges_and_splits_are_on_the_list_of_the_data_steward_only() {
    let deployment = Deployment::new(CONFIGURATION);
    let groups =
        |source: u32, numbers: std::ops::Range<u32>, has_reference: bool, modified: &str| -> Vec<Value> {
            numbers.map(|number| group(source, number, has_reference.then_some(number), modified)).collect()
        };
    let first = run(
        &deployment,
        RUNS[0],
        &[("alpha", groups(1, 0..40, true, RUNS[0])), ("beta", groups(2, 0..40, false, RUNS[0]))],
    );
    assert_eq!(rows(&first), []);
    // One group gets its number, among many new ones without.
    let mut usual = groups(2, 0..1, true, RUNS[1]);
    usual.extend(groups(2, 100..140, false, RUNS[1]));
    assert_eq!(rows(&run(&deployment, RUNS[1], &[("beta", usual)])), []);

    let merged = run(&deployment, RUNS[2], &[("beta", groups(2, 1..26, true, RUNS[2]))]);
    let [(cause, source, what, count, Some(expected))] = &rows(&merged)[..] else {
        panic!("{:?}", rows(&merged));
    };
    assert_eq!((&**cause, &**source, &**what, *count), ("observed-new", "beta", "merged", 25));
    assert!(*expected < 2.0, "{expected}");
    let report = merged.text("steward/report.html");
    assert!(
        report.contains("Disturbance of identity: 25 entities became part of others"),
        "the steward reads it"
    );
    assert!(!merged.text("all/report.html").contains("Disturbance of identity"), "no audience does");
    assert_eq!(queue_length(&merged), 0);

    let split = run(&deployment, RUNS[3], &[("beta", groups(2, 1..26, false, RUNS[3]))]);
    let found: Vec<_> = rows(&split)
        .into_iter()
        .map(|(cause, source, what, count, _)| (cause, source, what, count))
        .collect();
    assert_eq!(found, [("source-correction".to_owned(), String::new(), "split".to_owned(), 25)]);
    assert_eq!(queue_length(&split), 0);
    assert_eq!(rows(&run(&deployment, RUNS[4], &[])), []);
}
