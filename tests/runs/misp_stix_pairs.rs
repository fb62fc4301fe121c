//! Equal claims in MISP and STIX name the same observables and catalogue entries.
//!
//! The pairs are from the documentation of the mapping of misp-stix.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use araneus::{
    canonical,
    entity::Identifier,
    ingest::{self, Input, Location},
    record::Claim,
};
use serde_json::{Value, json};

use crate::support::{read_unpacked, real_data};

fn pairs(path: &Path) -> BTreeMap<String, Value> {
    serde_json::from_str(&read_unpacked(path)).expect("JSON")
}

/// Returns all claims of a document.
fn claims(document: &Value) -> Vec<Claim> {
    let location = Location::Bytes(document.to_string().into_bytes());
    let input = Input { source: "pair".to_owned(), path: "pair.json".to_owned(), location, pseudonyms: None };
    let delivery = ingest::read(&[input], &|_| ()).pop().expect("one input, one delivery");
    assert!(delivery.rejects.is_empty(), "{:?} {document}", delivery.rejects);
    let format = delivery.format.expect("a format");
    delivery
        .accepted
        .iter()
        .flat_map(|taken| ingest::interpret(format, &taken.object, taken.context.as_deref(), None).claims)
        .collect()
}

/// Returns the keys of the observables and catalogue entries in claims.
fn keys(claims: &[Claim]) -> BTreeSet<String> {
    let identifiers = claims.iter().flat_map(|claim| match claim {
        Claim::Entity { identifiers, .. } => identifiers.clone(),
        Claim::Link { from, to, .. } => vec![from.clone(), to.clone()],
    });
    identifiers
        .filter_map(|identifier| match identifier {
            Identifier::Observable { kind, property, value } => {
                canonical::observable(&kind, &property, &value).map(|key| key.to_string())
            }
            Identifier::Reference { catalogue, kind, id } => Some(format!("{catalogue}:{kind}:{id}")),
            Identifier::Object(_) | Identifier::Galaxy(_) => None,
        })
        .collect()
}

/// Returns kind and name of each named entity in claims.
fn names(claims: &[Claim]) -> BTreeSet<String> {
    let named_entities = claims.iter().filter_map(|claim| match claim {
        Claim::Entity { kind, name: Some(name), .. } => Some(format!("{kind} {name}")),
        _ => None,
    });
    named_entities.collect()
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values.clone(),
        Value::Object(members) if !members.contains_key("type") => members.values().flat_map(list).collect(),
        one => vec![one.clone()],
    }
}

fn event(member: &str, value: &Value) -> Value {
    json!({ "Event": { "uuid": "00000000-0000-4000-8000-00000000000e", "info": "a pair",
        "date": "2020-10-25", member: value } })
}

#[test]
fn an_attribute_names_the_observables_of_its_stix_pair() {
    let path = "misp-stix-pairs/mapping/misp_attributes_to_stix21.json";
    let Some(path) = real_data(path, "an_attribute_names_the_observables_of_its_stix_pair") else { return };
    // Deliberate differences. Bodies, headers, payloads and methods are not observables. A link is the source of a
    // report. A truncated SHA-512 differs from SHA-224. STIX has no property for some types. For the last two types
    // misp-stix writes values that no pattern matches.
    let exceptions = [
        "attachment",
        "email-body",
        "email-header",
        "email-reply-to",
        "link",
        "http-method",
        "sha512/224",
        "sha512/256",
        "filename|sha512/224",
        "filename|sha512/256",
        "malware-sample",
        "email-attachment",
        "regkey|value",
    ];
    let (mut equal, mut different) = (0, Vec::new());
    for (name, pair) in pairs(&path) {
        let mut attribute = pair["MISP"].clone();
        attribute["to_ids"] = json!(true);
        let ours = keys(&claims(&event("Attribute", &attribute)));
        let theirs =
            keys(&claims(&json!({ "type": "bundle", "id": "bundle--1", "objects": list(&pair["STIX"]) })));
        if ours == theirs {
            equal += 1;
        } else {
            different.push((name, ours, theirs));
        }
    }
    different.retain(|(name, ..): &(String, _, _)| !exceptions.contains(&name.as_str()));
    assert!(different.is_empty(), "names, by MISP, by STIX: {different:#?}");
    assert!(equal >= 55, "only {equal} attribute types agree");
}

#[test]
fn an_object_names_the_observables_of_its_stix_pair() {
    let path = "misp-stix-pairs/mapping/misp_objects_to_stix21.json.zst";
    let Some(path) = real_data(path, "an_object_names_the_observables_of_its_stix_pair") else { return };
    let (mut equal, mut missing) = (0, Vec::new());
    for (name, pair) in pairs(&path) {
        let mut objects = list(&pair["MISP"]);
        if let Value::Object(_) = &pair["MISP"] {
            objects = vec![pair["MISP"].clone()];
        }
        let ours = keys(&claims(&event("Object", &Value::Array(objects))));
        let theirs =
            keys(&claims(&json!({ "type": "bundle", "id": "bundle--1", "objects": list(&pair["STIX"]) })));
        // Payloads, custom properties and list positions do not name an object.
        let beside = ["x_misp_", "payload_bin", "decryption_key", "content_disposition", "[0]", "[1]"];
        let is_name = |key: &&String| !beside.iter().any(|mark| key.contains(mark));
        let lacking: Vec<&String> = theirs.difference(&ours).filter(is_name).collect();
        if lacking.is_empty() {
            equal += 1;
        } else {
            missing.push(format!("{name} lacks {lacking:?}"));
        }
    }
    for template in ["file", "domain-ip", "url", "x509", "vulnerability", "asn", "mutex", "registry-key"] {
        assert!(!missing.iter().any(|name| name.starts_with(&format!("{template} "))), "{missing:#?}");
    }
    assert!(equal >= 40, "only {equal} templates agree: {missing:#?}");
}

#[test]
fn a_cluster_is_the_same_entity_as_its_stix_pair() {
    let path = "misp-stix-pairs/mapping/misp_galaxies_to_stix21.json";
    let Some(path) = real_data(path, "a_cluster_is_the_same_entity_as_its_stix_pair") else { return };
    let (mut equal, mut different) = (0, Vec::new());
    for (name, pair) in pairs(&path) {
        let ours = names(&claims(&event("Galaxy", &json!([pair["MISP"]]))));
        let theirs =
            names(&claims(&json!({ "type": "bundle", "id": "bundle--1", "objects": list(&pair["STIX"]) })));
        if theirs.is_subset(&ours) {
            equal += 1;
        } else {
            different.push((name, ours, theirs));
        }
    }
    assert!(equal >= 20, "only {equal} galaxies agree: {different:#?}");
}
