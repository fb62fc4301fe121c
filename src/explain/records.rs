//! Entities and records in an answer.

use serde_json::{Value, json};

use super::opened::OpenedRun;
use crate::{entity::Entity, index::RecordIndex, record::Record};

/// Most properties that are shown of one record.
const PROPERTIES_MAX: usize = 20;

/// Returns id, kind and label of an entity.
pub(super) fn entity_reference(entity: &Entity) -> Value {
    json!({ "id": entity.id, "kind": entity.kind, "label": entity.label })
}

pub(super) fn record(opened: &OpenedRun, index: RecordIndex) -> &Record {
    &opened.view[index]
}

/// Describes records with their sources; to somebody who may read everything, also with their files.
pub(super) fn describe_records(opened: &OpenedRun, indices: &[RecordIndex], most: usize) -> Vec<Value> {
    let shown: Vec<Record> = indices.iter().take(most).map(|&index| record(opened, index).clone()).collect();
    let origins = opened.contents.origins(&shown, opened.run.moment);
    let sees_files = opened.audience.clearance.is_none();
    let describe = |(index, record): (usize, &Record)| {
        let places: Vec<Value> = origins
            .iter()
            .filter(|(of_record, _)| sees_files && *of_record == index)
            .map(|(_, origin)| {
                json!({ "path": &*origin.path, "position": &*origin.position, "delivery": &*origin.delivery })
            })
            .collect();
        let mut description = json!({
            "record": record.id.to_string(), "source": &*record.source, "object": &*record.key, "type": record.content.kind,
            "recorded_at": record.recorded_at, "marking": record.marking.to_string(), "places": places,
        });
        if let Some(properties) = &record.content.properties {
            let values = properties.values.iter().take(PROPERTIES_MAX);
            description["properties"] =
                values.map(|property| json!(format!("{} {}", property.name, property.value))).collect();
            description["property_count"] = json!(properties.values.len());
        }
        description
    };
    shown.iter().enumerate().map(describe).collect()
}
