//! Links by stratum, and random networks with the same links of each vertex in each stratum.
//!
//! A stratum is a layer with the kinds of both ends. In a stratum between two kinds, the ends of one kind are paired again with the
//! ends of the other. Within one kind, all ends are paired again. No vertex is linked to itself, and no stratum links a pair
//! twice. A link keeps its weight. A stratum that allows one network only, such as the links of one report, stays as it is.

use crate::community::{ExchangedEnds, random_links};
use crate::graph::{Graph, WeightedGraph};
use crate::random::SplitMix64;

/// Layer of a link and the kinds of its first and its second end, as numbers of the caller.
pub type Stratum = (u8, u8, u8);

/// The links of a network by stratum.
#[derive(Debug, Clone)]
pub struct StratifiedLinks {
    vertices: u32,
    strata: Vec<LinksOfStratum>,
}

#[derive(Debug, Clone)]
struct LinksOfStratum {
    stratum: Stratum,
    exchanged: ExchangedEnds,
    links: Vec<(u32, u32)>,
    weights: Vec<f64>,
}

impl StratifiedLinks {
    /// Takes links with their stratum and weight, in any order, between the vertices `0..vertices`.
    ///
    /// Links of one pair in one stratum become one link with the sum of their weights; within one kind their direction does not
    /// count. Links of a vertex to itself, and links without a positive weight, are left out.
    pub fn new(vertices: u32, links: impl IntoIterator<Item = (Stratum, (u32, u32), f64)>) -> Self {
        let counted = links.into_iter().filter(|(_, (a, b), weight)| a != b && *weight > 0.0);
        let mut sorted: Vec<(Stratum, (u32, u32), f64)> = counted
            .map(|(stratum, (a, b), weight)| {
                let is_one_kind = stratum.1 == stratum.2;
                (stratum, if is_one_kind { (a.min(b), a.max(b)) } else { (a, b) }, weight)
            })
            .collect();
        sorted.sort_unstable_by(|one, other| {
            (one.0, one.1).cmp(&(other.0, other.1)).then(one.2.total_cmp(&other.2))
        });
        let strata = sorted.chunk_by(|one, other| one.0 == other.0).map(LinksOfStratum::of).collect();
        Self { vertices, strata }
    }

    /// Returns the number of links over all strata.
    pub fn link_count(&self) -> usize {
        self.strata.iter().map(|stratum| stratum.links.len()).sum()
    }

    /// Returns the undirected network. Links of several strata between one pair are one link with the sum of their weights.
    pub fn network(&self) -> WeightedGraph {
        self.joined(self.strata.iter().map(|stratum| stratum.links.clone()))
    }

    /// Returns the links of a random network, each with its stratum and its weight.
    pub fn random_links(&self, random: &mut SplitMix64) -> Vec<(Stratum, (u32, u32), f64)> {
        let drawn = self.strata.iter().flat_map(|stratum| {
            let links = random_links(stratum.links.clone(), stratum.exchanged, random);
            links.into_iter().zip(&stratum.weights).map(|(ends, weight)| (stratum.stratum, ends, *weight))
        });
        drawn.collect()
    }

    /// Returns a random network.
    pub fn random_network(&self, random: &mut SplitMix64) -> WeightedGraph {
        let drawn = self.strata.iter();
        self.joined(drawn.map(|stratum| random_links(stratum.links.clone(), stratum.exchanged, random)))
    }

    fn joined(&self, links: impl Iterator<Item = Vec<(u32, u32)>>) -> WeightedGraph {
        let links: Vec<(u32, u32)> = links.flatten().collect();
        let weights: Vec<f64> =
            self.strata.iter().flat_map(|stratum| stratum.weights.iter().copied()).collect();
        let (graph, weights) = Graph::build(self.vertices, false, &links, Some(&weights));
        WeightedGraph::new(graph, weights)
    }
}

impl LinksOfStratum {
    /// Merges the links of each pair; the links are sorted and have one stratum.
    fn of(sorted: &[(Stratum, (u32, u32), f64)]) -> Self {
        let stratum = sorted[0].0;
        let (_, from, to) = stratum;
        let exchanged = if from == to { ExchangedEnds::Both } else { ExchangedEnds::Second };
        let pairs = sorted.chunk_by(|one, other| one.1 == other.1);
        let merged =
            pairs.map(|of_pair| (of_pair[0].1, of_pair.iter().map(|(.., weight)| weight).sum::<f64>()));
        let (links, weights) = merged.unzip();
        Self { stratum, exchanged, links, weights }
    }
}
