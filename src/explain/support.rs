//! Minimal support of a flag: a smallest set of records without which the flag falls.
//!
//! The run is analysed again without some of the records behind the flag. Each analysis computes only what the
//! pattern of the flag reads, and several run at once. The archive keeps the result for the next question.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    answers::{FlagExplanation, FlagSupport, SourceSupport},
    error::QuestionError,
    flag::run_with_candidate,
    flag_content::RECORDS_MAX as SHOWN_MAX,
    opened::{OpenedRun, ReviewedRun, open_with_rules},
    records::describe_records,
};
use crate::{
    analysis::{self, Analysis, AnalysisRequest, Depth},
    archive::{Access, Archive},
    features::{self, Candidate},
    index::RecordIndex,
    language::Language,
    progress::Progress,
    record::{Record, RecordId},
    review,
    run::{
        Rules, RunError, engine_version,
        history::{self, ReplayInputs},
        rules,
    },
    temporal::PriorRuns,
    time::Moment,
};

/// Version of the stored form and of the search.
const VERSION: u32 = 1;
/// Most records that are left out one by one.
const RECORDS_MAX: usize = 50;

/// Minimal support of a flag, as the archive keeps it.
#[derive(Debug, Serialize, Deserialize)]
struct MinimalSupport {
    /// Ids of the records without which the flag falls; with any one of them it holds.
    records: BTreeSet<String>,
    /// True if every record behind the flag was tried.
    is_complete: bool,
    /// Each source behind the flag, and whether the flag holds on its records alone.
    sources: Vec<SourceSupport>,
}

/// Adds the minimal support to the explanation of a flag: the kept one, else one that is searched now.
pub(super) fn add_support(
    opened: &OpenedRun,
    flag: &mut FlagExplanation,
    progress: &Progress,
) -> Result<(), QuestionError> {
    let as_of = flag.last_found;
    let earlier = (opened.run.moment != as_of).then(|| open_at(opened, as_of)).transpose()?.flatten();
    let found_in = earlier.as_ref().unwrap_or(opened);
    let key = key(opened, found_in, &flag.flag);
    let kept = opened.archive.explained(&key);
    let kept = kept.and_then(|bytes| serde_json::from_slice::<MinimalSupport>(&bytes).ok());
    let support = if let Some(support) = kept {
        support
    } else {
        let support = search(opened, found_in, &flag.flag, progress)?;
        opened.archive.keep_explained(&key, &serde_json::to_vec(&support).expect("plain data"));
        support
    };
    flag.support = described(found_in, support);
    Ok(())
}

/// Opens the run of one as-of time with its own rules.
fn open_at(opened: &OpenedRun, as_of: Moment) -> Result<Option<OpenedRun>, QuestionError> {
    let Some(run) = opened.archive.runs().into_iter().find(|run| run.moment == as_of) else {
        return Ok(None);
    };
    let own_rules = rules::of_earlier_run(&opened.archive, &run, &opened.config.rules)?;
    let archive = Archive::open(&opened.config.state, Access::Read)?;
    open_with_rules(archive, &opened.config, Some(&opened.audience.name), run, own_rules).map(Some)
}

/// Returns the key of a flag's support: a digest of everything that the support follows from. The run that has the flag may
/// have it by its own rules, or by those of the question.
fn key(opened: &OpenedRun, found_in: &OpenedRun, flag_id: &str) -> String {
    let own = found_in.replay_inputs();
    let of_question = ReplayInputs { rules: &opened.rules, ..own };
    let states =
        [own, of_question].map(|inputs| history::key_of(&opened.archive, inputs, found_in.run.moment));
    let parts = (VERSION, RECORDS_MAX, engine_version(), states, flag_id);
    blake3::hash(&serde_json::to_vec(&parts).expect("plain data")).to_hex().to_string()
}

/// Searches the minimal support of a flag in the run that has its candidate.
fn search(
    opened: &OpenedRun,
    found_in: &OpenedRun,
    flag_id: &str,
    progress: &Progress,
) -> Result<MinimalSupport, QuestionError> {
    let reviewed = found_in.review(progress)?;
    let row = reviewed.queue.flags.iter().find(|row| row.flag.id == flag_id);
    if let Some(candidate) = row.and_then(|row| row.candidate.as_ref()) {
        return Ok(minimal_support(found_in, &reviewed, candidate, progress)?);
    }
    let found = run_with_candidate(opened, flag_id, found_in.run.moment, progress)?;
    let candidate = found.reviewed.queue.flags[found.row].candidate.as_ref();
    let candidate = candidate.ok_or_else(|| QuestionError::Unknown(flag_id.to_owned()))?;
    Ok(minimal_support(&found.opened, &found.reviewed, candidate, progress)?)
}

fn described(opened: &OpenedRun, support: MinimalSupport) -> FlagSupport {
    let records = RecordIndex::enumerate(opened.view.records());
    let needed: Vec<RecordIndex> = records
        .filter(|(_, record)| support.records.contains(&record.id.to_string()))
        .map(|(index, _)| index)
        .collect();
    let note = if support.is_complete { "explain.support.complete" } else { "explain.support.partial" };
    FlagSupport {
        minimal_support: describe_records(opened, &needed, SHOWN_MAX),
        minimal_support_count: needed.len(),
        minimal_support_note: opened.language.text(note),
        holds_on_one_source: support.sources,
    }
}

/// Finds the minimal support of a candidate's flag.
fn minimal_support(
    opened: &OpenedRun,
    reviewed: &ReviewedRun,
    candidate: &Candidate,
    progress: &Progress,
) -> Result<MinimalSupport, RunError> {
    let trial = Trial {
        analysis: &reviewed.analysis,
        prior_runs: &reviewed.prior.prior_runs,
        candidates: &reviewed.queue.candidates,
        candidate,
        rules: &opened.rules,
        progress,
    };
    let records: Vec<&Record> = features::records(&reviewed.analysis, candidate)
        .into_iter()
        .map(|index| &reviewed.analysis[index])
        .collect();
    let all: BTreeSet<RecordId> = records.iter().map(|record| record.id).collect();
    let is_complete = all.len() <= RECORDS_MAX;
    // The oldest record is tried first, so that the support consists of recent records where it can.
    let mut order = records.clone();
    order.sort_by_key(|record| (record.recorded_at, record.id));
    let order: Vec<RecordId> = order.into_iter().take(RECORDS_MAX).map(|record| record.id).collect();
    let support = reduce(&trial, opened.language, all, &order)?;
    let mut by_source: BTreeMap<&str, BTreeSet<RecordId>> = BTreeMap::new();
    for record in &records {
        by_source.entry(&record.source).or_default().insert(record.id);
    }
    let sources: Vec<&str> = by_source.keys().copied().collect();
    let on_one_source = |source: &&str| {
        let others = by_source.iter().filter(|(other, _)| *other != source);
        let others: BTreeSet<RecordId> = others.flat_map(|(_, ids)| ids).copied().collect();
        let holds = others.is_empty() || trial.holds_without(&others)?;
        Ok(SourceSupport { source: (*source).to_owned(), holds })
    };
    let sources = sources.par_iter().map(on_one_source).collect::<Result<_, RunError>>()?;
    let records = support.iter().map(RecordId::to_string).collect();
    Ok(MinimalSupport { records, is_complete, sources })
}

/// Removes each record from a support if the flag falls without the others, in this order. Several records are tried at
/// once, each as if the records before it stayed; results after the first record that does not stay are tried again. So
/// the result does not depend on the number of threads.
fn reduce(
    trial: &Trial<'_>,
    language: &Language,
    mut support: BTreeSet<RecordId>,
    order: &[RecordId],
) -> Result<BTreeSet<RecordId>, RunError> {
    let mut next = 0;
    while next < order.len() {
        let values = [("tried", next.to_string()), ("count", order.len().to_string())];
        trial.progress.step(&language.fill("explain.support.progress", &values));
        let batch = &order[next..order.len().min(next + rayon::current_num_threads().max(1))];
        let holds = |record: &RecordId| {
            let mut fewer = support.clone();
            fewer.remove(record);
            trial.holds_without(&fewer)
        };
        let results: Vec<bool> = batch.par_iter().map(holds).collect::<Result<_, RunError>>()?;
        match results.iter().position(|holds| !holds) {
            Some(position) => {
                support.remove(&batch[position]);
                next += position + 1;
            }
            None => next += batch.len(),
        }
    }
    Ok(support)
}

/// A flag whose run is analysed again without some records.
struct Trial<'a> {
    analysis: &'a Analysis,
    prior_runs: &'a PriorRuns,
    /// All candidates of the run.
    candidates: &'a [Candidate],
    candidate: &'a Candidate,
    rules: &'a Rules,
    progress: &'a Progress<'a>,
}

impl Trial<'_> {
    /// Returns whether the candidate still passes the gate without some records.
    fn holds_without(&self, records: &BTreeSet<RecordId>) -> Result<bool, RunError> {
        let Self { prior_runs, candidate, rules, progress, .. } = *self;
        let view = self.analysis.view.without(records);
        let with_flows = candidate.expected.is_some() && !self.analysis.payment_flows.is_empty();
        let depth = Depth::Patterns { with_flows };
        let request = AnalysisRequest { config: &rules.analysis, prior_runs, depth };
        let analysis = analysis::analyse(view, request, progress).ok_or(RunError::Stopped)?;
        Ok(review::is_flagged(&analysis, candidate, self.candidates, &rules.review, rules.analysis.seed))
    }
}
