//! Flags over runs: new, grown, unchanged, judged and closed ones.
//!
//! A flag is stored under its lineage. The review queue shows it when it is new. The queue shows it again if an
//! independent source is added, or if its statistic rises by a quarter. Both need news of the current run, so a run in
//! which only rules changed raises no flag. For this, earlier runs are first replayed with the current rules.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{FlagTitle, gate::Gate};
use crate::{
    analysis::Analysis,
    features::{self, Candidate},
    index::CommunityIndex,
    judgement::{Judgement, Kind, Value},
    marking::Marking,
    review::patterns,
    time::Moment,
};

/// Rise of the statistic, as a factor, that brings a flag back into the queue.
const RISE: f64 = 1.25;
/// Days for which a flag stays open without a candidate.
const OPEN_DAYS: i64 = 14;
/// Days for which a benign judgement is valid.
const BENIGN_DAYS: i64 = 90;
/// Days after which a closed flag is removed from the run state.
const FORGET_DAYS: i64 = 400;
/// Smallest share of common members (Jaccard index) of a candidate and its earlier flag.
const SIMILARITY_MIN: f64 = 0.5;
/// The same as a share of the smaller set, if one set is most of the other one; and the smallest number of members.
const OVERLAP_MIN: f64 = 0.8;
const OVERLAP_MEMBERS_MIN: f64 = 4.0;

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
    /// Last verdict and its time; `None` if the flag has grown since.
    pub judged: Option<(Value, Moment)>,
    /// Time of the last judgement that was applied. No earlier judgement is applied again.
    pub answered: Option<Moment>,
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
    /// Last verdict and its time.
    pub judged: Option<(Value, Moment)>,
    /// Time of the last judgement that this run applied, even if the flag has grown since.
    pub answered: Option<Moment>,
}

/// Every flag in the run state, by id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Flags {
    known: BTreeMap<String, StoredFlag>,
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

/// Applies a run to the flags of the run state. Returns the new run state, and the flags of this run by id.
pub fn follow(
    flags: &Flags,
    analysis: &Analysis,
    candidates: &[Candidate],
    gates: &[Gate],
    judgements: &[Judgement],
) -> (Flags, Vec<Flag>) {
    let as_of = analysis.view.as_of().valid_at;
    let mut known = flags.known.clone();
    for flag in known.values_mut() {
        apply_judgement(flag, judgements, as_of);
    }
    let earlier_flags = earlier_flags(analysis, &known, candidates);
    let mut of_run = Vec::new();
    for (position, candidate) in candidates.iter().enumerate() {
        let before = earlier_flags[position].as_ref().map(|id| known[id].clone());
        let gate = &gates[position];
        if before.is_none() && !(gate.passes() && features::has_current_news(analysis, candidate)) {
            continue;
        }
        let next = updated(analysis, candidate, gate, before.as_ref());
        of_run.push(with_candidate(analysis, (position, candidate), gate, &next, before.as_ref()));
        known.insert(next.id.clone(), next);
    }
    of_run.extend(without_candidates(analysis, &mut known, &of_run));
    known.retain(|_, flag| flag.state != State::Closed || flag.last_found >= as_of.days_earlier(FORGET_DAYS));
    of_run.sort_by(|a, b| a.id.cmp(&b.id));
    (Flags { known }, of_run)
}

/// Updates the state of the open flags without a candidate in this run, and returns them.
fn without_candidates(
    analysis: &Analysis,
    known: &mut BTreeMap<String, StoredFlag>,
    with_candidates: &[Flag],
) -> Vec<Flag> {
    let as_of = analysis.view.as_of().valid_at;
    let with_candidates: BTreeSet<&str> = with_candidates.iter().map(|flag| flag.id.as_str()).collect();
    let records: BTreeSet<String> =
        analysis.view.records().iter().map(|record| record.id.to_string()).collect();
    let mut flags = Vec::new();
    for flag in known.values_mut() {
        if with_candidates.contains(flag.id.as_str()) || flag.state == State::Closed {
            continue;
        }
        let before = (flag.state, flag.statistic);
        let live_records = flag.records.iter().filter(|id| records.contains(*id)).count();
        let is_over =
            flag.last_found < as_of.days_earlier(OPEN_DAYS) || 2 * live_records < flag.records.len();
        flag.state = match flag.judged {
            _ if is_over => State::Closed,
            Some(_) => State::Judged,
            None => State::Standing,
        };
        flags.push(without_candidate(flag, before));
    }
    flags
}

/// Applies the last judgement up to the as-of time. A benign judgement expires after [`BENIGN_DAYS`].
fn apply_judgement(flag: &mut StoredFlag, judgements: &[Judgement], as_of: Moment) {
    let new_judgements = judgements.iter().filter(|judgement| {
        judgement.kind == Kind::Flag
            && judgement.subject_id == flag.id
            && judgement.recorded_at <= as_of
            && flag.answered.is_none_or(|answered| judgement.recorded_at > answered)
    });
    if let Some(last) = new_judgements.max_by_key(|judgement| (judgement.recorded_at, judgement.value)) {
        flag.judged = Some((last.value, last.recorded_at));
        flag.answered = Some(last.recorded_at);
        // Growth is measured from the judged statistic.
        flag.shown.0 = flag.shown.0.max(flag.statistic);
    }
    if let Some((Value::Benign, recorded_at)) = flag.judged
        && recorded_at < as_of.days_earlier(BENIGN_DAYS)
    {
        flag.judged = None;
    }
}

fn ids(analysis: &Analysis, candidate: &Candidate) -> BTreeSet<String> {
    candidate.members.iter().map(|&member| analysis[member].id.clone()).collect()
}

/// Returns the id of the earlier flag of each candidate: the flag of its lineage, else the flag with the most common
/// members.
fn earlier_flags(
    analysis: &Analysis,
    known: &BTreeMap<String, StoredFlag>,
    candidates: &[Candidate],
) -> Vec<Option<String>> {
    let mut matches: Vec<Option<String>> = candidates
        .iter()
        .map(|candidate| known.contains_key(&candidate.lineage).then(|| candidate.lineage.clone()))
        .collect();
    let mut pairs: Vec<(f64, &StoredFlag, usize)> = Vec::new();
    let without_flag = candidates.iter().enumerate().filter(|(position, _)| matches[*position].is_none());
    for (position, candidate) in without_flag {
        let members = ids(analysis, candidate);
        for flag in known.values().filter(|flag| flag.pattern == candidate.pattern) {
            pairs.extend(similarity(&flag.members, &members).map(|similarity| (similarity, flag, position)));
        }
    }
    pairs.sort_by(|a, b| {
        b.0.total_cmp(&a.0)
            .then_with(|| (a.1.first_flagged, &a.1.id, a.2).cmp(&(b.1.first_flagged, &b.1.id, b.2)))
    });
    let mut matched: BTreeSet<String> = matches.iter().flatten().cloned().collect();
    for (_, flag, position) in pairs {
        if matches[position].is_none() && matched.insert(flag.id.clone()) {
            matches[position] = Some(flag.id.clone());
        }
    }
    matches
}

/// Returns the share of common members (Jaccard index) of a flag and a candidate; `None` if they are too different to
/// be one. The smaller set may also be most of the larger one.
fn similarity(of_flag: &BTreeSet<String>, of_candidate: &BTreeSet<String>) -> Option<f64> {
    let common = of_flag.intersection(of_candidate).count() as f64;
    let (flag_count, candidate_count) = (of_flag.len() as f64, of_candidate.len() as f64);
    let similarity = common / (candidate_count + flag_count - common);
    let is_most_of_smaller =
        common >= OVERLAP_MIN * candidate_count.min(flag_count) && common >= OVERLAP_MEMBERS_MIN;
    (similarity >= SIMILARITY_MIN || is_most_of_smaller).then_some(similarity)
}

/// Returns the stored flag of a candidate after this run.
fn updated(
    analysis: &Analysis,
    candidate: &Candidate,
    gate: &Gate,
    before: Option<&StoredFlag>,
) -> StoredFlag {
    let as_of = analysis.view.as_of().valid_at;
    let origins: BTreeSet<String> = gate.origins.iter().cloned().collect();
    let mut next = before.cloned().unwrap_or_else(|| StoredFlag {
        id: candidate.lineage.clone(),
        pattern: candidate.pattern.to_owned(),
        first_flagged: as_of,
        last_found: as_of,
        state: State::New,
        title: FlagTitle::default(),
        shown: (candidate.statistic, origins.clone()),
        statistic: candidate.statistic,
        members: BTreeSet::new(),
        records: BTreeSet::new(),
        community: None,
        marking: Marking::Unmarked,
        judged: None,
        answered: None,
    });
    if before.is_some() {
        let has_grown = candidate.statistic >= RISE * next.shown.0 || !origins.is_subset(&next.shown.1);
        next.state = match next.judged {
            _ if has_grown && gate.passes() && features::has_current_news(analysis, candidate) => {
                State::Grown
            }
            Some(_) => State::Judged,
            None => State::Standing,
        };
        if next.state == State::Grown {
            next.shown = (candidate.statistic, next.shown.1.union(&origins).cloned().collect());
            next.judged = None;
        }
    }
    next.last_found = as_of;
    next.statistic = candidate.statistic;
    next.title = (patterns::named(candidate.pattern).title_of)(analysis, candidate);
    next.members = ids(analysis, candidate);
    let records = features::records(analysis, candidate);
    next.records = records.iter().map(|&record| analysis[record].id.to_string()).collect();
    next.community = community(analysis, candidate);
    next.marking = marking(analysis, candidate);
    next
}

/// Returns the community with the most members of a candidate, if it has at least half of them.
fn community(analysis: &Analysis, candidate: &Candidate) -> Option<String> {
    let mut counts: BTreeMap<CommunityIndex, usize> = BTreeMap::new();
    for &member in &candidate.members {
        *counts.entry(analysis.community_of[member.index()]).or_default() += 1;
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

fn with_candidate(
    analysis: &Analysis,
    (position, candidate): (usize, &Candidate),
    gate: &Gate,
    next: &StoredFlag,
    before: Option<&StoredFlag>,
) -> Flag {
    Flag {
        id: next.id.clone(),
        pattern: candidate.pattern,
        candidate: Some(position),
        state: next.state,
        before: before.map(|flag| (flag.state, flag.statistic)),
        first_flagged: next.first_flagged,
        title: next.title.clone(),
        entity_ids: next.members.iter().cloned().collect(),
        community_id: next.community.clone(),
        sources: gate.origins.clone(),
        marking: marking(analysis, candidate),
        judged: next.judged,
        answered: next.answered,
    }
}

/// Returns a flag that has a candidate in an earlier run only.
fn without_candidate(flag: &StoredFlag, before: (State, f64)) -> Flag {
    Flag {
        id: flag.id.clone(),
        pattern: patterns::named(&flag.pattern).name,
        candidate: None,
        state: flag.state,
        before: Some(before),
        first_flagged: flag.first_flagged,
        title: flag.title.clone(),
        entity_ids: flag.members.iter().cloned().collect(),
        community_id: flag.community.clone(),
        sources: flag.shown.1.iter().cloned().collect(),
        marking: flag.marking,
        judged: flag.judged,
        answered: flag.answered,
    }
}
