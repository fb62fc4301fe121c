//! Records kept: append-only, content-addressed segments and one pointer that moves.
//!
//! ```text
//! STATE/lock                      held by the run that writes
//! STATE/current                   digest of the manifest in force; moved by rename
//! STATE/confirmed                 the same, written last: a pointer that was set back is noticed
//! STATE/manifests/DIGEST.json     which commits there are, in order
//! STATE/segments/DIGEST.parquet   statements and deliveries of one commit
//! STATE/lists/DIGEST.json.zst     warning lists by which runs were made
//! STATE/judgements.jsonl          what people decided, one line each
//! STATE/judgements.seal           digest of that file; of the old and the new one while it is written
//! STATE/unpublished.json          the run whose results are not published yet
//! STATE/undo.json                 the run that is being taken back; read as if it were gone
//! STATE/memory/KEY.json.zst       what runs leave to the next; may be deleted
//! ```
//! A commit writes its segments, then its manifest, each flushed to disk, and then moves
//! the pointers. Killed at any instant, the archive is the one before or the one after;
//! files that nothing points at are ignored.

mod holdings;
mod intake;
mod judgements;
mod known;
mod memory;
mod reading;
mod segment;
mod store;
mod undo;
mod unpublished;

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use holdings::{Holdings, Origin};
pub use intake::{Counts, Intake, SourceRun, intake};
pub use judgements::add_judgements;
pub use reading::{Reading, Refused, total};
pub use segment::{DeliveryFact, Kept};
use store::Pointers;
pub use store::{Access, ArchiveError};
pub use undo::Undo;

use crate::{ingest::Mappings, time::Moment};

/// Version of the archive's layout; a newer one is not touched.
const LAYOUT: u32 = 2;

/// An archive as it stands; writing needs its lock.
#[derive(Debug)]
pub struct Archive {
    folder: PathBuf,
    manifest: Manifest,
    /// Held while the archive is open for writing.
    lock: Option<std::fs::File>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Manifest {
    layout: u32,
    commits: Vec<Commit>,
}

/// What one run added.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Commit {
    moment: Moment,
    /// Rules in force on that night, as `run` wrote them.
    rules: serde_json::Value,
    /// Digest of the warning lists that the rules name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lists: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    statements: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deliveries: Option<String>,
    /// What the run read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    readings: Option<String>,
    /// Snapshot sources that this run stated anew: an earlier commit of the same moment
    /// no longer counts for them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    snapshots: BTreeSet<String>,
}

impl Manifest {
    fn of(commits: &[Commit]) -> Self {
        Self { layout: LAYOUT, commits: commits.to_vec() }
    }

    fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("a manifest is plain data")
    }

    /// Returns whether another manifest, by its digest, has the first of these commits and no others;
    /// `None` is the empty archive before its first commit.
    fn has_grown_from(&self, digest: Option<&str>) -> bool {
        let Some(digest) = digest else { return self.commits.len() == 1 };
        let is_earlier =
            |count| blake3::hash(&Self::of(&self.commits[..count]).bytes()).to_hex().as_str() == digest;
        (0..self.commits.len()).rev().any(is_earlier)
    }
}

/// A night that the archive knows.
#[derive(Clone, Debug, PartialEq)]
pub struct Night {
    /// Its moment.
    pub moment: Moment,
    /// Rules in force then.
    pub rules: serde_json::Value,
}

impl Archive {
    /// Opens the archive in a folder; an absent one is empty, and made when it is written.
    pub fn open(folder: &Path, access: Access) -> Result<Self, ArchiveError> {
        let lock = store::lock(folder, access)?;
        let undo = undo::pending(folder)?;
        let pointers = store::read_pointers(folder, undo.is_some())?;
        let mut manifest = match &pointers.current {
            None if undo.is_none() && has_begun(folder)? => {
                return Err(ArchiveError::Damaged { path: folder.join("current"), what: "is missing" });
            }
            None => Manifest::of(&[]),
            Some(current) => {
                let (path, bytes) = store::read_manifest(folder, current)?;
                read_manifest(&path, &bytes)?
            }
        };
        match &undo {
            // Both pointers are moved by whoever clears away what is left.
            Some(undo) => manifest.commits.retain(|commit| commit.moment != undo.moment),
            None => confirm(folder, &pointers, &manifest, access)?,
        }
        let archive = Self { folder: folder.to_owned(), manifest, lock };
        if access == Access::Write {
            archive.left()?;
        }
        Ok(archive)
    }

    /// Returns every night, in order of time.
    pub fn nights(&self) -> Vec<Night> {
        let by_moment: BTreeMap<Moment, &Commit> =
            self.manifest.commits.iter().map(|commit| (commit.moment, commit)).collect();
        by_moment.into_iter().map(|(moment, commit)| Night { moment, rules: commit.rules.clone() }).collect()
    }

    /// Returns the moment of the last run that read anything.
    pub fn newest_told(&self) -> Option<Moment> {
        let read = self
            .manifest
            .commits
            .iter()
            .filter(|commit| commit.readings.is_some() || commit.statements.is_some());
        read.map(|commit| commit.moment).max()
    }

    /// Returns the last night before a moment.
    pub fn night_before(&self, moment: Moment) -> Option<Night> {
        self.nights().into_iter().rev().find(|night| night.moment < moment)
    }

    /// Reads every statement and delivery fact, verifying each segment.
    pub fn read(&self) -> Result<Holdings, ArchiveError> {
        self.read_on(Holdings::new(&self.folder))
    }

    /// Reads what was committed since something was read.
    pub fn read_on(&self, mut holdings: Holdings) -> Result<Holdings, ArchiveError> {
        let commits = &self.manifest.commits;
        // A snapshot that is stated anew takes back what was read of it.
        if commits[holdings.commits..].iter().any(|commit| !commit.snapshots.is_empty()) {
            holdings = Holdings::new(&self.folder);
        }
        let known = holdings.commits;
        let segments: Vec<Vec<Kept>> = commits[known..]
            .par_iter()
            .enumerate()
            .map(|(at, commit)| match &commit.statements {
                Some(digest) => {
                    let place = u32::try_from(known + at).expect("fewer commits than that");
                    segment::read_statements(&self.folder, digest, commit.moment, place)
                }
                None => Ok(Vec::new()),
            })
            .collect::<Result<_, _>>()?;
        for ((at, commit), rows) in commits.iter().enumerate().skip(known).zip(segments) {
            let restated: BTreeSet<&str> = commits[at + 1..]
                .iter()
                .filter(|later| later.moment == commit.moment)
                .flat_map(|later| later.snapshots.iter().map(String::as_str))
                .collect();
            let segment: Arc<str> = commit.statements.as_deref().unwrap_or_default().into();
            for (row, kept) in rows.into_iter().enumerate() {
                if !restated.contains(&*kept.statement.source) {
                    holdings.push(kept, Arc::clone(&segment), row);
                }
            }
            if let Some(digest) = &commit.readings {
                reading::verify(&self.folder, digest)?;
            }
            if let Some(digest) = &commit.deliveries {
                holdings.deliveries.extend(segment::read_deliveries(&self.folder, digest)?);
            }
        }
        holdings.commits = commits.len();
        holdings.deliveries.sort();
        Ok(holdings)
    }

    /// Returns what the last run of a moment that read anything read.
    pub fn readings(&self, moment: Moment) -> Result<Vec<Reading>, ArchiveError> {
        let commits = self.manifest.commits.iter().rev().filter(|commit| commit.moment == moment);
        match commits.into_iter().find_map(|commit| commit.readings.as_ref()) {
            Some(digest) => reading::read(&self.folder, digest),
            None => Ok(Vec::new()),
        }
    }

    /// Adds what a run took in; a run that adds nothing changes nothing. `lists` is the digest of the warning
    /// lists that the rules name, which are kept already.
    pub fn commit(
        &mut self,
        moment: Moment,
        rules: serde_json::Value,
        lists: Option<&str>,
        intake: &Intake,
    ) -> Result<(), ArchiveError> {
        let statements = segment::write_statements(&self.folder, &intake.kept)?;
        let deliveries = segment::write_deliveries(&self.folder, &intake.deliveries)?;
        let readings = reading::write(&self.folder, &intake.readings)?;
        let known = self.manifest.commits.iter().rev().filter(|commit| commit.moment == moment);
        let is_known = known.clone().next().is_some_and(|known| known.rules == rules);
        let is_read = readings.is_none()
            || known.clone().find_map(|known| known.readings.as_ref()) == readings.as_ref();
        if statements.is_none() && deliveries.is_none() && intake.restated.is_empty() && is_known && is_read {
            return Ok(());
        }
        let snapshots = intake.restated.clone();
        let lists = lists.map(str::to_owned);
        let commit = Commit { moment, rules, lists, statements, deliveries, readings, snapshots };
        let mut next = self.manifest.clone();
        next.commits.push(commit);
        store::move_pointer(&self.folder, &next.bytes())?;
        self.manifest = next;
        Ok(())
    }

    /// Reads everything and says how much there is; an error names what is damaged.
    pub fn verify(&self) -> Result<(usize, usize), ArchiveError> {
        let holdings = self.read()?;
        let all: Vec<usize> = (0..holdings.statements().len()).collect();
        holdings.contents(&all, &Mappings::new())?;
        let own = blake3::hash(&self.manifest.bytes()).to_hex().to_string();
        for digest in store::manifests(&self.folder)? {
            let (path, bytes) = store::read_manifest(&self.folder, &digest)?;
            // An earlier one; or the next one, of a run that goes on or was killed before it moved the pointer.
            let is_own = digest == own
                || self.manifest.has_grown_from(Some(&digest))
                || read_manifest(&path, &bytes)?.has_grown_from(Some(&own));
            // Before a first commit, and while a run is taken back, others may lie there.
            if !is_own && !self.manifest.commits.is_empty() && self.pending_undo()?.is_none() {
                return Err(ArchiveError::Damaged { path, what: "is no earlier manifest of this archive" });
            }
        }
        self.verify_lists()?;
        for digest in self.manifest.commits.iter().filter_map(|commit| commit.lists.as_ref()) {
            self.lists(digest)?;
        }
        self.verify_memories()?;
        self.judgements()?;
        Ok((self.manifest.commits.len(), holdings.statements().len()))
    }
}

/// Returns whether an archive without pointers ever had one: the first run, each time that it was killed before
/// its pointer, leaves a manifest of one commit.
fn has_begun(folder: &Path) -> Result<bool, ArchiveError> {
    for digest in store::manifests(folder)? {
        let (path, bytes) = store::read_manifest(folder, &digest)?;
        if read_manifest(&path, &bytes)?.commits.len() > 1 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Checks that the pointer was not set back, and confirms a commit that a killed run did not confirm.
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
        let what = "names another manifest than the one that was written last";
        return Err(ArchiveError::Damaged { path: folder.join("current"), what });
    }
    if access == Access::Write { store::confirm(folder, current) } else { Ok(()) }
}

fn read_manifest(path: &Path, bytes: &[u8]) -> Result<Manifest, ArchiveError> {
    #[derive(Deserialize)]
    struct Version {
        layout: u32,
    }
    let damaged = |_| ArchiveError::Damaged { path: path.to_owned(), what: "is no manifest" };
    let version: Version = serde_json::from_slice(bytes).map_err(damaged)?;
    let (path_found, found, known) = (path.to_owned(), version.layout, LAYOUT);
    match found.cmp(&known) {
        Ordering::Greater => return Err(ArchiveError::Newer { path: path_found, found, known }),
        Ordering::Less => return Err(ArchiveError::Older { path: path_found, found, known }),
        Ordering::Equal => {}
    }
    serde_json::from_slice(bytes).map_err(damaged)
}
