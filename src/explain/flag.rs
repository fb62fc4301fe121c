//! Explanations of flags.

use std::path::Path;

use super::{
    answers::{Explanation, PublishedFlagExplanation},
    error::QuestionError,
    flag_content::{FlagContent, FlagStatus},
    opened::{OpenedRun, ReviewedRun, open, open_with_rules},
    published, replayed,
    run_tables::{self, PublishedFlag},
};
use crate::{
    archive::{Access, Archive},
    features,
    language::{self, Language},
    progress::Progress,
    report,
    review::{self, QueuedFlag},
    run::{published::published_runs, rules},
    time::Moment,
};

/// Explains a flag, without its minimal support: by the tables of its run, else by its kept content, else by a replay.
pub(super) fn explain_flag(
    opened: &OpenedRun,
    id: &str,
    progress: &Progress,
) -> Result<Explanation, QuestionError> {
    if let Some(answer) = published::explain_flag(opened, id)? {
        return Ok(answer);
    }
    opened.load_view()?;
    if let Some(answer) = replayed::explain_kept(opened, id)? {
        return Ok(answer);
    }
    let reviewed = opened.review(progress)?;
    let Some(remembered) = reviewed.remembered.get(id) else {
        return explain_flag_of_another_run(opened, id, progress);
    };
    let row = reviewed.queue.flags.iter().find(|row| row.flag.id == id);
    let verdicts = &remembered.verdicts;
    let status = FlagStatus {
        state: row.map_or(remembered.state, |row| row.flag.state).name().to_owned(),
        rank: row.and_then(|row| row.rank).map(u64::from),
        score: row.map_or(0.0, |row| row.score),
        verdict: verdicts.judged().map(|(value, recorded_at)| (value.name().to_owned(), Some(recorded_at))),
        verdicts_after: verdicts.after,
    };
    if let Some(content) = row.and_then(|row| content(opened, &reviewed, row)) {
        return replayed::keep(opened, (opened, true), content, status);
    }
    // The run that found the flag last has its candidate; the run of the question has its status.
    let found = run_with_candidate(opened, id, remembered.last_found, progress)?;
    let content = content(&found.opened, &found.reviewed, &found.reviewed.queue.flags[found.row]);
    let content = content.ok_or_else(|| QuestionError::Unknown(id.to_owned()))?;
    replayed::keep(opened, (&found.opened, found.has_own_rules), content, status)
}

/// A run in which a flag has a candidate.
pub(super) struct FoundRun {
    pub(super) opened: OpenedRun,
    pub(super) reviewed: ReviewedRun,
    /// Position of the flag in the queue of the run.
    pub(super) row: usize,
    /// True if the run has the flag by its own rules.
    pub(super) has_own_rules: bool,
}

/// Opens and replays the run of one as-of time, in which a flag has a candidate.
pub(super) fn run_with_candidate(
    opened: &OpenedRun,
    id: &str,
    as_of: Moment,
    progress: &Progress,
) -> Result<FoundRun, QuestionError> {
    let run = opened.archive.runs().into_iter().find(|run| run.moment == as_of);
    let run = run.ok_or_else(|| QuestionError::Unknown(id.to_owned()))?;
    let own_rules = rules::of_earlier_run(&opened.archive, &run, &opened.config.rules)?;
    // By its own rules, that run may not have the flag; by the rules of the question it has.
    for (rules, has_own_rules) in [(own_rules, true), (opened.rules.clone(), false)] {
        let archive = Archive::open(&opened.config.state, Access::Read)?;
        let audience = Some(opened.audience.name.as_str());
        let earlier = open_with_rules(archive, &opened.config, audience, run.clone(), rules)?;
        let reviewed = earlier.review(progress)?;
        let has_candidate = |row: &QueuedFlag| row.flag.id == id && row.candidate.is_some();
        if let Some(row) = reviewed.queue.flags.iter().position(has_candidate) {
            return Ok(FoundRun { opened: earlier, reviewed, row, has_own_rules });
        }
    }
    Err(QuestionError::Unknown(id.to_owned()))
}

/// Returns the content of a flag in a replayed run; `None` without a candidate.
fn content(opened: &OpenedRun, reviewed: &ReviewedRun, row: &QueuedFlag) -> Option<FlagContent> {
    let (flag, language, candidate) = (&row.flag, opened.language, row.candidate.as_ref()?);
    Some(FlagContent {
        id: flag.id.clone(),
        title: language::flag_title(language, &flag.title),
        pattern: flag.pattern.to_owned(),
        sampled: flag.sampled,
        model: reviewed.models.flags.id().to_owned(),
        first_flagged: flag.first_flagged,
        reasons_for: language::reasons(language, &row.reasons.for_it),
        reasons_against: language::reasons(language, &row.reasons.against),
        marking: flag.marking.to_string(),
        marking_reason: report::marking_reason(language, &reviewed.analysis, candidate, flag.marking),
        entity_ids: flag.entity_ids.clone(),
        community: flag.community_id.clone(),
        records: features::records(&reviewed.analysis, candidate),
    })
}

/// Explains a flag that the run of the question does not have, by the newest published run with this flag.
fn explain_flag_of_another_run(
    opened: &OpenedRun,
    id: &str,
    progress: &Progress,
) -> Result<Explanation, QuestionError> {
    for name in other_runs(opened) {
        let folder = opened.config.out.join(&name).join(&opened.audience.name);
        // A run without this table is skipped; another run may have the flag.
        let Ok(flags) = run_tables::flags(&folder, &opened.judgements) else { continue };
        let Some(line) = flags.into_iter().find(|flag| flag.flag_id == id) else { continue };
        let is_in_archive = opened.archive.runs().iter().any(|run| run.moment.folder() == name);
        if is_in_archive {
            let other = open(&opened.config, Some(&opened.audience.name), Some(&name))?;
            other.load_view()?;
            let (_, run) = other.replay(progress)?;
            if run.state.flags.get(id).is_some() {
                return explain_flag(&other, id, progress);
            }
        }
        return explain_from_tables(opened.language, &folder, name, line);
    }
    Err(QuestionError::Unknown(id.to_owned()))
}

/// Returns the names of the other published runs, the newest first.
pub(super) fn other_runs(opened: &OpenedRun) -> impl Iterator<Item = String> {
    let name = opened.name();
    published_runs(&opened.config.out).into_iter().rev().filter(move |other| *other != name)
}

/// Explains a flag by the tables of a run that the archive cannot compute again.
fn explain_from_tables(
    language: &Language,
    folder: &Path,
    run: String,
    line: PublishedFlag,
) -> Result<Explanation, QuestionError> {
    let is_known = review::PATTERNS.iter().any(|pattern| pattern.name == line.pattern);
    let part = |part: &str| is_known.then(|| language.text(&format!("pattern.{}.{part}", line.pattern)));
    let (pattern_about, rationale) = (part("about"), part("rationale"));
    let false_positives = part("false_positives");
    Ok(Explanation::PublishedFlag(Box::new(PublishedFlagExplanation {
        question: language.text("question.flag"),
        answer: line.title,
        records: run_tables::evidence(folder, &line.flag_id)?,
        flag: line.flag_id,
        run,
        pattern: line.pattern,
        state: line.state,
        rank: line.rank,
        score: line.score,
        first_flagged: line.first_flagged,
        judged: line.verdict,
        verdicts: line.verdicts,
        pattern_about,
        rationale,
        false_positives,
        note: language.text("explain.from-tables"),
    })))
}
