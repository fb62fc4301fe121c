//! Rule `own-identifier`: one record names several identifiers for one entity.

use super::{
    clusters::{Clusters, Merge},
    facts::{FactKey, key_of},
    identifier_nodes::{IdentifierNodes, NodeIndex},
    rules::OWN_IDENTIFIER,
};
use crate::{index::RecordIndex, record::LentClaim, time::Moment, view::View};

/// Adds the facts of every entity claim, then joins the identifiers of each claim, earliest recorded claim first.
/// Every configuration applies this rule.
pub(super) fn join(clusters: &mut Clusters, view: &View) {
    let mut joining: Vec<(Moment, usize, usize)> = Vec::new();
    let (mut stated, mut records_before) = (Vec::new(), 0);
    for of_source in view.records().chunk_by(|a, b| a.source == b.source) {
        let is_duplicate_free = view.terms(&of_source[0].source).duplicate_free;
        let first = records_before;
        records_before += of_source.len();
        for (position, record) in (first..).zip(of_source) {
            for (number, traits, nodes) in clusters.identifiers.claims(position) {
                let number = number as usize;
                if traits.is_entity() && (traits.has_facts() || is_duplicate_free) {
                    stated.extend(facts_of_claim(&clusters.identifiers, view, position, number));
                }
                if traits.is_entity() && nodes.len() > 1 {
                    joining.push((record.recorded_first, position, number));
                }
            }
        }
    }
    for (node, key, value) in stated {
        clusters.add_fact(node, key, value);
    }
    joining.sort_unstable();
    for (_, position, number) in joining {
        let nodes = clusters.identifiers.of_claim(position, number).to_vec();
        let source = &view.records()[position].source;
        for &other in &nodes[1..] {
            clusters.join(Merge {
                from: nodes[0],
                to: other,
                rule: OWN_IDENTIFIER,
                record: Some(RecordIndex::new(position)),
                reason: format!("one object of {source} carries both"),
            });
        }
    }
}

/// Returns the facts that an entity claim states, each with its node.
fn facts_of_claim(
    identifiers: &IdentifierNodes,
    view: &View,
    record_position: usize,
    claim_position: usize,
) -> Vec<(NodeIndex, FactKey, String)> {
    let mut facts = Vec::new();
    let record = &view.records()[record_position];
    let nodes = identifiers.of_claim(record_position, claim_position);
    let Some(&first) = nodes.first() else { return facts };
    let Some(LentClaim::Entity { vocabulary, .. }) = record.content.claim(claim_position) else {
        return facts;
    };
    if let Some(list) = vocabulary {
        facts.push((first, FactKey::List(list.to_owned()), identifiers[first].id.to_string()));
    }
    if view.terms(&record.source).duplicate_free {
        facts.push((first, FactKey::Source(record.source.to_string()), record.key.to_string()));
    }
    for &node in nodes {
        let id = &identifiers[node].id;
        let Some(key) = key_of(id) else { continue };
        facts.push((first, key.clone(), id.value().to_owned()));
        facts.push((node, key, id.value().to_owned()));
    }
    facts
}
