//! Exports of statements: tables of which each row is one statement.

use serde_json::Value;

use super::statement::is_true;
use crate::ingest::{
    format::{DeliveredObject, Delivery, Format},
    reject::{Reject, RejectRule, RejectedObject},
    table,
};

/// Columns by which an export of statements is recognised.
const HEADER: [&str; 4] = ["entity_id", "prop", "value", "dataset"];

/// Returns whether a table is an export of statements, by its first line.
pub(super) fn is_export(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let Ok(first) = std::str::from_utf8(first) else { return false };
    let cells: Vec<&str> = first.split(',').map(|cell| cell.trim().trim_matches('"')).collect();
    HEADER.iter().all(|name| cells.contains(name))
}

/// Reads an export of statements; each row is the same object as in JSON lines.
pub(super) fn read_export(format: &Format, bytes: &[u8], delivery: &mut Delivery) {
    delivery.format = Some(format.name);
    let source = delivery.source.clone();
    let mut header: Option<Vec<String>> = None;
    table::each_plain_row(bytes, |line, cells| {
        let position = format!("line {line}");
        let statement = match (cells, &header) {
            (Ok(cells), None) => {
                header = Some(cells.iter().map(|cell| cell.trim().to_owned()).collect());
                return;
            }
            (Ok(cells), Some(header)) if cells.len() > header.len() => {
                let reason = format!("more cells than the {} columns of the header", header.len());
                Err(Reject::new(RejectRule::RowLength, reason))
            }
            (Ok(cells), Some(header)) => Ok(row(header, &cells)),
            (Err(reject), _) => Err(reject),
        };
        let result = match statement {
            Ok(statement) => {
                let text = statement.to_string().into();
                let context = Some(source.as_str().into());
                format.accept(
                    position,
                    DeliveredObject { pointer: String::new(), text, context, accepted: None },
                )
            }
            Err(reject) => Err(RejectedObject::at(position, reject)),
        };
        delivery.add([result]);
    });
}

/// Members of a statement in JSON, in their order.
const MEMBERS: [&str; 12] = [
    "canonical_id",
    "entity_id",
    "prop",
    "schema",
    "value",
    "dataset",
    "lang",
    "original_value",
    "first_seen",
    "last_seen",
    "origin",
    "id",
];

/// Creates the object of a row. In packs the schema precedes the property, and each entity is its own
/// canonical entity.
fn row(header: &[String], cells: &[&str]) -> Value {
    let cell = |name: &str| {
        let position = header.iter().position(|column| column == name)?;
        cells.get(position).copied().filter(|cell| !cell.is_empty())
    };
    let mut object: serde_json::Map<String, Value> = MEMBERS
        .iter()
        .map(|name| ((*name).to_owned(), cell(name).map_or(Value::Null, Value::from)))
        .collect();
    object.insert("external".to_owned(), cell("external").is_some_and(|text| is_true(&text.into())).into());
    if let (None, Some((schema, property))) =
        (cell("schema"), cell("prop").and_then(|prop| prop.split_once(':')))
    {
        object.insert("schema".to_owned(), schema.into());
        object.insert("prop".to_owned(), property.into());
    }
    if let (None, Some(id)) = (cell("canonical_id"), cell("entity_id")) {
        object.insert("canonical_id".to_owned(), id.into());
    }
    Value::Object(object)
}
