//! MISP galaxy cluster files: curated lists of actors, tools, techniques, with their synonyms.
//!
//! Format: <https://www.misp-standard.org/rfc/misp-standard-galaxy-format.html>. One file
//! is one list; each of its `values` is one object. Its key is its uuid, and where the
//! early years have none, its value.

use serde_json::{Map, Value, json};

use super::{
    Checked, Format, Found, Refusal, Rule,
    json::{self, Outline},
    stix,
};
use crate::{
    entity::Identifier,
    link::Layer,
    record::{Claim, Content},
};

pub(super) const FORMAT: Format = Format {
    name: "misp-galaxy",
    about: "MISP galaxy cluster files: curated lists with synonyms and related entries.",
    find,
    key_property: "uuid",
    key,
    check,
    interpret,
};

fn find<'a>(outline: &Outline<'a>) -> Option<Result<Found<'a>, Refusal>> {
    let values = outline.member("values")?;
    let kind = outline.text("type")?;
    outline.text("name")?;
    let context = json!({ "type": kind, "category": outline.text("category") }).to_string();
    match json::outline(values.get()) {
        Ok(Outline::List(values)) => {
            let objects =
                values.into_iter().enumerate().map(|(at, raw)| (format!("/values/{at}"), raw)).collect();
            Some(Ok(Found { objects, context: Some(context) }))
        }
        _ => Some(Err(Refusal::new(Rule::WrongType, "`values` is not a list"))),
    }
}

/// Returns the uuid of a value; where it has none, the value.
fn key(value: &Value) -> Option<String> {
    let texts =
        ["uuid", "value"].map(|name| value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()));
    texts.into_iter().flatten().next().map(str::to_owned)
}

fn check(value: &Value) -> Result<Checked, Refusal> {
    let wrong = |name: &str, wanted: &str| Refusal::new(Rule::WrongType, format!("`{name}` is not {wanted}"));
    let object = value
        .as_object()
        .ok_or_else(|| Refusal::new(Rule::NotAnObject, "an element that is no JSON object"))?;
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
    let key = key(value).ok_or_else(|| Refusal::new(Rule::BadId, "neither `uuid` nor `value`"))?;
    Ok(Checked { key, ..Checked::default() })
}

fn interpret(value: &Value, context: Option<&str>) -> Content {
    let context: Value = context.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let galaxy = context.get("type").and_then(Value::as_str).unwrap_or_default();
    let category = context.get("category").and_then(Value::as_str).unwrap_or_default();
    let Some(object) = value.as_object() else { return Content::default() };
    let kind = kind_of(galaxy, category);
    let name = object.get("value").and_then(Value::as_str).unwrap_or_default();
    let empty = Map::new();
    let meta = object.get("meta").and_then(Value::as_object).unwrap_or(&empty);
    let own = match object.get("uuid").and_then(Value::as_str).filter(|uuid| !uuid.is_empty()) {
        Some(uuid) => Identifier::Galaxy(uuid.to_ascii_lowercase()),
        None => Identifier::Galaxy(format!("{galaxy}:{name}")),
    };
    let mut identifiers = vec![own.clone()];
    if galaxy.starts_with("mitre-") {
        // MITRE's galaxies keep the uuids and numbers of ATT&CK's own objects.
        if let Identifier::Galaxy(uuid) = &own {
            identifiers.push(Identifier::Object(format!("{kind}--{uuid}")));
        }
        identifiers.extend(
            meta.get("external_id")
                .and_then(Value::as_str)
                .map(|id| stix::reference("mitre-attack", kind, id)),
        );
    }
    // ATT&CK's names in galaxies carry their number: `APT28 - G0007`.
    let plain =
        name.rsplit_once(" - ").filter(|_| galaxy.starts_with("mitre-")).map_or(name, |(plain, _)| plain);
    let mut claims = vec![Claim::Entity {
        identifiers,
        kind: kind.to_owned(),
        name: Some(plain.to_owned()).filter(|name| !name.is_empty()),
        aliases: listed(meta.get("synonyms")).chain(listed(meta.get("aliases"))).map(str::to_owned).collect(),
        vocabulary: Some(galaxy.to_owned()),
    }];
    let related = object.get("related").and_then(Value::as_array).into_iter().flatten();
    claims.extend(related.filter_map(|related| {
        let uuid = related.get("dest-uuid")?.as_str()?;
        let kind = related.get("type").and_then(Value::as_str).unwrap_or("related-to");
        let layer = layer_of(kind);
        Some(Claim::Link {
            from: own.clone(),
            to: Identifier::Galaxy(uuid.to_ascii_lowercase()),
            kind: kind.to_owned(),
            layer,
        })
    }));
    Content { kind: kind.to_owned(), claims, ..Content::default() }
}

/// Reads what stands as a list in one place and as a bare text in another.
fn listed(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let list = value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    list.chain(value.and_then(Value::as_str)).filter(|text| !text.trim().is_empty())
}

/// Returns the STIX type that the entries of a galaxy are.
fn kind_of<'a>(galaxy: &'a str, category: &str) -> &'a str {
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
        _ if category == "actor" => "threat-actor",
        "" => "unknown",
        other => other,
    }
}

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
