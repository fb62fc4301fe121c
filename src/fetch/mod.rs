//! Deliveries from the network: collections of TAXII 2.1 servers, MISP feeds and files over HTTPS.
//!
//! A fetch stores deliveries in the folder of the archive, and a run reads them from there. A run never uses the
//! network. Only addresses of the configuration are requested. An address that a server sends, such as a redirect or an
//! API root, must have the same scheme, host and port.
//!
//! A file appears whole, by rename, and then the checkpoint names it. So a fetch may be killed at any time, and the
//! next one continues. Each limit has an error of its own, which ends the fetch of one source.

mod address;
mod checkpoint;
mod client;
mod delivered;
mod download;
mod envelope;
mod error;
mod failure;
mod file;
mod folder;
mod limits;
mod misp_feed;
mod read_marks;
mod removal;
mod resolver;
mod retry_after;
mod settings;
mod spool;
mod taxii;

use std::{path::Path, time::Duration};

pub use delivered::{FetchedFiles, fetched_files};
pub use envelope::Envelope;
pub use error::FetchError;
pub use limits::Limits;
pub use read_marks::mark_read;
pub use removal::remove_read;
pub use resolver::{Lookup, loopback};
pub use settings::{Credentials, Remote, RemoteKind, kind_of_url, remote_url};
pub use spool::{FetchLock, forget, lock};

use crate::{record::Mode, time::Moment};
use client::Client;
use spool::Spool;

/// Clock, environment and limits of a fetch.
pub struct Surroundings<'a> {
    /// Limits.
    pub limits: Limits,
    /// Current time.
    pub now: Moment,
    /// Waits.
    pub pause: &'a dyn Fn(Duration),
    /// Returns an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// Takes a line about the progress.
    pub note: &'a dyn Fn(&str),
    /// Replaces the name service in tests.
    pub lookup: Option<Lookup>,
}

/// A source to fetch.
#[derive(Clone, Copy, Debug)]
pub struct SourceRequest<'a> {
    /// Name of the source.
    pub name: &'a str,
    /// Its place.
    pub remote: &'a Remote,
    /// Snapshots or increments.
    pub mode: Mode,
    /// Runs of the archive; `None` while a run works, so that no file is removed.
    pub runs: Option<&'a [Moment]>,
}

/// Counts of a fetch.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Fetched {
    /// Stored pages or files.
    pub pages: u64,
    /// Objects of pages, or events; 0 for files of other formats, which are not read here.
    pub objects: u64,
    /// Stored bytes, decompressed.
    pub bytes: u64,
}

/// Result of the fetch of one source.
#[derive(Debug)]
pub struct FetchResult {
    /// Counts of what was stored, also by a fetch that failed.
    pub fetched: Fetched,
    /// Reason why the source is not complete; `None` if it is.
    pub failure: Option<FetchError>,
    /// Place at which the next fetch begins, for people.
    pub checkpoint: Option<String>,
}

/// Checks the settings of a source that are outside the configuration file: its credentials and certificates.
pub fn check(remote: &Remote, surroundings: &Surroundings<'_>) -> Result<(), FetchError> {
    Client::new(remote, surroundings).map(|_| ())
}

/// Fetches a source. The caller holds the lock. An error is one of the configuration or the disk; a failure of the
/// source is part of the result.
pub fn fetch(
    state: &Path,
    request: &SourceRequest<'_>,
    surroundings: &Surroundings<'_>,
) -> Result<FetchResult, FetchError> {
    let client = Client::new(request.remote, surroundings)?;
    let identity = format!("{} {:?}", request.remote.identity(), request.mode);
    let mut spool = Spool::open(state, request.name, identity)?;
    if let Some(runs) = request.runs {
        spool.clean(request.mode, runs)?;
    }
    // A fetch that is killed leaves this failure.
    spool.checkpoint.failure = Some("its last fetch did not end".to_owned());
    spool.save()?;
    let before = spool.checkpoint.next_number;
    let result = match &request.remote.kind {
        RemoteKind::Taxii { collection } => {
            taxii::fetch(&client, request, collection, &mut spool, surroundings)
        }
        RemoteKind::MispFeed => misp_feed::fetch(&client, request, &mut spool, surroundings),
        RemoteKind::File => file::fetch(&client, request, &mut spool),
    };
    let _ = std::fs::remove_file(spool.download());
    let (fetched, failure) = match result {
        Ok(fetched) => (fetched, None),
        Err(error) if error.is_of_source() => {
            let pages = spool.checkpoint.next_number - before;
            (Fetched { pages, ..Fetched::default() }, Some(error))
        }
        Err(error) => return Err(error),
    };
    spool.checkpoint.fetched_at = Some(surroundings.now);
    spool.checkpoint.failure = failure.as_ref().map(ToString::to_string);
    spool.save()?;
    let checkpoint = &spool.checkpoint;
    let position = checkpoint.position.as_ref().and_then(|position| position.added_after.clone());
    let checkpoint = position.or_else(|| checkpoint.added_after.clone()).or_else(|| checkpoint.etag.clone());
    Ok(FetchResult { fetched, failure, checkpoint })
}
