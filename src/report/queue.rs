//! Flags of the review queue, flags beside it, and near misses.

use std::collections::BTreeMap;

use super::{
    content::{FlagLine, FlagRow, GateRow, MissRow},
    evidence::{self, marking_reason},
    facts::{Facts, name_of},
};
use crate::{
    analysis::{Analysis, Class},
    features::{self, Candidate},
    index::EntityIndex,
    language::{self, Language, NewlyRecorded},
    link::Layer,
    marking::Marking,
    review::{self, CandidateStatus, Flags, Gate, QueuedFlag, State, StoredFlag, WaitingFlags},
    time::Moment,
};

/// Largest number of flags in a list beside the queue.
const LINES_MAX: usize = 60;
/// Largest number of members named for a near miss.
const MISS_MEMBERS_MAX: usize = 24;
/// Largest number of records shown for a near miss.
const MISS_RECORDS_MAX: usize = 10;

/// Returns the flags of the queue in order.
pub(super) fn rows(facts: &Facts<'_>) -> Vec<FlagRow> {
    facts
        .flags
        .iter()
        .filter_map(|row| Some((row, row.rank?, row.candidate.as_ref()?)))
        .map(|(queued, rank, candidate)| row(facts, queued, rank, candidate))
        .collect()
}

/// Returns the flags with a verdict, also closed ones, and their number.
pub(super) fn judged(facts: &Facts<'_>) -> (Vec<FlagLine>, u64) {
    let is_judged = |row: &&QueuedFlag| {
        let is_old_sample = row.flag.sampled.is_some() && row.flag.verdicts.answered.is_none();
        row.rank.is_none() && !is_waiting(row) && !is_unanswered(row) && !is_old_sample
    };
    let others: Vec<&QueuedFlag> = facts.flags.iter().filter(is_judged).collect();
    (others.iter().take(LINES_MAX).map(|row| line(facts.language, row)).collect(), others.len() as u64)
}

/// Returns the flags outside the queue without a verdict, by score, then those that closed without one; and a
/// sentence with their number.
pub(super) fn waiting(facts: &Facts<'_>) -> (Vec<FlagLine>, Option<String>) {
    let mut open: Vec<&QueuedFlag> = facts.flags.iter().filter(|row| is_waiting(row)).collect();
    // Flags without recent evidence have score 0; among them the latest comes first.
    open.sort_by(|a, b| {
        let by_time = (b.flag.first_flagged, &a.flag.id).cmp(&(a.flag.first_flagged, &b.flag.id));
        let by_score = b.score.total_cmp(&a.score).then(by_time);
        a.flag.sampled.is_some().cmp(&b.flag.sampled.is_some()).then(by_score)
    });
    let of_kind = |kind: fn(&review::Flag) -> bool| open.iter().filter(|row| kind(&row.flag)).count();
    let is_of_run = |flag: &review::Flag| flag.state.is_queued() && flag.sampled.is_none();
    let of_run = open.iter().filter(|row| is_of_run(&row.flag));
    let out_of_focus = of_run.clone().filter(|row| row.focus == Some(0)).count();
    let beyond = of_run.count() - out_of_focus;
    let contested = of_kind(|flag| flag.state == State::Contested);
    let sampled = of_kind(|flag| flag.sampled.is_some() && flag.state != State::Contested);
    let closed_in_run = facts.flags.iter().filter(|row| is_unanswered(row)).count();
    let waiting = WaitingFlags {
        earlier: open.len() - beyond - out_of_focus - contested - sampled,
        beyond_budget: beyond,
        out_of_focus,
        contested,
        sampled,
        closed_now: closed_in_run,
        closed: facts.closed.len(),
    };
    let sentence = language::waiting_flags(facts.language, &waiting);
    let closed = facts.closed.iter().take(LINES_MAX).cloned();
    (open.iter().take(LINES_MAX).map(|row| line(facts.language, row)).chain(closed).collect(), sentence)
}

/// Returns the flags of earlier runs that closed without a verdict, the last found first.
pub fn closed(language: &Language, flags: &Flags) -> Vec<FlagLine> {
    let is_unanswered = |flag: &&StoredFlag| {
        flag.state == State::Closed && flag.verdicts.answered.is_none() && flag.sampled.is_none()
    };
    let mut closed: Vec<&StoredFlag> = flags.known().filter(is_unanswered).collect();
    closed.sort_by(|a, b| (b.last_found, &a.id).cmp(&(a.last_found, &b.id)));
    let line = |flag: &StoredFlag| FlagLine {
        id: flag.id.clone(),
        title: language::flag_title(language, &flag.title),
        pattern: flag.pattern.clone(),
        state: flag.state.name().to_owned(),
        first_flagged: flag.first_flagged.display_utc(),
        score: 0.0,
        why: language::closed(language),
    };
    closed.into_iter().map(line).collect()
}

/// Returns whether a flag closed in this run without a verdict.
fn is_unanswered(row: &QueuedFlag) -> bool {
    let flag = &row.flag;
    flag.state == State::Closed && flag.verdicts.answered.is_none() && flag.sampled.is_none()
}

/// Returns whether a flag is open, outside the queue and without a verdict.
fn is_waiting(row: &QueuedFlag) -> bool {
    row.rank.is_none() && !matches!(row.flag.state, State::Judged | State::Closed)
}

fn line(language: &Language, row: &QueuedFlag) -> FlagLine {
    FlagLine {
        id: row.flag.id.clone(),
        title: language::flag_title(language, &row.flag.title),
        pattern: row.flag.pattern.to_owned(),
        state: row.flag.state.name().to_owned(),
        first_flagged: row.flag.first_flagged.display_utc(),
        score: row.score,
        why: language::not_queued(language, &row.flag, row.focus),
    }
}

/// Returns the leads, those that chance explains least first, and their number.
pub(super) fn leads(facts: &Facts<'_>) -> (Vec<MissRow>, u64) {
    let order = lead_positions(facts);
    let row = |&position: &usize| {
        let gate = &facts.gates[position];
        let lead = gate.lead().map_or(String::new(), |lead| facts.language.name("lead", lead.name()));
        MissRow {
            fails: lead,
            ..near_miss(facts.language, facts.analysis, &facts.candidates[position], gate)
        }
    };
    (order.iter().take(review::NEAREST_MAX).map(row).collect(), order.len() as u64)
}

/// Returns the positions of the leads, those that chance explains least first.
pub(super) fn lead_positions(facts: &Facts<'_>) -> Vec<usize> {
    let is_lead = |position: &usize| facts.statuses[*position] == CandidateStatus::Lead;
    let mut order: Vec<usize> = (0..facts.candidates.len()).filter(is_lead).collect();
    let expected = |position: &usize| facts.candidates[*position].expected.unwrap_or(f64::INFINITY);
    order.sort_by(|a, b| expected(a).total_cmp(&expected(b)).then(a.cmp(b)));
    order
}

/// Returns the positions of the candidates that the gate stopped, the nearest to a flag first.
pub(super) fn nearest(facts: &Facts<'_>) -> Vec<usize> {
    let stopped = (0..facts.candidates.len()).filter(|&position| facts.statuses[position].is_stopped());
    let tests =
        |position: usize| (position, facts.candidates[position].id.as_str(), facts.gates[position].tests());
    review::nearest(stopped.map(tests))
}

/// Returns the sentences on the statuses of the candidates, and on what stopped the nearest one.
pub(super) fn explanation(facts: &Facts<'_>, counts: &BTreeMap<CandidateStatus, usize>) -> String {
    let (language, analysis) = (facts.language, facts.analysis);
    let is_new = |recorded: Moment| analysis.recent.previous.is_some_and(|previous| recorded > previous);
    let entities = analysis.resolution.entities.iter().filter(|entity| is_new(entity.recorded_first));
    let links = analysis.resolution.links.iter().filter(|link| {
        let can_connect = |end: EntityIndex| analysis.context.class[end.index()] != Class::Context;
        is_new(link.recorded_first)
            && !matches!(link.layer, Layer::Provenance | Layer::Taxonomy | Layer::Target)
            && can_connect(link.from)
            && can_connect(link.to)
    });
    let recorded = NewlyRecorded { entities: entities.count(), links: links.count() };
    let nearest = nearest(facts).first().map(|&position| {
        let candidate = &facts.candidates[position];
        let title = (review::named(candidate.pattern).title_of)(analysis, candidate);
        (language::flag_title(language, &title), facts.gates[position].tests())
    });
    let nearest = nearest.as_ref().map(|(title, tests)| (title.as_str(), tests.as_slice()));
    language::statuses(language, counts, nearest, recorded)
}

/// Returns the nearest misses, and the number of candidates that the gate stopped.
pub(super) fn near_misses(facts: &Facts<'_>) -> (Vec<MissRow>, u64) {
    let nearest = nearest(facts);
    let row = |&position: &usize| {
        near_miss(facts.language, facts.analysis, &facts.candidates[position], &facts.gates[position])
    };
    (nearest.iter().take(review::NEAREST_MAX).map(row).collect(), nearest.len() as u64)
}

pub(super) fn near_miss(
    language: &Language,
    analysis: &Analysis,
    candidate: &Candidate,
    gate: &Gate,
) -> MissRow {
    let records = features::records(analysis, candidate);
    let label = |&member: &EntityIndex| analysis[member].label.to_string();
    let tests = gate.tests().into_iter().map(|test| GateRow {
        test: test.name.to_owned(),
        passed: test.passed,
        sentence: language::gate_test(language, &test),
    });
    let fails: Vec<String> = gate.fails().into_iter().map(|test| language.name("test", test)).collect();
    let mut evidence = evidence::rows(language, analysis, candidate, &records);
    evidence.truncate(MISS_RECORDS_MAX);
    MissRow {
        id: candidate.id.clone(),
        title: language::flag_title(
            language,
            &(review::named(candidate.pattern).title_of)(analysis, candidate),
        ),
        pattern: candidate.pattern.to_owned(),
        fails: fails.join(&language.text("list.separator")),
        tests: tests.collect(),
        members: candidate.members.iter().take(MISS_MEMBERS_MAX).map(label).collect(),
        member_count: candidate.members.len() as u64,
        evidence,
        evidence_count: records.len() as u64,
    }
}

pub(super) fn row(facts: &Facts<'_>, queued: &QueuedFlag, rank: u32, candidate: &Candidate) -> FlagRow {
    let (language, analysis) = (facts.language, facts.analysis);
    let pattern = review::named(queued.flag.pattern);
    let label = |entity: EntityIndex| analysis[entity].label.to_string();
    let is_principal = |entity: &EntityIndex| analysis.context.class[entity.index()].is_principal();
    let principals = candidate.members.iter().copied().filter(is_principal);
    let records = features::records(analysis, candidate);
    let mut communities = analysis.communities.iter();
    let community = communities.find(|community| Some(&community.id) == queued.flag.community_id.as_ref());
    FlagRow {
        rank: u64::from(rank),
        id: queued.flag.id.clone(),
        pattern: pattern.name.to_owned(),
        pattern_about: language::pattern_about(language, pattern.name),
        title: language::flag_title(language, &queued.flag.title),
        state: queued.flag.state.name().to_owned(),
        is_sampled: queued.flag.sampled.is_some(),
        previous_state: match queued.flag.before {
            None => language.text("flag.not-found-before"),
            Some((state, strength)) => {
                let values =
                    [("state", language.name("state", state.name())), ("strength", format!("{strength:.2}"))];
                language.fill("flag.state-before", &values)
            }
        },
        entities: candidate.anchors.iter().copied().chain(principals).map(label).fold(
            Vec::new(),
            |mut labels, label| {
                if !labels.contains(&label) {
                    labels.push(label);
                }
                labels
            },
        ),
        community: community.map(|community| name_of(language, analysis, community)),
        score: queued.score,
        probability: queued.forecast.as_ref().and_then(|forecast| forecast.probability),
        calibrated_on: queued.forecast.as_ref().map(|forecast| forecast.calibrated_on.clone()),
        model: facts.model.trained().map(|model| model.id().to_owned()),
        reasons_for: language::reasons(language, &queued.reasons.for_it),
        reasons_against: language::reasons(language, &queued.reasons.against),
        sources: queued.flag.sources.len() as u64,
        first_flagged: queued.flag.first_flagged.display_utc(),
        marking: match queued.flag.marking {
            Marking::Unmarked => Some(language.text("flag.not-all-marked")),
            known => evidence::marking_text(known),
        },
        marking_reason: marking_reason(language, analysis, candidate, queued.flag.marking),
        graph: Some(evidence::graph(analysis, candidate)),
        timeline: evidence::timeline(language, analysis, candidate, &records),
        evidence: evidence::rows(language, analysis, candidate, &records),
        evidence_count: records.len() as u64,
    }
}
