//! Words for a change: its subject, its kind and its cause.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::record::{RecordId, hex};

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

/// Digits of the id of a subject. The ids of one kind of subject have the order of their digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SubjectId([u8; 16]);

/// Number of ids of one group that a table lists. A first run of ten million records has a group of ten million ids, and each of them is
/// in a table of its own. More than 2^31 bytes of text do not fit a batch.
pub(super) const LISTED_MAX: usize = 1_000_000;

/// Bytes of a lasting id of an entity, a link or a community.
const LASTING: usize = 10;

impl SubjectId {
    /// Returns the id of a record.
    pub fn of_record(id: RecordId) -> Self {
        Self(id.bytes())
    }

    /// Returns the id of an entity, a link or a community with these digits.
    pub fn of_lasting(digits: [u8; LASTING]) -> Self {
        let mut id = [0; 16];
        id[..LASTING].copy_from_slice(&digits);
        Self(id)
    }
}

/// Ids of the subjects of a group, sorted. There may be millions, so no id has a text of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct SubjectIds {
    subject: Subject,
    ids: Vec<SubjectId>,
}

impl SubjectIds {
    /// Returns ids of one kind of subject.
    pub(super) fn of(subject: Subject, mut ids: Vec<SubjectId>) -> Self {
        ids.sort_unstable();
        ids.shrink_to_fit();
        Self { subject, ids }
    }

    /// Returns the number of ids.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Returns whether there is no id.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Returns the ids as texts, sorted.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = SubjectIdText> + '_ {
        self.ids.iter().map(|id| SubjectIdText { subject: self.subject, id: *id })
    }

    /// Returns the first ids as texts, sorted: at most a million.
    pub fn listed(&self) -> impl ExactSizeIterator<Item = SubjectIdText> + '_ {
        self.iter().take(LISTED_MAX)
    }

    /// Returns the only id; `None` if there are several or none.
    pub fn only(&self) -> Option<SubjectIdText> {
        if self.len() == 1 { self.iter().next() } else { None }
    }
}

impl Serialize for SubjectIds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(|id| id.to_string()))
    }
}

/// Text of a subject's id, such as `entity-00112233445566778899`.
#[derive(Clone, Copy, Debug)]
pub struct SubjectIdText {
    subject: Subject,
    id: SubjectId,
}

impl fmt::Display for SubjectIdText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = match self.subject {
            Subject::Record => &self.id.0[..],
            Subject::Entity | Subject::Link | Subject::Community => &self.id.0[..LASTING],
        };
        write!(formatter, "{}-", self.subject.name())?;
        hex(digits, formatter)
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Digest;

    #[test]
    fn ids_of_subjects_have_the_order_and_the_form_of_their_texts() {
        let records: Vec<RecordId> =
            (0..50_u8).map(|number| RecordId::new("list", "a", &Digest([number; 16]))).collect();
        let ids =
            SubjectIds::of(Subject::Record, records.iter().map(|id| SubjectId::of_record(*id)).collect());
        let mut expected: Vec<String> = records.iter().map(ToString::to_string).collect();
        expected.sort_unstable();
        assert_eq!(ids.iter().map(|id| id.to_string()).collect::<Vec<_>>(), expected);
        assert!(ids.only().is_none() && ids.len() == 50);

        let digits = [0, 17, 34, 51, 68, 85, 102, 119, 136, 153];
        let entity = SubjectIds::of(Subject::Entity, vec![SubjectId::of_lasting(digits)]);
        assert_eq!(entity.only().map(|id| id.to_string()).as_deref(), Some("entity-00112233445566778899"));
        assert_eq!(serde_json::to_string(&entity).expect("JSON"), "[\"entity-00112233445566778899\"]");
    }
    #[test]
    fn a_table_lists_the_first_million_ids() {
        let id = |number: usize| {
            let mut digits = [0; LASTING];
            digits[..8].copy_from_slice(&(number as u64).to_be_bytes());
            SubjectId::of_lasting(digits)
        };
        let ids = SubjectIds::of(Subject::Entity, (0..=LISTED_MAX).rev().map(id).collect());
        assert_eq!((ids.len(), ids.listed().len()), (LISTED_MAX + 1, LISTED_MAX));
        let first = ids.listed().next().map(|id| id.to_string());
        assert_eq!(first.as_deref(), Some("entity-00000000000000000000"));
    }
}
