//! How near all others are to a vertex, where the unreachable count nothing.

use crate::graph::{Shape, fold_inward};
use crate::watch::Watch;

use super::{Metric, Reads, is_within_bound, unknown};

pub(super) const METRIC: Metric = Metric {
    name: "harmonic",
    about: "The sum of 1 / distance from every other vertex to this one, not normalised; null where vertices x links exceeds 2e9.",
    unit: "1 / links, from 0 to vertices - 1",
    source: "Boldi and Vigna 2014, Axioms for centrality",
    reads: Reads {
        direction: "Distances are measured inward: along the links, from others to this vertex.",
        weights: "Weights are ignored.",
        dead_ends: "A dead end can be reached like any other vertex.",
        self_links: "Self-links are on no shortest path.",
        disconnected: "Vertices that cannot reach this one add 0.",
    },
    measure,
};

fn measure(shape: &Shape, watch: &Watch) -> Option<Vec<f64>> {
    let graph = shape.graph();
    if !is_within_bound(graph) {
        return Some(unknown(graph));
    }
    let add = |sum: &mut f64, distance: u32, count: u32| *sum += f64::from(count) / f64::from(distance);
    fold_inward(graph, &0.0, add, watch)
}
