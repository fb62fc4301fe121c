//! Fetched deliveries: `araneus fetch` stores them, and a run reads them from the folder of the archive.

use std::collections::BTreeMap;

use super::{config::Source, error::RunError, request::Request};
use crate::{
    archive::{Archive, DeliveryReport},
    fetch,
    ingest::{Ignore, Input, Location, Status},
    time::Moment,
};

/// Fetched files of a source.
pub(super) struct FetchedSource {
    pub(super) source: Source,
    pub(super) inputs: Vec<Input>,
    /// Reason why the source is not complete.
    pub(super) failure: Option<String>,
    /// Number of the first file that the run does not read.
    pub(super) end: u64,
}

/// Returns the fetched files of every configured source with a place in the network.
pub(super) fn read(request: &Request, archive: &Archive) -> Result<Vec<FetchedSource>, RunError> {
    let runs: Vec<Moment> = archive.runs().into_iter().map(|run| run.moment).collect();
    let of_source = |source: &Source| {
        let state = &request.config.state;
        let fetched = fetch::fetched_files(state, &source.name, source.mode, &runs, request.as_of)?;
        let input = |(path, file)| Input {
            source: source.name.clone(),
            path,
            location: Location::File { path: file, ignore: Ignore::default() },
            pseudonyms: None,
        };
        let inputs = fetched.files.into_iter().map(input).collect();
        Ok(FetchedSource { source: source.clone(), inputs, failure: fetched.failure, end: fetched.end })
    };
    request.config.sources.iter().filter(|source| source.remote.is_some()).map(of_source).collect()
}

/// Notes which fetched files a recorded run has read; `ends` has the number of the first file that it did not read, by
/// source. If one file failed or waits for a decision, the next run reads all files of its source again.
pub(super) fn mark_read(
    request: &Request,
    ends: &BTreeMap<String, u64>,
    reports: &[DeliveryReport],
) -> Result<(), RunError> {
    let read = [Status::Ok, Status::Rejected, Status::Ignored].map(Status::name);
    for (source, end) in ends {
        let mut of_source = reports.iter().filter(|report| report.source == *source).peekable();
        if of_source.peek().is_some() && of_source.all(|report| read.contains(&report.status.as_str())) {
            fetch::mark_read(&request.config.state, source, request.as_of, *end)?;
        }
    }
    Ok(())
}
