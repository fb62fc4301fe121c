//! How deep in the dense middle of the graph a vertex stands.
//!
//! The k-core is what remains when vertices with fewer than k links are taken
//! away until none is left to take; a vertex's core number is the highest k it
//! survives. Batagelj and Zaversnik 2003: always take a vertex of least degree,
//! found by buckets; linear in vertices and links.

use crate::graph::Shape;
use crate::watch::Watch;

use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "core_number",
    about: "The highest k for which this vertex is in a group where each has k links within.",
    unit: "links, from 0",
    source: "Seidman 1983; Batagelj and Zaversnik 2003, An O(m) algorithm for cores decomposition",
    reads: Reads {
        direction: "Links have no direction: the undirected simple graph is read.",
        weights: "Weights are ignored.",
        dead_ends: "In an undirected graph a vertex without links has 0.",
        self_links: "Self-links are left out.",
        disconnected: "Each vertex is counted by itself, whatever part it stands in.",
    },
    measure,
};

fn measure(shape: &Shape, watch: &Watch) -> Option<Vec<f64>> {
    let graph = shape.simple();
    let mut degrees: Vec<usize> = graph.vertices().map(|vertex| graph.outgoing(vertex).len()).collect();
    // `order` holds the vertices by degree; `starts[d]` is where degree d begins.
    let mut starts = vec![0; degrees.iter().max().map_or(0, |most| most + 2)];
    for &degree in &degrees {
        starts[degree + 1] += 1;
    }
    for degree in 1..starts.len() {
        starts[degree] += starts[degree - 1];
    }
    let mut order = vec![0_u32; degrees.len()];
    let mut place = vec![0_usize; degrees.len()];
    let mut free = starts.clone();
    for (vertex, &degree) in degrees.iter().enumerate() {
        place[vertex] = free[degree];
        order[free[degree]] = vertex as u32;
        free[degree] += 1;
    }
    for taken in 0..order.len() {
        let vertex = order[taken];
        for &near in graph.outgoing(vertex) {
            let near = near as usize;
            let degree = degrees[near];
            if degree > degrees[vertex as usize] {
                // Trade places with the first of the bucket, then move its border past it.
                let (from, to) = (place[near], starts[degree].max(taken + 1));
                let first = order[to];
                order.swap(from, to);
                place[near] = to;
                place[first as usize] = from;
                starts[degree] = to + 1;
                degrees[near] -= 1;
            }
        }
    }
    watch.step(1).then(|| degrees.into_iter().map(|core| core as f64).collect())
}
