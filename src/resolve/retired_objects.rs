//! Objects that were revoked, have expired, or lost their id to another object, although links still lead to them.

use std::collections::HashMap;

use super::{
    clusters::Clusters,
    identifier_nodes::{IdentifierNodes, NodeIndex, REVOKED_BY},
};
use crate::{
    ingest,
    record::{LentClaim, LentIdentifier},
    view::View,
};

/// Most objects of a chain, each revoked by the next one.
const CHAIN_MAX: usize = 8;

/// Objects that every source revoked or let expire. A link to one of them counts for the object that takes its place, and
/// without such an object it has no effect.
pub(super) struct RetiredObjects<'a> {
    view: &'a View,
    /// For each identifier, true if a live record claims its entity.
    is_claimed: Vec<bool>,
    /// Object that takes the place of a retired one; the first of several.
    successors: HashMap<NodeIndex, NodeIndex>,
}

impl<'a> RetiredObjects<'a> {
    /// Collects the identifiers of entities that live records claim, and the successors of retired objects.
    pub(super) fn of(identifiers: &IdentifierNodes, view: &'a View) -> Self {
        let mut is_claimed = vec![false; identifiers.len()];
        let mut revocations = Vec::new();
        for (position, record) in view.records().iter().enumerate() {
            for (number, traits, nodes) in identifiers.claims(position) {
                if traits.is_entity() {
                    for node in nodes {
                        is_claimed[node.index()] = true;
                    }
                } else if traits.is_revoked_by()
                    && let &[old, new] = nodes
                    && let Some(LentClaim::Link { from, .. }) = record.content.claim(number as usize)
                {
                    revocations.push((from, old, new));
                }
            }
        }
        let mut retired = Self { view, is_claimed, successors: HashMap::new() };
        for (from, old, new) in revocations {
            if old != new && retired.contains(from, old) {
                retired.successors.entry(old).or_insert(new);
            }
        }
        retired
    }

    /// Returns the live node of an end of a link; `None` if the end is retired and nothing takes its place.
    fn live_end(&self, end: LentIdentifier<'_>, node: NodeIndex) -> Option<NodeIndex> {
        if !self.contains(end, node) {
            return Some(node);
        }
        let mut last = *self.successors.get(&node)?;
        for _ in 0..CHAIN_MAX {
            match self.successors.get(&last) {
                Some(next) => last = *next,
                None => return self.is_claimed[last.index()].then_some(last),
            }
        }
        None
    }

    /// Returns the view.
    pub(super) fn view(&self) -> &'a View {
        self.view
    }

    /// Returns whether links may lead to retired objects. If not, all links are between the objects that they name.
    pub(super) fn any(&self) -> bool {
        self.view.has_retired_objects()
    }

    /// Returns the nodes of the two ends of a claimed link; `None` if an end is retired or has no canonical identifier.
    /// An earlier object whose id the source gave to another is retired, too.
    pub(super) fn live_ends(
        &self,
        clusters: &Clusters,
        record_position: usize,
        claim_position: usize,
    ) -> Option<[NodeIndex; 2]> {
        let &[from_node, to_node] = clusters.identifiers.of_claim(record_position, claim_position) else {
            return None;
        };
        if !self.any() {
            return Some([from_node, to_node]);
        }
        let record = &self.view.records()[record_position];
        let Some(LentClaim::Link { from, to, kind, .. }) = record.content.claim(claim_position) else {
            return None;
        };
        let is_of_earlier_object = |end: LentIdentifier<'_>| matches!(end, LentIdentifier::Object(id) if self.view.is_of_earlier_object(record, id));
        if is_of_earlier_object(from) || is_of_earlier_object(to) {
            return None;
        }
        if &*kind == REVOKED_BY {
            let is_retired = self.contains(from, from_node) || self.contains(to, to_node);
            return (!is_retired).then_some([from_node, to_node]);
        }
        let ends = [self.live_end(from, from_node)?, self.live_end(to, to_node)?];
        // An object and its successor have a link between them: nothing is left of it.
        let was_one = clusters.root(from_node) == clusters.root(to_node);
        (was_one || clusters.root(ends[0]) != clusters.root(ends[1])).then_some(ends)
    }

    fn contains(&self, identifier: LentIdentifier<'_>, node: NodeIndex) -> bool {
        match identifier {
            LentIdentifier::Object(id) => match (ingest::record_key(id), id.split_once("--")) {
                // An identifier that consists of a key points at the record of that key.
                (Some(key), _) => self.view.is_retired(key),
                // An object of a MISP element (`file--uuid`) is retired with the element.
                (None, Some((_, uuid))) => {
                    self.view.is_retired(id) || (self.view.is_retired(uuid) && !self.is_claimed[node.index()])
                }
                (None, None) => self.view.is_retired(id),
            },
            LentIdentifier::Galaxy(key) => self.view.is_retired(key),
            _ => false,
        }
    }
}
