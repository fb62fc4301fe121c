//! How near all others are to a vertex, where the unreachable count nothing.

use super::{Metric, Reads, is_within_bound, unknown};

pub(super) const METRIC: Metric = Metric {
    name: "harmonic",
    about: "The sum of 1 / distance from every other vertex to this one, not normalised; null where vertices x links exceeds 2e9.",
    unit: "1 / links, from 0 to vertices - 1",
    source: "Boldi and Vigna 2014, Axioms for centrality",
    reads: Reads::INWARD,
    measure: |shared, watch| {
        let graph = shared.shape.graph();
        if !is_within_bound(graph) {
            return Some(unknown(graph));
        }
        Some(shared.exact(watch)?.iter().map(|reach| reach.near).collect())
    },
};
