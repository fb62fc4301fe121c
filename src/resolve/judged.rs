//! Rule `judgement`: decisions of people that two entities are the same or different.
//!
//! A decision names the identifiers of both entities, because an id of an entity changes with a merge. *Different* is a
//! constraint before any merge, *same* a merge after the identifiers of each record were joined. A chain of *same* may lead
//! from one side of a *different* to the other. No *same* of that group then applies, and its judgements are contested.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use super::{
    clusters::{Clusters, Merge},
    facts::FactKey,
    identifier_nodes::{IdentifierNodes, NodeIndex},
    lasting_id::LastingId,
    rules::JUDGEMENT,
};
use crate::{
    judgement::{Decision, Value},
    view::View,
};

/// The verdict on a pair that follows from the last decision of each person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PairVerdict {
    Same,
    Different,
    /// People disagree, or a person says that they do.
    Contested,
    Unsure,
}

/// Two identifiers with the verdict of people about their entities.
pub(super) struct JudgedPair {
    pub(super) nodes: [NodeIndex; 2],
    pub(super) verdict: PairVerdict,
    /// Ids of the judgements behind the verdict, in order of recorded time.
    pub(super) judgements: Vec<String>,
    people: Vec<String>,
}

/// All pairs of a view that people judged, in order of the first judgement.
#[derive(Default)]
pub(super) struct Judged {
    pub(super) pairs: Vec<JudgedPair>,
}

impl Judged {
    /// Finds the identifiers of the judged entities among those of a view. A decision about an entity that the view does not
    /// have is left out.
    pub(super) fn of(identifiers: &IdentifierNodes, view: &View) -> Self {
        let decisions = view.decisions().all();
        if decisions.is_empty() {
            return Self::default();
        }
        let nodes = Nodes::of(identifiers, decisions);
        // The last decision of each person on each pair counts.
        let mut last: BTreeMap<([NodeIndex; 2], &str), usize> = BTreeMap::new();
        for (position, decision) in decisions.iter().enumerate() {
            let sides = [0, 1].map(|side| nodes.of_side(decision, side));
            if let [Some(a), Some(b)] = sides
                && a != b
            {
                last.insert(([a.min(b), a.max(b)], &decision.by), position);
            }
        }
        let mut of_pair: BTreeMap<[NodeIndex; 2], Vec<usize>> = BTreeMap::new();
        for ((pair, _), position) in last {
            of_pair.entry(pair).or_default().push(position);
        }
        let mut groups: Vec<([NodeIndex; 2], Vec<usize>)> = of_pair.into_iter().collect();
        for (_, positions) in &mut groups {
            positions.sort_unstable();
        }
        groups.sort_by_key(|(_, positions)| positions[0]);
        let pair = |(nodes, positions): ([NodeIndex; 2], Vec<usize>)| {
            let decided = || positions.iter().map(|position| &decisions[*position]);
            JudgedPair {
                nodes,
                verdict: verdict(decided().map(|decision| decision.value)),
                judgements: decided().map(|decision| decision.id.clone()).collect(),
                people: decided().map(|decision| decision.by.clone()).collect(),
            }
        };
        Self { pairs: groups.into_iter().map(pair).collect() }
    }

    /// Adds the constraint of every pair that people decided to be different, or about which they disagree.
    pub(super) fn constrain(&self, clusters: &mut Clusters) {
        for pair in self.pairs.iter().filter(|pair| pair.keeps_apart()) {
            for (side, node) in pair.nodes.into_iter().enumerate() {
                clusters.add_fact(node, FactKey::Judged(pair.judgements.clone()), side.to_string());
            }
        }
    }

    /// Joins the pairs that people decided to be the same, the first judgement first.
    pub(super) fn join(&self, clusters: &mut Clusters) {
        let same: Vec<&JudgedPair> =
            self.pairs.iter().filter(|pair| pair.verdict == PairVerdict::Same).collect();
        if same.is_empty() {
            return;
        }
        let conflicts = self.conflicts(&same, clusters);
        for pair in same {
            let [from, to] = pair.nodes;
            let merge = |reason: String| Merge { from, to, rule: JUDGEMENT, record: None, reason };
            match conflicts.get(&pair.nodes) {
                Some(ids) => {
                    let reason = format!("these judgements contradict each other: {}", ids.join(", "));
                    clusters.rejected.push(merge(reason));
                }
                None => clusters.join(merge(format!(
                    "{} decided that both are one entity ({})",
                    pair.people.join(", "),
                    pair.judgements.join(", ")
                ))),
            }
        }
    }

    /// Returns, for each pair of a group that contradicts itself, the ids of the judgements that do so.
    fn conflicts(&self, same: &[&JudgedPair], clusters: &Clusters) -> HashMap<[NodeIndex; 2], Vec<String>> {
        let mut neighbours: HashMap<NodeIndex, Vec<(NodeIndex, usize)>> = HashMap::new();
        for (position, pair) in same.iter().enumerate() {
            let [a, b] = pair.nodes.map(|node| clusters.root(node));
            neighbours.entry(a).or_default().push((b, position));
            neighbours.entry(b).or_default().push((a, position));
        }
        let mut conflicts = HashMap::new();
        for apart in self.pairs.iter().filter(|pair| pair.keeps_apart()) {
            let [from, to] = apart.nodes.map(|node| clusters.root(node));
            let (chain, group) = chain(&neighbours, from, to);
            if chain.is_empty() {
                continue;
            }
            let mut ids: Vec<String> =
                chain.iter().flat_map(|position| same[*position].judgements.clone()).collect();
            ids.extend(apart.judgements.clone());
            for position in group {
                conflicts.entry(same[position].nodes).or_insert_with(|| ids.clone());
            }
        }
        conflicts
    }
}

impl JudgedPair {
    fn keeps_apart(&self) -> bool {
        matches!(self.verdict, PairVerdict::Different | PairVerdict::Contested)
    }
}

fn verdict(values: impl Iterator<Item = Value>) -> PairVerdict {
    let values: BTreeSet<Value> = values.collect();
    let has = |value: Value| values.contains(&value);
    if has(Value::Contested) || (has(Value::Same) && has(Value::Different)) {
        PairVerdict::Contested
    } else if has(Value::Different) {
        PairVerdict::Different
    } else if has(Value::Same) {
        PairVerdict::Same
    } else {
        PairVerdict::Unsure
    }
}

/// Returns the pairs of the shortest chain between two clusters, and all pairs of the group. Both are empty if no chain
/// joins the two.
fn chain(
    neighbours: &HashMap<NodeIndex, Vec<(NodeIndex, usize)>>,
    from: NodeIndex,
    to: NodeIndex,
) -> (Vec<usize>, Vec<usize>) {
    let mut reached: HashMap<NodeIndex, Option<(NodeIndex, usize)>> = HashMap::from([(from, None)]);
    let mut waiting = VecDeque::from([from]);
    let mut group = Vec::new();
    while let Some(node) = waiting.pop_front() {
        for &(next, pair) in neighbours.get(&node).into_iter().flatten() {
            group.push(pair);
            reached.entry(next).or_insert_with(|| {
                waiting.push_back(next);
                Some((node, pair))
            });
        }
    }
    let mut chain = Vec::new();
    let mut node = to;
    while let Some(Some((before, pair))) = reached.get(&node) {
        chain.push(*pair);
        node = *before;
    }
    if chain.is_empty() {
        return (Vec::new(), Vec::new());
    }
    chain.reverse();
    group.sort_unstable();
    group.dedup();
    (chain, group)
}

/// Nodes of the identifiers and ids that decisions name.
struct Nodes<'a> {
    of_identifier: HashMap<&'a str, NodeIndex>,
    of_entity_id: HashMap<String, NodeIndex>,
}

impl<'a> Nodes<'a> {
    fn of(identifiers: &'a IdentifierNodes, decisions: &[Decision]) -> Self {
        let named: HashSet<&str> = decisions
            .iter()
            .flat_map(|decision| &decision.identifiers)
            .flatten()
            .map(String::as_str)
            .collect();
        let sides = decisions.iter().flat_map(|decision| decision.entities.iter().zip(&decision.identifiers));
        // An id of an entity is the digest of one of its identifiers. Only a file without identifiers needs it.
        let ids: HashSet<&str> =
            sides.filter(|(_, listed)| listed.is_empty()).map(|(id, _)| id.as_str()).collect();
        let mut nodes = Self { of_identifier: HashMap::new(), of_entity_id: HashMap::new() };
        for (node, known) in identifiers.enumerate() {
            let text: &str = &known.id;
            if named.contains(text) {
                nodes.of_identifier.insert(text, node);
            }
            if !ids.is_empty() {
                let id = LastingId::of(&[text]).with_prefix("entity");
                if ids.contains(id.as_str()) {
                    nodes.of_entity_id.insert(id, node);
                }
            }
        }
        nodes
    }

    /// Returns the first identifier of a side that the view has.
    fn of_side(&self, decision: &Decision, side: usize) -> Option<NodeIndex> {
        let listed = &decision.identifiers[side];
        if listed.is_empty() {
            return self.of_entity_id.get(&decision.entities[side]).copied();
        }
        listed.iter().find_map(|identifier| self.of_identifier.get(identifier.as_str())).copied()
    }
}
