//! Names and domains that are equal only as they look: letters of other scripts in the place of Latin ones (UTS 39), or `rn`, `vv`, `0` and `1`
//! in the place of `m`, `w`, `o` and `l`.
//!
//! Such a pair waits for a person, and no rule joins it. Only texts that look like ASCII throughout are compared, so that
//! names of other scripts cost nothing.

use std::collections::{BTreeMap, HashMap};

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
const SCRIPTS: &str = "look alike and have letters of different scripts, so that a person must look";
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

/// Returns an ASCII text with its letters and digits that look alike made equal; `None` if nothing changes.
fn folded(text: &str) -> Option<String> {
    const LOOKS: [(&str, &str); 4] = [("rn", "m"), ("vv", "w"), ("0", "o"), ("1", "l")];
    let lower = text.to_ascii_lowercase();
    // A text of digits only is left out.
    let is_read =
        lower.len() <= TEXT_MAX && lower.is_ascii() && lower.bytes().any(|byte| byte.is_ascii_alphabetic());
    let changes = is_read && LOOKS.iter().any(|(look, _)| lower.contains(look));
    changes.then(|| LOOKS.iter().fold(lower, |text, (look, letter)| text.replace(look, letter)))
}

/// Returns the pairs of ASCII texts that look alike. One of both contains a letter or digit that looks like another one, so that the
/// others need no fold.
fn of_ascii<'a, I>(all: impl Fn() -> I, texts: &str) -> Vec<PairOfClusters>
where
    I: Iterator<Item = (usize, NodeIndex, &'a str)>,
{
    let mut alike: BTreeMap<(usize, String), Vec<Look<'_>>> = BTreeMap::new();
    for (class, root, text) in all() {
        if let Some(folded) = folded(text) {
            alike.entry((class, folded)).or_default().push(Look { root, text, shown: None });
        }
    }
    if alike.is_empty() {
        return Vec::new();
    }
    for (class, root, text) in all().filter(|(.., text)| text.is_ascii()) {
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
                    constraint: Some(reason.to_owned()),
                    state: PairState::Unsure,
                });
            }
        }
    }
    rows
}
