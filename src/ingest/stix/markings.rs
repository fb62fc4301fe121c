//! Markings of an object, and the restriction of a marking definition.

use serde_json::Value;

use super::object::is_text_list;
use crate::{
    ingest::tree::{Kind, Node},
    marking::{Marking, PARTLY_UNMARKED},
    record::Definition,
};

/// Returns the markings of a rejected object; `None` if one of them may be unread.
pub(super) fn markings(value: &Value, _: Option<&str>) -> Option<Vec<String>> {
    value.as_object()?;
    let is_read = |name: &str, is_well_formed: fn(&Value) -> bool| {
        value.get(name).is_none_or(|value| value.is_null() || is_well_formed(value))
    };
    let is_whole = is_read("object_marking_refs", is_text_list)
        && is_read("granular_markings", is_granular_markings)
        && is_read("objects", |_| false);
    is_whole.then(|| all_markings(value))
}

/// Returns all markings of an object. In STIX 2.0, observed objects are inside the observed data and may
/// have their own.
pub(super) fn all_markings<N: Node>(object: &N) -> Vec<String> {
    let mut markings = own_markings(object);
    let observed = object.member("objects").filter(|_| text(object, "type") == Some("observed-data"));
    let observed = observed.into_iter().flat_map(Node::members);
    markings.extend(observed.flat_map(|(_, inner)| own_markings(inner)));
    markings.sort_unstable();
    markings.dedup();
    markings
}

fn text<'a, N: Node>(object: &'a N, name: &str) -> Option<&'a str> {
    object.member(name)?.as_text()
}

/// Returns the markings that an object carries. A granular marking restricts only some properties: an object
/// without any other marking is then partly unmarked.
fn own_markings<N: Node>(object: &N) -> Vec<String> {
    let listed = |name: &str| object.member(name).and_then(Node::as_list).into_iter().flatten();
    let own = listed("object_marking_refs").filter_map(Node::as_text);
    let mut markings: Vec<String> = own.map(str::to_lowercase).collect();
    let granular = listed("granular_markings").filter_map(|marking| marking.member("marking_ref")?.as_text());
    let of_parts: Vec<String> = granular.map(str::to_lowercase).collect();
    if markings.is_empty() && !of_parts.is_empty() {
        markings.push(PARTLY_UNMARKED.to_owned());
    }
    markings.extend(of_parts);
    markings
}

/// Returns whether every granular marking can be read, so that none is overlooked.
pub(super) fn is_granular_markings<N: Node>(value: &N) -> bool {
    // A granular marking has either the language of a text or a marking (STIX 2.1, section 7.2.3).
    let is_reference = |marking: &N| match marking.member("marking_ref") {
        Some(reference) => reference.kind() == Kind::Text,
        None => marking.member("lang").is_some(),
    };
    value.as_list().is_some_and(|list| list.iter().all(is_reference))
}

/// Returns the restriction of a marking definition: the join of all levels that it names. It restricts
/// nothing, such as a copyright, only if its type is `statement` and it names no level.
pub(super) fn definition<N: Node>(object: &N) -> Definition {
    let mut stated = Vec::new();
    for (name, value) in object.members() {
        match name {
            "name" | "definition" | "extensions" | "description" => levels(name, value, &mut stated),
            name if name.ends_with("_definition") => levels(name, value, &mut stated),
            name if name.ends_with("_definition_type") => {
                stated.extend(value.as_text().and_then(|scheme| level_of_scheme(scheme, name, object)));
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
fn levels<N: Node>(name: &str, value: &N, stated: &mut Vec<NamedLevel>) {
    if let Some(text) = value.as_text() {
        let exact = Marking::parse(text);
        let is_level = name.to_ascii_lowercase().contains("tlp");
        let found = exact.or_else(|| Marking::named_in(text)).or(is_level.then_some(Marking::Unknown));
        stated.extend(found.map(|marking| NamedLevel { marking, is_exact: exact.is_some() }));
    }
    value.as_list().into_iter().flatten().for_each(|value| levels(name, value, stated));
    value.members().for_each(|(name, value)| levels(name, value, stated));
}

/// Returns the level in a scheme of a platform, such as `x_opencti_definition_type` with
/// `x_opencti_definition`. The level of an unknown scheme fails closed.
fn level_of_scheme<N: Node>(scheme: &str, property: &str, object: &N) -> Option<NamedLevel> {
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
