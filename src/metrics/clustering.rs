//! Which share of a vertex's pairs of neighbours are tied to each other.

use super::{Metric, Reads, triangles};

pub(super) const METRIC: Metric = Metric {
    name: "clustering",
    about: "The share of pairs of neighbours that are tied to each other; 0 with fewer than two.",
    unit: "share, in 0..=1",
    source: "Watts and Strogatz 1998, Collective dynamics of small-world networks",
    reads: Reads {
        direction: "Links have no direction: the undirected simple graph is read.",
        weights: "Weights are ignored.",
        dead_ends: "In an undirected graph a vertex without links has 0.",
        self_links: "Self-links are left out.",
        disconnected: "Each vertex is counted by itself, whatever part it stands in.",
    },
    measure: |shape, watch| {
        let graph = shape.simple();
        let share = |(vertex, closed): (u32, f64)| {
            let degree = graph.outgoing(vertex).len() as f64;
            if degree < 2.0 { 0.0 } else { 2.0 * closed / (degree * (degree - 1.0)) }
        };
        triangles::count(graph, watch).map(|counts| graph.vertices().zip(counts).map(share).collect())
    },
};
