//! How short the ways from all others to a vertex are.
//!
//! With n vertices, r of which reach this one (itself not counted) over distances
//! that sum to s: `(r / s) * (r / (n - 1))`, 0 if r is 0. The second factor, by
//! Wasserman and Faust, keeps the vertices of small parts from looking central.

use super::{Metric, Reads, is_within_bound, unknown};

pub(super) const METRIC: Metric = Metric {
    name: "closeness",
    about: "The inverse mean distance from those who reach this vertex, times the share who do; null where vertices x links exceeds 2e9.",
    unit: "1 / links, in 0..=1",
    source: "Wasserman and Faust 1994, Social Network Analysis, section 5.3 (formula 5.22)",
    reads: Reads {
        disconnected: "Only those who reach this vertex count, scaled by their share; 0 if none do.",
        ..Reads::INWARD
    },
    measure: |shared, watch| {
        let graph = shared.shape.graph();
        if !is_within_bound(graph) {
            return Some(unknown(graph));
        }
        let others = graph.vertex_count().saturating_sub(1) as f64;
        Some(shared.exact(watch)?.iter().map(|reach| reach.closeness(others)).collect())
    },
};
