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
    for (position, record) in view.records().iter().enumerate() {
        for (number, claim) in record.content.claims().enumerate() {
            if claim.is_entity() {
                for (node, key, value) in facts::of_claim(&clusters.identifiers, view, position, number) {
                    clusters.add_fact(node, key, value);
                }
                if clusters.identifiers.of_claim(position, number).len() > 1 {
                    joining.push((record.recorded_first, position, number));
                }
            }
        }
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
