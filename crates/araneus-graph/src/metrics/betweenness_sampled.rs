//! Betweenness from a sample of pairs, with a bound on its error that holds for all vertices at once.
//!
//! With chance 1 - delta no vertex is off by more than its bound, and no bound is above epsilon
//! times all ordered pairs (in an undirected graph: all pairs): the promise of KADABRA (Borassi and
//! Natale 2016) and, as there, pairs are searched from both ends and the chance of
//! failure is dealt out unevenly. Three things make it need fewer samples:
//!
//! - Hanging trees are folded and their pairs counted exactly; pairs are drawn, by mass, within the
//!   parts of the core, so that none is spent on what has no way between.
//! - A sample is not one shortest path but all of them between two ends, each vertex with
//!   its share (as in ABRA, Riondato and Upfal 2018), which varies less.
//! - Bounds use the variance that was seen (empirical Bernstein: Maurer and Pontil 2009, theorem 4).
//!
//! A first sample, used for nothing else, foretells variances; from them follow how many samples are
//! needed and which chance of failure each vertex has. If a bound then is not met, the
//! sample grows by half, paid from a tenth of the chance of failure left. A sample never follows more
//! than 1e10 links: where that is too few, the bounds say by how much. Every
//! 16 samples have a random stream of their own and are added in order: threads change nothing.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::graph::{Graph, Pair, fold, parts};
use crate::progress::Watch;
use crate::random::{self, Stream, below_u64};

use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "betweenness_sampled",
    about: "The betweenness estimated from sampled pairs of others; see betweenness_error.",
    unit: "pairs, from 0",
    source: "Borassi and Natale 2016, KADABRA is an adaptive algorithm for betweenness via random approximation",
    reads: READS,
    measure: |shared, watch| Some(shared.sampled(watch)?.values.clone()),
};

pub(super) const READS: Reads = Reads {
    direction: "Shortest ways follow the links' direction.",
    weights: "Weights are ignored.",
    dead_ends: "No way leads through a dead end.",
    self_links: "Self-links are on no shortest path.",
    disconnected: "Pairs without a way between them count nothing.",
};

/// The greatest error of a row of the table, as a share of all pairs.
const EPSILON: f64 = 0.005;
/// The chance that some vertex is farther off than its bound.
const DELTA: f64 = 0.1;
const SEED: u64 = 1;

/// Estimates betweenness as the table has it.
pub(super) fn of_table(graph: &Graph, watch: &Watch) -> Option<Sampled> {
    betweenness_within(graph, EPSILON, DELTA, SEED, watch)
}

/// How many links the sample may follow, foretold from the first one.
const LINKS_MAX: u64 = 10_000_000_000;
/// Samples of one random stream.
const STREAM: u64 = 16;
/// Streams held at one time.
const WAVE: u64 = 16;
/// Streams of the first sample.
const FIRST: u64 = 64;

/// Betweenness from a sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampled {
    /// The estimate for each vertex, as betweenness counts.
    pub values: Vec<f64>,
    /// How far from the exact value each estimate may be; 0 where it is exact.
    pub errors: Vec<f64>,
    /// How many pairs were searched.
    pub samples: u64,
}

/// Estimates betweenness so that with chance `1 - delta` no vertex is off by more than `epsilon` times all pairs.
///
/// `None` means that the watch said stop.
///
/// # Panics
/// If `epsilon` or `delta` is not between 0 and 1.
pub fn betweenness_within(
    graph: &Graph,
    epsilon: f64,
    delta: f64,
    seed: u64,
    watch: &Watch,
) -> Option<Sampled> {
    assert!(epsilon > 0.0 && epsilon < 1.0 && delta > 0.0 && delta < 1.0, "epsilon and delta are shares");
    let folded = fold(graph);
    let draw = Draw::new(&folded.core, &folded.mass);
    let count = graph.vertex_count() as f64;
    let mut sampler = Sampler {
        graph: &folded.core,
        draw: &draw,
        seed,
        stream: 0,
        followed: 0,
        spare: Mutex::default(),
        watch,
    };
    let mut tally = Tally::new(folded.core.vertex_count());
    let mut bounds = vec![0.0; folded.core.vertex_count()];
    if !watch.step(1) {
        return None;
    }
    if draw.pairs > 0 {
        let epsilon = epsilon * count * (count - 1.0) / draw.pairs as f64;
        sampler.run(&mut tally, FIRST)?;
        let plan = Plan::new(&tally, epsilon, delta);
        tally = Tally::new(folded.core.vertex_count());
        let affordable = (LINKS_MAX / sampler.followed.div_ceil(FIRST).max(1)).max(FIRST) * STREAM;
        let mut needed = plan.samples.min(affordable);
        for round in 0.. {
            let more = needed - tally.samples;
            sampler.run(&mut tally, more.div_ceil(STREAM))?;
            let spent = f64::from(round) * std::f64::consts::LN_10;
            bounds =
                (0..bounds.len()).map(|vertex| tally.bound(vertex, plan.exponents[vertex] + spent)).collect();
            if needed == affordable || bounds.iter().all(|bound| *bound <= epsilon || bound.is_nan()) {
                break;
            }
            needed = (needed + needed / 2).min(affordable);
        }
    }
    let half = if graph.is_directed() { 1.0 } else { 0.5 };
    let mut sampled = Sampled {
        values: folded.pairs,
        errors: vec![0.0; graph.vertex_count()],
        samples: sampler.stream * STREAM,
    };
    for (core, &vertex) in folded.whole.iter().enumerate() {
        let can_be_between = is_between(&folded.core, core as u32);
        if can_be_between && draw.pairs > 0 {
            sampled.values[vertex as usize] += tally.mean(core) * draw.pairs as f64;
            sampled.errors[vertex as usize] = bounds[core] * draw.pairs as f64 * half;
        }
    }
    sampled.values.iter_mut().for_each(|value| *value *= half);
    Some(sampled)
}

/// Says whether a vertex could be between two others: something leads to it and on.
fn is_between(graph: &Graph, vertex: u32) -> bool {
    let (sources, targets) = (graph.incoming(vertex), graph.outgoing(vertex));
    let others = |row: &[u32]| row.iter().filter(|near| **near != vertex).count();
    let least = if graph.is_directed() { 1 } else { 2 };
    others(sources) >= least && others(targets) >= least
}

/// How ordered pairs of core vertices are drawn: by the masses of both, within parts, never a vertex with itself.
struct Draw {
    /// The vertices, part by part.
    order: Vec<u32>,
    /// The mass before each place in `order`, and the whole.
    mass: Vec<u64>,
    /// The weight of pairs before each place.
    before: Vec<u64>,
    /// Where the part of each place begins and ends.
    range: Vec<(usize, usize)>,
    pairs: u64,
}

impl Draw {
    fn new(graph: &Graph, masses: &[f64]) -> Self {
        let part = parts(graph).of;
        let mut order: Vec<u32> = graph.vertices().collect();
        order.sort_by_key(|vertex| part[*vertex as usize]);
        let mut mass = vec![0];
        for &vertex in &order {
            mass.push(mass[mass.len() - 1] + masses[vertex as usize] as u64);
        }
        let (mut before, mut range, mut pairs) = (Vec::new(), Vec::new(), 0);
        for places in order.chunk_by(|one, other| part[*one as usize] == part[*other as usize]) {
            let (start, end) = (range.len(), range.len() + places.len());
            for place in start..end {
                before.push(pairs);
                range.push((start, end));
                let own = mass[place + 1] - mass[place];
                pairs += own * (mass[end] - mass[start] - own);
            }
        }
        Self { order, mass, before, range, pairs }
    }

    fn pair(&self, random: &mut Stream) -> (u32, u32) {
        let drawn = below_u64(random, self.pairs);
        let source = self.before.partition_point(|before| *before <= drawn) - 1;
        let (start, end) = self.range[source];
        let own = self.mass[source + 1] - self.mass[source];
        let mut drawn = self.mass[start] + below_u64(random, self.mass[end] - self.mass[start] - own);
        if drawn >= self.mass[source] {
            drawn += own;
        }
        let target = self.mass.partition_point(|before| *before <= drawn) - 1;
        (self.order[source], self.order[target])
    }
}

/// What the vertices between the pairs of one stream have, and how many links were followed for it.
type Found = (Vec<(u32, f64)>, u64);

struct Sampler<'a> {
    graph: &'a Graph,
    draw: &'a Draw,
    seed: u64,
    /// The next stream.
    stream: u64,
    /// How many links were followed so far.
    followed: u64,
    /// Buffers that no thread uses now.
    spare: Mutex<Vec<Pair>>,
    watch: &'a Watch,
}

impl Sampler<'_> {
    /// Adds the samples of that many streams; `None` means stop.
    fn run(&mut self, tally: &mut Tally, streams: u64) -> Option<()> {
        let last = self.stream + streams;
        while self.stream < last {
            let wave = self.stream..last.min(self.stream + WAVE);
            self.stream = wave.end;
            let found: Option<Vec<Found>> = wave.into_par_iter().map(|stream| self.sample(stream)).collect();
            for (shares, followed) in found? {
                self.followed += followed;
                for (vertex, share) in shares {
                    tally.sums[vertex as usize] += share;
                    tally.squares[vertex as usize] += share * share;
                }
            }
        }
        tally.samples += streams * STREAM;
        Some(())
    }

    fn sample(&self, stream: u64) -> Option<Found> {
        let spare = || self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let mut pair = spare().pop().unwrap_or_else(|| Pair::new(self.graph.vertex_count()));
        let mut random = random::open(self.seed, stream);
        let (mut shares, mut followed) = (Vec::new(), 0);
        for _ in 0..STREAM {
            let (source, target) = self.draw.pair(&mut random);
            followed += pair.search(self.graph, source, target, |vertex, share| shares.push((vertex, share)));
        }
        spare().push(pair);
        self.watch.step(STREAM).then_some((shares, followed))
    }
}

/// What the samples say of each core vertex.
struct Tally {
    sums: Vec<f64>,
    squares: Vec<f64>,
    samples: u64,
}

impl Tally {
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

    /// The mean is no farther off, but for a chance of `4 * exp(-exponent)` (both sides).
    fn bound(&self, vertex: usize, exponent: f64) -> f64 {
        let samples = self.samples as f64;
        (2.0 * self.variance(vertex) * exponent / samples).sqrt() + 7.0 * exponent / (3.0 * (samples - 1.0))
    }
}

/// How many samples will be enough, and the exponent of each vertex's chance of failure.
struct Plan {
    samples: u64,
    exponents: Vec<f64>,
}

impl Plan {
    fn new(first: &Tally, epsilon: f64, delta: f64) -> Self {
        // Ten parts in a hundred are for later rounds; of the rest one tenth is dealt evenly,
        // so that vertices which hardly vary have bounds below epsilon.
        let (uneven, even) = (0.81 * delta, 0.09 * delta);
        let size = first.samples as f64;
        // Two standard errors more than what was seen, and something for what was not.
        let foretold = |vertex: usize| {
            let seen = first.variance(vertex);
            seen + 2.0 * (seen / size).sqrt() + 1.0 / size
        };
        let variances: Vec<f64> = (0..first.sums.len()).map(foretold).collect();
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

/// The exponent at which the bound of [`Tally::bound`] is epsilon.
fn exponent(variance: f64, samples: u64, epsilon: f64) -> f64 {
    let samples = samples as f64;
    let (linear, root) = (7.0 / (3.0 * (samples - 1.0)), (2.0 * variance / samples).sqrt());
    let solution = ((root * root + 4.0 * linear * epsilon).sqrt() - root) / (2.0 * linear);
    solution * solution
}
