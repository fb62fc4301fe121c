//! How many links there are among a vertex and its neighbours.

use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "ego_links",
    about: "How many links join this vertex and its neighbours with each other.",
    unit: "links, from 0",
    source: "Akoglu, McGlohon and Faloutsos 2010, OddBall: spotting anomalies in weighted graphs (E)",
    reads: Reads::SIMPLE,
    measure: |shared, watch| {
        let graph = shared.shape.simple();
        let links = |(vertex, closed): (u32, &f64)| graph.outgoing(vertex).len() as f64 + closed;
        Some(graph.vertices().zip(shared.triangles(watch)?).map(links).collect())
    },
};
