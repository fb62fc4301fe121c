//! Stored columns of contents save time only: a run gives the same bytes without them.

use std::fs;

use crate::support::{Deployment, equal_files, named, names_in};

const CONFIGURATION: &str =
    "[[source]]\nname = \"list\"\nmapping = \"indicator-list\"\n\n[[source]]\nname = \"other\"\n";
const TIMES: [&str; 3] = ["2026-03-01T02:00:00Z", "2026-03-02T02:00:00Z", "2026-03-03T02:00:00Z"];

/// Returns a table of indicators with these numbers.
fn table(numbers: std::ops::Range<u32>) -> String {
    let row = |number| {
        let family = number % 40;
        format!(
            "h{number}.example,Family {family},2026-02-{:02}T00:00:00Z,{},note\n",
            1 + number % 28,
            number % 100
        )
    };
    let rows: String = numbers.map(row).collect();
    format!("indicator,family,first_seen,confidence,note\n{rows}")
}

/// Returns a STIX bundle of malware with these numbers; each names a family and has a reference.
fn bundle(numbers: std::ops::Range<u32>) -> String {
    let object = |number: u32| {
        format!(
            r#"{{"type": "malware", "spec_version": "2.1", "id": "malware--00000000-0000-4000-8000-{number:012}",
            "created": "2026-02-01T00:00:00Z", "modified": "2026-02-01T00:00:00Z", "name": "Family {}",
            "aliases": ["F{number}"], "is_family": true,
            "external_references": [{{"source_name": "a", "url": "https://a.example/{number}"}}]}}"#,
            number % 40
        )
    };
    let objects: Vec<String> = numbers.map(object).collect();
    format!(r#"{{"type": "bundle", "id": "bundle--1", "objects": [{}]}}"#, objects.join(","))
}

/// Makes the three runs; `before` is called before each.
fn deployed(before: impl Fn(&Deployment)) -> Deployment {
    let deployment = Deployment::new(CONFIGURATION).working_in_itself();
    let list = |name: &str, numbers| {
        deployment.write(name, table(numbers));
        named("list", name)
    };
    deployment.write("other.json", bundle(0..1_500));
    let other = named("other", "other.json");
    let inputs = [vec![list("one.csv", 0..3_000), other], vec![list("two.csv", 2_990..3_020)], Vec::new()];
    for (time, inputs) in TIMES.iter().zip(&inputs) {
        before(&deployment);
        deployment.run(time, inputs).ends_with(0);
    }
    deployment
}

/// Returns the names of the stored columns.
fn columns(deployment: &Deployment) -> Vec<String> {
    let mut names = names_in(&deployment.path("state/run-state"));
    names.retain(|name| name.ends_with(".columns.zst"));
    names
}

#[test]
fn runs_with_and_without_columns_give_the_same_bytes() {
    let with = deployed(|_| ());
    let without = deployed(|deployment| {
        let folder = deployment.path("state/run-state");
        if folder.exists() {
            fs::remove_dir_all(folder).expect("removed");
        }
    });
    for time in TIMES {
        equal_files(&with.published(time).digests(), &without.published(time).digests(), time);
    }
    // The side of the run, and the contents of the table and of the bundle in the segment of the first run.
    assert_eq!(columns(&with).len(), 3, "{:?}", columns(&with));
    assert_eq!(columns(&with), columns(&without));
    with.ask(&["verify"]).ends_with(0);
}

#[test]
fn an_erasure_leaves_no_columns_of_the_erased_object() {
    let deployment = deployed(|_| ());
    let before = columns(&deployment);
    let id = format!("malware--00000000-0000-4000-8000-{:012}", 7);
    let erase = ["erase", "--id", &id, "--reason", "a request", "--by", "ana", "--yes"];
    deployment.ask(&erase).ends_with(0);
    assert!(columns(&deployment).iter().all(|name| !before.contains(name)), "every column is made again");
    deployment.ask(&["verify"]).ends_with(0);
}

#[test]
fn changed_columns_end_with_7() {
    let deployment = deployed(|_| ());
    for name in columns(&deployment) {
        let path = deployment.path("state/run-state").join(&name);
        let bytes = fs::read(&path).expect("columns");
        fs::write(&path, &bytes[..bytes.len() - 1]).expect("written");
        let output = deployment.run("2026-03-04T02:00:00Z", &[]);
        assert!(output.ends_with(7).stderr.contains("run-state"), "{}", output.stderr);
        fs::write(&path, bytes).expect("written");
    }
    deployment.run("2026-03-04T02:00:00Z", &[]).ends_with(0);
}
