//! Whether a vertex alone holds parts of the graph together, and how many.

use super::{Metric, Reads};
use crate::graph::cuts;

pub(super) const METRIC: Metric = Metric {
    name: "articulation",
    about: "How many parts more the graph would have without this vertex; 0 unless it is an articulation point.",
    unit: "parts, from 0",
    source: "Hopcroft and Tarjan 1973, Algorithm 447: efficient algorithms for graph manipulation",
    reads: Reads {
        direction: "Links have no direction: the undirected simple graph is read.",
        weights: "Weights are ignored.",
        dead_ends: "In an undirected graph a vertex without links has 0.",
        self_links: "Self-links are left out.",
        disconnected: "Each vertex is counted by itself, whatever part it stands in.",
    },
    measure: |shape, watch| {
        watch.step(1).then(|| cuts(shape.simple()).parts.into_iter().map(f64::from).collect())
    },
};
