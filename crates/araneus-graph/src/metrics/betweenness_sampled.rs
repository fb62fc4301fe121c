//! Betweenness estimated from a sample of pairs; the method is in `kernels/sampled_betweenness.rs`.

use super::metric::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "betweenness_sampled",
    about: "Betweenness estimated from sampled pairs of other vertices; see betweenness_error.",
    unit: "pairs, from 0",
    source: "Borassi and Natale 2016, KADABRA is an adaptive algorithm for betweenness via random approximation",
    reads: READS,
    measure: |shared, progress| Some(shared.sampled(progress)?.values.clone()),
};

pub(super) const READS: Reads = Reads {
    direction: "Shortest paths follow the direction of links.",
    weights: "Weights are ignored.",
    dead_ends: "No path leads through a dead end.",
    self_links: "Self-links are on no shortest path.",
    disconnected: "Pairs without a path between them count 0.",
};
