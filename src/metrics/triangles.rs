//! How many pairs of a vertex's neighbours are tied to each other.
//!
//! Each link is pointed from the end with fewer links to the one with more, so
//! that a triangle is found once, at its lowest corner, and no row of pointed
//! links is longer than the root of twice the links (Schank and Wagner 2005, "forward").
//! Corners are counted in whole numbers, so the order of threads cannot show.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use crate::graph::Graph;
use crate::watch::Watch;

use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "triangles",
    about: "How many triangles this vertex is a corner of.",
    unit: "triangles, from 0",
    source: "Schank and Wagner 2005, Finding, counting and listing all triangles in large graphs",
    reads: Reads {
        direction: "Links have no direction: the undirected simple graph is read.",
        weights: "Weights are ignored.",
        dead_ends: "In an undirected graph a vertex without links has 0.",
        self_links: "Self-links are left out.",
        disconnected: "Each vertex is counted by itself, whatever part it stands in.",
    },
    measure: |shape, watch| count(shape.simple(), watch),
};

pub(super) fn count(graph: &Graph, watch: &Watch) -> Option<Vec<f64>> {
    let rank = |vertex: u32| (graph.outgoing(vertex).len(), vertex);
    let upward: Vec<Vec<u32>> = graph
        .vertices()
        .into_par_iter()
        .map(|vertex| {
            graph.outgoing(vertex).iter().copied().filter(|near| rank(*near) > rank(vertex)).collect()
        })
        .collect();
    let counts: Vec<AtomicU64> = upward.iter().map(|_| AtomicU64::new(0)).collect();
    let add = |vertex: u32, corners: u64| counts[vertex as usize].fetch_add(corners, Ordering::Relaxed);
    let done = graph.vertices().into_par_iter().try_for_each(|vertex| {
        let row = &upward[vertex as usize];
        for &near in row {
            let mut closed = 0;
            in_both(row, &upward[near as usize], |third| {
                closed += 1;
                add(third, 1);
            });
            add(vertex, closed);
            add(near, closed);
        }
        watch.step(1).then_some(())
    });
    done.map(|()| counts.into_iter().map(|corners| corners.into_inner() as f64).collect())
}

/// Tells what stands in both ascending rows.
fn in_both(left: &[u32], right: &[u32], mut tell: impl FnMut(u32)) {
    let (mut i, mut j) = (0, 0);
    while i < left.len() && j < right.len() {
        match left[i].cmp(&right[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                tell(left[i]);
                i += 1;
                j += 1;
            }
        }
    }
}
