//! Changes of entities: added, removed, changed, merged or split.

use std::{cell::OnceCell, collections::BTreeMap};

use super::{CauseByRecords, side_by_side, symmetric_difference};
use crate::temporal::{
    Cause, Change, ChangeKind, Groups, Side, Subject, SubjectId,
    side::{EntityId, IdentifierIndex},
};

/// Succession of entities between two sides.
struct EntitySuccession<'a> {
    before: &'a Side,
    after: &'a Side,
    index_before: OnceCell<IdentifierIndex>,
    index_after: OnceCell<IdentifierIndex>,
}

impl EntitySuccession<'_> {
    /// Returns the later entity that has the first known identifier of an earlier one.
    fn by_identifier_after(&self, old: u32) -> Option<u32> {
        let index = self.index_after.get_or_init(|| IdentifierIndex::of(&self.after.entities));
        self.after.entities.by_identifier(index, &self.before.entities, old)
    }

    /// Returns the earlier entity that has the first known identifier of a later one.
    fn by_identifier_before(&self, new: u32) -> Option<u32> {
        let index = self.index_before.get_or_init(|| IdentifierIndex::of(&self.before.entities));
        self.before.entities.by_identifier(index, &self.after.entities, new)
    }

    /// Returns the current entity that an earlier entity is part of.
    fn successor(&self, old: u32) -> Option<u32> {
        self.after.entities.by_id(self.before.entities.id(old)).or_else(|| self.by_identifier_after(old))
    }
}

/// Adds the changes of entities between two sides.
pub(super) fn compare_entities(
    before: &Side,
    after: &Side,
    cause_of: &CauseByRecords<'_>,
    changes: &mut Groups,
) {
    let succession =
        EntitySuccession { before, after, index_before: OnceCell::new(), index_after: OnceCell::new() };
    let (olds, news) = (&before.entities, &after.entities);
    // Many entities may become part of one. The cause that this one brings is computed once.
    let mut causes_of_merging: BTreeMap<EntityId, Cause> = BTreeMap::new();
    let mut added: Vec<u32> = Vec::new();
    for pair in side_by_side(olds.len(), news.len(), |old, new| olds.id(old).cmp(&news.id(new))) {
        let old = match pair {
            (Some(old), Some(new)) => {
                if olds.digest(old) != news.digest(new) {
                    let (gone, come) =
                        symmetric_difference((before, olds.records(old)), (after, news.records(new)));
                    let cause = cause_of(&gone, &come, ChangeKind::Changed);
                    changes.add(change(after, new, ChangeKind::Changed, cause, news.label(new)));
                }
                continue;
            }
            (Some(old), None) => old,
            (None, new) => {
                added.extend(new);
                continue;
            }
        };
        let old_rows = olds.records(old);
        let Some(into) = succession.by_identifier_after(old) else {
            let cause = cause_of(old_rows, &[], ChangeKind::Removed);
            changes.add(change(before, old, ChangeKind::Removed, cause, olds.label(old)));
            continue;
        };
        let what = if olds.by_id(news.id(into)).is_some() { ChangeKind::Merged } else { ChangeKind::Changed };
        let cause_of_merging = *causes_of_merging
            .entry(news.id(into))
            .or_insert_with(|| cause_of(&[], news.records(into), what));
        let cause = cause_of_merging.min(cause_of(old_rows, &[], what));
        let label = format!("{} into {}", olds.label(old), news.label(into));
        changes.add(change(before, old, what, cause, &label));
    }
    compare_added(&succession, &added, cause_of, changes);
}

/// Adds the changes of entities whose id is new.
fn compare_added(
    succession: &EntitySuccession<'_>,
    added: &[u32],
    cause_of: &CauseByRecords<'_>,
    changes: &mut Groups,
) {
    let EntitySuccession { before, after, .. } = succession;
    for &new in added {
        let new_rows = after.entities.records(new);
        let new_label = after.entities.label(new);
        match succession.by_identifier_before(new) {
            None => {
                let cause = cause_of(&[], new_rows, ChangeKind::Added);
                changes.add(change(after, new, ChangeKind::Added, cause, new_label));
            }
            // The entity goes on under a new id. The loop over the earlier entities has added this change.
            Some(from) if succession.successor(from) == Some(new) => {}
            Some(from) => {
                let cause = cause_of(before.entities.records(from), new_rows, ChangeKind::Split);
                let label = format!("{new_label} from {}", before.entities.label(from));
                changes.add(change(after, new, ChangeKind::Split, cause, &label));
            }
        }
    }
}

fn change(side: &Side, row: u32, what: ChangeKind, cause: Cause, label: &str) -> Change {
    let kind = side.entities.kind(row, &side.names);
    Change {
        subject: Subject::Entity,
        id: SubjectId::of_lasting(side.entities.id(row)),
        what,
        cause,
        kind: kind.to_owned(),
        label: format!("{label} ({kind})"),
        source: String::new(),
        traits: Vec::new(),
    }
}
