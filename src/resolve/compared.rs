//! Compared pairs of entities, as readers see them: from names, from judgements, and from rejected merges.

use std::collections::HashMap;

use super::{
    clusters::Clusters,
    identifier_nodes::NodeIndex,
    judged::{Judged, PairVerdict},
    names::{ComparedNames, LevelWeight, PairOfClusters, PairState},
    rules::{JUDGEMENT, RULES},
};
use crate::{canonical::CanonicalId, index::EntityIndex};

/// Two entities that were compared, or that a person judged.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparedPair {
    /// Entity of the first side.
    pub entity: EntityIndex,
    /// Entity of the second side, at the same or a higher position. It is the same one if the state is *same*.
    pub other: EntityIndex,
    /// An identifier of each side.
    pub identifiers: [CanonicalId; 2],
    /// The names that agree best; empty if names were not compared.
    pub names: [String; 2],
    /// Levels with their weights, in bits; empty if only people decided.
    pub levels: Vec<LevelWeight>,
    /// Sum of the weights; `None` without a comparison.
    pub bits: Option<f64>,
    /// Probability by the model that sorts the review band, from 0 to 1; `None` without one. No decision reads it.
    pub review_probability: Option<f64>,
    /// Constraint or judgement that decides, in words; `None` if the sum decides.
    pub constraint: Option<String>,
    /// State of the pair.
    pub state: PairState,
}

impl ComparedPair {
    /// Returns the probability that both are one entity, from 0 to 1; `None` without a comparison.
    pub fn probability(&self) -> Option<f64> {
        self.bits.map(|bits| 1.0 / (1.0 + (-bits).exp2()))
    }

    /// Returns the probability by which the pair is sorted among those that wait: that of the model for this, else that of the sum.
    pub fn sorted_by(&self) -> f64 {
        self.review_probability.or_else(|| self.probability()).unwrap_or(0.0)
    }

    /// Returns whether a person should decide.
    pub fn waits(&self) -> bool {
        self.entity != self.other && matches!(self.state, PairState::Unsure | PairState::Contested)
    }
}

/// Returns every compared, judged or rejected pair, sorted by entities.
pub(super) fn pairs(
    clusters: &Clusters,
    compared: ComparedNames,
    judged: &Judged,
    entity_of_node: &[Option<EntityIndex>],
) -> Vec<ComparedPair> {
    let mut rows: HashMap<[NodeIndex; 2], PairOfClusters> = HashMap::new();
    for pair in compared.pairs {
        rows.entry(in_order(pair.nodes)).or_insert(pair);
    }
    // Names know the roots before they joined clusters, so each pair is found by the entities of its nodes.
    let key = |nodes: [NodeIndex; 2]| nodes.map(|node| entity_of_node[node.index()]);
    let of_entities: HashMap<[Option<EntityIndex>; 2], [NodeIndex; 2]> = {
        let mut listed: Vec<[NodeIndex; 2]> = rows.keys().copied().collect();
        listed.sort_unstable();
        listed
            .into_iter()
            .rev()
            .flat_map(|nodes| [(key(nodes), nodes), (swapped(key(nodes)), nodes)])
            .collect()
    };
    let listed = |nodes: [NodeIndex; 2]| {
        let [one, other] = key(nodes);
        // Parts of one entity are pairs of their own.
        let known = if one == other { None } else { of_entities.get(&[one, other]).copied() };
        known.unwrap_or_else(|| in_order(nodes))
    };
    for rejected in clusters.rejected.iter().filter(|merge| merge.rule != JUDGEMENT) {
        let row = rows
            .entry(listed([rejected.from, rejected.to]))
            .or_insert_with(|| of_rule([rejected.from, rejected.to], rejected.rule));
        row.state = PairState::Contested;
        row.constraint = Some(rejected.reason.clone());
    }
    for pair in &judged.pairs {
        let is_one = clusters.root(pair.nodes[0]) == clusters.root(pair.nodes[1]);
        let row = rows.entry(listed(pair.nodes)).or_insert_with(|| without_comparison(pair.nodes));
        let ids = pair.judgements.join(", ");
        let contradicted = || {
            let of_pair = clusters.rejected.iter().find(|merge| {
                merge.rule == JUDGEMENT && in_order([merge.from, merge.to]) == in_order(pair.nodes)
            });
            of_pair.map(|merge| merge.reason.clone())
        };
        (row.state, row.constraint) = match pair.verdict {
            PairVerdict::Same if is_one => (PairState::Same, Some(format!("a person decided ({ids})"))),
            PairVerdict::Same => (PairState::Contested, contradicted()),
            PairVerdict::Different => (PairState::Different, Some(format!("a person decided ({ids})"))),
            PairVerdict::Contested => (PairState::Contested, Some(format!("people disagree ({ids})"))),
            PairVerdict::Unsure if is_one => {
                (PairState::Same, Some(format!("a rule joins both, and a person is unsure ({ids})")))
            }
            PairVerdict::Unsure => (PairState::Unsure, Some(format!("a person is unsure ({ids})"))),
        };
    }
    let mut pairs: Vec<ComparedPair> =
        rows.into_values().filter_map(|row| of_entities_of(clusters, row, entity_of_node)).collect();
    pairs.sort_by(|a, b| {
        (a.entity, a.other, &a.identifiers, &a.names).cmp(&(b.entity, b.other, &b.identifiers, &b.names))
    });
    // Two identifiers of one entity may be compared with one other entity; the first pair is kept.
    pairs.dedup_by(|b, a| a.entity != a.other && (a.entity, a.other) == (b.entity, b.other));
    pairs
}

fn in_order([a, b]: [NodeIndex; 2]) -> [NodeIndex; 2] {
    [a.min(b), a.max(b)]
}

fn swapped<T: Copy>([a, b]: [T; 2]) -> [T; 2] {
    [b, a]
}

fn without_comparison(nodes: [NodeIndex; 2]) -> PairOfClusters {
    PairOfClusters {
        nodes,
        names: <[String; 2]>::default(),
        levels: Vec::new(),
        bits: None,
        review_probability: None,
        constraint: None,
        state: PairState::Unsure,
    }
}

/// Returns the row of a rejected merge: its evidence is the rule.
fn of_rule(nodes: [NodeIndex; 2], rule: usize) -> PairOfClusters {
    let rule = &RULES[rule];
    let bits = (rule.probability / (1.0 - rule.probability)).log2();
    let levels = if bits.is_finite() { vec![LevelWeight { level: rule.name, bits }] } else { Vec::new() };
    PairOfClusters { levels, bits: bits.is_finite().then_some(bits), ..without_comparison(nodes) }
}

/// Returns the pair with its entities; `None` if no live record claims one of them.
fn of_entities_of(
    clusters: &Clusters,
    row: PairOfClusters,
    entity_of_node: &[Option<EntityIndex>],
) -> Option<ComparedPair> {
    let PairOfClusters { nodes, names, levels, bits, review_probability, constraint, state } = row;
    let [entity, other] = nodes.map(|node| entity_of_node[node.index()]);
    let (entity, other) = (entity?, other?);
    let identifiers = nodes.map(|node| clusters.identifiers[node].id.clone());
    let is_swapped = if entity == other { identifiers[0] > identifiers[1] } else { entity > other };
    let ([one, two], [left, right]) = (identifiers, names);
    let (identifiers, names) =
        if is_swapped { ([two, one], [right, left]) } else { ([one, two], [left, right]) };
    let [entity, other] = if is_swapped { [other, entity] } else { [entity, other] };
    Some(ComparedPair {
        entity,
        other,
        identifiers,
        names,
        levels,
        bits,
        review_probability,
        constraint,
        state,
    })
}
