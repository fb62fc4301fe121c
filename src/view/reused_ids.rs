//! Reused ids: a source gave the id of one object to another object.
//!
//! STIX 2.1 (section 3.1) forbids a new version to change `created`. So two contents of one id that differ in `created`,
//! and have no name in common, are two objects. One of the two signals is not enough: some sources create an object
//! again with each report, and analysts rename actors. A source that delivers increments never withdraws the links of
//! the earlier object. Without this rule they would join two actors.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::history::Live;
use crate::{
    record::{ArchivedRecord, LentClaim, Mode, PackedContent, Record},
    symbol::Symbol,
    time::Moment,
};

/// Types of STIX objects whose name says which one is meant.
const NAMED: [&str; 5] = ["campaign", "intrusion-set", "malware", "threat-actor", "tool"];

/// For each source and reused id, the time at which the source created the object that has the id now.
#[derive(Clone, Debug, Default)]
pub(super) struct ReusedIds(BTreeMap<Symbol, BTreeMap<Arc<str>, Moment>>);

impl ReusedIds {
    /// Adds the id of a record if its earliest content is another object.
    pub(super) fn add(&mut self, now: &Record, earliest: &PackedContent) {
        if let Some(created) = now.content.created()
            && earliest.created().is_some_and(|earlier| earlier != created)
            && has_other_names(earliest, &now.content)
        {
            self.0.entry(now.source).or_default().insert(Arc::clone(&now.key), created);
        }
    }

    /// Removes the id of an object.
    pub(super) fn remove(&mut self, source: Symbol, key: &str) {
        if let Some(of_source) = self.0.get_mut(&source) {
            of_source.remove(key);
            if of_source.is_empty() {
                self.0.remove(&source);
            }
        }
    }

    /// Adds the ids of other objects.
    pub(super) fn extend(&mut self, others: Self) {
        for (source, ids) in others.0 {
            self.0.entry(source).or_default().extend(ids);
        }
    }

    /// Returns whether no id is reused.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether the source of a record gave this id to two objects.
    pub(super) fn contains(&self, source: &str, id: &str) -> bool {
        self.created(source, id).is_some()
    }

    /// Returns whether a record that mentions an id means the earlier object: the record is older than the object that
    /// has the id now.
    pub(super) fn is_of_earlier_object(&self, record: &Record, id: &str) -> bool {
        self.created(&record.source, id)
            .is_some_and(|created| record.content.created().is_some_and(|mentioned| mentioned < created))
    }

    fn created(&self, source: &str, id: &str) -> Option<Moment> {
        self.0.get(&Symbol::of(source))?.get(id).copied()
    }
}

/// Returns the row of the earliest content of a key whose id may be reused; `None` if the content never changed or the
/// type has no name of its own. Snapshots need no rule: they withdraw the links of an earlier object.
pub(super) fn earliest(archived: &[ArchivedRecord], live: &Live) -> Option<Live> {
    let (now, earliest) = (&archived[live.position], &archived[live.earliest]);
    let is_named = now.key.split_once("--").is_some_and(|(kind, _)| NAMED.contains(&kind));
    let is_changed = now.content() != earliest.content() && earliest.content().is_some();
    (is_named && is_changed && now.mode != Mode::Snapshot)
        .then_some(Live { position: live.earliest, ..*live })
}

/// A name for comparison, in lower case: its words, and all its letters and digits, since `APT 28` is also `APT28`.
struct Name {
    words: BTreeSet<String>,
    letters: String,
}

impl Name {
    fn new(text: &str) -> Self {
        let text = text.to_lowercase();
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        Self {
            words: words.map(str::to_owned).collect(),
            letters: text.chars().filter(|c| c.is_alphanumeric()).collect(),
        }
    }

    /// Returns whether one of two names has all words of the other.
    fn is_common_with(&self, other: &Self) -> bool {
        self.letters == other.letters
            || self.words.is_subset(&other.words)
            || other.words.is_subset(&self.words)
    }
}

/// Returns whether two contents have names, and none in common.
fn has_other_names(one: &PackedContent, other: &PackedContent) -> bool {
    let (one, other) = (names(one), names(other));
    let is_common = |a: &Name| other.iter().any(|b| a.is_common_with(b));
    !one.is_empty() && !other.is_empty() && !one.iter().any(is_common)
}

/// Returns the name and the aliases of an object.
fn names(content: &PackedContent) -> Vec<Name> {
    let mut names = Vec::new();
    for claim in content.claims() {
        if let LentClaim::Entity { name, aliases, .. } = claim {
            names.extend(name.into_iter().chain(aliases).map(Name::new));
        }
    }
    names.retain(|name| !name.letters.is_empty());
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Claim, Content};

    fn content(name: &str, aliases: &[&str]) -> PackedContent {
        let aliases = aliases.iter().map(|&alias| alias.to_owned()).collect();
        let kind = "intrusion-set".to_owned();
        let claim = Claim::Entity {
            identifiers: Vec::new(),
            kind,
            name: Some(name.into()),
            aliases,
            vocabulary: None,
        };
        Content { claims: vec![claim], ..Content::default() }.packed()
    }

    #[test]
    fn a_name_in_common_is_one_whose_words_the_other_has() {
        let same = [
            (content("Grey Heron", &[]), content("grey-heron", &[])),
            (content("Grey Heron", &[]), content("Grey Heron Group", &[])),
            (content("Night Owl", &["Grey Heron"]), content("Heron, Grey", &[])),
            (content("UNC 42", &[]), content("UNC42", &[])),
            (content("UNC42", &[]), content("Night Owl", &["UNC42"])),
        ];
        for (one, other) in same {
            assert!(!has_other_names(&one, &other), "{one:?} {other:?}");
        }
        assert!(has_other_names(&content("Grey Heron Group", &[]), &content("Night Owl Group", &[])));
        assert!(
            !has_other_names(&content("Grey Heron", &[]), &PackedContent::default()),
            "an object without a name"
        );
    }
}
