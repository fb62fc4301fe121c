//! Minimal support of a flag: a smallest set of records without which the flag falls.
//!
//! The run is analysed again without some of the records behind the flag.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    answers::SourceSupport,
    opened::{OpenedRun, ReviewedRun},
};
use crate::{
    analysis::{self, AnalysisRequest, Depth},
    features::{self, Candidate},
    progress::Progress,
    record::{Record, RecordId},
    review,
    run::RunError,
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
    let holds = |without: &BTreeSet<RecordId>| holds(opened, reviewed, candidate, without, progress);
    let records: Vec<&Record> = features::records(&reviewed.analysis, candidate)
        .into_iter()
        .map(|index| &reviewed.analysis[index])
        .collect();
    let mut support: BTreeSet<RecordId> = records.iter().map(|record| record.id).collect();
    let is_complete = support.len() <= RECORDS_MAX;
    // The oldest record is tried first, so that the support consists of recent records where it can.
    let mut order = records.clone();
    order.sort_by_key(|record| (record.recorded_at, record.id));
    for record in order.into_iter().take(RECORDS_MAX) {
        let mut fewer = support.clone();
        fewer.remove(&record.id);
        if !holds(&fewer)? {
            support = fewer;
        }
    }
    let mut by_source: BTreeMap<&str, BTreeSet<RecordId>> = BTreeMap::new();
    for record in &records {
        by_source.entry(&record.source).or_default().insert(record.id);
    }
    let mut sources = Vec::new();
    for source in by_source.keys() {
        let others = by_source.iter().filter(|(other, _)| *other != source);
        let others = others.flat_map(|(_, ids)| ids).copied().collect();
        sources.push(SourceSupport { source: (*source).to_owned(), holds: holds(&others)? });
    }
    Ok(MinimalSupport { records: support.into_iter().collect(), is_complete, sources })
}

/// Returns whether the candidate still passes the gate without some records.
fn holds(
    opened: &OpenedRun,
    reviewed: &ReviewedRun,
    candidate: &Candidate,
    without: &BTreeSet<RecordId>,
    progress: &Progress,
) -> Result<bool, RunError> {
    let rules = &opened.rules;
    let view = reviewed.analysis.view.without(without);
    let prior_runs = &reviewed.prior.prior_runs;
    let request = AnalysisRequest { config: &rules.analysis, prior_runs, depth: Depth::Unmeasured };
    let analysis = analysis::analyse(view, request, progress).ok_or(RunError::Stopped)?;
    let candidates = &reviewed.queue.candidates;
    Ok(review::is_flagged(&analysis, &candidate.lineage, candidates, &rules.review, rules.analysis.seed))
}
