//! A flag as data: its state in a run, and what the run state stores of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{FlagTitle, verdicts::Verdicts};
use crate::{marking::Marking, time::Moment};

/// State of a flag in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Raised in this run.
    New,
    /// Raised before, and stronger or with more sources than when a person last saw it.
    Grown,
    /// Raised before, and unchanged.
    Standing,
    /// A person judged it.
    Judged,
    /// People judged it differently: confirmed and benign.
    Contested,
    /// Most of its records are gone, or it had no candidate for too long.
    Closed,
}

impl State {
    /// Returns the name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Grown => "grown",
            Self::Standing => "standing",
            Self::Judged => "judged",
            Self::Contested => "contested",
            Self::Closed => "closed",
        }
    }

    /// Returns true if the flag belongs into the queue of the run.
    pub fn is_queued(self) -> bool {
        matches!(self, Self::New | Self::Grown)
    }
}

/// A flag in the run state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredFlag {
    /// Lasting id.
    pub id: String,
    /// Name of its pattern.
    pub pattern: String,
    /// As-of time of the run that raised it.
    pub first_flagged: Moment,
    /// As-of time of the last run with a candidate.
    pub last_found: Moment,
    /// State in the last run.
    pub state: State,
    /// Title in the last run with a candidate.
    pub title: FlagTitle,
    /// Statistic and independent sources when a person last saw it.
    pub shown: (f64, BTreeSet<String>),
    /// Statistic in the last run with a candidate.
    pub statistic: f64,
    /// Ids of the members in the last run with a candidate.
    pub members: BTreeSet<String>,
    /// Ids of the recent records in the last run with a candidate.
    pub records: BTreeSet<String>,
    /// Id of the community with most of the members.
    pub community: Option<String>,
    /// Join of the markings of its records.
    pub marking: Marking,
    /// Verdicts of people.
    pub verdicts: Verdicts,
    /// Probability with which it was drawn at random; `None` for a flag.
    #[serde(default)]
    pub sampled: Option<f64>,
}

/// A flag of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Flag {
    /// Lasting id.
    pub id: String,
    /// Name of its pattern.
    pub pattern: &'static str,
    /// Position of its candidate in this run; `None` if only an earlier run has one.
    pub candidate: Option<usize>,
    /// State in this run.
    pub state: State,
    /// State and statistic in the previous run; `None` for a new flag.
    pub before: Option<(State, f64)>,
    /// As-of time of the run that raised it.
    pub first_flagged: Moment,
    /// Title as data.
    pub title: FlagTitle,
    /// Ids of the members, sorted.
    pub entity_ids: Vec<String>,
    /// Id of the community with most of the members.
    pub community_id: Option<String>,
    /// Independent sources, sorted.
    pub sources: Vec<String>,
    /// Join of the markings of its records.
    pub marking: Marking,
    /// Verdicts of people.
    pub verdicts: Verdicts,
    /// Probability with which it was drawn at random; `None` for a flag.
    pub sampled: Option<f64>,
}

impl Flag {
    /// Returns true for a flag that this run raised, and false for a candidate that was drawn at random.
    pub fn is_raised(&self) -> bool {
        self.state == State::New && self.sampled.is_none()
    }
}

/// Every flag in the run state, by id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Flags {
    pub(super) known: BTreeMap<String, StoredFlag>,
}

impl Flags {
    /// Returns every flag, by id.
    pub fn known(&self) -> impl Iterator<Item = &StoredFlag> {
        self.known.values()
    }

    /// Returns a flag; `None` for an unknown id.
    pub fn get(&self, id: &str) -> Option<&StoredFlag> {
        self.known.get(id)
    }
}
