//! Changes of entities: added, removed, changed, merged or split.

use std::collections::BTreeMap;

use super::{CauseByRecords, ids, side_by_side, symmetric_difference};
use crate::{
    entity::Entity,
    temporal::{Cause, Change, ChangeKind, Groups, ResolvedView, Subject},
};

/// Succession of entities between two views.
struct EntitySuccession<'a> {
    before: ResolvedView<'a>,
    after: ResolvedView<'a>,
}

impl<'a> EntitySuccession<'a> {
    /// Returns the entity of a view with that id.
    fn by_id(id: &str, resolved: ResolvedView<'a>) -> Option<&'a Entity> {
        // Entities are sorted by id.
        let entities = &resolved.resolution.entities;
        entities.binary_search_by(|entity| (*entity.id).cmp(id)).ok().map(|index| &entities[index])
    }

    /// Returns the entity of a view that has the first known identifier of an entity of the other view.
    fn by_identifier(entity: &Entity, resolved: ResolvedView<'a>) -> Option<&'a Entity> {
        let identifiers = entity.identifiers.iter();
        let mut known = identifiers.filter_map(|(text, _)| resolved.resolution.by_identifier(text));
        known.next().map(|index| &resolved.resolution[index])
    }

    /// Returns the current entity that an earlier entity is part of.
    fn successor(&self, old: &Entity) -> Option<&'a Entity> {
        Self::by_id(&old.id, self.after).or_else(|| Self::by_identifier(old, self.after))
    }

    /// Returns whether the earlier view had an entity with that id.
    fn has_predecessor(&self, id: &str) -> bool {
        Self::by_id(id, self.before).is_some()
    }
}

/// Adds the changes of entities between two views.
pub(super) fn compare_entities(
    before: ResolvedView<'_>,
    after: ResolvedView<'_>,
    cause_of: &CauseByRecords<'_>,
    changes: &mut Groups,
) {
    let succession = EntitySuccession { before, after };
    // Many entities may become part of one. The cause that this one brings is computed once.
    let mut causes_of_merging: BTreeMap<&str, Cause> = BTreeMap::new();
    let mut added: Vec<&Entity> = Vec::new();
    for pair in side_by_side(&before.resolution.entities, &after.resolution.entities, |entity| &*entity.id) {
        let old = match pair {
            (Some(old), Some(new)) => {
                if differs(old, new) {
                    let (gone, come) =
                        symmetric_difference(&ids(before, &old.records), &ids(after, &new.records));
                    let cause = cause_of(&gone, &come, ChangeKind::Changed);
                    changes.add(change(new, ChangeKind::Changed, cause, &new.label));
                }
                continue;
            }
            (Some(old), None) => old,
            (None, new) => {
                added.extend(new);
                continue;
            }
        };
        let old_ids = ids(before, &old.records);
        let Some(into) = EntitySuccession::by_identifier(old, after) else {
            let cause = cause_of(&old_ids, &[], ChangeKind::Removed);
            changes.add(change(old, ChangeKind::Removed, cause, &old.label));
            continue;
        };
        let what =
            if succession.has_predecessor(&into.id) { ChangeKind::Merged } else { ChangeKind::Changed };
        let cause_of_merging = *causes_of_merging
            .entry(&into.id)
            .or_insert_with(|| cause_of(&[], &ids(after, &into.records), what));
        let cause = cause_of_merging.min(cause_of(&old_ids, &[], what));
        changes.add(change(old, what, cause, &format!("{} into {}", old.label, into.label)));
    }
    compare_added(&succession, &added, cause_of, changes);
}

/// Adds the changes of entities whose id is new.
fn compare_added(
    succession: &EntitySuccession<'_>,
    added: &[&Entity],
    cause_of: &CauseByRecords<'_>,
    changes: &mut Groups,
) {
    for new in added {
        let new_ids = ids(succession.after, &new.records);
        match EntitySuccession::by_identifier(new, succession.before) {
            None => {
                let cause = cause_of(&[], &new_ids, ChangeKind::Added);
                changes.add(change(new, ChangeKind::Added, cause, &new.label));
            }
            // The entity goes on under a new id. The loop over the earlier entities has added this change.
            Some(from) if succession.successor(from).is_some_and(|successor| successor.id == new.id) => {}
            Some(from) => {
                let old_ids = ids(succession.before, &from.records);
                let cause = cause_of(&old_ids, &new_ids, ChangeKind::Split);
                let label = format!("{} from {}", new.label, from.label);
                changes.add(change(new, ChangeKind::Split, cause, &label));
            }
        }
    }
}

fn change(entity: &Entity, what: ChangeKind, cause: Cause, label: &str) -> Change {
    Change {
        subject: Subject::Entity,
        id: entity.id.into(),
        what,
        cause,
        kind: entity.kind.into(),
        label: format!("{label} ({})", entity.kind),
        source: String::new(),
        traits: Vec::new(),
    }
}

/// Returns whether two entities of one id differ in a property.
fn differs(old: &Entity, new: &Entity) -> bool {
    fn texts(entity: &Entity) -> impl Iterator<Item = &str> {
        entity.identifiers.iter().map(|(text, _)| &**text)
    }
    old.kind != new.kind
        || old.label != new.label
        || old.aliases != new.aliases
        || old.seen != new.seen
        || old.marking != new.marking
        || old.sources != new.sources
        || old.has_own_record != new.has_own_record
        || old.confidence.map(f64::to_bits) != new.confidence.map(f64::to_bits)
        || !texts(old).eq(texts(new))
}
