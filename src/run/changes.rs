//! Comparison of a run with the previous one: one cause at a time, each from a pair of sides.

use std::sync::Arc;

use super::{
    config::Rules,
    error::RunError,
    history::{self, SideInputs},
    rules,
};
use crate::{
    archive::{Archive, ArchiveContents, ArchivedRun},
    progress::Progress,
    record::ArchivedRecord,
    resolve::{self, Resolution},
    temporal::{self, Cause, ChangeGroup, Groups, ResolvedView, Side},
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
    /// Returns the audience as it was configured in this run; the current one where it was not configured.
    fn audience(&self, current: &Audience) -> Audience {
        let earlier =
            self.rules.audiences_of_run().into_iter().find(|audience| audience.name == current.name);
        earlier.unwrap_or_else(|| current.clone())
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

    /// Returns whether the previous run had other rules of resolution, of weights or of sources.
    pub(super) fn has_other_rules(&self) -> bool {
        let differs = |previous: &PreviousRun| {
            let (old, new) = (&previous.rules, self.rules);
            old.analysis.resolve != new.analysis.resolve
                || old.analysis.weight != new.analysis.weight
                || old.terms != new.terms
        };
        self.previous.as_ref().is_some_and(differs)
    }

    /// Returns whether a record of this run has a time of its own that is not after the previous run.
    fn has_earlier_records(&self, contents: &ArchiveContents, previous: &PreviousRun) -> bool {
        let is_earlier =
            |record: &ArchivedRecord| record.run == self.as_of && record.earliest() <= previous.as_of;
        contents.records().iter().any(is_earlier)
    }

    /// Returns the as-of time of the previous run, without the records of this run.
    fn before_this_run(&self, previous: &PreviousRun) -> AsOf {
        AsOf { without: Some(self.as_of), ..AsOf::of(previous.as_of) }
    }

    /// Returns the sources with records, without the records of this run.
    fn sources_before<'c>(&self, contents: &'c ArchiveContents) -> impl Iterator<Item = &'c str> + use<'c> {
        history::sources(contents, Some(self.as_of)).into_keys()
    }

    /// Returns the side of the previous run, without what the audience may no longer know; `None` in a first run.
    ///
    /// The comparison uses the side that the previous run stored. It cannot if the audience may read other records than
    /// then, or if the archive has received records since that the previous run would have read.
    pub(crate) fn previous_side(
        &self,
        archive: &Archive,
        contents: &ArchiveContents,
        audience: &Audience,
        progress: &Progress,
    ) -> Result<Option<Side>, RunError> {
        let Some(previous) = &self.previous else { return Ok(None) };
        let audience_before = previous.audience(audience);
        let policy = previous.rules.access_policy(&audience_before);
        let current_policy = self.rules.access_policy(audience);
        if policy.admits_same(current_policy, self.sources_before(contents)) {
            let inputs = SideInputs {
                contents,
                rules: &previous.rules,
                audience: &audience_before,
                as_of: previous.as_of,
                without: Some(self.as_of),
            };
            if let Some(side) = history::read_side(archive, inputs)? {
                return Ok(Some(side));
            }
        }
        progress.step(&format!("resolve {} again", previous.as_of.display_utc()));
        let view = contents.view(policy, Some(current_policy), self.before_this_run(previous))?;
        let decisions = Arc::new(contents.decisions_until(previous.as_of));
        Ok(Some(resolved_side(&view.with_decisions(decisions), &previous.rules)))
    }
}

/// Resolves a view, and returns its columns.
fn resolved_side(view: &View, rules: &Rules) -> Side {
    let (config, weights) = (&rules.analysis.resolve, &rules.analysis.weight);
    let resolution = resolve::resolve_without_reasons(view, config, weights);
    Side::of(ResolvedView { view, resolution: &resolution })
}

/// Computes the stored side of a run again where it is missing. Returns its key.
pub(super) fn restore_side(archive: &Archive, inputs: SideInputs<'_>) -> Result<String, RunError> {
    let SideInputs { contents, rules, audience, as_of, .. } = inputs;
    if history::read_side(archive, inputs)?.is_none() {
        let view = contents.view(rules.access_policy(audience), None, AsOf::of(as_of))?;
        history::keep_side(archive, inputs, resolved_side(&view, rules))?;
    }
    Ok(inputs.key())
}

/// Compares two runs from the archive alone. Also returns the entities and links of the later run.
pub(crate) fn between(
    archive: &Archive,
    contents: &ArchiveContents,
    runs: &ComparedRuns<'_>,
    audience: &Audience,
) -> Result<(Vec<ChangeGroup>, Resolution), RunError> {
    let view = contents.view(runs.rules.access_policy(audience), None, AsOf::of(runs.as_of))?;
    let (config, weights) = (&runs.rules.analysis.resolve, &runs.rules.analysis.weight);
    let resolution = resolve::resolve_without_reasons(&view, config, weights);
    let side = Side::of(ResolvedView { view: &view, resolution: &resolution });
    let previous = runs.previous_side(archive, contents, audience, &Progress::silent())?;
    let changes = compare(contents, runs, audience, (previous, None), (&side, &view))?;
    Ok((changes, resolution))
}

/// Compares the current side with the previous one.
///
/// The previous side changes step by step into the current one: first the resolver's version, then the
/// configuration, then the time; the new records remain. Each step compares two sides that differ in one
/// cause only. `replayed` is the side of the previous run by the current rules, if that run was replayed.
pub(crate) fn compare(
    contents: &ArchiveContents,
    runs: &ComparedRuns<'_>,
    audience: &Audience,
    (previous_side, replayed): (Option<Side>, Option<Side>),
    current: (&Side, &View),
) -> Result<Vec<ChangeGroup>, RunError> {
    let mut changes = Groups::default();
    let (Some(previous), Some(side)) = (&runs.previous, previous_side) else {
        temporal::compare_world(&Side::empty(runs.as_of), current, None, &mut changes);
        return Ok(changes.finish());
    };
    let steps = Steps { contents, runs, audience, previous };
    // A replay has the records of this run that have an earlier time of their own, and this side has none of them.
    let replayed = replayed.filter(|_| !runs.has_earlier_records(contents, previous));
    let side = steps.apply_rules(side, replayed, &mut changes)?;
    let side = steps.expire(side, &mut changes)?;
    temporal::compare_world(&side, current, Some(previous.as_of), &mut changes);
    Ok(changes.finish())
}

/// Steps from the previous side to the current one.
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
    ) -> Result<Side, RunError> {
        let as_of = self.runs.before_this_run(self.previous);
        Ok(resolved_side(&self.contents.view(policy, also, as_of)?, rules))
    }

    /// Replaces the resolver's version, then all rules that decide records, entities or links, where they differ.
    fn apply_rules(
        &self,
        mut side: Side,
        replayed: Option<Side>,
        changes: &mut Groups,
    ) -> Result<Side, RunError> {
        let (old_rules, new_rules) = (&self.previous.rules, self.runs.rules);
        let old_audience = self.previous.audience(self.audience);
        let old_policy = old_rules.access_policy(&old_audience);
        let new_policy = new_rules.access_policy(self.audience);
        let mut renewed = old_rules.clone();
        renewed.analysis.resolve.version = new_rules.analysis.resolve.version;
        // A judgement about identity is a rule of the resolver, not a record.
        let decisions_before = self.contents.decisions_until(self.previous.as_of);
        let has_other_decisions = decisions_before != **self.contents.decisions();
        if renewed.analysis.resolve != old_rules.analysis.resolve || has_other_decisions {
            let next = self.side(&renewed, old_policy, Some(new_policy))?;
            temporal::compare_rules(&side, &next, Cause::ResolverChange, changes);
            side = next;
        }
        let sources = || self.runs.sources_before(self.contents);
        let resolves_same = renewed.analysis.resolve == new_rules.analysis.resolve
            && renewed.analysis.weight == new_rules.analysis.weight
            && sources().all(|source| renewed.terms.get(source) == new_rules.terms.get(source));
        if !resolves_same || !old_policy.admits_same(new_policy, sources()) {
            let next = match replayed {
                Some(replayed) => replayed,
                None => self.side(new_rules, new_policy, None)?,
            };
            temporal::compare_rules(&side, &next, Cause::ConfigurationChange, changes);
            side = next;
        }
        Ok(side)
    }

    /// Moves the as-of time to that of the current run, still without the records of that run.
    ///
    /// If no record expired, the resolution stays as it was. Only link weights change with time, and no
    /// comparison here reads them.
    fn expire(&self, mut side: Side, changes: &mut Groups) -> Result<Side, RunError> {
        if side.advance(self.runs.as_of) {
            return Ok(side);
        }
        let as_of = AsOf { valid_at: self.runs.as_of, ..self.runs.before_this_run(self.previous) };
        let policy = self.runs.rules.access_policy(self.audience);
        let aged = resolved_side(&self.contents.view(policy, None, as_of)?, self.runs.rules);
        temporal::compare_rules(&side, &aged, Cause::Expiry, changes);
        Ok(aged)
    }
}
