//! Audiences of a run, and what a run finds for each of them.

use std::collections::BTreeMap;

use super::{changes::ComparedRuns, config::Rules, error::RunError, history::ReplayInputs};
use crate::{
    agreement::Agreement,
    analysis::Analysis,
    archive::{Archive, ArchiveContents},
    join_steps::JoinSteps,
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
    pub(super) steps: &'a dyn JoinSteps,
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
        self.audience.is_operator()
    }
}

/// Returns the audiences of a run: all, or the named one.
pub(crate) fn selected(rules: &Rules, name: Option<&str>) -> Result<Vec<Audience>, RunError> {
    let all = rules.audiences_of_run();
    match name {
        None => Ok(all),
        Some(name) => {
            let audience = one(all, name)?;
            refuse_purposes(rules, &audience)?;
            Ok(vec![audience])
        }
    }
}

/// Fails if the audience states purposes and no agreement of a source allows all of them. Without any agreement every
/// purpose passes. A source without an agreement does not change the answer.
pub(crate) fn refuse_purposes(rules: &Rules, audience: &Audience) -> Result<(), RunError> {
    let agreements: BTreeMap<&str, &Agreement> = rules
        .terms
        .values()
        .filter_map(|terms| terms.agreement.as_ref().filter(|agreement| !agreement.is_missing))
        .map(|agreement| (agreement.name.as_str(), agreement))
        .collect();
    let is_allowed = |agreement: &&Agreement| agreement.allows(&audience.purposes);
    if audience.purposes.is_empty() || agreements.is_empty() || agreements.values().any(is_allowed) {
        return Ok(());
    }
    let quoted =
        |words: &[String]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let allowed = |agreement: &&Agreement| match agreement.purposes.as_deref() {
        Some([]) | None => format!("the agreement `{}` allows no purpose", agreement.name),
        Some(purposes) => format!("the agreement `{}` allows {}", agreement.name, quoted(purposes)),
    };
    Err(RunError::Purpose(format!(
        "the audience `{}` reads for {}, which no agreement allows: {}",
        audience.name,
        quoted(&audience.purposes),
        agreements.values().map(allowed).collect::<Vec<_>>().join("; ")
    )))
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
