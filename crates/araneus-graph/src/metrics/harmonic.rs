//! Harmonic centrality: the sum of inverse distances from all other vertices.

use super::kernels::shared_results::SEARCH_WORK_MAX;
use super::metric::{Metric, Reads, is_within_bound, unknown};

pub(super) const METRIC: Metric = Metric {
    name: "harmonic",
    about: "Sum of 1 / distance from every other vertex to this one, not normalised; null where vertices x links exceeds 2e9.",
    unit: "1 / links, from 0 to vertices - 1",
    source: "Boldi and Vigna 2014, Axioms for centrality",
    reads: Reads::INWARD,
    measure: |shared, progress| {
        let graph = shared.weighted_graph.graph();
        if !is_within_bound(graph, SEARCH_WORK_MAX) {
            return Some(unknown(graph));
        }
        Some(shared.exact(progress)?.iter().map(|distances| distances.inverse_sum).collect())
    },
};
