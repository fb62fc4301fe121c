//! How many vertices a vertex has a link to.

use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "out_degree",
    about: "How many vertices this one has a link to.",
    unit: "vertices, from 0",
    source: "Wasserman and Faust 1994, Social Network Analysis, section 5.3",
    reads: Reads {
        direction: "Outgoing links are counted; in an undirected graph every link is incoming and outgoing.",
        weights: "Weights are ignored.",
        dead_ends: "A dead end has 0.",
        self_links: "A self-link counts 1.",
        disconnected: "Each vertex is counted by itself, whatever part it stands in.",
    },
    measure: |shared, watch| {
        let graph = shared.shape.graph();
        watch.step(1).then(|| graph.vertices().map(|vertex| graph.outgoing(vertex).len() as f64).collect())
    },
};
