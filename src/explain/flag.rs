//! Explanations of flags and candidates.

use std::path::Path;

use serde_json::{Value, json};

use super::{
    error::QuestionError,
    opened::{OpenedRun, ReviewedRun, open, open_with_rules},
    records::{describe_records, entity_reference, record},
    run_tables::{self, FlagLine, TestLine, verdicts_now},
    support::{MinimalSupport, minimal_support},
};
use crate::{
    archive::{Access, Archive},
    features,
    index::RecordIndex,
    judgement,
    progress::Progress,
    report,
    review::{self, QueuedFlag, State},
    run::{published::published_runs, rules},
    time::Moment,
};

/// Most records and members that are shown.
const RECORDS_MAX: usize = 50;
const MEMBERS_MAX: usize = 50;

/// Status of a flag in the run of a question, which may be later than the run that has its candidate.
struct FlagStatus {
    state: State,
    rank: Option<u32>,
    score: f64,
    judged: Option<(judgement::Value, Moment)>,
    /// Recorded time of the last judgement that the run took into account.
    answered: Option<Moment>,
    /// As-of time of the last run that found the flag.
    last_found: Moment,
}

/// Explains a flag.
pub(super) fn explain_flag(
    opened: &OpenedRun,
    id: &str,
    progress: &Progress,
) -> Result<Value, QuestionError> {
    let reviewed = opened.review(progress)?;
    let Some(remembered) = reviewed.remembered.get(id) else {
        return explain_flag_of_another_run(opened, id, progress);
    };
    let row = reviewed.queue.flags.iter().find(|row| row.flag.id == id);
    let status = FlagStatus {
        state: row.map_or(remembered.state, |row| row.flag.state),
        rank: row.and_then(|row| row.rank),
        score: row.map_or(0.0, |row| row.score),
        judged: remembered.judged,
        answered: remembered.answered,
        last_found: remembered.last_found,
    };
    match row.filter(|row| row.candidate.is_some()) {
        Some(row) => answer(opened, &reviewed, row, &status, progress),
        // The run that found the flag last has its candidate; the run of the question has its status.
        None => explain_where_found(opened, id, &status, progress),
    }
}

/// Explains a flag by the run that found it last.
fn explain_where_found(
    opened: &OpenedRun,
    id: &str,
    status: &FlagStatus,
    progress: &Progress,
) -> Result<Value, QuestionError> {
    let run = opened.archive.runs().into_iter().find(|run| run.moment == status.last_found);
    let run = run.ok_or_else(|| QuestionError::Unknown(id.to_owned()))?;
    let own_rules = rules::of_earlier_run(&opened.archive, &run, &opened.config.rules)?;
    // By its own rules, that run may not have the flag; by the rules of the question it has.
    for rules in [own_rules, opened.rules.clone()] {
        let archive = Archive::open(&opened.config.state, Access::Read)?;
        let audience = Some(opened.audience.name.as_str());
        let earlier = open_with_rules(archive, &opened.config, audience, run.clone(), rules)?;
        let reviewed = earlier.review(progress)?;
        let has_candidate = |row: &&QueuedFlag| row.flag.id == id && row.candidate.is_some();
        if let Some(row) = reviewed.queue.flags.iter().find(has_candidate) {
            return answer(&earlier, &reviewed, row, status, progress);
        }
    }
    Err(QuestionError::Unknown(id.to_owned()))
}

/// Explains a flag that the run of the question does not have, by the newest published run with this flag.
fn explain_flag_of_another_run(
    opened: &OpenedRun,
    id: &str,
    progress: &Progress,
) -> Result<Value, QuestionError> {
    for name in other_runs(opened) {
        let folder = opened.config.out.join(&name).join(&opened.audience.name);
        // A run without this table is skipped; another run may have the flag.
        let Ok(flags) = run_tables::flags(&folder, &opened.judgements) else { continue };
        let Some(line) = flags.into_iter().find(|flag| flag.flag_id == id) else { continue };
        let is_in_archive = opened.archive.runs().iter().any(|run| run.moment.folder() == name);
        if is_in_archive {
            let other = open(&opened.config, Some(&opened.audience.name), Some(&name))?;
            let (_, run) = other.replay(progress)?;
            if run.state.flags.get(id).is_some() {
                return explain_flag(&other, id, progress);
            }
        }
        return explain_from_tables(&folder, &name, &line);
    }
    Err(QuestionError::Unknown(id.to_owned()))
}

/// Returns the names of the other published runs, the newest first.
fn other_runs(opened: &OpenedRun) -> impl Iterator<Item = String> {
    let name = opened.name();
    published_runs(&opened.config.out).into_iter().rev().filter(move |other| *other != name)
}

/// Explains a flag by the tables of a run that the archive cannot compute again.
fn explain_from_tables(folder: &Path, run: &str, line: &FlagLine) -> Result<Value, QuestionError> {
    let pattern = review::PATTERNS.iter().find(|pattern| pattern.name == line.pattern);
    Ok(json!({
        "question": "why was this flagged", "answer": line.title, "flag": line.flag_id, "run": run,
        "pattern": line.pattern, "state": line.state, "rank": line.rank, "score": line.score,
        "first_flagged": line.first_flagged, "judged": line.verdict, "verdicts": line.verdicts,
        "pattern_about": pattern.map(|pattern| pattern.about),
        "rationale": pattern.map(|pattern| pattern.rationale),
        "false_positives": pattern.map(|pattern| pattern.false_positives),
        "records": run_tables::evidence(folder, &line.flag_id)?,
        "note": "This answer comes from the tables of that run. The archive no longer has the records behind it.",
    }))
}

fn answer(
    opened: &OpenedRun,
    reviewed: &ReviewedRun,
    row: &QueuedFlag,
    status: &FlagStatus,
    progress: &Progress,
) -> Result<Value, QuestionError> {
    let flag = &row.flag;
    let pattern = review::named(flag.pattern);
    let records = row.candidate.as_ref().map(|candidate| features::records(&reviewed.analysis, candidate));
    let records = records.unwrap_or_default();
    let support = row.candidate.as_ref();
    let support =
        support.map(|candidate| minimal_support(opened, reviewed, candidate, progress)).transpose()?;
    let entities = flag.entity_ids.iter().filter_map(|id| {
        let index = opened.resolution.entities.binary_search_by(|entity| entity.id.cmp(id)).ok()?;
        Some(entity_reference(&opened.resolution.entities[index]))
    });
    let in_force = status.judged.map(|(value, _)| value.name());
    let (verdict, verdicts) = verdicts_now(&opened.judgements, &flag.id, in_force, status.answered);
    let last = verdicts.iter().map(|verdict| verdict.recorded_at).max();
    let recorded_at = last.or(status.judged.map(|(_, recorded_at)| recorded_at));
    let judged = verdict.map(|value| json!({ "value": value, "recorded_at": recorded_at }));
    let is_judged = judged.is_some() && status.state != State::Closed;
    let state = if is_judged { State::Judged } else { status.state };
    let mut answer = json!({
        "question": "why was this flagged",
        "answer": flag.title,
        "flag": flag.id, "pattern": pattern.name, "state": state.name(), "rank": status.rank, "score": status.score,
        "run": opened.name(), "last_found": status.last_found,
        "model": reviewed.model.id(), "first_flagged": flag.first_flagged, "judged": judged, "verdicts": verdicts,
        "pattern_about": pattern.about, "rationale": pattern.rationale, "false_positives": pattern.false_positives,
        "reasons_for": report::sentences(&row.reasons.for_it), "reasons_against": report::sentences(&row.reasons.against),
        "marking_reason": row.candidate.as_ref().and_then(|candidate| {
            report::marking_reason(&reviewed.analysis, candidate, row.flag.marking)
        }),
        "entities": entities.collect::<Vec<_>>(),
        "community": flag.community_id,
        "marking": flag.marking.to_string(),
        "records": describe_records(opened, &records, RECORDS_MAX), "record_count": records.len(),
    });
    add_support(&mut answer, opened, &records, support.as_ref());
    Ok(answer)
}

/// Adds the minimal support of a flag, and whether the flag holds on one source alone.
fn add_support(
    answer: &mut Value,
    opened: &OpenedRun,
    records: &[RecordIndex],
    support: Option<&MinimalSupport>,
) {
    let is_needed = |index: &RecordIndex| {
        support.is_some_and(|support| support.records.contains(&record(opened, *index).id))
    };
    let needed: Vec<RecordIndex> = records.iter().copied().filter(is_needed).collect();
    answer["minimal_support"] = describe_records(opened, &needed, RECORDS_MAX).into();
    answer["minimal_support_note"] = match support {
        None => "not found in this run, so there is no record to leave out",
        Some(support) if support.is_complete => {
            "found by running again: the flag falls without all of them, and holds with any one of them"
        }
        Some(_) => "found by running again; only the first 50 records were tried one by one",
    }
    .into();
    let sources = support.iter().flat_map(|support| &support.sources);
    let sources = sources.map(|(source, holds)| json!({ "source": source, "holds": holds }));
    answer["holds_on_one_source"] = sources.collect();
}

/// Explains a candidate: its outcome, and its results at the emergence gate.
pub(super) fn explain_candidate(
    opened: &OpenedRun,
    id: &str,
    progress: &Progress,
) -> Result<Value, QuestionError> {
    let reviewed = opened.review(progress)?;
    let queue = &reviewed.queue;
    let Some(index) = queue.candidates.iter().position(|candidate| candidate.id == id) else {
        return explain_candidate_of_another_run(opened, id, progress);
    };
    let (candidate, gate, outcome) = (&queue.candidates[index], &queue.gates[index], queue.outcomes[index]);
    let flag = queue.flags.iter().find(|row| row.flag.candidate == Some(index));
    let pattern = review::named(candidate.pattern);
    let title = (pattern.title)(&reviewed.analysis, candidate);
    let records = features::records(&reviewed.analysis, candidate);
    let entities = &opened.resolution.entities;
    let members = candidate.members.iter().map(|&index| entity_reference(&entities[index.index()]));
    let members: Vec<Value> = members.take(MEMBERS_MAX).collect();
    Ok(json!({
        "question": if outcome.is_stopped() { "why is this no flag" } else { "what became of this candidate" },
        "answer": format!("{title}: it {}", outcome.words()),
        "candidate": candidate.id, "pattern": pattern.name, "pattern_about": pattern.about, "run": opened.name(),
        "outcome": outcome.name(), "flag": flag.map(|row| &row.flag.id), "lineage": candidate.lineage,
        "fails": gate.fails(), "tests": gate.tests().iter().map(TestLine::of).collect::<Vec<_>>(),
        "sources_of_news": gate.origins,
        "members": members, "member_count": candidate.members.len(),
        "records": describe_records(opened, &records, RECORDS_MAX), "record_count": records.len(),
    }))
}

/// Explains a candidate of another run. The id of a candidate contains its run, so at most one run matches.
fn explain_candidate_of_another_run(
    opened: &OpenedRun,
    id: &str,
    progress: &Progress,
) -> Result<Value, QuestionError> {
    let unknown = || QuestionError::Unknown(id.to_owned());
    let folder = |name: &str| opened.config.out.join(name).join(&opened.audience.name);
    let name = other_runs(opened).find(|name| run_tables::has_candidate(&folder(name), id));
    let name = name.ok_or_else(unknown)?;
    let other = open(&opened.config, Some(&opened.audience.name), Some(&name))?;
    if other.run.moment == opened.run.moment {
        return Err(unknown());
    }
    explain_candidate(&other, id, progress)
}
