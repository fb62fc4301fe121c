//! A run of the archive, opened and resolved again to answer questions about it.

use std::cell::OnceCell;

use super::{
    error::QuestionError,
    run_names::{find_run, not_erased},
};
use crate::{
    analysis::{self, Analysis, AnalysisConfig, AnalysisRequest, Depth},
    archive::{Access, Archive, ArchiveContents, ArchivedRun},
    features::Candidate,
    judgement::Judgement,
    language::Language,
    model::ModelsInService,
    progress::Progress,
    resolve::{self, Resolution},
    review::{self, Flag, Flags, FoundCandidates, ReviewQueue},
    run::{
        Config, Rules, RunError, audience,
        history::{self, ReplayInputs, ReplayedRun, RunState},
        models, rules,
    },
    temporal::PriorRuns,
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
    /// Is true if the present agreements admit the audience to everything that the run showed.
    pub(super) has_own_access: bool,
    view: OnceCell<View>,
    plain: OnceCell<Resolution>,
    with_reasons: OnceCell<Resolution>,
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

/// Flags of a run with their candidates, without metrics and communities.
pub(super) struct FlagsOfRun {
    pub(super) prior_runs: PriorRuns,
    pub(super) analysis: Analysis,
    pub(super) candidates: Vec<Candidate>,
    pub(super) flags: Vec<Flag>,
}

impl FlagsOfRun {
    /// Returns the candidate of a flag; `None` if the run has none.
    pub(super) fn candidate(&self, flag_id: &str) -> Option<&Candidate> {
        let flag = self.flags.iter().find(|flag| flag.id == flag_id)?;
        Some(&self.candidates[flag.candidate?])
    }
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
    not_erased(config.out.join(run.moment.folder()))?;
    let rules = rules::of_earlier_run(&archive, &run, &config.rules)?;
    open_without_view(archive, config, audience, run, rules)
}

/// Opens a run with given rules, and its view.
pub(super) fn open_with_rules(
    archive: Archive,
    config: &Config,
    audience: Option<&str>,
    run: ArchivedRun,
    rules: Rules,
) -> Result<OpenedRun, QuestionError> {
    let opened = open_without_view(archive, config, audience, run, rules)?;
    opened.load_view()?;
    Ok(opened)
}

/// Opens a run with given rules. Its view is opened by [`OpenedRun::load_view`].
pub(super) fn open_without_view(
    archive: Archive,
    config: &Config,
    audience: Option<&str>,
    run: ArchivedRun,
    rules: Rules,
) -> Result<OpenedRun, QuestionError> {
    let judgements = archive.judgements()?;
    let audience = audience::asked(&rules, audience)?;
    let own_rules = rules.clone();
    let rules = rules::with_present_agreements(rules, &config.rules, &audience);
    let has_own_access = rules == own_rules;
    let mut contents = archive.read()?;
    contents.decide_until(run.moment);
    Ok(OpenedRun {
        language: Language::english(),
        archive,
        config: config.clone(),
        judgements,
        run,
        rules,
        contents,
        audience,
        has_own_access,
        view: OnceCell::new(),
        plain: OnceCell::new(),
        with_reasons: OnceCell::new(),
    })
}

impl OpenedRun {
    /// Opens the view of the run, if that has not happened. All answers but those from published tables need it.
    pub(super) fn load_view(&self) -> Result<(), RunError> {
        if self.view.get().is_none() {
            let policy = self.rules.access_policy(&self.audience);
            let view = self.contents.view(policy, None, AsOf::of(self.run.moment))?;
            // Only this function fills the cell.
            let _ = self.view.set(view);
        }
        Ok(())
    }

    /// Returns the view of the run.
    ///
    /// # Panics
    /// If the view was not loaded.
    pub(super) fn view(&self) -> &View {
        self.view.get().expect("a question loads the view before it reads a record")
    }

    /// Returns the entities and links of the run, with the reason of each identifier.
    pub(super) fn with_reasons(&self) -> &Resolution {
        let AnalysisConfig { resolve, weight, .. } = &self.rules.analysis;
        self.with_reasons.get_or_init(|| resolve::resolve(self.view(), resolve, weight))
    }

    /// Returns the entities and links of the run. Reasons are left out, unless an answer needed them before.
    pub(super) fn resolution(&self) -> &Resolution {
        let AnalysisConfig { resolve, weight, .. } = &self.rules.analysis;
        let plain = || resolve::resolve_without_reasons(self.view(), resolve, weight);
        self.with_reasons.get().unwrap_or_else(|| self.plain.get_or_init(plain))
    }

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
        let prior = history::flags_before(&self.archive, inputs, self.run.moment, progress)?;
        let depth = Depth::Patterns { with_flows: true };
        let request = AnalysisRequest { config: &self.rules.analysis, prior_runs: &prior.prior_runs, depth };
        let view = inputs.view(self.run.moment)?;
        let analysis = analysis::analyse(view, request, progress).ok_or(RunError::Stopped)?;
        let candidates = review::instances(&analysis);
        Ok((analysis, candidates))
    }

    /// Finds the candidates of the run again, and follows the flags to them. Metrics and communities are left out, because no
    /// pattern reads them.
    pub(super) fn find_flags(&self, progress: &Progress) -> Result<FlagsOfRun, RunError> {
        let inputs = self.replay_inputs();
        let prior = history::flags_before(&self.archive, inputs, self.run.moment, progress)?;
        let depth = Depth::Patterns { with_flows: true };
        let settings = &self.rules.analysis;
        let request = AnalysisRequest { config: settings, prior_runs: &prior.prior_runs, depth };
        let analysis = analysis::analyse(self.view().clone(), request, progress).ok_or(RunError::Stopped)?;
        let (candidates, gates) = review::candidates(&analysis, &self.rules.review, settings.seed);
        let found = FoundCandidates::of(&analysis, (&candidates, &gates), &prior.found);
        let review = (&self.rules.review, settings.seed);
        let (_, flags) = review::follow(&prior.flags, &found, &self.judgements, review);
        Ok(FlagsOfRun { prior_runs: prior.prior_runs, analysis, candidates, flags })
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
