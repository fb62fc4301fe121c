//! How many vertices have a link to a vertex.

use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "in_degree",
    about: "How many vertices have a link to this one.",
    unit: "vertices, from 0",
    source: "Wasserman and Faust 1994, Social Network Analysis, section 5.3",
    reads: Reads {
        direction: "Incoming links are counted; in an undirected graph every link is incoming and outgoing.",
        weights: "Weights are ignored.",
        dead_ends: "A dead end counts its incoming links.",
        self_links: "A self-link counts 1.",
        disconnected: "Each vertex is counted by itself, whatever part it stands in.",
    },
    measure: |shared, watch| {
        let graph = shared.shape.graph();
        watch.step(1).then(|| graph.vertices().map(|vertex| graph.incoming(vertex).len() as f64).collect())
    },
};
