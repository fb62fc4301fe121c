//! Reasons of entity resolution: the rule by which each identifier belongs to its entity, and the rejected merges.

use std::borrow::Cow;

use rayon::prelude::*;

use super::{
    clusters::Clusters,
    identifier_nodes::IdentifierNode,
    rules::{OWN_IDENTIFIER, RULES},
};
use crate::{
    canonical::CanonicalId,
    index::{EntityIndex, RecordIndex},
    time::Moment,
    view::View,
};

/// Rule and record by which an identifier belongs to its entity.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    /// The entity.
    pub entity: EntityIndex,
    /// The canonical identifier.
    pub identifier: CanonicalId,
    /// Name of the rule.
    pub rule: &'static str,
    /// The reason as a clause.
    pub reason: Cow<'static, str>,
    /// The record that the reason comes from; `None` for a judgement and for a comparison.
    pub record: Option<RecordIndex>,
    /// Earliest recorded time of the identifier.
    pub recorded_first: Moment,
}

/// Two entities that a rule would join and a constraint keeps apart.
#[derive(Clone, Debug, PartialEq)]
pub struct ContestedMerge {
    /// The entity with the lower position.
    pub entity: EntityIndex,
    /// The other entity.
    pub other: EntityIndex,
    /// Name of the rule.
    pub rule: &'static str,
    /// The reason for the merge and the reason against it, as a clause.
    pub reason: String,
    /// Probability of the rule.
    pub weight: f64,
}

/// Returns the reason of each identifier, sorted by entity and identifier.
pub(super) fn reasons(
    clusters: &Clusters,
    entity_of_node: &[Option<EntityIndex>],
    view: &View,
) -> Vec<Identity> {
    let identifiers = &clusters.identifiers;
    let mut rows = Vec::new();
    let mut is_joined = vec![false; identifiers.len()];
    for merge in &clusters.merges {
        let joined = if is_joined[merge.to.index()] { merge.from } else { merge.to };
        is_joined[merge.to.index()] = true;
        is_joined[joined.index()] = true;
        if let Some(entity) = entity_of_node[merge.from.index()] {
            rows.push(Identity {
                entity,
                identifier: identifiers[joined].id.clone(),
                rule: RULES[merge.rule].name,
                reason: merge.reason.clone().into(),
                record: merge.record,
                recorded_first: identifiers[joined].recorded_first,
            });
        }
    }
    for (node, identifier) in identifiers.enumerate() {
        if let (false, Some(entity)) = (is_joined[node.index()], entity_of_node[node.index()]) {
            rows.push(Identity {
                entity,
                identifier: identifier.id.clone(),
                rule: RULES[OWN_IDENTIFIER].name,
                reason: own_reason(identifier, view).into(),
                record: Some(identifier.record),
                recorded_first: identifier.recorded_first,
            });
        }
    }
    rows.par_sort_by(|a, b| {
        (a.entity, &a.identifier, a.rule, &a.reason).cmp(&(b.entity, &b.identifier, b.rule, &b.reason))
    });
    rows
}

/// Returns the reason of an identifier that nothing joined. An earlier object with the same id has no entity.
fn own_reason(identifier: &IdentifierNode, view: &View) -> &'static str {
    if view.is_reused(&view[identifier.record].source, &identifier.id) {
        return "named by a record; an earlier object had this id, another name and another time of creation, and its \
                links have no effect";
    }
    "named by a record"
}

/// Returns the rejected merges of two entities, sorted.
pub(super) fn contested(clusters: &Clusters, entity_of_node: &[Option<EntityIndex>]) -> Vec<ContestedMerge> {
    let mut rows: Vec<ContestedMerge> = clusters
        .rejected
        .iter()
        .filter_map(|merge| {
            let (from, to) = (entity_of_node[merge.from.index()]?, entity_of_node[merge.to.index()]?);
            Some(ContestedMerge {
                entity: from.min(to),
                other: from.max(to),
                rule: RULES[merge.rule].name,
                reason: merge.reason.clone(),
                weight: RULES[merge.rule].probability,
            })
        })
        .filter(|row| row.entity != row.other)
        .collect();
    rows.sort_by(|a, b| (a.entity, a.other, a.rule, &a.reason).cmp(&(b.entity, b.other, b.rule, &b.reason)));
    rows.dedup();
    rows
}
