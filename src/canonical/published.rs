//! Identifiers as tables and exports publish them, `scheme:value`, and the way back.

use super::{CanonicalId, detect::is_uuid, observable};
use crate::entity::Identifier;

/// Scheme of ids of STIX objects.
pub const STIX: &str = "stix";
/// Scheme of uuids of elements of MISP.
pub const MISP: &str = "misp";
/// Scheme of ids of `FollowTheMoney`.
const FTM: &str = "ftm";
/// Scheme of keys of tables.
const TABLE: &str = "table";
/// Scheme of entries of galaxies.
const GALAXY: &str = "galaxy";

/// Public catalogues, each with the kind of its entries. If a catalogue has entries of several kinds, the row with the
/// kind of the entity counts, else the first row.
const CATALOGUES: [(&str, &str); 16] = [
    ("mitre-attack", "attack-pattern"),
    ("mitre-attack", "course-of-action"),
    ("mitre-attack", "intrusion-set"),
    ("mitre-attack", "software"),
    ("mitre-attack", "campaign"),
    ("capec", "attack-pattern"),
    ("cve", "vulnerability"),
    ("wikidata", "item"),
    ("lei", "legal-entity"),
    ("ru-inn", "legal-entity"),
    ("ru-ogrn", "legal-entity"),
    ("cn-uscc", "legal-entity"),
    ("us-npi", "legal-entity"),
    ("imo", "organization"),
    ("imo", "vessel"),
    ("isin", "security"),
];

/// Letters with which numbers of ATT&CK begin, and the kind of their entries.
const ATTACK_KINDS: [(&str, &str); 4] =
    [("G", "intrusion-set"), ("S", "software"), ("M", "course-of-action"), ("C", "campaign")];

/// Returns the text of an identifier in tables: `stix:malware--…`, `mitre-attack:T1486`, `galaxy:UUID`, `ftm:ID`,
/// `misp:UUID`, `table:KIND--SCOPE:KEY`, or the canonical text of an observable, such as `domain-name:example.com`.
pub fn published(id: &CanonicalId) -> String {
    if id.is_catalogue() {
        return format!("{}:{}", id.scheme().unwrap_or_default(), id.value());
    }
    if !id.is_object() {
        return id.to_string();
    }
    match id.split_once("--") {
        Some(("misp-element", uuid)) => format!("{MISP}:{uuid}"),
        Some(("ftm-entity", own)) => format!("{FTM}:{own}"),
        // An observed object of STIX 2.0 has a local name after the uuid.
        Some((_, own)) if is_uuid(own.split('#').next().unwrap_or_default()) => format!("{STIX}:{id}"),
        _ => format!("{TABLE}:{id}"),
    }
}

/// Returns the identifier of a published text about an entity of a kind; `None` if the text is not one.
pub fn read_published(text: &str, kind: &str) -> Option<Identifier> {
    let (scheme, value) = text.split_once(':').filter(|(_, value)| !value.is_empty())?;
    let object = match scheme {
        STIX | TABLE => Some(value.to_owned()),
        MISP => Some(format!("misp-element--{value}")),
        FTM => Some(format!("ftm-entity--{value}")),
        _ => None,
    };
    if let Some(object) = object {
        return Some(Identifier::Object(object));
    }
    if scheme == GALAXY {
        return Some(Identifier::Galaxy(value.to_owned()));
    }
    if let Some((catalogue, first)) = CATALOGUES.iter().find(|(catalogue, _)| *catalogue == scheme) {
        let kind = kind_in_catalogue(catalogue, value, kind).unwrap_or(first).to_owned();
        return Some(Identifier::Reference { catalogue, kind, id: value.to_owned() });
    }
    read_observable(text, scheme, value)
}

/// Returns the kind of an entry of a catalogue; `None` if only the first kind of the catalogue is left.
fn kind_in_catalogue(catalogue: &str, number: &str, kind: &str) -> Option<&'static str> {
    let kind = if matches!(kind, "malware" | "tool") { "software" } else { kind };
    let row = CATALOGUES.iter().find(|(name, of)| *name == catalogue && *of == kind);
    if catalogue != "mitre-attack" {
        return row.map(|(_, kind)| *kind);
    }
    let by_number = ATTACK_KINDS.iter().find(|(letter, _)| number.starts_with(letter));
    // Early mitigations have the number of their technique.
    by_number.map(|(_, kind)| *kind).or(row.map(|(_, kind)| *kind).filter(|kind| *kind == "course-of-action"))
}

/// Returns the observable whose canonical text this is.
fn read_observable(text: &str, kind: &str, value: &str) -> Option<Identifier> {
    let (scheme, rest) = value.split_once(':').unwrap_or_default();
    let digest = format!("hashes.{scheme}");
    let readings = [("value", value), (scheme, rest), (digest.as_str(), rest), ("name", value)];
    let is_same = |(property, value): &&(&str, &str)| {
        !property.is_empty() && observable(kind, property, value).is_some_and(|id| id.as_str() == text)
    };
    let (property, value) = readings.iter().find(is_same)?;
    Some(Identifier::Observable {
        kind: kind.to_owned(),
        property: (*property).to_owned(),
        value: (*value).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_published_by_scheme_and_value_and_read_back() {
        const UUID: &str = "5f4a1f1e-2b0d-4a67-9a51-0d8f3b1c2d02";
        let object = |text: String| CanonicalId::object(text);
        let observed = |kind, property, value| observable(kind, property, value).expect("an observable");
        let md5 = "9e107d9d372bb6826bd81d3542a419d6";
        for (id, kind, text) in [
            (object(format!("malware--{UUID}")), "malware", format!("stix:malware--{UUID}")),
            (object(format!("file--{UUID}#0")), "file", format!("stix:file--{UUID}#0")),
            (object(format!("misp-element--{UUID}")), "file", format!("misp:{UUID}")),
            (object("ftm-entity--registry:Ab-1".to_owned()), "company", "ftm:registry:Ab-1".to_owned()),
            (
                object("bank-account--payments:7".to_owned()),
                "bank-account",
                "table:bank-account--payments:7".to_owned(),
            ),
            (CanonicalId::galaxy(UUID), "threat-actor", format!("galaxy:{UUID}")),
            (
                CanonicalId::galaxy("threat-actor:Sofacy"),
                "threat-actor",
                "galaxy:threat-actor:Sofacy".to_owned(),
            ),
            (
                CanonicalId::catalogue("mitre-attack", "attack-pattern", "T1486"),
                "attack-pattern",
                "mitre-attack:T1486".to_owned(),
            ),
            (
                CanonicalId::catalogue("mitre-attack", "course-of-action", "T1486"),
                "course-of-action",
                "mitre-attack:T1486".to_owned(),
            ),
            (
                CanonicalId::catalogue("mitre-attack", "software", "S0001"),
                "tool",
                "mitre-attack:S0001".to_owned(),
            ),
            (
                CanonicalId::catalogue("mitre-attack", "intrusion-set", "G0007"),
                "threat-actor",
                "mitre-attack:G0007".to_owned(),
            ),
            (CanonicalId::catalogue("imo", "vessel", "9074729"), "vessel", "imo:9074729".to_owned()),
            (
                observed("domain-name", "value", "Example.com"),
                "domain-name",
                "domain-name:example.com".into(),
            ),
            (observed("file", "hashes.MD5", md5), "file", format!("file:md5:{md5}")),
            (observed("file", "name", "a:b.exe"), "file", "file-name:a:b.exe".to_owned()),
            (observed("mutex", "name", "a:b"), "mutex", "mutex:a:b".to_owned()),
            (observed("ipv4-addr", "value", "2001:db8::1"), "ipv6-addr", "ipv6-addr:2001:db8::1".to_owned()),
            (observed("autonomous-system", "number", "174"), "x", "autonomous-system:174".to_owned()),
            (observed("software", "cpe", "cpe:/a:b"), "software", "software:cpe:cpe:/a:b".to_owned()),
        ] {
            assert_eq!(published(&id), text);
            let back = read_published(&text, kind).unwrap_or_else(|| panic!("{text} is not read"));
            let canonical = match &back {
                Identifier::Object(id) => CanonicalId::object(super::super::object_id(id)),
                Identifier::Galaxy(id) => CanonicalId::galaxy(id),
                Identifier::Reference { catalogue, kind, id } => CanonicalId::catalogue(catalogue, kind, id),
                Identifier::Observable { kind, property, value } => {
                    observable(kind, property, value).expect("it was checked")
                }
            };
            assert_eq!(canonical, id, "{text}");
        }
        for text in ["", "stix:", "no scheme", "domain-name:not a domain"] {
            assert_eq!(read_published(text, "malware"), None, "{text}");
        }
    }
}
