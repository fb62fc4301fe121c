//! Names and domains that are equal only as they look: letters of other scripts in the place of Latin ones (UTS 39), or `rn`, `vv`, `0` and `1`
//! in the place of `m`, `w`, `o` and `l`.
//!
//! Such a pair waits for a person, and no rule joins it. Only texts that look like ASCII throughout are compared, so that
//! names of other scripts cost nothing.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::{DefaultHasher, Hasher},
    iter,
};

use super::{PairOfClusters, PairState, bearers::Bearer};
use crate::{
    canonical::{self, skeleton::ascii_skeleton},
    resolve::{clusters::Clusters, identifier_nodes::NodeIndex},
};

/// Longest text that is read, in bytes.
const TEXT_MAX: usize = 1_000;
/// Most entities that look alike, so that their pairs are listed.
const ALIKE_MAX: usize = 20;

/// A text with its cluster.
struct Look<'a> {
    root: NodeIndex,
    text: &'a str,
    shown: Option<String>,
}

/// Reasons of a pair.
const SCRIPTS: &str =
    "look alike and have letters of different scripts or directions, so that a person must look";
const ASCII: &str =
    "differ only in `rn` and `m`, `vv` and `w`, `0` and `o`, or `1` and `l`, so that a person must look";

/// Returns the pairs of clusters whose names look alike.
pub(super) fn of_names(bearers: &[Bearer], clusters: &Clusters) -> Vec<PairOfClusters> {
    let all = || {
        bearers.iter().flat_map(|bearer| {
            bearer.names.iter().map(move |name| (bearer.class, clusters.root(bearer.root), &*name.text))
        })
    };
    let mut rows = of_ascii(all, "the names");
    rows.extend(names_of_scripts(all));
    rows
}

/// Returns the bytes of an ASCII text in lower case, with letters and digits that look alike made equal.
fn folded_bytes(text: &str) -> impl Iterator<Item = u8> {
    let mut bytes = text.bytes().map(|byte| byte.to_ascii_lowercase()).peekable();
    iter::from_fn(move || {
        Some(match bytes.next()? {
            b'r' if bytes.next_if_eq(&b'n').is_some() => b'm',
            b'v' if bytes.next_if_eq(&b'v').is_some() => b'w',
            b'0' => b'o',
            b'1' => b'l',
            other => other,
        })
    })
}

/// Returns whether a text is ASCII and may look like another one. A text of digits only is left out.
fn is_compared(text: &str) -> bool {
    text.len() <= TEXT_MAX && text.is_ascii() && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Returns a text in lower case with what looks alike made equal; `None` if that changes nothing.
fn folded(text: &str) -> Option<String> {
    let is_changed = text.bytes().map(|byte| byte.to_ascii_lowercase()).ne(folded_bytes(text));
    is_changed.then(|| folded_bytes(text).map(char::from).collect())
}

/// Returns the pairs of ASCII texts that look alike.
fn of_ascii<'a, I>(all: impl Fn() -> I, texts: &str) -> Vec<PairOfClusters>
where
    I: Iterator<Item = (usize, NodeIndex, &'a str)>,
{
    let compared = || all().filter(|(.., text)| is_compared(text));
    // Few of millions of texts look like another one: only those of equal hashes are kept.
    let mut hashes: Vec<(u64, usize)> =
        compared().enumerate().map(|(at, (class, _, text))| (hash_of(class, text), at)).collect();
    hashes.sort_unstable();
    let shared = hashes.chunk_by(|a, b| a.0 == b.0).filter(|equal| equal.len() > 1);
    let positions: HashSet<usize> = shared.flatten().map(|(_, at)| *at).collect();
    let suspects = compared().enumerate().filter(|(at, _)| positions.contains(at));
    let suspects: Vec<(usize, NodeIndex, &str)> = suspects.map(|(_, suspect)| suspect).collect();

    let mut alike: BTreeMap<(usize, String), Vec<Look<'_>>> = BTreeMap::new();
    for &(class, root, text) in &suspects {
        if let Some(folded) = folded(text) {
            alike.entry((class, folded)).or_default().push(Look { root, text, shown: None });
        }
    }
    for &(class, root, text) in &suspects {
        let key = (class, text.to_ascii_lowercase());
        if let Some(group) = alike.get_mut(&key)
            && group.len() <= ALIKE_MAX
            && group.iter().all(|look| look.root != root || look.text != text)
        {
            group.push(Look { root, text, shown: None });
        }
    }
    alike.into_values().flat_map(|group| pairs(&group, &format!("{texts} {ASCII}"), |_, _| true)).collect()
}

/// Returns a hash of a class and of the folded bytes of a text.
fn hash_of(class: usize, text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write_usize(class);
    folded_bytes(text).for_each(|byte| hasher.write_u8(byte));
    hasher.finish()
}

fn names_of_scripts<'a, I>(all: impl Fn() -> I) -> Vec<PairOfClusters>
where
    I: Iterator<Item = (usize, NodeIndex, &'a str)>,
{
    let mut alike: BTreeMap<(usize, String), Vec<Look<'_>>> = BTreeMap::new();
    for (class, root, text) in all().filter(|(.., text)| !text.is_ascii()) {
        if let Some(skeleton) = ascii_skeleton(text) {
            alike.entry((class, skeleton)).or_default().push(Look { root, text, shown: None });
        }
    }
    if alike.is_empty() {
        return Vec::new();
    }
    for (class, root, text) in all().filter(|(.., text)| text.is_ascii()) {
        if let Some(skeleton) = ascii_skeleton(text)
            && let Some(group) = alike.get_mut(&(class, skeleton))
        {
            group.push(Look { root, text, shown: None });
        }
    }
    alike.into_values().flat_map(|group| pairs_of_scripts(&group, "the names")).collect()
}

/// Returns the pairs of domains that look alike.
pub(super) fn of_domains(clusters: &Clusters) -> Vec<PairOfClusters> {
    let domains = || {
        let nodes = clusters.identifiers.enumerate();
        nodes
            .filter(|(_, node)| node.id.kind() == "domain-name")
            .map(|(at, node)| (clusters.root(at), node.id.value()))
    };
    let mut rows = of_ascii(|| domains().map(|(root, text)| (0, root, text)), "the domains");
    rows.extend(domains_of_scripts(domains));
    rows
}

/// Returns the pairs of domains of which one is internationalised.
fn domains_of_scripts<'a, I>(domains: impl Fn() -> I) -> Vec<PairOfClusters>
where
    I: Iterator<Item = (NodeIndex, &'a str)>,
{
    let mut alike: HashMap<String, Vec<Look<'_>>> = HashMap::new();
    for (root, text) in domains().filter(|(_, text)| text.contains("xn--")) {
        let (unicode, _) = idna::domain_to_unicode(text);
        if let Some(skeleton) = ascii_skeleton(&unicode) {
            alike.entry(skeleton).or_default().push(Look { root, text, shown: Some(unicode) });
        }
    }
    if alike.is_empty() {
        return Vec::new();
    }
    for (root, text) in domains().filter(|(_, text)| !text.contains("xn--")) {
        if let Some(skeleton) = ascii_skeleton(text)
            && let Some(group) = alike.get_mut(&skeleton)
        {
            group.push(Look { root, text, shown: None });
        }
    }
    let mut groups: Vec<(String, Vec<Look<'_>>)> = alike.into_iter().collect();
    groups.sort_by(|a, b| a.0.cmp(&b.0));
    groups.iter().flat_map(|(_, group)| pairs_of_scripts(group, "the domains")).collect()
}

fn pairs_of_scripts(group: &[Look<'_>], texts: &str) -> Vec<PairOfClusters> {
    pairs(group, &format!("{texts} {SCRIPTS}"), |one, other| !(one.is_ascii() && other.is_ascii()))
}

/// Returns the pairs of different clusters whose texts differ; empty for a group that is too large.
fn pairs(group: &[Look<'_>], reason: &str, may_differ: fn(&str, &str) -> bool) -> Vec<PairOfClusters> {
    if group.len() > ALIKE_MAX {
        return Vec::new();
    }
    let mut rows: Vec<PairOfClusters> = Vec::new();
    for (at, one) in group.iter().enumerate() {
        for other in &group[at + 1..] {
            let [left, right] = [one, other].map(|look| look.shown.as_deref().unwrap_or(look.text));
            let is_only_alike = may_differ(left, right) && canonical::name(left) != canonical::name(right);
            let is_new = rows.iter().all(|row| row.nodes != [one.root, other.root]);
            if one.root != other.root && is_only_alike && is_new {
                rows.push(PairOfClusters {
                    nodes: [one.root, other.root],
                    names: [left.to_owned(), right.to_owned()],
                    levels: Vec::new(),
                    bits: None,
                    review_probability: None,
                    constraint: Some(reason.to_owned()),
                    state: PairState::Unsure,
                });
            }
        }
    }
    rows
}
