//! Plain values of a delivery that became pseudonyms, wherever else its texts repeat them.
//!
//! A value is looked for if it is distinctive: five characters with a letter, or eight characters. A shorter one would
//! match texts that have nothing to do with it.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, MatchKind};

use super::Pseudonyms;
use crate::canonical::pseudonym::{is_pseudonym, plain_form};

/// Longest text that is compared as a whole with the values.
const WHOLE_MAX: usize = 400;

/// Plain values with their pseudonyms.
#[derive(Default)]
pub(in crate::ingest) struct KnownValues(BTreeMap<String, String>);

impl KnownValues {
    /// Adds a value, if it is distinctive.
    pub(super) fn add(&mut self, value: &str, pseudonym: &str) {
        let value = value.trim();
        if is_distinctive(value) && !is_pseudonym(value) {
            self.0.insert(value.to_owned(), pseudonym.to_owned());
        }
    }

    /// Returns the search for all values; `None` without any.
    pub(super) fn finder(&self) -> Option<Finder> {
        if self.0.is_empty() {
            return None;
        }
        let mut needles: BTreeMap<String, &str> = BTreeMap::new();
        for (value, pseudonym) in &self.0 {
            needles.insert(value.clone(), pseudonym);
            // A text in a pattern of STIX has a backslash before quotes and backslashes.
            needles.insert(value.replace('\\', "\\\\").replace('\'', "\\'"), pseudonym);
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .build(needles.keys())
            .ok()?;
        let by_form =
            self.0.iter().map(|(value, pseudonym)| (plain_form(value), pseudonym.clone())).collect();
        Some(Finder {
            automaton,
            pseudonyms: needles.values().map(|pseudonym| (*pseudonym).to_owned()).collect(),
            by_form,
        })
    }

    /// Replaces the values in a text, one by one: for the few values of one row.
    pub(in crate::ingest) fn replaced(&self, text: &str) -> Option<String> {
        let mut replaced: Option<String> = None;
        for (value, pseudonym) in &self.0 {
            let current = replaced.as_deref().unwrap_or(text);
            if let Some(next) = replaced_one(current, value, pseudonym) {
                replaced = Some(next);
            }
        }
        replaced
    }
}

fn is_distinctive(value: &str) -> bool {
    let length = value.chars().count();
    length >= 8 || (length >= 5 && value.chars().any(char::is_alphabetic))
}

/// Search for plain values.
pub(super) struct Finder {
    automaton: AhoCorasick,
    /// Pseudonyms by the number of the needle.
    pseudonyms: Vec<String>,
    by_form: BTreeMap<String, String>,
}

impl Finder {
    /// Returns the text with pseudonyms in the places of values; `None` if it has no value.
    pub(super) fn replaced(&self, text: &str) -> Option<String> {
        if text.len() <= WHOLE_MAX
            && let Some(pseudonym) = self.by_form.get(&plain_form(text))
        {
            return Some(pseudonym.clone());
        }
        let mut made = String::new();
        let mut end = 0;
        for found in self.automaton.find_iter(text) {
            if is_word(text, found.start(), found.end()) {
                made.push_str(&text[end..found.start()]);
                made.push_str(&self.pseudonyms[found.pattern().as_usize()]);
                end = found.end();
            }
        }
        if end == 0 {
            return None;
        }
        made.push_str(&text[end..]);
        Some(made)
    }
}

/// Returns whether no letter or digit continues a match on either side.
fn is_word(text: &str, start: usize, end: usize) -> bool {
    let continues = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    !continues(text[..start].chars().next_back()) && !continues(text[end..].chars().next())
}

fn replaced_one(text: &str, value: &str, pseudonym: &str) -> Option<String> {
    let (folded, needle) = (text.to_ascii_lowercase(), value.to_ascii_lowercase());
    let mut made = String::new();
    let mut end = 0;
    for (start, part) in folded.match_indices(&needle) {
        if is_word(text, start, start + part.len()) {
            made.push_str(&text[end..start]);
            made.push_str(pseudonym);
            end = start + part.len();
        }
    }
    if end == 0 {
        return None;
    }
    made.push_str(&text[end..]);
    Some(made)
}

impl Pseudonyms {
    /// Replaces a value, and notes it as known.
    pub(in crate::ingest) fn replace(&self, value: &str, known: &mut KnownValues) -> String {
        let pseudonym = self.pseudonym(value);
        known.add(value, &pseudonym);
        pseudonym
    }
}
