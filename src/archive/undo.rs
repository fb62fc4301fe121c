//! The newest run taken back.
//!
//! A mark is written first, in one step. From then on the archive is read as if the run had never been, and
//! the rest only clears away: pointer, manifests, segments, run state, results. Killed at any instant, the
//! archive is the one with the run or the one without it, and whoever finds the mark clears away what is left.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{Archive, ArchiveError, Commit, DeliveryFact, Manifest, read_manifest, reading, segment, store};
use crate::time::Moment;

/// A run that is being taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// Its as-of time.
    pub moment: Moment,
    /// The folder for results from which it is taken.
    pub out: String,
}

fn mark(folder: &Path) -> PathBuf {
    folder.join("undo.json")
}

/// Returns the run that is being taken back, if one is.
pub(super) fn pending(folder: &Path) -> Result<Option<Undo>, ArchiveError> {
    let path = mark(folder);
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|_| ArchiveError::Damaged { path, what: "names no run" }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ArchiveError::Disk { doing: "read", path, source }),
    }
}

impl Archive {
    /// Returns whether a folder holds an archive, whole or damaged.
    pub fn exists(folder: &Path) -> bool {
        let is_manifest = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "json");
        store::has_pointer(folder)
            || store::may_exist(&mark(folder))
            || store::files(&folder.join("manifests")).iter().any(is_manifest)
    }

    /// Returns the run that is being taken back, if one is.
    pub fn pending_undo(&self) -> Result<Option<Undo>, ArchiveError> {
        pending(&self.folder)
    }

    /// Marks the newest run as taken back; the archive is then the one without it.
    pub fn begin_undo(&mut self, undo: &Undo) -> Result<(), ArchiveError> {
        let text = serde_json::to_vec(undo).expect("an undo is plain data");
        store::write_whole(&mark(&self.folder), &text)?;
        self.manifest.commits.retain(|commit| commit.moment != undo.moment);
        Ok(())
    }

    /// Moves the pointer to the archive without the marked run, and removes what nothing names any more.
    pub fn clear_undone(&mut self, undo: &Undo) -> Result<(), ArchiveError> {
        self.manifest.commits = self.commits_without(undo)?;
        let folder = self.folder.clone();
        let manifests = folder.join("manifests");
        let mut named = BTreeSet::new();
        if self.manifest.commits.is_empty() {
            // There is no archive before its first run.
            store::remove_pointers(&folder)?;
        } else {
            let bytes = self.manifest.bytes();
            store::move_pointer(&folder, &bytes)?;
            named.insert(blake3::hash(&bytes).to_hex().to_string());
            // The manifest before it stays for whoever holds the pointer as it was.
            if let Some((_, before @ [_, ..])) = self.manifest.commits.split_last() {
                let bytes = Manifest::of(before).bytes();
                let digest = blake3::hash(&bytes).to_hex().to_string();
                store::write_whole(&manifests.join(format!("{digest}.json")), &bytes)?;
                named.insert(digest);
            }
        }
        let digests = self.manifest.commits.iter().flat_map(|commit| {
            [&commit.statements, &commit.deliveries, &commit.readings, &commit.lists]
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
        Ok(())
    }

    /// Removes the mark: everything is cleared away.
    pub fn end_undo(&self) -> Result<(), ArchiveError> {
        if self.unpublished()?.is_none() {
            self.end_publishing()?;
        }
        // What was cleared away stays away, if the power fails behind the mark.
        store::flush(&self.folder)?;
        store::remove(&mark(&self.folder))?;
        // A mark that came back after a power failure would take a later run of the same time.
        store::flush(&self.folder)
    }

    /// Returns the commits without those of the marked run.
    ///
    /// A commit after them, of an earlier as-of time, did not name a delivery that the marked run had read
    /// first. It names it now.
    fn commits_without(&self, undo: &Undo) -> Result<Vec<Commit>, ArchiveError> {
        let all = match store::read_pointers(&self.folder, true)?.current {
            Some(digest) => {
                let (path, bytes) = store::read_manifest(&self.folder, &digest)?;
                read_manifest(&path, &bytes)?.commits
            }
            None => Vec::new(),
        };
        let first = all.iter().position(|commit| commit.moment == undo.moment).unwrap_or(all.len());
        let is_other = |commit: &Commit| commit.moment != undo.moment;
        let mut commits: Vec<Commit> = all[..first].to_vec();
        if !all[first..].iter().any(is_other) {
            return Ok(commits);
        }
        let mut known = BTreeSet::new();
        for digest in commits.iter().filter_map(|commit| commit.deliveries.as_ref()) {
            known.extend(segment::read_deliveries(&self.folder, digest)?.into_iter().map(of_fact));
        }
        for mut commit in all.into_iter().skip(first).filter(is_other) {
            let mut facts = match &commit.deliveries {
                Some(digest) => segment::read_deliveries(&self.folder, digest)?,
                None => Vec::new(),
            };
            known.extend(facts.iter().cloned().map(of_fact));
            let readings = match &commit.readings {
                Some(digest) => reading::read(&self.folder, digest)?,
                None => Vec::new(),
            };
            for reading in readings {
                let Some(delivery) = reading.digest else { continue };
                let fact = DeliveryFact {
                    source: reading.source,
                    delivery,
                    path: reading.path,
                    format: reading.format.unwrap_or_default(),
                    told: commit.moment,
                };
                if known.insert(of_fact(fact.clone())) {
                    facts.push(fact);
                }
            }
            facts.sort();
            commit.deliveries = segment::write_deliveries(&self.folder, &facts)?;
            commits.push(commit);
        }
        Ok(commits)
    }
}

fn of_fact(fact: DeliveryFact) -> (String, String, String) {
    (fact.source, fact.delivery, fact.path)
}
