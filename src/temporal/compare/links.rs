//! Changes of links: added, removed or changed.

use std::collections::BTreeSet;

use super::{CauseByRecords, ids, key, side_by_side, symmetric_difference};
use crate::{
    index::{EntityIndex, RecordIndex},
    link::Link,
    record::RecordId,
    symbol::Symbol,
    temporal::{Cause, Change, ChangeKind, Groups, ResolvedView, Subject},
};

/// Adds the changes of links between two views. `is_changed` compares two links of one id.
pub(super) fn compare_links(
    before: ResolvedView<'_>,
    after: ResolvedView<'_>,
    cause_of: &CauseByRecords<'_>,
    is_changed: &dyn Fn(&Link, &Link) -> bool,
    changes: &mut Groups,
) {
    let (mut removed, mut added): (Vec<&Link>, Vec<&Link>) = (Vec::new(), Vec::new());
    for pair in side_by_side(&before.resolution.links, &after.resolution.links, |link| &*link.id) {
        match pair {
            // A record with a new id under the same key is the same evidence.
            (Some(old), Some(new)) => {
                if !keys(before, &old.records).eq(keys(after, &new.records)) || is_changed(old, new) {
                    let (gone, come) =
                        symmetric_difference(&ids(before, &old.records), &ids(after, &new.records));
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
    let removed_evidence: BTreeSet<Evidence> = removed.iter().map(|link| evidence(before, link)).collect();
    // Without removed links no link can be the same as one of them.
    let comparable = added.iter().filter(|_| !removed.is_empty());
    let added_evidence: BTreeSet<Evidence> = comparable.map(|link| evidence(after, link)).collect();
    for link in removed.into_iter().filter(|link| !added_evidence.contains(&evidence(before, link))) {
        let cause = cause_of(&ids(before, &link.records), &[], ChangeKind::Removed);
        changes.add(change(before, link, ChangeKind::Removed, cause));
    }
    for link in added.into_iter().filter(|link| !removed_evidence.contains(&evidence(after, link))) {
        let cause = cause_of(&[], &ids(after, &link.records), ChangeKind::Added);
        changes.add(change(after, link, ChangeKind::Added, cause));
    }
}

fn change(resolved: ResolvedView<'_>, link: &Link, what: ChangeKind, cause: Cause) -> Change {
    let label = |end: EntityIndex| &resolved.resolution[end].label;
    Change {
        subject: Subject::Link,
        id: link.id.into(),
        what,
        cause,
        kind: link.kind.into(),
        label: format!("{} {} {}", label(link.from), link.kind, label(link.to)),
        source: String::new(),
        traits: Vec::new(),
    }
}

/// Records, kind and layer of a link, which identify it when the ids of its ends change.
type Evidence = (Vec<RecordId>, Symbol, &'static str);

fn evidence(resolved: ResolvedView<'_>, link: &Link) -> Evidence {
    (ids(resolved, &link.records), link.kind, link.layer.name())
}

/// Returns the keys of records, in the order of the view.
fn keys<'a>(resolved: ResolvedView<'a>, records: &[RecordIndex]) -> impl Iterator<Item = (&'a str, &'a str)> {
    records.iter().map(move |&record| key(&resolved.view[record]))
}
