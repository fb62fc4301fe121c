//! The core number: the highest k for which a vertex is in the k-core.
//!
//! The k-core is the subgraph that remains when vertices with fewer than k links are removed again and again.
//! Linear in vertices and links.

use crate::graph::WeightedGraph;
use crate::progress::Progress;

use super::kernels::k_core::peel_k_cores;
use super::metric::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "core_number",
    about: "Highest k for which this vertex is in a group whose members have at least k links within the group.",
    unit: "links, from 0",
    source: "Seidman 1983; Batagelj and Zaversnik 2003, An O(m) algorithm for cores decomposition",
    reads: Reads::SIMPLE,
    measure: |shared, progress| measure(shared.weighted_graph, progress),
};

fn measure(weighted_graph: &WeightedGraph, progress: &Progress) -> Option<Vec<f64>> {
    progress
        .advance(1)
        .then(|| peel_k_cores(weighted_graph.simple()).core.into_iter().map(f64::from).collect())
}
