//! Reuse of a resolution for a similar view, such as that of the next run or one without a few records.
//!
//! Identifiers are joined again for every view, because rules such as the comparison of names depend on all records.
//! An entity is built again only if its cluster has other identifiers or other records than before. All other entities
//! and links are copied. A copied entity is equal to the one that a resolution without reuse builds. Everything in it
//! follows from the identifiers of its cluster, the records that name one of them, and the ends of their links.

use super::{
    Resolution, clusters::Clusters, identifier_nodes::NodeIndex, retired_objects::RetiredObjects,
    same_records::SameRecords,
};
use crate::{
    entity::Entity,
    index::{EntityIndex, LinkIndex, RecordIndex},
    link::Link,
    view::View,
};

/// Parts of a resolution that the resolution of a similar view uses again.
pub struct Reusable {
    pub(super) clusters: Clusters,
    /// Entity of each identifier.
    pub(super) entity_of_node: Vec<Option<EntityIndex>>,
    pub(super) links: LinksOfClaims,
}

/// Link of each claim, and number of the claims of each link.
#[derive(Default)]
pub(super) struct LinksOfClaims {
    /// By the position among all claims; `None` for a claim of an entity, and for one without effect.
    pub(super) of_claim: Vec<Option<LinkIndex>>,
    pub(super) claim_counts: Vec<u32>,
}

/// A resolution from which the resolution of a similar view takes entities and links.
#[derive(Clone, Copy)]
pub struct Earlier<'a> {
    /// View that was resolved.
    pub view: &'a View,
    /// Its resolution by the same rules of identity and the same warning lists.
    pub resolution: &'a Resolution,
    /// Parts of that resolution.
    pub reusable: &'a Reusable,
}

/// State of a cluster, beside an earlier view.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ClusterState {
    /// It has other identifiers or other records.
    Changed,
    /// It is equal; with its earlier entity, if it had one.
    Same(Option<EntityIndex>),
}

/// An earlier resolution, beside the clusters of a similar view.
pub(super) struct Reuse<'a> {
    earlier: Earlier<'a>,
    same: &'a SameRecords,
    /// State of the cluster of each root.
    states: Vec<ClusterState>,
}

impl<'a> Reuse<'a> {
    /// Compares the clusters of a view with those of an earlier view. `before` has the earlier node of each node.
    pub(super) fn of(
        earlier: Earlier<'a>,
        same: &'a SameRecords,
        (clusters, retired): (&Clusters, &RetiredObjects<'_>),
        before: &[Option<NodeIndex>],
    ) -> Self {
        let mut comparison = Comparison::of(earlier, clusters, before);
        comparison.compare_identifiers();
        comparison.compare_records(same);
        if retired.any() || earlier.view.has_retired_objects() {
            comparison.compare_ends(retired, same);
        }
        let entity_of_node = &earlier.reusable.entity_of_node;
        let state = |root: usize| match comparison.earlier_root[root] {
            Some(earlier_root) if !comparison.is_changed[root] => {
                ClusterState::Same(entity_of_node[earlier_root.index()])
            }
            _ => ClusterState::Changed,
        };
        let states = (0..before.len()).map(state).collect();
        Self { earlier, same, states }
    }

    /// Returns the state of the cluster with a root.
    pub(super) fn state(&self, root: NodeIndex) -> ClusterState {
        self.states[root.index()]
    }

    /// Returns an entity of the earlier view.
    pub(super) fn entity(&self, entity: EntityIndex) -> &'a Entity {
        &self.earlier.resolution[entity]
    }

    /// Returns a copy of an entity whose cluster is the same.
    pub(super) fn copied_entity(&self, entity: EntityIndex) -> Entity {
        let mut copy = self.entity(entity).clone();
        for record in copy.records.iter_mut() {
            *record = self.moved(*record);
        }
        for identifier in copy.identifiers.iter_mut() {
            identifier.record = self.moved(identifier.record);
        }
        copy
    }

    /// Returns the link of a claim in the earlier view; `None` if that view does not have it.
    pub(super) fn link_of_claim(&self, record: RecordIndex, number: u32) -> Option<LinkIndex> {
        let Reusable { clusters, links, .. } = self.earlier.reusable;
        let record = self.same.before(record)?;
        links.of_claim[clusters.identifiers.position_of_claim(record.index(), number as usize)]
    }

    /// Returns a link of the earlier view.
    pub(super) fn link(&self, link: LinkIndex) -> &'a Link {
        &self.earlier.resolution[link]
    }

    /// Returns whether a link of the earlier view has the given number of claims and joins these two entities.
    pub(super) fn has_link(&self, link: LinkIndex, claims: usize, [from, to]: [&Entity; 2]) -> bool {
        let earlier = self.link(link);
        self.earlier.reusable.links.claim_counts[link.index()] as usize == claims
            && self.entity(earlier.from).id == from.id
            && self.entity(earlier.to).id == to.id
    }

    /// Returns a copy of a link whose claims are the same.
    pub(super) fn copied_link(&self, link: LinkIndex) -> Link {
        let mut copy = self.link(link).clone();
        for record in copy.records.iter_mut() {
            *record = self.moved(*record);
        }
        copy
    }

    fn moved(&self, record: RecordIndex) -> RecordIndex {
        self.same.after(record).expect("a record of an equal cluster is in both views")
    }
}

/// Comparison of the clusters of a view with those of an earlier view.
struct Comparison<'a> {
    earlier: Earlier<'a>,
    clusters: &'a Clusters,
    /// Earlier node of each node, and node of each earlier node.
    before: &'a [Option<NodeIndex>],
    after: Vec<Option<NodeIndex>>,
    /// Root of the earlier cluster, for the root of each cluster.
    earlier_root: Vec<Option<NodeIndex>>,
    /// True for the root of each cluster that changed.
    is_changed: Vec<bool>,
}

impl<'a> Comparison<'a> {
    fn of(earlier: Earlier<'a>, clusters: &'a Clusters, before: &'a [Option<NodeIndex>]) -> Self {
        let mut after = vec![None; earlier.reusable.clusters.identifiers.len()];
        for (node, before) in clusters.identifiers.all().zip(before) {
            if let Some(before) = before {
                after[before.index()] = Some(node);
            }
        }
        let count = clusters.identifiers.len();
        let (earlier_root, is_changed) = (vec![None; count], vec![false; count]);
        Self { earlier, clusters, before, after, earlier_root, is_changed }
    }

    fn mark(&mut self, node: NodeIndex) {
        self.is_changed[self.clusters.root(node).index()] = true;
    }

    /// Marks the clusters that do not have exactly the identifiers of one earlier cluster.
    fn compare_identifiers(&mut self) {
        let earlier = &self.earlier.reusable.clusters;
        let earlier_sizes = sizes(earlier);
        for (node, before) in self.clusters.identifiers.all().zip(self.before) {
            let root = self.clusters.root(node).index();
            let before = before.map(|before| earlier.root(before));
            let is_of_one =
                before.is_some_and(|before| *self.earlier_root[root].get_or_insert(before) == before);
            self.is_changed[root] |= !is_of_one;
        }
        for (root, size) in sizes(self.clusters).into_iter().enumerate() {
            let is_whole =
                self.earlier_root[root].is_some_and(|earlier| earlier_sizes[earlier.index()] == size);
            self.is_changed[root] |= !is_whole;
        }
    }

    /// Marks the clusters that a record of only one view names.
    fn compare_records(&mut self, same: &SameRecords) {
        for record in same.added() {
            for position in 0..self.clusters.identifiers.of_record(record.index()).len() {
                self.mark(self.clusters.identifiers.of_record(record.index())[position]);
            }
        }
        let earlier = &self.earlier.reusable.clusters.identifiers;
        for record in same.removed() {
            for node in earlier.of_record(record.index()) {
                if let Some(node) = self.after[node.index()] {
                    self.mark(node);
                }
            }
        }
    }

    /// Marks the clusters at both ends of each link that ends elsewhere than before, because another object is retired.
    fn compare_ends(&mut self, retired: &RetiredObjects<'_>, same: &SameRecords) {
        let earlier = &self.earlier.reusable.clusters;
        let earlier_retired = RetiredObjects::of(&earlier.identifiers, self.earlier.view);
        for record in RecordIndex::first(self.earlier.view.records().len()) {
            let Some(after) = same.after(record) else { continue };
            for (number, ..) in
                earlier.identifiers.claims(record.index()).filter(|claim| !claim.1.is_entity())
            {
                let number = number as usize;
                let was = earlier_retired.live_ends(earlier, record.index(), number);
                let is = retired.live_ends(self.clusters, after.index(), number);
                let moved = was.map(|ends| ends.map(|node| self.after[node.index()]));
                if moved != is.map(|ends| ends.map(Some)) {
                    let ends = is.into_iter().flatten().chain(moved.into_iter().flatten().flatten());
                    for node in ends.collect::<Vec<NodeIndex>>() {
                        self.mark(node);
                    }
                }
            }
        }
    }
}

/// Returns the number of identifiers of each cluster, by its root; 0 for other identifiers.
fn sizes(clusters: &Clusters) -> Vec<u32> {
    let mut sizes = vec![0; clusters.identifiers.len()];
    for node in clusters.identifiers.all() {
        sizes[clusters.root(node).index()] += 1;
    }
    sizes
}
