//! Explanations of flags.

use std::path::Path;

use super::{
    answers::{
        Explanation, FlagExplanation, PublishedFlagExplanation, RecordDescription, Verdict, VerdictInForce,
    },
    error::QuestionError,
    opened::{OpenedRun, ReviewedRun, open, open_with_rules},
    records::{describe_records, entity_reference, record},
    run_tables::{self, PublishedFlag, VerdictsNow},
    support::{MinimalSupport, minimal_support},
};
use crate::{
    archive::{Access, Archive},
    features,
    index::RecordIndex,
    language::{self, Language},
    progress::Progress,
    report,
    review::{self, QueuedFlag, State, Verdicts},
    run::{published::published_runs, rules},
    time::Moment,
};

/// Most records that are shown.
const RECORDS_MAX: usize = 50;

/// Status of a flag in the run of a question, which may be later than the run that has its candidate.
struct FlagStatus {
    state: State,
    rank: Option<u32>,
    score: f64,
    verdicts: Verdicts,
    /// As-of time of the last run that found the flag.
    last_found: Moment,
}

/// Explains a flag.
pub(super) fn explain_flag(
    opened: &OpenedRun,
    id: &str,
    progress: &Progress,
) -> Result<Explanation, QuestionError> {
    let reviewed = opened.review(progress)?;
    let Some(remembered) = reviewed.remembered.get(id) else {
        return explain_flag_of_another_run(opened, id, progress);
    };
    let row = reviewed.queue.flags.iter().find(|row| row.flag.id == id);
    let status = FlagStatus {
        state: row.map_or(remembered.state, |row| row.flag.state),
        rank: row.and_then(|row| row.rank),
        score: row.map_or(0.0, |row| row.score),
        verdicts: remembered.verdicts.clone(),
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
) -> Result<Explanation, QuestionError> {
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
) -> Result<Explanation, QuestionError> {
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

/// Explains a flag by a run that has its candidate.
fn answer(
    opened: &OpenedRun,
    reviewed: &ReviewedRun,
    row: &QueuedFlag,
    status: &FlagStatus,
    progress: &Progress,
) -> Result<Explanation, QuestionError> {
    let (flag, language) = (&row.flag, opened.language);
    let candidate = row.candidate.as_ref();
    let records = candidate.map_or_else(Vec::new, |found| features::records(&reviewed.analysis, found));
    let support = candidate.map(|found| minimal_support(opened, reviewed, found, progress)).transpose()?;
    let entities = flag.entity_ids.iter().filter_map(|id| {
        let index = opened.resolution.entities.binary_search_by(|entity| entity.id.cmp(id)).ok()?;
        Some(entity_reference(&opened.resolution.entities[index]))
    });
    let (state, judged, verdicts) = state_now(opened, &flag.id, status);
    let part = |part: &str| language.text(&format!("pattern.{}.{part}", flag.pattern));
    Ok(Explanation::Flag(Box::new(FlagExplanation {
        question: language.text("question.flag"),
        title: flag.title.clone(),
        reasons: row.reasons.clone(),
        answer: language::flag_title(language, &flag.title),
        flag: flag.id.clone(),
        pattern: flag.pattern,
        state: state.name(),
        sampled: flag.sampled,
        rank: status.rank,
        score: status.score,
        run: opened.name(),
        last_found: status.last_found,
        model: reviewed.models.flags.id().to_owned(),
        first_flagged: flag.first_flagged,
        judged,
        verdicts,
        pattern_about: part("about"),
        rationale: part("rationale"),
        false_positives: part("false_positives"),
        reasons_for: language::reasons(language, &row.reasons.for_it),
        reasons_against: language::reasons(language, &row.reasons.against),
        marking_reason: candidate
            .and_then(|found| report::marking_reason(language, &reviewed.analysis, found, flag.marking)),
        entities: entities.collect(),
        community: flag.community_id.clone(),
        marking: flag.marking.to_string(),
        records: describe_records(opened, &records, RECORDS_MAX),
        record_count: records.len(),
        minimal_support: supporting_records(opened, &records, support.as_ref()),
        minimal_support_note: language.text(match &support {
            None => "explain.support.none",
            Some(support) if support.is_complete => "explain.support.complete",
            Some(_) => "explain.support.partial",
        }),
        holds_on_one_source: support.into_iter().flat_map(|support| support.sources).collect(),
    })))
}

/// Returns the state of a flag with the judgements recorded up to now, the verdict in force, and the last verdict of each
/// person.
fn state_now(
    opened: &OpenedRun,
    flag_id: &str,
    status: &FlagStatus,
) -> (State, Option<VerdictInForce>, Vec<Verdict>) {
    let of_run = status.verdicts.judged();
    let of_run_name = of_run.map(|(value, _)| value.name());
    let now = VerdictsNow::of(&opened.judgements, flag_id, of_run_name, status.verdicts.after);
    let state = match status.state {
        State::Closed => State::Closed,
        _ if now.is_contested => State::Contested,
        _ if now.verdict.is_some() => State::Judged,
        State::Judged | State::Contested => State::Standing,
        state => state,
    };
    let last = now.verdicts.iter().map(|verdict| verdict.recorded_at).max();
    let recorded_at = last.or(of_run.map(|(_, recorded_at)| recorded_at));
    (state, now.verdict.map(|value| VerdictInForce { value, recorded_at }), now.verdicts)
}

/// Describes the records of the minimal support of a flag.
fn supporting_records(
    opened: &OpenedRun,
    records: &[RecordIndex],
    support: Option<&MinimalSupport>,
) -> Vec<RecordDescription> {
    let is_needed = |index: &RecordIndex| {
        support.is_some_and(|support| support.records.contains(&record(opened, *index).id))
    };
    let needed: Vec<RecordIndex> = records.iter().copied().filter(is_needed).collect();
    describe_records(opened, &needed, RECORDS_MAX)
}
