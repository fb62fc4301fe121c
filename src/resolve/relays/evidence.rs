//! Evidence that a record repeats another one.

use serde::{Deserialize, Serialize};

use crate::index::RecordIndex;

/// Evidence that a record repeats another one, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CopyEvidence {
    /// Both are one object: its id is random.
    Object,
    /// The record names a producer whose records another source delivers.
    Producer,
    /// Both have the same creation time, to the fraction of a second, and state the same.
    Created,
    /// Both texts, or the texts of their reports, are nearly equal.
    Text,
    /// Both, or their reports, cite the same address.
    Reference,
    /// The report of one contains almost all rare values of the report of the other.
    Values,
}

/// Every kind of evidence with its name in tables.
const EVIDENCE: [(CopyEvidence, &str); 6] = [
    (CopyEvidence::Object, "object"),
    (CopyEvidence::Producer, "producer"),
    (CopyEvidence::Created, "created"),
    (CopyEvidence::Text, "text"),
    (CopyEvidence::Reference, "reference"),
    (CopyEvidence::Values, "values"),
];

impl CopyEvidence {
    /// Returns the name of the evidence in tables.
    pub fn name(self) -> &'static str {
        // The table has one row for each variant, in the order of the variants.
        EVIDENCE[self as usize].1
    }
}

/// A repetition, with its evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// Record that it repeats; `None` if only the producer shows that it is another source's.
    pub record: Option<RecordIndex>,
    /// Evidence.
    pub evidence: CopyEvidence,
}
