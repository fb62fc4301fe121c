//! Comparison of two sides: records first, then the entities and links that derive from them.

mod entities;
mod links;

use std::cmp::Ordering;

use super::{
    Cause, Change, ChangeKind, ChangeTrait, Groups, Side, Subject, SubjectId,
    recent::arrival_of_new,
    side::{SideRecords, in_order},
};
use entities::compare_entities;
use links::compare_links;

use crate::{time::Moment, view::View};

/// Compares two sides that differ by one known cause: changed rules, or the passing of time.
pub fn compare_rules(before: &Side, after: &Side, cause: Cause, changes: &mut Groups) {
    let pairs = compare_records(before, after, &|_, _| cause, changes);
    let always = |_: &[u32], _: &[u32], _: ChangeKind| cause;
    compare_entities(before, after, &always, changes);
    // Weights decay with the age of the evidence. That alone is not a change of a link.
    let is_other = |old: u32, new: u32| {
        before.links.state(old) != after.links.state(new)
            || (cause != Cause::Expiry && before.links.weight(old) != after.links.weight(new))
    };
    compare_links((before, after), &pairs, &always, &is_other, changes);
}

/// Compares the side of the previous run with that of the current run, under the same rules and as of the same
/// time. `view` is the view of the current run, and `previous` the as-of time of the previous run, `None` if there is none.
pub fn compare_world(
    before: &Side,
    (after, view): (&Side, &View),
    previous: Option<Moment>,
    changes: &mut Groups,
) {
    let as_of = after.valid_at;
    let records = in_order(view);
    let cause_of = |old: Option<u32>, new: Option<u32>| match (old, new) {
        (None, Some(new)) => arrival_of_new(view, records[new as usize], previous).cause(),
        (Some(old), Some(new)) if before.records.is_retired(old, as_of) || !after.is_retired(new) => {
            Cause::SourceCorrection
        }
        (Some(_), Some(new)) if !after.records.is_retracted(new) => Cause::Expiry,
        _ => Cause::Deletion,
    };
    let pairs = compare_records(before, after, &cause_of, changes);
    let cause_by_records = |old: &[u32], new: &[u32], what: ChangeKind| {
        let old = old.iter().filter_map(|row| pairs.causes_before[*row as usize]);
        let mut causes = old.chain(new.iter().filter_map(|row| pairs.causes_after[*row as usize]));
        match what {
            ChangeKind::Removed => {
                causes.filter(|cause| REMOVING.contains(cause)).min().unwrap_or(Cause::Deletion)
            }
            _ => causes.by_ref().min().unwrap_or(Cause::SourceCorrection),
        }
    };
    compare_entities(before, after, &cause_by_records, changes);
    // Other links can make the ends of a link more or less rare. Its weight then differs, but it is the same link.
    let is_other = |old: u32, new: u32| before.links.state(old) != after.links.state(new);
    compare_links((before, after), &pairs, &cause_by_records, &is_other, changes);
}

/// Causes that remove an entity or a link.
const REMOVING: [Cause; 3] = [Cause::SourceCorrection, Cause::Expiry, Cause::Deletion];

/// Records of two sides, paired by their keys.
struct RecordPairs {
    /// Row after, for each row before; [`NO_ROW`] if there is none.
    row_after: Vec<u32>,
    /// Cause of the change of each record before; `None` for an unchanged record.
    causes_before: Vec<Option<Cause>>,
    /// Cause of the change of each record after.
    causes_after: Vec<Option<Cause>>,
}

/// Row of a record that the other side does not have.
const NO_ROW: u32 = u32::MAX;

/// Adds the changes of records. Returns their pairs, with the cause of each changed record.
fn compare_records(
    before: &Side,
    after: &Side,
    cause_of: &dyn Fn(Option<u32>, Option<u32>) -> Cause,
    changes: &mut Groups,
) -> RecordPairs {
    let (olds, news) = (&before.records, &after.records);
    let mut pairs = RecordPairs {
        row_after: vec![NO_ROW; olds.rows().len()],
        causes_before: vec![None; olds.rows().len()],
        causes_after: vec![None; news.rows().len()],
    };
    let order = |old: u32, new: u32| {
        let key_before = (olds.source(old, &before.names), olds.key(old));
        key_before.cmp(&(news.source(new, &after.names), news.key(new)))
    };
    for (old, new) in side_by_side(olds.rows().len(), news.rows().len(), order) {
        if let (Some(old), Some(new)) = (old, new) {
            pairs.row_after[old as usize] = new;
        }
        let what = match (old, new) {
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Removed,
            // The same record, whose validity ended between the two as-of times.
            (Some(old), Some(new))
                if olds.id(old) == news.id(new) && !before.is_retired(old) && after.is_retired(new) =>
            {
                ChangeKind::Removed
            }
            // The same record, with the same surroundings and marking.
            (Some(old), Some(new)) if olds.id(old) == news.id(new) && olds.place(old) == news.place(new) => {
                continue;
            }
            _ => ChangeKind::Changed,
        };
        let cause = cause_of(old, new);
        if let Some(old) = old {
            pairs.causes_before[old as usize] = Some(cause);
        }
        if let Some(new) = new {
            pairs.causes_after[new as usize] = Some(cause);
        }
        let traits = traits(old.map(|row| (olds, row)), new.map(|row| (news, row)));
        let shown = new.map(|row| (after, row)).or_else(|| old.map(|row| (before, row)));
        let (side, row) = shown.expect("a pair has at least one record");
        changes.add(record_change(side, row, what, cause, traits));
    }
    pairs
}

fn record_change(side: &Side, row: u32, what: ChangeKind, cause: Cause, traits: Vec<ChangeTrait>) -> Change {
    Change {
        subject: Subject::Record,
        id: SubjectId::of_record(side.records.id(row)),
        what,
        cause,
        kind: side.records.kind(row, &side.names).to_owned(),
        label: side.records.label(row, &side.names),
        source: side.records.source(row, &side.names).to_owned(),
        traits,
    }
}

/// Pairs the rows of two tables; both are in the order that `order` compares. A row without a partner comes alone.
fn side_by_side(
    count_before: usize,
    count_after: usize,
    order: impl Fn(u32, u32) -> Ordering,
) -> impl Iterator<Item = (Option<u32>, Option<u32>)> {
    let (mut old, mut new) = ((0..count_before as u32).peekable(), (0..count_after as u32).peekable());
    std::iter::from_fn(move || {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(next_old), Some(next_new)) => order(*next_old, *next_new),
        };
        Some(match order {
            Ordering::Less => (old.next(), None),
            Ordering::Greater => (None, new.next()),
            Ordering::Equal => (old.next(), new.next()),
        })
    })
}

fn traits(was: Option<(&SideRecords, u32)>, is: Option<(&SideRecords, u32)>) -> Vec<ChangeTrait> {
    let mut traits = Vec::new();
    match (was, is) {
        (Some((olds, was)), Some((news, is))) if olds.id(was) != news.id(is) => {
            if olds.version(was) == news.version(is) {
                traits.push(ChangeTrait::Unannounced);
            }
            if olds.claims(was) == news.claims(is) {
                traits.push(ChangeTrait::SameClaims);
            }
        }
        (None, Some((news, is))) if news.is_returned(is) => traits.push(ChangeTrait::Returned),
        _ => {}
    }
    traits
}

/// A function from the rows of the records that a change removes and adds, and from its kind, to its cause.
type CauseByRecords<'a> = dyn Fn(&[u32], &[u32], ChangeKind) -> Cause + 'a;

/// Returns the rows whose record only the side before has, and those whose record only the side after has.
fn symmetric_difference(
    (before, rows_before): (&Side, &[u32]),
    (after, rows_after): (&Side, &[u32]),
) -> (Vec<u32>, Vec<u32>) {
    let ids = |side: &Side, rows: &[u32]| {
        let mut ids: Vec<_> = rows.iter().map(|row| side.records.id(*row)).collect();
        ids.sort_unstable();
        ids
    };
    let (ids_before, ids_after) = (ids(before, rows_before), ids(after, rows_after));
    let is_gone = |row: &&u32| ids_after.binary_search(&before.records.id(**row)).is_err();
    let is_new = |row: &&u32| ids_before.binary_search(&after.records.id(**row)).is_err();
    (
        rows_before.iter().filter(is_gone).copied().collect(),
        rows_after.iter().filter(is_new).copied().collect(),
    )
}
