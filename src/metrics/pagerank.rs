//! How likely a walker who follows links, and sometimes jumps anywhere, is met at a vertex.
//!
//! Brin and Page 1998. With n vertices, damping d = 0.85, rank r and row length
//! l(u): `r(v) = (1 - d) / n + d * (sum of r(u) / l(u) over links u -> v + D / n)`, where D is
//! the rank that stands on dead ends: it is spread evenly over all vertices.
//! One vector is read and another written, so that threads change nothing; the
//! iteration contracts by d, so about 190 passes reach the bound from any start.

use rayon::prelude::*;

use crate::graph::Graph;
use crate::watch::Watch;

use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "pagerank",
    about: "The share of time a random walker along the links spends here.",
    unit: "share, in 0..=1, sum 1",
    source: "Brin and Page 1998, The anatomy of a large-scale hypertextual web search engine",
    reads: Reads {
        direction: "Rank flows along outgoing links; in an undirected graph both ways.",
        weights: "Weights are ignored.",
        dead_ends: "The rank of dead ends is spread evenly over all vertices.",
        self_links: "A self-link keeps its share of the rank.",
        disconnected: "Parts of the graph share rank through jumps, so every vertex has some.",
    },
    measure: |shape, watch| iterate(shape.graph(), PASSES_MAX, STEP, watch),
};

const DAMPING: f64 = 0.85;
/// The iteration ends when the vector moves by no more than this, in the L1 norm.
const STEP: f64 = 1e-13;
/// Rounding could hold the step above the bound in a huge graph; contraction is done long before.
const PASSES_MAX: usize = 400;

/// Returns the rank after exactly `passes` passes from even ranks, as LDBC Graphalytics asks for.
///
/// `None` means that the watch said stop.
pub fn pagerank_after(graph: &Graph, passes: usize, watch: &Watch) -> Option<Vec<f64>> {
    iterate(graph, passes, f64::NEG_INFINITY, watch)
}

fn iterate(graph: &Graph, passes: usize, step: f64, watch: &Watch) -> Option<Vec<f64>> {
    let count = graph.vertex_count() as f64;
    let mut ranks = vec![1.0 / count; graph.vertex_count()];
    for _ in 0..passes {
        let next = pass(graph, &ranks, count);
        let moved: f64 = ranks.iter().zip(&next).map(|(old, new)| (old - new).abs()).sum();
        ranks = next;
        if !watch.step(1) {
            return None;
        }
        if moved <= step {
            break;
        }
    }
    Some(ranks)
}

fn pass(graph: &Graph, ranks: &[f64], count: f64) -> Vec<f64> {
    let given: Vec<f64> = graph
        .vertices()
        .into_par_iter()
        .map(|vertex| ranks[vertex as usize] / graph.outgoing(vertex).len().max(1) as f64)
        .collect();
    let stranded: f64 = graph
        .vertices()
        .filter(|vertex| graph.outgoing(*vertex).is_empty())
        .map(|vertex| ranks[vertex as usize])
        .sum();
    let base = (1.0 - DAMPING) / count + DAMPING * stranded / count;
    graph
        .vertices()
        .into_par_iter()
        .map(|vertex| {
            let pulled: f64 = graph.incoming(vertex).iter().map(|source| given[*source as usize]).sum();
            base + DAMPING * pulled
        })
        .collect()
}
