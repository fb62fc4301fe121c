//! Properties of a STIX object.

use serde_json::{Map, Value};

use crate::{
    canonical::detect,
    ingest::tree::{Kind, Node},
    time::Moment,
};

/// Bytes of a UUID.
const UUID: usize = 36;

/// Returns the type in an id, if the id is a type, `--` and a UUID in either case.
pub(super) fn type_of(id: &str) -> Option<&str> {
    let (kind, uuid) = id.split_at_checked(id.len().checked_sub(UUID)?)?;
    let kind = kind.strip_suffix("--")?;
    // The first `--` ends the type.
    let is_first = !kind.ends_with('-') && !kind.as_bytes().windows(2).any(|pair| pair == b"--");
    (detect::is_uuid(uuid) && is_first && !kind.is_empty()).then_some(kind)
}

pub(super) fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}

pub(super) fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Returns a time; `None` for a time that means "unknown".
pub(super) fn moment(object: &Map<String, Value>, name: &str) -> Option<Moment> {
    Moment::parse(text(object, name)?)?.known()
}

/// Returns the time at which something ended; `None` for a time that means "unknown".
pub(super) fn end(object: &Map<String, Value>, name: &str) -> Option<Moment> {
    Moment::parse(text(object, name)?)?.known_end()
}

pub(super) fn is_text_list<N: Node>(value: &N) -> bool {
    value.as_list().is_some_and(|list| list.iter().all(|entry| entry.kind() == Kind::Text))
}

/// Returns the other names of an object.
pub(super) fn aliases(object: &Map<String, Value>) -> impl Iterator<Item = &str> {
    ["aliases", "x_mitre_aliases", "x_opencti_aliases"]
        .iter()
        .flat_map(|property| texts(object.get(*property)))
}
