//! Objects that were revoked, have expired, or lost their id to another object, although links still lead to them.

use super::{
    clusters::Clusters,
    identifier_nodes::{IdentifierNodes, NodeIndex},
};
use crate::{
    ingest,
    record::{LentClaim, LentIdentifier},
    view::View,
};

/// Objects that every source revoked or let expire. A link to one of them has no effect.
pub(super) struct RetiredObjects<'a> {
    view: &'a View,
    /// For each identifier, true if a live record claims its entity.
    is_claimed: Vec<bool>,
}

impl<'a> RetiredObjects<'a> {
    /// Collects the identifiers of entities that live records claim.
    pub(super) fn of(identifiers: &IdentifierNodes, view: &'a View) -> Self {
        let mut is_claimed = vec![false; identifiers.len()];
        for (position, record) in view.records().iter().enumerate() {
            for (number, claim) in record.content.claims().enumerate() {
                if claim.is_entity() {
                    for node in identifiers.of_claim(position, number) {
                        is_claimed[node.index()] = true;
                    }
                }
            }
        }
        Self { view, is_claimed }
    }

    /// Returns the view.
    pub(super) fn view(&self) -> &'a View {
        self.view
    }

    /// Returns the nodes of the two ends of a claimed link; `None` if an end is retired or has no canonical identifier.
    /// An earlier object whose id the source gave to another is retired, too.
    pub(super) fn live_ends(
        &self,
        clusters: &Clusters,
        claim: &LentClaim<'_>,
        record_position: usize,
        claim_position: usize,
    ) -> Option<[NodeIndex; 2]> {
        let LentClaim::Link { from, to, .. } = *claim else { return None };
        let &[from_node, to_node] = clusters.identifiers.of_claim(record_position, claim_position) else {
            return None;
        };
        let record = &self.view.records()[record_position];
        let is_of_earlier_object = |end: LentIdentifier<'_>| matches!(end, LentIdentifier::Object(id) if self.view.is_of_earlier_object(record, id));
        let is_retired = self.contains(from, from_node)
            || self.contains(to, to_node)
            || is_of_earlier_object(from)
            || is_of_earlier_object(to);
        (!is_retired).then_some([from_node, to_node])
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
