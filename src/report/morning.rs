//! A flag with everything that is shown of it: claim, reasons, evidence, picture and times.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    content::{EvidenceRow, FlagLine, FlagRow, GateRow, MissRow, Stance},
    facts::{Facts, name_of},
    picture::{EvidenceGraph, GraphEdge, GraphNode, Timeline, TimelineEvent},
    sentence::{CLOSED, sentences},
};
use crate::{
    analysis::Analysis,
    features::{self, Candidate},
    index::{EntityIndex, GroupIndex, LinkIndex, RecordIndex},
    marking::Marking,
    model::Model,
    review::{self, Flags, Gate, QueuedFlag, Remembered, State},
    temporal::{self, Arrival},
};

/// Most records shown of one flag, entities drawn of it, and flags listed beside the queue.
const RECORDS_MAX: usize = 40;
const DRAWN_MAX: usize = 24;
const LINES_MAX: usize = 60;
/// Most records shown of one near miss.
const MISS_RECORDS_MAX: usize = 10;
/// Largest number of records named that give a flag its marking.
const MARKED_MAX: usize = 3;
/// Most links named of one record.
const NAMED_MAX: usize = 2;

/// Returns the flags of the queue in order.
pub(super) fn rows(facts: &Facts<'_>) -> Vec<FlagRow> {
    facts
        .morning
        .iter()
        .filter_map(|row| Some((row, row.rank?, row.candidate.as_ref()?)))
        .map(|(queued, rank, candidate)| row(facts, queued, rank, candidate))
        .collect()
}

/// Returns the flags that a person judged, closed ones among them, and how many there are.
pub(super) fn lines(facts: &Facts<'_>) -> (Vec<FlagLine>, u64) {
    let others: Vec<&QueuedFlag> = facts
        .morning
        .iter()
        .filter(|row| row.rank.is_none() && !is_waiting(row) && !is_unanswered(row))
        .collect();
    (others.iter().take(LINES_MAX).map(|row| line(row)).collect(), others.len() as u64)
}

/// Returns the flags outside the queue that nobody judged, by score, then those that closed without a verdict;
/// and how many there are in a sentence.
pub(super) fn waiting(facts: &Facts<'_>) -> (Vec<FlagLine>, Option<String>) {
    let mut open: Vec<&QueuedFlag> = facts.morning.iter().filter(|row| is_waiting(row)).collect();
    // What nothing recent speaks for has score 0: of those the latest first.
    open.sort_by(|a, b| {
        let (of_a, of_b) = (&a.flag, &b.flag);
        b.score
            .total_cmp(&a.score)
            .then_with(|| (of_b.first_flagged, &of_a.id).cmp(&(of_a.first_flagged, &of_b.id)))
    });
    let beyond = open.iter().filter(|row| row.flag.state.is_queued()).count();
    let closed_now = facts.morning.iter().filter(|row| is_unanswered(row)).count();
    let sentence = review::waiting_sentence(open.len() - beyond, beyond, closed_now, facts.closed.len());
    let closed = facts.closed.iter().take(LINES_MAX).cloned();
    (open.iter().take(LINES_MAX).map(|row| line(row)).chain(closed).collect(), sentence)
}

/// Returns the remembered flags that closed without a verdict, the last found first.
pub fn closed(flags: &Flags) -> Vec<FlagLine> {
    let is_unanswered = |flag: &&Remembered| flag.state == State::Closed && flag.answered.is_none();
    let mut closed: Vec<&Remembered> = flags.known().filter(is_unanswered).collect();
    closed.sort_by(|a, b| (b.last_found, &a.id).cmp(&(a.last_found, &b.id)));
    let line = |flag: &Remembered| FlagLine {
        id: flag.id.clone(),
        title: flag.title.clone(),
        pattern: flag.pattern.clone(),
        state: flag.state.name().to_owned(),
        first_flagged: flag.first_flagged.display_utc(),
        score: 0.0,
        why: CLOSED.to_owned(),
    };
    closed.into_iter().map(line).collect()
}

/// Says whether a flag closed in this run, and nobody ever judged it.
fn is_unanswered(row: &QueuedFlag) -> bool {
    row.flag.state == State::Closed && row.flag.answered.is_none()
}

/// Says whether a flag is outside the queue and without a verdict.
fn is_waiting(row: &QueuedFlag) -> bool {
    row.rank.is_none() && matches!(row.flag.state, State::New | State::Grown | State::Standing)
}

fn line(row: &QueuedFlag) -> FlagLine {
    FlagLine {
        id: row.flag.id.clone(),
        title: row.flag.title.clone(),
        pattern: row.flag.pattern.to_owned(),
        state: row.flag.state.name().to_owned(),
        first_flagged: row.flag.first_flagged.display_utc(),
        score: row.score,
        why: why_not_queued(row),
    }
}

/// Returns the nearest misses, and how many candidates the gate stopped.
pub(super) fn near(facts: &Facts<'_>) -> (Vec<MissRow>, u64) {
    let stopped = (0..facts.candidates.len()).filter(|&at| facts.outcomes[at].is_stopped());
    let nearest =
        review::nearest(stopped.map(|at| (at, facts.candidates[at].id.as_str(), facts.gates[at].tests())));
    let row = |&at: &usize| miss(facts.analysis, &facts.candidates[at], &facts.gates[at]);
    (nearest.iter().take(review::NEAREST_MAX).map(row).collect(), nearest.len() as u64)
}

fn miss(analysis: &Analysis, candidate: &Candidate, gate: &Gate) -> MissRow {
    let records = features::records(analysis, candidate);
    let label = |&at: &EntityIndex| analysis[at].label.clone();
    let tests = gate.tests().map(|test| GateRow {
        test: test.name.to_owned(),
        passed: test.passed,
        sentence: test.sentence(),
    });
    let mut evidence = evidence(analysis, candidate, &records);
    evidence.truncate(MISS_RECORDS_MAX);
    MissRow {
        id: candidate.id.clone(),
        title: (review::named(candidate.pattern).title)(analysis, candidate),
        pattern: candidate.pattern.to_owned(),
        fails: gate.fails().join(", "),
        tests: tests.into(),
        members: candidate.members.iter().take(DRAWN_MAX).map(label).collect(),
        member_count: candidate.members.len() as u64,
        evidence,
        evidence_count: records.len() as u64,
    }
}

fn why_not_queued(row: &QueuedFlag) -> String {
    match (row.flag.state, row.flag.judged) {
        (_, Some((value, told))) if row.flag.state == State::Judged => {
            format!(
                "Judged {} on {}; it returns to the queue when it grows.",
                value.name(),
                told.display_utc()
            )
        }
        (State::Closed, _) => CLOSED.to_owned(),
        (State::New | State::Grown, _) => {
            "The queue is full: flags with higher scores use its budget.".to_owned()
        }
        _ => "No evidence was added since it was last in the queue.".to_owned(),
    }
}

fn row(facts: &Facts<'_>, queued: &QueuedFlag, rank: u32, candidate: &Candidate) -> FlagRow {
    let analysis = facts.analysis;
    let pattern = review::named(queued.flag.pattern);
    let label = |at: EntityIndex| analysis[at].label.clone();
    let is_principal = |at: &EntityIndex| analysis.context.class[at.index()].is_principal();
    let principals = candidate.members.iter().copied().filter(is_principal);
    let records = features::records(analysis, candidate);
    let community =
        analysis.communities.iter().find(|own| Some(&own.id) == queued.flag.community_id.as_ref());
    FlagRow {
        rank: u64::from(rank),
        id: queued.flag.id.clone(),
        pattern: pattern.name.to_owned(),
        pattern_about: format!(
            "{} {} Possible benign explanations: {}",
            pattern.about, pattern.rationale, pattern.false_positives
        ),
        title: queued.flag.title.clone(),
        state: queued.flag.state.name().to_owned(),
        last_night: match queued.flag.before {
            None => "not found".to_owned(),
            Some((state, strength)) => format!("{}, strength {strength:.2}", state.name()),
        },
        entities: candidate.anchors.iter().copied().chain(principals).map(label).fold(
            Vec::new(),
            |mut all, name| {
                if !all.contains(&name) {
                    all.push(name);
                }
                all
            },
        ),
        community: community.map(|own| name_of(analysis, own)),
        score: queued.score,
        probability: queued.probability,
        calibrated_on: None,
        model: match facts.model {
            Model::Rules => None,
            Model::Logistic(logistic) => Some(logistic.id().to_owned()),
        },
        reasons_for: sentences(&queued.reasons.for_it),
        reasons_against: sentences(&queued.reasons.against),
        sources: queued.flag.sources.len() as u64,
        first_flagged: queued.flag.first_flagged.display_utc(),
        marking: match queued.flag.marking {
            Marking::Unmarked => Some("not all of its records are marked".to_owned()),
            known => marking(known),
        },
        marking_reason: marking_reason(analysis, candidate, queued.flag.marking),
        graph: Some(graph(analysis, candidate)),
        timeline: timeline(analysis, candidate, &records),
        evidence: evidence(analysis, candidate, &records),
        evidence_count: records.len() as u64,
    }
}

fn marking(marking: Marking) -> Option<String> {
    (marking != Marking::Unmarked).then(|| marking.to_string())
}

/// Returns a sentence with the records that give a flag its marking, the first of the view first.
pub fn marking_reason(analysis: &Analysis, candidate: &Candidate, marking: Marking) -> Option<String> {
    let records = review::marked_by(analysis, candidate, marking);
    let mut names: Vec<String> = records
        .iter()
        .take(MARKED_MAX)
        .map(|&at| &analysis[at])
        .map(|record| format!("{} {}", record.source, record.key))
        .collect();
    if records.len() > MARKED_MAX {
        names.push(format!("and {} more", records.len() - MARKED_MAX));
    }
    let count = if records.len() == 1 { "1 record".to_owned() } else { format!("{} records", records.len()) };
    let because = match marking {
        Marking::Unmarked => format!("Not all of its records are marked. No marking has {count}"),
        Marking::Unknown => format!("Marked unknown: no level is known for the marking of {count}"),
        known => format!("Marked {known} because of {count}"),
    };
    (!records.is_empty()).then(|| format!("{because}: {}.", names.join(", ")))
}

/// Draws those it is about, then the others by the number of their recent links.
fn graph(analysis: &Analysis, candidate: &Candidate) -> EvidenceGraph {
    let links = || candidate.support.iter().map(|&at| &analysis[at]);
    let mut ends: BTreeMap<EntityIndex, usize> = candidate.members.iter().map(|&at| (at, 0)).collect();
    for link in links() {
        *ends.entry(link.from).or_default() += 1;
        *ends.entry(link.to).or_default() += 1;
    }
    let is_anchor = |at: EntityIndex| candidate.anchors.contains(&at);
    let mut order: Vec<EntityIndex> = ends.keys().copied().collect();
    order.sort_by_key(|&at| (!is_anchor(at), std::cmp::Reverse(ends[&at]), at));
    let left_out = order.len().saturating_sub(DRAWN_MAX) as u64;
    order.truncate(DRAWN_MAX);
    let place: BTreeMap<EntityIndex, usize> =
        order.iter().enumerate().map(|(place, &at)| (at, place)).collect();
    let groups: Vec<GroupIndex> = candidate.groups.clone();
    let nodes = order
        .iter()
        .map(|&at| {
            let entity = &analysis[at];
            let own = analysis.context.group_of[at.index()];
            let group = own.and_then(|own| groups.iter().position(|group| *group == own));
            GraphNode {
                label: entity.label.clone(),
                kind: entity.kind.clone(),
                is_anchor: is_anchor(at),
                is_new: analysis.context.is_new[at.index()],
                group: group.map(|group| group as u32 + 1),
            }
        })
        .collect();
    let drawn: BTreeSet<EntityIndex> = order.iter().copied().collect();
    let inside = order.iter().flat_map(|&at| {
        analysis.context.neighbours[at.index()]
            .iter()
            .filter(|(other, _)| drawn.contains(other))
            .map(|(_, link)| *link)
    });
    let all: BTreeSet<LinkIndex> = inside.chain(candidate.support.iter().copied()).collect();
    let ties = all
        .into_iter()
        .filter_map(|at| {
            let link = &analysis[at];
            Some(GraphEdge {
                from: *place.get(&link.from)?,
                to: *place.get(&link.to)?,
                kind: link.kind.clone(),
                is_new: analysis.context.link_is_new[at.index()],
                sources: link.source_count as u32,
            })
        })
        .collect();
    EvidenceGraph { nodes, edges: ties, left_out }
}

/// Says what a record adds: the recent links that it stands behind.
fn says(analysis: &Analysis, candidate: &Candidate, record: RecordIndex) -> String {
    let label = |at: EntityIndex| analysis[at].label.as_str();
    let own: Vec<String> = candidate
        .support
        .iter()
        .map(|&at| &analysis[at])
        .filter(|link| link.records.contains(&record))
        .map(|link| {
            let amount = review::amount_said(analysis, link, record).map(|amount| format!(" ({amount})"));
            format!("{} {} {}{}", label(link.from), link.kind, label(link.to), amount.unwrap_or_default())
        })
        .collect();
    let named = own.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join("; ");
    match own.len() {
        0 => analysis[record].content.kind.clone(),
        count if count > NAMED_MAX => format!("{named}; and {} more", count - NAMED_MAX),
        _ => named,
    }
}

fn timeline(analysis: &Analysis, candidate: &Candidate, records: &[RecordIndex]) -> Option<Timeline> {
    let cut = analysis.recent.cut?;
    let tonight = analysis.view.as_of().valid_at;
    let events = records
        .iter()
        .take(RECORDS_MAX)
        .map(|&at| {
            let record = &analysis[at];
            TimelineEvent {
                told: record.recorded_at,
                began: temporal::began(record),
                source: record.source.to_string(),
                what: says(analysis, candidate, at),
                is_news: analysis.recent.arrivals[at.index()] == Arrival::News,
            }
        })
        .collect();
    Some(Timeline { from: cut, to: tonight, tonight, events })
}

/// Lists the news first, then what weakens it, each the latest first.
fn evidence(analysis: &Analysis, candidate: &Candidate, records: &[RecordIndex]) -> Vec<EvidenceRow> {
    let is_news = |at: RecordIndex| analysis.recent.arrivals[at.index()] == Arrival::News;
    let mut order = records.to_vec();
    order.sort_by_key(|&at| {
        let record = &analysis[at];
        (!is_news(at), std::cmp::Reverse(record.recorded_at), record.id)
    });
    order
        .into_iter()
        .take(RECORDS_MAX)
        .map(|at| {
            let record = &analysis[at];
            EvidenceRow {
                stance: if is_news(at) { Stance::For } else { Stance::Against },
                source: record.source.to_string(),
                reliability: Some(analysis.view.terms(&record.source).reliability),
                says: says(analysis, candidate, at),
                marking: marking(record.marking),
                object_id: Some(record.key.to_string()),
                record_id: record.id.to_string(),
                told: record.recorded_at.display_utc(),
            }
        })
        .collect()
}
