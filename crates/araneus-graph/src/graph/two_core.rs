//! 2-core folding: each hanging tree of an undirected graph is folded into the vertex that it hangs on.
//!
//! Between a vertex of a hanging tree and the rest of the graph there is only one path, so searches need not
//! visit trees (Baglioni, Geraci, Pellegrini and Lastres 2012). A directed graph is not folded.

use super::connected_components::connected_components;
use super::csr::Graph;

/// A graph without its hanging trees, and the record of what was folded where.
pub(crate) struct TwoCore {
    /// The core; its vertices are numbered in the order of the original graph.
    pub(crate) core: Graph,
    /// The vertex of the original graph for each core vertex.
    pub(crate) original: Vec<u32>,
    /// The number of vertices that each core vertex represents, itself included.
    pub(crate) mass: Vec<f64>,
    /// For each vertex of the original graph the ordered pairs of other vertices with it between them, of
    /// which at least one hangs on it.
    pub(crate) pairs: Vec<f64>,
}

/// Folds hanging trees, leaves first, in linear time.
pub(crate) fn fold_to_two_core(graph: &Graph) -> TwoCore {
    let count = graph.vertex_count();
    let mut mass = vec![1.0; count];
    let mut is_folded = vec![false; count];
    // For each vertex the sizes of the branches folded into it, and the squares of these sizes, added up.
    let (mut folded, mut squares) = (vec![0.0; count], vec![0.0; count]);
    if !graph.is_directed() {
        let others = |vertex: u32| {
            graph.outgoing(vertex).iter().copied().filter(move |neighbour| *neighbour != vertex)
        };
        let mut degrees: Vec<usize> = graph.vertices().map(|vertex| others(vertex).count()).collect();
        let mut leaves: Vec<u32> = graph.vertices().filter(|vertex| degrees[*vertex as usize] == 1).collect();
        while let Some(leaf) = leaves.pop() {
            // The last two vertices of a tree are each other's leaves; the second one stays.
            let Some(parent) = others(leaf).find(|neighbour| !is_folded[*neighbour as usize]) else {
                continue;
            };
            let (leaf, parent) = (leaf as usize, parent as usize);
            is_folded[leaf] = true;
            mass[parent] += mass[leaf];
            folded[parent] += mass[leaf];
            squares[parent] += mass[leaf] * mass[leaf];
            degrees[parent] -= 1;
            if degrees[parent] == 1 {
                leaves.push(parent as u32);
            }
        }
    }
    let pairs = pairs(graph, &folded, &squares);
    let original: Vec<u32> = graph.vertices().filter(|vertex| !is_folded[*vertex as usize]).collect();
    let mass = original.iter().map(|vertex| mass[*vertex as usize]).collect();
    TwoCore { core: restricted(graph, &original), original, mass, pairs }
}

/// Returns the pairs between which each vertex lies. With n other vertices in the component, branches of size
/// c and C their sum: `sum of c * (n - c)` for pairs from a branch, and `(n - C) * C` for pairs into a
/// branch.
fn pairs(graph: &Graph, folded: &[f64], squares: &[f64]) -> Vec<f64> {
    let components = connected_components(graph);
    let mut sizes = vec![0.0; components.count as usize];
    for &component in &components.component_of {
        sizes[component as usize] += 1.0;
    }
    let pairs_of = |vertex: usize| {
        let others: f64 = sizes[components.component_of[vertex] as usize] - 1.0;
        others * folded[vertex] - squares[vertex] + (others - folded[vertex]) * folded[vertex]
    };
    (0..graph.vertex_count()).map(pairs_of).collect()
}

/// Returns the graph induced by some vertices, given in ascending order.
fn restricted(graph: &Graph, kept: &[u32]) -> Graph {
    let mut links = Vec::new();
    for (number, &vertex) in kept.iter().enumerate() {
        let row =
            graph.outgoing(vertex).iter().filter(|neighbour| graph.is_directed() || **neighbour >= vertex);
        links.extend(
            row.filter_map(|neighbour| Some((number as u32, kept.binary_search(neighbour).ok()? as u32))),
        );
    }
    Graph::build(kept.len() as u32, graph.is_directed(), &links, None).0
}
