//! Claims of links: the pairs of entities that each record links.

use super::{clusters::Clusters, retired_objects::RetiredObjects};
use crate::{
    index::{EntityIndex, RecordIndex},
    link::Layer,
    record::{Amount, LentClaim},
    symbol::Symbol,
    view::View,
};

/// Ends, kind and layer of a link. Claims with the same key are one link.
pub(super) type LinkKey = (EntityIndex, EntityIndex, Symbol, Layer);

/// Claim of a link by one record.
pub(super) struct LinkClaim {
    pub(super) key: LinkKey,
    pub(super) record: RecordIndex,
    /// Position among the claims of the record.
    pub(super) number: u32,
}

impl LinkClaim {
    pub(super) fn has_weight(&self, view: &View) -> bool {
        !view[self.record].content.is_weightless(self.number)
    }

    pub(super) fn amount<'v>(&self, view: &'v View) -> Option<(&'v str, &'v Amount)> {
        let record = &view[self.record];
        let amount = record.content.amounts().iter().find(|amount| amount.claim == self.number)?;
        Some((&*record.source, amount))
    }
}

/// Returns every claim of a link between two different entities of which neither is retired.
pub(super) fn link_claims(
    clusters: &Clusters,
    entity_of_node: &[Option<EntityIndex>],
    retired: &RetiredObjects<'_>,
) -> Vec<LinkClaim> {
    let mut claims = Vec::new();
    let contents = retired.view().records().iter().map(|record| &record.content);
    for (record, content) in RecordIndex::enumerate(contents) {
        for (number, claim) in (0..).zip(content.claims()) {
            let LentClaim::Link { kind, layer, .. } = claim else { continue };
            let Some(ends) = retired.live_ends(clusters, &claim, record.index(), number as usize) else {
                continue;
            };
            if let [Some(from), Some(to)] = ends.map(|node| entity_of_node[node.index()])
                && from != to
            {
                claims.push(LinkClaim { key: (from, to, kind, layer), record, number });
            }
        }
    }
    claims
}
