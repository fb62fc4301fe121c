//! Significance of communities: comparison with random graphs of the same degrees.
//!
//! Each draw swaps the ends of random pairs of links (Maslov and Sneppen 2002), which keeps all degrees and
//! the multiset of weights. Then communities are searched in the same way. p is `(1 + draws at least as good)
//! / (1 + draws)`.

use rayon::prelude::*;

use super::detect::find;
use super::leiden;
use super::link_set::LinkSet;
use super::method::{DetectionConfig, Method};
use crate::graph::{Graph, WeightedGraph};
use crate::progress::Progress;
use crate::random::SplitMix64;

/// The number of swaps for each link; ten mix well in practice (Milo et al. 2003).
const SWAPS_PER_LINK: usize = 10;
/// The first random stream of the draws.
const FIRST_STREAM: u64 = 1 << 32;
/// The observed quality is the median of this many runs, so that one lucky run proves nothing.
const OBSERVED_RUNS: u64 = 5;
/// The largest p that is called significant.
const LEVEL: f64 = 0.05;

/// Quality of communities in rewired graphs, compared with the observed quality.
#[derive(Debug, Clone, PartialEq)]
pub struct Significance {
    /// The mean quality over the draws.
    pub null_mean: f64,
    /// The standard deviation of the quality over the draws.
    pub null_sd: f64,
    /// The observed quality: the median of runs as short as those on the draws.
    pub observed: f64,
    /// The share of draws at least as good, the observed graph included.
    pub p: f64,
    /// True if p is at most 0.05, which needs at least 19 draws.
    pub is_significant: bool,
}

/// Compares the communities of a graph with those of `draws` rewired graphs; `None` if the computation was
/// cancelled.
///
/// Give at least two draws. Each run begins from single vertices, and with Leiden it ends when a pass gains
/// little. The best of several runs, or a good start, compared with single runs would call noise significant.
/// Runs on the graph vary as much as those on the draws, so their median is compared.
pub fn significance(
    weighted_graph: &WeightedGraph,
    config: &DetectionConfig,
    draws: u32,
    progress: &Progress,
) -> Option<Significance> {
    let observed = median_quality(weighted_graph, config, progress)?;
    let qualities: Option<Vec<f64>> = (0..draws)
        .into_par_iter()
        .map(|draw| {
            let mut random = SplitMix64::new(config.seed, FIRST_STREAM + u64::from(draw));
            one_run(&rewire(weighted_graph, &mut random), config, progress)
        })
        .collect();
    let qualities = qualities?;
    let count = qualities.len() as f64;
    let null_mean = qualities.iter().sum::<f64>() / count;
    let spread: f64 = qualities.iter().map(|quality| (quality - null_mean).powi(2)).sum();
    let as_good = qualities.iter().filter(|quality| **quality >= observed).count() as f64;
    let p = (1.0 + as_good) / (1.0 + count);
    let null_sd = (spread / (count - 1.0)).sqrt();
    Some(Significance { null_mean, null_sd, observed, p, is_significant: p <= LEVEL })
}

/// Returns the median quality of a few runs.
fn median_quality(
    weighted_graph: &WeightedGraph,
    config: &DetectionConfig,
    progress: &Progress,
) -> Option<f64> {
    let run = |run: u64| {
        let seed = config.seed.wrapping_add(run);
        one_run(weighted_graph, &DetectionConfig { seed, ..config.clone() }, progress)
    };
    let mut qualities = (0..OBSERVED_RUNS).into_par_iter().map(run).collect::<Option<Vec<f64>>>()?;
    qualities.sort_unstable_by(f64::total_cmp);
    Some(qualities[qualities.len() / 2])
}

fn one_run(weighted_graph: &WeightedGraph, config: &DetectionConfig, progress: &Progress) -> Option<f64> {
    let weighted_graph = weighted_graph.positive();
    if matches!(config.method, Method::Leiden | Method::LeidenCpm) {
        return leiden::short_run(weighted_graph, config, progress);
    }
    // A start makes one run, and every vertex alone is the default start.
    let start = Some(weighted_graph.graph().vertices().collect());
    find(weighted_graph, &DetectionConfig { start, ..config.clone() }, progress).map(|found| found.quality)
}

/// Swaps ends of links: a-b and c-d become a-d and c-b, unless that makes a self-link or a parallel link.
fn rewire(weighted_graph: &WeightedGraph, random: &mut SplitMix64) -> WeightedGraph {
    let weighted_graph = weighted_graph.positive();
    let (graph, weights) = (weighted_graph.simple(), weighted_graph.simple_weights());
    let mut links = Vec::with_capacity(graph.link_count());
    let mut values = Vec::with_capacity(graph.link_count());
    for source in graph.vertices() {
        for (&target, &weight) in graph.outgoing(source).iter().zip(weights.outgoing(graph, source)) {
            if source < target {
                links.push((source, target));
                values.push(weight);
            }
        }
    }
    swap_ends(&mut links, random);
    let given = weights.are_given().then_some(values.as_slice());
    let (graph, weights) = Graph::build(graph.vertex_count() as u32, false, &links, given);
    WeightedGraph::new(graph, weights)
}

fn swap_ends(links: &mut [(u32, u32)], random: &mut SplitMix64) {
    let mut present = LinkSet::new(links.len());
    for &(a, b) in &*links {
        present.insert(a, b);
    }
    if links.len() < 2 {
        return;
    }
    for _ in 0..SWAPS_PER_LINK * links.len() {
        let first = random.below(links.len() as u32) as usize;
        let second = random.below(links.len() as u32) as usize;
        let (a, b) = links[first];
        let (mut c, mut d) = links[second];
        if random.below(2) == 1 {
            std::mem::swap(&mut c, &mut d);
        }
        let is_free = |x: u32, y: u32| x != y && !present.contains(x, y);
        if first == second || !is_free(a, d) || !is_free(c, b) {
            continue;
        }
        present.remove(a, b);
        present.remove(c, d);
        present.insert(a, d);
        present.insert(c, b);
        links[first] = (a, d);
        links[second] = (c, b);
    }
}
