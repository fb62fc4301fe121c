//! Versions with two contents: a source changed an object and kept its version field.
//!
//! STIX 2.1 (section 3.6) identifies a version by id and `modified`, and both contents claim to be it. The archive keeps both.

use std::hash::{DefaultHasher, Hash, Hasher};

use rayon::prelude::*;

use super::ArchiveContents;
use crate::{
    record::{ArchivedRecord, Digest, RecordId},
    time::Moment,
};

/// Two contents of one version of an object of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionConflict<'a> {
    /// Source of both.
    pub source: &'a str,
    /// The source's id of the object.
    pub key: &'a str,
    /// Version field of both.
    pub version: &'a str,
    /// The record with the lower id.
    pub record: RecordId,
    /// The other record.
    pub other: RecordId,
}

impl ArchiveContents {
    /// Returns the pairs of records that share source, key and version and differ in content, until a recorded time, in order. Of
    /// more than two contents, each is paired with the next one.
    pub fn version_conflicts(&self, recorded_until: Moment) -> Vec<VersionConflict<'_>> {
        let version = |record: &ArchivedRecord| {
            (record.content().is_some() && record.earliest() <= recorded_until)
                .then(|| digest_of_version(record))
                .flatten()
        };
        let mut rows: Vec<(u64, &ArchivedRecord)> =
            self.records().par_iter().filter_map(|record| Some((version(record)?, record))).collect();
        rows.par_sort_by_key(|(digest, _)| *digest);
        let mut conflicts: Vec<VersionConflict<'_>> = rows
            .par_chunk_by(|(one, _), (other, _)| one == other)
            .filter(|rows| rows.iter().any(|(_, row)| row.content() != rows[0].1.content()))
            .flat_map_iter(of_version)
            .collect();
        conflicts.par_sort();
        conflicts
    }
}

/// Returns a digest of source, key and version; `None` without a version.
fn digest_of_version(record: &ArchivedRecord) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    (&*record.source, &record.key, record.version.as_ref()?).hash(&mut hasher);
    Some(hasher.finish())
}

/// Returns the conflicts among rows whose digests are equal.
fn of_version<'a>(rows: &[(u64, &'a ArchivedRecord)]) -> Vec<VersionConflict<'a>> {
    let facts = |(_, record): &(u64, &'a ArchivedRecord)| {
        let digest: Digest = record.content()?;
        let id = RecordId::new(&record.source, &record.key, &digest);
        Some((&*record.source, &*record.key, record.version.as_deref()?, id))
    };
    let mut facts: Vec<(&'a str, &'a str, &'a str, RecordId)> = rows.iter().filter_map(facts).collect();
    facts.sort_unstable();
    facts.dedup();
    let is_same_version = |pair: &&[(&str, &str, &str, RecordId)]| {
        (pair[0].0, pair[0].1, pair[0].2) == (pair[1].0, pair[1].1, pair[1].2)
    };
    let pairs = facts.windows(2).filter(is_same_version);
    pairs
        .map(|pair| {
            let (source, key, version, record) = pair[0];
            VersionConflict { source, key, version, record, other: pair[1].3 }
        })
        .collect()
}
