//! STIX 2.1 and 2.0: bundles, bare objects, lists of objects and TAXII 2 envelopes.
//!
//! Read leniently, as published: `spec_version` may stand on the bundle, on objects or
//! nowhere; unknown types and properties are kept; what must hold is that an object has
//! a type, an id of that type, and properties of the JSON types the specification gives
//! them. Every `_ref` and `_refs`, at any depth, is a claim of a link. Patterns are
//! parsed into the observables they name and never run.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value, value::RawValue};

use super::{
    Checked, Format, Found, Object, Refusal, Rule, form,
    json::{self, Outline},
    pattern,
};
use crate::{
    entity::{Identifier, OBSERVABLES},
    link::Layer,
    marking::{Marking, PARTLY_UNMARKED},
    record::{Claim, Content, Definition},
    time::{Moment, Span},
};

pub(super) const FORMAT: Format = Format {
    name: "stix",
    about: "STIX 2.1 and 2.0: bundles, bare objects, lists of objects, TAXII 2 envelopes.",
    find,
    key_property: "id",
    key: |value, _| {
        let (id, kind) = (value.get("id")?.as_str()?, value.get("type").and_then(Value::as_str));
        // One that could not be read whole is given without its type.
        let is_own = type_of(id).is_some_and(|of| kind.is_none_or(|kind| kind == of));
        is_own.then(|| id.to_owned())
    },
    check,
    markings,
    interpret,
};

fn find<'a>(outline: &Outline<'a>) -> Option<Result<Found<'a>, Refusal>> {
    let found = |objects| Some(Ok(Found { objects }));
    match outline {
        Outline::Object { whole, members, .. } => {
            let is_bundle = outline.text("type").as_deref() == Some("bundle");
            let envelope_keys = ["objects", "more", "next", "id", "spec_version"];
            let is_envelope = ["objects", "more"].iter().any(|name| outline.member(name).is_some())
                && members.iter().all(|(key, _)| envelope_keys.contains(&key.as_str()));
            if is_bundle || is_envelope {
                return match outline.member("objects").map(|raw| json::outline(raw.get())) {
                    None => found(Vec::new()),
                    Some(Ok(Outline::List(objects))) => found(pointed("/objects", objects)),
                    Some(_) => Some(Err(Refusal::new(Rule::WrongType, "`objects` is not a list"))),
                };
            }
            if is_object(outline) { found(vec![Object::whole(String::new(), whole)]) } else { None }
        }
        Outline::List(elements) => {
            let holds_objects =
                elements.iter().any(|raw| json::outline(raw.get()).is_ok_and(|element| is_object(&element)));
            holds_objects.then(|| pointed("", elements.clone())).and_then(found)
        }
        Outline::Scalar => None,
    }
}

fn pointed<'a>(prefix: &str, objects: Vec<&'a RawValue>) -> Vec<Object<'a>> {
    objects.into_iter().enumerate().map(|(at, raw)| Object::whole(format!("{prefix}/{at}"), raw)).collect()
}

fn is_object(outline: &Outline<'_>) -> bool {
    let id = outline.text("id");
    outline.text("type").is_some_and(|kind| id.is_some_and(|id| id.starts_with(&format!("{kind}--"))))
}

/// Properties that are timestamps wherever they stand at the top of an object.
const TIMES: [&str; 12] = [
    "created",
    "modified",
    "published",
    "valid_from",
    "valid_until",
    "first_seen",
    "last_seen",
    "first_observed",
    "last_observed",
    "start_time",
    "stop_time",
    "submitted",
];
/// Properties that are texts.
const TEXTS: [&str; 6] =
    ["name", "description", "relationship_type", "pattern", "pattern_type", "spec_version"];
/// Properties that are lists of texts.
const TEXT_LISTS: [&str; 4] = ["aliases", "labels", "x_mitre_aliases", "object_marking_refs"];

fn check(value: &Value, _: Option<&str>) -> Result<Checked, Refusal> {
    let object = value
        .as_object()
        .ok_or_else(|| Refusal::new(Rule::NotAnObject, "an element that is no JSON object"))?;
    let kind = text(object, "type")
        .ok_or_else(|| Refusal::new(Rule::BadType, "no `type`, or one that is no text"))?;
    let is_type_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if kind == "bundle" {
        return Err(Refusal::new(Rule::BadType, "a bundle where an object should be"));
    }
    if kind.is_empty() || kind.len() > 250 || !kind.chars().all(is_type_name) {
        return Err(Refusal::new(Rule::BadType, "`type` is no type name"));
    }
    let id =
        text(object, "id").ok_or_else(|| Refusal::new(Rule::BadId, "no `id`, or one that is no text"))?;
    if type_of(id) != Some(kind) {
        return Err(Refusal::new(Rule::BadId, "`id` is not the type, `--` and a UUID"));
    }
    check_properties(object)?;
    check_ends(kind, object)?;
    let own_time = moment(object, "modified").or_else(|| moment(object, "created"));
    Ok(Checked {
        key: id.to_owned(),
        version: text(object, "modified").map(str::to_owned),
        own_time,
        markings: all_markings(object),
        defines: (kind == "marking-definition").then(|| definition(object)),
        ..Checked::default()
    })
}

/// Returns the markings of an object that is not accepted; `None` where one of them may be unread.
fn markings(value: &Value, _: Option<&str>) -> Option<Vec<String>> {
    let object = value.as_object()?;
    let is_read = |name: &str, is_well_formed: fn(&Value) -> bool| {
        object.get(name).is_none_or(|value| value.is_null() || is_well_formed(value))
    };
    let is_whole = is_read("object_marking_refs", is_text_list)
        && is_read("granular_markings", is_granular_markings)
        && is_read("objects", |_| false);
    is_whole.then(|| all_markings(object))
}

/// Returns all markings of an object. In 2.0 the objects that were observed stand in what observed them,
/// each perhaps with its own.
fn all_markings(object: &Map<String, Value>) -> Vec<String> {
    let mut markings = own_markings(object);
    let is_observed = text(object, "type") == Some("observed-data");
    let observed = object.get("objects").and_then(Value::as_object).filter(|_| is_observed);
    markings.extend(
        observed.into_iter().flatten().filter_map(|(_, inner)| inner.as_object()).flat_map(own_markings),
    );
    markings.sort_unstable();
    markings.dedup();
    markings
}

/// Returns the markings that an object carries. What marks some of its properties alone says nothing of
/// the others: an object without any other marking is then partly unmarked.
fn own_markings(object: &Map<String, Value>) -> Vec<String> {
    let mut markings: Vec<String> = texts(object.get("object_marking_refs")).map(str::to_lowercase).collect();
    let granular = object.get("granular_markings").and_then(Value::as_array).into_iter().flatten();
    let granular = granular.filter_map(|marking| marking.get("marking_ref")?.as_str()).map(str::to_lowercase);
    let of_parts: Vec<String> = granular.collect();
    if markings.is_empty() && !of_parts.is_empty() {
        markings.push(PARTLY_UNMARKED.to_owned());
    }
    markings.extend(of_parts);
    markings
}

fn check_properties(object: &Map<String, Value>) -> Result<(), Refusal> {
    let shown =
        |name: &str| if name.len() <= NAME_SHOWN_MAX { name.to_owned() } else { "a property".to_owned() };
    let wrong = |name: &str, wanted: &str| {
        Err(Refusal::new(Rule::WrongType, format!("`{}` is not {wanted}", shown(name))))
    };
    for (name, value) in object.iter().filter(|(_, value)| !value.is_null()) {
        let name = name.as_str();
        if TIMES.contains(&name) {
            match value.as_str() {
                None => return wrong(name, "a text"),
                Some(text) if Moment::parse(text).is_none() => {
                    return Err(Refusal::new(Rule::BadTime, format!("`{name}` is no RFC 3339 timestamp")));
                }
                Some(_) => {}
            }
        } else if TEXTS.contains(&name) && !value.is_string() {
            return wrong(name, "a text");
        } else if (TEXT_LISTS.contains(&name) || name.ends_with("_refs")) && !is_text_list(value) {
            return wrong(name, "a list of texts");
        } else if name.ends_with("_ref") && !value.is_string() {
            return wrong(name, "a text");
        } else if name == "revoked" && !value.is_boolean() {
            return wrong(name, "true or false");
        } else if name == "confidence" && value.as_u64().is_none_or(|confidence| confidence > 100) {
            return wrong(name, "a whole number from 0 to 100");
        } else if name == "granular_markings" && !is_granular_markings(value) {
            return wrong(name, "a list of granular markings");
        } else if name == "external_references"
            && !value.as_array().is_some_and(|list| list.iter().all(Value::is_object))
        {
            return wrong(name, "a list of objects");
        }
    }
    Ok(())
}

/// Longest name of a property that a reason repeats.
const NAME_SHOWN_MAX: usize = 64;

/// Returns whether every granular marking can be understood, so that none is overlooked.
fn is_granular_markings(value: &Value) -> bool {
    // One of either says the language of a text, or who may know it (STIX 2.1, section 7.2.3).
    let is_reference = |marking: &Value| match marking.get("marking_ref") {
        Some(reference) => reference.is_string(),
        None => marking.get("lang").is_some(),
    };
    value
        .as_array()
        .is_some_and(|list| list.iter().all(|marking| marking.is_object() && is_reference(marking)))
}

fn is_text_list(value: &Value) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(Value::is_string))
}

/// The ends that a relationship object must have (STIX 2.1, section 5).
fn check_ends(kind: &str, object: &Map<String, Value>) -> Result<(), Refusal> {
    let ends: &[&str] = match kind {
        "relationship" => &["source_ref", "target_ref", "relationship_type"],
        "sighting" => &["sighting_of_ref"],
        _ => &[],
    };
    for end in ends {
        match text(object, end) {
            None => return Err(Refusal::new(Rule::MissingReference, format!("a {kind} without `{end}`"))),
            Some(id) if end.ends_with("_ref") && type_of(id).is_none() => {
                return Err(Refusal::new(Rule::BadId, format!("`{end}` is not a type, `--` and a UUID")));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Returns the type in an id, if the id is a type, `--` and a UUID in either case.
fn type_of(id: &str) -> Option<&str> {
    let (kind, uuid) = id.split_once("--")?;
    (form::is_uuid(uuid) && !kind.is_empty()).then_some(kind)
}

/// Returns what a marking definition restricts: all the levels that anything in it names, joined. It is a
/// mere statement, such as a copyright, only where it says so and nothing in it names a level.
fn definition(object: &Map<String, Value>) -> Definition {
    let mut stated = Vec::new();
    for (name, value) in object {
        match name.as_str() {
            "name" | "definition" | "extensions" | "description" => levels(name, value, &mut stated),
            name if name.ends_with("_definition") => levels(name, value, &mut stated),
            name if name.ends_with("_definition_type") => {
                stated.extend(value.as_str().and_then(|scheme| level_of_scheme(scheme, name, object)));
            }
            _ => {}
        }
    }
    let is_statement =
        text(object, "definition_type").is_some_and(|kind| kind.trim().eq_ignore_ascii_case("statement"));
    // A passing mention opens nothing: that something is TLP:CLEAR counts where it stands alone.
    if is_statement {
        stated.retain(|level| level.is_exact || level.marking > Marking::Clear);
    } else if !stated.iter().any(|level| level.is_exact) {
        return Definition::Level(Marking::Unknown);
    }
    let strictest = stated.iter().map(|level| level.marking).max();
    strictest.map_or(Definition::Statement, Definition::Level)
}

/// A level that something in a marking definition names.
struct NamedLevel {
    marking: Marking,
    /// Whether it stands there alone, and not in a longer text.
    is_exact: bool,
}

/// Collects the levels that texts name, at any depth.
fn levels(name: &str, value: &Value, stated: &mut Vec<NamedLevel>) {
    match value {
        Value::String(text) => {
            let exact = Marking::parse(text);
            let is_level = name.to_ascii_lowercase().contains("tlp");
            let found = exact.or_else(|| Marking::named_in(text)).or(is_level.then_some(Marking::Unknown));
            stated.extend(found.map(|marking| NamedLevel { marking, is_exact: exact.is_some() }));
        }
        Value::Array(values) => values.iter().for_each(|value| levels(name, value, stated)),
        Value::Object(members) => members.iter().for_each(|(name, value)| levels(name, value, stated)),
        _ => {}
    }
}

/// Returns the level of a scheme that a platform names beside the standard's own properties, such as
/// `x_opencti_definition_type` with `x_opencti_definition`. A level of a scheme that is not known fails closed.
fn level_of_scheme(scheme: &str, property: &str, object: &Map<String, Value>) -> Option<NamedLevel> {
    let scheme = scheme.trim();
    if scheme.is_empty() || scheme.eq_ignore_ascii_case("statement") {
        return None;
    }
    let is_tlp = scheme.eq_ignore_ascii_case("tlp");
    let level = property.strip_suffix("_type").and_then(|name| text(object, name)).unwrap_or_default();
    let of_scheme = level.split_once(':').filter(|(own, _)| own.trim().eq_ignore_ascii_case(scheme));
    let known = Marking::parse(of_scheme.map_or(level, |(_, level)| level));
    if !is_tlp && known == Some(Marking::Clear) {
        // The first level of a scheme of colours, such as PAP:CLEAR, restricts nothing.
        return None;
    }
    let known = known.filter(|_| is_tlp);
    Some(NamedLevel { marking: known.unwrap_or(Marking::Unknown), is_exact: known.is_some() })
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}

fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Reads a time; one that stands for an unknown time is none.
fn moment(object: &Map<String, Value>, name: &str) -> Option<Moment> {
    Moment::parse(text(object, name)?)?.known()
}

/// Reads a time at which something ended, in the same way.
fn end(object: &Map<String, Value>, name: &str) -> Option<Moment> {
    Moment::parse(text(object, name)?)?.known_end()
}

/// Types that say something about the exchange itself, and of no entity.
const ABOUT_THE_EXCHANGE: [&str; 3] = ["marking-definition", "extension-definition", "language-content"];

fn interpret(value: &Value, _: Option<&str>) -> Content {
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
        ..Content::default()
    };
    let Some(id) = text(object, "id") else { return content };
    match kind {
        "relationship" => relationship(object, &mut content.claims),
        "sighting" if denies(object) => {}
        "sighting" => sighting(object, &mut content.claims),
        _ if ABOUT_THE_EXCHANGE.contains(&kind) => {}
        _ => {
            let own = Identifier::Object(id.to_owned());
            content.claims.push(entity(kind, object, own.clone()));
            embedded_references(kind, &own, object, &mut content.claims);
            if kind == "indicator" {
                pattern_observables(&own, object, &mut content);
            }
            if kind == "observed-data" {
                observed_objects(&own, object, &mut content.claims);
            }
        }
    }
    content
}

fn relationship(object: &Map<String, Value>, claims: &mut Vec<Claim>) {
    let end = |name| text(object, name).map(|id| Identifier::Object(id.to_owned()));
    if let (Some(from), Some(to), Some(kind)) =
        (end("source_ref"), end("target_ref"), text(object, "relationship_type"))
    {
        claims.push(Claim::Link { from, to, kind: kind.to_owned(), layer: layer_of_relationship(kind) });
    }
}

/// Returns whether a sighting says that something was not seen: it counts none, or it is negative by a
/// property of a platform, also within an extension.
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

/// A sighting ties those who saw it, and the data it was seen in, to what was sighted.
fn sighting(object: &Map<String, Value>, claims: &mut Vec<Claim>) {
    let Some(of) = text(object, "sighting_of_ref") else { return };
    let mut tie = |from: &str, kind: &str, layer| {
        let (from, to) = (Identifier::Object(from.to_owned()), Identifier::Object(of.to_owned()));
        claims.push(Claim::Link { from, to, kind: kind.to_owned(), layer });
    };
    let ids = |name| texts(object.get(name)).filter(|id| type_of(id).is_some_and(is_entity_type));
    ids("where_sighted_refs").for_each(|place| tie(place, "sighted", Layer::Target));
    ids("observed_data_refs").for_each(|data| tie(data, "observed", Layer::Infrastructure));
    if let Some(by) = text(object, "created_by_ref") {
        tie(by, "reported-sighting", Layer::Provenance);
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

/// Which properties of a cyber observable say which one it is (STIX 2.1, section 2.9).
fn observables_of(kind: &str, object: &Map<String, Value>) -> Vec<Identifier> {
    let of = |property: &str, value: &str| Identifier::Observable {
        kind: kind.to_owned(),
        property: property.to_owned(),
        value: value.to_owned(),
    };
    let simple =
        |property: &str| text(object, property).map(|value| of(property, value)).into_iter().collect();
    let hashes = || {
        let hashes = object.get("hashes").and_then(Value::as_object).into_iter().flatten();
        // Fuzzy digests say alike, not one.
        let hashes =
            hashes.filter(|(name, _)| !["SSDEEP", "TLSH"].contains(&name.to_ascii_uppercase().as_str()));
        hashes.filter_map(|(name, value)| Some(of(&format!("hashes.{name}"), value.as_str()?))).collect()
    };
    match kind {
        "domain-name" | "ipv4-addr" | "ipv6-addr" | "url" | "email-addr" | "mac-addr" => simple("value"),
        "autonomous-system" => object
            .get("number")
            .and_then(Value::as_u64)
            .map(|number| of("number", &number.to_string()))
            .into_iter()
            .collect(),
        "file" | "artifact" | "x509-certificate" => hashes(),
        "windows-registry-key" => simple("key"),
        "mutex" => simple("name"),
        "directory" => simple("path"),
        _ => Vec::new(),
    }
}

/// Source names of references, the catalogue they mean, and the types that are entries of it.
const CATALOGUES: [(&str, &str, &[&str]); 5] = [
    ("mitre-attack", "mitre-attack", ATTACK_TYPES),
    ("mitre-mobile-attack", "mitre-attack", ATTACK_TYPES),
    ("mitre-ics-attack", "mitre-attack", ATTACK_TYPES),
    ("mitre-pre-attack", "mitre-attack", ATTACK_TYPES),
    ("capec", "capec", &["attack-pattern"]),
];
const ATTACK_TYPES: &[&str] =
    &["attack-pattern", "course-of-action", "intrusion-set", "malware", "tool", "campaign"];

/// Returns the catalogue entry that an object is.
///
/// References also point at related entries, and their order says nothing. What the object itself says
/// decides (`x_mitre_id`, the number that a vulnerability is named by); then ATT&CK comes before CAPEC, whose
/// own entries name ATT&CK by another word. Of several entries of one catalogue the one of the form that
/// its type has is meant, and where several have it, none.
fn catalogue_entry(kind: &str, object: &Map<String, Value>) -> Option<Identifier> {
    if kind == "vulnerability" {
        return vulnerability_number(object).map(|number| reference("cve", kind, &number));
    }
    let is_of = |types: &[&str], catalogue: &str| {
        types.contains(&kind) || (catalogue == "mitre-attack" && kind.starts_with("x-mitre-"))
    };
    let said = object.iter().find_map(|(name, value)| {
        let is_number = |id: &&str| {
            id.bytes().any(|byte| byte.is_ascii_digit()) && !id.contains(|c: char| c.is_whitespace())
        };
        value.as_str().map(str::trim).filter(|id| name.ends_with("_mitre_id") && is_number(id))
    });
    if let Some(id) = said {
        let catalogue = if capec_number(id) { "capec" } else { "mitre-attack" };
        let row = CATALOGUES.iter().find(|(_, known, _)| *known == catalogue);
        return row.filter(|(_, _, types)| is_of(types, catalogue)).map(|_| reference(catalogue, kind, id));
    }
    let references = object.get("external_references").and_then(Value::as_array)?;
    for catalogue in ["mitre-attack", "capec"] {
        let mut ids: Vec<&str> = references
            .iter()
            .filter_map(|reference| {
                let (source, id) =
                    (reference.get("source_name")?.as_str()?, reference.get("external_id")?.as_str()?);
                let is_entry = |(name, known, types): &(&str, &str, &[&str])| {
                    *name == source && *known == catalogue && is_of(types, catalogue)
                };
                Some(id.trim()).filter(|id| !id.is_empty() && CATALOGUES.iter().any(is_entry))
            })
            .collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() > 1 {
            ids.retain(|id| catalogue != "mitre-attack" || has_form_of(kind, id));
        }
        if let [id] = ids[..] {
            return Some(reference(catalogue, kind, id));
        }
        if !ids.is_empty() {
            return None;
        }
    }
    None
}

/// Returns whether an id has the form that ATT&CK gives to entries of a type.
fn has_form_of(kind: &str, id: &str) -> bool {
    let prefixes: &[&str] = match kind {
        "attack-pattern" => &["T"],
        "intrusion-set" => &["G"],
        "malware" | "tool" => &["S"],
        "course-of-action" => &["M", "T"],
        "campaign" => &["C"],
        _ => return true,
    };
    let is_number = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    prefixes.iter().any(|prefix| id.strip_prefix(prefix).is_some_and(is_number))
}

/// Returns whether a text is an id of CAPEC.
fn capec_number(text: &str) -> bool {
    let upper = text.trim().to_ascii_uppercase();
    upper.strip_prefix("CAPEC-").is_some_and(is_digits)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads a CVE number, in any case: a year and at least four digits.
pub(super) fn cve_number(text: &str) -> Option<String> {
    let upper = text.trim().to_ascii_uppercase();
    let (year, number) = upper.strip_prefix("CVE-")?.split_once('-')?;
    let is_number = year.len() == 4 && is_digits(year) && number.len() >= 4 && is_digits(number);
    is_number.then_some(upper)
}

/// Returns the number of a vulnerability: that of its name, else the only one that it is referred to by,
/// whoever the source of the reference is, else the only one among its other names.
fn vulnerability_number(object: &Map<String, Value>) -> Option<String> {
    let named = text(object, "name").and_then(cve_number);
    let references = object.get("external_references").and_then(Value::as_array).into_iter().flatten();
    let only = |mut numbers: Vec<String>| {
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.len() == 1 { numbers.pop() } else { None }
    };
    let referred = || references.filter_map(|reference| cve_number(reference.get("external_id")?.as_str()?));
    let aliases = || aliases(object).filter_map(cve_number);
    named.or_else(|| only(referred().collect())).or_else(|| only(aliases().collect()))
}

fn aliases(object: &Map<String, Value>) -> impl Iterator<Item = &str> {
    ["aliases", "x_mitre_aliases", "x_opencti_aliases"]
        .iter()
        .flat_map(|property| texts(object.get(*property)))
}

/// Returns an identifier by catalogue entry; malware and tools share one list there.
pub(super) fn reference(catalogue: &'static str, kind: &str, id: &str) -> Identifier {
    let kind = if matches!(kind, "malware" | "tool") { "software" } else { kind };
    Identifier::Reference { catalogue, kind: kind.to_owned(), id: id.trim().to_ascii_uppercase() }
}

/// Claims a link for every `_ref` and `_refs` that names an object, at any depth.
fn embedded_references(kind: &str, own: &Identifier, object: &Map<String, Value>, claims: &mut Vec<Claim>) {
    let skipped = ["object_marking_refs", "granular_markings", "external_references"];
    // The members of a 2.0 observed-data object refer to each other by local names.
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

/// Relationships and sightings are links, and some objects speak of the exchange alone:
/// what names one of them is tied to no entity by that.
fn is_entity_type(kind: &str) -> bool {
    !matches!(kind, "relationship" | "sighting" | "bundle") && !ABOUT_THE_EXCHANGE.contains(&kind)
}

fn nested(kind: &str, own: &Identifier, value: &Value, claims: &mut Vec<Claim>) {
    match value {
        Value::Object(object) => embedded_references(kind, own, object, claims),
        Value::Array(values) => values.iter().for_each(|value| nested(kind, own, value, claims)),
        _ => {}
    }
}

fn pattern_observables(own: &Identifier, object: &Map<String, Value>, content: &mut Content) {
    // STIX 2.0 has no `pattern_type`; other languages (YARA, Sigma, Snort) are not read.
    if text(object, "pattern_type").is_some_and(|language| language != "stix") {
        return;
    }
    // A pattern that does not parse names nothing: the indicator stands without observables.
    let pattern = text(object, "pattern").and_then(|pattern| pattern::read(pattern).ok()).unwrap_or_default();
    matches(own, pattern, content);
}

/// Claims what an indicator matches by its pattern. What the pattern asks for only together with something
/// else is shown, and ties nobody.
pub(super) fn matches(own: &Identifier, pattern: pattern::Pattern, content: &mut Content) {
    for file in pattern.files {
        let at = |each: usize| pattern.observables.get(each).cloned().map(observable);
        content.claims.push(Claim::Entity {
            identifiers: file.into_iter().filter_map(at).collect(),
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

/// Returns what a constant of a pattern names.
pub(super) fn observable(named: pattern::PatternObservable) -> Identifier {
    Identifier::Observable { kind: named.kind, property: named.path, value: named.value }
}

/// Reads the cyber observables that a STIX 2.0 observed-data object holds in itself.
fn observed_objects(own: &Identifier, object: &Map<String, Value>, claims: &mut Vec<Claim>) {
    let Some(members) = object.get("objects").and_then(Value::as_object) else { return };
    let own_uuid = text(object, "id").and_then(|id| id.split_once("--")).map(|(_, uuid)| uuid);
    let identity = |name: &str| {
        let member = members.get(name)?.as_object()?;
        let kind = text(member, "type")?;
        // What no value tells apart is known by its place in the observed data.
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
        for (property, value) in member {
            let Some(stem) = property.strip_suffix("_ref").or_else(|| property.strip_suffix("_refs")) else {
                continue;
            };
            let names = value.as_str().into_iter().chain(texts(Some(value)));
            for to in names.filter_map(identity) {
                let (kind, layer) = (stem.replace('_', "-"), Layer::Infrastructure);
                claims.push(Claim::Link { from: first.clone(), to, kind, layer });
            }
        }
    }
}

/// Families of the relationship types of STIX 2.1 (sections 3 and 4) and of ATT&CK.
pub(super) fn layer_of_relationship(kind: &str) -> Layer {
    match kind {
        "attributed-to" | "impersonates" | "authored-by" | "cooperates-with" => Layer::Attribution,
        "uses" | "exploits" | "mitigates" | "detects" | "remediates" | "investigates" | "has" | "drops"
        | "downloads" | "delivers" | "variant-of" | "employs" => Layer::Capability,
        "indicates"
        | "based-on"
        | "controls"
        | "communicates-with"
        | "consists-of"
        | "hosts"
        | "owns"
        | "beacons-to"
        | "exfiltrates-to"
        | "resolves-to"
        | "belongs-to"
        | "compromises"
        | "characterizes"
        | "analysis-of"
        | "static-analysis-of"
        | "dynamic-analysis-of" => Layer::Infrastructure,
        "targets" | "located-at" | "originates-from" => Layer::Target,
        "subtechnique-of" | "part-of" | "revoked-by" | "derived-from" | "duplicate-of" => Layer::Taxonomy,
        _ => Layer::Other,
    }
}

/// Words for who made, changed or may have an object: what names them speaks of the exchange, and not of
/// the world. Platforms write them behind prefixes of their own (`x_opencti_created_by`).
const EXCHANGE_ROLES: [&str; 40] = [
    "created_by",
    "creator",
    "author",
    "authored_by",
    "editor",
    "edited_by",
    "modified_by",
    "modifier",
    "updated_by",
    "changed_by",
    "revised_by",
    "reviewed_by",
    "reviewer",
    "approved_by",
    "validated_by",
    "verified_by",
    "curated_by",
    "curator",
    "maintained_by",
    "maintainer",
    "contributed_by",
    "contributor",
    "submitted_by",
    "submitter",
    "reported_by",
    "reporter",
    "published_by",
    "publisher",
    "produced_by",
    "producer",
    "provided_by",
    "provider",
    "shared_by",
    "shared_with",
    "granted",
    "granted_to",
    "grantee",
    "authorized",
    "assignee",
    "participant",
];

fn is_about_the_exchange(stem: &str) -> bool {
    let stem = stem.to_ascii_lowercase();
    EXCHANGE_ROLES
        .iter()
        .any(|role| stem.strip_suffix(role).is_some_and(|prefix| prefix.is_empty() || prefix.ends_with('_')))
}

fn layer_of_reference(kind: &str, stem: &str) -> Layer {
    match stem {
        _ if is_about_the_exchange(stem) => Layer::Provenance,
        "object" if matches!(kind, "report" | "grouping" | "note" | "opinion") => Layer::CoReport,
        "tactic" | "x_mitre_data_source" => Layer::Taxonomy,
        _ if stem.starts_with("x_capec") => Layer::Taxonomy,
        _ if OBSERVABLES.contains(&kind)
            || matches!(kind, "observed-data" | "malware" | "malware-analysis") =>
        {
            Layer::Infrastructure
        }
        _ => Layer::Other,
    }
}
