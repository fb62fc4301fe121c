//! How short the ways from all others to a vertex are.
//!
//! With n vertices, r of which reach this one (itself not counted) over distances
//! that sum to s: `(r / s) * (r / (n - 1))`, 0 if r is 0. The second factor, by
//! Wasserman and Faust, keeps the vertices of small parts from looking central.

use crate::graph::{Shape, fold_inward};
use crate::watch::Watch;

use super::{Metric, Reads, is_within_bound, unknown};

pub(super) const METRIC: Metric = Metric {
    name: "closeness",
    about: "The inverse mean distance from those who reach this vertex, times the share who do; null where vertices x links exceeds 2e9.",
    unit: "1 / links, in 0..=1",
    source: "Wasserman and Faust 1994, Social Network Analysis, section 5.3 (formula 5.22)",
    reads: Reads {
        direction: "Distances are measured inward: along the links, from others to this vertex.",
        weights: "Weights are ignored.",
        dead_ends: "A dead end can be reached like any other vertex.",
        self_links: "Self-links are on no shortest path.",
        disconnected: "Only those who reach this vertex count, scaled by their share; 0 if none do.",
    },
    measure,
};

fn measure(shape: &Shape, watch: &Watch) -> Option<Vec<f64>> {
    let graph = shape.graph();
    if !is_within_bound(graph) {
        return Some(unknown(graph));
    }
    let add = |(reached, sum): &mut (u64, u64), distance: u32, count: u32| {
        *reached += u64::from(count);
        *sum += u64::from(distance) * u64::from(count);
    };
    let others = graph.vertex_count().saturating_sub(1) as f64;
    let closeness = |(reached, sum): (u64, u64)| {
        let reached = reached as f64;
        if sum == 0 { 0.0 } else { (reached / sum as f64) * (reached / others) }
    };
    let sums = fold_inward(graph, &(0, 0), add, watch)?;
    Some(sums.into_iter().map(closeness).collect())
}
