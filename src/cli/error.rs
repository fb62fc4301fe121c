//! Errors of commands, and their exit codes.

use std::path::PathBuf;

use crate::{
    archive::ArchiveError,
    explain::QuestionError,
    export::ExportError,
    fetch::FetchError,
    measure::MeasureError,
    run::{ConfigError, RunError},
    tables::OutputError,
    web::WebError,
};

/// Reason why a command ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Question(#[from] QuestionError),
    #[error(transparent)]
    Measure(#[from] MeasureError),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error(transparent)]
    Web(#[from] WebError),
    #[error("cannot write `{path}`")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("standard output could not be written whole: is the disk full?")]
    Lost,
    #[error("{0}")]
    Damaged(String),
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error("{0}")]
    Fetch(#[source] FetchError),
}

impl CommandError {
    /// Returns the exit code of the error; `docs/runs.md` lists all exit codes.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Run(error)
            | Self::Question(QuestionError::Run(error))
            | Self::Web(WebError::Tables(QuestionError::Run(error))) => run_exit_code(error),
            Self::Export(error) => export_exit_code(error),
            Self::Fetch(error) => fetch_exit_code(error),
            Self::Web(WebError::Archive(ArchiveError::Disk { .. }) | WebError::System(_)) => 6,
            Self::Web(WebError::Archive(_)) | Self::Damaged(_) => 7,
            Self::Output(OutputError::OtherState { .. }) | Self::Web(_) => 2,
            Self::Measure(MeasureError::Output(_) | MeasureError::Stopped)
            | Self::Output(_)
            | Self::Write { .. }
            | Self::Lost => 6,
            Self::Usage(_) | Self::Config(_) | Self::Question(_) | Self::Measure(_) => 2,
        }
    }
}

fn fetch_exit_code(error: &FetchError) -> u8 {
    match error {
        FetchError::Disk { .. } => 6,
        FetchError::Locked(_) => 8,
        error if error.is_configuration() => 2,
        _ => 4,
    }
}

fn export_exit_code(error: &ExportError) -> u8 {
    match error {
        ExportError::Question(QuestionError::Run(error)) => run_exit_code(error),
        ExportError::Question(QuestionError::Lacks(_)) => 7,
        ExportError::Refused(_) => 5,
        ExportError::Output(_) | ExportError::Unwritable { .. } => 6,
        ExportError::Question(_) | ExportError::Usage(_) => 2,
    }
}

fn run_exit_code(error: &RunError) -> u8 {
    match error {
        RunError::Archive(ArchiveError::Locked(_)) => 8,
        RunError::Archive(
            ArchiveError::Damaged { .. }
            | ArchiveError::AuditEntry { .. }
            | ArchiveError::Newer { .. }
            | ArchiveError::Older { .. },
        ) => 7,
        RunError::Output(OutputError::OtherState { .. })
        | RunError::Input(_)
        | RunError::Config(_)
        | RunError::TooLate { .. }
        | RunError::NothingToUndo { .. }
        | RunError::NotNewest
        | RunError::NothingToErase
        | RunError::UnknownErasure(_)
        | RunError::NoAudience(_)
        | RunError::PseudonymKey(_)
        | RunError::Model(_) => 2,
        RunError::Purpose(_) | RunError::Closed { .. } | RunError::OtherPseudonymKey(_) => 5,
        RunError::Fetched(error) => fetch_exit_code(error),
        RunError::Archive(ArchiveError::Disk { .. }) | RunError::Output(_) | RunError::Stopped => 6,
    }
}
