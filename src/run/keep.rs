//! A night's deliveries into the archive, without a look at them: a later night follows it.

use super::{Request, Rules, RunError, inputs::plan, manifest, models};
use crate::{
    archive::{self, Access, Archive, Counts},
    ingest,
};

/// Reads what was delivered and keeps it. Nothing is surveyed or published: a night that is
/// run later follows this one, and finds in it what a run of its own would have left.
///
/// Inputs are files, folders or globs; there is no standard input here.
pub fn keep(request: &Request) -> Result<Counts, RunError> {
    let mut archive = Archive::open(&request.config.state, Access::Write)?;
    let model = models::load(&request.config)?;
    let rules = Rules { model: model.id().to_owned(), ..request.config.rules.clone() };
    let plan = plan(request, &archive, &mut || Ok(Vec::new()))?;
    let deliveries = ingest::read(&plan.inputs, &|_| {});
    let intake = archive::intake(&archive.read()?, &deliveries, &plan.sources, request.moment);
    if plan.is_told {
        archive.commit(request.moment, manifest::rules_value(&rules), &intake)?;
    }
    Ok(archive::total(&intake.readings))
}
