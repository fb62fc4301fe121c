//! Errors of a question.

use serde::Serialize;

use crate::{archive::ArchiveError, run::RunError, tables::RunTombstone};

/// Reason why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QuestionError {
    /// An error of the archive, the folder for results or the configuration.
    #[error(transparent)]
    Run(#[from] RunError),
    /// An archive without a run.
    #[error("the archive `{0}` has no run yet; run first")]
    NoRun(String),
    /// A folder for results without a published run.
    #[error("there is no run below `{0}`; run one first")]
    NoRunFolder(String),
    /// Published runs, none of which is the latest.
    #[error(
        "there is no `latest` below `{out}` that leads to a run; name a run{}",
        listed(": the last are ", last)
    )]
    NoLatest {
        /// Folder for results.
        out: String,
        /// Names of the last runs.
        last: Vec<String>,
    },
    /// A text that names no run.
    #[error(
        "there is no run `{run}`; give a date or the beginning of a folder's name{}",
        listed(": the last are ", last)
    )]
    NotARun {
        /// Text of the question.
        run: String,
        /// Names of the last runs.
        last: Vec<String>,
    },
    /// A run whose folder was removed, because it could contain an erased record.
    #[error(
        "the run {} was erased {} ({}: {}); `araneus run --replay` with its as-of time makes it again without the erased records",
        .0.run, .0.erased_at.display_utc(), .0.erasure, .0.reason
    )]
    Erased(Box<RunTombstone>),
    /// A text that names several runs.
    #[error("`{run}` may mean several runs{}", listed(": ", names))]
    SeveralRuns {
        /// Text of the question.
        run: String,
        /// Names of these runs.
        names: Vec<String>,
    },
    /// A table without a column of this version.
    #[error("the table {0} of that run lacks a column; run it again")]
    Lacks(&'static str),
    /// A word that names nothing in the run.
    #[error(
        "nothing known in this run is called `{0}`; give an id, an identifier, a name or an alias, also with its kind (malware:NAME)"
    )]
    Unknown(String),
    /// A name of several entities.
    #[error("`{word}` may mean {} entities; ask for one of them: {}", alternatives.len(), described(alternatives))]
    Ambiguous {
        /// Text of the question.
        word: String,
        /// The entities, each with an unambiguous word.
        alternatives: Vec<Alternative>,
    },
}

/// One of several entities that a name may mean.
#[derive(Debug, Serialize)]
pub struct Alternative {
    /// Unambiguous word: `kind:name`, or the id where that is not enough.
    pub ask: String,
    /// Lasting id.
    pub id: String,
    /// Kind of the entity.
    pub kind: String,
    /// Label of the entity.
    pub label: String,
}

fn listed(before: &str, names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!("{before}{}", names.join(", ")) }
}

fn described(alternatives: &[Alternative]) -> String {
    let one = |row: &Alternative| format!("{} ({}, {})", row.ask, row.label, row.id);
    alternatives.iter().map(one).collect::<Vec<_>>().join("; ")
}

impl From<ArchiveError> for QuestionError {
    fn from(error: ArchiveError) -> Self {
        Self::Run(error.into())
    }
}
