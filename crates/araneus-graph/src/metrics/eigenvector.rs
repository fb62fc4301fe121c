//! How central the neighbours of a vertex are, they in turn by theirs, and so on.
//!
//! Bonacich 1972: the vector x with `A x = lambda x` for the largest eigenvalue of the
//! adjacency matrix A; in a connected graph it is unique and positive (Perron and
//! Frobenius). Plain power iteration swings forever on bipartite graphs and crawls
//! where the second eigenvalue is close, so this is a method of conjugate ways.
//!
//! It ends when the residual, divided by the gap to the second eigenvalue, bounds
//! the error far below 1e-6 of the largest value; if that is not reached in
//! thousands of rounds (a path of many thousand vertices), the values are unknown.

use crate::graph::{Shape, parts};
use crate::progress::Watch;

use super::steps::fill;
use super::steps::leading::leading;
use super::{Metric, Reads, unknown};

pub(super) const METRIC: Metric = Metric {
    name: "eigenvector",
    about: "How strongly this vertex is tied to central vertices; null unless the graph is undirected and connected.",
    unit: "Euclidean norm 1, not negative",
    source: "Bonacich 1972, Factoring and weighting approaches to status scores and clique identification",
    reads: Reads {
        direction: "Undirected graphs only; a directed one gives null.",
        weights: "Weights are ignored.",
        dead_ends: "A connected undirected graph has none, but for a single vertex, which gets 1.",
        self_links: "A self-link ties a vertex to itself once.",
        disconnected: "A graph of several parts gives null: the largest eigenvalue belongs to one part alone.",
    },
    measure: |shared, watch| measure(shared.shape, watch),
};

/// About so many links are read in all before giving up.
const READS_MAX: usize = 20_000_000_000;

fn measure(shape: &Shape, watch: &Watch) -> Option<Vec<f64>> {
    let graph = shape.graph();
    if graph.is_directed() || parts(graph).count != 1 {
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
    let values = leading(degrees, multiply, rounds_max, watch)?;
    Some(rows.restored(&values).into_iter().map(f64::abs).collect())
}
