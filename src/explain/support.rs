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
    opened::{FlagsOfRun, OpenedRun, open_without_view},
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
    resolve::{self, Earlier, Resolution, Reusable},
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
const VERSION: u32 = 2;
/// Most records that are left out one by one.
const RECORDS_MAX: usize = 50;
/// Records of an archive that a search reads, resolves and analyses in a second, with the first trials. Two cores need 50 to
/// 60 seconds of processor time for a million records (`benches/scale/explain`).
const RECORDS_A_SECOND: u64 = 10_000;

/// Minimal support of a flag, as the archive keeps it. A search that ended early has tried some records and sources only.
#[derive(Debug, Serialize, Deserialize)]
struct MinimalSupport {
    /// Ids of the records without which the flag falls. With any one of the tried ones among them it holds.
    records: BTreeSet<String>,
    /// Number of records that were tried, and of those that are tried in a whole search.
    tried: (usize, usize),
    /// Number of records behind the flag.
    record_count: usize,
    /// The tried sources behind the flag, and whether the flag holds on their records alone.
    sources: Vec<SourceSupport>,
    /// Number of sources behind the flag.
    source_count: usize,
}

impl MinimalSupport {
    fn is_finished(&self) -> bool {
        self.tried.0 == self.tried.1 && self.sources.len() == self.source_count
    }
}

/// Adds the minimal support to the explanation of a flag: the kept one, else one that is searched now. A search that would not
/// reach its first trials in the seconds that are left is not begun.
pub(super) fn add_support(
    opened: &OpenedRun,
    flag: &mut FlagExplanation,
    seconds_left: &dyn Fn() -> u64,
    progress: &Progress,
) -> Result<(), QuestionError> {
    let as_of = flag.last_found;
    let earlier = (opened.run.moment != as_of).then(|| open_at(opened, as_of)).transpose()?.flatten();
    let found_in = earlier.as_ref().unwrap_or(opened);
    let key = key(opened, found_in, &flag.flag)?;
    let kept = opened.archive.explained(&key);
    let kept = kept.and_then(|bytes| serde_json::from_slice::<MinimalSupport>(&bytes).ok());
    let is_finished = kept.as_ref().is_some_and(MinimalSupport::is_finished);
    let too_long = || seconds_of_search(opened.contents.records().len(), seconds_left);
    if let (false, Some(seconds)) = (is_finished, too_long()) {
        let values = [("seconds", seconds.to_string())];
        flag.support.minimal_support_note = opened.language.fill("explain.support.not-begun", &values);
        return Ok(());
    }
    opened.load_view()?;
    found_in.load_view()?;
    let support = match kept {
        Some(support) if is_finished => support,
        started => {
            let search_of = Search { started, seconds_left, progress };
            let support = search(opened, found_in, &flag.flag, &search_of)?;
            opened.archive.keep_explained(&key, &serde_json::to_vec(&support).expect("plain data"));
            support
        }
    };
    flag.support = described(found_in, support);
    Ok(())
}

/// Returns the seconds that a search needs in an archive of so many records, if those that are left do not reach its first
/// trials. A small archive is always searched.
fn seconds_of_search(records: usize, seconds_left: &dyn Fn() -> u64) -> Option<u64> {
    let first_trials = records as u64 / RECORDS_A_SECOND;
    (first_trials > 0 && first_trials > seconds_left()).then_some(2 * first_trials)
}

/// A search of a minimal support.
struct Search<'a> {
    /// Result of an earlier search that ended early.
    started: Option<MinimalSupport>,
    /// Returns the seconds in which trials may begin.
    seconds_left: &'a dyn Fn() -> u64,
    progress: &'a Progress<'a>,
}

/// Opens the run of one as-of time with its own rules.
fn open_at(opened: &OpenedRun, as_of: Moment) -> Result<Option<OpenedRun>, QuestionError> {
    let Some(run) = opened.archive.runs().into_iter().find(|run| run.moment == as_of) else {
        return Ok(None);
    };
    let own_rules = rules::of_earlier_run(&opened.archive, &run, &opened.config.rules)?;
    let archive = Archive::open(&opened.config.state, Access::Read)?;
    open_without_view(archive, &opened.config, Some(&opened.audience.name), run, own_rules).map(Some)
}

/// Returns the key of a flag's support: a digest of everything that the support follows from. The run that has the flag may
/// have it by its own rules, or by those of the question.
fn key(opened: &OpenedRun, found_in: &OpenedRun, flag_id: &str) -> Result<String, RunError> {
    let own = found_in.replay_inputs();
    let of_question = ReplayInputs { rules: &opened.rules, ..own };
    let key_of = |inputs| history::key_of(&opened.archive, inputs, found_in.run.moment);
    let parts = (VERSION, RECORDS_MAX, engine_version(), [key_of(own)?, key_of(of_question)?], flag_id);
    Ok(blake3::hash(&serde_json::to_vec(&parts).expect("plain data")).to_hex().to_string())
}

/// Searches the minimal support of a flag in the run that has its candidate.
fn search(
    opened: &OpenedRun,
    found_in: &OpenedRun,
    flag_id: &str,
    search: &Search<'_>,
) -> Result<MinimalSupport, QuestionError> {
    let progress = search.progress;
    let found = found_in.find_flags(progress)?;
    if let Some(candidate) = found.candidate(flag_id) {
        let FlagsOfRun { prior_runs, analysis, candidates, .. } = &found;
        let rules = &found_in.rules;
        let base = base(analysis, rules);
        let trial = Trial { analysis, base: &base, prior_runs, candidates, candidate, rules, progress };
        return Ok(minimal_support(found_in, &trial, search)?);
    }
    let found = run_with_candidate(opened, flag_id, found_in.run.moment, progress)?;
    let reviewed = &found.reviewed;
    let candidate = reviewed.queue.flags[found.row].candidate.as_ref();
    let base = base(&reviewed.analysis, &found.opened.rules);
    let trial = Trial {
        analysis: &reviewed.analysis,
        base: &base,
        prior_runs: &reviewed.prior.prior_runs,
        candidates: &reviewed.queue.candidates,
        candidate: candidate.ok_or_else(|| QuestionError::Unknown(flag_id.to_owned()))?,
        rules: &found.opened.rules,
        progress,
    };
    Ok(minimal_support(&found.opened, &trial, search)?)
}

fn described(opened: &OpenedRun, support: MinimalSupport) -> FlagSupport {
    let records = RecordIndex::enumerate(opened.view().records());
    let needed: Vec<RecordIndex> = records
        .filter(|(_, record)| support.records.contains(&record.id.to_string()))
        .map(|(index, _)| index)
        .collect();
    FlagSupport {
        minimal_support: describe_records(opened, &needed, SHOWN_MAX),
        minimal_support_count: needed.len(),
        minimal_support_note: note(opened.language, &support),
        holds_on_one_source: support.sources,
    }
}

/// Returns a sentence about the method and the extent of a search.
fn note(language: &Language, support: &MinimalSupport) -> String {
    if support.is_finished() {
        let is_complete = support.record_count <= RECORDS_MAX;
        return language.text(if is_complete {
            "explain.support.complete"
        } else {
            "explain.support.partial"
        });
    }
    let values = [
        ("tried", support.tried.0.to_string()),
        ("count", support.record_count.to_string()),
        ("sources", support.sources.len().to_string()),
        ("source_count", support.source_count.to_string()),
    ];
    language.fill("explain.support.stopped", &values)
}

/// Finds the minimal support of a candidate's flag.
fn minimal_support(
    opened: &OpenedRun,
    trial: &Trial<'_>,
    search: &Search<'_>,
) -> Result<MinimalSupport, RunError> {
    let records: Vec<&Record> = features::records(trial.analysis, trial.candidate)
        .into_iter()
        .map(|index| &trial.analysis[index])
        .collect();
    let mut by_source: BTreeMap<&str, BTreeSet<RecordId>> = BTreeMap::new();
    for record in &records {
        by_source.entry(&record.source).or_default().insert(record.id);
    }
    // The oldest record is tried first, so that the support consists of recent records where it can.
    let mut order = records.clone();
    order.sort_by_key(|record| (record.recorded_at, record.id));
    let order: Vec<RecordId> = order.into_iter().take(RECORDS_MAX).map(|record| record.id).collect();
    let started = search.started.as_ref();
    let is_left =
        |record: &&&Record| started.is_none_or(|kept| kept.records.contains(&record.id.to_string()));
    let all: BTreeSet<RecordId> = records.iter().filter(is_left).map(|record| record.id).collect();
    let first = started.map_or(0, |kept| kept.tried.0.min(order.len()));
    let (support, tried) = reduce(trial, opened.language, (all, first), &order, search)?;
    let mut sources: Vec<SourceSupport> = started.map(|kept| kept.sources.clone()).unwrap_or_default();
    for (source, own) in by_source.iter().skip(sources.len()) {
        if tried < order.len() || (search.seconds_left)() == 0 {
            break;
        }
        let others: BTreeSet<RecordId> =
            records.iter().map(|record| record.id).filter(|id| !own.contains(id)).collect();
        let holds = others.is_empty() || trial.holds_without(&others)?;
        sources.push(SourceSupport { source: (*source).to_owned(), holds });
    }
    Ok(MinimalSupport {
        records: support.iter().map(RecordId::to_string).collect(),
        tried: (tried, order.len()),
        record_count: records.len(),
        sources,
        source_count: by_source.len(),
    })
}

/// Removes each record from a support if the flag falls without the others, in this order. Several records are tried at
/// once, each as if the records before it stayed; results after the first record that does not stay are tried again. So
/// the result does not depend on the number of threads. Also returns the number of records that were tried in the end.
fn reduce(
    trial: &Trial<'_>,
    language: &Language,
    (mut support, first): (BTreeSet<RecordId>, usize),
    order: &[RecordId],
    search: &Search<'_>,
) -> Result<(BTreeSet<RecordId>, usize), RunError> {
    let mut next = first;
    while next < order.len() && (search.seconds_left)() > 0 {
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
    Ok((support, next))
}

/// Resolves the run of a flag, so that trials without a few records take most entities and links from it.
fn base(analysis: &Analysis, rules: &Rules) -> (Resolution, Reusable) {
    resolve::resolve_reusable(&analysis.view, &rules.analysis.resolve, &rules.analysis.weight)
}

/// A flag whose run is analysed again without some records.
struct Trial<'a> {
    analysis: &'a Analysis,
    /// Resolution of the run with all records.
    base: &'a (Resolution, Reusable),
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
        let (resolution, reusable) = self.base;
        let earlier = Earlier { view: &self.analysis.view, resolution, reusable };
        let settings = &rules.analysis;
        let (resolution, _) = resolve::resolve_similar(&view, earlier, &settings.resolve, &settings.weight);
        let with_flows = candidate.has_closed_form() && !self.analysis.payment_flows.is_empty();
        let depth = Depth::Patterns { with_flows };
        let request = AnalysisRequest { config: settings, prior_runs, depth };
        let analysis =
            analysis::analyse_resolved(view, resolution, request, progress).ok_or(RunError::Stopped)?;
        Ok(review::is_flagged(&analysis, candidate, self.candidates, &rules.review, rules.analysis.seed))
    }
}

#[cfg(test)]
mod tests {
    use super::seconds_of_search;

    #[test]
    fn a_search_that_would_end_before_its_first_trials_is_not_begun() {
        let searched = |records, seconds: u64| seconds_of_search(records, &|| seconds);
        assert_eq!(searched(9_999, 0), None, "a small archive");
        assert_eq!(searched(300_000, 60), None);
        assert_eq!(searched(1_000_000, 60), Some(200));
        assert_eq!(searched(1_000_000, 195), None, "the seconds that the answer asks for suffice");
        assert_eq!(searched(1_000_000, u64::MAX), None, "without a limit");
    }
}
