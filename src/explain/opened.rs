//! A run of the archive, opened and resolved again to answer questions about it.

use super::{error::QuestionError, run_names::find_run};
use crate::{
    analysis::{self, Analysis, AnalysisRequest, Depth},
    archive::{Access, Archive, ArchiveContents, ArchivedRun},
    features::Candidate,
    judgement::Judgement,
    language::Language,
    model::ModelsInService,
    progress::Progress,
    resolve::{self, Resolution},
    review::{self, Flags, ReviewQueue},
    run::{
        Config, Rules, RunError, audience,
        history::{self, ReplayInputs, ReplayedRun, RunState},
        models, rules,
    },
    view::{AsOf, Audience, View},
};

/// A run, resolved again for one audience.
pub struct OpenedRun {
    /// Language of the answers.
    pub(super) language: &'static Language,
    pub(super) archive: Archive,
    pub(super) config: Config,
    pub(super) judgements: Vec<Judgement>,
    pub(super) run: ArchivedRun,
    pub(super) rules: Rules,
    pub(super) contents: ArchiveContents,
    pub(super) audience: Audience,
    pub(super) view: View,
    pub(super) resolution: Resolution,
}

/// A run with its review queue, computed again.
pub(super) struct ReviewedRun {
    /// State before the run.
    pub(super) prior: RunState,
    pub(super) analysis: Analysis,
    pub(super) queue: ReviewQueue,
    /// Flags in the history for the next run.
    pub(super) remembered: Flags,
    pub(super) models: ModelsInService,
}

/// Opens a run of the archive for an audience: the named run, or the latest one. Without a name of an audience,
/// the answers are for somebody who may read everything.
pub fn open(config: &Config, audience: Option<&str>, run: Option<&str>) -> Result<OpenedRun, QuestionError> {
    let archive = Archive::open(&config.state, Access::Read)?;
    let mut runs = archive.runs();
    let index = match run {
        None | Some("latest") => runs.len().checked_sub(1),
        Some(text) => Some(find_run(&runs, text)?),
    };
    let index = index.ok_or_else(|| QuestionError::NoRun(config.state.display().to_string()))?;
    let run = runs.swap_remove(index);
    let rules = rules::of_earlier_run(&archive, &run, &config.rules)?;
    open_with_rules(archive, config, audience, run, rules)
}

/// Opens a run with other rules than its own.
pub(super) fn open_with_rules(
    archive: Archive,
    config: &Config,
    audience: Option<&str>,
    run: ArchivedRun,
    rules: Rules,
) -> Result<OpenedRun, QuestionError> {
    let judgements = archive.judgements()?;
    let audience = audience::asked(&rules, audience)?;
    let mut contents = archive.read()?;
    contents.decide_until(run.moment);
    let view = contents.view(rules.access_policy(&audience), None, AsOf::of(run.moment))?;
    let resolution = resolve::resolve(&view, &rules.analysis.resolve, &rules.analysis.weight);
    let config = config.clone();
    let language = Language::english();
    Ok(OpenedRun { language, archive, config, judgements, run, rules, contents, audience, view, resolution })
}

impl OpenedRun {
    /// Returns the name of the run, which is that of its folder.
    pub(super) fn name(&self) -> String {
        self.run.moment.folder()
    }

    /// Returns the inputs that the state of every run depends on.
    pub(super) fn replay_inputs(&self) -> ReplayInputs<'_> {
        ReplayInputs {
            contents: &self.contents,
            rules: &self.rules,
            audience: &self.audience,
            judgements: &self.judgements,
        }
    }

    /// Finds the instances of all patterns in the run again, without the emergence gate.
    pub(super) fn instances(&self, progress: &Progress) -> Result<(Analysis, Vec<Candidate>), RunError> {
        let inputs = self.replay_inputs();
        let prior = history::state_before(&self.archive, inputs, self.run.moment, progress)?;
        let depth = Depth::Patterns { with_flows: true };
        let request = AnalysisRequest { config: &self.rules.analysis, prior_runs: &prior.prior_runs, depth };
        let view = inputs.view(self.run.moment)?;
        let analysis = analysis::analyse(view, request, progress).ok_or(RunError::Stopped)?;
        let candidates = review::instances(&analysis);
        Ok((analysis, candidates))
    }

    /// Replays the run; returns the state before it, too.
    pub(super) fn replay(&self, progress: &Progress) -> Result<(RunState, ReplayedRun), RunError> {
        let inputs = self.replay_inputs();
        let prior = history::state_before(&self.archive, inputs, self.run.moment, progress)?;
        let run = history::replay_run(inputs, &prior, self.run.moment, progress)?;
        Ok((prior, run))
    }

    /// Replays the run up to its review queue.
    pub(super) fn review(&self, progress: &Progress) -> Result<ReviewedRun, RunError> {
        let (prior, run) = self.replay(progress)?;
        let ReplayedRun { analysis, candidates, gates, flags, state } = run;
        let models = models::load(&self.config)?;
        let scored = review::score(&analysis, candidates, gates, &models);
        let queue = ReviewQueue::new(&analysis, flags, scored, &models, &self.rules.review, &self.audience);
        Ok(ReviewedRun { prior, analysis, queue, remembered: state.flags, models })
    }
}
