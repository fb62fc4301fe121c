//! Fetched deliveries: `araneus fetch` stores them, and a run reads them from the folder of the archive.

use super::{
    error::RunError,
    inputs::{Plan, absent},
    request::Request,
};
use crate::{
    archive::{Archive, DeliveryReport},
    fetch,
    ingest::{Ignore, Input, Location, Status},
    time::Moment,
};

/// Adds the fetched files of every configured source with a place in the network.
pub(super) fn read(request: &Request, archive: &Archive, plan: &mut Plan) -> Result<(), RunError> {
    let runs: Vec<Moment> = archive.runs().into_iter().map(|run| run.moment).collect();
    for source in request.config.sources.iter().filter(|source| source.remote.is_some()) {
        let state = &request.config.state;
        let fetched = fetch::fetched_files(state, &source.name, source.mode, &runs, request.as_of)?;
        let is_silent = fetched.files.is_empty();
        let input = |(path, file)| Input {
            source: source.name.clone(),
            path,
            location: Location::File { path: file, ignore: Ignore::default() },
        };
        plan.inputs.extend(fetched.files.into_iter().map(input));
        plan.fetched.insert(source.name.clone(), fetched.end);
        match fetched.failure {
            Some(failure) => plan.unfetched.push((source.name.clone(), failure)),
            None if is_silent => absent(source.clone(), plan),
            None => {}
        }
    }
    Ok(())
}

/// Notes which fetched files a recorded run has read. If one of them failed or waits, the next run reads all again.
pub(super) fn mark_read(request: &Request, plan: &Plan, reports: &[DeliveryReport]) -> Result<(), RunError> {
    if !plan.is_recorded {
        return Ok(());
    }
    let read = [Status::Ok, Status::Rejected, Status::Ignored].map(Status::name);
    for (source, end) in &plan.fetched {
        let mut of_source = reports.iter().filter(|report| report.source == *source).peekable();
        if of_source.peek().is_some() && of_source.all(|report| read.contains(&report.status.as_str())) {
            fetch::mark_read(&request.config.state, source, request.as_of, *end)?;
        }
    }
    Ok(())
}
