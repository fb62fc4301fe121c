//! What a mixture of collections has in common: campaigns joined by exact values and by chains of
//! names, none of them by tools that everybody uses; and why each file was not taken.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::Value;

use crate::support::{Deployment, PublishedRun, Table, read_unpacked};

/// Every file that is rejected: source, end of its path, rule, and where.
///
/// Mapping tables, schemas, templates and lists of heads are JSON of another meaning; only one
/// file is no JSON at all, as it was published.
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

/// Of these folders every file of the suffix is of no format.
const REJECTED_FOLDERS: &[(&str, &str, usize)] = &[("misp-stix-pairs", "/mapping/", 16)];

pub(super) fn every_reject_is_foreseen(rejects: &Table, all_rejected: &str) {
    let mut unforeseen = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut in_folders: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rejects.rows().filter(|&row| rejects.text("source", row) != all_rejected) {
        let of = ["source", "path", "rule", "position"].map(|column| rejects.text(column, row));
        let [source, path, rule, position] = of;
        let known = REJECTED.iter().find(|(of, end, ..)| *of == source && path.ends_with(end));
        let folder = REJECTED_FOLDERS.iter().find(|(of, part, _)| *of == source && path.contains(part));
        match (known, folder) {
            (Some((_, end, wanted, place)), _) if (*wanted, *place) == (rule, position) => {
                assert!(seen.insert(*end), "{path} is rejected twice");
            }
            (None, Some((_, part, _))) if rule == "unknown-format" => {
                *in_folders.entry(*part).or_default() += 1;
            }
            _ => unforeseen.push(of),
        }
    }
    assert!(unforeseen.is_empty(), "{unforeseen:#?}");
    let missing: Vec<_> = REJECTED.iter().filter(|(_, end, ..)| !seen.contains(end)).collect();
    assert!(missing.is_empty(), "taken, though of no format: {missing:#?}");
    for (_, part, count) in REJECTED_FOLDERS {
        assert_eq!(in_folders.get(part), Some(count), "{part}");
    }
}

/// Which files stand behind each entity, and what kind it is.
pub(super) struct Behind {
    files: BTreeMap<String, BTreeSet<String>>,
    kinds: BTreeMap<String, String>,
}

impl Behind {
    pub(super) fn read(run: &PublishedRun) -> Self {
        let places = run.table("steward/record_evidence");
        let path_of: BTreeMap<&str, &str> =
            places.rows().map(|row| (places.text("record_id", row), places.text("path", row))).collect();
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

    /// Counts the entities of these kinds that two files both tell of.
    fn shared(&self, one: &str, other: &str, kinds: &[&str]) -> usize {
        let names = |files: &BTreeSet<String>, name: &str| files.iter().any(|path| path.contains(name));
        for name in [one, other] {
            assert!(self.files.values().any(|files| names(files, name)), "{name} stands behind nothing");
        }
        let both = self.files.iter().filter(|(_, files)| names(files, one) && names(files, other));
        both.filter(|(entity, _)| kinds.contains(&self.kinds[*entity].as_str())).count()
    }
}

const FACTS: [&str; 9] = [
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

pub(super) fn campaigns_are_joined_by_what_they_share(
    run: &PublishedRun,
    deployment: &Deployment,
    data: &Path,
) {
    let behind = Behind::read(run);
    // By exact values: hosts, addresses and files of two collections.
    let icedid = behind.shared("/icedid.json", "/IcedID_Malware.json", &["domain-name", "ipv4-addr", "file"]);
    assert_eq!(icedid, 45, "values of IcedID in playbook and report");
    assert_eq!(behind.shared("/revil-ransomware.json", "/REvil_SupplyChain_Attack_Kaseya.json", &FACTS), 6);
    the_older_telling_is_the_same_objects(run, data);

    // By a chain of names: ESET says Sednit, Unit 42 Fighting Ursa, the lists know both as one.
    assert_eq!(behind.shared("/sednit/2018-11-20_Zebrocy.json", "/fighting-ursa.json", &ACTORS), 1);
    let output = deployment.ask(&["explain", "intrusion-set:Sednit", "intrusion-set:Fighting Ursa"]);
    let words = output.ends_with(0).stdout.to_lowercase();
    assert!(words.contains("one entity") && words.contains("synonym"), "{words}");

    // Not by tools and commands that everybody uses.
    for (one, other) in [
        ("/trigona-ransomware.json", "/blackbasta-ransomware.json"),
        ("/fighting-ursa.json", "/turla/"),
        ("/sednit/", "/turla/"),
        ("/icedid.json", "/revil-ransomware.json"),
    ] {
        assert_eq!(behind.shared(one, other, &ACTORS), 0, "one actor behind {one} and {other}");
    }
}

/// One playbook stands twice in one collection, its objects under the same ids: the later version of
/// each is the one that counts, and none is two.
fn the_older_telling_is_the_same_objects(run: &PublishedRun, data: &Path) {
    let ids = |name: &str| -> BTreeSet<String> {
        let path = data.join("unit42-playbooks").join(name);
        let bundle: Value = serde_json::from_str(&read_unpacked(&path)).expect("JSON");
        let objects = bundle["objects"].as_array().expect("objects");
        objects.iter().filter_map(|object| object["id"].as_str().map(str::to_owned)).collect()
    };
    let (newer, older) = (ids("icedid.json.zst"), ids("IcedID_Unit42_Intel.json.zst"));
    let both: BTreeSet<&String> = newer.intersection(&older).collect();
    assert!(both.len() > 300, "only {} objects in common", both.len());
    let places = run.table("steward/record_evidence");
    let of_record: BTreeMap<&str, &str> =
        places.rows().map(|row| (places.text("record_id", row), places.text("path", row))).collect();
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
