//! The strength: the total weight of the links of a vertex.

use crate::graph::WeightedGraph;
use crate::progress::Progress;

use super::metric::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "strength",
    about: "Sum of the weights of the links of this vertex.",
    unit: "weight, from 0",
    source: "Barrat, Barthelemy, Pastor-Satorras, Vespignani 2004, The architecture of complex weighted networks",
    reads: Reads {
        direction: "Links of both directions are counted.",
        weights: "Weights are added; in a graph without weights each merged link has 1.",
        dead_ends: "A dead end adds its incoming links.",
        self_links: "The weight of a self-link counts twice, as in degree.",
        disconnected: "Each vertex is measured by itself, whatever its component.",
    },
    measure: |shared, progress| measure(shared.weighted_graph, progress),
};

fn measure(weighted_graph: &WeightedGraph, progress: &Progress) -> Option<Vec<f64>> {
    let (graph, weights) = (weighted_graph.graph(), weighted_graph.weights());
    let strength = |vertex| {
        let outgoing = weights.outgoing(graph, vertex);
        let sum: f64 = outgoing.iter().sum();
        if graph.is_directed() {
            sum + weights.incoming(graph, vertex).iter().sum::<f64>()
        } else {
            let self_link = graph.outgoing(vertex).binary_search(&vertex);
            sum + self_link.map_or(0.0, |position| outgoing[position])
        }
    };
    // An empty sum of floats is -0.0; adding 0.0 makes it positive.
    progress.advance(1).then(|| graph.vertices().map(|vertex| strength(vertex) + 0.0).collect())
}
