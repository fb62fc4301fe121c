//! The in-degree: the number of vertices with a link to a vertex.

use super::metric::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "in_degree",
    about: "Number of vertices with a link to this one.",
    unit: "vertices, from 0",
    source: "Wasserman and Faust 1994, Social Network Analysis, section 5.3",
    reads: Reads {
        direction: "Incoming links are counted; in an undirected graph every link is incoming and outgoing.",
        weights: "Weights are ignored.",
        dead_ends: "A dead end counts its incoming links.",
        self_links: "A self-link counts 1.",
        disconnected: "Each vertex is measured by itself, whatever its component.",
    },
    measure: |shared, progress| {
        let graph = shared.weighted_graph.graph();
        progress
            .advance(1)
            .then(|| graph.vertices().map(|vertex| graph.incoming(vertex).len() as f64).collect())
    },
};
