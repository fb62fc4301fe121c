//! Whether chance could have made communities this clear: the same degrees, rewired.
//!
//! Each draw swaps the ends of random pairs of links (Maslov and Sneppen 2002), which
//! keeps every degree and the multiset of weights, and looks for communities in
//! the same way. p is `(1 + draws at least as good) / (1 + draws)`.

use rayon::prelude::*;

use super::pairs::Pairs;
use super::{Config, Method, find, leiden};
use crate::graph::{Graph, Shape};
use crate::progress::Watch;
use crate::random::SplitMix64;

/// Swaps tried for each link; ten mix well in practice (Milo et al. 2003).
const SWAPS_PER_LINK: usize = 10;
/// Streams of random numbers from here on belong to the draws.
const FIRST_STREAM: u64 = 1 << 32;
/// The shape's own quality is the median of this many runs, so that one lucky run proves nothing.
const OBSERVED_RUNS: u64 = 5;
/// A partition is called significant up to this p.
const LEVEL: f64 = 0.05;

/// What communities in rewired graphs are like, and how the found ones compare.
#[derive(Debug, Clone, PartialEq)]
pub struct Significance {
    /// The mean quality over the draws.
    pub null_mean: f64,
    /// The standard deviation of the quality over the draws.
    pub null_sd: f64,
    /// What is compared with them: the median of runs as short as theirs.
    pub usual: f64,
    /// The share of draws at least as good, the observed one counted among them.
    pub p: f64,
    /// Whether p is at most 0.05; needs at least 19 draws to be possible.
    pub is_significant: bool,
}

/// Compares the communities of a shape with those of `draws` rewired ones; `None` means that the watch said stop.
///
/// Give at least two draws. Each run begins from single vertices, and with Leiden ends when a
/// pass gains little: the best of several, or a good start, against single runs would call noise
/// significant. Runs on the shape vary as those on the draws do, so their median stands for it.
pub fn significance(shape: &Shape, config: &Config, draws: u32, watch: &Watch) -> Option<Significance> {
    let observed = usual_run(shape, config, watch)?;
    let qualities: Option<Vec<f64>> = (0..draws)
        .into_par_iter()
        .map(|draw| {
            let mut random = SplitMix64::new(config.seed, FIRST_STREAM + u64::from(draw));
            one_run(&rewire(shape, &mut random), config, watch)
        })
        .collect();
    let qualities = qualities?;
    let count = qualities.len() as f64;
    let null_mean = qualities.iter().sum::<f64>() / count;
    let spread: f64 = qualities.iter().map(|quality| (quality - null_mean).powi(2)).sum();
    let as_good = qualities.iter().filter(|quality| **quality >= observed).count() as f64;
    let p = (1.0 + as_good) / (1.0 + count);
    let null_sd = (spread / (count - 1.0)).sqrt();
    Some(Significance { null_mean, null_sd, usual: observed, p, is_significant: p <= LEVEL })
}

/// Returns the median quality of a few runs.
fn usual_run(shape: &Shape, config: &Config, watch: &Watch) -> Option<f64> {
    let run = |run: u64| {
        let seed = config.seed.wrapping_add(run);
        one_run(shape, &Config { seed, ..config.clone() }, watch)
    };
    let mut qualities = (0..OBSERVED_RUNS).into_par_iter().map(run).collect::<Option<Vec<f64>>>()?;
    qualities.sort_unstable_by(f64::total_cmp);
    Some(qualities[qualities.len() / 2])
}

fn one_run(shape: &Shape, config: &Config, watch: &Watch) -> Option<f64> {
    let shape = shape.positive();
    if matches!(config.method, Method::Leiden | Method::LeidenCpm) {
        return leiden::short_run(shape, config, watch);
    }
    // A start makes one run; every vertex alone is where a run begins anyway.
    let start = Some(shape.graph().vertices().collect());
    find(shape, &Config { start, ..config.clone() }, watch).map(|found| found.quality)
}

/// Swaps ends of links: a-b and c-d become a-d and c-b, unless that makes a self-link or a parallel one.
fn rewire(shape: &Shape, random: &mut SplitMix64) -> Shape {
    let shape = shape.positive();
    let (graph, weights) = (shape.simple(), shape.simple_weights());
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
    Shape::new(graph, weights)
}

fn swap_ends(links: &mut [(u32, u32)], random: &mut SplitMix64) {
    let mut present = Pairs::new(links.len());
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
        let is_free = |x: u32, y: u32| x != y && !present.holds(x, y);
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
