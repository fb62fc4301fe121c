//! Actors and software under one name, as curated lists know them.
//!
//! Only the name an object goes by is looked up, never its aliases: a source's aliases
//! often say "related to". A name that several entries of one list claim joins nothing.

use std::collections::BTreeMap;

use super::{
    LISTED_NAME, LISTED_SYNONYM, ResolveConfig, RuleIndex,
    identity::{Mentions, Merge, Node},
};
use crate::{canonical, index::RecordIndex, record::Claim, view::View};

/// Most lists in which one name is looked up, in order of their names.
const LISTS_MAX: usize = 64;
/// Shortest name, in characters of its comparison form, that is looked up.
const NAME_MIN: usize = 3;

/// An entity claim with a name, of a class in which names are compared.
struct Named<'a> {
    node: Node,
    record: RecordIndex,
    class: &'static str,
    name: &'a str,
    aliases: &'a [String],
    list: Option<&'a str>,
}

/// The entries of one list that go by a name.
#[derive(Default)]
struct Entries {
    by_name: Vec<usize>,
    by_synonym: Vec<usize>,
}

fn class_of(kind: &str) -> Option<&'static str> {
    match kind {
        "threat-actor" | "intrusion-set" => Some("actor"),
        "malware" | "tool" => Some("software"),
        _ => None,
    }
}

/// Joins objects with the entries of curated lists that bear their name.
pub(super) fn join_listed(mentions: &mut Mentions, view: &View, config: &ResolveConfig) {
    let is_listed = |claim: &Claim| matches!(claim, Claim::Entity { vocabulary: Some(_), .. });
    if !view.records().iter().any(|record| record.content.claims.iter().any(is_listed)) {
        return;
    }
    let named = named(mentions, view);
    let lists = lists(&named, mentions);
    let mut proposals: Vec<(RuleIndex, usize, usize)> = Vec::new();
    for (at, object) in named.iter().enumerate() {
        let name = canonical::name(object.name);
        let of_name = lists
            .range((object.class, name.clone(), "")..)
            .take_while(|((class, listed, _), _)| *class == object.class && *listed == name)
            .take(LISTS_MAX);
        for (_, entries) in of_name {
            let (rule, entry) = match (entries.by_name.as_slice(), entries.by_synonym.as_slice()) {
                ([entry], _) => (LISTED_NAME, *entry),
                ([], [entry]) => (LISTED_SYNONYM, *entry),
                _ => continue,
            };
            if entry != at && config.applies(rule) {
                proposals.push((rule, at, entry));
            }
        }
    }
    let text = |at: usize| mentions[named[at].node].text.clone();
    let told = |at: usize| mentions[named[at].node].told;
    proposals
        .sort_by_cached_key(|&(rule, at, entry)| (rule, told(at).max(told(entry)), text(at), text(entry)));
    for (rule, at, entry) in proposals {
        let (object, entry) = (&named[at], &named[entry]);
        let list = entry.list.unwrap_or_default();
        let reason = if rule == LISTED_NAME {
            format!("the list {list} has an entry of the name \u{201c}{}\u{201d}", object.name)
        } else {
            format!(
                "the list {list} gives \u{201c}{}\u{201d} as a synonym of \u{201c}{}\u{201d}",
                object.name, entry.name
            )
        };
        mentions.join(Merge { from: object.node, to: entry.node, rule, record: entry.record, reason });
    }
}

fn named<'a>(mentions: &Mentions, view: &'a View) -> Vec<Named<'a>> {
    let mut named = Vec::new();
    for (at, record) in view.records().iter().enumerate() {
        for (claim_at, claim) in record.content.claims.iter().enumerate() {
            let Claim::Entity { kind, name: Some(name), aliases, vocabulary, .. } = claim else { continue };
            let (Some(class), Some(&node)) = (class_of(kind), mentions.claims.nodes(at, claim_at).first())
            else {
                continue;
            };
            if canonical::name(name).chars().count() >= NAME_MIN {
                let list = vocabulary.as_deref();
                named.push(Named { node, record: RecordIndex::new(at), class, name, aliases, list });
            }
        }
    }
    named
}

type Lists<'a> = BTreeMap<(&'static str, String, &'a str), Entries>;

/// Indexes the entries of every list by class, name and list.
fn lists<'a>(named: &[Named<'a>], mentions: &Mentions) -> Lists<'a> {
    let mut lists: Lists<'a> = BTreeMap::new();
    for (at, entry) in named.iter().enumerate() {
        let Some(list) = entry.list else { continue };
        let name = canonical::name(entry.name);
        for alias in entry.aliases {
            let alias = canonical::name(alias);
            if alias != name && alias.chars().count() >= NAME_MIN {
                let synonyms = &mut lists.entry((entry.class, alias, list)).or_default().by_synonym;
                add_entry(synonyms, at, named, mentions);
            }
        }
        add_entry(&mut lists.entry((entry.class, name, list)).or_default().by_name, at, named, mentions);
    }
    lists
}

/// Adds an entry, unless it is there already: two sources may deliver one list.
fn add_entry(entries: &mut Vec<usize>, at: usize, named: &[Named<'_>], mentions: &Mentions) {
    let root = mentions.root(named[at].node);
    // Two are as ambiguous as twenty.
    if entries.len() < 2 && !entries.iter().any(|&other| mentions.root(named[other].node) == root) {
        entries.push(at);
    }
}
