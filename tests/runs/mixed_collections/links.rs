//! Links between collections: campaigns joined by equal values and by chains of names, but not by common tools.
//! Also the rule of each rejected file.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::Value;

use crate::support::{Deployment, PublishedRun, Table, read_unpacked, real_data};

/// Each rejected file: source, end of its path, rule and position.
///
/// Mapping tables, schemas, templates and indexes are JSON of another meaning. Only one published file is not JSON.
const REJECTED: &[(&str, &str, &str, &str)] = &[
    ("attack-flow", "attack-flow-schema-2.0.0.json", "unknown-format", ""),
    ("eset-misp", "dnsbirthday/rqz-dnsduvel_blocklist.json", "unknown-format", ""),
    ("eset-misp", "published.csv", "unknown-format", ""),
    ("eset-misp", "pypi_backdoor/malicious_pypi_packages.misp-event.json.zst", "json-syntax", "line 37374"),
    ("pymisp-events", "git-vuln-finder-quagga.json", "unknown-format", ""),
    ("pymisp-events", "overwrite_file/definition.json", "unknown-format", ""),
    ("pymisp-events", "schema/describeTypes.json", "unknown-format", ""),
    ("pymisp-events", "schema/schema-lax.json", "unknown-format", ""),
    ("pymisp-events", "schema/schema.json", "unknown-format", ""),
    ("pymisp-events", "search_index_result.json", "unknown-format", ""),
    ("pymisp-events", "sharing_groups.json", "unknown-format", ""),
    ("pymisp-events", "sighting.json", "unknown-format", ""),
    ("pymisp-events", "simple.json", "unknown-format", ""),
    ("pymisp-events", "test_object_template/definition.json", "unknown-format", ""),
];

/// File whose origin is not published, so that it may be absent.
const UNPUBLISHED: (&str, &str) = ("eset-misp", "published.csv");

/// Folders in which all files have no format: source, part of the path, number of files.
const REJECTED_FOLDERS: &[(&str, &str, usize)] = &[("misp-stix-pairs", "/mapping/", 16)];

pub(super) fn each_reject_is_expected(rejects: &Table, all_rejected: &str) {
    let mut unexpected = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut in_folders: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rejects.rows().filter(|&row| rejects.text("source", row) != all_rejected) {
        let of = ["source", "path", "rule", "position"].map(|column| rejects.text(column, row));
        let [source, path, rule, position] = of;
        let known = REJECTED.iter().find(|(of, end, ..)| *of == source && path.ends_with(end));
        let folder = REJECTED_FOLDERS.iter().find(|(of, part, _)| *of == source && path.contains(part));
        match (known, folder) {
            (Some((_, end, wanted, wanted_position)), _)
                if (*wanted, *wanted_position) == (rule, position) =>
            {
                assert!(seen.insert(*end), "{path} is rejected twice");
            }
            (None, Some((_, part, _))) if rule == "unknown-format" => {
                *in_folders.entry(*part).or_default() += 1;
            }
            _ => unexpected.push(of),
        }
    }
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    let is_missing = |(source, end, ..): &&(&str, &str, &str, &str)| {
        let is_unpublished = (*source, *end) == UNPUBLISHED;
        let is_delivered =
            !is_unpublished || real_data(&format!("{source}/{end}"), "each_reject_is_expected").is_some();
        !seen.contains(end) && is_delivered
    };
    let missing: Vec<_> = REJECTED.iter().filter(is_missing).collect();
    assert!(missing.is_empty(), "accepted, although without a format: {missing:#?}");
    for (_, part, count) in REJECTED_FOLDERS {
        assert_eq!(in_folders.get(part), Some(count), "{part}");
    }
}

/// Files with evidence of each entity, and kinds of entities.
pub(super) struct Evidence {
    files: BTreeMap<String, BTreeSet<String>>,
    kinds: BTreeMap<String, String>,
}

impl Evidence {
    pub(super) fn read(run: &PublishedRun) -> Self {
        let positions = run.table("steward/record_evidence");
        let path_of: BTreeMap<&str, &str> = positions
            .rows()
            .map(|row| (positions.text("record_id", row), positions.text("path", row)))
            .collect();
        let entities = run.table("all/entities");
        let kinds: BTreeMap<String, String> = entities
            .rows()
            .map(|row| (entities.text("entity_id", row).to_owned(), entities.text("kind", row).to_owned()))
            .collect();
        let evidence = run.table("all/evidence");
        let mut files: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in evidence.rows().filter(|&row| kinds.contains_key(evidence.text("subject_id", row))) {
            let path = path_of[evidence.text("record_id", row)];
            files.entry(evidence.text("subject_id", row).to_owned()).or_default().insert(path.to_owned());
        }
        Self { files, kinds }
    }

    /// Returns the number of entities of these kinds with evidence in both files.
    fn shared(&self, one: &str, other: &str, kinds: &[&str]) -> usize {
        let names = |files: &BTreeSet<String>, name: &str| files.iter().any(|path| path.contains(name));
        for name in [one, other] {
            assert!(self.files.values().any(|files| names(files, name)), "{name} is evidence of no entity");
        }
        let both = self.files.iter().filter(|(_, files)| names(files, one) && names(files, other));
        both.filter(|(entity, _)| kinds.contains(&self.kinds[*entity].as_str())).count()
    }
}

const OBSERVABLES: [&str; 9] = [
    "domain-name",
    "ipv4-addr",
    "ipv6-addr",
    "url",
    "file",
    "email-addr",
    "process",
    "windows-registry-key",
    "directory",
];
const ACTORS: [&str; 2] = ["intrusion-set", "threat-actor"];

pub(super) fn campaigns_are_joined_by_shared_values_and_names(
    run: &PublishedRun,
    deployment: &Deployment,
    data: &Path,
) {
    let evidence = Evidence::read(run);
    // Equal values join them: hosts, addresses and files of two collections.
    let icedid =
        evidence.shared("/icedid.json", "/IcedID_Malware.json", &["domain-name", "ipv4-addr", "file"]);
    assert_eq!(icedid, 45, "values of IcedID in playbook and report");
    assert_eq!(
        evidence.shared("/revil-ransomware.json", "/REvil_SupplyChain_Attack_Kaseya.json", &OBSERVABLES),
        6
    );
    the_older_copy_has_the_same_objects(run, data);

    // A chain of names joins them: ESET uses Sednit, Unit 42 uses Fighting Ursa, and the lists join both names.
    assert_eq!(evidence.shared("/sednit/2018-11-20_Zebrocy.json", "/fighting-ursa.json", &ACTORS), 1);
    let output = deployment.ask(&["explain", "intrusion-set:Sednit", "intrusion-set:Fighting Ursa"]);
    let answer = output.ends_with(0).stdout.to_lowercase();
    assert!(answer.contains("one entity") && answer.contains("synonym"), "{answer}");

    // Common tools and commands do not join them.
    for (one, other) in [
        ("/trigona-ransomware.json", "/blackbasta-ransomware.json"),
        ("/fighting-ursa.json", "/turla/"),
        ("/sednit/", "/turla/"),
        ("/icedid.json", "/revil-ransomware.json"),
    ] {
        assert_eq!(evidence.shared(one, other, &ACTORS), 0, "one actor in {one} and {other}");
    }
}

/// One playbook is twice in one collection, with equal ids. Only the later version of each object counts.
fn the_older_copy_has_the_same_objects(run: &PublishedRun, data: &Path) {
    let ids = |name: &str| -> BTreeSet<String> {
        let path = data.join("unit42-playbooks").join(name);
        let bundle: Value = serde_json::from_str(&read_unpacked(&path)).expect("JSON");
        let objects = bundle["objects"].as_array().expect("objects");
        objects.iter().filter_map(|object| object["id"].as_str().map(str::to_owned)).collect()
    };
    let (newer, older) = (ids("icedid.json.zst"), ids("IcedID_Unit42_Intel.json.zst"));
    let both: BTreeSet<&String> = newer.intersection(&older).collect();
    assert!(both.len() > 300, "only {} objects in common", both.len());
    let positions = run.table("steward/record_evidence");
    let of_record: BTreeMap<&str, &str> =
        positions.rows().map(|row| (positions.text("record_id", row), positions.text("path", row))).collect();
    let evidence = run.table("all/evidence");
    let mut reporters: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in evidence.rows().filter(|&row| evidence.text("source", row) == "unit42-playbooks") {
        let object = reporters.entry(evidence.text("object_id", row)).or_default();
        object.insert(evidence.text("record_id", row));
    }
    for id in both {
        let Some(records) = reporters.get(id.as_str()) else { continue };
        assert_eq!(records.len(), 1, "{id} counts twice");
        let from = of_record[records.first().expect("one record")];
        assert!(!from.contains("IcedID_Unit42_Intel"), "{id} is read from {from}");
    }
}
