//! Claims of links: the pairs of entities that each record links.

use super::{clusters::Clusters, retired_objects::RetiredObjects, reuse::Reuse};
use crate::{
    index::{EntityIndex, LinkIndex, RecordIndex},
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
    /// Link of this claim in the earlier view whose links are copied.
    pub(super) before: Option<LinkIndex>,
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
    reuse: Option<&Reuse<'_>>,
) -> Vec<LinkClaim> {
    let mut claims = Vec::new();
    let contents = retired.view().records().iter().map(|record| &record.content);
    for (record, content) in RecordIndex::enumerate(contents) {
        for (number, ..) in clusters.identifiers.claims(record.index()).filter(|claim| !claim.1.is_entity()) {
            let Some(ends) = retired.live_ends(clusters, record.index(), number as usize) else { continue };
            let [Some(from), Some(to)] = ends.map(|node| entity_of_node[node.index()]) else { continue };
            if from == to {
                continue;
            }
            let before = reuse.and_then(|reuse| Some((reuse, reuse.link_of_claim(record, number)?)));
            let (kind, layer) = match before.map(|(reuse, link)| reuse.link(link)) {
                Some(link) => (link.kind, link.layer),
                None => match content.claim(number as usize) {
                    Some(LentClaim::Link { kind, layer, .. }) => (kind, layer),
                    _ => continue,
                },
            };
            let before = before.map(|(_, link)| link);
            claims.push(LinkClaim { key: (from, to, kind, layer), record, number, before });
        }
    }
    claims
}
