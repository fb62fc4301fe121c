//! Graphs whose vertices are entities, and partitions of those graphs.

use crate::{
    community::Partition,
    graph::{Graph, WeightedGraph},
    index::EntityIndex,
};

/// Builds the graph of `entities` vertices with the given edges: ends and weight of each. Parallel edges become
/// one edge with the sum of their weights.
pub fn weighted_graph(
    entities: usize,
    is_directed: bool,
    edges: impl Iterator<Item = (EntityIndex, EntityIndex, f64)>,
) -> WeightedGraph {
    let (ends, weights): (Vec<(u32, u32)>, Vec<f64>) =
        edges.map(|(from, to, weight)| ((from.node(), to.node()), weight)).unzip();
    let (graph, weights) = Graph::build(entities as u32, is_directed, &ends, Some(&weights));
    WeightedGraph::new(graph, weights)
}

/// Returns the members of each community of a partition, ascending; the largest community comes first.
pub fn members_by_community(partition: &Partition) -> Vec<Vec<EntityIndex>> {
    let mut members: Vec<Vec<EntityIndex>> = vec![Vec::new(); partition.count()];
    for (entity, &community) in EntityIndex::enumerate(partition.labels()) {
        members[community as usize].push(entity);
    }
    members
}
