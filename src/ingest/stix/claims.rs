//! Claims of a STIX object: the entity, its links, and the observables of its pattern.

use std::num::NonZeroU64;

use serde_json::{Map, Value};

use super::{
    attributes,
    catalogue::catalogue_entry,
    derived_id,
    entity_types::{ABOUT_THE_EXCHANGE, is_entity_type},
    layers::{layer_of_reference, layer_of_relationship},
    object::{aliases, end, moment, text, texts, type_of},
    own_extension,
};
use crate::{
    entity::Identifier,
    ingest::pattern,
    link::Layer,
    record::{Claim, Content, Remark, Traces, digest},
    time::Span,
};

pub(super) fn interpret(value: &Value, _: Option<&str>) -> Content {
    let Some(object) = value.as_object() else { return Content::default() };
    let kind = text(object, "type").unwrap_or_default();
    let starts = ["valid_from", "first_seen", "first_observed", "start_time"];
    let ends = ["valid_until", "last_seen", "last_observed", "stop_time"];
    let mut content = Content {
        kind: kind.to_owned(),
        created: moment(object, "created"),
        seen: Span {
            start: starts.iter().find_map(|name| moment(object, name)),
            end: ends.iter().find_map(|name| end(object, name)),
        },
        expires: end(object, "valid_until"),
        retracted: ["revoked", "x_mitre_deprecated"]
            .iter()
            .any(|name| object.get(*name) == Some(&Value::Bool(true))),
        confidence: object
            .get("confidence")
            .and_then(Value::as_u64)
            .and_then(|confidence| u8::try_from(confidence).ok()),
        producer: text(object, "created_by_ref").and_then(|id| NonZeroU64::new(digest(id))),
        traces: traces(object),
        ..Content::default()
    };
    let Some(id) = text(object, "id") else { return content };
    if own_extension::read(object, &mut content) {
        return content;
    }
    match kind {
        "relationship" => relationship(object, &mut content.claims),
        "sighting" if denies(object) => {}
        "sighting" => sighting(object, &mut content.claims),
        "language-content" => content.claims.extend(attributes::names_by_language(object)),
        _ if ABOUT_THE_EXCHANGE.contains(&kind) => {}
        _ => {
            let own = Identifier::Object(id.to_owned());
            content.claims.push(entity(kind, object, own.clone()));
            embedded_references(kind, &own, object, &mut content.claims);
            if kind == "identity" {
                content.attributes = attributes::of_identity(object);
                content.is_collective = text(object, "identity_class").is_some_and(is_collective);
            }
            if kind == "location" {
                content.attributes = attributes::of_location(object);
            }
            if kind == "indicator" {
                pattern_observables(&own, object, &mut content);
            }
            if kind == "observed-data" {
                observed_objects(&own, object, &mut content.claims);
            }
            if derived_id::is_other(kind, id, object) {
                content.remarks.add(Remark::OtherId);
            }
        }
    }
    content
}

/// Returns whether a class of identities has no single person (STIX 2.1, section 10.8). The vocabulary is open; a class that is not
/// in it may have one.
fn is_collective(class: &str) -> bool {
    matches!(class, "group" | "system" | "organization" | "class")
}

/// Returns the traces of an object: the addresses of its references, and its longest text.
fn traces(object: &Map<String, Value>) -> Option<Box<Traces>> {
    let references = object.get("external_references").and_then(Value::as_array).into_iter().flatten();
    let addresses = references.filter_map(|reference| reference.get("url")?.as_str());
    let texts = ["description", "content", "explanation"].into_iter().filter_map(|name| text(object, name));
    Traces::of(addresses, texts.max_by_key(|text| text.len()).unwrap_or_default())
}

fn relationship(object: &Map<String, Value>, claims: &mut Vec<Claim>) {
    let end = |name| text(object, name).map(|id| Identifier::Object(id.to_owned()));
    if let (Some(from), Some(to), Some(kind)) =
        (end("source_ref"), end("target_ref"), text(object, "relationship_type"))
    {
        claims.push(Claim::Link { from, to, kind: kind.to_owned(), layer: layer_of_relationship(kind) });
    }
}

/// Returns whether a sighting denies that something was seen: its count is 0, or a property of a platform
/// makes it negative, also within an extension.
fn denies(object: &Map<String, Value>) -> bool {
    fn is_negative(object: &Map<String, Value>) -> bool {
        object.iter().any(|(name, value)| match value {
            Value::Object(inner) => is_negative(inner),
            Value::Bool(true) => {
                let name = name.to_ascii_lowercase();
                ["negative", "false_positive"].iter().any(|word| {
                    name.strip_suffix(word).is_some_and(|prefix| prefix.is_empty() || prefix.ends_with('_'))
                })
            }
            _ => false,
        })
    }
    object.get("count").is_some_and(|count| count.as_f64() == Some(0.0)) || is_negative(object)
}

/// Claims the links of a sighting: from the observers, and from the observed data, to the object.
fn sighting(object: &Map<String, Value>, claims: &mut Vec<Claim>) {
    let Some(of) = text(object, "sighting_of_ref") else { return };
    let mut add_link = |from: &str, kind: &str, layer| {
        let (from, to) = (Identifier::Object(from.to_owned()), Identifier::Object(of.to_owned()));
        claims.push(Claim::Link { from, to, kind: kind.to_owned(), layer });
    };
    let ids = |name| texts(object.get(name)).filter(|id| type_of(id).is_some_and(is_entity_type));
    ids("where_sighted_refs").for_each(|place| add_link(place, "sighted", Layer::Target));
    ids("observed_data_refs").for_each(|data| add_link(data, "observed", Layer::Infrastructure));
    if let Some(by) = text(object, "created_by_ref") {
        add_link(by, "reported-sighting", Layer::Provenance);
    }
}

fn entity(kind: &str, object: &Map<String, Value>, own: Identifier) -> Claim {
    let mut identifiers = vec![own];
    identifiers.extend(observables_of(kind, object));
    identifiers.extend(catalogue_entry(kind, object));
    let name = ["name", "value", "abstract", "display_name", "account_login", "key", "path", "subject"]
        .iter()
        .find_map(|property| text(object, property))
        .or_else(|| {
            object
                .get("hashes")
                .and_then(Value::as_object)
                .and_then(|hashes| hashes.values().find_map(Value::as_str))
        })
        .filter(|name| !name.trim().is_empty());
    let aliases = aliases(object).map(str::to_owned).collect();
    Claim::Entity {
        identifiers,
        kind: kind.to_owned(),
        name: name.map(str::to_owned),
        aliases,
        vocabulary: None,
    }
}

/// Returns the identifiers of a cyber observable by its identifying properties (STIX 2.1, section 2.9).
fn observables_of(kind: &str, object: &Map<String, Value>) -> Vec<Identifier> {
    let observable = |property: &str, value: &str| Identifier::Observable {
        kind: kind.to_owned(),
        property: property.to_owned(),
        value: value.to_owned(),
    };
    let simple = |property: &str| {
        text(object, property).map(|value| observable(property, value)).into_iter().collect()
    };
    let hashes = || {
        let hashes = object.get("hashes").and_then(Value::as_object).into_iter().flatten();
        // Equal fuzzy digests mean similar files, not the same file.
        let hashes =
            hashes.filter(|(name, _)| !["SSDEEP", "TLSH"].contains(&name.to_ascii_uppercase().as_str()));
        hashes
            .filter_map(|(name, value)| Some(observable(&format!("hashes.{name}"), value.as_str()?)))
            .collect()
    };
    match kind {
        "domain-name" | "ipv4-addr" | "ipv6-addr" | "url" | "email-addr" | "mac-addr" => simple("value"),
        "autonomous-system" => object
            .get("number")
            .and_then(Value::as_u64)
            .map(|number| observable("number", &number.to_string()))
            .into_iter()
            .collect(),
        "file" | "artifact" | "x509-certificate" => hashes(),
        "windows-registry-key" => simple("key"),
        "mutex" => simple("name"),
        "directory" => simple("path"),
        _ => Vec::new(),
    }
}

/// Claims a link for every `_ref` and `_refs` that names an object, at any depth.
fn embedded_references(kind: &str, own: &Identifier, object: &Map<String, Value>, claims: &mut Vec<Claim>) {
    let skipped = ["object_marking_refs", "granular_markings", "external_references"];
    // The members of a STIX 2.0 observed-data object refer to each other by local names.
    let skip_objects = kind == "observed-data";
    for (name, value) in object.iter().filter(|(name, _)| !skipped.contains(&name.as_str())) {
        if skip_objects && name == "objects" {
            continue;
        }
        match name.strip_suffix("_ref").or_else(|| name.strip_suffix("_refs")) {
            Some(stem) => {
                let ids = value.as_str().into_iter().chain(texts(Some(value)));
                for id in ids.filter(|id| type_of(id).is_some_and(is_entity_type)) {
                    claims.push(Claim::Link {
                        from: own.clone(),
                        to: Identifier::Object(id.to_owned()),
                        kind: stem.replace('_', "-"),
                        layer: layer_of_reference(kind, stem),
                    });
                }
            }
            None => nested(kind, own, value, claims),
        }
    }
}

fn nested(kind: &str, own: &Identifier, value: &Value, claims: &mut Vec<Claim>) {
    match value {
        Value::Object(object) => embedded_references(kind, own, object, claims),
        Value::Array(values) => values.iter().for_each(|value| nested(kind, own, value, claims)),
        _ => {}
    }
}

fn pattern_observables(own: &Identifier, object: &Map<String, Value>, content: &mut Content) {
    // STIX 2.0 has no `pattern_type`. Other languages (YARA, Sigma, Snort) are not supported.
    if text(object, "pattern_type").is_some_and(|language| language != "stix") {
        return;
    }
    let Some(pattern) = text(object, "pattern") else { return };
    // A pattern that cannot be parsed names no observables; the indicator stays.
    match pattern::read(pattern) {
        Ok(pattern) => matches(own, pattern, content),
        Err(_) => content.remarks.add(Remark::UnreadPattern),
    }
}

/// Claims what an indicator matches by its pattern. Observables that the pattern names only together with
/// others get links without weight.
pub(in crate::ingest) fn matches(own: &Identifier, pattern: pattern::StixPattern, content: &mut Content) {
    for file in pattern.files {
        let identifier = |each: usize| pattern.observables.get(each).cloned().map(observable);
        content.claims.push(Claim::Entity {
            identifiers: file.into_iter().filter_map(identifier).collect(),
            kind: "file".to_owned(),
            name: None,
            aliases: Vec::new(),
            vocabulary: None,
        });
    }
    for (named, is_alone) in pattern.observables.into_iter().zip(pattern.is_alone) {
        if !is_alone {
            content.weightless.push(content.claims.len() as u32);
        }
        content.claims.push(Claim::Link {
            from: own.clone(),
            to: observable(named),
            kind: "matches".to_owned(),
            layer: Layer::Infrastructure,
        });
    }
}

/// Returns the identifier of an observable of a pattern.
pub(in crate::ingest) fn observable(named: pattern::PatternObservable) -> Identifier {
    Identifier::Observable { kind: named.kind, property: named.path, value: named.value }
}

/// Claims the cyber observables inside a STIX 2.0 observed-data object.
fn observed_objects(own: &Identifier, object: &Map<String, Value>, claims: &mut Vec<Claim>) {
    let Some(members) = object.get("objects").and_then(Value::as_object) else { return };
    let own_uuid = text(object, "id").and_then(|id| id.split_once("--")).map(|(_, uuid)| uuid);
    let identity = |name: &str| {
        let member = members.get(name)?.as_object()?;
        let kind = text(member, "type")?;
        // An object without an identifying value is identified by its place in the observed data.
        let local = || Identifier::Object(format!("{kind}--{}#{name}", own_uuid.unwrap_or_default()));
        Some(observables_of(kind, member).into_iter().next().unwrap_or_else(local))
    };
    for (name, member) in members {
        let (Some(first), Some(member)) = (identity(name), member.as_object()) else { continue };
        let kind = text(member, "type").unwrap_or_default();
        claims.push(entity(kind, member, first.clone()));
        claims.push(Claim::Link {
            from: own.clone(),
            to: first.clone(),
            kind: "object".to_owned(),
            layer: Layer::Infrastructure,
        });
        local_references(member, &mut |stem, name| {
            let Some(to) = identity(name) else { return };
            let (kind, layer) = (stem.replace('_', "-"), Layer::Infrastructure);
            claims.push(Claim::Link { from: first.clone(), to, kind, layer });
        });
    }
}

/// Calls a function with each reference of a member of STIX 2.0 observed data, also within its extensions. The function gets the
/// name of the property without `_ref`, and the local name of the other member.
fn local_references(member: &Map<String, Value>, add: &mut impl FnMut(&str, &str)) {
    for (property, value) in member {
        if let Some(stem) = property.strip_suffix("_ref").or_else(|| property.strip_suffix("_refs")) {
            value.as_str().into_iter().chain(texts(Some(value))).for_each(|name| add(stem, name));
            continue;
        }
        let inner = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        inner.iter().filter_map(Value::as_object).for_each(|inner| local_references(inner, add));
    }
}
