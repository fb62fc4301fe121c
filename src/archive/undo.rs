//! Undo of the newest run.
//!
//! The first step writes a marker with one rename. From then on the archive is read as if the run did not exist.
//! The remaining steps only remove files: pointer, manifests, segments, run state and results. After a kill at any
//! time the archive is the one with the run or the one without it. The next run that finds the marker removes the
//! remaining files.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    Archive,
    manifest::{self, CommitEntry, Manifest},
    report::{self, DeliveryReport},
    rows::ArchivedDelivery,
    segment,
    store::{self, ArchiveError},
};
use crate::{ingest::Status, time::Moment};

/// A run that is being undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// As-of time of the run.
    #[serde(rename = "as_of")]
    pub moment: Moment,
    /// Folder of the results from which the run is removed.
    pub out: String,
}

fn marker(folder: &Path) -> PathBuf {
    folder.join("undo.json")
}

/// Returns the run that is being undone; `None` if there is none.
pub(super) fn pending(folder: &Path) -> Result<Option<Undo>, ArchiveError> {
    let path = marker(folder);
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|_| ArchiveError::Damaged { path, what: "does not name a run" }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ArchiveError::Disk { doing: "read", path, source }),
    }
}

impl Archive {
    /// Returns whether a folder has an archive, intact or damaged.
    pub fn exists(folder: &Path) -> bool {
        let is_manifest = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "json");
        store::has_pointer(folder)
            || store::may_exist(&marker(folder))
            || store::files(&folder.join("manifests")).iter().any(is_manifest)
    }

    /// Returns the run that is being undone; `None` if there is none.
    ///
    /// # Errors
    /// If the marker is damaged or cannot be read.
    pub fn pending_undo(&self) -> Result<Option<Undo>, ArchiveError> {
        pending(&self.folder)
    }

    /// Writes the marker for the newest run. The archive is then the one without it.
    ///
    /// # Errors
    /// If the marker cannot be written.
    pub fn begin_undo(&mut self, undo: &Undo) -> Result<(), ArchiveError> {
        let text = serde_json::to_vec(undo).expect("an undo is plain data");
        store::write_whole(&marker(&self.folder), &text)?;
        self.manifest.commits.retain(|commit| commit.as_of != undo.moment);
        Ok(())
    }

    /// Moves the pointer to the archive without the marked run, and removes the files that no manifest names.
    ///
    /// # Errors
    /// If a file is damaged, or cannot be written or removed.
    pub fn clear_undone(&mut self, undo: &Undo) -> Result<(), ArchiveError> {
        self.manifest.commits = self.commits_without(undo)?;
        let folder = self.folder.clone();
        let manifests = folder.join("manifests");
        let mut named = BTreeSet::new();
        if self.manifest.commits.is_empty() {
            // Before its first run an archive has no pointers.
            store::remove_pointers(&folder)?;
        } else {
            store::move_pointer(&folder, &self.manifest.bytes())?;
            named.insert(self.manifest.digest());
            // The manifest before the last commit stays for readers that have read the pointer already.
            if let Some((_, before @ [_, ..])) = self.manifest.commits.split_last() {
                let before = Manifest::of(before);
                let digest = before.digest();
                store::write_whole(&manifests.join(format!("{digest}.json")), &before.bytes())?;
                named.insert(digest);
            }
        }
        let digests = self.manifest.commits.iter().flat_map(|commit| {
            [&commit.records, &commit.deliveries, &commit.reports, &commit.warning_lists]
                .into_iter()
                .flatten()
                .cloned()
        });
        named.extend(digests);
        let folders = [manifests, folder.join("segments"), folder.join("lists")];
        for path in folders.iter().flat_map(|folder| store::files(folder)) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !named.contains(name.split('.').next().unwrap_or_default()) {
                store::remove(&path)?;
            }
        }
        self.expect_lost_copies()?;
        self.remove_needless_held()?;
        Ok(())
    }

    /// Removes the marker after all files of the run are removed.
    ///
    /// # Errors
    /// If a file cannot be removed, or a folder cannot be flushed.
    pub fn end_undo(&self) -> Result<(), ArchiveError> {
        if self.unpublished()?.is_none() {
            self.end_publishing()?;
        }
        // The removals must be on disk before the marker is removed, in case of a power failure.
        store::flush(&self.folder)?;
        store::remove(&marker(&self.folder))?;
        // A marker that came back after a power failure would undo a later run of the same as-of time.
        store::flush(&self.folder)
    }

    /// Returns the commits without those of the marked run.
    ///
    /// A commit after them does not name a delivery that the marked run read first. It receives these deliveries.
    fn commits_without(&self, undo: &Undo) -> Result<Vec<CommitEntry>, ArchiveError> {
        let all = match store::read_pointers(&self.folder, true)?.current {
            Some(digest) => manifest::read(&self.folder, &digest)?.commits,
            None => Vec::new(),
        };
        let first = all.iter().position(|commit| commit.as_of == undo.moment).unwrap_or(all.len());
        let is_other = |commit: &CommitEntry| commit.as_of != undo.moment;
        let mut commits: Vec<CommitEntry> = all[..first].to_vec();
        if !all[first..].iter().any(is_other) {
            return Ok(commits);
        }
        let mut known = BTreeSet::new();
        for commit in &commits {
            known.extend(self.deliveries(commit)?.into_iter().map(identity));
        }
        for mut commit in all.into_iter().skip(first).filter(is_other) {
            let mut deliveries = self.deliveries(&commit)?;
            known.extend(deliveries.iter().cloned().map(identity));
            let reports = match &commit.reports {
                Some(digest) => report::read(&self.folder, digest)?,
                None => Vec::new(),
            };
            for delivery in reports.into_iter().filter_map(|report| delivery(report, commit.as_of)) {
                if known.insert(identity(delivery.clone())) {
                    deliveries.push(delivery);
                }
            }
            deliveries.sort();
            commit.deliveries = segment::write_deliveries(&self.folder, &deliveries)?;
            commits.push(commit);
        }
        Ok(commits)
    }

    fn deliveries(&self, commit: &CommitEntry) -> Result<Vec<ArchivedDelivery>, ArchiveError> {
        match &commit.deliveries {
            Some(digest) => segment::read_deliveries(&self.folder, digest),
            None => Ok(Vec::new()),
        }
    }
}

/// Returns the delivery of a report; `None` if the file could not be read or was held.
fn delivery(report: DeliveryReport, recorded_at: Moment) -> Option<ArchivedDelivery> {
    if report.status == Status::Held.name() {
        return None;
    }
    Some(ArchivedDelivery {
        source: report.source,
        delivery: report.digest?,
        path: report.path,
        format: report.format.unwrap_or_default(),
        recorded_at,
    })
}

fn identity(delivery: ArchivedDelivery) -> (String, String, String) {
    (delivery.source, delivery.delivery, delivery.path)
}
