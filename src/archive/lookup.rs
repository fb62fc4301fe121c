//! One record as delivered, for an audience, without the other records in memory.
//!
//! An index has 16 bytes for each row of the archive. A question reads the rows of one key and the marking definitions, and
//! opens a view on them. A view decides on each key from these rows only, so the answer is that of the whole archive.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use rayon::prelude::*;

use super::{
    Archive,
    contents::ArchiveContents,
    manifest,
    rows::RecordOrigin,
    segment::{self, RowKey},
    store::ArchiveError,
};
use crate::{
    record::{PackedContent, RecordId},
    time::Moment,
    view::{AccessPolicy, AsOf, View},
};

/// Index of an archive, with which single records can be read.
#[derive(Debug)]
pub struct RecordLookup {
    folder: PathBuf,
    commits: Vec<IndexedCommit>,
    /// Digest of source and key of each row, sorted, with its commit and row.
    rows: Vec<(u64, u32, u32)>,
    /// Commit and row of each marking definition.
    definitions: Vec<(u32, u32)>,
}

#[derive(Debug)]
struct IndexedCommit {
    as_of: Moment,
    segment: Arc<str>,
}

/// The object of a record as a source delivered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveredRecord {
    /// Name of the format.
    pub format: String,
    /// Text of each delivered object with the content of the record: JSON. Objects inside it that are records of their own
    /// are left out. Several texts occur if the record was delivered in several places.
    pub objects: Vec<String>,
    /// Places in the deliveries that contain the record.
    pub origins: Vec<RecordOrigin>,
}

impl Archive {
    /// Makes an index with which single records can be read, and verifies each segment of records.
    ///
    /// # Errors
    /// If a segment is damaged or cannot be read.
    pub fn lookup(&self) -> Result<RecordLookup, ArchiveError> {
        let entries = &self.manifest.commits;
        let mut lookup = RecordLookup {
            folder: self.folder.clone(),
            commits: Vec::with_capacity(entries.len()),
            rows: Vec::new(),
            definitions: Vec::new(),
        };
        for (position, entry) in (0..).zip(entries) {
            let segment = entry.records.as_deref().unwrap_or_default();
            lookup.commits.push(IndexedCommit { as_of: entry.as_of, segment: segment.into() });
            if segment.is_empty() {
                continue;
            }
            let replaced = manifest::replaced(entries, position as usize);
            for (row, key) in (0..).zip(segment::read_keys(&self.folder, segment)?) {
                let RowKey { source, key, defines } = key;
                if replaced.contains(&*source) {
                    continue;
                }
                lookup.rows.push((digest(&source, &key), position, row));
                if defines {
                    lookup.definitions.push((position, row));
                }
            }
        }
        lookup.rows.par_sort_unstable();
        lookup.rows.shrink_to_fit();
        Ok(lookup)
    }
}

impl RecordLookup {
    /// Returns the record `id` of a source under a key as it was delivered. `None` if a view for `policy` and `also` as of that
    /// time does not contain it.
    ///
    /// # Errors
    /// If a segment cannot be read.
    pub fn as_delivered(
        &self,
        (source, key, id): (&str, &str, &str),
        [policy, also]: [AccessPolicy<'_>; 2],
        as_of: AsOf,
    ) -> Result<Option<DeliveredRecord>, ArchiveError> {
        let contents = self.contents(source, key)?;
        let archived = contents.records();
        // The view reads the live rows first; a later call is about earlier contents of reused ids.
        let live_rows = OnceCell::new();
        let view = View::open(archived, policy, Some(also), as_of, |live| {
            let is_wanted = |position: &usize| {
                let record = &archived[*position];
                let content = record.content().filter(|_| *record.source == *source && *record.key == *key);
                content.is_some_and(|content| RecordId::new(source, key, &content).to_string() == id)
            };
            live_rows
                .get_or_init(|| live.iter().map(|live| live.position).filter(is_wanted).collect::<Vec<_>>());
            // The content is not interpreted: the object is shown as delivered.
            let nothing = Arc::new(PackedContent::default());
            Ok::<_, ArchiveError>(vec![nothing; live.len()])
        })?;
        let live_rows = live_rows.into_inner().unwrap_or_default();
        if live_rows.is_empty() {
            return Ok(None);
        }
        let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for position in live_rows {
            let (segment, row) = contents.place(position);
            places.entry(segment).or_default().push(row);
        }
        let (mut format, mut objects) = (String::new(), BTreeSet::new());
        for (segment, mut rows) in places {
            rows.sort_unstable();
            rows.dedup();
            for (name, object) in segment::read_objects(&self.folder, segment, &rows)? {
                format = name;
                objects.insert(object);
            }
        }
        let records: Vec<_> =
            view.records().iter().filter(|record| record.id.to_string() == id).cloned().collect();
        let origins = contents.origins(&records, as_of.recorded_until);
        let origins = origins.into_iter().map(|(_, origin)| origin.to_origin()).collect();
        Ok(Some(DeliveredRecord { format, objects: objects.into_iter().collect(), origins }))
    }

    /// Reads the rows of a key, and all marking definitions.
    fn contents(&self, source: &str, key: &str) -> Result<ArchiveContents, ArchiveError> {
        let wanted = digest(source, key);
        let start = self.rows.partition_point(|(digest, ..)| *digest < wanted);
        let of_key = self.rows[start..].iter().take_while(|(digest, ..)| *digest == wanted);
        let places = of_key.map(|(_, commit, row)| (*commit, *row)).chain(self.definitions.iter().copied());
        let mut by_commit: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
        for (commit, row) in places {
            by_commit.entry(commit).or_default().insert(row as usize);
        }
        let mut contents = ArchiveContents::new(&self.folder);
        for (position, rows) in by_commit {
            let commit = &self.commits[position as usize];
            let rows: Vec<usize> = rows.into_iter().collect();
            let records =
                segment::read_some_records(&self.folder, &commit.segment, &rows, commit.as_of, position)?;
            for (stored, row) in records.into_iter().zip(rows) {
                contents.push(stored, Arc::clone(&commit.segment), row);
            }
        }
        Ok(contents)
    }
}

/// Digest of source and key. Two keys with one digest cost time and change no answer.
fn digest(source: &str, key: &str) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(source.len() as u64).to_le_bytes());
    hasher.update(source.as_bytes());
    hasher.update(key.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(first)
}
