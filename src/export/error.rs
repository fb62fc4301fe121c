//! Errors of an export.

use std::{io, path::PathBuf};

use crate::{archive::ArchiveError, explain::QuestionError, tables::OutputError};

/// Reason why an export was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The run or its tables cannot be read.
    #[error(transparent)]
    Question(#[from] QuestionError),
    /// A table cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A request that the export cannot fulfil.
    #[error("{0}")]
    Usage(String),
    /// A request that a policy forbids.
    #[error("{0}")]
    Refused(String),
    /// A file that cannot be written.
    #[error("cannot write {}; check that the place exists, is yours and has space", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
}

impl From<ArchiveError> for ExportError {
    fn from(error: ArchiveError) -> Self {
        Self::Question(error.into())
    }
}
