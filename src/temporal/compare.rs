//! Comparison of two views: records first, then the entities and links that derive from them.

mod entities;
mod links;

use std::{cmp::Ordering, collections::BTreeMap};

use super::{Cause, Change, ChangeKind, ChangeTrait, Groups, ResolvedView, Subject, recent::arrival_of_new};
use entities::compare_entities;
use links::compare_links;

use crate::{
    index::RecordIndex,
    link::Link,
    record::{LentClaim, Record, RecordId},
    time::Moment,
};

/// Compares two views that differ by one known cause: changed rules, or the passing of time.
pub fn compare_rules(before: ResolvedView<'_>, after: ResolvedView<'_>, cause: Cause, changes: &mut Groups) {
    compare_records(before, after, &|_, _| cause, changes);
    let always = |_: &[RecordId], _: &[RecordId], _: ChangeKind| cause;
    compare_entities(before, after, &always, changes);
    // Weights decay with the age of the evidence. That alone is not a change of a link.
    let is_other = |old: &Link, new: &Link| {
        is_changed(old, new) || (cause != Cause::Expiry && old.weight.to_bits() != new.weight.to_bits())
    };
    compare_links(before, after, &always, &is_other, changes);
}

/// Compares the view of the previous run with that of the current run, under the same rules and as of the same
/// time. `previous` is the as-of time of the previous run, `None` if there is none.
pub fn compare_world(
    before: ResolvedView<'_>,
    after: ResolvedView<'_>,
    previous: Option<Moment>,
    changes: &mut Groups,
) {
    let as_of = after.view.as_of().valid_at;
    let cause_of = |old: Option<&Record>, new: Option<&Record>| match (old, new) {
        (None, Some(new)) => arrival_of_new(after.view, new, previous).cause(),
        (Some(old), Some(new)) if old.content.is_retired(as_of) || !new.content.is_retired(as_of) => {
            Cause::SourceCorrection
        }
        (Some(_), Some(new)) if !new.content.retracted => Cause::Expiry,
        _ => Cause::Deletion,
    };
    let causes = compare_records(before, after, &cause_of, changes);
    let cause_by_records = |old: &[RecordId], new: &[RecordId], what: ChangeKind| {
        let mut causes = old.iter().chain(new).filter_map(|id| causes.get(id)).copied();
        match what {
            ChangeKind::Removed => {
                causes.filter(|cause| REMOVING.contains(cause)).min().unwrap_or(Cause::Deletion)
            }
            _ => causes.by_ref().min().unwrap_or(Cause::SourceCorrection),
        }
    };
    compare_entities(before, after, &cause_by_records, changes);
    // Other links can make the ends of a link more or less rare. Its weight then differs, but it is the same link.
    compare_links(before, after, &cause_by_records, &is_changed, changes);
}

/// Causes that remove an entity or a link.
const REMOVING: [Cause; 3] = [Cause::SourceCorrection, Cause::Expiry, Cause::Deletion];

/// Returns whether a link differs in more than its weight.
fn is_changed(old: &Link, new: &Link) -> bool {
    old.seen != new.seen || old.marking != new.marking || old.source_count != new.source_count
}

/// Adds the changes of records; returns the cause of each changed record.
fn compare_records<'a>(
    before: ResolvedView<'a>,
    after: ResolvedView<'a>,
    cause_of: &dyn Fn(Option<&Record>, Option<&Record>) -> Cause,
    changes: &mut Groups,
) -> BTreeMap<RecordId, Cause> {
    let (records_before, records_after) = (by_key(before), by_key(after));
    let is_retired = |resolved: ResolvedView<'_>, record: &Record| {
        record.content.is_retired(resolved.view.as_of().valid_at)
    };
    let mut causes = BTreeMap::new();
    for (old, new) in side_by_side(&records_before, &records_after, |record| key(record)) {
        let (old, new) = (old.copied(), new.copied());
        let what = match (old, new) {
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Removed,
            // The same record, whose validity ended between the two as-of times.
            (Some(old), Some(new))
                if old.id == new.id && !is_retired(before, old) && is_retired(after, new) =>
            {
                ChangeKind::Removed
            }
            (Some(old), Some(new)) if is_unchanged(old, new) => continue,
            _ => ChangeKind::Changed,
        };
        let cause = cause_of(old, new);
        causes.extend(old.iter().chain(new.iter()).map(|record| (record.id, cause)));
        let shown = new.or(old).expect("a pair has at least one record");
        changes.add(Change {
            subject: Subject::Record,
            id: shown.id.to_string(),
            what,
            cause,
            kind: shown.content.kind.into(),
            label: record_label(shown),
            source: shown.source.to_string(),
            traits: traits(old, new),
        });
    }
    causes
}

/// Returns whether a record is the same, with the same surroundings and marking.
fn is_unchanged(old: &Record, new: &Record) -> bool {
    old.id == new.id && old.surroundings == new.surroundings && old.marking == new.marking
}

/// Returns all records of a view, also revoked and expired ones, in order of source and key. Of several records
/// with one key it returns the last.
fn by_key(resolved: ResolvedView<'_>) -> Vec<&Record> {
    let mut records: Vec<&Record> = resolved.view.records().iter().chain(resolved.view.retired()).collect();
    records.sort_by_key(|record| key(record));
    // `dedup_by_key` keeps the first of equal keys, so the order is reversed for it.
    records.reverse();
    records.dedup_by_key(|record| key(record));
    records.reverse();
    records
}

fn key(record: &Record) -> (&str, &str) {
    (&record.source, &record.key)
}

/// Pairs the elements of two lists by key; both lists are in order of key. An element without a partner comes alone.
fn side_by_side<'a, T, K: Ord>(
    old: &'a [T],
    new: &'a [T],
    key: impl Fn(&'a T) -> K,
) -> impl Iterator<Item = (Option<&'a T>, Option<&'a T>)> {
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    std::iter::from_fn(move || {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(next_old), Some(next_new)) => key(next_old).cmp(&key(next_new)),
        };
        Some(match order {
            Ordering::Less => (old.next(), None),
            Ordering::Greater => (None, new.next()),
            Ordering::Equal => (old.next(), new.next()),
        })
    })
}

/// Returns the label of a record: the name of its entity, or its key without a name.
fn record_label(record: &Record) -> String {
    let name = record.content.claims().find_map(|claim| match claim {
        LentClaim::Entity { name, .. } => name,
        LentClaim::Link { .. } => None,
    });
    name.map_or_else(|| record.key.to_string(), |name| format!("{name} ({})", record.content.kind))
}

fn traits(was: Option<&Record>, is: Option<&Record>) -> Vec<ChangeTrait> {
    let mut traits = Vec::new();
    match (was, is) {
        (Some(was), Some(is)) => {
            if was.id != is.id && was.version == is.version {
                traits.push(ChangeTrait::Unannounced);
            }
            if was.id != is.id && was.content.is_same_claim(&is.content) {
                traits.push(ChangeTrait::SameClaims);
            }
        }
        (None, Some(is)) if is.returned => traits.push(ChangeTrait::Returned),
        _ => {}
    }
    traits
}

/// A function from the records that a change removes and adds, and from its kind, to its cause.
type CauseByRecords<'a> = dyn Fn(&[RecordId], &[RecordId], ChangeKind) -> Cause + 'a;

/// Returns the ids of records, sorted.
fn ids(resolved: ResolvedView<'_>, records: &[RecordIndex]) -> Vec<RecordId> {
    let mut ids: Vec<RecordId> = records.iter().map(|&record| resolved.view[record].id).collect();
    ids.sort_unstable();
    ids
}

/// Returns the ids that only the first of two sorted lists has, and those that only the second has.
fn symmetric_difference(a: &[RecordId], b: &[RecordId]) -> (Vec<RecordId>, Vec<RecordId>) {
    let only_in = |one: &[RecordId], other: &[RecordId]| {
        one.iter().filter(|id| other.binary_search(id).is_err()).copied().collect()
    };
    (only_in(a, b), only_in(b, a))
}
