//! A night's deliveries into the archive.

use super::{Plan, Request, Rules, RunError, inputs::plan, manifest, models};
use crate::{
    archive::{self, Access, Archive, Counts, Intake},
    ingest::{self, Delivery},
    time::Moment,
};

/// Compares what was read with what the archive holds, and adds to it what the night tells.
pub(super) fn take(
    archive: &mut Archive,
    deliveries: &[Delivery],
    plan: &Plan,
    rules: &Rules,
    moment: Moment,
) -> Result<Intake, RunError> {
    let intake = archive::intake(&archive.read()?, deliveries, &plan.sources, moment);
    if plan.is_told {
        archive.commit(moment, manifest::rules_value(rules), &intake)?;
    }
    Ok(intake)
}

/// Reads what was delivered and keeps it. Nothing is surveyed or published: a night that is
/// run later follows this one, and finds in it what a run of its own would have left.
///
/// Inputs are files, folders or globs; there is no standard input here.
pub fn keep(request: &Request) -> Result<Counts, RunError> {
    let mut archive = Archive::open(&request.config.state, Access::Write)?;
    let model = models::load(&request.config)?;
    let rules = Rules { model: model.id().to_owned(), ..request.config.rules.clone() };
    let plan = plan(request, &archive, &mut || Ok(Vec::new()))?;
    let deliveries = ingest::read_mapped(&plan.inputs, &ingest::table::mappings(&rules.terms), &|_| {});
    let intake = take(&mut archive, &deliveries, &plan, &rules, request.moment)?;
    Ok(archive::total(&intake.readings))
}
