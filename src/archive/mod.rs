//! Records kept: append-only, content-addressed segments and one pointer that moves.
//!
//! ```text
//! STATE/lock                      held by the run that writes
//! STATE/current                   digest of the manifest in force; moved last, by rename
//! STATE/manifests/DIGEST.json     which commits there are, in order
//! STATE/segments/DIGEST.parquet   statements and deliveries of one commit
//! STATE/judgements.jsonl          what people decided, one line each
//! STATE/undo.json                 the run that is being taken back; read as if it were gone
//! STATE/memory/KEY.json.zst       what nights leave to the next; may be deleted
//! ```
//! A commit writes its segments, then its manifest, each flushed to disk, and then moves
//! the pointer. Killed at any instant, the archive is the one before or the one after;
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

use std::{
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
pub use store::{Access, ArchiveError};
pub use undo::Undo;

use crate::{ingest::Mappings, record::Mode, time::Moment};

/// Version of the archive's layout; a newer one is not touched.
const LAYOUT: u32 = 1;

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
        let empty = Manifest { layout: LAYOUT, commits: Vec::new() };
        let mut manifest = match store::read_current(folder) {
            // The only run is being taken back, and the pointer is gone already.
            Err(ArchiveError::Damaged { .. }) if undo.is_some() && !store::has_pointer(folder) => empty,
            current => match current? {
                None => empty,
                Some((path, bytes)) => read_manifest(&path, &bytes)?,
            },
        };
        if let Some(undo) = &undo {
            manifest.commits.retain(|commit| commit.moment != undo.moment);
        }
        Ok(Self { folder: folder.to_owned(), manifest, lock })
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
            .map(|commit| match &commit.statements {
                Some(digest) => segment::read_statements(&self.folder, digest, commit.moment),
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
                let is_restated =
                    kept.statement.mode == Mode::Snapshot && restated.contains(&*kept.statement.source);
                if !is_restated {
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

    /// Adds what a run took in; a run that adds nothing changes nothing.
    pub fn commit(
        &mut self,
        moment: Moment,
        rules: serde_json::Value,
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
        let commit = Commit { moment, rules, statements, deliveries, readings, snapshots };
        let mut next = self.manifest.clone();
        next.commits.push(commit);
        let bytes = serde_json::to_vec_pretty(&next).expect("a manifest is plain data");
        store::move_pointer(&self.folder, &bytes)?;
        self.manifest = next;
        Ok(())
    }

    /// Reads everything and says how much there is; an error names what is damaged.
    pub fn verify(&self) -> Result<(usize, usize), ArchiveError> {
        let holdings = self.read()?;
        let all: Vec<usize> = (0..holdings.statements().len()).collect();
        holdings.contents(&all, &Mappings::new())?;
        self.verify_memories()?;
        self.judgements()?;
        Ok((self.manifest.commits.len(), holdings.statements().len()))
    }
}

fn read_manifest(path: &Path, bytes: &[u8]) -> Result<Manifest, ArchiveError> {
    #[derive(Deserialize)]
    struct Version {
        layout: u32,
    }
    let damaged = |_| ArchiveError::Damaged { path: path.to_owned(), what: "is no manifest" };
    let version: Version = serde_json::from_slice(bytes).map_err(damaged)?;
    if version.layout > LAYOUT {
        return Err(ArchiveError::Newer { path: path.to_owned(), found: version.layout, known: LAYOUT });
    }
    serde_json::from_slice(bytes).map_err(damaged)
}
