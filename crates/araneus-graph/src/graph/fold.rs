//! The core of an undirected graph: what is left when hanging trees are folded into what they hang on.
//!
//! Between a vertex of a hanging tree and the rest there is one way only, so
//! whole-graph searches need not walk trees (Baglioni, Geraci, Pellegrini and
//! Lastres 2012). A directed graph is all core.

use super::{Graph, parts};

/// A graph without its hanging trees, and what was folded where.
pub(crate) struct Folded {
    /// The core, its vertices numbered in the order of the whole graph.
    pub(crate) core: Graph,
    /// The vertex of the whole graph that each core vertex is.
    pub(crate) whole: Vec<u32>,
    /// How many vertices each core vertex stands for, itself included.
    pub(crate) mass: Vec<f64>,
    /// For each vertex of the whole graph: ordered pairs of others that have it
    /// between them because at least one of the two hangs on it.
    pub(crate) pairs: Vec<f64>,
}

/// Folds hanging trees, leaves first; linear.
pub(crate) fn fold(graph: &Graph) -> Folded {
    let count = graph.vertex_count();
    let mut mass = vec![1.0; count];
    let mut is_folded = vec![false; count];
    // Sums over the branches folded into a vertex: sizes, and squares of sizes.
    let (mut hanging, mut squares) = (vec![0.0; count], vec![0.0; count]);
    if !graph.is_directed() {
        let others = |vertex: u32| graph.outgoing(vertex).iter().copied().filter(move |near| *near != vertex);
        let mut degrees: Vec<usize> = graph.vertices().map(|vertex| others(vertex).count()).collect();
        let mut leaves: Vec<u32> = graph.vertices().filter(|vertex| degrees[*vertex as usize] == 1).collect();
        while let Some(leaf) = leaves.pop() {
            // The last two vertices of a tree are each other's leaves: the second stays.
            let Some(parent) = others(leaf).find(|near| !is_folded[*near as usize]) else { continue };
            let (leaf, parent) = (leaf as usize, parent as usize);
            is_folded[leaf] = true;
            mass[parent] += mass[leaf];
            hanging[parent] += mass[leaf];
            squares[parent] += mass[leaf] * mass[leaf];
            degrees[parent] -= 1;
            if degrees[parent] == 1 {
                leaves.push(parent as u32);
            }
        }
    }
    let pairs = pairs(graph, &hanging, &squares);
    let whole: Vec<u32> = graph.vertices().filter(|vertex| !is_folded[*vertex as usize]).collect();
    let mass = whole.iter().map(|vertex| mass[*vertex as usize]).collect();
    Folded { core: restricted(graph, &whole), whole, mass, pairs }
}

/// With others n = part - 1 and branches c: `sum of c * (n - c)`, and rest times branches, `(n - C) * C`.
fn pairs(graph: &Graph, hanging: &[f64], squares: &[f64]) -> Vec<f64> {
    let parts = parts(graph);
    let mut sizes = vec![0.0; parts.count as usize];
    for &part in &parts.of {
        sizes[part as usize] += 1.0;
    }
    let one = |vertex: usize| {
        let others: f64 = sizes[parts.of[vertex] as usize] - 1.0;
        others * hanging[vertex] - squares[vertex] + (others - hanging[vertex]) * hanging[vertex]
    };
    (0..graph.vertex_count()).map(one).collect()
}

/// The graph between some of the vertices, given in ascending order.
fn restricted(graph: &Graph, kept: &[u32]) -> Graph {
    let mut links = Vec::new();
    for (number, &vertex) in kept.iter().enumerate() {
        let row = graph.outgoing(vertex).iter().filter(|near| graph.is_directed() || **near >= vertex);
        links.extend(row.filter_map(|near| Some((number as u32, kept.binary_search(near).ok()? as u32))));
    }
    Graph::build(kept.len() as u32, graph.is_directed(), &links, None).0
}
