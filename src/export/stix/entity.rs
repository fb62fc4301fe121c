//! Objects of entities.

use super::{Context, Object, add_extension, add_version, start, types};
use crate::export::{ExportedEntity, Scope, Selection, own_values};

/// Returns whether an export refers to the object of another producer in place of an own one.
pub(super) fn is_delivered(selection: &Selection, entity: &ExportedEntity) -> bool {
    selection.scope == Scope::Flags && delivered(selection, entity).is_some()
}

/// Returns the id by which a source delivered the entity.
fn delivered<'a>(selection: &'a Selection, entity: &ExportedEntity) -> Option<&'a String> {
    let ids = selection.delivered_ids.get(&entity.id)?;
    // The id of the entity's kind comes first: a record may be about it by another type.
    let has_kind = |id: &&String| id.split_once("--").is_some_and(|(kind, _)| kind == entity.kind);
    ids.iter().find(has_kind).or(ids.first())
}

/// Returns the id by which other objects refer to an entity.
pub(super) fn reference(selection: &Selection, entity: &ExportedEntity) -> String {
    match delivered(selection, entity).filter(|_| selection.scope == Scope::Flags) {
        Some(id) => id.clone(),
        None => types::own_id(entity),
    }
}

/// Returns the own object of an entity.
pub(super) fn object(context: &Context<'_>, entity: &ExportedEntity) -> Object {
    let mut object = start(types::stix_type(entity), &types::own_id(entity), entity.marking);
    let is_observable = types::is_observable(entity);
    if !is_observable {
        add_version(context, &mut object, entity.recorded_first);
        if let Some(confidence) = entity.confidence.filter(|confidence| *confidence <= 100) {
            object.insert("confidence".to_owned(), confidence.into());
        }
    }
    types::add_properties(entity, &mut object);
    add_extension(&mut object, own_values::entity(entity));
    object
}
