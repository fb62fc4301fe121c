//! A corpus of JSON that is not: every file is named and refused, none crashes the run.

use std::collections::BTreeMap;

use crate::support::{Deployment, every_object_is_accounted_for, named, names_in, read_unpacked, real_data};

const AS_OF: &str = "2026-03-02";

/// Rules that say that a text is not JSON, or not read by a named limit or encoding.
const NOT_READ: [&str; 5] = ["json-syntax", "encoding", "depth", "size", "number-range"];

#[test]
fn what_is_not_json_is_refused_as_that_and_what_is_json_is_of_no_known_format() {
    let claim = "files that are not JSON are refused by name";
    let Some(folder) = real_data("json-bad-input/test_parsing", claim) else { return };
    let deployment = Deployment::new("");
    let output = deployment.run(AS_OF, &[named("corpus", &folder)]);
    output.ends_with(3);
    let run = deployment.published(AS_OF);
    every_object_is_accounted_for(&run);
    let deliveries = run.table("steward/deliveries");
    let rejects = run.table("steward/rejects");
    let mut rules: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in rejects.rows() {
        let name = rejects.text("path", row).rsplit('/').next().unwrap_or_default();
        rules.entry(name).or_default().push(rejects.text("rule", row));
        assert!(!rejects.text("reason", row).is_empty(), "{name}: no reason");
    }
    assert_eq!(deliveries.sum("taken"), 0, "nothing of the corpus is a record");
    let names = names_in(&folder);
    assert_eq!(deliveries.rows().len(), names.len());
    let mut judged = [0, 0];
    for name in &names {
        let found = rules.get(name.as_str()).unwrap_or_else(|| panic!("{name} has no reject"));
        let one_of = |allowed: &[&str]| found.iter().all(|rule| allowed.contains(rule));
        match name.as_bytes()[0] {
            b'n' => {
                assert!(one_of(&NOT_READ), "{name} is not JSON, and is refused as {found:?}");
                judged[0] += 1;
            }
            b'y' if name.starts_with("y_object_duplicated_key") => {
                assert_eq!(*found, ["duplicate-key"], "{name}");
                judged[1] += 1;
            }
            b'y' => {
                assert_eq!(*found, ["unknown-format"], "{name} is JSON");
                judged[1] += 1;
            }
            _ => assert!(one_of(&NOT_READ) || *found == ["unknown-format"], "{name}: {found:?}"),
        }
    }
    assert!(judged[0] > 90 && judged[1] > 40, "{judged:?} files judged");
}

#[test]
fn tricky_json_is_survived() {
    let Some(folder) = real_data("json-bad-input/test_transform", "tricky JSON is survived") else { return };
    let deployment = Deployment::new("");
    deployment.run(AS_OF, &[named("corpus", &folder)]).ends_with(3);
    let run = deployment.published(AS_OF);
    every_object_is_accounted_for(&run);
    let deliveries = run.table("steward/deliveries");
    assert_eq!(deliveries.sum("rejected"), names_in(&folder).len() as u64);
}

/// Each file by itself, named explicitly, ends the run in the same way as within its folder.
#[test]
fn one_broken_file_alone_ends_with_3() {
    let claim = "one broken file alone ends with 3";
    let Some(folder) = real_data("json-bad-input/test_parsing", claim) else { return };
    let names = names_in(&folder);
    for (at, name) in names.iter().filter(|name| name.starts_with("n_")).step_by(12).enumerate() {
        let deployment = Deployment::new("");
        let output = deployment.run(AS_OF, &[named("corpus", folder.join(name))]);
        output.ends_with(3);
        assert_eq!(deployment.published(AS_OF).table("steward/rejects").rows().len(), 1, "{at}: {name}");
    }
}

#[test]
fn published_files_that_are_not_json_are_refused_whole_and_cost_nothing_else() {
    let claim = "a published file that is not JSON is refused whole";
    let Some(folder) = real_data("eset-misp/pypi_backdoor", claim) else { return };
    let broken = folder.join("malicious_pypi_packages.misp-event.json.zst");
    let Some(good) = real_data("opencti-datasets/sectors.json", claim) else { return };
    assert!(serde_json::from_str::<serde_json::Value>(&read_unpacked(&broken)).is_err());
    let deployment = Deployment::new("");
    let inputs = [named("feed", &broken), named("feed", &good)];
    deployment.run(AS_OF, &inputs).ends_with(3);
    let run = deployment.published(AS_OF);
    every_object_is_accounted_for(&run);
    let rejects = run.table("steward/rejects");
    assert_eq!(rejects.rows().len(), 1);
    assert_eq!(rejects.text("rule", 0), "json-syntax");
    assert!(rejects.text("position", 0).contains("37374"), "position {}", rejects.text("position", 0));
    assert!(run.table("steward/deliveries").sum("taken") > 100, "the good file is taken");
}

/// Tables and archives are no broken JSON: their formats are not built.
#[test]
fn a_format_that_is_not_built_is_refused_as_unknown_and_not_as_broken_json() {
    let deployment = Deployment::new("");
    deployment.write("feed/indicators.csv", "indicator,seen\nexample.test,2026-03-01\n");
    deployment.write("feed/table.parquet", b"PAR1\x00\xff\xfePAR1");
    deployment.write("feed/rows.json", r#"{"rows": [{"indicator": "example.test"}]}"#);
    let folder = deployment.path("feed").display().to_string();
    deployment.run("2026-03-02T00:00:00Z", &[folder]).ends_with(3);
    let rejects = deployment.published("2026-03-02T00:00:00Z").table("steward/rejects");
    let rules: Vec<&str> = rejects.rows().map(|row| rejects.text("rule", row)).collect();
    assert_eq!(rules, ["unknown-format"; 3]);
}
