//! Names and domains that are equal only as they look: letters of other scripts in the place of Latin ones (UTS 39).
//!
//! Such a pair waits for a person, and no rule joins it. Only texts that look like ASCII throughout are compared, so that
//! names of other scripts cost nothing.

use std::collections::{BTreeMap, HashMap};

use super::{PairOfClusters, PairState, bearers::Bearer};
use crate::{
    canonical::{self, skeleton::ascii_skeleton},
    resolve::{clusters::Clusters, identifier_nodes::NodeIndex},
};

/// Most entities that look alike, so that their pairs are listed.
const ALIKE_MAX: usize = 20;

/// A text with its cluster.
struct Look<'a> {
    root: NodeIndex,
    text: &'a str,
    shown: Option<String>,
}

/// Returns the pairs of clusters whose names look alike.
pub(super) fn of_names(bearers: &[Bearer], clusters: &Clusters) -> Vec<PairOfClusters> {
    let all = || {
        bearers.iter().flat_map(|bearer| {
            bearer.names.iter().map(move |name| (bearer.class, clusters.root(bearer.root), &*name.text))
        })
    };
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
    alike
        .into_values()
        .flat_map(|group| pairs(&group, "the names look alike and have letters of different scripts"))
        .collect()
}

/// Returns the pairs of domains that look alike, if one of them is internationalised.
pub(super) fn of_domains(clusters: &Clusters) -> Vec<PairOfClusters> {
    let domains = || {
        let nodes = clusters.identifiers.enumerate();
        nodes
            .filter(|(_, node)| node.id.kind() == "domain-name")
            .map(|(at, node)| (clusters.root(at), node.id.value()))
    };
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
    groups
        .iter()
        .flat_map(|(_, group)| pairs(group, "the domains look alike and have letters of different scripts"))
        .collect()
}

/// Returns the pairs of different clusters whose texts differ; empty for a group that is too large.
fn pairs(group: &[Look<'_>], reason: &str) -> Vec<PairOfClusters> {
    if group.len() > ALIKE_MAX {
        return Vec::new();
    }
    let mut rows: Vec<PairOfClusters> = Vec::new();
    for (at, one) in group.iter().enumerate() {
        for other in &group[at + 1..] {
            let [left, right] = [one, other].map(|look| look.shown.as_deref().unwrap_or(look.text));
            let is_only_alike =
                canonical::name(left) != canonical::name(right) && !(left.is_ascii() && right.is_ascii());
            let is_new = rows.iter().all(|row| row.nodes != [one.root, other.root]);
            if one.root != other.root && is_only_alike && is_new {
                rows.push(PairOfClusters {
                    nodes: [one.root, other.root],
                    names: [left.to_owned(), right.to_owned()],
                    levels: Vec::new(),
                    bits: None,
                    constraint: Some(format!("{reason}, so that a person must look")),
                    state: PairState::Unsure,
                });
            }
        }
    }
    rows
}
