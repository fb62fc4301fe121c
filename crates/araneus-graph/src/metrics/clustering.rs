//! Which share of a vertex's pairs of neighbours are tied to each other.

use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "clustering",
    about: "The share of pairs of neighbours that are tied to each other; 0 with fewer than two.",
    unit: "share, in 0..=1",
    source: "Watts and Strogatz 1998, Collective dynamics of small-world networks",
    reads: Reads::SIMPLE,
    measure: |shared, watch| {
        let graph = shared.shape.simple();
        let share = |(vertex, closed): (u32, &f64)| {
            let degree = graph.outgoing(vertex).len() as f64;
            if degree < 2.0 { 0.0 } else { 2.0 * closed / (degree * (degree - 1.0)) }
        };
        Some(graph.vertices().zip(shared.triangles(watch)?).map(share).collect())
    },
};
