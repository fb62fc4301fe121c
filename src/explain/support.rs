//! Minimal support of a flag: a smallest set of records without which the flag falls.
//!
//! The run is analysed again without some of the records behind the flag. Each analysis computes only what the
//! pattern of the flag reads, and several run at once.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::{
    answers::SourceSupport,
    opened::{OpenedRun, ReviewedRun},
};
use crate::{
    analysis::{self, Analysis, AnalysisRequest, Depth},
    features::{self, Candidate},
    language::Language,
    progress::Progress,
    record::{Record, RecordId},
    review,
    run::{Rules, RunError},
    temporal::PriorRuns,
};

/// Most records that are left out one by one.
const RECORDS_MAX: usize = 50;

/// Minimal support of a flag.
pub(super) struct MinimalSupport {
    /// Records without which the flag falls; with any one of them it holds.
    pub(super) records: Vec<RecordId>,
    /// True if every record behind the flag was tried.
    pub(super) is_complete: bool,
    /// Each source behind the flag, and whether the flag holds on its records alone.
    pub(super) sources: Vec<SourceSupport>,
}

/// Finds the minimal support of a candidate's flag.
pub(super) fn minimal_support(
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
    Ok(MinimalSupport { records: support.into_iter().collect(), is_complete, sources })
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
