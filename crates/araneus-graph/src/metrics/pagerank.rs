//! How likely a walker who follows links, and sometimes jumps anywhere, is met at a vertex.
//!
//! Brin and Page 1998. With n vertices, damping d = 0.85, rank r and row length
//! l(u): `r(v) = (1 - d) / n + d * (sum of r(u) / l(u) over links u -> v + D / n)`, where D is
//! the rank that stands on dead ends: it is spread evenly over all vertices.
//! The ranks are those that one more pass moves by no more than 1e-13 in all; how
//! they are found faster than by passes alone is told where walkers are.

use crate::graph::{Graph, Shape, Weights};
use crate::progress::Watch;

use super::steps::walk::{STEP, Walk};
use super::{Metric, Reads, unknown};

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
    measure: |shared, watch| Walk::new(shared.shape.graph(), None, None).settled(STEP, watch),
};

/// Returns the rank after exactly `passes` passes from even ranks, as LDBC Graphalytics asks for.
///
/// `None` means that the watch said stop.
pub fn pagerank_after(graph: &Graph, passes: usize, watch: &Watch) -> Option<Vec<f64>> {
    Walk::new(graph, None, None).after(passes, watch)
}

/// Returns the rank once a pass moves it by no more than `step` in the L1 norm; with `weights`, links are
/// followed in proportion to them.
///
/// `None` means that the watch said stop.
pub fn pagerank_until(
    graph: &Graph,
    weights: Option<&Weights>,
    step: f64,
    watch: &Watch,
) -> Option<Vec<f64>> {
    Walk::new(graph, weights, None).settled(step, watch)
}

/// Returns the rank of a walker who jumps to seeds, each with a chance in proportion to its number.
///
/// Dead ends jump to the seeds too; the rest is as in [`pagerank_after`] once it stands still.
/// If no seed has a number above zero, all is unknown. `None` means that the watch said stop.
///
/// # Panics
/// If a seed is not a vertex, or its number is negative or not finite.
pub fn personalised_pagerank(shape: &Shape, seeds: &[(u32, f64)], watch: &Watch) -> Option<Vec<f64>> {
    let is_number = |seed: &(u32, f64)| seed.1.is_finite() && seed.1 >= 0.0;
    assert!(seeds.iter().all(is_number), "seeds have numbers from 0");
    let mut seeds = seeds.to_vec();
    // A seed given twice is added up in an order of its own.
    seeds.sort_by_key(|seed| (seed.0, seed.1.to_bits()));
    let mut jumps = vec![0.0; shape.graph().vertex_count()];
    for &(vertex, number) in &seeds {
        jumps[vertex as usize] += number;
    }
    let total: f64 = jumps.iter().sum();
    if total == 0.0 {
        return watch.step(1).then(|| unknown(shape.graph()));
    }
    for jump in &mut jumps {
        *jump /= total;
    }
    Walk::new(shape.graph(), None, Some(&jumps)).settled(STEP, watch)
}
