//! Reasons of entity resolution: the rule by which each identifier belongs to its entity, and the rejected merges.
//!
//! Almost every identifier belongs to its entity because a record names it. Such a reason is not kept; it follows from the
//! entity.

use std::{borrow::Cow, collections::HashSet};

use super::{
    clusters::Clusters,
    identifier_nodes::NodeIndex,
    rules::{OWN_IDENTIFIER, RULES},
};
use crate::{
    canonical::CanonicalId,
    entity::{Entity, EntityIdentifier},
    index::{EntityIndex, RecordIndex},
    time::Moment,
    view::View,
};

/// Rule and record by which an identifier belongs to its entity.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity<'a> {
    /// The entity.
    pub entity: EntityIndex,
    /// The canonical identifier.
    pub identifier: &'a CanonicalId,
    /// Name of the rule.
    pub rule: &'static str,
    /// The reason as a clause.
    pub reason: Cow<'a, str>,
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

/// Merge by which an identifier belongs to its entity.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct JoinedIdentifier {
    entity: EntityIndex,
    /// Position among the identifiers of the entity.
    position: u32,
    rule: &'static str,
    reason: String,
    record: Option<RecordIndex>,
}

/// Returns the merges by which identifiers belong to their entities, sorted by entity, identifier, rule and reason.
pub(super) fn joined(
    clusters: &Clusters,
    entity_of_node: &[Option<EntityIndex>],
    entities: &[Entity],
) -> Vec<JoinedIdentifier> {
    let identifiers = &clusters.identifiers;
    let mut rows = Vec::new();
    let mut is_joined: HashSet<NodeIndex> = HashSet::new();
    for merge in &clusters.merges {
        let joined = if is_joined.insert(merge.to) { merge.to } else { merge.from };
        is_joined.insert(joined);
        if let Some(entity) = entity_of_node[merge.from.index()] {
            let known = &entities[entity.index()].identifiers;
            let position = known.partition_point(|known| known.id < identifiers[joined].id);
            rows.push(JoinedIdentifier {
                entity,
                position: position as u32,
                rule: RULES[merge.rule].name,
                reason: merge.reason.clone(),
                record: merge.record,
            });
        }
    }
    rows.sort_by(|a, b| {
        (a.entity, a.position, a.rule, &a.reason).cmp(&(b.entity, b.position, b.rule, &b.reason))
    });
    rows
}

/// Returns the reasons of the identifiers of an entity, sorted by identifier, rule and reason.
pub(super) fn of_entity<'a>(
    entity: EntityIndex,
    identifiers: &'a [EntityIdentifier],
    joined: &'a [JoinedIdentifier],
    view: &'a View,
) -> impl Iterator<Item = Identity<'a>> {
    let start = joined.partition_point(|row| row.entity < entity);
    let mut joined = joined[start..].iter().take_while(move |row| row.entity == entity).peekable();
    let mut own = (0..).zip(identifiers).peekable();
    std::iter::from_fn(move || {
        let (position, known) = *own.peek()?;
        let merge = joined.next_if(|row| row.position == position);
        if joined.peek().is_none_or(|row| row.position != position) {
            own.next();
        }
        let Some(JoinedIdentifier { rule, reason, record, .. }) = merge else {
            return Some(Identity {
                entity,
                identifier: &known.id,
                rule: RULES[OWN_IDENTIFIER].name,
                reason: own_reason(known, view).into(),
                record: Some(known.record),
                recorded_first: known.recorded_first,
            });
        };
        Some(Identity {
            entity,
            identifier: &known.id,
            rule,
            reason: reason.into(),
            record: *record,
            recorded_first: known.recorded_first,
        })
    })
}

/// Returns the reason of an identifier that nothing joined. An earlier object with the same id has no entity.
fn own_reason(identifier: &EntityIdentifier, view: &View) -> &'static str {
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
