//! Kept stages of the runs of one audience: found candidates, communities and flags.

use super::{
    RunState,
    keys::StageKeys,
    stage_files::{read, write},
};
use crate::{
    archive::Archive,
    review::{self, Flags, FoundCandidates},
    run::error::RunError,
    temporal::lineage::Lineages,
    time::Moment,
};

/// Number of runs whose communities and flags are kept: the last one, and two for replays. The found candidates of every run
/// are kept, because they are small.
const LAST_RUNS: usize = 3;
/// Runs after which a long series of replays keeps its communities, so that an interrupted run can continue.
const CONTINUES_AFTER: usize = 8;

/// Stages of some runs, which are all runs until the last of them.
pub(super) struct KeptStages<'a> {
    archive: &'a Archive,
    keys: &'a StageKeys,
    pub(super) runs: &'a [Moment],
    /// Position of the first run whose flags are not kept, and the flags before it.
    flags: (usize, Flags),
    /// Candidates of each run, as far as they were read or computed.
    found: Vec<Option<FoundCandidates>>,
}

impl<'a> KeptStages<'a> {
    /// Returns the stages without any kept one.
    pub(super) fn without_stages(archive: &'a Archive, keys: &'a StageKeys, runs: &'a [Moment]) -> Self {
        let found = runs.iter().map(|_| None).collect();
        Self { archive, keys, runs, flags: (0, Flags::default()), found }
    }

    /// Opens the kept stages, with the newest kept flags.
    pub(super) fn open(
        archive: &'a Archive,
        keys: &'a StageKeys,
        runs: &'a [Moment],
    ) -> Result<Self, RunError> {
        let mut stages = Self::without_stages(archive, keys, runs);
        for (index, key) in keys.flags.iter().enumerate().rev().take(LAST_RUNS) {
            if let Some(flags) = read(archive, key)? {
                stages.flags = (index + 1, flags);
                break;
            }
        }
        Ok(stages)
    }

    /// Returns the position of the first run that must be replayed, and the communities before it. `as_of` is the time of
    /// the run after all of them.
    ///
    /// A replay needs the communities of the run before it. It also needs the candidates of the runs whose flags may be open,
    /// and of all runs through which the flags are followed.
    pub(super) fn first_replay(&mut self, as_of: Moment) -> Result<(usize, Lineages), RunError> {
        for first in (1..=self.runs.len()).rev() {
            let next = self.runs.get(first).copied().unwrap_or(as_of);
            let needed = self.flags.0.min(self.first_recent(next))..first;
            if needed.clone().all(|index| self.archive.has_run_state(&self.keys.found[index]))
                && let Some(lineages) = self.communities(first - 1)?
                && self.read_found(needed)?
            {
                return Ok((first, lineages));
            }
        }
        Ok((0, Lineages::default()))
    }

    /// Reads the candidates of all runs through which the flags are followed before a run of `as_of`. Returns whether all of
    /// them are kept.
    pub(super) fn has_flags(&mut self, as_of: Moment) -> Result<bool, RunError> {
        let needed = self.flags.0.min(self.first_recent(as_of))..self.runs.len();
        self.read_found(needed)
    }

    fn communities(&self, index: usize) -> Result<Option<Lineages>, RunError> {
        read(self.archive, &self.keys.communities[index])
    }

    /// Reads the candidates of some runs. Returns whether all of them can be read.
    fn read_found(&mut self, mut runs: std::ops::Range<usize>) -> Result<bool, RunError> {
        runs.try_fold(true, |is_complete, index| {
            if self.found[index].is_none() {
                let found = read::<FoundCandidates>(self.archive, &self.keys.found[index])?;
                // Another version may have had other patterns.
                self.found[index] = found.filter(FoundCandidates::is_known);
            }
            Ok(is_complete && self.found[index].is_some())
        })
    }

    /// Returns the position of the first run whose flags may be open in a run of `as_of`.
    fn first_recent(&self, as_of: Moment) -> usize {
        self.runs.partition_point(|run| *run < review::recent_from(as_of))
    }

    /// Returns the candidates of the runs before one run, as far as their flags may be open then or later.
    pub(super) fn recent(&mut self, before: usize) -> Result<Vec<FoundCandidates>, RunError> {
        let as_of = self.runs.get(before).or(self.runs.last()).copied();
        let first = as_of.map_or(0, |as_of| self.first_recent(as_of));
        self.read_found(first..before)?;
        Ok(self.found[first..before].iter().flatten().cloned().collect())
    }

    /// Keeps the candidates of a run that was replayed.
    pub(super) fn keep_found(&mut self, index: usize, found: FoundCandidates) -> Result<(), RunError> {
        write(self.archive, &self.keys.found[index], &found)?;
        self.found[index] = Some(found);
        Ok(())
    }

    /// Keeps the communities of a run that was replayed, if a later run may need them.
    pub(super) fn keep_communities(&self, index: usize, lineages: &Lineages) -> Result<(), RunError> {
        if self.is_last(index) || (index + 1).is_multiple_of(CONTINUES_AFTER) {
            write(self.archive, &self.keys.communities[index], lineages)?;
        }
        Ok(())
    }

    /// Applies the candidates of each run after the newest kept flags to the flags before it.
    pub(super) fn follow(
        &mut self,
        apply: impl Fn(&Flags, &FoundCandidates) -> Flags,
    ) -> Result<Flags, RunError> {
        let (first, mut flags) = std::mem::take(&mut self.flags);
        for index in first..self.runs.len() {
            let found = self.found[index].as_ref().expect("the candidates of every followed run are known");
            flags = apply(&flags, found);
            if self.is_last(index) {
                write(self.archive, &self.keys.flags[index], &flags)?;
            }
        }
        Ok(flags)
    }

    fn is_last(&self, index: usize) -> bool {
        index + LAST_RUNS >= self.runs.len()
    }
}

/// Keeps the stages of the run at a position.
pub(super) fn store(
    archive: &Archive,
    keys: &StageKeys,
    index: usize,
    state: &RunState,
) -> Result<(), RunError> {
    let found = state.found.last().expect("the state has the candidates of its run");
    write(archive, &keys.found[index], found)?;
    write(archive, &keys.communities[index], &state.prior_runs.lineages)?;
    write(archive, &keys.flags[index], &state.flags)
}

/// Returns the keys of the stages that the run after all of these may need.
pub(super) fn needed(keys: &StageKeys) -> Vec<String> {
    let first = keys.flags.len().saturating_sub(LAST_RUNS);
    [&keys.found, &keys.listed, &keys.communities[first..], &keys.flags[first..]].concat()
}

/// Returns whether all needed stages are kept and can be read.
pub(super) fn is_complete(archive: &Archive, keys: &StageKeys) -> Result<bool, RunError> {
    let first = keys.flags.len().saturating_sub(LAST_RUNS);
    for key in &keys.found {
        if read::<FoundCandidates>(archive, key)?.is_none() {
            return Ok(false);
        }
    }
    // The keys are made with the listed values, which are kept then.
    for (communities, flags) in keys.communities[first..].iter().zip(&keys.flags[first..]) {
        if read::<Lineages>(archive, communities)?.is_none() || read::<Flags>(archive, flags)?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}
