//! Explanations of candidates.

use super::{
    answers::{CandidateExplanation, TestLine},
    error::QuestionError,
    flag::other_runs,
    opened::{OpenedRun, open},
    published,
    records::{describe_records, entity_reference},
    run_tables,
};
use crate::{features, index::EntityIndex, language, progress::Progress, review};

/// Most records and members that are shown.
const RECORDS_MAX: usize = 50;
const MEMBERS_MAX: usize = 50;

/// Explains a candidate: its status, and its results at the emergence gate.
pub(super) fn explain_candidate(
    opened: &OpenedRun,
    id: &str,
    progress: &Progress,
) -> Result<CandidateExplanation, QuestionError> {
    if let Some(answer) = published::explain_candidate(opened, id, progress)? {
        return Ok(answer);
    }
    let reviewed = opened.review(progress)?;
    let queue = &reviewed.queue;
    let Some(index) = queue.candidates.iter().position(|candidate| candidate.id == id) else {
        return explain_candidate_of_another_run(opened, id, progress);
    };
    let (candidate, gate, status) = (&queue.candidates[index], &queue.gates[index], queue.statuses[index]);
    let flag = queue.flags.iter().find(|row| row.flag.candidate == Some(index));
    let (pattern, language) = (review::named(candidate.pattern), opened.language);
    let title = (pattern.title_of)(&reviewed.analysis, candidate);
    let records = features::records(&reviewed.analysis, candidate);
    let member = |&index: &EntityIndex| entity_reference(&opened.resolution()[index]);
    let question = if status.is_stopped() { "question.stopped" } else { "question.candidate" };
    let values = [
        ("title", language::flag_title(language, &title)),
        ("status", language::status(language, status, 1)),
    ];
    Ok(CandidateExplanation {
        question: language.text(question),
        answer: language.fill("answer.candidate", &values),
        candidate: candidate.id.clone(),
        pattern: pattern.name,
        pattern_about: language.text(&format!("pattern.{}.about", pattern.name)),
        run: opened.name(),
        status: status.name(),
        flag: flag.map(|row| row.flag.id.clone()),
        lineage: candidate.lineage.clone(),
        fails: gate.fails(),
        tests: gate.tests().iter().map(|test| TestLine::of(language, test)).collect(),
        sources_of_news: gate.origins.clone(),
        members: candidate.members.iter().take(MEMBERS_MAX).map(member).collect(),
        member_count: candidate.members.len(),
        records: describe_records(opened, &records, RECORDS_MAX),
        record_count: records.len(),
    })
}

/// Explains a candidate of another run. The id of a candidate contains its run, so at most one run matches.
fn explain_candidate_of_another_run(
    opened: &OpenedRun,
    id: &str,
    progress: &Progress,
) -> Result<CandidateExplanation, QuestionError> {
    let unknown = || QuestionError::Unknown(id.to_owned());
    let folder = |name: &str| opened.config.out.join(name).join(&opened.audience.name);
    let name = other_runs(opened).find(|name| run_tables::has_candidate(&folder(name), id));
    let name = name.ok_or_else(unknown)?;
    let other = open(&opened.config, Some(&opened.audience.name), Some(&name))?;
    other.load_view()?;
    if other.run.moment == opened.run.moment {
        return Err(unknown());
    }
    explain_candidate(&other, id, progress)
}
