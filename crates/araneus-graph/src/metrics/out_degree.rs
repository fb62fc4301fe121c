//! The out-degree: the number of vertices to which a vertex has a link.

use super::metric::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "out_degree",
    about: "Number of vertices to which this one has a link.",
    unit: "vertices, from 0",
    source: "Wasserman and Faust 1994, Social Network Analysis, section 5.3",
    reads: Reads {
        direction: "Outgoing links are counted; in an undirected graph every link is incoming and outgoing.",
        weights: "Weights are ignored.",
        dead_ends: "A dead end has 0.",
        self_links: "A self-link counts 1.",
        disconnected: "Each vertex is measured by itself, whatever its component.",
    },
    measure: |shared, progress| {
        let graph = shared.weighted_graph.graph();
        progress
            .advance(1)
            .then(|| graph.vertices().map(|vertex| graph.outgoing(vertex).len() as f64).collect())
    },
};
