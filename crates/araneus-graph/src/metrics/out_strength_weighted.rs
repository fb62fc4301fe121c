//! How much weight the outgoing links of a vertex carry together.

use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "out_strength_weighted",
    about: "The sum of the weights of the links from this vertex.",
    unit: "weight, from 0",
    source: "Barrat, Barthelemy, Pastor-Satorras, Vespignani 2004, The architecture of complex weighted networks",
    reads: Reads {
        direction: "Outgoing links are summed; in an undirected graph every link is incoming and outgoing.",
        weights: "Weights are added; a graph without weights has 1 a merged link.",
        dead_ends: "A dead end is 0.",
        self_links: "A self-link's weight counts once.",
        disconnected: "Each vertex is counted by itself, whatever part it stands in.",
    },
    measure: |shared, watch| {
        let (graph, weights) = (shared.shape.graph(), shared.shape.weights());
        // An empty sum of floats is -0.0; adding 0.0 gives the zero that people expect.
        let sum = |vertex| weights.outgoing(graph, vertex).iter().sum::<f64>() + 0.0;
        watch.step(1).then(|| graph.vertices().map(sum).collect())
    },
};
