//! Rules `listed-name` and `listed-synonym`: actors and software that curated lists know by one name.
//!
//! Only the name of an object is looked up, never its aliases, because a source often uses an alias for a related
//! object. A name that several entries of one list have joins nothing.

use std::collections::BTreeMap;

use super::{
    clusters::{Clusters, Merge},
    identifier_nodes::NodeIndex,
    rules::{LISTED_NAME, LISTED_SYNONYM, ResolveConfig, RuleIndex},
};
use crate::{
    canonical,
    index::RecordIndex,
    record::{LentClaim, LentTexts},
    view::View,
};

/// Largest number of lists in which one name is looked up, in order of the names of the lists.
const LISTS_MAX: usize = 64;
/// Length of the shortest name that is looked up, in characters of its comparison form.
const NAME_MIN: usize = 3;

/// An entity claim with a name, of a class whose names are compared.
struct NamedObject<'a> {
    node: NodeIndex,
    record: RecordIndex,
    class: &'static str,
    name: &'a str,
    aliases: LentTexts<'a>,
    list: Option<&'a str>,
}

/// The entries of one list that have a name, as positions in the list of named objects.
#[derive(Default)]
struct Entries {
    by_name: Vec<usize>,
    by_synonym: Vec<usize>,
}

/// Entries of every list, by class, name and list.
type EntriesByName<'a> = BTreeMap<(&'static str, String, &'a str), Entries>;

/// An object that may be the same entity as an entry of a list; both are positions in the list of named objects.
struct Proposal {
    rule: RuleIndex,
    object: usize,
    entry: usize,
}

fn class_of(kind: &str) -> Option<&'static str> {
    match kind {
        "threat-actor" | "intrusion-set" => Some("actor"),
        "malware" | "tool" => Some("software"),
        _ => None,
    }
}

/// Joins objects with the entries of curated lists that have their name.
pub(super) fn join(clusters: &mut Clusters, view: &View, config: &ResolveConfig) {
    if !clusters.identifiers.traits().iter().any(|claim| claim.is_listed()) {
        return;
    }
    let objects = named_objects(clusters, view);
    let mut proposals = proposals(&objects, &entries_by_name(&objects, clusters), config);
    let node = |object: usize| &clusters.identifiers[objects[object].node];
    proposals.sort_by_cached_key(|&Proposal { rule, object, entry }| {
        let (object, entry) = (node(object), node(entry));
        let recorded_first = object.recorded_first.max(entry.recorded_first);
        (rule, recorded_first, object.id.clone(), entry.id.clone())
    });
    for Proposal { rule, object, entry } in proposals {
        let (object, entry) = (&objects[object], &objects[entry]);
        let reason = reason(rule, object, entry);
        clusters.join(Merge { from: object.node, to: entry.node, rule, record: Some(entry.record), reason });
    }
}

/// Returns a proposal for each object and list whose only entry of that name is another object.
fn proposals(
    objects: &[NamedObject<'_>],
    entries_by_name: &EntriesByName<'_>,
    config: &ResolveConfig,
) -> Vec<Proposal> {
    let mut proposals = Vec::new();
    for (position, object) in objects.iter().enumerate() {
        let name = canonical::name(object.name);
        let lists = entries_by_name
            .range((object.class, name.clone(), "")..)
            .take_while(|((class, listed_name, _), _)| *class == object.class && *listed_name == name)
            .take(LISTS_MAX);
        for (_, entries) in lists {
            let (rule, entry) = match (entries.by_name.as_slice(), entries.by_synonym.as_slice()) {
                ([entry], _) => (LISTED_NAME, *entry),
                ([], [entry]) => (LISTED_SYNONYM, *entry),
                _ => continue,
            };
            if entry != position && config.applies(rule) {
                proposals.push(Proposal { rule, object: position, entry });
            }
        }
    }
    proposals
}

fn reason(rule: RuleIndex, object: &NamedObject<'_>, entry: &NamedObject<'_>) -> String {
    let (list, name) = (entry.list.unwrap_or_default(), object.name);
    if rule == LISTED_NAME {
        return format!("the list {list} has an entry of the name \u{201c}{name}\u{201d}");
    }
    format!("the list {list} gives \u{201c}{name}\u{201d} as a synonym of \u{201c}{}\u{201d}", entry.name)
}

fn named_objects<'a>(clusters: &Clusters, view: &'a View) -> Vec<NamedObject<'a>> {
    let mut objects = Vec::new();
    for (record, position) in view.records().iter().zip(0..) {
        for (number, _, nodes) in clusters.identifiers.claims(position).filter(|claim| claim.1.is_named()) {
            let claim = record.content.claim(number as usize);
            let Some(LentClaim::Entity { kind, name: Some(name), aliases, vocabulary, .. }) = claim else {
                continue;
            };
            let (Some(class), Some(&node)) = (class_of(&kind), nodes.first()) else { continue };
            let is_pseudonym = canonical::pseudonym::is_pseudonym(name);
            if !is_pseudonym && canonical::name(name).chars().count() >= NAME_MIN {
                let (record, list) = (RecordIndex::new(position), vocabulary);
                objects.push(NamedObject { node, record, class, name, aliases, list });
            }
        }
    }
    objects
}

fn entries_by_name<'a>(objects: &[NamedObject<'a>], clusters: &Clusters) -> EntriesByName<'a> {
    let mut entries_by_name: EntriesByName<'a> = BTreeMap::new();
    for (position, entry) in objects.iter().enumerate() {
        let Some(list) = entry.list else { continue };
        let name = canonical::name(entry.name);
        for alias in entry.aliases.clone() {
            let alias = canonical::name(alias);
            if alias != name && alias.chars().count() >= NAME_MIN {
                let entries = entries_by_name.entry((entry.class, alias, list)).or_default();
                add_entry(&mut entries.by_synonym, position, objects, clusters);
            }
        }
        let entries = entries_by_name.entry((entry.class, name, list)).or_default();
        add_entry(&mut entries.by_name, position, objects, clusters);
    }
    entries_by_name
}

/// Adds an entry, unless its cluster is there already, because two sources may deliver one list.
fn add_entry(entries: &mut Vec<usize>, position: usize, objects: &[NamedObject<'_>], clusters: &Clusters) {
    let root = |entry: usize| clusters.root(objects[entry].node);
    // Two entries are enough to make the name ambiguous.
    if entries.len() < 2 && !entries.iter().any(|&other| root(other) == root(position)) {
        entries.push(position);
    }
}
