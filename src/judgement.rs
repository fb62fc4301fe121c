//! What a person decided, when, and why. Appended, never edited.

use serde::{Deserialize, Serialize};

use crate::time::Moment;

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// When it was decided.
    pub told: Moment,
    /// Who decided.
    pub by: String,
    /// The flag, or the one of two entities.
    pub subject_id: String,
    /// The other of two entities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_id: Option<String>,
    /// What it is about.
    pub kind: Kind,
    /// What was decided.
    pub value: Value,
    /// Why, in the person's words.
    #[serde(default)]
    pub reason: String,
}

/// What a judgement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Whether two entities are one.
    Identity,
    /// What a flag is worth.
    Flag,
}

/// What can be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// Two entities are one.
    Same,
    /// They are two.
    Different,
    /// People disagree.
    Contested,
    /// Nobody can tell.
    Unsure,
    /// The flag shows something real.
    Confirmed,
    /// It has an innocent explanation.
    Benign,
    /// More must be known first.
    NeedsMore,
    /// It says what another flag says.
    Duplicate,
}

/// Every kind and value, as people write them.
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
    /// Returns the word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Flag => "flag",
        }
    }
}

impl Value {
    /// Reads the word for a value of a kind.
    pub fn parse(kind: Kind, word: &str) -> Option<Self> {
        VALUES.iter().find(|(of, name, _)| *of == kind && *name == word).map(|(.., value)| *value)
    }

    /// Returns the word for it.
    pub fn name(self) -> &'static str {
        VALUES.iter().find(|(.., value)| *value == self).expect("every value is on the table").1
    }
}
