//! The degree: the number of links of a vertex.

use crate::graph::WeightedGraph;
use crate::progress::Progress;

use super::metric::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "degree",
    about: "Number of links of this vertex.",
    unit: "links, from 0",
    source: "Freeman 1978, Centrality in social networks",
    reads: Reads {
        direction: "Links of both directions are counted.",
        weights: "Weights are ignored.",
        dead_ends: "A dead end counts its incoming links.",
        self_links: "A self-link counts 2.",
        disconnected: "Each vertex is measured by itself, whatever its component.",
    },
    measure: |shared, progress| measure(shared.weighted_graph, progress),
};

fn measure(weighted_graph: &WeightedGraph, progress: &Progress) -> Option<Vec<f64>> {
    let graph = weighted_graph.graph();
    let degree = |vertex| {
        let row = graph.outgoing(vertex);
        if graph.is_directed() {
            row.len() + graph.incoming(vertex).len()
        } else {
            // An undirected self-link is in its row once, but touches the vertex twice.
            row.len() + usize::from(graph.has_link(vertex, vertex))
        }
    };
    progress.advance(1).then(|| graph.vertices().map(|vertex| degree(vertex) as f64).collect())
}
