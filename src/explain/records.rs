//! Entities and records in an answer.

use std::collections::BTreeMap;

use super::{
    answers::{EntityReference, RecordDescription, RecordPlace},
    opened::OpenedRun,
    statements::statements,
};
use crate::{entity::Entity, index::RecordIndex, record::Record};

/// Most properties that are shown of one record.
const PROPERTIES_MAX: usize = 20;

/// Returns id, kind and label of an entity.
pub(super) fn entity_reference(entity: &Entity) -> EntityReference {
    EntityReference { id: entity.id.into(), kind: entity.kind.into(), label: entity.label.to_string() }
}

/// Returns a record of the view.
pub(super) fn record(opened: &OpenedRun, index: RecordIndex) -> &Record {
    &opened.view()[index]
}

/// Returns the positions of records in the view, ascending; `None` if the view lacks one of them or there are none.
pub(super) fn indices_of(
    opened: &OpenedRun,
    ids: impl IntoIterator<Item = String>,
) -> Option<Vec<RecordIndex>> {
    let mut known: BTreeMap<String, Option<RecordIndex>> = ids.into_iter().map(|id| (id, None)).collect();
    for (index, record) in RecordIndex::enumerate(opened.view().records()) {
        if let Some(found) = known.get_mut(&record.id.to_string()) {
            *found = Some(index);
        }
    }
    let mut indices: Vec<RecordIndex> = known.into_values().collect::<Option<_>>()?;
    indices.sort_unstable();
    (!indices.is_empty()).then_some(indices)
}

/// Describes records with their sources; to somebody who may read everything, also with their files.
pub(super) fn describe_records(
    opened: &OpenedRun,
    indices: &[RecordIndex],
    most: usize,
) -> Vec<RecordDescription> {
    let shown: Vec<Record> = indices.iter().take(most).map(|&index| record(opened, index).clone()).collect();
    let states = statements(opened, &indices[..shown.len()]);
    describe_shown(opened, &shown, states)
}

/// Describes records whose contents are in words already, as [`describe_records`] does.
pub(super) fn describe_shown(
    opened: &OpenedRun,
    shown: &[Record],
    states: Vec<String>,
) -> Vec<RecordDescription> {
    let origins = opened.contents.origins(shown, opened.run.moment);
    let sees_files = opened.audience.clearance.is_none();
    let places = |index: usize| -> Vec<RecordPlace> {
        let places = origins.iter().filter(|(of_record, _)| sees_files && *of_record == index);
        places
            .map(|(_, origin)| RecordPlace {
                path: origin.path().to_owned(),
                position: origin.position().to_owned(),
                delivery: origin.delivery().to_owned(),
            })
            .collect()
    };
    let described = shown.iter().zip(states).enumerate();
    described.map(|(index, (record, states))| describe(record, states, places(index))).collect()
}

fn describe(record: &Record, states: String, places: Vec<RecordPlace>) -> RecordDescription {
    let properties = record.content.properties().map(|properties| &properties.values);
    RecordDescription {
        record: record.id.to_string(),
        source: record.source.to_string(),
        object: record.key.to_string(),
        r#type: record.content.kind.into(),
        states,
        recorded_at: record.recorded_at,
        marking: record.marking.to_string(),
        places,
        properties: properties.map(|values| {
            let shown = values.iter().take(PROPERTIES_MAX);
            shown.map(|property| format!("{} {}", property.name, property.value)).collect()
        }),
        property_count: properties.map(|values| values.len()),
    }
}
