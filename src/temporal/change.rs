//! Words for a change: its subject, its kind and its cause.

use serde::Serialize;

/// Subject of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A record.
    Record,
    /// An entity.
    Entity,
    /// A link.
    Link,
    /// A community.
    Community,
}

/// Kind of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It did not exist before.
    Added,
    /// It no longer exists.
    Removed,
    /// Its content differs.
    Changed,
    /// It became part of another.
    Merged,
    /// It was part of another.
    Split,
    /// No earlier community is like it.
    Born,
    /// It has clearly more members.
    Grew,
    /// It has clearly fewer members.
    Shrank,
    /// It has no successor.
    Ended,
    /// It had ended, and exists again.
    Reactivated,
}

/// Cause of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A new event in the world: recorded now, and of this time.
    ObservedNew,
    /// Recorded now, but of an earlier time.
    LateArrival,
    /// A source changed its claims.
    SourceCorrection,
    /// Its validity ended.
    Expiry,
    /// A source withdrew or revoked it.
    Deletion,
    /// Its source had no earlier records.
    NewSource,
    /// The rules of entity resolution changed.
    ResolverChange,
    /// The configuration changed.
    ConfigurationChange,
}

/// A property that some changes of a group share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeTrait {
    /// The object was withdrawn before, and came back.
    Returned,
    /// The version field is unchanged.
    Unannounced,
    /// The claims are the same as before.
    SameClaims,
}

impl ChangeTrait {
    /// Returns the name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Returned => "returned",
            Self::Unannounced => "unannounced",
            Self::SameClaims => "same-claims",
        }
    }
}

impl Subject {
    /// Returns the name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Entity => "entity",
            Self::Link => "link",
            Self::Community => "community",
        }
    }
}

impl ChangeKind {
    /// Returns the name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Merged => "merged",
            Self::Split => "split",
            Self::Born => "born",
            Self::Grew => "grew",
            Self::Shrank => "shrank",
            Self::Ended => "ended",
            Self::Reactivated => "reactivated",
        }
    }
}

impl Cause {
    /// Returns the name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::ObservedNew => "observed-new",
            Self::LateArrival => "late-arrival",
            Self::SourceCorrection => "source-correction",
            Self::Expiry => "expiry",
            Self::Deletion => "deletion",
            Self::NewSource => "new-source",
            Self::ResolverChange => "resolver-change",
            Self::ConfigurationChange => "configuration-change",
        }
    }
}
