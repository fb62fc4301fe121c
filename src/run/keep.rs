//! A night's deliveries into the archive.

use std::collections::BTreeSet;

use super::{
    Plan, Request, Rules, RunError,
    inputs::plan,
    manifest::{self, Clock},
    models, rules, undo, warnings,
};
use crate::{
    archive::{self, Access, Archive, Counts, Holdings, Reading},
    ingest::{self, Status},
    time::Moment,
    watch::Watch,
};

/// What is left to say of what was read, once it is kept.
pub(super) struct Told {
    /// Every file, with what became of its objects.
    pub(super) readings: Vec<Reading>,
    /// Sources of which something was missing or could not be read.
    pub(super) incomplete: BTreeSet<String>,
    /// What the archive held before.
    pub(super) holdings: Holdings,
}

/// Reads a plan's deliveries, compares them with what the archive holds, and adds to it what
/// the night tells. What was read is let go of here: a survey reads it from the archive.
pub(super) fn take(
    archive: &mut Archive,
    plan: &Plan,
    rules: &Rules,
    moment: Moment,
    clock: &mut Clock<'_>,
) -> Result<Told, RunError> {
    clock.step("read");
    let deliveries = ingest::read_mapped(&plan.inputs, &ingest::mappings(&rules.terms), &|_| {});
    clock.step("archive");
    let holdings = archive.read()?;
    let intake = archive::intake(&holdings, &deliveries, &plan.sources, moment);
    let failed = deliveries.iter().filter(|delivery| delivery.status == Status::Failed);
    let failed: Vec<String> = failed.map(|delivery| delivery.source.clone()).collect();
    drop(deliveries);
    if plan.is_told {
        // What a commit's rules name is there before the commit.
        let lists = warnings::keep(archive, rules)?;
        archive.commit(moment, manifest::rules_value(rules), lists, &intake)?;
    }
    let incomplete = plan.missing.iter().cloned().chain(intake.incomplete).chain(failed).collect();
    Ok(Told { readings: intake.readings, incomplete, holdings })
}

/// Reads what was delivered and keeps it. Nothing is surveyed or published: a night that is
/// run later follows this one, and finds in it what a run of its own would have left.
///
/// Inputs are files, folders or globs; there is no standard input here.
pub fn keep(request: &Request) -> Result<Counts, RunError> {
    let mut archive = Archive::open(&request.config.state, Access::Write)?;
    undo::complete(&mut archive, &request.config, &Watch::new(), &|_| {})?;
    let model = models::load(&request.config)?;
    let plan = plan(request, &archive, &mut || Ok(Vec::new()))?;
    let rules = rules(request, &plan, &model);
    let told = take(&mut archive, &plan, &rules, request.moment, &mut Clock::start(&|_| {}))?;
    Ok(archive::total(&told.readings))
}
