//! The number of links in the ego network of a vertex.

use super::metric::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "ego_links",
    about: "Number of links among this vertex and its neighbours.",
    unit: "links, from 0",
    source: "Akoglu, McGlohon and Faloutsos 2010, OddBall: spotting anomalies in weighted graphs (E)",
    reads: Reads::SIMPLE,
    measure: |shared, progress| {
        let graph = shared.weighted_graph.simple();
        let links = |(vertex, closed): (u32, &f64)| graph.outgoing(vertex).len() as f64 + closed;
        Some(graph.vertices().zip(shared.triangles(progress)?).map(links).collect())
    },
};
