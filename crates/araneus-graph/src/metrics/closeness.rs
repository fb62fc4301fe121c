//! Closeness: the inverse mean distance from all other vertices.
//!
//! With n vertices, r of which reach this one (itself not counted) over distances that sum to s: `(r / s) *
//! (r / (n - 1))`, 0 if r is 0. The second factor, by Wasserman and Faust, keeps the values of small
//! components low.

use super::kernels::shared_results::SEARCH_WORK_MAX;
use super::metric::{Metric, Reads, is_within_bound, unknown};

pub(super) const METRIC: Metric = Metric {
    name: "closeness",
    about: "Inverse mean distance from the vertices that reach this one, times their share of all other vertices; null where vertices x links exceeds 2e9.",
    unit: "1 / links, in 0..=1",
    source: "Wasserman and Faust 1994, Social Network Analysis, section 5.3 (formula 5.22)",
    reads: Reads {
        disconnected: "Only vertices that reach this one count, scaled by their share; 0 if there are none.",
        ..Reads::INWARD
    },
    measure: |shared, progress| {
        let graph = shared.weighted_graph.graph();
        if !is_within_bound(graph, SEARCH_WORK_MAX) {
            return Some(unknown(graph));
        }
        let others = graph.vertex_count().saturating_sub(1) as f64;
        Some(shared.exact(progress)?.iter().map(|distances| distances.closeness(others)).collect())
    },
};
