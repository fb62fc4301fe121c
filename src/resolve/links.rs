//! Links: one for each pair of entities, kind and layer that records claim.

use std::{collections::BTreeMap, sync::Arc};

use rayon::prelude::*;

use super::{
    Resolution, WeightConfig,
    clusters::Clusters,
    lasting_id::{LastingId, in_order_of_id},
    link_claims::{LinkClaim, link_claims},
    relays::{self, Relays},
    retired_objects::RetiredObjects,
    summary::{self, Behind},
    weight,
};
use crate::{index::EntityIndex, link::Link, record::Amount};

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

/// Builds the links of a view, in order of their ids, and finds which records repeat others. Claims between two
/// identifiers of one entity are left out.
pub(super) fn build(
    resolution: &Resolution,
    clusters: &Clusters,
    entity_of_node: &[Option<EntityIndex>],
    retired: &RetiredObjects<'_>,
    weights: &WeightConfig,
) -> (Vec<Link>, Relays) {
    let view = retired.view();
    let mut claims = link_claims(clusters, entity_of_node, retired);
    claims.par_sort_unstable_by_key(|claim| (claim.key, claim.record, claim.number));
    let groups: Vec<&[LinkClaim]> = claims.chunk_by(|a, b| a.key == b.key).collect();
    let relays = relays::find(view, &resolution.entities, &groups);
    let ends = groups.iter().map(|claims| (claims[0].key.0, claims[0].key.1));
    let shared_by = weight::predecessors(ends, resolution.entities.len());
    let lasting_id = |claims: &&[LinkClaim]| {
        let (from, to, kind, layer) = claims[0].key;
        LastingId::of(&[&resolution[from].id, &resolution[to].id, &kind, layer.name()])
    };
    let links = in_order_of_id(&groups, lasting_id, |claims, id| {
        let (from, to, kind, layer) = claims[0].key;
        let indices = summary::distinct(claims.iter().map(|claim| claim.record));
        let weighing = claims.iter().filter(|claim| claim.has_weight(view));
        let weighing = summary::distinct(weighing.map(|claim| claim.record));
        let records = Behind { view, records: &indices };
        let amounts: Vec<(&str, &Amount)> = claims.iter().filter_map(|claim| claim.amount(view)).collect();
        let is_common = [from, to].iter().any(|end| resolution[*end].is_common());
        let evidence = weight::evidence(&weighing, layer, (view, &relays), weights);
        let link_weight = evidence * weight::rarity(&kind, shared_by[to.index()]);
        let (recorded_first, recorded_last) = summary::recorded(records);
        Link {
            id: id.of_link(),
            from,
            to,
            kind,
            layer,
            weight: if is_common || weighing.is_empty() { 0.0 } else { link_weight },
            source_count: relays.origin_count(&indices) as u32,
            seen: summary::seen(records),
            recorded_first,
            recorded_last,
            confidence: summary::confidence(records).into(),
            marking: summary::marking(records),
            amounts: sums_by_currency(&amounts).into(),
            records: indices,
        }
    });
    (links, relays)
}
