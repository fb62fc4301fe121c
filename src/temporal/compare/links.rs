//! Changes of links: added, removed or changed.

use std::collections::BTreeSet;

use super::{CauseByRecords, RecordPairs, side_by_side, symmetric_difference};
use crate::{
    record::RecordId,
    temporal::{Cause, Change, ChangeKind, Groups, Side, Subject, SubjectId},
};

/// Adds the changes of links between two sides. `is_changed` compares two links of one id.
pub(super) fn compare_links(
    (before, after): (&Side, &Side),
    pairs: &RecordPairs,
    cause_of: &CauseByRecords<'_>,
    is_changed: &dyn Fn(u32, u32) -> bool,
    changes: &mut Groups,
) {
    let (olds, news) = (&before.links, &after.links);
    // A record with a new id under the same key is the same evidence.
    let has_same_keys = |old: u32, new: u32| {
        let rows_after = olds.records(old).iter().map(|row| pairs.row_after[*row as usize]);
        rows_after.eq(news.records(new).iter().copied())
    };
    let (mut removed, mut added): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
    for pair in side_by_side(olds.len(), news.len(), |old, new| olds.id(old).cmp(&news.id(new))) {
        match pair {
            (Some(old), Some(new)) => {
                if !has_same_keys(old, new) || is_changed(old, new) {
                    let (gone, come) =
                        symmetric_difference((before, olds.records(old)), (after, news.records(new)));
                    let cause = cause_of(&gone, &come, ChangeKind::Changed);
                    changes.add(change(after, new, ChangeKind::Changed, cause));
                }
            }
            (old, new) => {
                removed.extend(old);
                added.extend(new);
            }
        }
    }
    // A link whose end merged into another entity, or split from it, is the same link if its records are the same.
    let removed_evidence: BTreeSet<Evidence> = removed.iter().map(|link| evidence(before, *link)).collect();
    // Without removed links no link can be the same as one of them.
    let comparable = added.iter().filter(|_| !removed.is_empty());
    let added_evidence: BTreeSet<Evidence> = comparable.map(|link| evidence(after, *link)).collect();
    for link in removed.into_iter().filter(|link| !added_evidence.contains(&evidence(before, *link))) {
        let cause = cause_of(olds.records(link), &[], ChangeKind::Removed);
        changes.add(change(before, link, ChangeKind::Removed, cause));
    }
    let is_removed =
        |link: &u32| !removed_evidence.is_empty() && removed_evidence.contains(&evidence(after, *link));
    for link in added.into_iter().filter(|link| !is_removed(link)) {
        let cause = cause_of(&[], news.records(link), ChangeKind::Added);
        changes.add(change(after, link, ChangeKind::Added, cause));
    }
}

fn change(side: &Side, row: u32, what: ChangeKind, cause: Cause) -> Change {
    let kind = side.links.kind(row, &side.names);
    let [from, to] = side.links.ends(row).map(|end| side.entities.label(end));
    Change {
        subject: Subject::Link,
        id: SubjectId::of_lasting(side.links.id(row)),
        what,
        cause,
        kind: kind.to_owned(),
        label: format!("{from} {kind} {to}"),
        source: String::new(),
        traits: Vec::new(),
    }
}

/// Records, kind and layer of a link, which identify it when the ids of its ends change.
type Evidence<'a> = (Vec<RecordId>, &'a str, u8);

fn evidence(side: &Side, row: u32) -> Evidence<'_> {
    let mut ids: Vec<RecordId> = side.links.records(row).iter().map(|row| side.records.id(*row)).collect();
    ids.sort_unstable();
    (ids, side.links.kind(row, &side.names), side.links.layer(row))
}
