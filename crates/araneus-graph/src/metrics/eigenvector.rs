//! Eigenvector centrality: a vertex is central if its neighbours are.
//!
//! Bonacich 1972: the vector x with `A x = lambda x` for the largest eigenvalue of the adjacency matrix A. In
//! a connected graph it is unique and positive (Perron and Frobenius). Plain power iteration oscillates on
//! bipartite graphs, and is slow if the second eigenvalue is close, so this is a conjugate-gradient method.
//!
//! It ends when the residual, divided by the gap to the second eigenvalue, bounds the error far below 1e-6 of
//! the largest value. If thousands of rounds do not reach that, as on a path of many thousand vertices, all
//! values are NaN.

use crate::graph::{WeightedGraph, connected_components};
use crate::progress::Progress;

use super::kernels::fill;
use super::kernels::leading_eigenvector::leading_eigenvector;
use super::metric::{Metric, Reads, unknown};

pub(super) const METRIC: Metric = Metric {
    name: "eigenvector",
    about: "Strength of the links between this vertex and central vertices; null unless the graph is undirected and connected.",
    unit: "Euclidean norm 1, not negative",
    source: "Bonacich 1972, Factoring and weighting approaches to status scores and clique identification",
    reads: Reads {
        direction: "Undirected graphs only; a directed graph gives null.",
        weights: "Weights are ignored.",
        dead_ends: "A connected undirected graph has none, except a single vertex, which has 1.",
        self_links: "A self-link counts once, as a link from a vertex to itself.",
        disconnected: "A graph of several components gives null, because the largest eigenvalue belongs to one component only.",
    },
    measure: |shared, progress| measure(shared.weighted_graph, progress),
};

/// About as many links are read in total before the computation gives up.
const READS_MAX: usize = 20_000_000_000;

fn measure(weighted_graph: &WeightedGraph, progress: &Progress) -> Option<Vec<f64>> {
    let graph = weighted_graph.graph();
    if graph.is_directed() || connected_components(graph).count != 1 {
        return Some(unknown(graph));
    }
    if graph.vertex_count() == 1 {
        return Some(vec![1.0]);
    }
    let rows = graph.ordered();
    // Degrees are positive and already close to the answer.
    let degrees = rows.order().iter().map(|vertex| graph.incoming(*vertex).len() as f64).collect();
    let multiply = |values: &[f64], out: &mut [f64]| {
        fill(out, |first, out| {
            rows.pull(values, None, first, out);
            []
        });
    };
    let rounds_max = (READS_MAX / graph.link_count().max(1)).clamp(1_000, 40_000);
    let values = leading_eigenvector(degrees, multiply, rounds_max, progress)?;
    Some(rows.restored(&values).into_iter().map(f64::abs).collect())
}
