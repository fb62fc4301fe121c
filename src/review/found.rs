//! Candidates of a run as plain data: everything that the flags of this run and of later runs follow from.
//!
//! The flags are a fold over the found candidates of all runs. The archive keeps them for each run, so that another
//! false-discovery rate, another sample or a late judgement needs no view and no resolution of an earlier run.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    FlagTitle,
    gate::Gate,
    patterns::{self, PATTERNS},
};
use crate::{
    analysis::Analysis,
    features::{self, Candidate},
    index::CommunityIndex,
    marking::Marking,
    time::Moment,
};

/// Days for which a flag stays open without a candidate.
pub(super) const OPEN_DAYS: i64 = 14;

/// A candidate of a run, without positions in the analysis of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoundCandidate {
    /// Name of its pattern.
    pub(super) pattern: String,
    /// Lasting id of the instance.
    pub(super) lineage: String,
    /// Values at the gate. The largest share that passes depends on the other candidates, and is computed again.
    pub(super) gate: Gate,
    /// Title as data.
    pub(super) title: FlagTitle,
    /// Ids of the members.
    pub(super) members: BTreeSet<String>,
    /// Ids of the recent records.
    pub(super) records: BTreeSet<String>,
    /// Id of the community with most of the members.
    pub(super) community: Option<String>,
    /// Join of the markings of the members, of the recent links and of the payments at the members.
    pub(super) marking: Marking,
}

/// Candidates of one run, in the order of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoundCandidates {
    /// As-of time of the run.
    pub(super) as_of: Moment,
    pub(super) candidates: Vec<FoundCandidate>,
    /// Ids of the records that the view of the run no longer has, among the recent records of the candidates of the
    /// [`OPEN_DAYS`] before.
    pub(super) gone: BTreeSet<String>,
}

impl FoundCandidates {
    /// Returns the candidates of a run. `earlier` has those of the runs before it, as far as they are recent.
    pub fn of(
        analysis: &Analysis,
        (candidates, gates): (&[Candidate], &[Gate]),
        earlier: &[FoundCandidates],
    ) -> Self {
        let as_of = analysis.view.as_of().valid_at;
        let recent = earlier.iter().filter(|run| run.is_recent(as_of));
        let named: BTreeSet<&str> = recent.flat_map(FoundCandidates::records).collect();
        let found =
            candidates.par_iter().zip(gates).map(|(candidate, gate)| found(analysis, candidate, gate));
        Self { as_of, candidates: found.collect(), gone: gone(analysis, &named) }
    }

    /// Returns whether a flag that was last found in this run can still be open in a run of `as_of`.
    pub fn is_recent(&self, as_of: Moment) -> bool {
        self.as_of >= as_of.days_earlier(OPEN_DAYS)
    }

    /// Returns whether this version of the program has all patterns of the candidates.
    pub fn is_known(&self) -> bool {
        let is_known = |found: &FoundCandidate| PATTERNS.iter().any(|pattern| pattern.name == found.pattern);
        self.candidates.iter().all(is_known)
    }

    fn records(&self) -> impl Iterator<Item = &str> {
        self.candidates.iter().flat_map(|candidate| &candidate.records).map(String::as_str)
    }
}

/// Returns the as-of time from which the candidates of earlier runs are needed for a run of `as_of`.
pub fn recent_from(as_of: Moment) -> Moment {
    as_of.days_earlier(OPEN_DAYS)
}

fn found(analysis: &Analysis, candidate: &Candidate, gate: &Gate) -> FoundCandidate {
    let records = features::records(analysis, candidate);
    FoundCandidate {
        pattern: candidate.pattern.to_owned(),
        lineage: candidate.lineage.clone(),
        gate: gate.clone(),
        title: (patterns::named(candidate.pattern).title_of)(analysis, candidate),
        members: candidate.members.iter().map(|&member| analysis[member].id.into()).collect(),
        records: records.iter().map(|&record| analysis[record].id.to_string()).collect(),
        community: community(analysis, candidate),
        marking: marking(analysis, candidate),
    }
}

/// Returns the community with the most members of a candidate, if it has at least half of them; `None` if the analysis has no
/// communities.
fn community(analysis: &Analysis, candidate: &Candidate) -> Option<String> {
    let mut counts: BTreeMap<CommunityIndex, usize> = BTreeMap::new();
    for community in candidate.members.iter().filter_map(|member| analysis.community_of.get(member.index())) {
        *counts.entry(*community).or_default() += 1;
    }
    let (most, count) =
        counts.into_iter().max_by_key(|(community, count)| (*count, std::cmp::Reverse(*community)))?;
    (2 * count >= candidate.members.len()).then(|| analysis[most].id.clone())
}

/// Returns the join of the markings of the members, of the recent links and of the payments at the members.
fn marking(analysis: &Analysis, candidate: &Candidate) -> Marking {
    let entities = candidate.members.iter().map(|&member| analysis[member].marking);
    let links = candidate.support.iter().map(|&link| analysis[link].marking);
    let payments = features::payments(analysis, candidate).into_iter().map(|link| link.marking);
    entities.chain(links).chain(payments).reduce(Marking::join).unwrap_or(Marking::Unmarked)
}

/// Returns those of some ids of records that no record of the view has.
fn gone(analysis: &Analysis, ids: &BTreeSet<&str>) -> BTreeSet<String> {
    let mut gone = ids.clone();
    // A view has millions of records, and few of them support a candidate.
    let mut id = String::new();
    for record in analysis.view.records() {
        if gone.is_empty() {
            break;
        }
        id.clear();
        write!(id, "{}", record.id).expect("writing to a string never fails");
        gone.remove(id.as_str());
    }
    gone.into_iter().map(str::to_owned).collect()
}
