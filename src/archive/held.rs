//! Held deliveries: files beyond a limit of their source, set aside until a person decides.
//!
//! ```text
//! STATE/held/DIGEST   bytes of a held file, named by their digest
//! STATE/held.jsonl    decisions, one in each line; with held.seal and held.lock
//! ```
//! The commit of a run names the deliveries that it held and those that it read after a decision. A copy that no commit
//! names is an orphan, so a killed run and an undo need no step of their own.

mod copies;
mod decide;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde::{Deserialize, Serialize};

pub use copies::CopyError;
pub use decide::{DecisionError, decide_held};

use super::{
    Archive, audit,
    sealed::Sealed,
    store::{self, ArchiveError},
};
use crate::time::Moment;

/// Limit of a source that a delivery exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitKind {
    /// Objects in one file.
    Objects,
    /// New objects of a run, as a multiple of the live ones.
    Growth,
    /// Withdrawn objects of a snapshot, as a share of the live ones.
    Withdrawn,
}

impl LimitKind {
    /// Returns the name of the key in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Objects => "objects",
            Self::Growth => "growth",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Returns whether all files of the source in the run are held.
    pub fn is_of_source(self) -> bool {
        self != Self::Objects
    }
}

/// A limit that was exceeded, with its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exceeded {
    /// The limit.
    pub limit: LimitKind,
    /// Its configured value.
    pub allowed: f64,
    /// Number of objects: in the file, new, or withdrawn.
    pub found: u64,
    /// Number of objects that the source had live; 0 for the limit of objects.
    pub live: u64,
}

/// A delivery that a run held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldDelivery {
    /// Id, from source and digest.
    pub id: String,
    /// Source.
    pub source: String,
    /// Path as given.
    pub path: String,
    /// Digest of the bytes as stored.
    pub delivery: String,
    /// Number of the bytes.
    pub bytes: u64,
    /// Number of delivered objects.
    pub objects: u64,
    /// Format, if one was recognised.
    pub format: Option<String>,
    /// True if its bytes are set aside; false if they must be delivered again after it is accepted.
    pub has_copy: bool,
    /// The limit.
    pub exceeded: Exceeded,
}

impl HeldDelivery {
    /// Returns the id of the delivery of a source.
    pub fn id_of(source: &str, delivery: &str) -> String {
        let hash = blake3::hash(format!("{source}\0{delivery}").as_bytes()).to_hex();
        format!("held-{}", &hash[..20])
    }
}

/// Decision of a person about a held delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldDecision {
    /// Id of the delivery.
    pub id: String,
    /// Source.
    pub source: String,
    /// Digest of the bytes as stored.
    pub delivery: String,
    /// Number of the bytes.
    pub bytes: u64,
    /// True if the delivery was accepted; false if it was rejected.
    pub is_accepted: bool,
    /// True if its copy exists; false if the bytes must be delivered again.
    pub has_copy: bool,
    /// Time of the decision.
    pub recorded_at: Moment,
    /// Person who decided.
    pub by: String,
    /// Reason.
    pub reason: String,
}

/// State of a held delivery.
#[derive(Clone, Debug, PartialEq)]
pub enum HeldStatus {
    /// Nobody decided yet.
    Waiting,
    /// Accepted, and not read yet.
    Accepted,
    /// Accepted without a copy: the next delivery of the bytes is read.
    Expected,
    /// Read, or replaced by a newer snapshot, in the run of this time.
    Settled(Moment),
    /// Rejected.
    Rejected,
}

impl HeldStatus {
    /// Returns the name of the state.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Accepted => "accepted",
            Self::Expected => "expected",
            Self::Settled(_) => "settled",
            Self::Rejected => "rejected",
        }
    }
}

/// A held delivery with its state.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldEntry {
    /// The delivery.
    pub held: HeldDelivery,
    /// As-of time of the first run that held it.
    pub first: Moment,
    /// As-of time of the last run that held it.
    pub last: Moment,
    /// State.
    pub status: HeldStatus,
    /// The last decision.
    pub decision: Option<HeldDecision>,
    /// True if every delivery that the last run held together with it is accepted, so that all of them are a whole snapshot.
    pub is_whole: bool,
}

impl HeldEntry {
    /// Returns whether a run for an as-of time reads the copy: it is accepted, and no other run settled it.
    pub fn is_read_at(&self, as_of: Moment) -> bool {
        let is_accepted = self.held.has_copy
            && self.decision.as_ref().is_some_and(|decision| decision.is_accepted && decision.has_copy);
        self.status == HeldStatus::Accepted || (is_accepted && self.status == HeldStatus::Settled(as_of))
    }
}

fn decisions_file(folder: &Path) -> Sealed<'_> {
    Sealed { folder, name: "held" }
}

fn last_decisions(lines: Vec<HeldDecision>) -> BTreeMap<String, HeldDecision> {
    lines.into_iter().map(|decision| (decision.id.clone(), decision)).collect()
}

impl Archive {
    /// Returns the last decision about each held delivery, by its id.
    ///
    /// # Errors
    /// If the file of decisions is damaged or cannot be read.
    pub fn held_decisions(&self) -> Result<BTreeMap<String, HeldDecision>, ArchiveError> {
        Ok(last_decisions(decisions_file(&self.folder).read()?))
    }

    /// Returns every delivery that a run held, in order of the first run and of the id.
    ///
    /// # Errors
    /// If the file of decisions is damaged or cannot be read.
    pub fn held(&self) -> Result<Vec<HeldEntry>, ArchiveError> {
        Ok(self.held_with(&self.held_decisions()?))
    }

    fn held_with(&self, decisions: &BTreeMap<String, HeldDecision>) -> Vec<HeldEntry> {
        let is_accepted = |id: &str| decisions.get(id).is_some_and(|decision| decision.is_accepted);
        // A run that is repeated at its as-of time decides again about its sources.
        let mut lists: BTreeMap<(Moment, &str), &Vec<HeldDelivery>> = BTreeMap::new();
        let mut settled: BTreeMap<&str, Moment> = BTreeMap::new();
        for commit in &self.manifest.commits {
            lists.extend(commit.held.iter().map(|(source, list)| ((commit.as_of, source.as_str()), list)));
            for id in &commit.settled {
                settled.entry(id).or_insert(commit.as_of);
            }
        }
        let mut entries: BTreeMap<&str, HeldEntry> = BTreeMap::new();
        for ((run, _), list) in lists {
            let mut of_source = list.iter().filter(|held| held.exceeded.limit.is_of_source());
            let is_whole = of_source.clone().next().is_some() && of_source.all(|held| is_accepted(&held.id));
            for held in list {
                let decision = decisions.get(&held.id);
                let status = match (settled.get(held.id.as_str()), decision) {
                    (_, Some(decision)) if !decision.is_accepted => HeldStatus::Rejected,
                    (Some(run), _) => HeldStatus::Settled(*run),
                    (None, Some(decision)) if decision.has_copy && held.has_copy => HeldStatus::Accepted,
                    (None, Some(_)) => HeldStatus::Expected,
                    (None, None) => HeldStatus::Waiting,
                };
                let entry = entries.entry(&held.id).or_insert_with(|| HeldEntry {
                    held: held.clone(),
                    first: run,
                    last: run,
                    status,
                    decision: decision.cloned(),
                    is_whole,
                });
                (entry.last, entry.is_whole) = (run, is_whole);
                entry.held = held.clone();
            }
        }
        let mut entries: Vec<HeldEntry> = entries.into_values().collect();
        entries.sort_by(|a, b| (a.first, &a.held.id).cmp(&(b.first, &b.held.id)));
        entries
    }

    /// Notes the deliveries that are not settled any more after an undo, and whose copies were removed meanwhile: their bytes
    /// must be delivered again.
    pub(super) fn expect_lost_copies(&self) -> Result<(), ArchiveError> {
        let file = decisions_file(&self.folder);
        for entry in self.held()? {
            let is_open = matches!(entry.status, HeldStatus::Waiting | HeldStatus::Accepted);
            if !is_open
                || !entry.held.has_copy
                || store::may_exist(&copies::path(&self.folder, &entry.held.delivery))
            {
                continue;
            }
            let HeldDelivery { id, source, delivery, bytes, .. } = entry.held;
            let decision = entry.decision.unwrap_or_else(|| HeldDecision {
                id,
                source,
                delivery,
                bytes,
                is_accepted: true,
                has_copy: false,
                recorded_at: entry.last,
                by: audit::UNKNOWN.to_owned(),
                reason: String::new(),
            });
            let _lock = file.lock()?;
            file.append(&HeldDecision { has_copy: false, ..decision })?;
        }
        Ok(())
    }

    /// Returns the digests of the copies that a later run, or a repeated one, may read.
    fn needed_copies(&self) -> Result<BTreeSet<String>, ArchiveError> {
        let newest = self.manifest.commits.iter().map(|commit| commit.as_of).max();
        let is_needed = |entry: &HeldEntry| match entry.status {
            _ if !entry.held.has_copy => false,
            HeldStatus::Waiting | HeldStatus::Accepted => true,
            // An undo of the newest run, or its repetition, needs the copy again.
            HeldStatus::Settled(run) => Some(run) == newest,
            HeldStatus::Rejected | HeldStatus::Expected => false,
        };
        Ok(self.held()?.into_iter().filter(is_needed).map(|entry| entry.held.delivery).collect())
    }
}
