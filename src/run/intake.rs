//! Intake: deliveries are read, compared with the archive, and recorded in it.

use std::collections::BTreeSet;

use super::{
    clock::Clock,
    config::Rules,
    error::RunError,
    inputs::{Plan, plan},
    models,
    request::Request,
    rules, undo,
};
use crate::{
    archive::{self, Access, Archive, Counts, Holdings, Reading},
    ingest::{self, Status},
    time::Moment,
    watch::Watch,
};

/// Result of reading the deliveries of a run.
pub(crate) struct ReadResult {
    /// A report for each file.
    pub(crate) reports: Vec<Reading>,
    /// Sources of which a file is missing or could not be read.
    pub(crate) incomplete: BTreeSet<String>,
    /// Contents of the archive before the run.
    pub(crate) contents: Holdings,
}

/// Reads the planned deliveries and records them in the archive.
///
/// The objects that were read are freed here; the analysis reads them from the archive.
pub(crate) fn record_deliveries(
    archive: &mut Archive,
    plan: &Plan,
    rules: &Rules,
    as_of: Moment,
    clock: &mut Clock<'_>,
) -> Result<ReadResult, RunError> {
    clock.step("read");
    let deliveries = ingest::read_mapped(&plan.inputs, &ingest::table::mappings(&rules.terms), &|_| {});
    clock.step("archive");
    let contents = archive.read()?;
    let intake = archive::intake(&contents, &deliveries, &plan.sources, as_of);
    let failed = deliveries.iter().filter(|delivery| delivery.status == Status::Failed);
    let failed: Vec<String> = failed.map(|delivery| delivery.source.clone()).collect();
    drop(deliveries);
    if plan.is_recorded {
        // The commit names the lists, so they are stored before it.
        let lists = rules::store_warning_lists(archive, rules)?;
        archive.commit(as_of, rules::as_json(rules), lists, &intake)?;
    }
    let incomplete = plan.missing.iter().cloned().chain(intake.incomplete).chain(failed).collect();
    Ok(ReadResult { reports: intake.readings, incomplete, contents })
}

/// Returns the reports to publish: those of this execution, or, if nothing was read, those that the archive
/// has of the run.
pub(super) fn reports_of_run(
    archive: &Archive,
    reports: Vec<Reading>,
    as_of: Moment,
) -> Result<Vec<Reading>, RunError> {
    let mut reports = if reports.is_empty() { archive.readings(as_of)? } else { reports };
    archive.mark_known_rejects(&mut reports, as_of)?;
    Ok(reports)
}

/// Reads deliveries and records them, without analysis and without publication. A later run finds in the
/// archive what a complete run would have left.
///
/// Inputs are files, folders or globs; standard input is not read.
pub fn keep(request: &Request) -> Result<Counts, RunError> {
    let mut archive = Archive::open(&request.config.state, Access::Write)?;
    undo::complete(&mut archive, &request.config, &Watch::new(), &|_| {})?;
    let model = models::load(&request.config)?;
    let plan = plan(request, &archive, &mut || Ok(Vec::new()))?;
    let rules = rules::of_run(request, &plan, &model);
    let mut clock = Clock::start(&|_| {});
    let read = record_deliveries(&mut archive, &plan, &rules, request.as_of, &mut clock)?;
    Ok(archive::total(&read.reports))
}
