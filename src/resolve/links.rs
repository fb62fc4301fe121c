//! Claims of ties to links: one for each pair of entities and kind, with all that is behind it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Resolution, WeightConfig,
    entities::{confidence, is_gone, lasting_id, marking, seen, sources},
    identity::Mentions,
    weight,
};
use crate::{
    entity::EntityIndex,
    link::{Layer, Link},
    record::{Amount, Claim, Record, RecordIndex},
    view::View,
};

type Tie<'a> = (EntityIndex, EntityIndex, &'a str, Layer);

/// Adds up the amounts of each currency in the order of the view; one payment that several sources tell
/// of is one, so that of all sources the one that tells most counts. Currencies are never added to each other.
fn totals(amounts: &[(&str, &Amount)]) -> Vec<(f64, Option<Arc<str>>)> {
    let mut of_currency: BTreeMap<&Option<Arc<str>>, BTreeMap<&str, f64>> = BTreeMap::new();
    for (source, amount) in amounts {
        *of_currency.entry(&amount.currency).or_default().entry(source).or_default() += amount.value;
    }
    let most = |of_source: BTreeMap<&str, f64>| {
        of_source.into_values().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or_default()
    };
    of_currency.into_iter().map(|(currency, of_source)| (most(of_source), currency.clone())).collect()
}

/// Weaves the links of a view. A tie between two names of one entity is no link.
pub(super) fn weave(
    resolution: &Resolution,
    mentions: &Mentions,
    of_node: &[Option<EntityIndex>],
    view: &View,
    weights: &WeightConfig,
) -> Vec<Link> {
    let mut ties: BTreeMap<Tie<'_>, BTreeSet<RecordIndex>> = BTreeMap::new();
    let mut amounts: BTreeMap<Tie<'_>, Vec<(&str, &Amount)>> = BTreeMap::new();
    for (at, record) in view.records().iter().enumerate() {
        for (number, (claim, nodes)) in (0..).zip(record.content.claims.iter().zip(&mentions.claims[at])) {
            let (Claim::Link { from, to, kind, layer }, &[a, b]) = (claim, nodes.as_slice()) else {
                continue;
            };
            let (Some(a), Some(b)) = (of_node[a as usize], of_node[b as usize]) else { continue };
            if a != b && !is_gone(view, from) && !is_gone(view, to) {
                let tie = (a, b, kind.as_str(), *layer);
                ties.entry(tie).or_default().insert(at as RecordIndex);
                if let Some(amount) = record.content.amounts.iter().find(|amount| amount.claim == number) {
                    amounts.entry(tie).or_default().push((&*record.source, amount));
                }
            }
        }
    }
    let shared = weight::sharing(ties.keys().map(|&(from, to, ..)| (from, to)));
    let mut links: Vec<Link> = ties
        .into_iter()
        .map(|(tie, records)| {
            let (from, to, kind, layer) = tie;
            let behind: Vec<&Record> = records.iter().map(|&at| &view.records()[at as usize]).collect();
            let sources = sources(&behind);
            let id = |at: EntityIndex| resolution.entities[at as usize].id.as_str();
            let is_common = [from, to].iter().any(|at| resolution.entities[*at as usize].is_common());
            let weight = weight::of_link(&behind, layer, shared[&to], kind, view, weights);
            Link {
                id: lasting_id("link", &[id(from), id(to), kind, layer.name()]),
                from,
                to,
                kind: kind.to_owned(),
                layer,
                weight: if is_common { 0.0 } else { weight },
                source_count: sources.len(),
                seen: seen(&behind),
                told_first: behind.iter().map(|record| record.told_first).min().expect("a tie has a record"),
                told_last: behind.iter().map(|record| record.told).max().expect("a tie has a record"),
                confidence: confidence(&behind),
                marking: marking(&behind),
                amounts: amounts.get(&tie).map(|amounts| totals(amounts)).unwrap_or_default(),
                records: records.into_iter().collect(),
            }
        })
        .collect();
    links.sort_by(|a, b| a.id.cmp(&b.id));
    links
}
