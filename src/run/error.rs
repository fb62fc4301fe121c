//! Errors of a run.

use crate::{
    archive::ArchiveError, fetch::FetchError, ingest::InputError, tables::OutputError, time::Moment,
};

use super::{config::ConfigError, models::ModelError};

/// Reason why a run was not published.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// An INPUT that cannot be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A configuration that cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Fetched deliveries that cannot be listed.
    #[error(transparent)]
    Fetched(#[from] FetchError),
    /// An error of the archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// An error of the folder for results.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// Inputs that cannot be recorded at the as-of time.
    #[error(
        "the as-of time {as_of} is before {newest}, the newest recorded time of the archive: {} left unread. Give a later --as-of; \
`--replay` publishes the earlier run again and reads nothing; `araneus undo` takes back a newest run that was a mistake; \
a source that delivers increments with `recorded_at = \"object\"` can be read at any as-of time",
        files_were(*files)
    )]
    TooLate {
        /// Newest recorded time of the archive.
        newest: Moment,
        /// As-of time of the request.
        as_of: Moment,
        /// Number of files that would have been read.
        files: usize,
    },
    /// No run to take back.
    #[error("there is no run to take back: the archive `{state}` holds none")]
    NothingToUndo {
        /// Folder of the archive, which may not exist.
        state: String,
    },
    /// Another run ended after the user saw what would be taken back.
    #[error("another run has ended meanwhile, and nothing was taken back; run `araneus undo` again")]
    NotNewest,
    /// A selection of records to erase that matches nothing.
    #[error("nothing in the archive matches, and nothing was erased")]
    NothingToErase,
    /// An id of an erasure that the archive does not have.
    #[error("the archive has no erasure `{0}`; `araneus erase --list` names them")]
    UnknownErasure(String),
    /// An audience that is not configured.
    #[error("no audience is named `{0}`")]
    NoAudience(String),
    /// An audience whose purposes no agreement allows.
    #[error("{0}")]
    Purpose(String),
    /// A key of pseudonyms that is missing or cannot be used.
    #[error("{0}")]
    PseudonymKey(String),
    /// Another key of pseudonyms than that of earlier runs.
    #[error(
        "the key of pseudonyms is not that of earlier runs: its check value differs from `{}`. Nothing was read, because \
another key gives the same value another pseudonym",
        .0.display()
    )]
    OtherPseudonymKey(std::path::PathBuf),
    /// A run whose results have records that the audience may no longer read.
    #[error(
        "the run has records of `{sources}`, which the agreements no longer let the audience `{audience}` read; run again"
    )]
    Closed {
        /// Name of the audience.
        audience: String,
        /// Names of the sources.
        sources: String,
    },
    /// A model that cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A run that was cancelled.
    #[error("stopped before the run was published; run again to complete it")]
    Stopped,
}

fn files_were(count: usize) -> String {
    if count == 1 { "1 file is".to_owned() } else { format!("{count} files are") }
}
