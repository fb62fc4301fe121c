//! Rows that a run may add to the archive.

use std::{cmp::Ordering, sync::Arc};

use crate::{
    ingest::AcceptedObject,
    marking::PARTLY_UNMARKED,
    record::{ArchivedRecord, RecordState, Surroundings},
    time::Moment,
};

/// A row to add.
pub(super) struct PendingRecord<'a> {
    /// First bytes of the key. They decide most comparisons of keys.
    prefix: u128,
    pub(super) key: &'a Arc<str>,
    pub(super) finding: Finding<'a>,
}

/// State in which a run found a key.
#[derive(Clone, Copy)]
pub(super) enum Finding<'a> {
    Withdrawn,
    /// A rejected object, with its markings if they could be read.
    Rejected(Option<&'a [String]>),
    Accepted {
        /// Position of the delivery.
        delivery: usize,
        object: &'a AcceptedObject,
        /// The object's own time, if the source has `recorded_at = "object"`.
        object_time: Option<Moment>,
    },
}

impl<'a> PendingRecord<'a> {
    pub(super) fn new(key: &'a Arc<str>, finding: Finding<'a>) -> Self {
        let mut prefix = [0; 16];
        let length = key.len().min(prefix.len());
        prefix[..length].copy_from_slice(&key.as_bytes()[..length]);
        Self { prefix: u128::from_be_bytes(prefix), key, finding }
    }

    /// Compares by key and variant. Rows of several places have an order of their own, which does not depend on
    /// the order of deliveries.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let by_key = || self.key.cmp(other.key);
        let by_variant = || self.finding.variant().cmp(&other.finding.variant());
        self.prefix.cmp(&other.prefix).then_with(by_key).then_with(by_variant)
    }
}

impl<'a> Finding<'a> {
    pub(super) fn variant(self) -> ObjectVariant<'a> {
        match self {
            Self::Withdrawn => ObjectVariant::without_object(RecordState::Withdrawn, Vec::new()),
            Self::Rejected(markings) => {
                ObjectVariant::without_object(RecordState::Rejected, rejected_markings(markings))
            }
            Self::Accepted { object, object_time, .. } => ObjectVariant {
                state: RecordState::Object(object.content),
                surroundings: object.surroundings,
                markings: object.markings.iter().map(String::as_str).collect(),
                object_time,
            },
        }
    }
}

/// Returns the markings to store for a rejected object. The list is empty if they could not be read: every
/// audience then sees the row. An object without markings has those of its source.
fn rejected_markings(markings: Option<&[String]>) -> Vec<&str> {
    match markings {
        None => Vec::new(),
        Some([]) => vec![PARTLY_UNMARKED],
        Some(markings) => markings.iter().map(String::as_str).collect(),
    }
}

/// Everything in a row that decides its meaning for an audience.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ObjectVariant<'a> {
    pub(super) state: RecordState,
    pub(super) surroundings: Surroundings,
    pub(super) markings: Vec<&'a str>,
    pub(super) object_time: Option<Moment>,
}

impl<'a> ObjectVariant<'a> {
    pub(super) fn of(record: &'a ArchivedRecord) -> Self {
        Self {
            state: record.state,
            surroundings: record.surroundings,
            markings: record.markings.iter().map(|marking| &**marking).collect(),
            object_time: record.object_time,
        }
    }

    fn without_object(state: RecordState, markings: Vec<&'a str>) -> Self {
        Self { state, surroundings: Surroundings::default(), markings, object_time: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pending_records_are_in_the_order_of_their_keys() {
        let long = "a".repeat(16);
        let texts =
            ["b", "a\0b", "a", "", "a\0", "é", &long, &format!("{long}b"), &format!("{long}\0"), "ab"];
        let keys: Vec<Arc<str>> = texts.into_iter().map(Arc::from).collect();
        let mut pending: Vec<PendingRecord<'_>> =
            keys.iter().map(|key| PendingRecord::new(key, Finding::Withdrawn)).collect();
        pending.sort_by(PendingRecord::order);
        let sorted: Vec<&str> = pending.iter().map(|pending| &**pending.key).collect();
        let mut expected = texts.to_vec();
        expected.sort_unstable();
        assert_eq!(sorted, expected);
    }
}
