//! Views: the records that one audience may know as of one time.
//!
//! Everything that is computed reads records from a view. A record that the audience may not see counts as
//! missing: in a complete snapshot it is then withdrawn, elsewhere it has no effect. So the results for an
//! audience have the same bytes whether the hidden record exists or not. `visible` decides what an audience may
//! see. `history` decides when the audience learned it and which records are live.
//!
//! One exception: a rejected object whose markings cannot be read is not missing, for any audience. A rejected
//! object whose key cannot be read makes its delivery an incomplete snapshot, which withdraws nothing.

mod history;
mod later;
mod policy;
mod reused_ids;
mod versions;
mod visible;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Index,
    sync::Arc,
};

use rayon::prelude::*;

use crate::{
    index::RecordIndex,
    join_steps::JoinSteps,
    judgement::Decisions,
    record::{ArchivedRecord, Content, PackedContent, Record, RecordId, Terms},
    symbol::Symbol,
    time::Moment,
};
pub use history::Live;
pub use later::{OrderedRecords, order};
pub use policy::{AccessPolicy, AsOf, Audience, Focus};
use reused_ids::ReusedIds;
pub use versions::{Version, versions};
use visible::Visibility;

/// The records that one audience may know as of one time.
#[derive(Clone, Debug)]
pub struct View {
    as_of: AsOf,
    records: Vec<Record>,
    retired: Vec<Record>,
    retired_keys: BTreeSet<Arc<str>>,
    reused_ids: ReusedIds,
    first_runs: BTreeMap<Symbol, Moment>,
    terms: BTreeMap<String, Terms>,
    no_terms: Terms,
    decisions: Arc<Decisions>,
}

impl View {
    /// Opens a view of `archived`; `read` returns the contents of the live records.
    ///
    /// `policy` must admit the audience to each record. So must `also`, which is given when two runs are compared: a
    /// record that the audience may no longer see is not a change for it.
    /// Records are in the order of source and key. Revoked and expired records are in a list of their own. Their
    /// keys are kept, so that a link that mentions such a key does not create its entity again.
    ///
    /// # Errors
    /// Returns the error of `read`.
    pub fn open<E>(
        archived: &[ArchivedRecord],
        policy: AccessPolicy<'_>,
        also: Option<AccessPolicy<'_>>,
        as_of: AsOf,
        read: impl Fn(&[Live]) -> Result<Vec<Arc<PackedContent>>, E>,
    ) -> Result<Self, E> {
        Self::open_in_order(archived, &order(archived), (policy, also), as_of, read)
    }

    /// Opens a view as [`View::open`] does, with the same result. The rows of each key are brought together by `steps`.
    ///
    /// # Errors
    /// Returns the error of `read`.
    pub fn open_by<E>(
        archived: &[ArchivedRecord],
        steps: &dyn JoinSteps,
        policy: AccessPolicy<'_>,
        as_of: AsOf,
        read: impl Fn(&[Live]) -> Result<Vec<Arc<PackedContent>>, E>,
    ) -> Result<Self, E> {
        Self::open_in_order(archived, &later::order_by(archived, steps), (policy, None), as_of, read)
    }

    fn open_in_order<E>(
        archived: &[ArchivedRecord],
        order: &[usize],
        (policy, also): (AccessPolicy<'_>, Option<AccessPolicy<'_>>),
        as_of: AsOf,
        read: impl Fn(&[Live]) -> Result<Vec<Arc<PackedContent>>, E>,
    ) -> Result<Self, E> {
        let mut live = live(archived, order, (policy, also), as_of);
        let first_runs = first_runs(archived, &live);
        live.retain(|live| !live.is_withdrawn);
        let contents = read(&live)?;
        let all: Vec<Record> = live
            .par_iter()
            .zip(contents)
            .map(|(live, content)| record(&archived[live.position], live, content))
            .collect();
        let reused_ids = reused_ids(archived, &live, &all, read)?;
        let mut all = joined_places(all);
        let mut view = Self {
            as_of,
            retired: all.extract_if(.., |record| record.content.is_retired(as_of.valid_at)).collect(),
            records: all,
            retired_keys: BTreeSet::new(),
            reused_ids,
            first_runs,
            terms: policy.terms.clone(),
            no_terms: Terms::default(),
            decisions: Arc::default(),
        };
        view.retired_keys = retired_keys(&view.records, &view.retired);
        Ok(view)
    }

    /// Returns the view with decisions of people about identity. They are not records, and every audience has them.
    #[must_use]
    pub fn with_decisions(self, decisions: Arc<Decisions>) -> Self {
        Self { decisions, ..self }
    }

    /// Returns the decisions of people about identity that are in force.
    pub fn decisions(&self) -> &Decisions {
        &self.decisions
    }

    /// Returns the records, in order of source and key.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Returns the live records that are revoked, deprecated or expired, in order of source and key. An
    /// analysis does not use them. A comparison of two runs does.
    pub fn retired(&self) -> &[Record] {
        &self.retired
    }

    /// Returns a copy of the view without some records.
    #[must_use]
    pub fn without(&self, records: &BTreeSet<RecordId>) -> Self {
        let mut fewer = self.clone();
        fewer.records.retain(|record| !records.contains(&record.id));
        fewer
    }

    /// Removes the records that do not meet a condition.
    pub(crate) fn keep_only(&mut self, is_kept: impl Fn(&Record) -> bool) {
        self.records.retain(&is_kept);
        self.retired.retain(is_kept);
    }

    /// Returns the as-of time of the first run in which a source delivered anything that the audience may know;
    /// `None` for an unknown source.
    pub fn first_run(&self, source: &str) -> Option<Moment> {
        self.first_runs.get(&Symbol::of(source)).copied()
    }

    /// Returns the as-of time of the view.
    pub fn as_of(&self) -> AsOf {
        self.as_of
    }

    /// Returns whether the object of this key is revoked or expired in every source that delivered it.
    pub fn is_retired(&self, key: &str) -> bool {
        self.retired_keys.contains(key)
    }

    /// Returns whether an object is revoked or expired in every source, or a source gave an id to two objects.
    pub fn has_retired_objects(&self) -> bool {
        !self.retired_keys.is_empty() || !self.reused_ids.is_empty()
    }

    /// Returns whether a source gave this id to two objects.
    pub fn is_reused(&self, source: &str, id: &str) -> bool {
        self.reused_ids.contains(source, id)
    }

    /// Returns whether a record that mentions an id means an earlier object of its source with this id.
    pub fn is_of_earlier_object(&self, record: &Record, id: &str) -> bool {
        self.reused_ids.is_of_earlier_object(record, id)
    }

    /// Returns the terms of a source; the default terms if it has none.
    pub fn terms(&self, source: &str) -> &Terms {
        self.terms.get(source).unwrap_or(&self.no_terms)
    }
}

impl Index<RecordIndex> for View {
    type Output = Record;

    fn index(&self, record: RecordIndex) -> &Record {
        &self.records[record.index()]
    }
}

fn record(archived: &ArchivedRecord, live: &Live, content: Arc<PackedContent>) -> Record {
    let is_back = live.is_revoked && !content.is_retracted();
    let content = if is_back { Arc::new(content.as_revoked()) } else { content };
    let digest = archived.content().expect("a live record has content");
    Record {
        id: RecordId::new(&archived.source, &archived.key, &digest),
        source: archived.source,
        key: Arc::clone(&archived.key),
        version: archived.version.clone(),
        recorded_at: live.recorded_at,
        recorded_first: live.recorded_first,
        first_run: live.first_run,
        returned: live.returned,
        marking: live.marking,
        surroundings: archived.surroundings.digest,
        content,
    }
}

/// Joins the places of each object. An object that was delivered in several places is one record with the claims of all of
/// them.
fn joined_places(mut all: Vec<Record>) -> Vec<Record> {
    for places in all.chunk_by_mut(|a, b| a.id == b.id).filter(|places| places.len() > 1) {
        join(places);
    }
    all.dedup_by(|other, first| other.id == first.id);
    all
}

/// Returns the keys of retired records that no other record has.
fn retired_keys(records: &[Record], retired: &[Record]) -> BTreeSet<Arc<str>> {
    let mut keys: BTreeSet<Arc<str>> = retired.iter().map(|record| Arc::clone(&record.key)).collect();
    for record in records.iter().filter(|_| !retired.is_empty()) {
        keys.remove(&record.key);
    }
    keys
}

/// Finds the ids that a source gave to two objects. `records` has one record for each live row.
fn reused_ids<E>(
    archived: &[ArchivedRecord],
    live: &[Live],
    records: &[Record],
    read: impl Fn(&[Live]) -> Result<Vec<Arc<PackedContent>>, E>,
) -> Result<ReusedIds, E> {
    let changed = live.iter().zip(records);
    let (earliest, now): (Vec<Live>, Vec<&Record>) =
        changed.filter_map(|(live, now)| Some((reused_ids::earliest(archived, live)?, now))).unzip();
    let mut reused = ReusedIds::default();
    if !earliest.is_empty() {
        for (now, earliest) in now.into_iter().zip(read(&earliest)?) {
            reused.add(now, &earliest);
        }
    }
    Ok(reused)
}

/// Returns the first run of each source, withdrawn keys included; `learned` is in order of source.
fn first_runs(archived: &[ArchivedRecord], learned: &[Live]) -> BTreeMap<Symbol, Moment> {
    let source = |live: &Live| archived[live.position].source;
    let first_run = |group: &[Live]| {
        let first = group.iter().map(|live| live.first_run).min().expect("a group is not empty");
        (source(&group[0]), first)
    };
    learned.chunk_by(|a, b| source(a) == source(b)).map(first_run).collect()
}

/// Joins the places of one object into the first of them.
fn join(places: &mut [Record]) {
    let contents: Vec<Content> = places.iter().map(|place| place.content.unpacked()).collect();
    let Some((first, others)) = places.split_first_mut() else { return };
    first.content = Arc::new(Content::joined(&contents).packed());
    for other in others {
        first.marking = first.marking.join(other.marking);
        // A sum does not depend on the order of the places.
        first.surroundings = first.surroundings.wrapping_add(other.surroundings);
    }
}

/// Returns the live rows of each key, as the audience may know them; a withdrawn key has one marked entry.
fn live(
    archived: &[ArchivedRecord],
    order: &[usize],
    (policy, also): (AccessPolicy<'_>, Option<AccessPolicy<'_>>),
    as_of: AsOf,
) -> Vec<Live> {
    let visibility = Visibility::of(archived, policy, also, as_of);
    order
        .par_chunk_by(|a, b| is_same_key(archived, *a, *b))
        .flat_map_iter(|positions| history::live(visibility.delivered(archived, positions), as_of))
        .collect()
}

fn is_same_key(archived: &[ArchivedRecord], a: usize, b: usize) -> bool {
    archived[a].key == archived[b].key && archived[a].source == archived[b].source
}

/// Returns the live rows of one key for an audience that may see everything. `rows` has all rows of the key in
/// the order of commits.
pub fn live_of_key<'a>(rows: &[&'a ArchivedRecord]) -> Vec<&'a ArchivedRecord> {
    let mut rows = rows.to_vec();
    rows.sort_by(|a, b| in_order(a, b));
    let delivered = visible::delivered_to_all(&rows);
    history::live(delivered, AsOf::latest())
        .filter(|live| !live.is_withdrawn)
        .map(|live| rows[live.position])
        .collect()
}

/// Orders rows by source, key and commit, and within a commit by precedence: the last row wins.
fn in_order(a: &ArchivedRecord, b: &ArchivedRecord) -> std::cmp::Ordering {
    (&a.source, &a.key, a.commit)
        .cmp(&(&b.source, &b.key, b.commit))
        .then_with(|| a.content().is_some().cmp(&b.content().is_some()))
        .then_with(|| version_rank(a.version.as_deref()).cmp(&version_rank(b.version.as_deref())))
        .then_with(|| a.content().cmp(&b.content()))
        .then_with(|| (a.surroundings, &*a.markings).cmp(&(b.surroundings, &*b.markings)))
}

/// Returns the rank of a version field: times in order of time, other texts in alphabetical order.
pub fn version_rank(version: Option<&str>) -> (Option<Moment>, Option<&str>) {
    (version.and_then(Moment::parse), version)
}
