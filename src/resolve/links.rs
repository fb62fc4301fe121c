//! Links: one for each pair of entities, kind and layer that records claim.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rayon::prelude::*;

use super::{
    Resolution, WeightConfig,
    clusters::Clusters,
    lasting_id::{InOrder, LastingId, in_order_of_id},
    link_claims::{LinkClaim, link_claims},
    relays::{self, Relays},
    retired_objects::RetiredObjects,
    reuse::{LinksOfClaims, Reuse},
    summary::{self, Behind},
    weight,
};
use crate::{
    index::{EntityIndex, LinkIndex},
    join_steps::{JoinSteps, LinkEnds},
    link::{Layer, Link},
    record::Amount,
    symbol::Symbol,
    view::View,
};

/// Returns the sum of the amounts of each currency, in order of the currencies. Sources may report the same payment,
/// so the largest sum of one source counts. Amounts of different currencies are never added.
fn sums_by_currency(amounts: &[(&str, &Amount)]) -> Vec<(f64, Option<Arc<str>>)> {
    let mut by_currency: BTreeMap<&Option<Arc<str>>, BTreeMap<&str, f64>> = BTreeMap::new();
    for (source, amount) in amounts {
        *by_currency.entry(&amount.currency).or_default().entry(source).or_default() += amount.value;
    }
    let largest = |by_source: BTreeMap<&str, f64>| {
        by_source.into_values().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or_default()
    };
    by_currency.into_iter().map(|(currency, by_source)| (largest(by_source), currency.clone())).collect()
}

/// Links of a view, in order of their ids.
pub(super) struct ResolvedLinks {
    pub(super) links: Vec<Link>,
    pub(super) relays: Relays,
    pub(super) of_claims: LinksOfClaims,
}

/// Builds the links of a view, or copies them from an earlier view, and finds which records repeat others. Claims between two
/// identifiers of one entity are left out.
pub(super) fn build(
    resolution: &Resolution,
    (clusters, entity_of_node): (&Clusters, &[Option<EntityIndex>]),
    retired: &RetiredObjects<'_>,
    (weights, reuse): (&WeightConfig, Option<&Reuse<'_>>),
    steps: &dyn JoinSteps,
) -> ResolvedLinks {
    let view = retired.view();
    let claims = link_claims(clusters, entity_of_node, retired, reuse);
    let claims = in_order_of_links(claims, steps);
    let groups: Vec<&[LinkClaim]> = claims.chunk_by(|a, b| a.key == b.key).collect();
    let relays = relays::find(view, &resolution.entities, &groups);
    let ends = groups.iter().map(|claims| (claims[0].key.0, claims[0].key.1));
    let shared_by = weight::predecessors(ends, resolution.entities.len());
    let copied = |claims: &[LinkClaim]| {
        let (reuse, link) = reuse.zip(claims[0].before)?;
        let (from, to, ..) = claims[0].key;
        let ends = [&resolution[from], &resolution[to]];
        let is_of_link = |claim: &LinkClaim| claim.before == Some(link);
        let is_copied = claims.iter().all(is_of_link) && reuse.has_link(link, claims.len(), ends);
        is_copied.then_some((reuse, link))
    };
    let lasting_id = |claims: &&[LinkClaim]| {
        if let Some((reuse, link)) = copied(claims) {
            return LastingId::of_text(&reuse.link(link).id);
        }
        let (from, to, kind, layer) = claims[0].key;
        LastingId::of_bytes([
            resolution[from].id.as_bytes(),
            resolution[to].id.as_bytes(),
            kind.as_bytes(),
            layer.name().as_bytes(),
        ])
    };
    let InOrder { elements: links, parts } = in_order_of_id(&groups, lasting_id, |claims, id| {
        let (from, to, kind, layer) = claims[0].key;
        let link = match copied(claims) {
            Some((reuse, link)) => Link { from, to, ..reuse.copied_link(link) },
            None => link(claims, id, view),
        };
        let weighing = claims.iter().filter(|claim| claim.has_weight(view));
        let weighing = summary::distinct(weighing.map(|claim| claim.record));
        let is_common = [from, to].iter().any(|end| resolution[*end].is_common());
        let evidence = weight::evidence(&weighing, layer, (view, &relays), weights);
        let link_weight = evidence * weight::rarity(&kind, shared_by[to.index()]);
        Link {
            weight: if is_common || weighing.is_empty() { 0.0 } else { link_weight },
            source_count: relays.origin_count(&link.records) as u32,
            ..link
        }
    });
    let mut of_claims = LinksOfClaims {
        of_claim: vec![None; clusters.identifiers.claim_count()],
        claim_counts: Vec::with_capacity(links.len()),
    };
    for (index, part) in LinkIndex::enumerate(parts) {
        let claims = groups[part as usize];
        of_claims.claim_counts.push(claims.len() as u32);
        for claim in claims {
            let position =
                clusters.identifiers.position_of_claim(claim.record.index(), claim.number as usize);
            of_claims.of_claim[position] = Some(index);
        }
    }
    ResolvedLinks { links, relays, of_claims }
}

/// Sorts claims by link, and those of one link by record. `claims` are in the order of records.
fn in_order_of_links(mut claims: Vec<LinkClaim>, steps: &dyn JoinSteps) -> Vec<LinkClaim> {
    if steps.has_engine() {
        let kinds: BTreeSet<(Symbol, Layer)> =
            claims.iter().map(|claim| (claim.key.2, claim.key.3)).collect();
        let kinds: Vec<(Symbol, Layer)> = kinds.into_iter().collect();
        let ends = |claim: &LinkClaim| {
            let (from, to, kind, layer) = claim.key;
            (from.node(), to.node(), kinds.partition_point(|known| *known < (kind, layer)) as u32)
        };
        let ends: Vec<LinkEnds> = claims.par_iter().map(ends).collect();
        if let Some(links) = steps.links(&ends) {
            return dealt(claims, &ends, &links);
        }
    }
    claims.par_sort_unstable_by_key(|claim| (claim.key, claim.record, claim.number));
    claims
}

/// Sorts claims by the position of their link. The claims of a link keep their order.
fn dealt(claims: Vec<LinkClaim>, ends: &[LinkEnds], links: &[LinkEnds]) -> Vec<LinkClaim> {
    let link_of = |ends: &LinkEnds| links.partition_point(|known| known < ends);
    let mut dealt: Vec<(usize, LinkClaim)> = ends.par_iter().map(link_of).zip(claims).collect();
    dealt.par_sort_by_key(|(link, _)| *link);
    dealt.into_iter().map(|(_, claim)| claim).collect()
}

/// Builds the link of some claims, without its weight and the number of its sources.
fn link(claims: &[LinkClaim], id: LastingId, view: &View) -> Link {
    let (from, to, kind, layer) = claims[0].key;
    let indices = summary::distinct(claims.iter().map(|claim| claim.record));
    let records = Behind { view, records: &indices };
    let amounts: Vec<(&str, &Amount)> = claims.iter().filter_map(|claim| claim.amount(view)).collect();
    let (recorded_first, recorded_last) = summary::recorded(records);
    Link {
        id: id.of_link(),
        from,
        to,
        kind,
        layer,
        weight: 0.0,
        source_count: 0,
        seen: summary::seen(records),
        recorded_first,
        recorded_last,
        confidence: summary::confidence(records).into(),
        marking: summary::marking(records),
        amounts: sums_by_currency(&amounts).into(),
        records: indices,
    }
}
