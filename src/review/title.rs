//! Title of a flag as data: the measured counts and the labels that its sentence contains.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Title of a flag or a candidate. The pattern has the template of the sentence; the names here are its placeholders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlagTitle {
    /// Name of the pattern.
    pub pattern: String,
    /// Labels of the entities that the title names.
    pub labels: BTreeMap<String, Vec<String>>,
    /// Counts that the title states.
    pub counts: BTreeMap<String, u64>,
}

impl FlagTitle {
    /// Returns a title of a pattern without values.
    pub(super) fn new(pattern: &str) -> Self {
        Self { pattern: pattern.to_owned(), ..Self::default() }
    }

    /// Adds the label of one entity.
    pub(super) fn label(self, name: &str, label: &str) -> Self {
        self.labels(name, [label])
    }

    /// Adds the labels of several entities.
    pub(super) fn labels<'a>(mut self, name: &str, labels: impl IntoIterator<Item = &'a str>) -> Self {
        self.labels.insert(name.to_owned(), labels.into_iter().map(str::to_owned).collect());
        self
    }

    /// Adds a count.
    pub(super) fn count(mut self, name: &str, count: usize) -> Self {
        self.counts.insert(name.to_owned(), count as u64);
        self
    }
}
