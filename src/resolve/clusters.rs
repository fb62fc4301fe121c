//! Clusters of identifiers that mean one entity, joined under constraints.

use std::collections::HashMap;

use super::{
    facts::{ClusterFacts, FactKey},
    identifier_nodes::{IdentifierNodes, NodeIndex},
    rules::RuleIndex,
};
use crate::index::RecordIndex;

/// A merge of two clusters, or a rejected one.
pub(super) struct Merge {
    pub(super) from: NodeIndex,
    pub(super) to: NodeIndex,
    pub(super) rule: RuleIndex,
    /// Record that the reason comes from; `None` for a judgement and for a comparison.
    pub(super) record: Option<RecordIndex>,
    pub(super) reason: String,
}

/// Every identifier of a view, and the clusters that they form: a forest of disjoint sets with the facts of each set.
pub(super) struct Clusters {
    pub(super) identifiers: IdentifierNodes,
    parent: Vec<NodeIndex>,
    facts: HashMap<NodeIndex, ClusterFacts>,
    pub(super) merges: Vec<Merge>,
    pub(super) rejected: Vec<Merge>,
}

impl Clusters {
    /// Makes a cluster of each identifier.
    pub(super) fn of(identifiers: IdentifierNodes) -> Self {
        let parent = identifiers.all().collect();
        Self { identifiers, parent, facts: HashMap::new(), merges: Vec::new(), rejected: Vec::new() }
    }

    /// Returns the node that represents a cluster.
    pub(super) fn root(&self, mut node: NodeIndex) -> NodeIndex {
        while self.parent[node.index()] != node {
            node = self.parent[node.index()];
        }
        node
    }

    /// Returns the node that represents a cluster, and halves the path to it.
    fn find(&mut self, mut node: NodeIndex) -> NodeIndex {
        while self.parent[node.index()] != node {
            let above = self.parent[node.index()];
            self.parent[node.index()] = self.parent[above.index()];
            node = above;
        }
        node
    }

    /// Makes the root of each cluster the parent of all its nodes.
    pub(super) fn flatten(&mut self) {
        for node in self.identifiers.all() {
            self.parent[node.index()] = self.find(node);
        }
    }

    /// Frees the facts. No clusters are joined after this.
    pub(super) fn forget_facts(&mut self) {
        self.facts = HashMap::new();
    }

    /// Adds a fact to the cluster of a node.
    pub(super) fn add_fact(&mut self, node: NodeIndex, key: FactKey, value: String) {
        let root = self.find(node);
        self.facts.entry(root).or_default().add(key, value);
    }

    /// Joins two clusters, or rejects the merge if their facts contradict each other.
    pub(super) fn join(&mut self, merge: Merge) {
        let (a, b) = (self.find(merge.from), self.find(merge.to));
        if a == b {
            return;
        }
        if let Some(key) = self.contradiction(a, b) {
            let reason = format!("{}; kept apart: {key}", merge.reason);
            self.rejected.push(Merge { reason, ..merge });
            return;
        }
        // The root is the lower identifier, so that the forest does not depend on the order of merges.
        let is_first_lower = self.identifiers[a].id <= self.identifiers[b].id;
        let (root, child) = if is_first_lower { (a, b) } else { (b, a) };
        self.parent[child.index()] = root;
        if let Some(facts) = self.facts.remove(&child) {
            self.facts.entry(root).or_default().join(facts);
        }
        self.merges.push(merge);
    }

    /// Returns the constraint that keeps the clusters of two nodes apart, in words; `None` without one.
    pub(super) fn constraint(&self, one: NodeIndex, other: NodeIndex) -> Option<String> {
        self.contradiction(self.root(one), self.root(other)).map(ToString::to_string)
    }

    /// Returns the key of which two clusters have different values.
    fn contradiction(&self, a: NodeIndex, b: NodeIndex) -> Option<&FactKey> {
        self.facts.get(&a)?.contradiction(self.facts.get(&b)?)
    }
}
