//! How many links there are among a vertex and its neighbours.

use super::triangles;
use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "ego_links",
    about: "How many links join this vertex and its neighbours with each other.",
    unit: "links, from 0",
    source: "Akoglu, McGlohon and Faloutsos 2010, OddBall: spotting anomalies in weighted graphs (E)",
    reads: Reads {
        direction: "Links have no direction: the undirected simple graph is read.",
        weights: "Weights are ignored.",
        dead_ends: "In an undirected graph a vertex without links has 0.",
        self_links: "Self-links are left out.",
        disconnected: "Each vertex is counted by itself, whatever part it stands in.",
    },
    measure: |shape, watch| {
        let graph = shape.simple();
        let links = |(vertex, closed): (u32, f64)| graph.outgoing(vertex).len() as f64 + closed;
        triangles::count(graph, watch).map(|counts| graph.vertices().zip(counts).map(links).collect())
    },
};
