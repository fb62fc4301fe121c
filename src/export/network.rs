//! Entities and links of an audience's folder.

use std::path::Path;

use super::{error::ExportError, table_columns::TableColumns};
use crate::{marking::Marking, time::Moment};

/// An entity of the published tables.
#[derive(Clone, Debug)]
pub struct ExportedEntity {
    /// Lasting id.
    pub id: String,
    /// Kind.
    pub kind: String,
    /// Name to show.
    pub label: String,
    /// Other names, sorted.
    pub aliases: Vec<String>,
    /// Outside identifiers, `scheme:value`, sorted.
    pub identifiers: Vec<String>,
    /// Sources, sorted.
    pub sources: Vec<String>,
    /// Number of records.
    pub record_count: u64,
    /// Earliest valid time, if one is known.
    pub first_seen: Option<Moment>,
    /// Latest valid time, if one is known.
    pub last_seen: Option<Moment>,
    /// Earliest recorded time.
    pub recorded_first: Moment,
    /// Latest recorded time.
    pub recorded_last: Moment,
    /// Mean confidence, 0 to 100, if one is stated.
    pub confidence: Option<u64>,
    /// Marking.
    pub marking: Marking,
    /// Warning lists that contain it.
    pub warning_lists: Vec<String>,
    /// Ids of the exported flags that are about it, sorted.
    pub flags: Vec<String>,
}

/// A link of the published tables.
#[derive(Clone, Debug)]
pub struct ExportedLink {
    /// Lasting id.
    pub id: String,
    /// Entity at which it begins.
    pub from: String,
    /// Entity at which it ends.
    pub to: String,
    /// Kind.
    pub kind: String,
    /// Layer.
    pub layer: String,
    /// Weight, at least 0.
    pub weight: f64,
    /// Number of independent sources.
    pub source_count: u64,
    /// Number of records.
    pub record_count: u64,
    /// Earliest valid time, if one is known.
    pub first_seen: Option<Moment>,
    /// Latest valid time, if one is known.
    pub last_seen: Option<Moment>,
    /// Earliest recorded time.
    pub recorded_first: Moment,
    /// Latest recorded time.
    pub recorded_last: Moment,
    /// Mean confidence, 0 to 100, if one is stated.
    pub confidence: Option<u64>,
    /// Marking.
    pub marking: Marking,
    /// Sum of amounts, if one is known.
    pub amount: Option<f64>,
    /// Currency of the amount.
    pub currency: Option<String>,
}

/// Returns the marking of a published text; a null is unmarked, and an unknown text closes.
pub(super) fn marking(text: Option<&str>) -> Marking {
    text.map_or(Marking::Unmarked, |text| Marking::parse(text).unwrap_or(Marking::Unknown))
}

/// Reads the entities that are wanted.
pub(super) fn entities(
    folder: &Path,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Vec<ExportedEntity>, ExportError> {
    let table = TableColumns::read(folder, "entities")?;
    let mut entities = Vec::new();
    for row in table.rows().filter(|&row| table.text_at("entity_id", row).is_some_and(&is_wanted)) {
        entities.push(ExportedEntity {
            id: table.text("entity_id", row)?,
            kind: table.text("kind", row)?,
            label: table.text("label", row)?,
            aliases: table.texts("aliases", row)?,
            identifiers: table.texts("identifiers", row)?,
            sources: table.texts("sources", row)?,
            record_count: table.count("record_count", row).unwrap_or_default(),
            first_seen: table.time("first_seen", row),
            last_seen: table.time("last_seen", row),
            recorded_first: recorded(&table, "recorded_first", row),
            recorded_last: recorded(&table, "recorded_last", row),
            confidence: table.count("confidence", row),
            marking: marking(table.text_at("marking", row)),
            warning_lists: table.texts("warning_lists", row)?,
            flags: Vec::new(),
        });
    }
    entities.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(entities)
}

/// Reads the links whose both ends are wanted.
pub(super) fn links(
    folder: &Path,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Vec<ExportedLink>, ExportError> {
    let table = TableColumns::read(folder, "links")?;
    let is_end = |column: &str, row: usize| table.text_at(column, row).is_some_and(&is_wanted);
    let mut links = Vec::new();
    for row in table.rows().filter(|&row| is_end("from_id", row) && is_end("to_id", row)) {
        links.push(ExportedLink {
            id: table.text("link_id", row)?,
            from: table.text("from_id", row)?,
            to: table.text("to_id", row)?,
            kind: table.text("kind", row)?,
            layer: table.text("layer", row)?,
            weight: table.number("weight", row).unwrap_or_default(),
            source_count: table.count("source_count", row).unwrap_or_default(),
            record_count: table.count("record_count", row).unwrap_or_default(),
            first_seen: table.time("first_seen", row),
            last_seen: table.time("last_seen", row),
            recorded_first: recorded(&table, "recorded_first", row),
            recorded_last: recorded(&table, "recorded_last", row),
            confidence: table.count("confidence", row),
            marking: marking(table.text_at("marking", row)),
            amount: table.number("amount", row),
            currency: table.maybe_text("currency", row),
        });
    }
    links.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(links)
}

fn recorded(table: &TableColumns, column: &str, row: usize) -> Moment {
    table.time(column, row).unwrap_or(Moment::from_micros(0))
}
