//! Flags over runs: new, grown, unchanged, judged and closed ones.
//!
//! A flag is stored under its lineage. The review queue shows it when it is new. The queue shows it again if an
//! independent source is added, or if its statistic rises by a quarter. Both need news of the current run, so a run in
//! which only rules changed raises no flag. For this, earlier runs are first replayed with the current rules.
//!
//! A few unflagged candidates of each run are drawn at random and stored beside the flags, until a person judges them or
//! two weeks pass. If a later run finds that such a candidate passes the gate, it becomes a new flag.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    FlagTitle, ReviewConfig,
    exploration::draw,
    flag::{Flag, Flags, State, StoredFlag},
    found::{FoundCandidate, FoundCandidates, OPEN_DAYS},
    gate::{self, Gate},
    verdicts::Verdicts,
};
use crate::{judgement::Judgement, marking::Marking, review::patterns, time::Moment};

/// Rise of the statistic, as a factor, that brings a flag back into the queue.
const RISE: f64 = 1.25;
/// Days after which a closed flag is removed from the run state.
const FORGET_DAYS: i64 = 400;
/// Smallest share of common members (Jaccard index) of a candidate and its earlier flag.
const SIMILARITY_MIN: f64 = 0.5;
/// The same as a share of the smaller set, if one set is most of the other one; and the smallest number of members.
const OVERLAP_MIN: f64 = 0.8;
const OVERLAP_MEMBERS_MIN: f64 = 4.0;

/// Applies a run to the flags of the run state, and draws the random sample of the run. Returns the new run state, and
/// the flags and sampled candidates of this run by id. `seed` is the seed of the analysis.
pub fn follow(
    flags: &Flags,
    found: &FoundCandidates,
    judgements: &[Judgement],
    (config, seed): (&ReviewConfig, u64),
) -> (Flags, Vec<Flag>) {
    let as_of = found.as_of;
    let mut known = flags.known.clone();
    for flag in known.values_mut() {
        if flag.verdicts.apply(judgements, &flag.id, as_of) {
            // Growth is measured from the judged statistic.
            flag.shown.0 = flag.shown.0.max(flag.statistic);
        }
    }
    let earlier_flags = earlier_flags(&known, &found.candidates);
    let gates = gates(&found.candidates, config.fdr);
    let mut of_run = Vec::new();
    let mut follow_one = |position: usize, sampled: Option<f64>| {
        let (candidate, gate) = (&found.candidates[position], &gates[position]);
        let before = earlier_flags[position].as_ref().map(|id| known[id].clone());
        let mut next = updated(as_of, candidate, gate, before.as_ref());
        if sampled.is_some() {
            next.sampled = sampled;
        }
        // A closed sample is not news of the run.
        if before.as_ref().is_none_or(|before| before.state != State::Closed || next.state != State::Closed) {
            of_run.push(with_candidate(position, gate, &next, before.as_ref()));
        }
        known.insert(next.id.clone(), next);
    };
    let mut eligible: Vec<(usize, &str)> = Vec::new();
    for (position, (candidate, gate)) in found.candidates.iter().zip(&gates).enumerate() {
        if earlier_flags[position].is_some() {
            follow_one(position, None);
        } else if gate.has_current_news {
            if gate.passes() {
                follow_one(position, None);
            } else if is_eligible(gate) {
                eligible.push((position, &candidate.lineage));
            }
        }
    }
    let (drawn, probability) = draw(&eligible, config.random_sample(seed), as_of);
    for position in drawn {
        follow_one(position, Some(probability));
    }
    of_run.extend(without_candidates(found, &mut known, &of_run));
    known.retain(|_, flag| flag.state != State::Closed || flag.last_found >= as_of.days_earlier(FORGET_DAYS));
    of_run.sort_by(|a, b| a.id.cmp(&b.id));
    (Flags { known }, of_run)
}

/// Returns the gate of each candidate at a false-discovery rate over all of them.
fn gates(candidates: &[FoundCandidate], fdr: f64) -> Vec<Gate> {
    let by_random_runs = |candidate: &FoundCandidate| candidate.gate.null_p.and(candidate.gate.expected);
    let expected_max = gate::limit(candidates.iter().map(by_random_runs), fdr);
    candidates.iter().map(|candidate| Gate { expected_max, ..candidate.gate.clone() }).collect()
}

/// Returns true if the sample of a run may contain a candidate that the gate stopped. A candidate that is not news shows
/// a bulk edit or a changed rule, and nothing of the world. A lead is listed already.
fn is_eligible(gate: &Gate) -> bool {
    gate.lead().is_none() && !gate.fails().contains(&"news")
}

/// Updates the state of the open flags without a candidate in this run, and returns them.
fn without_candidates(
    found: &FoundCandidates,
    known: &mut BTreeMap<String, StoredFlag>,
    with_candidates: &[Flag],
) -> Vec<Flag> {
    let as_of = found.as_of;
    let with_candidates: BTreeSet<&str> = with_candidates.iter().map(|flag| flag.id.as_str()).collect();
    let is_open =
        |flag: &StoredFlag| !with_candidates.contains(flag.id.as_str()) && flag.state != State::Closed;
    let mut flags = Vec::new();
    for flag in known.values_mut().filter(|flag| is_open(flag)) {
        let before = (flag.state, flag.statistic);
        let live_records = flag.records.iter().filter(|id| !found.gone.contains(*id)).count();
        let is_over = flag.last_found < as_of.days_earlier(OPEN_DAYS)
            || 2 * live_records < flag.records.len()
            || is_sample_over(flag, as_of);
        flag.state = if is_over { State::Closed } else { unchanged(&flag.verdicts) };
        flags.push(without_candidate(flag, before));
    }
    flags
}

/// Returns the state of a flag without growth.
fn unchanged(verdicts: &Verdicts) -> State {
    if verdicts.is_contested() {
        State::Contested
    } else if verdicts.judged().is_some() {
        State::Judged
    } else {
        State::Standing
    }
}

/// Returns true for a sampled candidate that was drawn too long ago to wait for a verdict.
fn is_sample_over(flag: &StoredFlag, as_of: Moment) -> bool {
    flag.sampled.is_some() && flag.first_flagged < as_of.days_earlier(OPEN_DAYS)
}

/// Returns the id of the earlier flag of each candidate: the flag of its lineage, else the flag with the most common
/// members.
fn earlier_flags(known: &BTreeMap<String, StoredFlag>, candidates: &[FoundCandidate]) -> Vec<Option<String>> {
    let mut matches: Vec<Option<String>> = candidates
        .iter()
        .map(|candidate| known.contains_key(&candidate.lineage).then(|| candidate.lineage.clone()))
        .collect();
    let mut pairs: Vec<(f64, &StoredFlag, usize)> = Vec::new();
    let without_flag = candidates.iter().enumerate().filter(|(position, _)| matches[*position].is_none());
    for (position, candidate) in without_flag {
        // A sample without a verdict decides nothing about similar candidates.
        let can_match = |flag: &&StoredFlag| {
            flag.pattern == candidate.pattern
                && (flag.sampled.is_none() || !flag.verdicts.in_force.is_empty())
        };
        for flag in known.values().filter(can_match) {
            pairs.extend(
                similarity(&flag.members, &candidate.members).map(|similarity| (similarity, flag, position)),
            );
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
    as_of: Moment,
    candidate: &FoundCandidate,
    gate: &Gate,
    before: Option<&StoredFlag>,
) -> StoredFlag {
    let origins: BTreeSet<String> = gate.origins.iter().cloned().collect();
    let mut next = before.cloned().unwrap_or_else(|| StoredFlag {
        id: candidate.lineage.clone(),
        pattern: candidate.pattern.clone(),
        first_flagged: as_of,
        last_found: as_of,
        state: State::New,
        title: FlagTitle::default(),
        shown: (gate.statistic, origins.clone()),
        statistic: gate.statistic,
        members: BTreeSet::new(),
        records: BTreeSet::new(),
        community: None,
        marking: Marking::Unmarked,
        verdicts: Verdicts::default(),
        sampled: None,
    });
    if before.is_some() {
        let has_grown = gate.statistic >= RISE * next.shown.0 || !origins.is_subset(&next.shown.1);
        let is_found = gate.passes() && gate.has_current_news;
        // A sample becomes a flag as soon as it passes the gate, unless a person has judged it.
        let becomes_flag =
            next.sampled.is_some() && is_found && (has_grown || next.verdicts.in_force.is_empty());
        next.state = if becomes_flag {
            State::New
        } else if has_grown && is_found {
            State::Grown
        } else if is_sample_over(&next, as_of) {
            State::Closed
        } else {
            unchanged(&next.verdicts)
        };
        if becomes_flag {
            (next.sampled, next.first_flagged) = (None, as_of);
        }
        if matches!(next.state, State::New | State::Grown) {
            next.shown = (gate.statistic, next.shown.1.union(&origins).cloned().collect());
            next.verdicts.outgrow();
        }
    }
    next.last_found = as_of;
    next.statistic = gate.statistic;
    next.title.clone_from(&candidate.title);
    next.members.clone_from(&candidate.members);
    next.records.clone_from(&candidate.records);
    next.community.clone_from(&candidate.community);
    next.marking = candidate.marking;
    next
}

fn with_candidate(position: usize, gate: &Gate, next: &StoredFlag, before: Option<&StoredFlag>) -> Flag {
    Flag {
        id: next.id.clone(),
        pattern: patterns::named(&next.pattern).name,
        candidate: Some(position),
        state: next.state,
        before: before.map(|flag| (flag.state, flag.statistic)),
        first_flagged: next.first_flagged,
        title: next.title.clone(),
        entity_ids: next.members.iter().cloned().collect(),
        community_id: next.community.clone(),
        sources: gate.origins.clone(),
        marking: next.marking,
        verdicts: next.verdicts.clone(),
        sampled: next.sampled,
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
        verdicts: flag.verdicts.clone(),
        sampled: flag.sampled,
    }
}
