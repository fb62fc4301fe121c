//! Errors and exit codes. The codes are those of `araneus`.

use std::{io, path::PathBuf};

use thiserror::Error;

/// Error of a step or of a process of the cluster.
#[derive(Debug, Error)]
pub(crate) enum ClusterError {
    /// Arguments that do not fit.
    #[error("{0}")]
    Usage(String),
    /// An input that breaks a rule.
    #[error("`{path}`: {rule}")]
    Input {
        /// File or folder.
        path: PathBuf,
        /// The rule.
        rule: String,
    },
    /// The scheduler has another version.
    #[error(
        "the scheduler at {url} is {found}, but this program needs {needed}; install the same version on all machines"
    )]
    Version {
        /// URL of the scheduler.
        url: String,
        /// Name and version of the scheduler.
        found: String,
        /// Names and versions that this program needs.
        needed: String,
    },
    /// A disk of the cluster or of this machine is full.
    #[error("round {round}: a disk is full: {cause}; free some space and run again")]
    FullDisk {
        /// Name of the round.
        round: String,
        /// Message of the engine.
        cause: String,
    },
    /// An operation on a file failed.
    #[error("cannot {doing} `{path}`: {source}")]
    Disk {
        /// Operation, as a verb.
        doing: &'static str,
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// A table of this program cannot be read.
    #[error("`{path}` cannot be read as a table: {cause}")]
    Table {
        /// File or folder.
        path: PathBuf,
        /// Message of the reader.
        cause: String,
    },
    /// Every attempt of a round failed. The local path can still complete the step.
    #[error("round {round} failed in {attempts} attempts; the last error: {cause}")]
    Round {
        /// Name of the round.
        round: String,
        /// Number of attempts.
        attempts: u32,
        /// Message of the last attempt.
        cause: String,
    },
    /// The user cancelled.
    #[error("cancelled; nothing was published")]
    Cancelled,
    /// A process of the cluster ended with an error.
    #[error("{0}")]
    Process(String),
}

impl ClusterError {
    /// Returns the exit code: 1 for a bug, 2 for usage, versions and inputs, 6 for resources, 130 for a cancelled run.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Input { .. } | Self::Version { .. } => 2,
            Self::FullDisk { .. } | Self::Disk { .. } | Self::Process(_) => 6,
            Self::Table { .. } | Self::Round { .. } => 1,
            Self::Cancelled => 130,
        }
    }
}

/// Returns a function that wraps an error of the operating system.
pub(crate) fn disk(doing: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> ClusterError {
    let path = path.to_owned();
    move |source| ClusterError::Disk { doing, path, source }
}
