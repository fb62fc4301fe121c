//! How much weight the links of a vertex carry together: the degree, weighted.

use crate::graph::Shape;
use crate::progress::Watch;

use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "strength",
    about: "The sum of the weights of the links that touch this vertex.",
    unit: "weight, from 0",
    source: "Barrat, Barthelemy, Pastor-Satorras, Vespignani 2004, The architecture of complex weighted networks",
    reads: Reads {
        direction: "Links are counted in both directions.",
        weights: "Weights are added; a graph without weights has 1 a merged link.",
        dead_ends: "A dead end sums its incoming links.",
        self_links: "A self-link's weight counts twice, as in degree.",
        disconnected: "Each vertex is counted by itself, whatever part it stands in.",
    },
    measure: |shared, watch| measure(shared.shape, watch),
};

fn measure(shape: &Shape, watch: &Watch) -> Option<Vec<f64>> {
    let (graph, weights) = (shape.graph(), shape.weights());
    let strength = |vertex| {
        let outgoing = weights.outgoing(graph, vertex);
        let sum: f64 = outgoing.iter().sum();
        if graph.is_directed() {
            sum + weights.incoming(graph, vertex).iter().sum::<f64>()
        } else {
            let own = graph.outgoing(vertex).binary_search(&vertex);
            sum + own.map_or(0.0, |place| outgoing[place])
        }
    };
    // An empty sum of floats is -0.0; adding 0.0 gives the zero that people expect.
    watch.step(1).then(|| graph.vertices().map(|vertex| strength(vertex) + 0.0).collect())
}
