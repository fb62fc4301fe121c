//! Claims of ties to links: one for each pair of entities and kind, with all that is behind it.

use std::{collections::BTreeMap, sync::Arc};

use rayon::prelude::*;

use super::{
    Resolution, WeightConfig,
    entities::{Gone, LastingId, confidence, in_order_of_id, marking, seen, sources},
    identity::Mentions,
    weight,
};
use crate::{
    index::{EntityIndex, RecordIndex},
    link::{Layer, Link},
    record::{Amount, Claim, Record},
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
    gone: &Gone<'_>,
    weights: &WeightConfig,
) -> Vec<Link> {
    let view = gone.view();
    let mut told = told(mentions, of_node, gone);
    told.par_sort_unstable_by_key(|told| (told.tie, told.record, told.claim));
    let ties: Vec<&[Told<'_>]> = told.chunk_by(|a, b| a.tie == b.tie).collect();
    let ends = ties.iter().map(|of_tie| (of_tie[0].tie.0, of_tie[0].tie.1));
    let shared = weight::sharing(ends, resolution.entities.len());
    let lasting_id = |of_tie: &&[Told<'_>]| {
        let (from, to, kind, layer) = of_tie[0].tie;
        let id = |at: EntityIndex| resolution[at].id.as_str();
        LastingId::of(&[id(from), id(to), kind, layer.name()])
    };
    in_order_of_id(&ties, lasting_id, |of_tie, id| {
        let (from, to, kind, layer) = of_tie[0].tie;
        let mut records: Vec<RecordIndex> = of_tie.iter().map(|told| told.record).collect();
        records.dedup();
        records.shrink_to_fit();
        let behind: Vec<&Record> = records.iter().map(|&at| &view[at]).collect();
        let amounts: Vec<(&str, &Amount)> = of_tie.iter().filter_map(|told| told.amount(view)).collect();
        let is_common = [from, to].iter().any(|at| resolution[*at].is_common());
        let mut weighing: Vec<RecordIndex> =
            of_tie.iter().filter(|told| told.weighs(view)).map(|told| told.record).collect();
        weighing.dedup();
        let weighing: Vec<&Record> = weighing.iter().map(|&at| &view[at]).collect();
        let weight = weight::of_link(&weighing, layer, shared[to.index()], kind, view, weights);
        Link {
            id: id.spelled("link"),
            from,
            to,
            kind: kind.to_owned(),
            layer,
            weight: if is_common || weighing.is_empty() { 0.0 } else { weight },
            source_count: sources(&behind).len(),
            seen: seen(&behind),
            recorded_first: behind
                .iter()
                .map(|record| record.recorded_first)
                .min()
                .expect("a tie has a record"),
            recorded_last: behind.iter().map(|record| record.recorded_at).max().expect("a tie has a record"),
            confidence: confidence(&behind),
            marking: marking(&behind),
            amounts: totals(&amounts),
            records,
        }
    })
}

/// One record's claim of a tie.
struct Told<'a> {
    tie: Tie<'a>,
    record: RecordIndex,
    claim: u32,
}

impl Told<'_> {
    fn weighs(&self, view: &View) -> bool {
        !view[self.record].content.is_weightless(self.claim)
    }

    fn amount<'v>(&self, view: &'v View) -> Option<(&'v str, &'v Amount)> {
        let record = &view[self.record];
        let amount = record.content.amounts.iter().find(|amount| amount.claim == self.claim)?;
        Some((&*record.source, amount))
    }
}

/// Returns every claim of a tie between two entities of which neither is gone.
fn told<'a>(mentions: &Mentions, of_node: &[Option<EntityIndex>], gone: &Gone<'a>) -> Vec<Told<'a>> {
    let mut told = Vec::new();
    for (record, said) in RecordIndex::enumerate(gone.view().records()) {
        for (claim, said) in (0..).zip(&said.content.claims) {
            let Claim::Link { from, to, kind, layer } = said else { continue };
            let &[a, b] = mentions.claims.nodes(record.index(), claim as usize) else { continue };
            let is_gone = gone.holds(from, a) || gone.holds(to, b);
            let (Some(a), Some(b)) = (of_node[a.index()], of_node[b.index()]) else { continue };
            if a != b && !is_gone {
                told.push(Told { tie: (a, b, kind, *layer), record, claim });
            }
        }
    }
    told
}
