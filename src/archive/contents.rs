//! Contents of an archive in memory. The content of a record is read when a view needs it.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use rayon::prelude::*;

use super::{
    content_columns::StoredColumns,
    places::{ArchivedOrigin, Places},
    rows::{ArchivedDelivery, StoredRecord},
    segment,
    store::ArchiveError,
};
use crate::{
    ingest::{self, Mappings},
    join_steps::JoinSteps,
    judgement::{Decisions, Judgement},
    record::{ArchivedRecord, Content, Digest, PackedContent, Record, RecordId},
    time::Moment,
    view::{self, AccessPolicy, AsOf, Live, OrderedRecords, Version, View},
};

/// Contents of records by their position, for each mapping that read them; the key of other formats than
/// tables is `None`.
type ContentCache = BTreeMap<Option<Digest>, Vec<Option<Arc<PackedContent>>>>;

/// Everything in an archive. The content of a record is read when a view needs it.
#[derive(Debug)]
pub struct ArchiveContents {
    pub(super) folder: PathBuf,
    records: Vec<ArchivedRecord>,
    places: Places,
    cache: RefCell<ContentCache>,
    /// Number of commits that were read.
    pub(super) commits: usize,
    /// Every delivery that was read, sorted.
    pub deliveries: Vec<ArchivedDelivery>,
    /// Judgements of people, in order of recorded time.
    pub(super) judgements: Vec<Judgement>,
    /// Decisions about identity that every view has.
    decisions: Arc<Decisions>,
    /// Stored columns of contents; `None` if none are read and stored.
    columns: Option<StoredColumns>,
}

impl ArchiveContents {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            records: Vec::new(),
            places: Places::default(),
            cache: RefCell::default(),
            commits: 0,
            deliveries: Vec::new(),
            judgements: Vec::new(),
            decisions: Arc::default(),
            columns: None,
        }
    }

    /// Stores columns of the contents that are read from here on, and reads those of earlier runs. `version` names the versions of
    /// everything that decides contents. The archive must be open for writing.
    pub fn keep_columns(&mut self, version: String) {
        self.columns = Some(StoredColumns::new(version));
    }

    /// Returns the keys of the run state with the columns of the contents that were read.
    pub fn used_columns(&self) -> Vec<String> {
        self.columns.as_ref().map(StoredColumns::used).unwrap_or_default()
    }

    /// Replaces the judgements; all of those about identity are then in force.
    pub(super) fn judge(&mut self, judgements: Vec<Judgement>) {
        self.judgements = judgements;
        self.decide_until(Moment::from_micros(i64::MAX));
    }

    /// Gives later views the decisions about identity that are in force as of the time of a run. Views of earlier runs have
    /// them, too: such a decision is a rule, like the configuration, so that it raises nothing new when a run is replayed.
    pub fn decide_until(&mut self, as_of: Moment) {
        self.decisions = Arc::new(self.decisions_until(as_of));
    }

    /// Returns the decisions about identity that were in force as of a time.
    pub fn decisions_until(&self, as_of: Moment) -> Decisions {
        Decisions::of(&self.judgements, as_of)
    }

    /// Returns the decisions about identity that every view has.
    pub fn decisions(&self) -> &Arc<Decisions> {
        &self.decisions
    }

    /// Makes room for further records.
    pub(super) fn reserve(&mut self, count: usize) {
        self.records.reserve(count);
    }

    pub(super) fn push(&mut self, stored: StoredRecord, segment: Arc<str>, row: usize) {
        self.records.push(stored.record);
        self.places.push(stored.origin, segment, row);
    }

    /// Returns the segment and the row that contain a record.
    pub(super) fn place(&self, position: usize) -> (&str, usize) {
        let (segment, row) = self.places.segment(position);
        (segment, row)
    }

    /// Returns the digest of the segment that contains a record.
    pub(crate) fn segment(&self, position: usize) -> &str {
        self.places.segment(position).0
    }

    /// Returns the row of the segment that contains a record.
    pub(crate) fn row(&self, position: usize) -> usize {
        self.places.segment(position).1
    }

    /// Returns every record, in the order of commits.
    pub fn records(&self) -> &[ArchivedRecord] {
        &self.records
    }

    /// Opens a view for an audience; see [`View::open`].
    ///
    /// # Errors
    /// If a segment is damaged or cannot be read.
    pub fn view(
        &self,
        policy: AccessPolicy<'_>,
        also: Option<AccessPolicy<'_>>,
        as_of: AsOf,
    ) -> Result<View, ArchiveError> {
        let view = View::open(&self.records, policy, also, as_of, |live| self.assembled(live, policy))?;
        Ok(view.with_decisions(Arc::clone(&self.decisions)))
    }

    /// Opens a view for an audience as [`ArchiveContents::view`] does, with the same result. The rows of each key are brought
    /// together by `steps`.
    ///
    /// # Errors
    /// If a segment is damaged or cannot be read.
    pub fn view_by(
        &self,
        steps: &dyn JoinSteps,
        policy: AccessPolicy<'_>,
        as_of: AsOf,
    ) -> Result<View, ArchiveError> {
        let read = |live: &[Live]| self.assembled(live, policy);
        let view = View::open_by(&self.records, steps, policy, as_of, read)?;
        Ok(view.with_decisions(Arc::clone(&self.decisions)))
    }

    /// Reads the contents of live records for a view.
    fn assembled(
        &self,
        live: &[Live],
        policy: AccessPolicy<'_>,
    ) -> Result<Vec<Arc<PackedContent>>, ArchiveError> {
        let positions: Vec<usize> = live.iter().map(|live| live.position).collect();
        let mut contents = self.contents(&positions, &ingest::mappings(policy.terms))?;
        assemble(&mut contents, |content| &self.records[positions[content]].source);
        Ok(contents)
    }

    /// Opens the view of some sources and keys alone. It has the records that the whole view has under these keys; `None` if
    /// records of other keys may decide their content.
    ///
    /// # Errors
    /// If a segment is damaged or cannot be read.
    pub fn view_of_keys(
        &self,
        keys: &BTreeSet<(&str, &str)>,
        policy: AccessPolicy<'_>,
        as_of: AsOf,
    ) -> Result<Option<View>, ArchiveError> {
        // A marking definition decides about records of other keys.
        let all = &self.records;
        let is_read = |position: &usize| {
            let record = &all[*position];
            record.defines.is_some() || keys.contains(&(&*record.source, &*record.key))
        };
        let positions: Vec<usize> = (0..all.len()).into_par_iter().filter(is_read).collect();
        let records: Vec<ArchivedRecord> = positions.iter().map(|position| all[*position].clone()).collect();
        let has_part = Cell::new(false);
        let mut view = View::open(&records, policy, None, as_of, |live| {
            let live: Vec<usize> = live.iter().map(|live| positions[live.position]).collect();
            let contents = self.contents(&live, &ingest::mappings(policy.terms))?;
            has_part.set(has_part.get() || contents.iter().any(|content| content.part().is_some()));
            Ok::<_, ArchiveError>(contents)
        })?;
        view.keep_only(|record| keys.contains(&(&*record.source, &*record.key)));
        Ok((!has_part.get()).then_some(view))
    }

    /// Returns the positions of the records in the order of sources and keys, for [`ArchiveContents::later_view`].
    pub fn order(&self) -> Vec<usize> {
        view::order(&self.records)
    }

    /// Opens the view as of a later time than that of `before`, for the same audience by the same terms. It equals the result
    /// of [`ArchiveContents::view`], and reads only what changed between both.
    ///
    /// # Errors
    /// If a segment is damaged or cannot be read.
    pub fn later_view(
        &self,
        (before, order): (&View, &[usize]),
        policy: AccessPolicy<'_>,
        as_of: AsOf,
    ) -> Result<View, ArchiveError> {
        let mappings = ingest::mappings(policy.terms);
        let has_part = Cell::new(false);
        let read = |live: &[Live]| {
            let positions: Vec<usize> = live.iter().map(|live| live.position).collect();
            let contents = self.contents(&positions, &mappings)?;
            has_part.set(has_part.get() || contents.iter().any(|content| content.part().is_some()));
            Ok::<_, ArchiveError>(contents)
        };
        // Records claim a part together, so that a new one changes records of other keys.
        let is_whole =
            before.records().iter().chain(before.retired()).all(|record| record.content.part().is_none());
        let records = OrderedRecords { archived: &self.records, order };
        let later = if is_whole { before.later(records, policy, as_of, read)? } else { None };
        match later.filter(|_| !has_part.get()) {
            Some(view) => Ok(view.with_decisions(Arc::clone(&self.decisions))),
            None => self.view(policy, None, as_of),
        }
    }

    /// Returns every version of each record that an audience may know, with its interval of recorded time; see
    /// [`view::versions`].
    ///
    /// # Errors
    /// If a segment is damaged or cannot be read.
    pub fn versions(&self, policy: AccessPolicy<'_>) -> Result<Vec<Version>, ArchiveError> {
        view::versions(&self.records, policy, |live| {
            let positions: Vec<usize> = live.iter().map(|live| live.position).collect();
            self.contents(&positions, &ingest::mappings(policy.terms))
        })
    }

    /// Returns the origins of the contents of `records` among the deliveries until `recorded_until`, each with
    /// the position of its record, in order. The records must have distinct keys.
    pub fn origins<'s>(
        &'s self,
        records: &[Record],
        recorded_until: Moment,
    ) -> Vec<(usize, ArchivedOrigin<'s>)> {
        let key = |position: usize| (records[position].source, &*records[position].key);
        let mut order: Vec<usize> = (0..records.len()).collect();
        order.par_sort_by_key(|&position| key(position));
        let (places, order) = (&self.places, order.as_slice());
        let matching = |next: &mut usize, archived_position: usize, archived: &ArchivedRecord| {
            let content = archived.content()?;
            // A later run counts only if its objects have an earlier time of their own.
            if archived.earliest() > recorded_until {
                return None;
            }
            let wanted = (archived.source, &*archived.key);
            *next = first_from(order, *next, |position| key(position) < wanted);
            let position = *order.get(*next).filter(|position| key(**position) == wanted)?;
            let id = RecordId::new(&archived.source, &archived.key, &content);
            (records[position].id == id).then(|| (position, places.origin(archived_position)))
        };
        let chunks = self.records.par_chunks(CHUNK).enumerate();
        let mut origins: Vec<(usize, ArchivedOrigin<'s>)> = chunks
            .flat_map_iter(|(chunk, archived)| {
                let mut next = 0;
                let rows = (chunk * CHUNK..).zip(archived);
                rows.filter_map(move |(position, archived)| matching(&mut next, position, archived))
            })
            .collect();
        origins.par_sort();
        origins.dedup();
        origins
    }

    /// Returns the contents of records by their positions. Each is read at most once for each mapping.
    pub(crate) fn contents(
        &self,
        positions: &[usize],
        mappings: &Mappings,
    ) -> Result<Vec<Arc<PackedContent>>, ArchiveError> {
        let mapping_of =
            |position: usize| mappings.get(&*self.records[position].source).map(|mapping| &**mapping);
        let digest_of = |position: usize| mapping_of(position).map(|mapping| mapping.digest);
        let mut cache = self.cache.borrow_mut();
        let cached = |cache: &ContentCache, position: usize| {
            cache.get(&digest_of(position)).and_then(|contents| contents.get(position)?.clone())
        };
        // Stored columns belong to one mapping.
        let mut missing: BTreeMap<(&str, Option<Digest>), Vec<usize>> = BTreeMap::new();
        for &position in positions {
            if self.records[position].content().is_some() && cached(&cache, position).is_none() {
                let segment = self.places.segment(position).0;
                missing.entry((segment, digest_of(position))).or_default().push(position);
            }
        }
        for ((segment, digest), mut positions) in missing {
            let row = |position: usize| self.places.segment(position).1;
            positions.sort_unstable_by_key(|&position| row(position));
            positions.dedup();
            let rows: Vec<usize> = positions.iter().map(|&position| row(position)).collect();
            let mapping = mapping_of(positions[0]);
            let interpret = |rows: &[usize]| segment::read_contents(&self.folder, segment, rows, mapping);
            let contents = match &self.columns {
                Some(columns) => columns.contents(&self.folder, (segment, digest), &rows, interpret)?,
                None => interpret(&rows)?,
            };
            let of_mapping = cache.entry(digest).or_default();
            of_mapping.resize(self.records.len(), None);
            for (position, content) in positions.into_iter().zip(contents) {
                of_mapping[position] = Some(content);
            }
        }
        let empty = Arc::new(PackedContent::default());
        let content = |&position: &usize| cached(&cache, position).unwrap_or_else(|| Arc::clone(&empty));
        Ok(positions.iter().map(content).collect())
    }
}

/// Archived records that one task matches with records.
const CHUNK: usize = 16_384;

/// Returns the first place in `order` whose element is not before, as a binary search does. The elements must be in order.
///
/// The search begins at `start` and takes growing steps, because the rows of a commit are in the order of the records.
fn first_from(order: &[usize], start: usize, is_before: impl Fn(usize) -> bool) -> usize {
    if !order.get(start).is_some_and(|element| is_before(*element)) {
        return order[..start].partition_point(|element| is_before(*element));
    }
    let mut step = 1;
    while order.get(start + step).is_some_and(|element| is_before(*element)) {
        step *= 2;
    }
    let end = order.len().min(start + step);
    start + order[start..end].partition_point(|element| is_before(*element))
}

/// Completes the contents that several records of one source claim together. Only contents with a part are unpacked.
fn assemble<'a>(contents: &mut [Arc<PackedContent>], source_of: impl Fn(usize) -> &'a str) {
    let with_part: Vec<usize> =
        (0..contents.len()).filter(|&position| contents[position].part().is_some()).collect();
    if with_part.is_empty() {
        return;
    }
    let mut parts: Vec<Arc<Content>> =
        with_part.iter().map(|&position| Arc::new(contents[position].unpacked())).collect();
    ingest::assemble(&mut parts, &|part| source_of(with_part[part]));
    for (position, part) in with_part.into_iter().zip(parts) {
        contents[position] = Arc::new(Arc::unwrap_or_clone(part).packed());
    }
}

#[cfg(test)]
mod tests {
    use super::first_from;

    #[test]
    fn a_search_from_any_start_finds_what_a_binary_search_finds() {
        let order: Vec<usize> = (0..40).map(|number| 3 * number).collect();
        for start in 0..=order.len() {
            for wanted in 0..130 {
                let found = first_from(&order, start, |element| element < wanted);
                assert_eq!(found, order.partition_point(|element| *element < wanted), "{start} {wanted}");
            }
        }
        assert_eq!(first_from(&[], 0, |_| true), 0);
    }
}
