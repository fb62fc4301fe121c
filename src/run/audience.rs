//! Audiences of a run, and what a run finds for each of them.

use super::{changes::ComparedRuns, config::Rules, error::RunError, history::ReplayInputs};
use crate::{
    analysis::Analysis,
    archive::{Archive, ArchiveContents},
    judgement::Judgement,
    model::ModelsInService,
    review::{Flags, ReviewQueue},
    temporal::ChangeGroup,
    view::Audience,
};

/// Inputs of a run that all audiences share.
pub(super) struct RunContext<'a> {
    pub(super) archive: &'a Archive,
    pub(super) contents: &'a ArchiveContents,
    pub(super) runs: &'a ComparedRuns<'a>,
    pub(super) judgements: &'a [Judgement],
    pub(super) models: &'a ModelsInService,
}

impl<'a> RunContext<'a> {
    /// Returns the inputs that the state of earlier runs depends on.
    pub(super) fn replay_inputs(&self, audience: &'a Audience) -> ReplayInputs<'a> {
        let Self { contents, runs, judgements, .. } = *self;
        ReplayInputs { contents, rules: runs.rules, audience, judgements }
    }
}

/// Results of a run for one audience.
pub(super) struct AudienceRun {
    pub(super) audience: Audience,
    /// Everything computed from the audience's view.
    pub(super) analysis: Analysis,
    /// Differences from the previous run, by cause.
    pub(super) changes: Vec<ChangeGroup>,
    pub(super) queue: ReviewQueue,
    /// Flags in the history for the next run.
    pub(super) remembered: Flags,
    /// Keys of the cached states that the next runs may need.
    pub(super) cached: Vec<String>,
}

impl AudienceRun {
    /// Returns whether the audience may read everything.
    pub(super) fn sees_everything(&self) -> bool {
        self.audience.clearance.is_none()
    }
}

/// Returns the audiences of a run: all, or the named one.
pub(crate) fn selected(rules: &Rules, name: Option<&str>) -> Result<Vec<Audience>, RunError> {
    let all = rules.audiences_of_run();
    match name {
        None => Ok(all),
        Some(name) => one(all, name).map(|audience| vec![audience]),
    }
}

/// Returns the audience of a question: the named one, or one that may read everything for `all` or no name.
pub(crate) fn asked(rules: &Rules, name: Option<&str>) -> Result<Audience, RunError> {
    match name {
        None | Some("all") => Ok(Audience::all()),
        Some(name) => one(rules.audiences_of_run(), name),
    }
}

fn one(all: Vec<Audience>, name: &str) -> Result<Audience, RunError> {
    let named = all.into_iter().find(|audience| audience.name == name);
    named.ok_or_else(|| RunError::NoAudience(name.to_owned()))
}
