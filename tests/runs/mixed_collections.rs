//! One run of thirteen real collections in STIX, MISP and galaxies, from many producers.

mod links;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::Value;

use crate::support::{
    Deployment, Table, every_object_is_accounted_for, named, names_in, read_unpacked, real_data,
};

const AS_OF: &str = "2024-07-01T00:00:00Z";

/// Sources with their folders or files.
const COLLECTIONS: &[(&str, &str)] = &[
    ("unit42-playbooks", "unit42-playbooks"),
    ("unit42-reports", "unit42-reports"),
    ("amnesty-stix2", "amnesty-stix2"),
    ("opencti-datasets", "opencti-datasets"),
    ("oasis-examples", "oasis-stix/examples"),
    ("oasis-schemas", "oasis-stix/schemas"),
    ("attack-flow", "attack-flow"),
    ("capec", "capec"),
    ("galaxy", "misp-galaxy/clusters"),
    ("attack", "attack-releases/enterprise-attack-v14.1.json.zst"),
    ("eset-misp", "eset-misp"),
    ("pymisp-events", "pymisp-events"),
    ("misp-stix-pairs", "misp-stix-pairs"),
];

/// One test: its parts read one run, which takes seconds.
#[test]
fn a_mixture_is_accepted_counted_resolved_and_explained() {
    let claim = "a_mixture_is_accepted_counted_resolved_and_explained";
    if COLLECTIONS.iter().any(|(_, path)| real_data(path, claim).is_none()) {
        return;
    }
    let Some(data) = real_data("", claim) else { return };
    let data = data.as_path();
    let inputs: Vec<String> = COLLECTIONS.iter().map(|(name, path)| named(name, data.join(path))).collect();
    let deployment = Deployment::new("[model]\nid = \"rules\"\n");
    let output = deployment.run(AS_OF, &inputs);
    output.ends_with(3);
    let run = deployment.published(AS_OF);
    every_object_is_accounted_for(&run);
    let deliveries = run.table("steward/deliveries");
    let rejects = run.table("steward/rejects");
    each_collection_has_accepted_objects(&deliveries);
    links::each_reject_is_expected(&rejects, "oasis-schemas");
    schemas_have_no_format(&rejects, &data.join("oasis-stix/schemas"));
    rejects_name_file_position_and_rule_and_no_value(&rejects, &deliveries, &output.stderr);

    let entities = run.table("all/entities");
    let identity = run.table("steward/identity");
    techniques_of_two_producers_are_one_entity(&entities, &identity, data);
    entries_of_one_list_are_never_one_entity(&identity, &data.join("misp-galaxy/clusters"));

    links::campaigns_are_joined_by_shared_values_and_names(&run, &deployment, data);

    for other in ["Sofacy", "APT28", "APT 28", "Fancy Bear"] {
        let output = deployment.ask(&["explain", "intrusion-set:Sednit", &format!("intrusion-set:{other}")]);
        output.ends_with(0);
        let answer = output.stdout.to_lowercase();
        assert!(answer.contains("one entity") || answer.contains("are one"), "Sednit and {other}: {answer}");
        assert!(answer.contains("synonym"), "Sednit and {other} are one by synonyms: {answer}");
        assert!(answer.contains("galaxy"), "the list of the synonyms is named, for {other}: {answer}");
    }
    let output = deployment.ask(&["explain", "intrusion-set:Sednit", "intrusion-set:Turla"]);
    let answer = output.ends_with(0).stdout.to_lowercase();
    assert!(answer.contains("two") || answer.contains("not"), "Sednit and Turla are two: {answer}");
}

fn each_collection_has_accepted_objects(deliveries: &Table) {
    for (source, _) in COLLECTIONS {
        let rows = deliveries.rows().filter(|&row| deliveries.text("source", row) == *source);
        let accepted: u64 = rows.map(|row| deliveries.count("taken", row)).sum();
        assert_eq!(accepted == 0, *source == "oasis-schemas", "{source}: {accepted} accepted");
    }
    let ignored = deliveries.rows().filter(|&row| deliveries.text("status", row) == "ignored");
    let mut ignored_count = 0;
    for row in ignored {
        assert_eq!(deliveries.count("delivered", row), 0, "{}", deliveries.text("path", row));
        ignored_count += 1;
    }
    assert!(ignored_count > 5, "READMEs and licences are shown as ignored");
}

fn schemas_have_no_format(rejects: &Table, folder: &Path) {
    let schemas: usize = names_in(folder)
        .iter()
        .map(|name| if folder.join(name).is_dir() { names_in(&folder.join(name)).len() } else { 1 })
        .sum();
    let rows: Vec<usize> =
        rejects.rows().filter(|&row| rejects.text("source", row) == "oasis-schemas").collect();
    assert_eq!(rows.len(), schemas);
    assert!(rows.iter().all(|&row| rejects.text("rule", row) == "unknown-format"));
}

/// Fails if a reject lacks file, position or rule, or contains a text value of its file with 12 or more characters.
///
/// Values of lower-case letters only are terms of the format, such as type names, and are allowed.
fn rejects_name_file_position_and_rule_and_no_value(rejects: &Table, deliveries: &Table, stderr: &str) {
    let whole: BTreeSet<&str> = deliveries
        .rows()
        .filter(|&row| deliveries.count("rejected", row) == 1 && deliveries.count("delivered", row) == 1)
        .map(|row| deliveries.text("path", row))
        .collect();
    for row in rejects.rows() {
        let path = rejects.text("path", row);
        let reason = rejects.text("reason", row);
        assert!(!rejects.text("position", row).is_empty() || whole.contains(path), "{path}: no position");
        assert!(!rejects.text("rule", row).is_empty() && !reason.is_empty(), "{path}: no rule or reason");
        let Ok(document) = serde_json::from_str::<Value>(&read_unpacked(Path::new(path))) else { continue };
        let mut values = Vec::new();
        long_values(&document, &mut values);
        for value in values {
            assert!(!reason.contains(value), "{path}: the reason contains a value");
            let is_path = path.contains(value);
            assert!(is_path || !stderr.contains(value), "{path}: standard error contains a value");
        }
    }
}

fn long_values<'a>(document: &'a Value, values: &mut Vec<&'a str>) {
    match document {
        Value::String(text) if text.len() >= 12 && !text.chars().all(|c| c.is_ascii_lowercase()) => {
            values.push(text);
        }
        Value::Array(elements) => elements.iter().for_each(|element| long_values(element, values)),
        Value::Object(members) => members.values().for_each(|member| long_values(member, values)),
        _ => {}
    }
}

fn techniques_of_two_producers_are_one_entity(entities: &Table, identity: &Table, data: &Path) {
    let sources: BTreeMap<&str, &[String]> = entities
        .rows()
        .map(|row| (entities.text("entity_id", row), entities.texts("sources", row)))
        .collect();
    let owner: BTreeMap<&str, &str> = identity
        .rows()
        .map(|row| (identity.text("identifier", row), identity.text("entity_id", row)))
        .collect();
    let playbooks = data.join("unit42-playbooks");
    let mut numbers = technique_numbers(&data.join(COLLECTIONS[9].1));
    let mut of_unit42 = BTreeSet::new();
    for name in names_in(&playbooks).iter().filter(|name| name.contains(".json")) {
        of_unit42.extend(technique_numbers(&playbooks.join(name)));
    }
    numbers.retain(|number| of_unit42.contains(number));
    assert!(numbers.len() > 100 && numbers.contains("T1036"), "{} shared techniques", numbers.len());
    for number in &numbers {
        let identifier = format!("mitre-attack:attack-pattern:{number}");
        let entity = owner.get(identifier.as_str()).unwrap_or_else(|| panic!("{identifier} has no entity"));
        for source in ["attack", "unit42-playbooks"] {
            assert!(sources[entity].iter().any(|one| one == source), "{number} is not known from {source}");
        }
    }
}

/// Returns the ATT&CK numbers of a bundle's current techniques.
fn technique_numbers(path: &Path) -> BTreeSet<String> {
    let bundle: Value = serde_json::from_str(&read_unpacked(path)).expect("JSON");
    let objects = bundle["objects"].as_array().expect("a bundle");
    let technique = |object: &&Value| {
        let gone = ["revoked", "x_mitre_deprecated"].iter().any(|name| object[*name] == Value::Bool(true));
        object["type"] == "attack-pattern" && !gone
    };
    let number = |object: &Value| {
        let references = object["external_references"].as_array()?;
        let first = references.iter().find(|reference| reference["source_name"] == "mitre-attack")?;
        Some(first["external_id"].as_str()?.to_owned())
    };
    objects.iter().filter(technique).filter_map(number).collect()
}

fn entries_of_one_list_are_never_one_entity(identity: &Table, clusters: &Path) {
    let mut list_of: BTreeMap<String, String> = BTreeMap::new();
    for name in names_in(clusters).iter().filter(|name| name.contains(".json")) {
        let cluster: Value = serde_json::from_str(&read_unpacked(&clusters.join(name))).expect("JSON");
        for entry in cluster["values"].as_array().expect("a cluster") {
            if let Some(uuid) = entry["uuid"].as_str() {
                list_of.insert(uuid.to_lowercase(), name.clone());
            }
        }
    }
    let mut uuid_of: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    let mut known = BTreeSet::new();
    for row in identity.rows() {
        let identifier = identity.text("identifier", row);
        let Some(uuid) = identifier.strip_prefix("galaxy:") else { continue };
        let Some(list) = list_of.get(uuid) else { continue };
        known.insert(uuid);
        let entity = identity.text("entity_id", row);
        if let Some(other) = uuid_of.insert((entity, list), uuid).filter(|other| *other != uuid) {
            panic!("{other} and {uuid} of {list} are both {entity}");
        }
    }
    assert!(known.len() > 7_000, "only {} entries of galaxies are identified", known.len());
}
