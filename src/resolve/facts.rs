//! Facts of which one entity has one value, so that two different values keep entities apart.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::canonical::CanonicalId;

/// A property of which one entity has one value, so that other values contradict it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FactKey {
    /// The number in a catalogue, for one kind of entries.
    Catalogue(String),
    /// The digest of a file by an algorithm.
    Digest(String),
    /// The side of a judgement that two entities are different, by the ids of the judgements in force on the pair.
    Judged(Vec<String>),
    /// The entry of a list.
    List(String),
    /// The object of a duplicate-free source.
    Source(String),
}

/// Displays the contradiction between two entities that have different values.
impl fmt::Display for FactKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(name) => write!(formatter, "they are two entries of the list {name}"),
            Self::Digest(name) => write!(formatter, "they have two digests by {name}"),
            Self::Catalogue(name) => write!(formatter, "they have two numbers in the catalogue {name}"),
            Self::Judged(ids) => {
                write!(formatter, "a person decided that they are different ({})", ids.join(", "))
            }
            Self::Source(name) => {
                write!(formatter, "they are two objects of the duplicate-free source {name}")
            }
        }
    }
}

/// Facts of a cluster. Two clusters contradict each other if they have no value of a common key in common.
#[derive(Default)]
pub(super) struct ClusterFacts(BTreeMap<FactKey, BTreeSet<String>>);

impl ClusterFacts {
    pub(super) fn add(&mut self, key: FactKey, value: String) {
        self.0.entry(key).or_default().insert(value);
    }

    /// Adds the facts of a cluster that joins this one.
    pub(super) fn join(&mut self, others: Self) {
        for (key, values) in others.0 {
            self.0.entry(key).or_default().extend(values);
        }
    }

    /// Returns the first key of which two clusters have no value in common.
    pub(super) fn contradiction<'a>(&'a self, others: &Self) -> Option<&'a FactKey> {
        let is_contradicted = |(key, values): &(&FactKey, &BTreeSet<String>)| {
            others.0.get(*key).is_some_and(|other_values| other_values.is_disjoint(values))
        };
        self.0.iter().find(is_contradicted).map(|(key, _)| key)
    }
}

/// Algorithms by which a file has one digest.
const DIGESTS: [&str; 4] = ["md5", "sha-1", "sha-256", "sha-512"];

/// Returns the fact that an identifier of an entity states; `None` if an entity may have several identifiers of its kind. A
/// file has one digest by each algorithm, an entry one number in each catalogue.
pub(super) fn key_of(id: &CanonicalId) -> Option<FactKey> {
    let scheme = id.scheme()?;
    if id.kind() == "file" && DIGESTS.contains(&scheme) {
        Some(FactKey::Digest(format!("file:{scheme}")))
    } else if id.is_catalogue() {
        Some(FactKey::Catalogue(format!("{scheme}:{}", id.kind())))
    } else {
        None
    }
}
