//! Records kept: append-only, content-addressed segments and one pointer that moves.
//!
//! ```text
//! STATE/lock                      held by the run that writes
//! STATE/current                   digest of the manifest in force; moved last, by rename
//! STATE/manifests/DIGEST.json     which commits there are, in order
//! STATE/segments/DIGEST.parquet   statements and deliveries of one commit
//! STATE/judgements.jsonl          what people decided, one line each
//! STATE/memory/KEY.json.zst       what nights leave to the next; may be deleted
//! ```
//! A commit writes its segments, then its manifest, each flushed to disk, and then moves
//! the pointer. Killed at any instant, the archive is the one before or the one after;
//! files that nothing points at are ignored.

mod intake;
mod judgements;
mod memory;
mod reading;
mod segment;
mod store;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::Arc,
};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub use intake::{Counts, Intake, SourceRun, intake};
pub use judgements::add_judgements;
pub use reading::{Reading, Refused, total};
pub use segment::{DeliveryFact, Kept};
pub use store::{Access, ArchiveError};

use crate::{
    ingest::{self, Bound, Mappings},
    record::{Content, Digest, Mode, Record, RecordId, Statement},
    time::Moment,
    view::{Lens, Vantage, View},
};

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
        let manifest = match store::read_current(folder)? {
            None => Manifest { layout: LAYOUT, commits: Vec::new() },
            Some((path, bytes)) => read_manifest(&path, &bytes)?,
        };
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
        let commits = &self.manifest.commits;
        let segments: Vec<Vec<Kept>> = commits
            .par_iter()
            .map(|commit| match &commit.statements {
                Some(digest) => segment::read_statements(&self.folder, digest, commit.moment),
                None => Ok(Vec::new()),
            })
            .collect::<Result<_, _>>()?;
        let mut holdings = Holdings::new(&self.folder);
        for (at, (commit, rows)) in commits.iter().zip(segments).enumerate() {
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
        let all: Vec<usize> = (0..holdings.statements.len()).collect();
        holdings.contents(&all, &Mappings::new())?;
        self.verify_memories()?;
        self.judgements()?;
        Ok((self.manifest.commits.len(), holdings.statements.len()))
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

/// A statement, and the mapping by which it was read.
type ContentKey = (usize, Option<Digest>);

/// Everything an archive holds, with content read when a view asks for it.
#[derive(Debug)]
pub struct Holdings {
    folder: PathBuf,
    statements: Vec<Statement>,
    origins: Vec<Origin>,
    rows: Vec<(Arc<str>, usize)>,
    contents: RefCell<BTreeMap<ContentKey, Arc<Content>>>,
    /// Every delivery ever read, sorted.
    pub deliveries: Vec<DeliveryFact>,
}

/// Where a statement was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Digest of the file.
    pub delivery: Arc<str>,
    /// The file's path as given.
    pub path: Arc<str>,
    /// JSON pointer or line.
    pub position: Arc<str>,
}

impl Holdings {
    fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            statements: Vec::new(),
            origins: Vec::new(),
            rows: Vec::new(),
            contents: RefCell::default(),
            deliveries: Vec::new(),
        }
    }

    fn push(&mut self, kept: Kept, segment: Arc<str>, row: usize) {
        self.statements.push(kept.statement);
        self.origins.push(kept.origin);
        self.rows.push((segment, row));
    }

    /// Returns every statement, in the order of commits.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Opens a view.
    pub fn view(
        &self,
        lens: Lens<'_>,
        also: Option<Lens<'_>>,
        vantage: Vantage,
    ) -> Result<View, ArchiveError> {
        View::open(&self.statements, lens, also, vantage, |live| {
            let wanted: Vec<usize> = live.iter().map(|live| live.statement).collect();
            let mut contents = self.contents(&wanted, &ingest::table::mappings(lens.terms))?;
            ingest::ftm::weave(&mut contents, |at| &self.statements[wanted[at]].source);
            Ok(contents)
        })
    }

    /// Returns where the content of each record was delivered by a night, in order of
    /// delivery and place.
    pub fn origins(&self, records: &[Record], by: Moment) -> Vec<Vec<&Origin>> {
        let mut wanted: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        for (at, record) in records.iter().enumerate() {
            wanted.entry((&*record.source, &*record.key)).or_default().push(at);
        }
        let mut origins: Vec<Vec<&Origin>> = vec![Vec::new(); records.len()];
        for (statement, origin) in self.statements.iter().zip(&self.origins) {
            let Some(content) = statement.content else { continue };
            // A run that came later and told of then is all that there is of what it told.
            if statement.run > by && statement.told > by {
                continue;
            }
            for &at in wanted.get(&(&*statement.source, &*statement.key)).into_iter().flatten() {
                if records[at].id == RecordId::new(&statement.source, &statement.key, &content) {
                    origins[at].push(origin);
                }
            }
        }
        for of_record in &mut origins {
            of_record.sort();
            of_record.dedup();
        }
        origins
    }

    /// Reads the content of statements, each at most once for each mapping of its source.
    fn contents(&self, wanted: &[usize], mappings: &Mappings) -> Result<Vec<Arc<Content>>, ArchiveError> {
        let mapping_of = |at: usize| mappings.get(&*self.statements[at].source).map(|bound| &**bound);
        let key_of = |at: usize| (at, mapping_of(at).map(|mapping| mapping.digest));
        let mut cache = self.contents.borrow_mut();
        let mut missing: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for &at in wanted {
            if !cache.contains_key(&key_of(at)) && self.statements[at].content.is_some() {
                missing.entry(&self.rows[at].0).or_default().push(at);
            }
        }
        for (segment, mut statements) in missing {
            statements.sort_unstable_by_key(|&at| self.rows[at].1);
            let rows: Vec<usize> = statements.iter().map(|&at| self.rows[at].1).collect();
            let of_rows: Vec<Option<&Bound>> = statements.iter().map(|&at| mapping_of(at)).collect();
            let contents = segment::read_contents(&self.folder, segment, &rows, &of_rows)?;
            cache.extend(statements.into_iter().map(key_of).zip(contents.into_iter().map(Arc::new)));
        }
        let empty = Arc::new(Content::default());
        Ok(wanted.iter().map(|&at| Arc::clone(cache.get(&key_of(at)).unwrap_or(&empty))).collect())
    }
}
