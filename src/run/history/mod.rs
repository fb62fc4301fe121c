//! State that earlier runs leave for the next one, and its cache.
//!
//! The state is a fold over the archive's runs. Each run is replayed from its own view, with the rules of the
//! current run. So a changed rule, record or judgement finds its flags and communities in the runs that had
//! them, and none of them is new in the current run. The archive caches the state of the last runs under keys,
//! so that an ordinary run replays one run at most.

mod keys;
mod side;

pub(crate) use keys::sources;
pub(crate) use side::{SideInputs, keep_side, read_side};

use serde::{Deserialize, Serialize};

use super::{config::Rules, error::RunError};
use crate::{
    analysis::{self, Analysis, AnalysisRequest, Depth},
    archive::{Archive, ArchiveContents},
    features::Candidate,
    judgement::Judgement,
    progress::Progress,
    resolve::{self, Resolution},
    review::{self, Flag, Flags, Gate},
    temporal::PriorRuns,
    time::Moment,
    view::{AsOf, Audience, View},
};

/// Number of runs whose state is cached for each audience: the last one, and two for replays.
const CACHED_RUNS: usize = 3;

/// State that a run leaves for the next one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunState {
    /// As-of times and communities of the run and of the runs before it.
    pub(crate) prior_runs: PriorRuns,
    /// Flags of earlier runs.
    pub(crate) flags: Flags,
}

impl RunState {
    /// Returns the state after one more run.
    pub(crate) fn after(&self, analysis: &Analysis, flags: Flags) -> Self {
        let mut runs = self.prior_runs.runs.clone();
        runs.push(analysis.view.as_of().valid_at);
        Self { prior_runs: PriorRuns { runs, lineages: analysis.lineages.clone() }, flags }
    }
}

/// Inputs that the state of every run depends on.
#[derive(Clone, Copy)]
pub(crate) struct ReplayInputs<'a> {
    pub(crate) contents: &'a ArchiveContents,
    pub(crate) rules: &'a Rules,
    pub(crate) audience: &'a Audience,
    pub(crate) judgements: &'a [Judgement],
}

impl ReplayInputs<'_> {
    /// Returns the records that the audience may know as of one time.
    pub(crate) fn view(&self, as_of: Moment) -> Result<View, RunError> {
        Ok(self.contents.view(self.rules.access_policy(self.audience), None, AsOf::of(as_of))?)
    }
}

/// One run, replayed for one audience.
pub(crate) struct ReplayedRun {
    pub(crate) analysis: Analysis,
    /// Candidates by pattern and id.
    pub(crate) candidates: Vec<Candidate>,
    /// Gate results, aligned with the candidates.
    pub(crate) gates: Vec<Gate>,
    /// Flags by id.
    pub(crate) flags: Vec<Flag>,
    pub(crate) state: RunState,
}

/// Replays one run after `prior`, with metrics.
pub(crate) fn replay_run(
    inputs: ReplayInputs<'_>,
    prior: &RunState,
    as_of: Moment,
    progress: &Progress,
) -> Result<ReplayedRun, RunError> {
    let view = inputs.view(as_of)?;
    let settings = &inputs.rules.analysis;
    let resolution = resolve::resolve(&view, &settings.resolve, &settings.weight);
    Replay::new(inputs, Depth::Whole, progress).run(prior, Resolved { view, resolution })
}

/// Returns the state before `as_of`: the newest cached state, and a replay of each run after it. `tell`
/// receives a sentence for each replayed run.
pub(crate) fn state_before(
    archive: &Archive,
    inputs: ReplayInputs<'_>,
    as_of: Moment,
    progress: &Progress,
) -> Result<RunState, RunError> {
    let runs = runs_before(archive, as_of);
    let keys = keys::keys(inputs, &runs);
    let (mut first, mut state) = (0, RunState::default());
    for (index, key) in keys.iter().enumerate().rev() {
        if let Some(cached) = read(archive, key)? {
            (first, state) = (index + 1, cached);
            break;
        }
    }
    let replay = Replay::new(inputs, Depth::Unmeasured, progress);
    let mut resolved_ahead = None;
    for (index, key) in keys.iter().enumerate().skip(first) {
        progress.step(&format!("replay {}", runs[index].display_utc()));
        let resolved = match resolved_ahead.take() {
            Some(resolved) => resolved,
            None => replay.resolve(inputs.view(runs[index])?),
        };
        let next = runs.get(index + 1).map(|run| inputs.view(*run)).transpose()?;
        // The resolution of the next run does not depend on this run, so both are computed at once.
        let (replayed, next) = rayon::join(
            || replay.run(&state, resolved).map(|run| run.state),
            || next.map(|view| replay.resolve(view)),
        );
        (state, resolved_ahead) = (replayed?, next);
        archive.keep_run_state(key, &write(&state))?;
    }
    Ok(state)
}

/// Caches the state after a run. Returns the keys of the states that the next runs may need.
pub(crate) fn store(
    archive: &Archive,
    inputs: ReplayInputs<'_>,
    as_of: Moment,
    state: &RunState,
) -> Result<Vec<String>, RunError> {
    let mut runs = runs_before(archive, as_of);
    runs.push(as_of);
    let mut keys = keys::keys(inputs, &runs);
    let key = keys.last().expect("the run is the last one of the list");
    archive.keep_run_state(key, &write(state))?;
    Ok(keys.split_off(keys.len().saturating_sub(CACHED_RUNS)))
}

/// Returns the key of the state after a run: a digest of everything that the run and the runs before it depend on.
pub(crate) fn key_of(archive: &Archive, inputs: ReplayInputs<'_>, as_of: Moment) -> String {
    let mut runs = runs_before(archive, as_of);
    runs.push(as_of);
    keys::keys(inputs, &runs).pop().expect("the run is the last one of the list")
}

/// Computes the states of the last runs again where they are not cached. Returns the keys of the states that
/// the next runs may need, as [`store`] does.
pub(crate) fn restore(
    archive: &Archive,
    inputs: ReplayInputs<'_>,
    last: Moment,
    progress: &Progress,
) -> Result<Vec<String>, RunError> {
    let mut runs = runs_before(archive, last);
    runs.push(last);
    let keys = keys::keys(inputs, &runs);
    let first = keys.len().saturating_sub(CACHED_RUNS);
    let mut is_complete = true;
    for key in &keys[first..] {
        is_complete &= read(archive, key)?.is_some();
    }
    let replay = Replay::new(inputs, Depth::Unmeasured, progress);
    let mut state = RunState::default();
    for (run, (index, key)) in runs.iter().zip(keys.iter().enumerate()) {
        if is_complete {
            break;
        }
        progress.step(&format!("replay {}", run.display_utc()));
        state = replay.run(&state, replay.resolve(inputs.view(*run)?))?.state;
        if index >= first {
            archive.keep_run_state(key, &write(&state))?;
        }
    }
    Ok(keys[first..].to_vec())
}

/// A view with its resolution.
struct Resolved {
    view: View,
    resolution: Resolution,
}

/// Settings of a replay, without the archive's contents, which threads cannot share.
#[derive(Clone, Copy)]
struct Replay<'a> {
    rules: &'a Rules,
    judgements: &'a [Judgement],
    depth: Depth,
    progress: &'a Progress<'a>,
}

impl<'a> Replay<'a> {
    fn new(inputs: ReplayInputs<'a>, depth: Depth, progress: &'a Progress<'a>) -> Self {
        Self { rules: inputs.rules, judgements: inputs.judgements, depth, progress }
    }

    /// Resolves a view without reasons, which no later run needs.
    fn resolve(self, view: View) -> Resolved {
        let settings = &self.rules.analysis;
        let resolution = resolve::resolve_without_reasons(&view, &settings.resolve, &settings.weight);
        Resolved { view, resolution }
    }

    /// Analyses a resolved view, and follows the flags of earlier runs to it.
    fn run(self, prior: &RunState, resolved: Resolved) -> Result<ReplayedRun, RunError> {
        let Resolved { view, resolution } = resolved;
        let Self { rules, judgements, depth, progress } = self;
        let request = AnalysisRequest { config: &rules.analysis, prior_runs: &prior.prior_runs, depth };
        let analysis =
            analysis::analyse_resolved(view, resolution, request, progress).ok_or(RunError::Stopped)?;
        let (candidates, gates) = review::candidates(&analysis, &rules.review, rules.analysis.seed);
        let exploration = rules.review.random_sample(rules.analysis.seed);
        let found = (&*candidates, &*gates);
        let (remembered, flags) = review::follow(&prior.flags, &analysis, found, judgements, exploration);
        let state = prior.after(&analysis, remembered);
        Ok(ReplayedRun { analysis, candidates, gates, flags, state })
    }
}

fn runs_before(archive: &Archive, as_of: Moment) -> Vec<Moment> {
    archive.runs().into_iter().map(|run| run.moment).filter(|run| *run < as_of).collect()
}

fn read(archive: &Archive, key: &str) -> Result<Option<RunState>, RunError> {
    let bytes = archive.run_state(key)?;
    // A state that another version of this program wrote is computed again.
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

fn write(state: &RunState) -> Vec<u8> {
    serde_json::to_vec(state).expect("a run state is plain data")
}
