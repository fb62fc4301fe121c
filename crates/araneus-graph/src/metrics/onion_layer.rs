//! The onion layer: the wave in which a vertex is removed during k-core peeling.
//!
//! All vertices with the fewest links are removed at once, again and again; layers are numbered from 1.
//! Layers refine core numbers: they show how deep a vertex is within its core. Few layers in a core mean a
//! dense core, many mean a tree-like one.

use super::kernels::k_core::peel_k_cores;
use super::metric::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "onion_layer",
    about: "Wave in which this vertex is removed when the vertices with fewest links are removed again and again.",
    unit: "waves, from 1",
    source: "Hebert-Dufresne, Grochow and Allard 2016, Multi-scale structure and topological anomaly detection via a new network statistic: the onion decomposition",
    reads: Reads {
        dead_ends: "A vertex without links is in the first layer.",
        disconnected: "Waves are counted over the whole graph, whatever the component of a vertex.",
        ..Reads::SIMPLE
    },
    measure: |shared, progress| {
        progress
            .advance(1)
            .then(|| peel_k_cores(shared.weighted_graph.simple()).layer.into_iter().map(f64::from).collect())
    },
};
