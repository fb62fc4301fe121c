//! STIX types of entities, and the properties that each type requires.

use serde_json::{Value, json};

use super::Object;
use crate::export::{ExportedEntity, ids};

/// Type of entities without a type in STIX.
pub(super) use crate::ingest::STIX_ENTITY_TYPE as OWN;

/// Domain objects that a name describes. Kinds with required properties that tables do not have are excluded: an
/// indicator needs a pattern, and a report its publication.
const NAMED: [&str; 10] = [
    "attack-pattern",
    "campaign",
    "course-of-action",
    "identity",
    "incident",
    "infrastructure",
    "intrusion-set",
    "threat-actor",
    "tool",
    "vulnerability",
];

/// Kinds of people and groups, and the class of their identity.
const IDENTITIES: [(&str, &str); 6] = [
    ("person", "individual"),
    ("organization", "organization"),
    ("company", "organization"),
    ("public-body", "organization"),
    ("legal-entity", "unspecified"),
    ("identity", "unspecified"),
];

/// Hash algorithms, in the order in which STIX derives ids from them: name in identifiers and in STIX.
const HASHES: [(&str, &str); 8] = [
    ("md5", "MD5"),
    ("sha-1", "SHA-1"),
    ("sha-256", "SHA-256"),
    ("sha-512", "SHA-512"),
    ("sha3-256", "SHA3-256"),
    ("sha3-512", "SHA3-512"),
    ("ssdeep", "SSDEEP"),
    ("tlsh", "TLSH"),
];
/// Number of algorithms from which STIX derives ids.
const ID_HASHES: usize = 4;

/// Observables with one value: kind and property.
const VALUES: [(&str, &str); 8] = [
    ("domain-name", "value"),
    ("ipv4-addr", "value"),
    ("ipv6-addr", "value"),
    ("url", "value"),
    ("email-addr", "value"),
    ("mac-addr", "value"),
    ("windows-registry-key", "key"),
    ("mutex", "name"),
];

/// Returns the type of an entity's object.
pub(super) fn stix_type(entity: &ExportedEntity) -> &str {
    let kind = entity.kind.as_str();
    if IDENTITIES.iter().any(|(known, _)| *known == kind) {
        return "identity";
    }
    if kind == "malware" || NAMED.contains(&kind) || observable(entity).is_some() { kind } else { OWN }
}

/// An observable: the properties that identify it, and further ones.
struct Observable {
    identifying: Value,
    more: Object,
}

/// Returns the properties of an observable; `None` for other entities, and without the value that its type requires.
fn observable(entity: &ExportedEntity) -> Option<Observable> {
    let kind = entity.kind.as_str();
    let of_kind = |prefix: &str| {
        entity.identifiers.iter().find_map(|text| text.strip_prefix(prefix)?.strip_prefix(':'))
    };
    let plain = |identifying| Some(Observable { identifying, more: Object::new() });
    if let Some((_, property)) = VALUES.iter().find(|(known, _)| *known == kind) {
        return plain(json!({ *property: of_kind(kind)? }));
    }
    match kind {
        "autonomous-system" => plain(json!({ "number": of_kind(kind)?.parse::<u64>().ok()? })),
        "directory" => plain(json!({ "path": of_kind("directory:path")? })),
        "file" => file(entity),
        "x509-certificate" => {
            let hashes = hashes(entity, kind);
            let identifying = first_hash(&hashes)?;
            Some(Observable { identifying, more: with_hashes(hashes) })
        }
        _ => None,
    }
}

fn file(entity: &ExportedEntity) -> Option<Observable> {
    let hashes = hashes(entity, "file");
    let is_name = |label: &str| {
        !label.is_empty() && !hashes.values().any(|hash| hash == label) && !label.contains([':', '/', '\\'])
    };
    let name = Some(entity.label.as_str()).filter(|label| is_name(label));
    let mut identifying = Object::new();
    if let Some(Value::Object(first)) = first_hash(&hashes) {
        identifying.extend(first);
    }
    identifying.extend(name.map(|name| ("name".to_owned(), name.into())));
    (!identifying.is_empty())
        .then(|| Observable { identifying: Value::Object(identifying), more: with_hashes(hashes) })
}

fn hashes(entity: &ExportedEntity, kind: &str) -> Object {
    let mut hashes = Object::new();
    for (scheme, name) in HASHES {
        let prefix = format!("{kind}:{scheme}:");
        let value = entity.identifiers.iter().find_map(|text| text.strip_prefix(&prefix));
        hashes.extend(value.map(|value| (name.to_owned(), value.into())));
    }
    hashes
}

/// Returns the hash from which STIX derives the id, as the property `hashes`.
fn first_hash(hashes: &Object) -> Option<Value> {
    let names = HASHES[..ID_HASHES].iter().map(|(_, name)| *name);
    let others = HASHES[ID_HASHES..].iter().map(|(_, name)| *name);
    let name = names.chain(others).find(|name| hashes.contains_key(*name))?;
    Some(json!({ "hashes": { name: hashes[name] } }))
}

fn with_hashes(hashes: Object) -> Object {
    let mut more = Object::new();
    if !hashes.is_empty() {
        more.insert("hashes".to_owned(), Value::Object(hashes));
    }
    more
}

/// Returns whether the object of an entity is an observable, which has no versions.
pub(super) fn is_observable(entity: &ExportedEntity) -> bool {
    observable(entity).is_some()
}

/// Returns the id of an entity's own object.
pub(super) fn own_id(entity: &ExportedEntity) -> String {
    let kind = stix_type(entity);
    match observable(entity) {
        // Many files have one name, so that a name alone gives no id. An object of `serde_json` is sorted by its keys, as
        // canonical JSON is.
        Some(observable) if kind != "file" || observable.identifying.get("hashes").is_some() => {
            format!("{kind}--{}", ids::observable_uuid(&observable.identifying.to_string()))
        }
        _ => format!("{kind}--{}", ids::uuid("entity", &entity.id)),
    }
}

/// Adds the properties of the type.
pub(super) fn add_properties(entity: &ExportedEntity, object: &mut Object) {
    if let Some(observable) = observable(entity) {
        if let Value::Object(identifying) = observable.identifying {
            object.extend(identifying);
        }
        object.extend(observable.more);
        return;
    }
    object.insert("name".to_owned(), entity.label.clone().into());
    let kind = stix_type(entity);
    if matches!(kind, "campaign" | "infrastructure" | "intrusion-set" | "malware" | "threat-actor" | "tool")
        && !entity.aliases.is_empty()
    {
        object.insert("aliases".to_owned(), json!(entity.aliases));
    }
    match kind {
        "malware" => {
            object.insert("is_family".to_owned(), true.into());
        }
        "identity" => {
            let class = IDENTITIES.iter().find(|(known, _)| *known == entity.kind);
            object
                .insert("identity_class".to_owned(), class.map_or("unspecified", |(_, class)| *class).into());
        }
        _ => {}
    }
    let references: Vec<Value> = entity.identifiers.iter().filter_map(|text| external(text)).collect();
    if !references.is_empty() {
        object.insert("external_references".to_owned(), json!(references));
    }
}

/// Returns the entry of a public catalogue as an external reference.
fn external(identifier: &str) -> Option<Value> {
    let (catalogue, number) = identifier.split_once(':')?;
    let is_catalogue = ["mitre-attack", "capec", "cve"].contains(&catalogue);
    is_catalogue.then(|| json!({ "source_name": catalogue, "external_id": number }))
}
