//! Attributes of nodes and edges in XML formats: name, type, and value of a row.

use super::{ExportedEntity, ExportedLink, json_rows::marking_text};
use crate::time::Moment;

/// Type of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueType {
    /// Text; lists have `|` between their values, and times are RFC 3339.
    Text,
    /// Whole number.
    Whole,
    /// Real number.
    Number,
}

/// An attribute of rows.
pub(super) struct Attribute<Row> {
    pub(super) name: &'static str,
    pub(super) value_type: ValueType,
    /// Value of a row; `None` for null.
    pub(super) value: fn(&Row) -> Option<String>,
}

const fn text<Row>(name: &'static str, value: fn(&Row) -> Option<String>) -> Attribute<Row> {
    Attribute { name, value_type: ValueType::Text, value }
}

const fn whole<Row>(name: &'static str, value: fn(&Row) -> Option<String>) -> Attribute<Row> {
    Attribute { name, value_type: ValueType::Whole, value }
}

const fn number<Row>(name: &'static str, value: fn(&Row) -> Option<String>) -> Attribute<Row> {
    Attribute { name, value_type: ValueType::Number, value }
}

/// Attributes of nodes, without their label.
pub(super) const NODES: [Attribute<ExportedEntity>; 13] = [
    text("kind", |row| Some(row.kind.clone())),
    text("aliases", |row| list(&row.aliases)),
    text("identifiers", |row| list(&row.identifiers)),
    text("sources", |row| list(&row.sources)),
    whole("record_count", |row| Some(row.record_count.to_string())),
    text("first_seen", |row| time(row.first_seen)),
    text("last_seen", |row| time(row.last_seen)),
    text("recorded_first", |row| time(Some(row.recorded_first))),
    text("recorded_last", |row| time(Some(row.recorded_last))),
    whole("confidence", |row| row.confidence.map(|value| value.to_string())),
    text("marking", |row| marking_text(row.marking)),
    text("warning_lists", |row| list(&row.warning_lists)),
    text("flags", |row| list(&row.flags)),
];

/// Attributes of edges, without their weight.
pub(super) const EDGES: [Attribute<ExportedLink>; 12] = [
    text("kind", |row| Some(row.kind.clone())),
    text("layer", |row| Some(row.layer.clone())),
    whole("source_count", |row| Some(row.source_count.to_string())),
    whole("record_count", |row| Some(row.record_count.to_string())),
    text("first_seen", |row| time(row.first_seen)),
    text("last_seen", |row| time(row.last_seen)),
    text("recorded_first", |row| time(Some(row.recorded_first))),
    text("recorded_last", |row| time(Some(row.recorded_last))),
    whole("confidence", |row| row.confidence.map(|value| value.to_string())),
    text("marking", |row| marking_text(row.marking)),
    number("amount", |row| row.amount.map(|value| value.to_string())),
    text("currency", |row| row.currency.clone()),
];

fn list(texts: &[String]) -> Option<String> {
    (!texts.is_empty()).then(|| texts.join("|"))
}

fn time(moment: Option<Moment>) -> Option<String> {
    moment.map(|moment| moment.to_string())
}
