//! How many links touch a vertex.

use crate::graph::Shape;
use crate::progress::Watch;

use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "degree",
    about: "How many links touch this vertex.",
    unit: "links, from 0",
    source: "Freeman 1978, Centrality in social networks",
    reads: Reads {
        direction: "Links are counted in both directions.",
        weights: "Weights are ignored.",
        dead_ends: "A dead end counts its incoming links.",
        self_links: "A self-link counts 2.",
        disconnected: "Each vertex is counted by itself, whatever part it stands in.",
    },
    measure: |shared, watch| measure(shared.shape, watch),
};

fn measure(shape: &Shape, watch: &Watch) -> Option<Vec<f64>> {
    let graph = shape.graph();
    let degree = |vertex| {
        let row = graph.outgoing(vertex);
        if graph.is_directed() {
            row.len() + graph.incoming(vertex).len()
        } else {
            // An undirected self-link stands once in its row and touches twice.
            row.len() + usize::from(graph.has_link(vertex, vertex))
        }
    };
    watch.step(1).then(|| graph.vertices().map(|vertex| degree(vertex) as f64).collect())
}
