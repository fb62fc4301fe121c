//! State that earlier runs leave for the next one, and its kept stages.
//!
//! The state is a fold over the archive's runs. Each run is replayed from its own view, with the rules of the
//! current run. So a changed rule, record or judgement finds its flags and communities in the runs that had
//! them, and none of them is new in the current run.
//!
//! The archive keeps three stages of a run under keys of their own: the found candidates of every run, and the communities
//! and flags of the last runs. A stage is used again as long as nothing that it follows from has changed. So most runs
//! replay no earlier run, and another false-discovery rate follows the flags through kept candidates.

mod kept;
mod keys;
mod listed;
mod side;
mod stage_files;
mod versions;

pub(crate) use keys::sources;
pub(crate) use side::{SideInputs, keep_side, read_side};

use kept::KeptStages;
use keys::StageKeys;

use super::{config::Rules, error::RunError};
use crate::{
    analysis::{self, Analysis, AnalysisRequest, Depth},
    archive::{Archive, ArchiveContents},
    features::Candidate,
    join_steps::JoinSteps,
    judgement::Judgement,
    progress::Progress,
    resolve::{self, Earlier, Resolution, Reusable},
    review::{self, Flag, Flags, FoundCandidates, Gate},
    temporal::{PriorRuns, ResolvedView, Side, lineage::Lineages},
    time::Moment,
    view::{AsOf, Audience, View},
};

/// Returns the versions of everything that decides the contents of records, for [`ArchiveContents::keep_columns`].
pub(crate) fn contents_version() -> String {
    format!("{:?}", versions::RESOLVED)
}

/// State that a run leaves for the next one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RunState {
    /// As-of times and communities of the run and of the runs before it.
    pub(crate) prior_runs: PriorRuns,
    /// Flags of earlier runs.
    pub(crate) flags: Flags,
    /// Candidates of the last runs, as far as their flags may still be open.
    pub(crate) found: Vec<FoundCandidates>,
}

impl RunState {
    /// Returns the state after one more run.
    pub(crate) fn after(&self, analysis: &Analysis, found: FoundCandidates, flags: Flags) -> Self {
        let as_of = analysis.view.as_of().valid_at;
        let mut runs = self.prior_runs.runs.clone();
        runs.push(as_of);
        let recent = self.found.iter().filter(|found| found.is_recent(as_of)).cloned();
        Self {
            prior_runs: PriorRuns { runs, lineages: analysis.lineages.clone() },
            flags,
            found: recent.chain([found]).collect(),
        }
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

impl ReplayInputs<'_> {
    /// Returns the same records as [`ReplayInputs::view`], with the steps of a run on an engine.
    pub(crate) fn view_by(&self, steps: &dyn JoinSteps, as_of: Moment) -> Result<View, RunError> {
        let policy = self.rules.access_policy(self.audience);
        Ok(self.contents.view_by(steps, policy, AsOf::of(as_of))?)
    }

    /// Returns the records that the audience may know as of a later time than that of `before`. `order` is the order of the
    /// archive's records.
    fn later_view(&self, before: (&View, &[usize]), as_of: Moment) -> Result<View, RunError> {
        let policy = self.rules.access_policy(self.audience);
        Ok(self.contents.later_view(before, policy, AsOf::of(as_of))?)
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
    let replay = Replay::new(inputs, Depth::Whole, progress);
    let (analysis, candidates, gates) = replay.analyse(&prior.prior_runs, (view, resolution))?;
    let found = FoundCandidates::of(&analysis, (&candidates, &gates), &prior.found);
    let review = (&inputs.rules.review, settings.seed);
    let (remembered, flags) = review::follow(&prior.flags, &found, inputs.judgements, review);
    let state = prior.after(&analysis, found, remembered);
    Ok(ReplayedRun { analysis, candidates, gates, flags, state })
}

/// Returns the state before `as_of`, from kept stages and from replays of the runs whose stages are missing.
pub(crate) fn state_before(
    archive: &Archive,
    inputs: ReplayInputs<'_>,
    as_of: Moment,
    progress: &Progress,
) -> Result<RunState, RunError> {
    Ok(state_and_side_before(archive, inputs, as_of, false, progress)?.0)
}

/// Returns the state before `as_of` without communities, if no run must be replayed for the flags; else the whole state.
pub(crate) fn flags_before(
    archive: &Archive,
    inputs: ReplayInputs<'_>,
    as_of: Moment,
    progress: &Progress,
) -> Result<RunState, RunError> {
    let runs = runs_before(archive, as_of);
    let keys = StageKeys::of(archive, inputs, &runs)?;
    let mut kept = KeptStages::open(archive, &keys, &runs)?;
    let start =
        if kept.has_flags(as_of)? { (runs.len(), Lineages::default()) } else { kept.first_replay(as_of)? };
    Ok(replay_from(&mut kept, inputs, start, false, progress)?.0)
}

/// Returns the state before `as_of` as [`state_before`] does. If `with_side` is true and the last run before `as_of` was
/// replayed, it also returns the side of that run.
pub(crate) fn state_and_side_before(
    archive: &Archive,
    inputs: ReplayInputs<'_>,
    as_of: Moment,
    with_side: bool,
    progress: &Progress,
) -> Result<(RunState, Option<Side>), RunError> {
    let runs = runs_before(archive, as_of);
    let keys = StageKeys::of(archive, inputs, &runs)?;
    let mut kept = KeptStages::open(archive, &keys, &runs)?;
    let (first, communities) = kept.first_replay(as_of)?;
    replay_from(&mut kept, inputs, (first, communities), with_side, progress)
}

/// Replays the runs from `first`, after which `lineages` are those of the run before it. Then follows the flags through all
/// runs after the newest kept ones.
fn replay_from(
    kept: &mut KeptStages<'_>,
    inputs: ReplayInputs<'_>,
    (first, lineages): (usize, Lineages),
    with_side: bool,
    progress: &Progress,
) -> Result<(RunState, Option<Side>), RunError> {
    let replay = Replay::new(inputs, Depth::Unmeasured, progress);
    let runs = kept.runs.to_vec();
    let mut prior_runs = PriorRuns { runs: runs[..first].to_vec(), lineages };
    let (mut before, mut side) = (None::<Resolved>, None);
    let order = if first + 1 < runs.len() { inputs.contents.order() } else { Vec::new() };
    for (index, run) in runs.iter().enumerate().skip(first) {
        progress.step(&format!("replay {}", run.display_utc()));
        let view = match &before {
            Some(before) => inputs.later_view((&before.view, &order), *run)?,
            None => inputs.view(*run)?,
        };
        let resolved = replay.resolve(view, before.take());
        if with_side && index + 1 == runs.len() {
            side = Some(Side::of(ResolvedView { view: &resolved.view, resolution: &resolved.resolution }));
        }
        let earlier = kept.recent(index)?;
        let Resolved { view, resolution, reusable } = resolved;
        let (analysis, candidates, gates) = replay.analyse(&prior_runs, (view, resolution))?;
        let found = FoundCandidates::of(&analysis, (&candidates, &gates), &earlier);
        prior_runs.runs.push(*run);
        prior_runs.lineages = analysis.lineages;
        kept.keep_communities(index, &prior_runs.lineages)?;
        kept.keep_found(index, found)?;
        before = Some(Resolved { view: analysis.view, resolution: analysis.resolution, reusable });
    }
    let settings = (&inputs.rules.review, inputs.rules.analysis.seed);
    let flags = kept.follow(|flags, found| review::follow(flags, found, inputs.judgements, settings).0)?;
    Ok((RunState { prior_runs, flags, found: kept.recent(runs.len())? }, side))
}

/// Keeps the stages of a run. Returns the keys of the stages that the next runs may need.
pub(crate) fn store(
    archive: &Archive,
    inputs: ReplayInputs<'_>,
    as_of: Moment,
    state: &RunState,
) -> Result<Vec<String>, RunError> {
    let mut runs = runs_before(archive, as_of);
    runs.push(as_of);
    let keys = StageKeys::of(archive, inputs, &runs)?;
    kept::store(archive, &keys, runs.len() - 1, state)?;
    Ok(kept::needed(&keys))
}

/// Returns the key of the flags after a run: a digest of everything that the run and the runs before it depend on.
pub(crate) fn key_of(archive: &Archive, inputs: ReplayInputs<'_>, as_of: Moment) -> Result<String, RunError> {
    let mut runs = runs_before(archive, as_of);
    runs.push(as_of);
    let mut keys = StageKeys::of(archive, inputs, &runs)?;
    Ok(keys.flags.pop().expect("the run is the last one of the list"))
}

/// Computes the stages of the last runs again where they are missing. Returns the keys of the stages that the next runs may
/// need, as [`store`] does.
pub(crate) fn restore(
    archive: &Archive,
    inputs: ReplayInputs<'_>,
    last: Moment,
    progress: &Progress,
) -> Result<Vec<String>, RunError> {
    let mut runs = runs_before(archive, last);
    runs.push(last);
    let keys = StageKeys::of(archive, inputs, &runs)?;
    if !kept::is_complete(archive, &keys)? {
        let mut kept = KeptStages::without_stages(archive, &keys, &runs);
        replay_from(&mut kept, inputs, (0, Lineages::default()), false, progress)?;
    }
    Ok(kept::needed(&keys))
}

/// A view with its resolution, from which the next run takes what both have in common.
struct Resolved {
    view: View,
    resolution: Resolution,
    reusable: Reusable,
}

/// Settings of a replay, without the archive's contents, which threads cannot share.
#[derive(Clone, Copy)]
struct Replay<'a> {
    rules: &'a Rules,
    depth: Depth,
    progress: &'a Progress<'a>,
}

impl<'a> Replay<'a> {
    fn new(inputs: ReplayInputs<'a>, depth: Depth, progress: &'a Progress<'a>) -> Self {
        Self { rules: inputs.rules, depth, progress }
    }

    /// Resolves a view without reasons, which no later run needs. `before` is the run before it, which was resolved by the
    /// same rules.
    fn resolve(self, view: View, before: Option<Resolved>) -> Resolved {
        let settings = &self.rules.analysis;
        let (resolution, reusable) = match &before {
            Some(Resolved { view: view_before, resolution, reusable }) => {
                let earlier = Earlier { view: view_before, resolution, reusable };
                resolve::resolve_similar(&view, earlier, &settings.resolve, &settings.weight)
            }
            None => resolve::resolve_reusable(&view, &settings.resolve, &settings.weight),
        };
        // The run before it is millions of small allocations; a thread in the background frees them.
        rayon::spawn(move || drop(before));
        Resolved { view, resolution, reusable }
    }

    /// Analyses a resolved view, and finds its candidates.
    fn analyse(
        self,
        prior_runs: &PriorRuns,
        (view, resolution): (View, Resolution),
    ) -> Result<Found, RunError> {
        let Self { rules, depth, progress } = self;
        let request = AnalysisRequest { config: &rules.analysis, prior_runs, depth };
        let analysis =
            analysis::analyse_resolved(view, resolution, request, progress).ok_or(RunError::Stopped)?;
        let (candidates, gates) = review::candidates(&analysis, &rules.review, rules.analysis.seed);
        Ok((analysis, candidates, gates))
    }
}

/// Analysis of a run, its candidates, and the gate of each.
type Found = (Analysis, Vec<Candidate>, Vec<Gate>);

fn runs_before(archive: &Archive, as_of: Moment) -> Vec<Moment> {
    archive.runs().into_iter().map(|run| run.moment).filter(|run| *run < as_of).collect()
}
