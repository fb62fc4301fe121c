//! Markings of an object, and the restriction of a marking definition.

use serde_json::{Map, Value};

use super::object::{is_text_list, text, texts};
use crate::{
    marking::{Marking, PARTLY_UNMARKED},
    record::Definition,
};

/// Returns the markings of a rejected object; `None` if one of them may be unread.
pub(super) fn markings(value: &Value, _: Option<&str>) -> Option<Vec<String>> {
    let object = value.as_object()?;
    let is_read = |name: &str, is_well_formed: fn(&Value) -> bool| {
        object.get(name).is_none_or(|value| value.is_null() || is_well_formed(value))
    };
    let is_whole = is_read("object_marking_refs", is_text_list)
        && is_read("granular_markings", is_granular_markings)
        && is_read("objects", |_| false);
    is_whole.then(|| all_markings(object))
}

/// Returns all markings of an object. In STIX 2.0, observed objects are inside the observed data and may
/// have their own.
pub(super) fn all_markings(object: &Map<String, Value>) -> Vec<String> {
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

/// Returns the markings that an object carries. A granular marking restricts only some properties: an object
/// without any other marking is then partly unmarked.
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

/// Returns whether every granular marking can be read, so that none is overlooked.
pub(super) fn is_granular_markings(value: &Value) -> bool {
    // A granular marking has either the language of a text or a marking (STIX 2.1, section 7.2.3).
    let is_reference = |marking: &Value| match marking.get("marking_ref") {
        Some(reference) => reference.is_string(),
        None => marking.get("lang").is_some(),
    };
    value
        .as_array()
        .is_some_and(|list| list.iter().all(|marking| marking.is_object() && is_reference(marking)))
}

/// Returns the restriction of a marking definition: the join of all levels that it names. It restricts
/// nothing, such as a copyright, only if its type is `statement` and it names no level.
pub(super) fn definition(object: &Map<String, Value>) -> Definition {
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
    // A passing mention never opens an object: TLP:CLEAR counts only as a whole value.
    if is_statement {
        stated.retain(|level| level.is_exact || level.marking > Marking::Clear);
    } else if !stated.iter().any(|level| level.is_exact) {
        return Definition::Level(Marking::Unknown);
    }
    let strictest = stated.iter().map(|level| level.marking).max();
    strictest.map_or(Definition::Statement, Definition::Level)
}

/// A level that a marking definition names.
struct NamedLevel {
    marking: Marking,
    /// True if the level is the whole value, and not part of a longer text.
    is_exact: bool,
}

/// Collects the levels in texts, at any depth.
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

/// Returns the level in a scheme of a platform, such as `x_opencti_definition_type` with
/// `x_opencti_definition`. The level of an unknown scheme fails closed.
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
        // The first level of a colour scheme, such as PAP:CLEAR, restricts nothing.
        return None;
    }
    let known = known.filter(|_| is_tlp);
    Some(NamedLevel { marking: known.unwrap_or(Marking::Unknown), is_exact: known.is_some() })
}
