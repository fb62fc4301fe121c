//! The example scenario `datasets/tiny`: expected results of each run, and of one audience.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::support::{CommandOutput, Deployment, every_object_is_accounted_for, names_in, read_csv};

pub(crate) const SOURCES: [&str; 3] = ["harbour-cert", "northwind", "actor-book"];

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("datasets/tiny")
}

/// Returns folder name and as-of time of each run, in order.
pub(crate) fn runs() -> Vec<(String, String)> {
    let rows = read_csv(&folder().join("nights.csv"));
    let runs: Vec<_> = rows.iter().map(|row| (row["night"].clone(), row["as_of"].clone())).collect();
    assert_eq!(runs.len(), 5);
    runs
}

/// Returns the INPUT of a run: the folder of each source.
pub(crate) fn inputs(folder_name: &str) -> Vec<String> {
    SOURCES.iter().map(|source| format!("{folder_name}/{source}")).collect()
}

/// Makes a run of the scenario.
pub(crate) fn run(deployment: &Deployment, folder_name: &str, as_of: &str) -> CommandOutput {
    deployment.run(as_of, &inputs(folder_name))
}

#[test]
fn objects_are_counted_file_by_file() {
    let configuration = fs::read_to_string(folder().join("araneus.toml")).expect("a configuration");
    let deployment = Deployment::new(&configuration).working_in(&folder());
    let expected = read_csv(&folder().join("expected-deliveries.csv"));
    let mut counted = 0;
    for ((folder_name, as_of), code) in runs().iter().zip([0, 0, 3, 0, 3]) {
        run(&deployment, folder_name, as_of).ends_with(code);
        let run = deployment.published(as_of);
        every_object_is_accounted_for(&run);
        let deliveries = run.table("steward/deliveries");
        let of_run: Vec<_> = expected.iter().filter(|row| row["night"] == *folder_name).collect();
        assert_eq!(deliveries.rows().len(), of_run.len(), "{folder_name}: files");
        for wanted in of_run {
            let row = deliveries.only("path", &wanted["path"]);
            assert_eq!(deliveries.text("source", row), wanted["source"]);
            for column in
                wanted.keys().filter(|column| !["night", "source", "path"].contains(&column.as_str()))
            {
                let counted_value = deliveries.count(column, row).to_string();
                assert_eq!(counted_value, wanted[column], "{}: {column}", wanted["path"]);
                counted += 1;
            }
        }
    }
    assert_eq!(counted, 17 * 8);
}

#[test]
fn a_correction_of_a_source_joins_entities_and_late_reports_are_late_arrivals() {
    let configuration = fs::read_to_string(folder().join("araneus.toml")).expect("a configuration");
    let deployment = Deployment::new(&configuration).working_in(&folder());
    let owner_of = |as_of: &str, name: &str| {
        let entities = deployment.published(as_of).table("all/entities");
        let is_it = |row: &usize| {
            entities.text("label", *row) == name
                || entities.texts("aliases", *row).iter().any(|alias| alias == name)
        };
        let owners: BTreeSet<String> =
            entities.rows().filter(is_it).map(|row| entities.text("entity_id", row).to_owned()).collect();
        assert!(!owners.is_empty(), "{as_of}: no entity has the name {name}");
        owners
    };
    for (folder_name, as_of) in &runs() {
        run(&deployment, folder_name, as_of);
        let (heron, ledger) = (owner_of(as_of, "Salt Heron"), owner_of(as_of, "Grey Ledger"));
        let one = heron == ledger && heron.len() == 1;
        assert_eq!(one, folder_name.as_str() >= "night-4", "{folder_name}: {heron:?} {ledger:?}");
        let changes = deployment.published(as_of).table("all/changes");
        let causes: BTreeSet<&str> = changes.rows().map(|row| changes.text("cause", row)).collect();
        assert!(folder_name != "night-2" || causes.contains("observed-new"), "{folder_name}: {causes:?}");
        assert!(folder_name != "night-3" || causes.contains("late-arrival"), "{folder_name}: {causes:?}");
        assert!(
            folder_name != "night-3" || causes.contains("source-correction"),
            "{folder_name}: {causes:?}"
        );
        assert!(folder_name != "night-4" || causes.contains("deletion"), "{folder_name}: {causes:?}");
        assert!(folder_name != "night-5" || causes.contains("expiry"), "{folder_name}: {causes:?}");
    }
}

const PARTNERS: &str = "\n[[audience]]\nname = \"partners\"\nclearance = \"TLP:GREEN\"\n";

/// Marking definitions of the scenario that partners may not see: TLP:AMBER and TLP:AMBER+STRICT.
const ABOVE: [&str; 2] = [
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
];

#[test]
fn records_that_an_audience_may_not_see_change_no_byte_of_its_results() {
    let configuration = fs::read_to_string(folder().join("araneus.toml")).expect("a configuration");
    // No audience with a clearance sees unmarked records, so the sources of this scenario get a marking.
    let marked = configuration.replace("mode =", "marking = \"TLP:GREEN\"\nmode =") + PARTNERS;
    let with = Deployment::new(&marked);
    let with_folder = with.path("");
    let with = with.working_in(&with_folder);
    let without = Deployment::new(&marked);
    let without_folder = without.path("");
    let without = without.working_in(&without_folder);
    let hidden = deliver(&with, &without);
    assert_eq!(hidden, ["Low Tide second relay", "North Mole Terminal"]);

    for (folder_name, as_of) in runs() {
        let codes = [&with, &without].map(|deployment| run(deployment, &folder_name, &as_of).code);
        assert_eq!(codes[0], codes[1], "{folder_name}");
        let [seen, seen_without] = [&with, &without].map(|deployment| {
            let run = deployment.published(&as_of);
            let files: BTreeMap<String, Vec<u8>> = names_in(&run.folder.join("partners"))
                .into_iter()
                .map(|name| {
                    (name.clone(), fs::read(run.folder.join("partners").join(&name)).expect("a file"))
                })
                .collect();
            files
        });
        assert_eq!(seen.keys().collect::<Vec<_>>(), seen_without.keys().collect::<Vec<_>>(), "{folder_name}");
        assert!(seen.len() > 5 && seen.contains_key("report.html"), "{folder_name}: {} files", seen.len());
        for (name, bytes) in &seen {
            assert!(
                *bytes == seen_without[name],
                "{folder_name}: {name} differs by records that partners may not see"
            );
        }
        no_file_contains_data_of_the_data_steward(&with, &as_of, &seen, &hidden);
        assert!(
            !with.published(&as_of).folder.join("all").exists(),
            "only the configured audience is published"
        );
    }
    let accepted = [&with, &without].map(|deployment| {
        let deliveries = deployment.published(&runs()[3].1).table("steward/deliveries");
        deliveries.sum("taken")
    });
    assert!(accepted[0] > accepted[1], "the hidden records were delivered: {accepted:?}");
}

/// Writes the files of the scenario to both deployments, to the second one without objects above GREEN. Returns the names
/// of the omitted objects.
fn deliver(with: &Deployment, without: &Deployment) -> Vec<String> {
    let mut hidden = BTreeSet::new();
    for (folder_name, _) in runs() {
        for source in SOURCES {
            let from = folder().join(&folder_name).join(source);
            for name in names_in(&from) {
                let text = fs::read_to_string(from.join(&name)).expect("a file");
                let path = format!("{folder_name}/{source}/{name}");
                with.write(&path, &text);
                if !ABOVE.iter().any(|marking| text.contains(marking)) {
                    without.write(&path, &text);
                    continue;
                }
                let mut bundle: Value = serde_json::from_str(&text).expect("a bundle");
                bundle["objects"].as_array_mut().expect("objects").retain(|object| {
                    let markings = object["object_marking_refs"].as_array();
                    let above =
                        markings.is_some_and(|all| all.iter().any(|one| ABOVE.iter().any(|two| one == two)));
                    hidden.extend(object["name"].as_str().filter(|_| above).map(str::to_owned));
                    !above
                });
                without.write(&path, bundle.to_string());
            }
        }
    }
    hidden.into_iter().collect()
}

/// Fails if a file of an audience contains the digest or path of a delivery, or the name of a hidden object.
fn no_file_contains_data_of_the_data_steward(
    deployment: &Deployment,
    as_of: &str,
    files: &BTreeMap<String, Vec<u8>>,
    hidden: &[String],
) {
    let sources = deployment.published(as_of).table("steward/sources");
    let mut secrets: BTreeSet<&str> = hidden.iter().map(String::as_str).collect();
    for row in sources.rows() {
        secrets.extend([sources.text("delivery", row), sources.text("path", row)]);
    }
    secrets.extend(["holdings.json", "crews.json", "night-"]);
    assert!(secrets.iter().all(|secret| secret.len() > 5) && secrets.len() > 5);
    for (name, bytes) in files {
        for secret in &secrets {
            let is_contained = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!is_contained, "{as_of}: partners/{name} contains {secret}");
        }
    }
}
