//! MISP galaxy cluster files: curated lists of actors, tools and techniques, with their synonyms.
//!
//! Format: <https://www.misp-standard.org/rfc/misp-standard-galaxy-format.html>. One file is one list, and
//! each of its `values` is one object. The key of an object is its uuid. Early files have no uuids; the key
//! is then the value.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{
    format::{Checked, DeliveredObject, Format, PLAIN},
    json::short_digest,
    outline::{Outline, outline_of},
    reject::{Reject, RejectRule},
    stix,
};
use crate::{
    entity::Identifier,
    link::Layer,
    record::{Claim, Content, Surroundings},
};

pub(super) const FORMAT: Format = Format {
    name: "misp-galaxy",
    about: "MISP galaxy cluster files: curated lists with synonyms and related entries.",
    find,
    key_property: "uuid",
    key: |value, _| key(value),
    check,
    interpret,
    ids_in_object: Some(|value| {
        value.get("value").and_then(Value::as_str).map(str::to_owned).into_iter().collect()
    }),
    ..PLAIN
};

fn find<'a>(outline: &Outline<'a>) -> Option<Result<Vec<DeliveredObject<'a>>, Reject>> {
    let values = outline.member("values")?;
    let kind = outline.text("type")?;
    outline.text("name")?;
    let context = json!({ "type": kind, "category": outline.text("category") }).to_string();
    let context: Arc<str> = context.into();
    match outline_of(values) {
        Ok(Outline::List(values)) => {
            let object = |(position, raw)| DeliveredObject {
                context: Some(context.clone()),
                ..DeliveredObject::whole(format!("/values/{position}"), raw)
            };
            Some(Ok(values.into_iter().enumerate().map(object).collect()))
        }
        _ => Some(Err(Reject::new(RejectRule::WrongType, "`values` is not a list"))),
    }
}

/// Returns the uuid of an entry, else its value.
fn key(value: &Value) -> Option<String> {
    let texts =
        ["uuid", "value"].map(|name| value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()));
    texts.into_iter().flatten().next().map(str::to_owned)
}

fn check(value: &Value, context: Option<&str>) -> Result<Checked, Reject> {
    let wrong =
        |name: &str, wanted: &str| Reject::new(RejectRule::WrongType, format!("`{name}` is not {wanted}"));
    let object = value
        .as_object()
        .ok_or_else(|| Reject::new(RejectRule::NotAnObject, "an element that is not a JSON object"))?;
    let name = object.get("value").and_then(Value::as_str);
    if object.get("uuid").is_some_and(|uuid| !uuid.is_null() && !uuid.is_string()) {
        return Err(wrong("uuid", "a text"));
    }
    if object
        .get("related")
        .is_some_and(|related| !related.as_array().is_some_and(|list| list.iter().all(Value::is_object)))
    {
        return Err(wrong("related", "a list of objects"));
    }
    if object.get("meta").is_some_and(|meta| !meta.is_object()) {
        return Err(wrong("meta", "an object"));
    }
    if name.is_none() {
        return Err(wrong("value", "a text"));
    }
    let key = key(value).ok_or_else(|| Reject::new(RejectRule::BadId, "neither `uuid` nor `value`"))?;
    // A new category that leaves the kind of the entries equal changes none of them.
    let (galaxy, category) = list(context);
    let surroundings =
        Surroundings { digest: short_digest(&(&galaxy, kind_of(&galaxy, &category))), holder: 0 };
    Ok(Checked { key, surroundings, ..Checked::default() })
}

fn interpret(value: &Value, context: Option<&str>) -> Content {
    let (galaxy, category) = list(context);
    let (galaxy, category) = (galaxy.as_str(), category.as_str());
    let Some(object) = value.as_object() else { return Content::default() };
    let kind = kind_of(galaxy, category);
    let uuid = own_uuid(object);
    let own = identifier(galaxy, uuid, object.get("value").and_then(Value::as_str).unwrap_or_default());
    let mut claims = vec![entry(galaxy, kind, uuid, object)];
    let related = object.get("related").and_then(Value::as_array).into_iter().flatten();
    claims.extend(related.filter_map(|related| {
        let kind = related.get("type").and_then(Value::as_str).unwrap_or("related-to");
        relation(&own, related.get("dest-uuid")?.as_str()?, kind)
    }));
    let meta = object.get("meta").and_then(|meta| meta.get("refs"));
    let references = listed(meta).count() as u32;
    Content { kind: kind.to_owned(), claims, references, ..Content::default() }
}

/// Returns the type and the category of an entry's list.
fn list(context: Option<&str>) -> (String, String) {
    let context: Value = context.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let text = |name: &str| context.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("type"), text("category"))
}

/// Returns the uuid of an entry of a list.
fn own_uuid(object: &Map<String, Value>) -> Option<&str> {
    object.get("uuid").and_then(Value::as_str).filter(|uuid| !uuid.is_empty())
}

/// Returns the identifier of an entry: its uuid, else its galaxy and value.
pub(super) fn identifier(galaxy: &str, uuid: Option<&str>, value: &str) -> Identifier {
    match uuid {
        Some(uuid) => Identifier::Galaxy(uuid.to_ascii_lowercase()),
        None => Identifier::Galaxy(format!("{galaxy}:{value}")),
    }
}

/// Returns the claim of the entity that an entry of a galaxy describes, wherever the entry is.
pub(super) fn entry(galaxy: &str, kind: &str, uuid: Option<&str>, object: &Map<String, Value>) -> Claim {
    let name = object.get("value").and_then(Value::as_str).unwrap_or_default();
    let empty = Map::new();
    let meta = object.get("meta").and_then(Value::as_object).unwrap_or(&empty);
    let mut identifiers = vec![identifier(galaxy, uuid, name)];
    if galaxy.starts_with("mitre-") {
        // MITRE's galaxies have the uuids and numbers of ATT&CK's own objects.
        identifiers
            .extend(uuid.map(|uuid| Identifier::Object(format!("{kind}--{}", uuid.to_ascii_lowercase()))));
        // Of several numbers, the one in the name counts, else the first that is not of CAPEC.
        let named = name.rsplit_once(" - ").map(|(_, number)| number.trim());
        let named = named.filter(|number| is_attack_number(number));
        let is_own = |id: &&str| !id.trim().to_ascii_uppercase().starts_with("CAPEC-");
        let number = named.or_else(|| listed(meta.get("external_id")).find(is_own));
        identifiers.extend(number.map(|id| stix::reference("mitre-attack", kind, id)));
    }
    identifiers.extend(vulnerability(kind, name));
    Claim::Entity {
        identifiers,
        kind: kind.to_owned(),
        name: Some(plain_name(galaxy, name).to_owned()).filter(|name| !name.is_empty()),
        aliases: listed(meta.get("synonyms")).chain(listed(meta.get("aliases"))).map(str::to_owned).collect(),
        vocabulary: Some(galaxy.to_owned()),
    }
}

/// Removes the number that ATT&CK's names have in galaxies: `APT28 - G0007`.
fn plain_name<'a>(galaxy: &str, name: &'a str) -> &'a str {
    name.rsplit_once(" - ").filter(|_| galaxy.starts_with("mitre-")).map_or(name, |(plain, _)| plain)
}

/// Returns the claim of the entity that a tag names, such as `misp-galaxy:threat-actor="Sofacy"`.
///
/// A tag is not an entry of the list, so it may be joined with the entry of its name.
pub(super) fn named(galaxy: &str, value: &str) -> Claim {
    let kind = kind_of(galaxy, "");
    let mut identifiers = vec![identifier(galaxy, None, value)];
    let number = value.rsplit_once(" - ").map(|(_, number)| number.trim());
    if galaxy.starts_with("mitre-") {
        let number = number.filter(|number| is_attack_number(number));
        identifiers.extend(number.map(|number| stix::reference("mitre-attack", kind, number)));
    }
    identifiers.extend(vulnerability(kind, value));
    Claim::Entity {
        identifiers,
        kind: kind.to_owned(),
        name: Some(plain_name(galaxy, value).to_owned()),
        aliases: Vec::new(),
        vocabulary: None,
    }
}

/// Returns whether a text is a number of ATT&CK, such as `T1566.001` or `TA0001`.
fn is_attack_number(text: &str) -> bool {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_uppercase());
    text.starts_with(['T', 'G', 'S', 'M', 'C'])
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Returns the catalogue entry of a vulnerability, if its name is its number.
fn vulnerability(kind: &str, name: &str) -> Option<Identifier> {
    let number = stix::cve_number(name).filter(|_| kind == "vulnerability")?;
    Some(stix::reference("cve", kind, &number))
}

/// Returns the claim of a link from an entry to another one, by the other's uuid.
pub(super) fn relation(own: &Identifier, uuid: &str, kind: &str) -> Option<Claim> {
    let to = Identifier::Galaxy(uuid.to_ascii_lowercase());
    let layer = layer_of(kind);
    (!uuid.is_empty()).then(|| Claim::Link { from: own.clone(), to, kind: kind.to_owned(), layer })
}

/// Reads a value that is a list in some files and a bare text in others.
fn listed(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let list = value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    list.chain(value.and_then(Value::as_str)).filter(|text| !text.trim().is_empty())
}

/// Returns the STIX type of a galaxy's entries.
pub(super) fn kind_of<'a>(galaxy: &'a str, category: &str) -> &'a str {
    // Galaxies of ATT&CK's matrices and of STIX have the type at the end of their name.
    let matrices =
        ["mitre-enterprise-attack-", "mitre-mobile-attack-", "mitre-pre-attack-", "stix-2.0-", "stix-2.1-"];
    let typed =
        matrices.iter().find_map(|matrix| galaxy.strip_prefix(matrix)).filter(|kind| TYPES.contains(kind));
    if let Some(kind) = typed {
        return kind;
    }
    match galaxy {
        "mitre-attack-pattern" => "attack-pattern",
        "mitre-course-of-action" | "preventive-measure" => "course-of-action",
        "mitre-intrusion-set" => "intrusion-set",
        "mitre-malware" | "rat" | "banker" | "stealer" | "backdoor" | "botnet" | "android" | "ransomware"
        | "cryptominers" | "malpedia" => "malware",
        "mitre-tool" | "tool" | "exploit-kit" | "tds" => "tool",
        "branded-vulnerability" => "vulnerability",
        "country" | "region" | "target-information" => "location",
        "sector" => "identity",
        "sigma-rules" => "indicator",
        "microsoft-activity-group" | "360net-threat-actor" => "threat-actor",
        _ if category == "actor" => "threat-actor",
        "" => "unknown",
        other => other,
    }
}

/// STIX types that occur in names of galaxies.
const TYPES: [&str; 12] = [
    "attack-pattern",
    "campaign",
    "course-of-action",
    "identity",
    "infrastructure",
    "intrusion-set",
    "location",
    "malware",
    "report",
    "threat-actor",
    "tool",
    "vulnerability",
];

fn layer_of(kind: &str) -> Layer {
    match kind {
        "uses" | "deploys" | "delivers" | "exploits" | "used-by" | "detects" | "mitigates" | "drops" => {
            Layer::Capability
        }
        "attributed-to" | "linked-to" | "associated-with" | "authored-by" | "successor-of" => {
            Layer::Attribution
        }
        "targets" => Layer::Target,
        "similar" | "overlaps" | "part-of" | "subtechnique-of" | "parent-of" | "child-of" | "variant-of"
        | "same-as" => Layer::Taxonomy,
        _ => Layer::Other,
    }
}
