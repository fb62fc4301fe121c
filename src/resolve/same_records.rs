//! Records that two views have in common.

use std::{cmp::Ordering, sync::Arc};

use crate::{index::RecordIndex, record::Record, view::View};

/// Positions of the records that two views have in common, in both views. The order of these records is equal in both.
pub(super) struct SameRecords {
    before: Vec<Option<RecordIndex>>,
    after: Vec<Option<RecordIndex>>,
}

impl SameRecords {
    /// Finds the records of two views that are equal in everything that a resolution reads.
    pub(super) fn of(before: &View, after: &View) -> Self {
        let (olds, news) = (before.records(), after.records());
        let mut same = Self { before: vec![None; news.len()], after: vec![None; olds.len()] };
        let mut next = 0;
        for (new, record) in news.iter().enumerate() {
            while olds.get(next).is_some_and(|old| in_order(old, record) == Ordering::Less) {
                next += 1;
            }
            let of_key = olds[next..].iter().take_while(|old| in_order(old, record) == Ordering::Equal);
            if let Some(offset) = of_key.map(|old| is_same(old, record)).position(|is_same| is_same) {
                same.before[new] = Some(RecordIndex::new(next + offset));
                same.after[next + offset] = Some(RecordIndex::new(new));
                next += offset + 1;
            }
        }
        same
    }

    /// Returns the position in the earlier view of a record; `None` if that view does not have the record.
    pub(super) fn before(&self, record: RecordIndex) -> Option<RecordIndex> {
        self.before[record.index()]
    }

    /// Returns the position of a record of the earlier view; `None` if the view does not have the record.
    pub(super) fn after(&self, record: RecordIndex) -> Option<RecordIndex> {
        self.after[record.index()]
    }

    /// Returns the records of the view that the earlier view does not have.
    pub(super) fn added(&self) -> impl Iterator<Item = RecordIndex> {
        RecordIndex::enumerate(&self.before).filter(|(_, before)| before.is_none()).map(|(record, _)| record)
    }

    /// Returns the records of the earlier view that the view does not have.
    pub(super) fn removed(&self) -> impl Iterator<Item = RecordIndex> {
        RecordIndex::enumerate(&self.after).filter(|(_, after)| after.is_none()).map(|(record, _)| record)
    }
}

/// Compares source and key, which order the records of a view. Most equal keys are one text.
fn in_order(a: &Record, b: &Record) -> Ordering {
    let keys = || if Arc::ptr_eq(&a.key, &b.key) { Ordering::Equal } else { a.key.cmp(&b.key) };
    a.source.cmp(&b.source).then_with(keys)
}

/// Returns whether two records of one source and key are equal. One archived row has one content in all views, so that
/// contents need not be compared.
fn is_same(a: &Record, b: &Record) -> bool {
    Arc::ptr_eq(&a.content, &b.content)
        && (a.id, a.recorded_at, a.recorded_first, a.first_run)
            == (b.id, b.recorded_at, b.recorded_first, b.first_run)
        && (a.returned, a.marking, a.surroundings) == (b.returned, b.marking, b.surroundings)
        && a.version == b.version
}
