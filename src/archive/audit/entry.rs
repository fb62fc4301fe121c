//! Entries of the audit log: action, person, audience and subjects.

use serde::{Deserialize, Serialize};

use crate::time::Moment;

/// Action of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// A run published its results for an audience.
    Published,
    /// A person opened a session of the review page.
    Reviewed,
    /// A person gave or withdrew a judgement.
    Judged,
    /// Results left for another program.
    Exported,
    /// Records were erased.
    Erased,
    /// The block of an erasure ended.
    Lifted,
    /// A model was put into service after a test.
    Promoted,
    /// A model was put into service without a test.
    Used,
    /// The previous model was put back into service.
    RolledBack,
    /// A held delivery was accepted.
    HeldAccepted,
    /// A held delivery was rejected.
    HeldRejected,
    /// The newest run was taken back.
    Undone,
    /// Old results and unnamed files were removed.
    Collected,
}

impl Action {
    /// Returns the action's name in the log.
    pub fn name(self) -> String {
        serde_json::to_value(self).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// Subject of an entry: its kind, and an id, a name or a digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// Name of a run's folder.
    Run(String),
    /// Digest of a run's manifest, which has the digests of all its files.
    Manifest(String),
    /// Id of a flag.
    Flag(String),
    /// Id of a judgement.
    Judgement(String),
    /// Name of an export format.
    Format(String),
    /// Digest of an exported file.
    File(String),
    /// Digest of the sorted digests of many files, one in each line.
    Files(String),
    /// Outcome that a model answers.
    Outcome(String),
    /// Name of a model.
    Model(String),
    /// Id of a held delivery.
    Held(String),
    /// Id of an erasure.
    Erasure(String),
    /// Digest of a list of subjects that is too long for an entry.
    Digest(String),
}

impl Subject {
    /// Returns the kind and the text of the subject.
    pub fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Run(text) => ("run", text),
            Self::Manifest(text) => ("manifest", text),
            Self::Flag(text) => ("flag", text),
            Self::Judgement(text) => ("judgement", text),
            Self::Format(text) => ("format", text),
            Self::File(text) => ("file", text),
            Self::Files(text) => ("files", text),
            Self::Outcome(text) => ("outcome", text),
            Self::Model(text) => ("model", text),
            Self::Held(text) => ("held", text),
            Self::Erasure(text) => ("erasure", text),
            Self::Digest(text) => ("digest", text),
        }
    }

    /// Returns whether the text has the form of an id, a name or a digest.
    pub(super) fn is_plain(&self) -> bool {
        let (_, text) = self.parts();
        let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.:".contains(letter);
        !text.is_empty() && text.len() <= 100 && text.chars().all(is_allowed)
    }
}

/// An entry to append.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Action.
    pub action: Action,
    /// Name of the person, as in judgements.
    pub by: String,
    /// Audience for which the person acted; `None` if the action concerns no audience.
    pub audience: Option<String>,
    /// Subjects of the action.
    pub subjects: Vec<Subject>,
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredEntry {
    /// Position from 1.
    pub position: u64,
    /// Time of the clock.
    pub recorded_at: Moment,
    /// Action.
    pub action: Action,
    /// Name of the person.
    pub by: String,
    /// Audience for which the person acted.
    pub audience: Option<String>,
    /// Subjects of the action.
    pub subjects: Vec<Subject>,
    /// Digest of the entry before; for the first entry that of the empty text.
    pub previous: String,
}
