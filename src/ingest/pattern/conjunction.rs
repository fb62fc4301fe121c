//! Conjunctions of a pattern: which observables it names alone, and which only together with others.

use std::ops::Range;

use super::syntax::PatternObservable;
use crate::canonical;

/// A pattern or a part of it.
pub(super) enum ExpressionNode {
    Leaf(Comparison),
    /// All nodes must hold, within one observation or each in its own observation.
    All {
        nodes: Vec<ExpressionNode>,
        is_one_observation: bool,
    },
    /// One node must hold.
    Any(Vec<ExpressionNode>),
}

/// One comparison of a property.
pub(super) struct Comparison {
    pub(super) kind: String,
    pub(super) path: String,
    /// Positions of the observables that it names: several for `IN`, none for other operators.
    pub(super) named: Range<usize>,
}

/// Most comparisons below one AND that are examined pair by pair. In a larger AND, no comparison counts
/// alone.
const WEIGHED_MAX: usize = 64;

impl ExpressionNode {
    pub(super) fn all(parts: Vec<Self>, is_one_observation: bool) -> Self {
        let mut nodes = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::All { nodes: inner, is_one_observation: is_one } if is_one == is_one_observation => {
                    nodes.extend(inner);
                }
                part => nodes.push(part),
            }
        }
        if nodes.len() == 1 { nodes.remove(0) } else { Self::All { nodes, is_one_observation } }
    }

    pub(super) fn any(mut nodes: Vec<Self>) -> Self {
        if nodes.len() == 1 { nodes.remove(0) } else { Self::Any(nodes) }
    }

    fn leaves<'a>(&'a self, leaves: &mut Vec<&'a Comparison>) {
        match self {
            Self::Leaf(leaf) => leaves.push(leaf),
            Self::All { nodes, .. } | Self::Any(nodes) => nodes.iter().for_each(|node| node.leaves(leaves)),
        }
    }

    fn visit<'a>(&'a self, see: &mut dyn FnMut(&'a Self)) {
        see(self);
        match self {
            Self::Leaf(_) => {}
            Self::All { nodes, .. } | Self::Any(nodes) => nodes.iter().for_each(|node| node.visit(see)),
        }
    }
}

/// Returns for each observable whether the pattern names it alone.
pub(super) fn alone(tree: &ExpressionNode, found: &[PatternObservable]) -> Vec<bool> {
    let mut is_alone = vec![true; found.len()];
    tree.visit(&mut |node| {
        let ExpressionNode::All { nodes, is_one_observation } = node else { return };
        let mut leaves = Vec::new();
        node.leaves(&mut leaves);
        let is_weighed = leaves.len() <= WEIGHED_MAX;
        for (at, own) in nodes.iter().enumerate() {
            let mut leaves = Vec::new();
            own.leaves(&mut leaves);
            for leaf in leaves {
                let mut others = nodes.iter().enumerate().filter(|(other, _)| *other != at);
                let may = |other: &ExpressionNode| leaves_alone(other, leaf, *is_one_observation, found);
                if !is_weighed || !others.all(|(_, other)| may(other)) {
                    is_alone[leaf.named.clone()].fill(false);
                }
            }
        }
    });
    is_alone
}

/// Returns whether a comparison still names its observable alone if another part must hold, too.
fn leaves_alone(
    part: &ExpressionNode,
    leaf: &Comparison,
    is_one_observation: bool,
    found: &[PatternObservable],
) -> bool {
    match part {
        ExpressionNode::Any(nodes) => {
            nodes.iter().any(|node| leaves_alone(node, leaf, is_one_observation, found))
        }
        ExpressionNode::All { nodes, .. } => {
            nodes.iter().all(|node| leaves_alone(node, leaf, is_one_observation, found))
        }
        ExpressionNode::Leaf(other) => {
            let value = |of: &Comparison| found[of.named.clone()].first().map(|each| &each.value);
            let is_same_value = leaf.named.len() == 1
                && other.named.len() == 1
                && value(leaf).zip(value(other)).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b));
            is_same_value || (is_one_observation && qualifies(other, leaf))
        }
    }
}

/// Returns whether a comparison only adds to the object that another one names.
fn qualifies(other: &Comparison, leaf: &Comparison) -> bool {
    if !other.kind.eq_ignore_ascii_case(&leaf.kind) {
        return false;
    }
    match (identity(leaf), identity(other)) {
        // A file has one digest by each algorithm.
        (ClauseIdentity::Digest(own), ClauseIdentity::Digest(others)) => own != others,
        (
            ClauseIdentity::Digest(_) | ClauseIdentity::Whole,
            ClauseIdentity::Part | ClauseIdentity::Description,
        ) => true,
        // A condition on the same property, such as LIKE, names no other object.
        (ClauseIdentity::Whole, ClauseIdentity::Whole) => other.named.is_empty(),
        (ClauseIdentity::Part, ClauseIdentity::Description) => !is_weak(leaf),
        _ => false,
    }
}

/// Degree to which a property identifies an object.
#[derive(PartialEq, Eq)]
enum ClauseIdentity {
    /// A digest of the whole content, with its algorithm.
    Digest(&'static str),
    /// The value that identifies the object.
    Whole,
    /// A property that many objects share.
    Part,
    /// A description: a size, a port.
    Description,
}

/// Kinds and the property that identifies their objects.
const KNOWN_BY: [(&str, &str); 8] = [
    ("domain-name", "value"),
    ("ipv4-addr", "value"),
    ("ipv6-addr", "value"),
    ("url", "value"),
    ("email-addr", "value"),
    ("mac-addr", "value"),
    ("autonomous-system", "number"),
    ("mutex", "name"),
];

fn identity(comparison: &Comparison) -> ClauseIdentity {
    let (kind, path) = (comparison.kind.to_ascii_lowercase(), comparison.path.to_ascii_lowercase());
    match path.strip_prefix("hashes.").and_then(canonical::whole_digest) {
        Some(algorithm) if matches!(&*kind, "file" | "artifact" | "x509-certificate") => {
            ClauseIdentity::Digest(algorithm)
        }
        _ if KNOWN_BY.contains(&(&*kind, &*path)) => ClauseIdentity::Whole,
        _ if canonical::only_describes(&path) => ClauseIdentity::Description,
        _ => ClauseIdentity::Part,
    }
}

/// Returns whether many objects share a property: a file's name, a similarity hash, a registry key.
fn is_weak(comparison: &Comparison) -> bool {
    matches!(&*comparison.kind.to_ascii_lowercase(), "file" | "artifact" | "windows-registry-key")
}

/// Returns the digests, grouped by file, that parts of a pattern require together.
pub(super) fn files(tree: &ExpressionNode) -> Vec<Vec<usize>> {
    let mut files = Vec::new();
    tree.visit(&mut |node| {
        let ExpressionNode::All { nodes, is_one_observation: true } = node else { return };
        let mut algorithms = Vec::new();
        let mut digests = Vec::new();
        for node in nodes {
            let ExpressionNode::Leaf(leaf) = node else { continue };
            let (1, ClauseIdentity::Digest(algorithm)) = (leaf.named.len(), identity(leaf)) else { continue };
            let is_file = ["file", "artifact"].iter().any(|kind| leaf.kind.eq_ignore_ascii_case(kind));
            if is_file {
                algorithms.push(algorithm);
                digests.push(leaf.named.start);
            }
        }
        let count = algorithms.len();
        algorithms.sort_unstable();
        algorithms.dedup();
        // Two digests by one algorithm belong to two files, and nobody can say which belongs to which.
        if count > 1 && algorithms.len() == count {
            files.push(digests);
        }
    });
    files
}
