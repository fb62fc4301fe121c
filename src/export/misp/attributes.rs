//! Attributes of entities: type, category and value.

use crate::export::ExportedEntity;

/// An attribute without its place.
pub(super) struct Plain {
    /// Type of MISP.
    pub(super) kind: &'static str,
    pub(super) category: &'static str,
    pub(super) value: String,
}

const NETWORK: &str = "Network activity";
const PAYLOAD: &str = "Payload delivery";
const DROPPED: &str = "Artifacts dropped";

/// Kinds whose identifier is the value: beginning of the identifier, type and category.
const IDENTIFIERS: [(&str, &str, &str); 16] = [
    ("domain-name:", "domain", NETWORK),
    ("ipv4-addr:", "ip-dst", NETWORK),
    ("ipv6-addr:", "ip-dst", NETWORK),
    ("url:", "url", NETWORK),
    ("email-addr:", "email", NETWORK),
    ("mac-addr:", "mac-address", NETWORK),
    ("mutex:", "mutex", DROPPED),
    ("windows-registry-key:", "regkey", DROPPED),
    ("file:md5:", "md5", PAYLOAD),
    ("file:sha-1:", "sha1", PAYLOAD),
    ("file:sha-224:", "sha224", PAYLOAD),
    ("file:sha-256:", "sha256", PAYLOAD),
    ("file:sha-384:", "sha384", PAYLOAD),
    ("file:sha-512:", "sha512", PAYLOAD),
    ("bank-account:iban:", "iban", "Financial fraud"),
    ("cve:", "vulnerability", "External analysis"),
];

/// Kinds whose name is the value: kind, type and category.
const NAMES: [(&str, &str, &str); 4] = [
    ("threat-actor", "threat-actor", "Attribution"),
    ("intrusion-set", "threat-actor", "Attribution"),
    ("campaign", "campaign-name", "Attribution"),
    ("vulnerability", "vulnerability", "External analysis"),
];

/// Returns the attributes of an entity. Without a type of its own, its name is a text.
pub(super) fn of(entity: &ExportedEntity) -> Vec<Plain> {
    let of_identifier = |text: &String| {
        let row = IDENTIFIERS.iter().find(|(prefix, ..)| {
            let kind = prefix.split(':').next().unwrap_or_default();
            // A value of another kind describes the entity and is not it.
            text.starts_with(prefix) && (kind == entity.kind || kind == "cve")
        });
        row.map(|(prefix, kind, category)| Plain { kind, category, value: text[prefix.len()..].to_owned() })
    };
    let mut attributes: Vec<Plain> = entity.identifiers.iter().filter_map(of_identifier).collect();
    if let Some(number) = entity.identifiers.iter().find_map(|text| text.strip_prefix("autonomous-system:")) {
        attributes.push(Plain { kind: "AS", category: NETWORK, value: format!("AS{number}") });
    }
    if attributes.is_empty() {
        let named = NAMES.iter().find(|(kind, ..)| *kind == entity.kind);
        let (kind, category) = named.map_or(("text", "Other"), |(_, kind, category)| (*kind, *category));
        attributes.push(Plain { kind, category, value: entity.label.clone() });
    }
    attributes
}

/// Returns the category of a type.
pub(super) fn category(kind: &str) -> &'static str {
    let mut rows = IDENTIFIERS.iter().chain(&NAMES);
    let row = rows.find(|(_, known, _)| *known == kind);
    row.map_or(if kind == "AS" { NETWORK } else { "Other" }, |(.., category)| category)
}
