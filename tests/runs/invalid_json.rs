//! A corpus of invalid JSON: each file is rejected by name, and none stops the run.

use std::collections::BTreeMap;

use crate::support::{Deployment, every_object_is_accounted_for, named, names_in, read_unpacked, real_data};

const AS_OF: &str = "2026-03-02";

/// Rules for texts that are not JSON, or that exceed a limit or have another encoding.
const NOT_READ: [&str; 5] = ["json-syntax", "encoding", "depth", "size", "number-range"];

#[test]
fn invalid_json_is_rejected_as_such_and_valid_json_as_an_unknown_format() {
    let claim = "files that are not JSON are rejected by name";
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
    assert_eq!(deliveries.sum("taken"), 0, "no object of the corpus is a record");
    let names = names_in(&folder);
    assert_eq!(deliveries.rows().len(), names.len());
    let mut checked = [0, 0];
    for name in &names {
        let rules_of_file = rules.get(name.as_str()).unwrap_or_else(|| panic!("{name} has no reject"));
        let one_of = |allowed: &[&str]| rules_of_file.iter().all(|rule| allowed.contains(rule));
        match name.as_bytes()[0] {
            b'n' => {
                assert!(one_of(&NOT_READ), "{name} is not JSON, and is rejected as {rules_of_file:?}");
                checked[0] += 1;
            }
            b'y' if name.starts_with("y_object_duplicated_key") => {
                assert_eq!(*rules_of_file, ["duplicate-key"], "{name}");
                checked[1] += 1;
            }
            b'y' => {
                assert_eq!(*rules_of_file, ["unknown-format"], "{name} is JSON");
                checked[1] += 1;
            }
            _ => assert!(
                one_of(&NOT_READ) || *rules_of_file == ["unknown-format"],
                "{name}: {rules_of_file:?}"
            ),
        }
    }
    assert!(checked[0] > 90 && checked[1] > 40, "{checked:?} files checked");
}

#[test]
fn difficult_json_is_rejected_without_a_crash() {
    let Some(folder) =
        real_data("json-bad-input/test_transform", "difficult JSON is rejected without a crash")
    else {
        return;
    };
    let deployment = Deployment::new("");
    deployment.run(AS_OF, &[named("corpus", &folder)]).ends_with(3);
    let run = deployment.published(AS_OF);
    every_object_is_accounted_for(&run);
    let deliveries = run.table("steward/deliveries");
    assert_eq!(deliveries.sum("rejected"), names_in(&folder).len() as u64);
}

/// A file that is named explicitly gives the same exit code as its folder.
#[test]
fn one_invalid_file_alone_ends_with_3() {
    let claim = "one invalid file alone ends with 3";
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
fn a_published_file_that_is_not_json_is_rejected_as_a_whole_and_affects_no_other_file() {
    let claim = "a published file that is not JSON is rejected as a whole";
    let Some(folder) = real_data("eset-misp/pypi_backdoor", claim) else { return };
    let invalid = folder.join("malicious_pypi_packages.misp-event.json.zst");
    let Some(valid) = real_data("opencti-datasets/sectors.json", claim) else { return };
    assert!(serde_json::from_str::<serde_json::Value>(&read_unpacked(&invalid)).is_err());
    let deployment = Deployment::new("");
    let inputs = [named("feed", &invalid), named("feed", &valid)];
    deployment.run(AS_OF, &inputs).ends_with(3);
    let run = deployment.published(AS_OF);
    every_object_is_accounted_for(&run);
    let rejects = run.table("steward/rejects");
    assert_eq!(rejects.rows().len(), 1);
    assert_eq!(rejects.text("rule", 0), "json-syntax");
    assert!(rejects.text("position", 0).contains("37374"), "position {}", rejects.text("position", 0));
    assert!(run.table("steward/deliveries").sum("taken") > 100, "the valid file is accepted");
}

/// Tables without a mapping and unknown documents are rejected as an unknown format, not as invalid JSON.
#[test]
fn an_unknown_format_is_rejected_as_unknown_and_not_as_invalid_json() {
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
