//! Rule `own-identifier`: one record names several identifiers for one entity.

use super::{
    clusters::{Clusters, Merge},
    facts,
    rules::OWN_IDENTIFIER,
};
use crate::{index::RecordIndex, time::Moment, view::View};

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
                    stated.extend(facts::of_claim(&clusters.identifiers, view, position, number));
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
