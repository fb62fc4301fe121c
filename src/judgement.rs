//! Judgements: decisions of people about flags and entities. They are appended, and never changed.

use serde::{Deserialize, Serialize};

use crate::time::Moment;

/// One judgement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// Recorded time of the decision.
    pub recorded_at: Moment,
    /// Person who decided.
    pub by: String,
    /// Id of the flag, or of the first of two entities.
    pub subject_id: String,
    /// Id of the second of two entities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_id: Option<String>,
    /// Kind of the subject.
    pub kind: Kind,
    /// Verdict.
    pub value: Value,
    /// Reason, as the person wrote it.
    #[serde(default)]
    pub reason: String,
}

/// Kind of a judgement's subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Identity of two entities.
    Identity,
    /// A flag.
    Flag,
}

/// Verdict of a judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// The two entities are the same.
    Same,
    /// The two entities are different.
    Different,
    /// People disagree.
    Contested,
    /// The evidence is not sufficient.
    Unsure,
    /// The flag shows something real.
    Confirmed,
    /// It has an innocent explanation.
    Benign,
    /// More evidence is needed.
    NeedsMore,
    /// Another flag shows the same.
    Duplicate,
}

/// Every kind with its values and their names.
pub const VALUES: &[(Kind, &str, Value)] = &[
    (Kind::Identity, "same", Value::Same),
    (Kind::Identity, "different", Value::Different),
    (Kind::Identity, "contested", Value::Contested),
    (Kind::Identity, "unsure", Value::Unsure),
    (Kind::Flag, "confirmed", Value::Confirmed),
    (Kind::Flag, "benign", Value::Benign),
    (Kind::Flag, "needs-more", Value::NeedsMore),
    (Kind::Flag, "duplicate", Value::Duplicate),
];

impl Kind {
    /// Returns the name, as people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Flag => "flag",
        }
    }
}

impl Value {
    /// Returns the value of a kind with this name; `None` if there is none.
    pub fn parse(kind: Kind, text: &str) -> Option<Self> {
        VALUES
            .iter()
            .find(|(value_kind, name, _)| *value_kind == kind && *name == text)
            .map(|(.., value)| *value)
    }

    /// Returns the name, as people write it.
    pub fn name(self) -> &'static str {
        VALUES.iter().find(|(.., value)| *value == self).expect("every value is on the table").1
    }
}
