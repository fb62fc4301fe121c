//! Comparison of a run with the previous one: one cause at a time, each from a pair of resolved views.

use std::{convert::Infallible, sync::Arc};

use super::{config::Rules, error::RunError, rules};
use crate::{
    archive::{Archive, ArchiveContents, ArchivedRun},
    resolve::{self, Resolution},
    temporal::{self, Cause, ChangeGroup, Groups, ResolvedView},
    time::Moment,
    view::{AccessPolicy, AsOf, Audience, View},
};

/// A run and the run that it is compared with.
pub(crate) struct ComparedRuns<'a> {
    /// As-of time of the run.
    pub(crate) as_of: Moment,
    /// Rules of the run.
    pub(crate) rules: &'a Rules,
    /// The run before it.
    pub(crate) previous: Option<PreviousRun>,
}

/// The run before another, with the rules that it followed.
pub(crate) struct PreviousRun {
    pub(crate) as_of: Moment,
    pub(crate) rules: Rules,
    /// Id of the model that scored; `None` if the archive does not name it.
    pub(crate) model: Option<String>,
}

impl PreviousRun {
    /// Returns the audience as it was configured in this run; `None` where it was not.
    fn audience(&self, name: &str) -> Option<Audience> {
        self.rules.audiences_of_run().into_iter().find(|audience| audience.name == name)
    }
}

impl<'a> ComparedRuns<'a> {
    /// Reads the rules of the previous run from the archive.
    pub(crate) fn open(
        archive: &Archive,
        as_of: Moment,
        previous: Option<ArchivedRun>,
        rules: &'a Rules,
    ) -> Result<Self, RunError> {
        let open = |run: ArchivedRun| {
            let rules = rules::of_earlier_run(archive, &run, rules)?;
            let model = run.rules.get("model").and_then(serde_json::Value::as_str);
            let model = model.filter(|id| !id.is_empty()).map(str::to_owned);
            Ok::<_, RunError>(PreviousRun { as_of: run.moment, rules, model })
        };
        Ok(Self { as_of, rules, previous: previous.map(open).transpose()? })
    }

    /// Returns the as-of time of the previous run, without the records of this run.
    fn before_this_run(&self, previous: &PreviousRun) -> AsOf {
        AsOf { without: Some(self.as_of), ..AsOf::of(previous.as_of) }
    }

    /// Returns the view of the previous run, without what the audience may no longer know; `None` in a first
    /// run.
    pub(crate) fn previous_view(
        &self,
        contents: &ArchiveContents,
        audience: &Audience,
    ) -> Result<Option<View>, RunError> {
        let Some(previous) = &self.previous else { return Ok(None) };
        let then_configured = previous.audience(&audience.name);
        let policy = previous.rules.access_policy(then_configured.as_ref().unwrap_or(audience));
        let current_policy = self.rules.access_policy(audience);
        let view = contents.view(policy, Some(current_policy), self.before_this_run(previous))?;
        let decisions = Arc::new(contents.decisions_until(previous.as_of));
        Ok(Some(view.with_decisions(decisions)))
    }

    /// Resolves the view of the previous run by the rules of that run.
    pub(crate) fn resolve_previous(&self, view: View) -> ComparisonSide {
        let rules = self.previous.as_ref().map_or(self.rules, |previous| &previous.rules);
        ComparisonSide::resolve(view, rules)
    }
}

/// One side of a comparison: a view and its resolution.
pub(crate) struct ComparisonSide {
    view: View,
    resolution: Resolution,
}

impl ComparisonSide {
    fn resolve(view: View, rules: &Rules) -> Self {
        let (config, weights) = (&rules.analysis.resolve, &rules.analysis.weight);
        let resolution = resolve::resolve_without_reasons(&view, config, weights);
        Self { view, resolution }
    }

    /// Returns the side of a first run's predecessor: an empty view.
    fn empty(runs: &ComparedRuns<'_>, audience: &Audience) -> Self {
        let no_content = |_: &[_]| Ok::<_, Infallible>(Vec::new());
        let policy = runs.rules.access_policy(audience);
        let Ok(view) = View::open(&[], policy, None, AsOf::of(runs.as_of), no_content);
        Self { view, resolution: Resolution::default() }
    }

    fn resolved(&self) -> ResolvedView<'_> {
        ResolvedView { view: &self.view, resolution: &self.resolution }
    }
}

/// Compares two runs from the archive alone. Also returns the entities and links of the later run.
pub(crate) fn between(
    contents: &ArchiveContents,
    runs: &ComparedRuns<'_>,
    audience: &Audience,
) -> Result<(Vec<ChangeGroup>, Resolution), RunError> {
    let view = contents.view(runs.rules.access_policy(audience), None, AsOf::of(runs.as_of))?;
    let current = ComparisonSide::resolve(view, runs.rules);
    let previous = runs.previous_view(contents, audience)?.map(|view| runs.resolve_previous(view));
    let changes = compare(contents, runs, audience, previous, current.resolved())?;
    Ok((changes, current.resolution))
}

/// Compares the current view with the previous one.
///
/// The previous view changes step by step into the current one: first the resolver's version, then the
/// configuration, then the time; the new records remain. Each step compares two views that differ in one
/// cause only.
pub(crate) fn compare(
    contents: &ArchiveContents,
    runs: &ComparedRuns<'_>,
    audience: &Audience,
    previous_side: Option<ComparisonSide>,
    current: ResolvedView<'_>,
) -> Result<Vec<ChangeGroup>, RunError> {
    let mut changes = Groups::default();
    let (Some(previous), Some(side)) = (&runs.previous, previous_side) else {
        let empty = ComparisonSide::empty(runs, audience);
        temporal::compare_world(empty.resolved(), current, None, &mut changes);
        return Ok(changes.finish());
    };
    let steps = Steps { contents, runs, audience, previous };
    let side = steps.apply_rules(side, &mut changes)?;
    let side = steps.expire(side, &mut changes)?;
    temporal::compare_world(side.resolved(), current, Some(previous.as_of), &mut changes);
    // The side holds millions of small allocations; a thread in the background frees them.
    rayon::spawn(|| drop(side));
    Ok(changes.finish())
}

/// Steps from the previous view to the current one.
struct Steps<'a> {
    contents: &'a ArchiveContents,
    runs: &'a ComparedRuns<'a>,
    audience: &'a Audience,
    previous: &'a PreviousRun,
}

impl Steps<'_> {
    fn side(
        &self,
        rules: &Rules,
        policy: AccessPolicy<'_>,
        also: Option<AccessPolicy<'_>>,
    ) -> Result<ComparisonSide, RunError> {
        let as_of = self.runs.before_this_run(self.previous);
        Ok(ComparisonSide::resolve(self.contents.view(policy, also, as_of)?, rules))
    }

    /// Replaces the resolver's version, then all rules, where they differ.
    fn apply_rules(
        &self,
        mut side: ComparisonSide,
        changes: &mut Groups,
    ) -> Result<ComparisonSide, RunError> {
        let (old_rules, new_rules) = (&self.previous.rules, self.runs.rules);
        let old_audience = self.previous.audience(&self.audience.name);
        let old_policy = old_rules.access_policy(old_audience.as_ref().unwrap_or(self.audience));
        let new_policy = new_rules.access_policy(self.audience);
        let mut renewed = old_rules.clone();
        renewed.analysis.resolve.version = new_rules.analysis.resolve.version;
        // The model changes no record, entity or link.
        renewed.model.clone_from(&new_rules.model);
        // A judgement about identity is a rule of the resolver, not a record.
        let has_other_decisions = side.view.decisions() != &**self.contents.decisions();
        if renewed != *old_rules || has_other_decisions {
            let next = self.side(&renewed, old_policy, Some(new_policy))?;
            temporal::compare_rules(side.resolved(), next.resolved(), Cause::ResolverChange, changes);
            side = next;
        }
        if renewed != *new_rules || old_audience.is_none() {
            let next = self.side(new_rules, new_policy, None)?;
            temporal::compare_rules(side.resolved(), next.resolved(), Cause::ConfigurationChange, changes);
            side = next;
        }
        Ok(side)
    }

    /// Moves the as-of time to that of the current run, still without the records of that run.
    ///
    /// If no record expired, the resolution stays as it was. Only link weights change with time, and no
    /// comparison here reads them.
    fn expire(&self, side: ComparisonSide, changes: &mut Groups) -> Result<ComparisonSide, RunError> {
        let ComparisonSide { view, resolution } = side;
        match view.still(self.runs.as_of) {
            Ok(view) => Ok(ComparisonSide { view, resolution }),
            Err(view) => {
                let as_of = AsOf { valid_at: self.runs.as_of, ..self.runs.before_this_run(self.previous) };
                let policy = self.runs.rules.access_policy(self.audience);
                let current_view = self.contents.view(policy, None, as_of)?;
                let side = ComparisonSide { view: *view, resolution };
                let aged = ComparisonSide::resolve(current_view, self.runs.rules);
                temporal::compare_rules(side.resolved(), aged.resolved(), Cause::Expiry, changes);
                Ok(aged)
            }
        }
    }
}
