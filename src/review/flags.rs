//! Flags over the nights: what is new tonight, what stands, what grew, what a person judged
//! and what is over.
//!
//! A flag is remembered under its lineage. It is put before a person when it is new, and
//! again when an independent source is added or its statistic rises by a quarter; both need
//! news of tonight. So a night on which only rules changed raises nothing: earlier nights
//! are followed again by tonight's rules first.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{FlagTitle, gate::Gate};
use crate::{
    analysis::Analysis,
    features::{self, Candidate},
    judgement::{Judgement, Kind, Value},
    marking::Marking,
    review::patterns,
    temporal::Arrival,
    time::Moment,
};

/// Rise of the statistic that brings a flag back before a person.
const RISE: f64 = 1.25;
/// Days that a flag stands without being found again.
const STANDS_DAYS: i64 = 14;
/// Days that a benign judgement holds.
const BENIGN_DAYS: i64 = 90;
/// Days after which a closed flag is forgotten.
const FORGET_DAYS: i64 = 400;
/// Share of members in common from which a candidate goes on under an earlier flag.
const SAME: f64 = 0.5;
/// The same of the smaller one's members, where one is what is left of the other, and how many at least.
const REST: f64 = 0.8;
const REST_MIN: f64 = 4.0;

/// What a flag is tonight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Raised tonight.
    New,
    /// Raised before, and more tonight than when it was last shown.
    Grown,
    /// Raised before, and as it was.
    Standing,
    /// A person decided.
    Judged,
    /// Nothing is left of it.
    Closed,
}

impl State {
    /// Returns the word in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Grown => "grown",
            Self::Standing => "standing",
            Self::Judged => "judged",
            Self::Closed => "closed",
        }
    }

    /// Says whether it is put before a person tonight.
    pub fn is_queued(self) -> bool {
        matches!(self, Self::New | Self::Grown)
    }
}

/// A flag as nights remember it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Remembered {
    /// Lasting id.
    pub id: String,
    /// Name of its pattern.
    pub pattern: String,
    /// The night that raised it.
    pub first_flagged: Moment,
    /// The last night on which it was found.
    pub last_found: Moment,
    /// What it was on that night, and what a person was shown of it.
    pub state: State,
    /// Its title when it was last found.
    pub title: FlagTitle,
    /// Its statistic and its independent sources when a person was last shown it.
    pub shown: (f64, BTreeSet<String>),
    /// Its statistic on the last night that found it.
    pub statistic: f64,
    /// Ids of its members when it was last found.
    pub members: BTreeSet<String>,
    /// Records behind it when it was last found.
    pub records: BTreeSet<String>,
    /// The community it is about.
    pub community: Option<String>,
    /// Join of the markings of its records.
    pub marking: Marking,
    /// What a person decided, and when; `None` again once it grew beyond that.
    pub judged: Option<(Value, Moment)>,
    /// When the last judgement was told that was taken in: what grew since is not judged by it again.
    pub answered: Option<Moment>,
}

/// One flag of a night.
#[derive(Clone, Debug, PartialEq)]
pub struct Flag {
    /// Lasting id.
    pub id: String,
    /// Name of its pattern.
    pub pattern: &'static str,
    /// The candidate it is tonight; `None` where it was found on an earlier night only.
    pub candidate: Option<usize>,
    /// What it is tonight.
    pub state: State,
    /// What it was on the night before, with the statistic of then; `None` for a new one.
    pub before: Option<(State, f64)>,
    /// The night that raised it.
    pub first_flagged: Moment,
    /// Title as data.
    pub title: FlagTitle,
    /// Ids of the entities it is about, sorted.
    pub entity_ids: Vec<String>,
    /// The community it is about.
    pub community_id: Option<String>,
    /// Independent sources behind it, sorted.
    pub sources: Vec<String>,
    /// Join of the markings of its records.
    pub marking: Marking,
    /// What a person decided last, and when.
    pub judged: Option<(Value, Moment)>,
    /// When the last judgement was recorded that this run took into account, also where the flag outgrew it.
    pub answered: Option<Moment>,
}

/// Every flag known so far, by id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Flags {
    known: BTreeMap<String, Remembered>,
}

impl Flags {
    /// Returns every flag known so far, by id.
    pub fn known(&self) -> impl Iterator<Item = &Remembered> {
        self.known.values()
    }

    /// Returns what is remembered of a flag.
    pub fn get(&self, id: &str) -> Option<&Remembered> {
        self.known.get(id)
    }
}

/// Follows flags to tonight. Returns what the next night must know, and tonight's flags by id.
pub fn follow(
    flags: &Flags,
    analysis: &Analysis,
    candidates: &[Candidate],
    gates: &[Gate],
    judgements: &[Judgement],
) -> (Flags, Vec<Flag>) {
    let tonight = analysis.view.as_of().valid_at;
    let mut known = flags.known.clone();
    for remembered in known.values_mut() {
        take_judgement(remembered, judgements, tonight);
    }
    let found = matched(analysis, &known, candidates);
    let mut tonights = Vec::new();
    for (at, candidate) in candidates.iter().enumerate() {
        let before = found[at].as_ref().map(|id| known[id].clone());
        if before.is_none() && !(gates[at].passes() && has_news_tonight(analysis, candidate)) {
            continue;
        }
        let next = grown(analysis, candidate, &gates[at], before.as_ref());
        tonights.push(shown(analysis, at, candidate, &gates[at], &next, before.as_ref()));
        known.insert(next.id.clone(), next);
    }
    let taken: BTreeSet<String> = tonights.iter().map(|flag| flag.id.clone()).collect();
    let records: BTreeSet<String> =
        analysis.view.records().iter().map(|record| record.id.to_string()).collect();
    for remembered in
        known.values_mut().filter(|flag| !taken.contains(&flag.id) && flag.state != State::Closed)
    {
        let before = (remembered.state, remembered.statistic);
        let left = remembered.records.iter().filter(|id| records.contains(*id)).count();
        let is_over =
            remembered.last_found < tonight.days_earlier(STANDS_DAYS) || 2 * left < remembered.records.len();
        remembered.state = match remembered.judged {
            _ if is_over => State::Closed,
            Some(_) => State::Judged,
            None => State::Standing,
        };
        tonights.push(carried(remembered, before));
    }
    known.retain(|_, flag| {
        flag.state != State::Closed || flag.last_found >= tonight.days_earlier(FORGET_DAYS)
    });
    tonights.sort_by(|a, b| a.id.cmp(&b.id));
    (Flags { known }, tonights)
}

/// Takes in what a person decided up to tonight; a benign judgement ends after its time.
fn take_judgement(flag: &mut Remembered, judgements: &[Judgement], tonight: Moment) {
    let own = judgements.iter().filter(|judgement| {
        judgement.kind == Kind::Flag
            && judgement.subject_id == flag.id
            && judgement.recorded_at <= tonight
            && flag.answered.is_none_or(|answered| judgement.recorded_at > answered)
    });
    if let Some(last) = own.max_by_key(|judgement| (judgement.recorded_at, judgement.value)) {
        flag.judged = Some((last.value, last.recorded_at));
        flag.answered = Some(last.recorded_at);
        // From here on growth counts from what was judged.
        flag.shown.0 = flag.shown.0.max(flag.statistic);
    }
    if let Some((Value::Benign, told)) = flag.judged
        && told < tonight.days_earlier(BENIGN_DAYS)
    {
        flag.judged = None;
    }
}

fn ids(analysis: &Analysis, candidate: &Candidate) -> BTreeSet<String> {
    candidate.members.iter().map(|&at| analysis[at].id.clone()).collect()
}

/// Finds the earlier flag that each candidate is: of its lineage, else of most of its members.
fn matched(
    analysis: &Analysis,
    known: &BTreeMap<String, Remembered>,
    candidates: &[Candidate],
) -> Vec<Option<String>> {
    let mut found: Vec<Option<String>> = candidates
        .iter()
        .map(|candidate| known.contains_key(&candidate.lineage).then(|| candidate.lineage.clone()))
        .collect();
    let mut pairs: Vec<(f64, &Remembered, usize)> = Vec::new();
    for (at, candidate) in candidates.iter().enumerate().filter(|(at, _)| found[*at].is_none()) {
        let members = ids(analysis, candidate);
        for flag in known.values().filter(|flag| flag.pattern == candidate.pattern) {
            let both = flag.members.intersection(&members).count() as f64;
            let (own, other) = (members.len() as f64, flag.members.len() as f64);
            let agreement = both / (own + other - both);
            // What is left of a larger one is still that one.
            if agreement >= SAME || both >= REST * own.min(other) && both >= REST_MIN {
                pairs.push((agreement, flag, at));
            }
        }
    }
    pairs.sort_by(|a, b| {
        b.0.total_cmp(&a.0)
            .then_with(|| (a.1.first_flagged, &a.1.id, a.2).cmp(&(b.1.first_flagged, &b.1.id, b.2)))
    });
    let mut taken: BTreeSet<String> = found.iter().flatten().cloned().collect();
    for (_, flag, at) in pairs {
        if found[at].is_none() && taken.insert(flag.id.clone()) {
            found[at] = Some(flag.id.clone());
        }
    }
    found
}

/// Says whether something behind a candidate is news of this very night.
fn has_news_tonight(analysis: &Analysis, candidate: &Candidate) -> bool {
    features::records(analysis, candidate).iter().any(|&at| {
        let record = &analysis[at];
        analysis.recent.arrivals[at.index()] == Arrival::News
            && analysis.recent.previous.is_none_or(|previous| record.recorded_first > previous)
    })
}

/// Returns what is remembered of a candidate's flag after tonight.
fn grown(analysis: &Analysis, candidate: &Candidate, gate: &Gate, before: Option<&Remembered>) -> Remembered {
    let tonight = analysis.view.as_of().valid_at;
    let origins: BTreeSet<String> = gate.origins.iter().cloned().collect();
    let mut next = before.cloned().unwrap_or_else(|| Remembered {
        id: candidate.lineage.clone(),
        pattern: candidate.pattern.to_owned(),
        first_flagged: tonight,
        last_found: tonight,
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
        let is_more = candidate.statistic >= RISE * next.shown.0 || !origins.is_subset(&next.shown.1);
        next.state = match next.judged {
            _ if is_more && gate.passes() && has_news_tonight(analysis, candidate) => State::Grown,
            Some(_) => State::Judged,
            None => State::Standing,
        };
        if next.state == State::Grown {
            next.shown = (candidate.statistic, next.shown.1.union(&origins).cloned().collect());
            next.judged = None;
        }
    }
    next.last_found = tonight;
    next.statistic = candidate.statistic;
    next.title = (patterns::named(candidate.pattern).title_of)(analysis, candidate);
    next.members = ids(analysis, candidate);
    let records = features::records(analysis, candidate);
    next.records = records.iter().map(|&at| analysis[at].id.to_string()).collect();
    next.community = community(analysis, candidate);
    next.marking = marking(analysis, candidate);
    next
}

/// Returns the community that holds most of a candidate, if one holds half of it.
fn community(analysis: &Analysis, candidate: &Candidate) -> Option<String> {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for &member in &candidate.members {
        *counts.entry(analysis.member_of[member.index()]).or_default() += 1;
    }
    let (most, count) =
        counts.into_iter().max_by_key(|(community, count)| (*count, std::cmp::Reverse(*community)))?;
    (2 * count >= candidate.members.len()).then(|| analysis.communities[most as usize].id.clone())
}

/// Joins the markings of everything a flag is derived from or says: its entities, the records behind it, and payments.
fn marking(analysis: &Analysis, candidate: &Candidate) -> Marking {
    let entities = candidate.members.iter().map(|&at| analysis[at].marking);
    let links = candidate.support.iter().map(|&at| analysis[at].marking);
    let payments = features::payments(analysis, candidate).into_iter().map(|link| link.marking);
    entities.chain(links).chain(payments).reduce(Marking::join).unwrap_or(Marking::Unmarked)
}

fn shown(
    analysis: &Analysis,
    at: usize,
    candidate: &Candidate,
    gate: &Gate,
    next: &Remembered,
    before: Option<&Remembered>,
) -> Flag {
    Flag {
        id: next.id.clone(),
        pattern: candidate.pattern,
        candidate: Some(at),
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

/// Shows a flag that was found on an earlier night only.
fn carried(flag: &Remembered, before: (State, f64)) -> Flag {
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
