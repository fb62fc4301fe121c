//! Significance of communities: comparison with random graphs of the same degrees.
//!
//! Each draw is a random graph with the same degrees and the same multiset of weights (`rewiring.rs`). Communities are
//! searched in it in the same way. p is `(1 + draws at least as good) / (1 + draws)`.
//!
//! The draws end at the fifth draw that is at least as good, because nothing can become significant any more. The value of p is then 5
//! divided by the draws so far (sequential Monte Carlo test; Besag and Clifford 1991). Draws are judged in their order,
//! so threads change nothing.

use rayon::prelude::*;

use super::detect::find;
use super::leiden;
use super::method::{DetectionConfig, Method};
use super::rewiring::rewire;
use crate::graph::WeightedGraph;
use crate::progress::Progress;
use crate::random::SplitMix64;

/// The number of draws at least as good as the graph after which no more are made.
const AS_GOOD_MAX: usize = 5;
/// Draws that are made at once. The draws could not end earlier than after this many.
const BATCH: u32 = 5;
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
    /// The number of draws that were made.
    pub draws: u32,
}

/// Compares the communities of a graph with those of up to `draws` rewired graphs; `None` if the computation was
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
    let quality = |draw: u32| {
        let mut random = SplitMix64::new(config.seed, FIRST_STREAM + u64::from(draw));
        one_run(&rewire(weighted_graph, &mut random), config, progress)
    };
    let mut qualities: Vec<f64> = Vec::with_capacity(draws as usize);
    let mut as_good = 0;
    for first in (0..draws).step_by(BATCH as usize) {
        let batch = (first..draws.min(first + BATCH)).into_par_iter().map(quality);
        for quality in batch.collect::<Option<Vec<f64>>>()? {
            if as_good < AS_GOOD_MAX {
                qualities.push(quality);
                as_good += usize::from(quality >= observed);
            }
        }
        if as_good == AS_GOOD_MAX {
            break;
        }
    }
    Some(compared(&qualities, observed, as_good))
}

/// Compares the observed quality with those of the draws, the last of which may have ended them.
fn compared(qualities: &[f64], observed: f64, as_good: usize) -> Significance {
    let count = qualities.len() as f64;
    let null_mean = qualities.iter().sum::<f64>() / count;
    let spread: f64 = qualities.iter().map(|quality| (quality - null_mean).powi(2)).sum();
    let null_sd = (spread / (count - 1.0)).sqrt();
    let p =
        if as_good == AS_GOOD_MAX { as_good as f64 / count } else { (1.0 + as_good as f64) / (1.0 + count) };
    Significance {
        null_mean,
        null_sd,
        observed,
        p,
        is_significant: p <= LEVEL,
        draws: qualities.len() as u32,
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Graph;

    /// Returns cliques of ten vertices in a ring: clear groups.
    fn cliques(count: u32) -> WeightedGraph {
        let mut links = Vec::new();
        for clique in 0..count {
            let first = clique * 10;
            links.extend((0..10).flat_map(|a| (a + 1..10).map(move |b| (first + a, first + b))));
            links.push((first, (first + 10) % (count * 10)));
        }
        let (graph, weights) = Graph::build(count * 10, false, &links, None);
        WeightedGraph::new(graph, weights)
    }

    /// Returns a random graph, in which groups are chance.
    fn noise(seed: u64) -> WeightedGraph {
        let mut random = SplitMix64::new(seed, 7);
        let links: Vec<(u32, u32)> = (0..600).map(|_| (random.below(150), random.below(150))).collect();
        let (graph, weights) = Graph::build(150, false, &links, None);
        WeightedGraph::new(graph, weights)
    }

    /// Returns the comparison with draws that are all made, one after the other.
    fn reference(graph: &WeightedGraph, config: &DetectionConfig, draws: u32) -> (Vec<f64>, f64) {
        let progress = Progress::silent();
        let observed = median_quality(graph, config, &progress).expect("not cancelled");
        let quality = |draw: u32| {
            let mut random = SplitMix64::new(config.seed, FIRST_STREAM + u64::from(draw));
            one_run(&rewire(graph, &mut random), config, &progress).expect("not cancelled")
        };
        ((0..draws).map(quality).collect(), observed)
    }

    #[test]
    fn draws_end_early_only_where_all_draws_find_nothing_significant() {
        let mut ended_early = 0;
        for (seed, graph) in (0..8).map(|seed| (seed, noise(seed))).chain([(8, cliques(8))]) {
            let config = DetectionConfig { seed, ..DetectionConfig::new(Method::Leiden) };
            let found = significance(&graph, &config, 20, &Progress::silent()).expect("not cancelled");
            let (qualities, observed) = reference(&graph, &config, 20);
            let is_as_good = |quality: &&f64| **quality >= observed;
            let as_good = qualities.iter().filter(is_as_good).count();
            let all = (1.0 + as_good as f64) / 21.0;
            assert_eq!(found.is_significant, all <= LEVEL, "seed {seed}: {found:?}");
            if as_good < AS_GOOD_MAX {
                assert_eq!((found.draws, found.p.to_bits()), (20, all.to_bits()), "seed {seed}");
                continue;
            }
            let positions =
                (1..).zip(&qualities).filter(|(_, quality)| is_as_good(quality)).map(|(draw, _)| draw);
            let last: u32 = positions.take(AS_GOOD_MAX).last().expect("five draws");
            assert_eq!((found.draws, found.p), (last, AS_GOOD_MAX as f64 / f64::from(last)), "seed {seed}");
            ended_early += u32::from(last < 20);
        }
        assert!(ended_early > 3, "{ended_early} of 8 random graphs ended early");
    }
}
