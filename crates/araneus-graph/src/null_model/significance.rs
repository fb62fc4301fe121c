//! Significance of a partition, of communities, cores and brokers: the share of random networks that have such a structure.
//!
//! | Structure | Size | Strength |
//! |---|---|---|
//! | partition | | modularity of one run of Leiden ([`find_once`]) |
//! | community | members | surprise ([`community_surprises`](super::community_surprises)) |
//! | k-core | | vertices of the k-core |
//! | broker | neighbours | sampled betweenness, directions ignored (Brandes and Pich 2007) |
//!
//! A random network has such a community or broker if one of its own has at least its excess over the typical strength of its size
//! (see `structures.rs`). The first 19 networks give the typical strengths. A random network has such a k-core if its own is at
//! least as large. p is `(1 + networks with one) / (1 + networks)`.
//!
//! At the fifth network with one, the test of a structure ends, and p is 5 divided by the networks so far (sequential Monte Carlo
//! test; Besag and Clifford 1991). The draws end when all tests have ended. Networks are judged in their order, so threads change
//! nothing.
//!
//! Each structure is compared with the largest excess of each network (Westfall and Young 1993, Resampling-based multiple
//! testing). So at most one random network in twenty has any significant community, and at most one has any significant broker.
//! Cores are judged one by one.

use rayon::prelude::*;

use super::strata::StratifiedLinks;
use super::structures::{
    COMMUNITY_MIN, StrengthsBySize, TypicalStrength, betweenness, broker_sources, by_betweenness,
    by_surprise, community_surprises, core_sizes,
};
use crate::community::{Partition, find_once};
use crate::graph::WeightedGraph;
use crate::progress::Progress;
use crate::random::SplitMix64;

/// The number of networks with such a structure that ends its test.
const AS_GOOD_MAX: u32 = 5;
/// The number of networks that are made at once after the first ones.
const BATCH: u32 = 5;
/// The largest difference of two excesses that count as equal.
const ROUNDING: f64 = 1e-9;
/// The smallest number of networks, which is needed for p = 0.05 and gives the typical strengths, and the largest one.
const DRAWS: (u32, u32) = (19, 39);
/// The number of links of all networks together that decides between both.
const LINKS_BUDGET: usize = 5_000_000;
/// The largest number of links of a graph whose structures are compared.
pub const STRUCTURE_LINKS_MAX: usize = 1_000_000;
/// The largest number of brokers that are compared.
const BROKERS_MAX: usize = 100;
/// The first random stream of the networks.
const FIRST_STREAM: u64 = 2 << 32;
/// The largest p that is called significant.
const LEVEL: f64 = 0.05;

/// Random networks that were drawn for one structure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RandomDraws {
    /// The number of networks.
    pub draws: u32,
    /// The number of networks that have such a structure.
    pub as_good: u32,
}

impl RandomDraws {
    /// Returns p, in 0..=1.
    pub fn p(self) -> f64 {
        if self.is_settled() {
            f64::from(self.as_good) / f64::from(self.draws)
        } else {
            f64::from(1 + self.as_good) / f64::from(1 + self.draws)
        }
    }

    /// Returns whether p is at most 0.05.
    pub fn is_significant(self) -> bool {
        self.p() <= LEVEL
    }

    fn is_settled(self) -> bool {
        self.as_good >= AS_GOOD_MAX
    }

    fn add(&mut self, is_as_good: bool) {
        if !self.is_settled() {
            self.draws += 1;
            self.as_good += u32::from(is_as_good);
        }
    }
}

/// A k-core, compared with those of random networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoreSignificance {
    /// The least number of links of each vertex to others of the core, from 2.
    pub k: u32,
    /// The number of vertices.
    pub size: u32,
    /// Networks whose k-core has at least as many vertices.
    pub draws: RandomDraws,
}

/// A vertex between others, compared with those of random networks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BrokerSignificance {
    /// The vertex.
    pub vertex: u32,
    /// The number of its neighbours.
    pub degree: u32,
    /// The estimated number of unordered pairs of other vertices with this vertex on a shortest path, directions ignored.
    pub betweenness: f64,
    /// Networks with a vertex of at least this excess over the typical betweenness of its degree.
    pub draws: RandomDraws,
}

/// The structures of a graph, compared with those of random networks.
#[derive(Debug, Clone, PartialEq)]
pub struct StructureSignificance {
    /// The modularity of a partition that one run finds.
    pub modularity: f64,
    /// Networks whose partition has at least that modularity.
    pub partition: RandomDraws,
    /// The surprise of each community of the given partition, and the networks with such a community; `None` for communities of
    /// fewer than three vertices, which are not compared.
    pub communities: Vec<Option<(f64, RandomDraws)>>,
    /// The k-cores, from k = 2.
    pub cores: Vec<CoreSignificance>,
    /// The vertices of highest sampled betweenness, the highest first.
    pub brokers: Vec<BrokerSignificance>,
}

/// Compares the structures of a graph, and the communities of a partition of it, with those of random networks.
///
/// The graph is made of the given links, 2 vertices and more; the partition is one of its vertices. Equal links, partition and
/// seed give equal results. Returns `None` if the computation was cancelled.
pub fn structure_significance(
    links: &StratifiedLinks,
    partition: &Partition,
    seed: u64,
    progress: &Progress,
) -> Option<StructureSignificance> {
    let network = links.network();
    let sources = broker_sources(network.simple(), seed);
    let mut found = observed(&network, partition, &sources, seed, progress)?;
    let draws = ((LINKS_BUDGET / links.link_count().max(1)) as u32).clamp(DRAWS.0, DRAWS.1);
    drop(network);
    let mut judges: Option<Judges> = None;
    let mut made = 0;
    while made < draws {
        let open = OpenTests::of(&found);
        if !open.is_any() {
            break;
        }
        let batch = if made == 0 { DRAWS.0 } else { BATCH };
        let draw = |draw: u32| {
            let stream = FIRST_STREAM + u64::from(draw);
            let network = links.random_network(&mut SplitMix64::new(seed, stream));
            RandomStructures::of(&network, open, &sources, seed.wrapping_add(u64::from(draw) + 1), progress)
        };
        let last = draws.min(made + batch);
        let drawn = (made..last).into_par_iter().map(draw).collect::<Option<Vec<RandomStructures>>>()?;
        made = last;
        let judges = judges.get_or_insert_with(|| Judges::of(&drawn));
        for structures in drawn {
            structures.count(judges, partition, &mut found);
        }
    }
    Some(found)
}

/// Returns the structures of a graph, compared with no network yet.
fn observed(
    network: &WeightedGraph,
    partition: &Partition,
    sources: &[u32],
    seed: u64,
    progress: &Progress,
) -> Option<StructureSignificance> {
    let none = RandomDraws::default();
    let graph = network.simple();
    let surprises = community_surprises(network, partition);
    let sized = partition.sizes().iter().zip(surprises);
    let core = |(k, size): (usize, u32)| CoreSignificance { k: k as u32, size, draws: none };
    let betweenness = betweenness(network, sources, progress)?;
    let value = |vertex: u32| betweenness[vertex as usize];
    let mut between: Vec<u32> = graph.vertices().filter(|vertex| value(*vertex) > 0.0).collect();
    between.sort_by(|a, b| value(*b).total_cmp(&value(*a)).then(a.cmp(b)));
    between.truncate(BROKERS_MAX);
    let broker = |vertex: u32| BrokerSignificance {
        vertex,
        degree: graph.outgoing(vertex).len() as u32,
        betweenness: value(vertex),
        draws: none,
    };
    Some(StructureSignificance {
        modularity: find_once(network, seed, progress)?.1,
        partition: none,
        communities: sized.map(|(size, value)| (*size >= COMMUNITY_MIN).then_some((value, none))).collect(),
        cores: core_sizes(network).into_iter().enumerate().skip(2).map(core).collect(),
        brokers: between.into_iter().map(broker).collect(),
    })
}

/// Kinds of structures of which a test has not ended.
#[derive(Clone, Copy)]
struct OpenTests {
    communities: bool,
    cores: bool,
    brokers: bool,
}

impl OpenTests {
    fn of(found: &StructureSignificance) -> Self {
        let is_open = |draws: RandomDraws| !draws.is_settled();
        let mut compared = found.communities.iter().flatten();
        Self {
            communities: is_open(found.partition) || compared.any(|(_, draws)| is_open(*draws)),
            cores: found.cores.iter().any(|core| is_open(core.draws)),
            brokers: found.brokers.iter().any(|broker| is_open(broker.draws)),
        }
    }

    fn is_any(self) -> bool {
        self.communities || self.cores || self.brokers
    }
}

/// Typical strengths of communities and brokers.
struct Judges {
    communities: TypicalStrength,
    brokers: TypicalStrength,
}

impl Judges {
    fn of(drawn: &[RandomStructures]) -> Self {
        let communities = drawn.iter().filter_map(|drawn| Some(&drawn.communities.as_ref()?.1));
        let brokers = drawn.iter().filter_map(|drawn| drawn.brokers.as_ref());
        Self { communities: TypicalStrength::of(communities), brokers: TypicalStrength::of(brokers) }
    }
}

/// Structures of one random network; `None` where all tests have ended.
struct RandomStructures {
    communities: Option<(f64, StrengthsBySize)>,
    core_sizes: Option<Vec<u32>>,
    /// Vertices by degree and betweenness.
    brokers: Option<StrengthsBySize>,
}

impl RandomStructures {
    fn of(
        network: &WeightedGraph,
        open: OpenTests,
        sources: &[u32],
        seed: u64,
        progress: &Progress,
    ) -> Option<Self> {
        let found = if open.communities { Some(find_once(network, seed, progress)?) } else { None };
        let between = if open.brokers { Some(betweenness(network, sources, progress)?) } else { None };
        Some(Self {
            communities: found.map(|(partition, modularity)| (modularity, by_surprise(network, &partition))),
            core_sizes: open.cores.then(|| core_sizes(network)),
            brokers: between.map(|values| by_betweenness(network, &values)),
        })
    }

    /// Adds this network to the tests that have not ended.
    fn count(&self, judges: &Judges, partition: &Partition, found: &mut StructureSignificance) {
        if let Some((modularity, communities)) = &self.communities {
            found.partition.add(*modularity >= found.modularity);
            let largest = judges.communities.largest_excess(communities) + ROUNDING;
            for (size, compared) in partition.sizes().iter().zip(&mut found.communities) {
                if let Some((surprise, draws)) = compared {
                    draws.add(judges.communities.excess(*size, *surprise) <= largest);
                }
            }
        }
        if let Some(core_sizes) = &self.core_sizes {
            for core in &mut found.cores {
                core.draws.add(core_sizes.get(core.k as usize).is_some_and(|size| *size >= core.size));
            }
        }
        if let Some(brokers) = &self.brokers {
            let largest = judges.brokers.largest_excess(brokers) + ROUNDING;
            for broker in &mut found.brokers {
                broker.draws.add(judges.brokers.excess(broker.degree, broker.betweenness) <= largest);
            }
        }
    }
}
