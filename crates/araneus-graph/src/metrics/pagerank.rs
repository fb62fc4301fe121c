//! `PageRank`: the share of time that a random walker with jumps spends at a vertex.
//!
//! Brin and Page 1998. With n vertices, damping d, rank r and row length l(u): `r(v) = (1 - d) / n + d * (sum
//! of r(u) / l(u) over links u -> v + D / n)`. D is the rank of dead ends, which is spread evenly over all
//! vertices. By default d is 0.85, and one more pass changes the ranks by 1e-13 in total at most. The method,
//! which is faster than passes alone, is in `kernels/random_walk.rs`.

use rayon::prelude::*;

use crate::graph::{Graph, Weights};
use crate::progress::Progress;

use super::kernels::random_walk::RandomWalk;
use super::metric::{Metric, Reads, unknown};

pub(super) const METRIC: Metric = Metric {
    name: "pagerank",
    about: "Share of time that a random walker along the links spends here.",
    unit: "share, in 0..=1, sum 1",
    source: "Brin and Page 1998, The anatomy of a large-scale hypertextual web search engine",
    reads: Reads {
        direction: "Rank flows along outgoing links; in an undirected graph it flows both ways.",
        weights: "Weights are ignored.",
        dead_ends: "The rank of dead ends is spread evenly over all vertices.",
        self_links: "A self-link keeps its share of the rank.",
        disconnected: "Components exchange rank through jumps, so every vertex has some.",
    },
    measure: |shared, progress| {
        pagerank(shared.weighted_graph.graph(), None, &PageRankParameters::default(), progress)
    },
};

/// Parameters of `PageRank`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageRankParameters {
    /// The probability that the walker follows a link instead of jumping, in `0.0..1.0`; 0.85 by default.
    pub damping: f64,
    /// The largest change of all ranks together (L1 norm) in the last pass; 1e-13 by default.
    pub tolerance: f64,
}

impl Default for PageRankParameters {
    fn default() -> Self {
        Self { damping: 0.85, tolerance: 1e-13 }
    }
}

/// Returns the `PageRank` of each vertex; with `weights`, links are followed in proportion to their weights.
///
/// Returns `None` if the computation was cancelled.
///
/// # Panics
/// If `damping` is not in `0.0..1.0`.
///
/// ```
/// use araneus_graph::graph::Graph;
/// use araneus_graph::metrics::{PageRankParameters, pagerank};
/// use araneus_graph::progress::Progress;
///
/// let (graph, _) = Graph::build(3, true, &[(0, 2), (1, 2), (2, 0)], None);
/// let parameters = PageRankParameters { damping: 0.9, ..PageRankParameters::default() };
/// let ranks = pagerank(&graph, None, &parameters, &Progress::silent()).expect("it is not cancelled");
/// assert!(ranks[2] > ranks[0] && ranks[0] > ranks[1]);
/// ```
pub fn pagerank(
    graph: &Graph,
    weights: Option<&Weights>,
    parameters: &PageRankParameters,
    progress: &Progress,
) -> Option<Vec<f64>> {
    RandomWalk::new(graph, weights, None, parameters.damping).stationary(parameters.tolerance, progress)
}

/// Returns the ranks after exactly `passes` passes from equal ranks, as LDBC Graphalytics defines them.
///
/// Returns `None` if the computation was cancelled.
///
/// # Panics
/// If `damping` is not in `0.0..1.0`.
pub fn pagerank_after(graph: &Graph, passes: usize, damping: f64, progress: &Progress) -> Option<Vec<f64>> {
    RandomWalk::new(graph, None, None, damping).after(passes, progress)
}

/// Sum of all ranks of [`pagerank_in_units`]: 1, as a whole number of units.
pub const RANK_UNITS: i64 = 1 << 60;
/// The probability that a walker follows a link, in percent.
const DAMPING_PERCENT: i64 = 85;

/// Returns the ranks after exactly `passes` passes from equal ranks, in units of 2^-60, with damping 0.85.
///
/// Every value is a whole number, so that no sum depends on the order of its terms: any engine that follows these lines has
/// the same result. Each division rounds down, so that a pass loses at most one unit for each link and two for each vertex.
///
/// Returns `None` if the computation was cancelled.
pub fn pagerank_in_units(graph: &Graph, passes: u32, progress: &Progress) -> Option<Vec<i64>> {
    let count = i64::from(graph.vertices().end).max(1);
    let mut ranks = vec![RANK_UNITS / count; graph.vertex_count()];
    for _ in 0..passes {
        let share = |vertex: u32| match graph.outgoing(vertex).len() as u32 {
            0 => 0,
            links => ranks[vertex as usize] / i64::from(links),
        };
        let shares: Vec<i64> = graph.vertices().into_par_iter().map(share).collect();
        let is_dead_end = |vertex: &u32| graph.outgoing(*vertex).is_empty();
        let dead_ends: i64 = graph.vertices().filter(is_dead_end).map(|vertex| ranks[vertex as usize]).sum();
        let jumps = jumps_in_units(count, dead_ends);
        let received = |vertex: u32| graph.incoming(vertex).iter().map(|from| shares[*from as usize]).sum();
        ranks = graph.vertices().into_par_iter().map(|vertex| jumps + damped(received(vertex))).collect();
        if !progress.advance(graph.link_count() as u64) {
            return None;
        }
    }
    Some(ranks)
}

/// Returns what each of `count` vertices receives by jumps in a pass of [`pagerank_in_units`], where `dead_ends` is the rank
/// of all vertices without links.
pub fn jumps_in_units(count: i64, dead_ends: i64) -> i64 {
    (RANK_UNITS - damped(RANK_UNITS)) / count + damped(dead_ends / count)
}

/// Returns the share of `DAMPING_PERCENT` of a rank. The product of both would not fit into 64 bits.
fn damped(rank: i64) -> i64 {
    rank / 100 * DAMPING_PERCENT + rank % 100 * DAMPING_PERCENT / 100
}

/// Returns the rank of a walker who jumps to seeds, each with a probability in proportion to its number.
///
/// A walker at a dead end jumps to the seeds, too. All values are NaN if no seed has a number above zero.
/// Returns `None` if the computation was cancelled.
///
/// # Panics
/// If a seed is not a vertex, if its number is negative or not finite, or if `damping` is not in `0.0..1.0`.
pub fn personalised_pagerank(
    graph: &Graph,
    seeds: &[(u32, f64)],
    parameters: &PageRankParameters,
    progress: &Progress,
) -> Option<Vec<f64>> {
    let is_number = |seed: &(u32, f64)| seed.1.is_finite() && seed.1 >= 0.0;
    assert!(seeds.iter().all(is_number), "seeds have numbers from 0");
    let mut seeds = seeds.to_vec();
    // Repeated seeds are added in a fixed order, so that the order of the argument changes no bit.
    seeds.sort_by_key(|seed| (seed.0, seed.1.to_bits()));
    let mut jumps = vec![0.0; graph.vertex_count()];
    for &(vertex, number) in &seeds {
        jumps[vertex as usize] += number;
    }
    let total: f64 = jumps.iter().sum();
    if total == 0.0 {
        return progress.advance(1).then(|| unknown(graph));
    }
    for jump in &mut jumps {
        *jump /= total;
    }
    RandomWalk::new(graph, None, Some(&jumps), parameters.damping).stationary(parameters.tolerance, progress)
}
