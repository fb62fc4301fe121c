//! The archive: append-only segments that are named by their digests, and one pointer to the newest manifest.
//!
//! ```text
//! STATE/lock                      held by the run that writes
//! STATE/current                   digest of the newest manifest; replaced by a rename
//! STATE/confirmed                 the same digest, written last: detects a pointer to an older manifest
//! STATE/manifests/DIGEST.json     list of commits, in order
//! STATE/segments/DIGEST.parquet   records or deliveries of one commit
//! STATE/segments/DIGEST.report.json.zst   delivery reports of one commit
//! STATE/lists/DIGEST.json.zst     warning lists that runs used
//! STATE/judgements.jsonl          judgements, one in each line
//! STATE/judgements.lock           held while judgements are read or written; not the lock of a run
//! STATE/judgements.seal           digest of that file; during a write the digests of the old and the new one
//! STATE/audit.jsonl               audit log; with audit.head and audit.lock
//! STATE/held/DIGEST               bytes of a held file
//! STATE/held.jsonl                decisions about held files; with held.seal and held.lock
//! STATE/unpublished.json          the run whose results are not yet published
//! STATE/undo.json                 the run that is being undone; read as if it did not exist
//! STATE/erase.json                the erasure that is not complete; the archive is read without its records
//! STATE/erasures.jsonl            tombstones of erasures, one in each line
//! STATE/erasures.seal             digest of that file, as for judgements
//! STATE/run-state/KEY.json.zst    run state for later runs; may be deleted
//! STATE/run-state/KEY.columns.zst records, entities and links of the last run, which the next run compares with; contents of a segment
//! STATE/explained/KEY.json.zst    parts of explanations that took long; may be deleted
//! ```
//! A commit writes its segments, then its manifest, flushes each of them to disk, and then replaces the pointers.
//! After a kill at any time the archive is the one before the commit or the one after it. Files that no manifest
//! names are ignored.

pub mod audit;
mod commit;
mod content_columns;
mod contents;
mod counts;
mod erase;
mod explained;
mod gc;
mod held;
mod judgements;
mod keyed;
mod known_objects;
mod known_rejects;
mod lookup;
mod manifest;
mod places;
mod redelivered;
mod report;
mod rows;
mod run_state;
mod sealed;
mod segment;
mod store;
mod undo;
mod unpublished;
mod version_conflicts;
mod warning_lists;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use rayon::prelude::*;

pub use commit::{Commit, SourceDelivery, live_keys, prepare_commit};
pub use contents::ArchiveContents;
pub use counts::DeliveryCounts;
pub use erase::{
    Blocks, ConcernedJudgements, ErasureCounts, ErasurePlan, Lift, PendingErasure, Selector, Tombstone,
    lift_erasure,
};
pub use gc::Orphan;
pub use held::{
    CopyError, DecisionError, Exceeded, HeldDecision, HeldDelivery, HeldEntry, HeldStatus, LimitKind,
    decide_held,
};
pub use judgements::{add_judgements, append as append_judgements};
pub(crate) use known_objects::KnownRecords;
pub use lookup::{DeliveredRecord, RecordLookup};
use manifest::{CommitEntry, Manifest};
pub use places::ArchivedOrigin;
pub use redelivered::Redelivered;
pub use report::{DeliveryReport, StoredReject, total};
pub use rows::{ArchivedDelivery, RecordOrigin, StoredRecord};
use store::Pointers;
pub use store::{Access, ArchiveError};
pub use undo::Undo;
pub use version_conflicts::VersionConflict;

use crate::{ingest::Mappings, record::ArchivedRecord, time::Moment};

/// An open archive. It holds a lock if it is open for writing.
#[derive(Debug)]
pub struct Archive {
    folder: PathBuf,
    manifest: Manifest,
    /// Lock on the folder; `None` if the archive is open for reading.
    lock: Option<std::fs::File>,
}

/// A run in the archive.
#[derive(Clone, Debug, PartialEq)]
pub struct ArchivedRun {
    /// As-of time of the run.
    pub moment: Moment,
    /// Rules of the run, in the form that `run` writes.
    pub rules: serde_json::Value,
}

impl Archive {
    /// Opens the archive in a folder. A missing archive is empty; the first commit creates it.
    ///
    /// # Errors
    /// If another run holds the lock, the archive is damaged, or its layout has another version.
    pub fn open(folder: &Path, access: Access) -> Result<Self, ArchiveError> {
        let lock = store::lock(folder, access)?;
        let undo = undo::pending(folder)?;
        let erasure = erase::pending(folder)?;
        let pointers = store::read_pointers(folder, undo.is_some())?;
        let mut manifest = match (&erasure, &pointers.current) {
            (Some(erasure), current) => erasure.manifest(folder, current.as_deref())?,
            (None, None) if undo.is_none() && has_begun(folder)? => {
                return Err(ArchiveError::Damaged { path: folder.join("current"), what: "is missing" });
            }
            (None, None) => Manifest::of(&[]),
            (None, Some(current)) => manifest::read(folder, current)?,
        };
        match &undo {
            // The run that finishes the undo moves both pointers.
            Some(undo) => manifest.commits.retain(|commit| commit.as_of != undo.moment),
            // The command that completes the erasure moves both pointers, too.
            None if erasure.is_some() => {}
            None => confirm(folder, &pointers, &manifest, access)?,
        }
        let archive = Self { folder: folder.to_owned(), manifest, lock };
        if access == Access::Write {
            archive.kept_run_states()?;
        }
        Ok(archive)
    }

    /// Returns every run, in order of as-of times.
    pub fn runs(&self) -> Vec<ArchivedRun> {
        let by_time: BTreeMap<Moment, &CommitEntry> =
            self.manifest.commits.iter().map(|commit| (commit.as_of, commit)).collect();
        let run =
            |(moment, commit): (Moment, &CommitEntry)| ArchivedRun { moment, rules: commit.rules.clone() };
        by_time.into_iter().map(run).collect()
    }

    /// Returns the latest as-of time of a run that read deliveries.
    pub fn newest_recorded(&self) -> Option<Moment> {
        let has_read = |commit: &&CommitEntry| commit.reports.is_some() || commit.records.is_some();
        self.manifest.commits.iter().filter(has_read).map(|commit| commit.as_of).max()
    }

    /// Returns the last run before an as-of time.
    pub fn run_before(&self, as_of: Moment) -> Option<ArchivedRun> {
        self.runs().into_iter().rev().find(|run| run.moment < as_of)
    }

    /// Reads every record and delivery, and verifies each segment.
    ///
    /// # Errors
    /// If a segment is damaged or cannot be read.
    pub fn read(&self) -> Result<ArchiveContents, ArchiveError> {
        self.read_on(ArchiveContents::new(&self.folder))
    }

    /// Adds the commits that `contents` does not have yet.
    ///
    /// # Errors
    /// If a segment is damaged or cannot be read.
    pub fn read_on(&self, mut contents: ArchiveContents) -> Result<ArchiveContents, ArchiveError> {
        let commits = &self.manifest.commits;
        // A replaced snapshot removes rows that may have been read.
        if commits[contents.commits..].iter().any(|commit| !commit.replaced.is_empty()) {
            contents = ArchiveContents::new(&self.folder);
        }
        let first = contents.commits;
        let segments: Vec<Vec<StoredRecord>> = commits[first..]
            .par_iter()
            .enumerate()
            .map(|(offset, commit)| match &commit.records {
                Some(digest) => {
                    let position = u32::try_from(first + offset).expect("fewer than 2^32 commits");
                    segment::read_records(&self.folder, digest, commit.as_of, position)
                }
                None => Ok(Vec::new()),
            })
            .collect::<Result<_, _>>()?;
        contents.reserve(segments.iter().map(Vec::len).sum());
        for ((position, commit), rows) in commits.iter().enumerate().skip(first).zip(segments) {
            let replaced = manifest::replaced(commits, position);
            let segment: Arc<str> = commit.records.as_deref().unwrap_or_default().into();
            for (row, stored) in rows.into_iter().enumerate() {
                if !replaced.contains(&*stored.record.source) {
                    contents.push(stored, Arc::clone(&segment), row);
                }
            }
            if let Some(digest) = &commit.reports {
                report::verify(&self.folder, digest)?;
            }
            if let Some(digest) = &commit.deliveries {
                contents.deliveries.extend(segment::read_deliveries(&self.folder, digest)?);
            }
        }
        contents.commits = commits.len();
        contents.deliveries.sort();
        contents.judge(self.judgements()?);
        Ok(contents)
    }

    /// Returns the delivery reports of the last run for an as-of time that read deliveries; empty if there is none.
    ///
    /// # Errors
    /// If the reports are damaged or cannot be read.
    pub fn reports(&self, as_of: Moment) -> Result<Vec<DeliveryReport>, ArchiveError> {
        let mut commits = self.manifest.commits.iter().rev().filter(|commit| commit.as_of == as_of);
        match commits.find_map(|commit| commit.reports.as_ref()) {
            Some(digest) => report::read(&self.folder, digest),
            None => Ok(Vec::new()),
        }
    }

    /// Adds the commit of a run. Nothing changes if the archive has the same already. `warning_lists` is the
    /// digest of the warning lists that the rules name; they must be stored before.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn commit(
        &mut self,
        as_of: Moment,
        rules: serde_json::Value,
        warning_lists: Option<&str>,
        commit: &Commit,
    ) -> Result<(), ArchiveError> {
        let entry = CommitEntry {
            as_of,
            rules,
            warning_lists: warning_lists.map(str::to_owned),
            records: segment::write_records(&self.folder, &commit.records)?,
            deliveries: segment::write_deliveries(&self.folder, &commit.deliveries)?,
            reports: report::write(&self.folder, &commit.reports)?,
            replaced: commit.replaced.clone(),
            held: commit.held.clone(),
            settled: commit.settled.clone(),
        };
        if self.has_same(&entry) {
            return Ok(());
        }
        let mut next = self.manifest.clone();
        next.commits.push(entry);
        store::move_pointer(&self.folder, &next.bytes())?;
        self.manifest = next;
        Ok(())
    }

    /// Returns whether a commit has no new rows, and the archive has its rules and reports for its as-of time.
    fn has_same(&self, entry: &CommitEntry) -> bool {
        let has_rows = entry.records.is_some() || entry.deliveries.is_some() || !entry.replaced.is_empty();
        let mut earlier = self.manifest.commits.iter().rev().filter(|known| known.as_of == entry.as_of);
        let last_reports = earlier.clone().find_map(|known| known.reports.as_ref());
        let last_held = earlier.clone().find(|known| !known.held.is_empty());
        let is_decided = last_held.map(|known| &known.held).is_none_or(|held| entry.held == *held)
            && (last_held.is_some() || entry.held.values().all(Vec::is_empty))
            && entry.settled.iter().all(|id| earlier.clone().any(|known| known.settled.contains(id)));
        let is_reported = entry.reports.is_none() || entry.reports.as_ref() == last_reports;
        !has_rows
            && is_decided
            && is_reported
            && earlier.next().is_some_and(|known| known.rules == entry.rules)
    }

    /// Reads and checks everything. Returns the number of commits and of records.
    ///
    /// # Errors
    /// If a file is damaged; the error names the file.
    pub fn verify(&self) -> Result<(usize, usize), ArchiveError> {
        let contents = self.read()?;
        let positions: Vec<usize> = (0..contents.records().len()).collect();
        contents.contents(&positions, &Mappings::new())?;
        self.verify_manifests()?;
        self.verify_lists()?;
        for digest in self.manifest.commits.iter().filter_map(|commit| commit.warning_lists.as_ref()) {
            self.lists(digest)?;
        }
        self.verify_run_states()?;
        self.verify_explained()?;
        self.judgements()?;
        self.verify_held()?;
        self.verify_erasures(contents.records())?;
        Ok((self.manifest.commits.len(), contents.records().len()))
    }

    /// Checks that no row is left of an object that is erased and blocked.
    fn verify_erasures(&self, records: &[ArchivedRecord]) -> Result<(), ArchiveError> {
        let blocks = self.blocks()?;
        if !blocks.is_empty() && records.par_iter().any(|record| blocks.has(record)) {
            let path = self.folder.join("erasures.jsonl");
            return Err(ArchiveError::Damaged { path, what: "names an erased object that the archive has" });
        }
        Ok(())
    }

    fn verify_manifests(&self) -> Result<(), ArchiveError> {
        let newest = self.manifest.digest();
        for digest in store::manifests(&self.folder)? {
            let (path, bytes) = store::read_manifest(&self.folder, &digest)?;
            // An earlier manifest, or the next one of a run that still writes or was killed before it moved the
            // pointer.
            let is_related = digest == newest
                || self.manifest.has_grown_from(Some(&digest))
                || manifest::parse(&path, &bytes)?.has_grown_from(Some(&newest));
            // Before the first commit and during an undo there may be other manifests.
            let is_changing = self.pending_undo()?.is_some() || self.pending_erasure()?.is_some();
            if !is_related && !self.manifest.commits.is_empty() && !is_changing {
                return Err(ArchiveError::Damaged {
                    path,
                    what: "is not an earlier manifest of this archive",
                });
            }
        }
        Ok(())
    }
}

/// Writes a small file of the state at once: after a kill or a loss of power it is the old one or the new one.
///
/// # Errors
/// If the file cannot be written.
pub fn write_state_file(folder: &Path, name: &str, text: &str) -> Result<(), ArchiveError> {
    store::write_whole(&folder.join(name), text.as_bytes())
}

/// Returns whether an archive without pointers had one before: runs that are killed before the first commit
/// leave manifests with one commit only.
fn has_begun(folder: &Path) -> Result<bool, ArchiveError> {
    for digest in store::manifests(folder)? {
        if manifest::read(folder, &digest)?.commits.len() > 1 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Checks that the pointer does not name an older manifest, and confirms the commit of a killed run.
fn confirm(
    folder: &Path,
    pointers: &Pointers,
    manifest: &Manifest,
    access: Access,
) -> Result<(), ArchiveError> {
    let Some(current) =
        pointers.current.as_ref().filter(|current| pointers.confirmed.as_ref() != Some(current))
    else {
        return Ok(());
    };
    if !manifest.has_grown_from(pointers.confirmed.as_deref()) {
        let what = "does not name the manifest that was written last";
        return Err(ArchiveError::Damaged { path: folder.join("current"), what });
    }
    if access == Access::Write { store::confirm(folder, current) } else { Ok(()) }
}
