//! Structures of one network: communities, k-cores and brokers, each with its size and its strength.
//!
//! The strength of a structure grows with its size, so a large random community says nothing about a small one. A structure
//! therefore counts by its excess: how far the logarithm of its strength is above that of structures of its size in random
//! networks, in standard deviations ([`TypicalStrength`]).

use crate::community::Partition;
use crate::graph::{Graph, WeightedGraph};
use crate::metrics::{betweenness_from, peel_k_cores};
use crate::progress::Progress;
use crate::random::SplitMix64;

/// The smallest community that is compared.
pub const COMMUNITY_MIN: u32 = 3;
/// The smallest number of structures from which the standard deviation of a range of sizes is taken.
const RANGE_MIN: f64 = 20.0;
/// The smallest standard deviation, for sizes at which all structures are equally strong.
const DEVIATION_MIN: f64 = 0.05;
/// The number of links that the searches for brokers follow in one network.
const BROKER_LINKS_BUDGET: usize = 8_000_000;
/// The smallest and the largest number of vertices from which the searches start.
const SOURCES: (usize, usize) = (8, 48);
/// The random stream that draws these vertices.
const SOURCES_STREAM: u64 = 3 << 32;

/// Returns the surprise of each community, from 0 up: the negative logarithm of a bound on the probability of its inner links in a
/// random graph of equal degrees.
///
/// With m links in the graph, e of them inside, and a total degree K of the members, a random link is inside with probability
/// `p = (K / 2m)^2`. The surprise is `m * D(e/m || p)` for `e/m > p` and else 0, where D is the divergence of Kullback and
/// Leibler of two outcomes. The probability of e or more links is at most `exp(-surprise)` (Chernoff bound). This is the
/// asymptotical surprise of Traag, Aldecoa and Delvenne 2015 (Detecting communities using asymptotical surprise) of one community,
/// with the pairs of vertices replaced by the pairs of link ends.
pub fn community_surprises(weighted_graph: &WeightedGraph, partition: &Partition) -> Vec<f64> {
    let graph = weighted_graph.simple();
    let links = graph.link_count() as f64;
    let mut degrees = vec![0_u64; partition.count()];
    let mut ends_inside = vec![0_u64; partition.count()];
    for vertex in graph.vertices() {
        let community = partition.labels()[vertex as usize];
        let row = graph.outgoing(vertex);
        let is_inside = |neighbour: &&u32| partition.labels()[**neighbour as usize] == community;
        degrees[community as usize] += row.len() as u64;
        ends_inside[community as usize] += row.iter().filter(is_inside).count() as u64;
    }
    let surprise = |(degree, ends): (&u64, &u64)| {
        let share_of_ends = *degree as f64 / (2.0 * links);
        surprise(links, *ends as f64 / (2.0 * links), share_of_ends * share_of_ends)
    };
    degrees.iter().zip(&ends_inside).map(surprise).collect()
}

/// Returns `links * D(observed || expected)` if the observed share exceeds the expected one, else 0.
fn surprise(links: f64, observed: f64, expected: f64) -> f64 {
    // A share of NaN, in a graph without links, gives 0, too.
    if observed > expected {
        let other =
            if observed < 1.0 { (1.0 - observed) * ((1.0 - observed) / (1.0 - expected)).ln() } else { 0.0 };
        (links * (observed * (observed / expected).ln() + other)).max(0.0)
    } else {
        0.0
    }
}

/// Strengths of the structures of a network by size; strengths of 0 are left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct StrengthsBySize(Vec<SizeClass>);

/// Structures of one size: sums over the natural logarithms of their strengths, and the largest one.
#[derive(Debug, Clone, Copy, PartialEq)]
struct SizeClass {
    size: u32,
    count: f64,
    sum: f64,
    squares: f64,
    most: f64,
}

impl StrengthsBySize {
    pub(super) fn of(structures: impl Iterator<Item = (u32, f64)>) -> Self {
        let mut sorted: Vec<(u32, f64)> = structures.filter(|(_, strength)| *strength > 0.0).collect();
        sorted.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let classes = sorted.chunk_by(|one, other| one.0 == other.0).map(|of_size| {
            let empty =
                SizeClass { size: of_size[0].0, count: 0.0, sum: 0.0, squares: 0.0, most: f64::NEG_INFINITY };
            of_size.iter().map(|(_, strength)| strength.ln()).fold(empty, |class, value| SizeClass {
                count: class.count + 1.0,
                sum: class.sum + value,
                squares: class.squares + value * value,
                most: class.most.max(value),
                ..class
            })
        });
        Self(classes.collect())
    }
}

/// Typical strength of the structures of random networks for each size. It is a line through the logarithms of size and strength, with
/// the standard deviation from the line for sizes between two powers of two.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TypicalStrength {
    intercept: f64,
    slope: f64,
    /// Position k is for the sizes from 2^k; the nearest one with enough structures counts.
    deviations: Vec<Option<f64>>,
    /// The standard deviation over all sizes.
    deviation: f64,
}

impl TypicalStrength {
    /// Fits the structures of some networks by least squares. Without structures, every strength is infinitely far above.
    pub(super) fn of<'a>(networks: impl Iterator<Item = &'a StrengthsBySize>) -> Self {
        let classes: Vec<SizeClass> = networks.flat_map(|network| network.0.iter().copied()).collect();
        let total = |value: &dyn Fn(&SizeClass) -> f64| classes.iter().map(value).sum::<f64>();
        let log_size = |class: &SizeClass| f64::from(class.size).ln();
        let count = total(&|class| class.count);
        let (mean_x, mean_y) =
            (total(&|class| class.count * log_size(class)) / count, total(&|class| class.sum) / count);
        let spread = total(&|class| class.count * (log_size(class) - mean_x).powi(2));
        let joint = total(&|class| (class.sum - class.count * mean_y) * (log_size(class) - mean_x));
        let slope = if spread > 0.0 { joint / spread } else { 0.0 };
        let intercept = mean_y - slope * mean_x;
        let squared = |class: &SizeClass| {
            let line = intercept + slope * log_size(class);
            (class.squares - 2.0 * line * class.sum + class.count * line * line).max(0.0)
        };
        let of_range = |range: u32| {
            let inside = || classes.iter().filter(move |class| class.size.ilog2() == range);
            let count: f64 = inside().map(|class| class.count).sum();
            let deviation = (inside().map(squared).sum::<f64>() / count).sqrt().max(DEVIATION_MIN);
            (count >= RANGE_MIN).then_some(deviation)
        };
        let highest = classes.iter().map(|class| class.size.ilog2()).max();
        let deviation = (total(&squared) / count).sqrt().max(DEVIATION_MIN);
        let deviations = (0..highest.map_or(0, |highest| highest + 1)).map(of_range).collect();
        Self { intercept, slope, deviations, deviation }
    }

    /// Returns the excess of a structure over the typical strength of its size, in standard deviations; negative infinity for a
    /// strength of 0.
    pub(super) fn excess(&self, size: u32, strength: f64) -> f64 {
        if strength > 0.0 { self.excess_of_logarithm(size, strength.ln()) } else { f64::NEG_INFINITY }
    }

    /// Returns the largest excess of a structure of a network.
    pub(super) fn largest_excess(&self, network: &StrengthsBySize) -> f64 {
        let excesses = network.0.iter().map(|class| self.excess_of_logarithm(class.size, class.most));
        excesses.fold(f64::NEG_INFINITY, f64::max)
    }

    fn excess_of_logarithm(&self, size: u32, logarithm: f64) -> f64 {
        if self.intercept.is_nan() {
            return f64::INFINITY;
        }
        let typical = self.intercept + self.slope * f64::from(size).ln();
        (logarithm - typical) / self.deviation_at(size)
    }

    fn deviation_at(&self, size: u32) -> f64 {
        let range = size.ilog2() as usize;
        let known = self
            .deviations
            .iter()
            .enumerate()
            .filter_map(|(at, known)| Some((at.abs_diff(range), (*known)?)));
        // Of two equally near ranges the smaller sizes count, because they come first.
        known.min_by_key(|(distance, _)| *distance).map_or(self.deviation, |(_, deviation)| deviation)
    }
}

/// Returns the communities of a partition by size and surprise.
pub(super) fn by_surprise(network: &WeightedGraph, partition: &Partition) -> StrengthsBySize {
    let surprises = community_surprises(network, partition);
    let sized = partition.sizes().iter().copied().zip(surprises);
    StrengthsBySize::of(sized.filter(|(size, _)| *size >= COMMUNITY_MIN))
}

/// Returns the number of vertices of each k-core; position k is the k-core.
pub(super) fn core_sizes(network: &WeightedGraph) -> Vec<u32> {
    let numbers = peel_k_cores(network.simple()).core;
    let highest = numbers.iter().copied().max().unwrap_or_default();
    let mut sizes = vec![0_u32; highest as usize + 1];
    for number in numbers {
        sizes[number as usize] += 1;
    }
    for k in (1..sizes.len()).rev() {
        sizes[k - 1] += sizes[k];
    }
    sizes
}

/// Returns random vertices with a link, from which the searches for brokers start. The degrees of a random network are those of
/// the graph up to merged links, so all networks use the same vertices.
pub(super) fn broker_sources(graph: &Graph, seed: u64) -> Vec<u32> {
    let mut linked: Vec<u32> =
        graph.vertices().filter(|vertex| !graph.outgoing(*vertex).is_empty()).collect();
    let count = (BROKER_LINKS_BUDGET / graph.link_count().max(1)).clamp(SOURCES.0, SOURCES.1);
    SplitMix64::new(seed, SOURCES_STREAM).shuffle(&mut linked);
    linked.truncate(count);
    linked.sort_unstable();
    linked
}

/// Returns the estimated betweenness of each vertex, directions ignored: the number of unordered pairs of other vertices with
/// this vertex on a shortest path.
pub(super) fn betweenness(network: &WeightedGraph, sources: &[u32], progress: &Progress) -> Option<Vec<f64>> {
    let graph = network.simple();
    let mut values = betweenness_from(graph, sources, progress)?;
    let linked = graph.vertices().filter(|vertex| !graph.outgoing(*vertex).is_empty()).count();
    // The sources represent all vertices with a link, which count each pair from both ends.
    let factor = 0.5 * linked as f64 / sources.len().max(1) as f64;
    for value in &mut values {
        *value *= factor;
    }
    Some(values)
}

/// Returns the vertices by degree and betweenness.
pub(super) fn by_betweenness(network: &WeightedGraph, betweenness: &[f64]) -> StrengthsBySize {
    let graph = network.simple();
    let vertices =
        graph.vertices().map(|vertex| (graph.outgoing(vertex).len() as u32, betweenness[vertex as usize]));
    StrengthsBySize::of(vertices)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_excess_is_the_distance_from_a_fitted_line_in_standard_deviations() {
        // Strength is the square of the size, times 2 or 1/2.
        // Each size has as many structures of twice the strength as of half of it, so the line is the square.
        let structures = (0..200_u32).map(|at| {
            let size = 3 + at / 2 % 40;
            (size, f64::from(size).powi(2) * if at % 2 == 0 { 2.0 } else { 0.5 })
        });
        let network = StrengthsBySize::of(structures);
        let typical = TypicalStrength::of([&network].into_iter());
        for size in [3, 17, 42, 300] {
            let excess = typical.excess(size, f64::from(size).powi(2) * 8.0);
            assert!((excess - 3.0).abs() < 1e-9, "{size}: {excess}");
        }
        assert!((typical.largest_excess(&network) - 1.0).abs() < 1e-9);
        assert!(typical.excess(5, 0.0) < f64::MIN);
        let none = StrengthsBySize::default();
        let typical = TypicalStrength::of([&none].into_iter());
        assert!(typical.excess(5, 1.0) > f64::MAX);
        assert!(typical.largest_excess(&none) < f64::MIN);
    }

    /// The surprise is the exponent of a bound of the binomial tail, summed here term by term.
    #[test]
    fn the_surprise_bounds_the_tail_of_the_binomial_distribution() {
        let mut closest = 0.0_f64;
        for (links, expected) in [(40_u32, 0.05_f64), (60, 0.2), (25, 0.5)] {
            let mut term = (1.0 - expected).powf(f64::from(links));
            let mut below = 0.0_f64;
            for inside in 0..=links {
                let tail = (1.0 - below).max(0.0);
                let value = surprise(f64::from(links), f64::from(inside) / f64::from(links), expected);
                if tail > 1e-9 {
                    assert!(tail <= (-value).exp() * (1.0 + 1e-9), "{inside} of {links}: {tail}, {value}");
                    closest = closest.max(tail / (-value).exp());
                }
                below += term;
                term *= f64::from(links - inside) / f64::from(inside + 1) * expected / (1.0 - expected);
            }
            assert!(surprise(f64::from(links), 1.0, expected) > 0.0, "all links inside");
        }
        assert!(closest > 0.5, "the bound is nearly reached somewhere: {closest}");
        assert!(surprise(0.0, f64::NAN, f64::NAN).abs() < f64::MIN_POSITIVE, "no link");
    }
}
