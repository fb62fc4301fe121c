//! The view as of a later time, from the view as of an earlier time. Only the keys that changed between both are read again.

use std::{
    cmp::Ordering,
    collections::BTreeSet,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use rayon::prelude::*;

use super::{
    View,
    history::{self, Live},
    in_order, is_same_key, joined_places,
    policy::{AccessPolicy, AsOf},
    record, reused_ids,
    visible::Visibility,
};
use crate::{
    join_steps::JoinSteps,
    record::{ArchivedRecord, PackedContent, Record},
    time::Moment,
};

/// Archived records with their positions in the order of sources, keys and commits.
#[derive(Clone, Copy, Debug)]
pub struct OrderedRecords<'a> {
    /// Records, in the order of commits.
    pub archived: &'a [ArchivedRecord],
    /// Their positions, as [`order`] returns them.
    pub order: &'a [usize],
}

/// Returns the positions of archived records in the order of sources, keys and commits.
pub fn order(archived: &[ArchivedRecord]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..archived.len()).collect();
    order.par_sort_by(|&a, &b| in_order(&archived[a], &archived[b]));
    order
}

/// Returns the positions of archived records as [`order`] does. `steps` brings the rows of each key together, so that only
/// distinct keys are sorted.
pub(super) fn order_by(archived: &[ArchivedRecord], steps: &dyn JoinSteps) -> Vec<usize> {
    if !steps.has_engine() {
        return order(archived);
    }
    let key = |row: &ArchivedRecord| {
        let mut hasher = DefaultHasher::new();
        (&*row.source, &*row.key).hash(&mut hasher);
        hasher.finish()
    };
    let keys: Vec<u64> = archived.par_iter().map(key).collect();
    let Some(first) = steps.first_equal("liveness", &keys) else { return order(archived) };
    // Keys with one hash may differ.
    let is_of_first = |(row, first): (usize, &u32)| is_same_key(archived, row, *first as usize);
    if !first.par_iter().enumerate().all(is_of_first) {
        return order(archived);
    }
    let is_first = |(row, first): (usize, &u32)| (row == *first as usize).then_some(*first);
    let mut distinct: Vec<u32> = first.iter().enumerate().filter_map(is_first).collect();
    distinct.par_sort_unstable_by(|&a, &b| in_order(&archived[a as usize], &archived[b as usize]));
    let mut place = vec![0_u32; archived.len()];
    for (number, first) in (0..).zip(&distinct) {
        place[*first as usize] = number;
    }
    let mut order: Vec<usize> = (0..archived.len()).collect();
    order.par_sort_by(|&a, &b| {
        let by_key = place[first[a] as usize].cmp(&place[first[b] as usize]);
        by_key.then_with(|| in_order(&archived[a], &archived[b]))
    });
    order
}

impl View {
    /// Opens the view as of a later time for the same audience, by the same terms. It equals the result of [`View::open`].
    /// `None` if that needs all records: a marking definition may change what the audience sees.
    ///
    /// The state of a key as of a time follows from its rows with times until then. So a key without a row of a time between
    /// both views has the same state in both.
    ///
    /// # Errors
    /// Returns the error of `read`.
    pub fn later<E>(
        &self,
        records: OrderedRecords<'_>,
        policy: AccessPolicy<'_>,
        as_of: AsOf,
        read: impl Fn(&[Live]) -> Result<Vec<Arc<PackedContent>>, E>,
    ) -> Result<Option<Self>, E> {
        let archived = records.archived;
        let is_later = self.as_of.recorded_until <= as_of.recorded_until
            && self.as_of.valid_at <= as_of.valid_at
            && self.as_of.without == as_of.without;
        if !is_later || archived.iter().any(|row| row.defines.is_some()) {
            return Ok(None);
        }
        let between = |time: Moment| self.as_of.recorded_until < time && time <= as_of.recorded_until;
        let is_between = |row: &&ArchivedRecord| between(row.run) || row.object_time.is_some_and(between);
        let mut keys: Vec<&[usize]> =
            archived.iter().filter(is_between).map(|row| rows_of_key(records, row)).collect();
        keys.sort_unstable_by_key(|rows| rows.as_ptr());
        keys.dedup_by_key(|rows| rows.as_ptr());
        let visibility = Visibility::of(archived, policy, None, as_of);
        let mut live: Vec<Live> =
            keys.iter().flat_map(|rows| history::live(visibility.delivered(archived, rows), as_of)).collect();
        let mut view = self.without_records(as_of);
        for (source, first) in super::first_runs(archived, &live) {
            view.first_runs.entry(source).and_modify(|known| *known = first.min(*known)).or_insert(first);
        }
        live.retain(|live| !live.is_withdrawn);
        let contents = read(&live)?;
        let new: Vec<Record> = live
            .iter()
            .zip(contents)
            .map(|(live, content)| record(&archived[live.position], live, content))
            .collect();
        for rows in &keys {
            let row = &archived[rows[0]];
            view.reused_ids.remove(row.source, &row.key);
        }
        view.reused_ids.extend(reused_ids(archived, &live, &new, read)?);
        let changed: Vec<&ArchivedRecord> = keys.iter().map(|rows| &archived[rows[0]]).collect();
        let mut all = merged(unchanged(&self.records, &changed), joined_places(new));
        let retired = all.extract_if(.., |record| record.content.is_retired(as_of.valid_at));
        view.retired = merged(unchanged(&self.retired, &changed), retired);
        view.records = all;
        view.retired_keys = super::retired_keys(&view.records, &view.retired);
        Ok(Some(view))
    }

    fn without_records(&self, as_of: AsOf) -> Self {
        Self {
            as_of,
            records: Vec::new(),
            retired: Vec::new(),
            retired_keys: BTreeSet::new(),
            reused_ids: self.reused_ids.clone(),
            first_runs: self.first_runs.clone(),
            terms: self.terms.clone(),
            no_terms: self.no_terms.clone(),
            decisions: Arc::clone(&self.decisions),
        }
    }
}

/// Returns the positions of all rows with the source and the key of a row.
fn rows_of_key<'a>(
    OrderedRecords { archived, order }: OrderedRecords<'a>,
    row: &ArchivedRecord,
) -> &'a [usize] {
    let compare = |position: &usize| {
        let other = &archived[*position];
        (&other.source, &other.key).cmp(&(&row.source, &row.key))
    };
    let first = order.partition_point(|position| compare(position).is_lt());
    let count = order[first..].partition_point(|position| compare(position).is_eq());
    debug_assert!(order[first..first + count].windows(2).all(|two| is_same_key(archived, two[0], two[1])));
    &order[first..first + count]
}

/// Returns the records of other keys than those of some rows. Both are in the order of source and key.
fn unchanged<'a>(
    records: &'a [Record],
    changed: &'a [&ArchivedRecord],
) -> impl Iterator<Item = Record> + use<'a> {
    let mut next = 0;
    let is_unchanged = move |record: &&Record| {
        let compare = |row: &&ArchivedRecord| (&row.source, &row.key).cmp(&(&record.source, &record.key));
        while changed.get(next).is_some_and(|row| compare(row) == Ordering::Less) {
            next += 1;
        }
        changed.get(next).is_none_or(|row| compare(row) == Ordering::Greater)
    };
    records.iter().filter(is_unchanged).cloned()
}

/// Merges records in the order of source and key. The two lists have no key in common.
fn merged(one: impl Iterator<Item = Record>, other: impl IntoIterator<Item = Record>) -> Vec<Record> {
    let mut merged = Vec::with_capacity(one.size_hint().1.unwrap_or_default());
    let mut others = other.into_iter().peekable();
    for record in one {
        while let Some(before) =
            others.next_if(|other| (&other.source, &other.key) < (&record.source, &record.key))
        {
            merged.push(before);
        }
        merged.push(record);
    }
    merged.extend(others);
    merged
}
