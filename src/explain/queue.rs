//! The review queue of a published run: its flags, the flags that wait, and the nearest misses.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde::Serialize;

use super::{
    answers::TestLine,
    error::QuestionError,
    run_tables::{CandidateRow, PublishedFlag, candidates, flags, scan},
};
use crate::{
    analysis::Class,
    archive::{Access, Archive},
    judgement::{Judgement, Kind},
    language::{self, Language, NewlyRecorded},
    link::Layer,
    review::{self, CandidateStatus, NEAREST_MAX, WaitingFlags},
    run::{Config, published::published_runs},
    time::Moment,
};

/// Number of runs whose tables are searched for closed flags: about the time for which the history keeps a closed flag.
const REMEMBERED_RUNS: usize = 400;

/// The review queue of one audience.
#[derive(Debug, Serialize)]
pub struct QueueSummary {
    /// Name of the audience.
    pub audience: String,
    /// Flags of the queue in order of rank.
    pub queue: Vec<PublishedFlag>,
    /// Flags outside the queue without a verdict, by score, then flags that closed without one.
    pub waiting: Vec<PublishedFlag>,
    /// Sentence with the number of waiting flags; `None` without any.
    pub waiting_sentence: Option<String>,
    /// Number of candidates; `None` in a run of an older version.
    pub candidates: Option<usize>,
    /// Number of candidates by status.
    pub statuses: BTreeMap<&'static str, usize>,
    /// Sentence about the statuses of the candidates.
    pub explanation: Option<String>,
    /// Leads, those that chance explains least first.
    pub leads: Vec<NearMiss>,
    /// Candidates that came nearest to a flag, the nearest first.
    pub nearest: Vec<NearMiss>,
}

/// A candidate that the emergence gate stopped, or a lead.
#[derive(Clone, Debug, Serialize)]
pub struct NearMiss {
    /// Id of the candidate.
    pub candidate_id: String,
    /// Name of its pattern.
    pub pattern: String,
    /// Title of the candidate.
    pub title: String,
    /// The most telling test that stopped it, as in the column `status`.
    pub status: &'static str,
    /// Names of the failed tests.
    pub fails: Vec<&'static str>,
    /// Reason why it is a lead; `None` for other candidates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<String>,
    /// All tests.
    pub tests: Vec<TestLine>,
    /// Ids of its members.
    pub members: Vec<String>,
}

/// Returns the queue of each audience of a published run.
pub fn queue_summaries(
    config: &Config,
    folder: &Path,
    audiences: &[String],
) -> Result<Vec<QueueSummary>, QuestionError> {
    let judgements = Archive::open(&config.state, Access::Read)?.judgements()?;
    let configured = config.rules.audiences_of_run();
    let language = Language::english();
    let has_clearance = |name: &String| {
        configured.iter().any(|audience| audience.name == *name && audience.clearance.is_some())
    };
    let summary = |audience: &String| {
        let mut summary = summary(folder, audience, &judgements)?;
        let is_empty = summary.candidates == Some(0) && has_clearance(audience);
        if is_empty && is_without_entities(&folder.join(audience))? {
            summary.explanation = Some(language::no_visible_record(language, audience));
        }
        Ok(summary)
    };
    audiences.iter().map(summary).collect()
}

fn summary(folder: &Path, audience: &str, judgements: &[Judgement]) -> Result<QueueSummary, QuestionError> {
    let language = Language::english();
    let flags = flags(&folder.join(audience), judgements)?;
    let mut queue: Vec<PublishedFlag> = flags.iter().filter(|flag| flag.rank.is_some()).cloned().collect();
    queue.sort_by_key(|flag| flag.rank);
    let mut waiting = waiting_flags(&flags);
    let count = |kind: fn(&PublishedFlag) -> bool| waiting.iter().filter(|flag| kind(flag)).count();
    let contested = count(|flag| flag.state == "contested");
    let sampled = count(|flag| flag.sampled && flag.state != "contested");
    let is_of_run = |flag: &PublishedFlag| !flag.sampled && matches!(&*flag.state, "new" | "grown");
    let of_run = waiting.iter().filter(|flag| is_of_run(flag));
    let out_of_focus = of_run.clone().filter(|flag| flag.focus == Some(0)).count();
    let beyond = of_run.count() - out_of_focus;
    let (closed_now, closed) = closed(folder, audience, judgements);
    let counts = WaitingFlags {
        earlier: waiting.len() - beyond - out_of_focus - contested - sampled,
        beyond_budget: beyond,
        out_of_focus,
        contested,
        sampled,
        closed_now,
        closed: closed.len(),
    };
    let waiting_sentence = language::waiting_flags(language, &counts);
    waiting.extend(closed);
    let mut summary = QueueSummary {
        audience: audience.to_owned(),
        queue,
        waiting,
        waiting_sentence,
        candidates: None,
        statuses: BTreeMap::new(),
        explanation: None,
        leads: Vec::new(),
        nearest: Vec::new(),
    };
    if let Some(candidates) = candidates(&folder.join(audience))? {
        let mut counts: BTreeMap<CandidateStatus, usize> = BTreeMap::new();
        for candidate in &candidates {
            *counts.entry(candidate.status).or_default() += 1;
        }
        summary.candidates = Some(candidates.len());
        let is_first = candidates.is_empty() && is_first_run(folder);
        summary.explanation = Some(if is_first {
            language::empty_first_run(language)
        } else {
            let nearest = nearest(&candidates).first().map(|&index| &candidates[index]);
            let nearest = nearest.map(|row| (row.title.as_str(), row.tests.as_slice()));
            let recorded = if candidates.is_empty() {
                newly_recorded(folder, audience)?
            } else {
                NewlyRecorded::default()
            };
            language::statuses(language, &counts, nearest, recorded)
        });
        summary.statuses = counts.into_iter().map(|(status, count)| (status.name(), count)).collect();
        summary.leads = leads(&candidates);
        let nearest = nearest(&candidates).into_iter().take(NEAREST_MAX);
        summary.nearest = nearest.map(|index| miss(&candidates[index])).collect();
    }
    Ok(summary)
}

/// Returns the open flags outside the queue that have no verdict, by score. Of flags without a recent record,
/// whose score is 0, the latest come first.
fn waiting_flags(flags: &[PublishedFlag]) -> Vec<PublishedFlag> {
    let is_waiting =
        |flag: &&PublishedFlag| flag.rank.is_none() && flag.verdict.is_none() && flag.state != "closed";
    let mut waiting: Vec<PublishedFlag> = flags.iter().filter(is_waiting).cloned().collect();
    waiting.sort_by(|a, b| {
        (a.sampled.cmp(&b.sampled))
            .then_with(|| b.score.total_cmp(&a.score))
            .then_with(|| (b.first_flagged, &a.flag_id).cmp(&(a.first_flagged, &b.flag_id)))
    });
    waiting
}

/// Returns the number of flags that closed in a run without a verdict, and all flags that closed up to this
/// run without one, the last closed first.
///
/// A closed flag is in the tables of the run in which it closed. Of several runs that have a flag, the last
/// one decides. A run of an older version, or without tables, is skipped.
fn closed(folder: &Path, audience: &str, judgements: &[Judgement]) -> (usize, Vec<PublishedFlag>) {
    let run = manifest(folder).and_then(|manifest| Some(manifest.get("run")?.as_str()?.to_owned()));
    let (Some(run), Some(out)) = (run, folder.parent()) else { return (0, Vec::new()) };
    let (mut seen, mut closed, mut closed_now) = (BTreeSet::new(), Vec::new(), 0);
    let is_judged = |id: &str| {
        judgements.iter().any(|judgement| judgement.kind == Kind::Flag && judgement.subject_id == id)
    };
    let earlier = published_runs(out).into_iter().rev().skip_while(|name| *name > run);
    for name in earlier.take(REMEMBERED_RUNS) {
        let Ok(flags) = flags(&out.join(&name).join(audience), judgements) else { continue };
        for flag in flags {
            let is_last = seen.insert(flag.flag_id.clone());
            let is_unanswered = flag.state == "closed" && flag.verdict.is_none() && !flag.sampled;
            if is_last && is_unanswered && !is_judged(&flag.flag_id) {
                closed_now += usize::from(name == run);
                closed.push(flag);
            }
        }
    }
    (closed_now, closed)
}

/// Reads the manifest of a run; `None` where it has none.
fn manifest(folder: &Path) -> Option<serde_json::Value> {
    let bytes = std::fs::read(folder.join("manifest.json")).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Returns whether the manifest of a run names no previous run.
fn is_first_run(folder: &Path) -> bool {
    manifest(folder)
        .and_then(|manifest| manifest.get("compared_with").map(serde_json::Value::is_null))
        .unwrap_or(false)
}

/// Returns whether the results of an audience have no entity.
fn is_without_entities(folder: &Path) -> Result<bool, QuestionError> {
    let mut rows = 0;
    scan(folder, "entities", &["entity_id"], |part| {
        rows += part.rows();
        Some(())
    })?;
    Ok(rows == 0)
}

/// Counts what a run first recorded; nothing where it had no previous run.
fn newly_recorded(folder: &Path, audience: &str) -> Result<NewlyRecorded, QuestionError> {
    let previous =
        manifest(folder).and_then(|manifest| Moment::parse(manifest.get("compared_with")?.as_str()?));
    let Some(previous) = previous else { return Ok(NewlyRecorded::default()) };
    let folder = folder.join(audience);
    // Only the columns that count are read, batch by batch: both tables are as large as the run.
    let is_new = |time: Option<i64>| time > Some(previous.micros());
    let (mut new, mut context) = (NewlyRecorded::default(), BTreeSet::new());
    scan(&folder, "entities", &["entity_id", "kind", "recorded_first"], |part| {
        let (ids, kinds) = (part.text("entity_id")?, part.text("kind")?);
        for (row, time) in part.time("recorded_first")?.iter().enumerate() {
            if Class::of(kinds[row].as_deref()?) == Class::Context {
                context.insert(ids[row].clone()?);
            }
            new.entities += usize::from(is_new(*time));
        }
        Some(())
    })?;
    scan(&folder, "links", &["from_id", "to_id", "layer", "recorded_first"], |part| {
        let [from, to, layers] = ["from_id", "to_id", "layer"].map(|name| part.text(name));
        let (from, to, layers) = (from?, to?, layers?);
        for (row, _) in part.time("recorded_first")?.iter().enumerate().filter(|(_, time)| is_new(**time)) {
            let layer = layers[row].as_deref()?;
            let is_read = ![Layer::Provenance, Layer::Taxonomy, Layer::Target]
                .iter()
                .any(|other| other.name() == layer)
                && !context.contains(from[row].as_deref()?)
                && !context.contains(to[row].as_deref()?);
            new.links += usize::from(is_read);
        }
        Some(())
    })?;
    Ok(new)
}

/// Returns the positions of the candidates that the gate stopped, the nearest to a flag first.
fn nearest(candidates: &[CandidateRow]) -> Vec<usize> {
    let stopped = (0..).zip(candidates).filter(|(_, row)| row.status.is_stopped());
    review::nearest(stopped.map(|(index, row)| (index, row.id.as_str(), row.tests.clone())))
}

/// Returns the leads, those that chance explains least first.
fn leads(candidates: &[CandidateRow]) -> Vec<NearMiss> {
    let mut leads: Vec<&CandidateRow> =
        candidates.iter().filter(|row| row.status == CandidateStatus::Lead).collect();
    let expected = |row: &CandidateRow| row.expected.unwrap_or(f64::INFINITY);
    leads.sort_by(|a, b| expected(a).total_cmp(&expected(b)).then_with(|| a.id.cmp(&b.id)));
    leads.into_iter().map(miss).collect()
}

fn miss(row: &CandidateRow) -> NearMiss {
    let language = Language::english();
    NearMiss {
        candidate_id: row.id.clone(),
        pattern: row.pattern.clone(),
        title: row.title.clone(),
        status: row.status.name(),
        fails: row.tests.iter().filter(|test| !test.passed).map(|test| test.name).collect(),
        lead: row.lead.as_deref().map(|lead| language.name("lead", lead)),
        tests: row.tests.iter().map(|test| TestLine::of(language, test)).collect(),
        members: row.members.clone(),
    }
}
