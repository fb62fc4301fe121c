//! The total weight of the outgoing links of a vertex.

use super::metric::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "out_strength_weighted",
    about: "Sum of the weights of the links from this vertex.",
    unit: "weight, from 0",
    source: "Barrat, Barthelemy, Pastor-Satorras, Vespignani 2004, The architecture of complex weighted networks",
    reads: Reads {
        direction: "Outgoing links are added; in an undirected graph every link is incoming and outgoing.",
        weights: "Weights are added; in a graph without weights each merged link has 1.",
        dead_ends: "A dead end has 0.",
        self_links: "The weight of a self-link counts once.",
        disconnected: "Each vertex is measured by itself, whatever its component.",
    },
    measure: |shared, progress| {
        let (graph, weights) = (shared.weighted_graph.graph(), shared.weighted_graph.weights());
        // An empty sum of floats is -0.0; adding 0.0 makes it positive.
        let sum = |vertex| weights.outgoing(graph, vertex).iter().sum::<f64>() + 0.0;
        progress.advance(1).then(|| graph.vertices().map(sum).collect())
    },
};
