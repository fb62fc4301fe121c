//! The local clustering coefficient: the share of pairs of neighbours that are linked.

use super::metric::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "clustering",
    about: "Share of pairs of neighbours that are linked to each other; 0 with fewer than two neighbours.",
    unit: "share, in 0..=1",
    source: "Watts and Strogatz 1998, Collective dynamics of small-world networks",
    reads: Reads::SIMPLE,
    measure: |shared, progress| {
        let graph = shared.weighted_graph.simple();
        let share = |(vertex, closed): (u32, &f64)| {
            let degree = graph.outgoing(vertex).len() as f64;
            if degree < 2.0 { 0.0 } else { 2.0 * closed / (degree * (degree - 1.0)) }
        };
        Some(graph.vertices().zip(shared.triangles(progress)?).map(share).collect())
    },
};
