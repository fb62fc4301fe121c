//! Sampled betweenness: estimates from a sample of pairs, with an error bound that holds for all vertices at
//! once.
//!
//! With probability 1 - delta no vertex is off by more than its bound, and no bound exceeds epsilon times all
//! ordered pairs (in an undirected graph: all pairs). KADABRA (Borassi and Natale 2016) guarantees the same.
//! As there, pairs are searched from both ends, and the probability of failure is divided unevenly. Three
//! changes reduce the number of samples:
//!
//! - Hanging trees are folded and their pairs counted exactly. Pairs are drawn, by mass, within components of
//!   the core, so that every pair has a path.
//! - A sample is not one shortest path but all shortest paths between two ends, each vertex with its share
//!   (as in ABRA, Riondato and Upfal 2018), which varies less.
//! - Bounds use the sample variance (empirical Bernstein: Maurer and Pontil 2009, theorem 4).
//!
//! A first sample, which is used for nothing else, estimates the variances. They give the number of samples
//! and the probability of failure of each vertex. If a bound is then not met, the sample grows by half, which
//! uses a tenth of the remaining probability of failure. A sample never follows more than 1e10 links; if that
//! is too few, the bounds are larger than epsilon.
//!
//! Each 16 samples have their own random stream, and they are added in order, so the number of threads
//! changes no bit.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::graph::{BidirectionalSearch, Graph, connected_components, fold_to_two_core};
use crate::progress::Progress;
use crate::random::{self, Stream, below_u64};

/// The largest number of links that the sample may follow, predicted from the first sample.
const LINKS_MAX: u64 = 10_000_000_000;
/// Samples of one random stream.
const STREAM: u64 = 16;
/// Streams in memory at one time.
const WAVE: u64 = 16;
/// Streams of the first sample.
const FIRST: u64 = 64;

/// Betweenness estimated from a sample.
#[derive(Debug, Clone, PartialEq)]
pub struct SampledBetweenness {
    /// The estimate for each vertex, in the unit of betweenness.
    pub values: Vec<f64>,
    /// The error bound of each estimate; 0 where the value is exact.
    pub errors: Vec<f64>,
    /// The number of pairs that were searched.
    pub samples: u64,
}

/// Parameters of sampled betweenness.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SamplingParameters {
    /// The largest allowed error of a vertex, as a share of all pairs, between 0 and 1; 0.005 by default.
    pub epsilon: f64,
    /// The probability that the error of some vertex exceeds its bound, between 0 and 1; 0.1 by default.
    pub delta: f64,
    /// The seed of the random streams; 1 by default.
    pub seed: u64,
}

impl Default for SamplingParameters {
    fn default() -> Self {
        Self { epsilon: 0.005, delta: 0.1, seed: 1 }
    }
}

/// Estimates betweenness so that with probability `1 - delta` no vertex is off by more than `epsilon` times
/// all pairs.
///
/// Returns `None` if the computation was cancelled.
///
/// # Panics
/// If `epsilon` or `delta` is not between 0 and 1.
///
/// ```
/// use araneus_graph::graph::Graph;
/// use araneus_graph::metrics::{SamplingParameters, sampled_betweenness};
/// use araneus_graph::progress::Progress;
///
/// let (path, _) = Graph::build(3, false, &[(0, 1), (1, 2)], None);
/// let parameters = SamplingParameters { epsilon: 0.01, ..SamplingParameters::default() };
/// let sampled = sampled_betweenness(&path, &parameters, &Progress::silent()).expect("it is not cancelled");
/// // A tree is folded as a whole, so its values are exact.
/// assert_eq!(sampled.values, [0.0, 1.0, 0.0]);
/// assert_eq!(sampled.errors, [0.0; 3]);
/// ```
pub fn sampled_betweenness(
    graph: &Graph,
    parameters: &SamplingParameters,
    progress: &Progress,
) -> Option<SampledBetweenness> {
    let SamplingParameters { epsilon, delta, seed } = *parameters;
    assert!(
        epsilon > 0.0 && epsilon < 1.0 && delta > 0.0 && delta < 1.0,
        "epsilon and delta are between 0 and 1"
    );
    let folded = fold_to_two_core(graph);
    let pairs = PairDistribution::new(&folded.core, &folded.mass);
    let count = graph.vertex_count() as f64;
    let mut sampler = Sampler {
        graph: &folded.core,
        pairs: &pairs,
        seed,
        stream: 0,
        followed: 0,
        spare: Mutex::default(),
        progress,
    };
    if !progress.advance(1) {
        return None;
    }
    let (sums, bounds) = sampler.sample_until_bounded(epsilon * count * (count - 1.0), delta)?;
    let half = if graph.is_directed() { 1.0 } else { 0.5 };
    let mut sampled = SampledBetweenness {
        values: folded.pairs,
        errors: vec![0.0; graph.vertex_count()],
        samples: sampler.stream * STREAM,
    };
    for (core, &vertex) in folded.original.iter().enumerate() {
        let can_be_between = is_between(&folded.core, core as u32);
        if can_be_between && pairs.total > 0 {
            sampled.values[vertex as usize] += sums.mean(core) * pairs.total as f64;
            sampled.errors[vertex as usize] = bounds[core] * pairs.total as f64 * half;
        }
    }
    sampled.values.iter_mut().for_each(|value| *value *= half);
    Some(sampled)
}

/// Returns whether a vertex could be between two others: it has a source and another target.
fn is_between(graph: &Graph, vertex: u32) -> bool {
    let (sources, targets) = (graph.incoming(vertex), graph.outgoing(vertex));
    let others = |row: &[u32]| row.iter().filter(|neighbour| **neighbour != vertex).count();
    let least = if graph.is_directed() { 1 } else { 2 };
    others(sources) >= least && others(targets) >= least
}

/// The distribution of ordered pairs of core vertices: by both masses, within components, never a vertex with
/// itself.
struct PairDistribution {
    /// The vertices, component by component.
    order: Vec<u32>,
    /// The mass before each position in `order`, and the total mass.
    mass: Vec<u64>,
    /// The weight of pairs before each position.
    pairs_before: Vec<u64>,
    /// The range of positions of the component of each position.
    component_range: Vec<(usize, usize)>,
    /// The weight of all pairs.
    total: u64,
}

impl PairDistribution {
    fn new(graph: &Graph, masses: &[f64]) -> Self {
        let component_of = connected_components(graph).component_of;
        let mut order: Vec<u32> = graph.vertices().collect();
        order.sort_by_key(|vertex| component_of[*vertex as usize]);
        let mut mass = vec![0];
        for &vertex in &order {
            mass.push(mass[mass.len() - 1] + masses[vertex as usize] as u64);
        }
        let (mut pairs_before, mut component_range, mut total) = (Vec::new(), Vec::new(), 0);
        for positions in
            order.chunk_by(|one, other| component_of[*one as usize] == component_of[*other as usize])
        {
            let (start, end) = (component_range.len(), component_range.len() + positions.len());
            for position in start..end {
                pairs_before.push(total);
                component_range.push((start, end));
                let own_mass = mass[position + 1] - mass[position];
                total += own_mass * (mass[end] - mass[start] - own_mass);
            }
        }
        Self { order, mass, pairs_before, component_range, total }
    }

    fn draw(&self, random: &mut Stream) -> (u32, u32) {
        let drawn = below_u64(random, self.total);
        let source = self.pairs_before.partition_point(|before| *before <= drawn) - 1;
        let (start, end) = self.component_range[source];
        let own_mass = self.mass[source + 1] - self.mass[source];
        let mut drawn = self.mass[start] + below_u64(random, self.mass[end] - self.mass[start] - own_mass);
        if drawn >= self.mass[source] {
            drawn += own_mass;
        }
        let target = self.mass.partition_point(|before| *before <= drawn) - 1;
        (self.order[source], self.order[target])
    }
}

/// The shares of vertices between the pairs of one stream, and the number of links that were followed.
type StreamSample = (Vec<(u32, f64)>, u64);

struct Sampler<'a> {
    graph: &'a Graph,
    pairs: &'a PairDistribution,
    seed: u64,
    /// The next stream.
    stream: u64,
    /// The number of links followed so far.
    followed: u64,
    /// Buffers that no thread uses at the moment.
    spare: Mutex<Vec<BidirectionalSearch>>,
    progress: &'a Progress<'a>,
}

impl Sampler<'_> {
    /// Samples until the error of each vertex is at most `pairs_off_max` pairs, or the sample has its largest
    /// size.
    ///
    /// Returns the sums, and the error bound of each core vertex as a share of the drawn pairs.
    fn sample_until_bounded(&mut self, pairs_off_max: f64, delta: f64) -> Option<(SampleSums, Vec<f64>)> {
        let vertices = self.graph.vertex_count();
        let mut sums = SampleSums::new(vertices);
        let mut bounds = vec![0.0; vertices];
        if self.pairs.total == 0 {
            return Some((sums, bounds));
        }
        let epsilon = pairs_off_max / self.pairs.total as f64;
        self.run(&mut sums, FIRST)?;
        let plan = SamplingPlan::new(&sums, epsilon, delta);
        sums = SampleSums::new(vertices);
        let affordable = (LINKS_MAX / self.followed.div_ceil(FIRST).max(1)).max(FIRST) * STREAM;
        let mut needed = plan.samples.min(affordable);
        for round in 0.. {
            let more = needed - sums.samples;
            self.run(&mut sums, more.div_ceil(STREAM))?;
            let spent = f64::from(round) * std::f64::consts::LN_10;
            let bound = |vertex: usize| sums.bound(vertex, plan.exponents[vertex] + spent);
            bounds = (0..vertices).map(bound).collect();
            if needed == affordable || bounds.iter().all(|bound| *bound <= epsilon || bound.is_nan()) {
                break;
            }
            needed = (needed + needed / 2).min(affordable);
        }
        Some((sums, bounds))
    }

    /// Adds the samples of `streams` streams; returns `None` if the computation was cancelled.
    fn run(&mut self, sums: &mut SampleSums, streams: u64) -> Option<()> {
        let last = self.stream + streams;
        while self.stream < last {
            let wave = self.stream..last.min(self.stream + WAVE);
            self.stream = wave.end;
            let samples: Option<Vec<StreamSample>> =
                wave.into_par_iter().map(|stream| self.sample(stream)).collect();
            for (shares, followed) in samples? {
                self.followed += followed;
                for (vertex, share) in shares {
                    sums.sums[vertex as usize] += share;
                    sums.squares[vertex as usize] += share * share;
                }
            }
        }
        sums.samples += streams * STREAM;
        Some(())
    }

    fn sample(&self, stream: u64) -> Option<StreamSample> {
        let spare = || self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let mut search = spare().pop().unwrap_or_else(|| BidirectionalSearch::new(self.graph.vertex_count()));
        let mut random = random::open(self.seed, stream);
        let (mut shares, mut followed) = (Vec::new(), 0);
        for _ in 0..STREAM {
            let (source, target) = self.pairs.draw(&mut random);
            followed +=
                search.search(self.graph, source, target, |vertex, share| shares.push((vertex, share)));
        }
        spare().push(search);
        self.progress.advance(STREAM).then_some((shares, followed))
    }
}

/// The sums of samples for each core vertex.
struct SampleSums {
    sums: Vec<f64>,
    squares: Vec<f64>,
    samples: u64,
}

impl SampleSums {
    fn new(vertices: usize) -> Self {
        Self { sums: vec![0.0; vertices], squares: vec![0.0; vertices], samples: 0 }
    }

    fn mean(&self, vertex: usize) -> f64 {
        self.sums[vertex] / self.samples as f64
    }

    fn variance(&self, vertex: usize) -> f64 {
        let sum = self.sums[vertex];
        ((self.squares[vertex] - sum * sum / self.samples as f64) / (self.samples - 1) as f64).max(0.0)
    }

    /// Returns the error bound of the mean; it fails with probability `4 * exp(-exponent)` (both sides).
    fn bound(&self, vertex: usize, exponent: f64) -> f64 {
        let samples = self.samples as f64;
        (2.0 * self.variance(vertex) * exponent / samples).sqrt() + 7.0 * exponent / (3.0 * (samples - 1.0))
    }
}

/// The predicted number of samples, and the exponent of each vertex's probability of failure.
struct SamplingPlan {
    samples: u64,
    exponents: Vec<f64>,
}

impl SamplingPlan {
    fn new(first: &SampleSums, epsilon: f64, delta: f64) -> Self {
        // A tenth of delta is for later rounds. A tenth of the rest is divided evenly, so that vertices of
        // almost no variance have bounds below epsilon.
        let (uneven, even) = (0.81 * delta, 0.09 * delta);
        let size = first.samples as f64;
        // The observed variance, two standard errors, and an allowance for values that were not observed.
        let expected_variance = |vertex: usize| {
            let seen = first.variance(vertex);
            seen + 2.0 * (seen / size).sqrt() + 1.0 / size
        };
        let variances: Vec<f64> = (0..first.sums.len()).map(expected_variance).collect();
        let suffices = |samples: u64| {
            let chances =
                variances.iter().map(|variance| 4.0 * (-exponent(*variance, samples, epsilon)).exp());
            chances.sum::<f64>() <= uneven
        };
        let mut high = first.samples;
        while !suffices(high) && high < 1 << 50 {
            high *= 2;
        }
        let mut low = high / 2;
        while low + STREAM < high {
            let middle = low.midpoint(high);
            if suffices(middle) { high = middle } else { low = middle }
        }
        let most = (4.0 * variances.len() as f64 / even).ln();
        let exponents =
            variances.iter().map(|variance| exponent(*variance, high, epsilon).min(most)).collect();
        Self { samples: high, exponents }
    }
}

/// Returns the exponent at which [`SampleSums::bound`] is epsilon.
fn exponent(variance: f64, samples: u64, epsilon: f64) -> f64 {
    let samples = samples as f64;
    let (linear, root) = (7.0 / (3.0 * (samples - 1.0)), (2.0 * variance / samples).sqrt());
    let solution = ((root * root + 4.0 * linear * epsilon).sqrt() - root) / (2.0 * linear);
    solution * solution
}
