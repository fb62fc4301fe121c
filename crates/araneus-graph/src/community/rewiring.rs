//! Random graphs with the degrees of a given graph.
//!
//! The ends of all links are shuffled and paired again (configuration model; Molloy and Reed 1995). A pair that would be
//! a self-link or a parallel link exchanges its end with a random link until both are allowed. Then random pairs of links
//! exchange their ends, as many as there are links (Maslov and Sneppen 2002). This is a fraction of the ten exchanges for
//! each link that mix well from the given graph (Milo et al. 2003). These are made where a dense graph leaves too few
//! allowed pairs.

use super::link_set::LinkSet;
use crate::graph::{Graph, WeightedGraph};
use crate::random::SplitMix64;

/// The number of exchanges for each link of pairs that were shuffled, and of the given links.
const EXCHANGES_OF_SHUFFLED: usize = 1;
const EXCHANGES_OF_GIVEN: usize = 10;
/// The number of tries for each link to repair pairs that are not allowed.
const TRIES_PER_LINK: usize = 4;

/// Ends that the links of a random graph exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExchangedEnds {
    /// Any end with any other end.
    Both,
    /// Second ends only, so that links between two kinds of vertices stay between these kinds.
    Second,
}

/// Returns a random graph with the degrees and the multiset of weights of a graph without self-links.
pub(super) fn rewire(weighted_graph: &WeightedGraph, random: &mut SplitMix64) -> WeightedGraph {
    let weighted_graph = weighted_graph.positive();
    let (graph, weights) = (weighted_graph.simple(), weighted_graph.simple_weights());
    let mut given = Vec::with_capacity(graph.link_count());
    let mut values = Vec::with_capacity(graph.link_count());
    for source in graph.vertices() {
        for (&target, &weight) in graph.outgoing(source).iter().zip(weights.outgoing(graph, source)) {
            if source < target {
                given.push((source, target));
                values.push(weight);
            }
        }
    }
    let links = random_links(given, ExchangedEnds::Both, random);
    let values = weights.are_given().then_some(values.as_slice());
    let (graph, weights) = Graph::build(graph.vertex_count() as u32, false, &links, values);
    WeightedGraph::new(graph, weights)
}

/// Returns random links between the ends of the given links, none parallel to another and none from a vertex to itself, if
/// the given links are such.
pub(crate) fn random_links(
    mut given: Vec<(u32, u32)>,
    ends: ExchangedEnds,
    random: &mut SplitMix64,
) -> Vec<(u32, u32)> {
    if given.len() < 2 {
        return given;
    }
    if ends == ExchangedEnds::Second && given.windows(2).all(|pair| pair[0].0 < pair[1].0) {
        // Each first end has one link, so every order of the second ends is allowed, and each is equally probable.
        let links = shuffled(&given, ends, random);
        if links.iter().all(|(a, b)| a != b) {
            return links;
        }
    }
    if let Some((mut links, mut present)) = paired_again(&given, ends, random) {
        exchange_ends(&mut links, &mut present, ends, EXCHANGES_OF_SHUFFLED, random);
        return links;
    }
    let mut present = PresentLinks::new(&given);
    for (a, b) in &given {
        present.insert(*a, *b);
    }
    exchange_ends(&mut given, &mut present, ends, EXCHANGES_OF_GIVEN, random);
    given
}

/// The links that a random graph has, as far as a pair could be a parallel link. A vertex with one link cannot have another one, so
/// that its link need not be kept.
struct PresentLinks {
    links: LinkSet,
    has_one_link: Vec<bool>,
}

impl PresentLinks {
    /// Takes the links whose ends are exchanged; none of them is present yet.
    fn new(given: &[(u32, u32)]) -> Self {
        let vertices = given.iter().map(|(a, b)| *a.max(b) as usize + 1).max().unwrap_or_default();
        let mut degrees = vec![0_u8; vertices];
        for vertex in given.iter().flat_map(|(a, b)| [a, b]) {
            let degree = &mut degrees[*vertex as usize];
            *degree = degree.saturating_add(1);
        }
        let has_one_link: Vec<bool> = degrees.into_iter().map(|degree| degree == 1).collect();
        // Each link that is kept takes two ends of such vertices, also after all ends were shuffled.
        let ends = given.iter().flat_map(|(a, b)| [a, b]).filter(|end| !has_one_link[**end as usize]);
        Self { links: LinkSet::new(ends.count() / 2), has_one_link }
    }

    fn is_kept(&self, a: u32, b: u32) -> bool {
        !self.has_one_link[a as usize] && !self.has_one_link[b as usize]
    }

    fn contains(&self, a: u32, b: u32) -> bool {
        self.is_kept(a, b) && self.links.contains(a, b)
    }

    fn insert(&mut self, a: u32, b: u32) {
        if self.is_kept(a, b) {
            self.links.insert(a, b);
        }
    }

    fn remove(&mut self, a: u32, b: u32) {
        if self.is_kept(a, b) {
            self.links.remove(a, b);
        }
    }
}

/// Shuffles the exchanged ends of all links.
fn shuffled(given: &[(u32, u32)], ends: ExchangedEnds, random: &mut SplitMix64) -> Vec<(u32, u32)> {
    match ends {
        ExchangedEnds::Both => {
            let mut all: Vec<u32> = given.iter().flat_map(|(a, b)| [*a, *b]).collect();
            random.shuffle(&mut all);
            all.as_chunks::<2>().0.iter().map(|[a, b]| (*a, *b)).collect()
        }
        ExchangedEnds::Second => {
            let mut second: Vec<u32> = given.iter().map(|(_, b)| *b).collect();
            random.shuffle(&mut second);
            given.iter().zip(second).map(|((a, _), b)| (*a, b)).collect()
        }
    }
}

/// Shuffles all ends and pairs them again; `None` if pairs that are not allowed are left.
fn paired_again(
    given: &[(u32, u32)],
    ends: ExchangedEnds,
    random: &mut SplitMix64,
) -> Option<(Vec<(u32, u32)>, PresentLinks)> {
    let mut links = shuffled(given, ends, random);
    let mut present = PresentLinks::new(given);
    let mut is_rejected = vec![false; links.len()];
    let mut rejected = Vec::new();
    for (number, &(a, b)) in links.iter().enumerate() {
        if a == b || present.contains(a, b) {
            is_rejected[number] = true;
            rejected.push(number);
        } else {
            present.insert(a, b);
        }
    }
    let mut tries = TRIES_PER_LINK * links.len();
    while let Some(&number) = rejected.last() {
        tries = tries.checked_sub(1)?;
        let other = random.below(links.len() as u32) as usize;
        let (a, b) = links[number];
        let (c, d) = turned(links[other], ends, random);
        let is_free = |x: u32, y: u32| x != y && !present.contains(x, y);
        if is_rejected[other] || !is_free(a, d) || !is_free(c, b) {
            continue;
        }
        present.remove(c, d);
        present.insert(a, d);
        present.insert(c, b);
        links[number] = (a, d);
        links[other] = (c, b);
        is_rejected[number] = false;
        rejected.pop();
    }
    Some((links, present))
}

/// Exchanges ends of random pairs of links: a-b and c-d become a-d and c-b, unless that makes a self-link or a parallel
/// link.
fn exchange_ends(
    links: &mut [(u32, u32)],
    present: &mut PresentLinks,
    ends: ExchangedEnds,
    per_link: usize,
    random: &mut SplitMix64,
) {
    for _ in 0..per_link * links.len() {
        let first = random.below(links.len() as u32) as usize;
        let second = random.below(links.len() as u32) as usize;
        let (a, b) = links[first];
        let (c, d) = turned(links[second], ends, random);
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

/// Returns a link from either end; from its first end if only second ends are exchanged.
fn turned((a, b): (u32, u32), ends: ExchangedEnds, random: &mut SplitMix64) -> (u32, u32) {
    if ends == ExchangedEnds::Both && random.below(2) == 1 { (b, a) } else { (a, b) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn degrees(links: &[(u32, u32)]) -> Vec<usize> {
        let most = links.iter().map(|(a, b)| a.max(b)).max().map_or(0, |most| *most as usize);
        let mut degrees = vec![0; most + 1];
        for (a, b) in links {
            degrees[*a as usize] += 1;
            degrees[*b as usize] += 1;
        }
        degrees
    }

    fn check(given: &[(u32, u32)], seed: u64) -> Vec<(u32, u32)> {
        let links = random_links(given.to_vec(), ExchangedEnds::Both, &mut SplitMix64::new(seed, 1));
        assert_eq!(degrees(&links), degrees(given), "the degrees stay");
        let distinct: BTreeSet<_> = links.iter().map(|(a, b)| (a.min(b), a.max(b))).collect();
        assert_eq!(distinct.len(), links.len(), "no parallel link");
        assert!(links.iter().all(|(a, b)| a != b), "no self-link");
        links
    }

    /// Returns the links between vertices of a few hubs and many others.
    fn hubs() -> Vec<(u32, u32)> {
        let linked =
            (0..400_u32).flat_map(|vertex| [(vertex % 7, vertex + 7), (vertex + 7, (vertex + 1) % 400 + 7)]);
        linked.collect()
    }

    #[test]
    fn degrees_stay_and_links_are_allowed() {
        let complete: Vec<(u32, u32)> = (0..9).flat_map(|a| (a + 1..9).map(move |b| (a, b))).collect();
        let star: Vec<(u32, u32)> = (1..30).map(|leaf| (0, leaf)).collect();
        // No link has two ends with other links, and random ones have many.
        let stars: Vec<(u32, u32)> = (0..400).map(|leaf| (leaf % 40, leaf + 40)).collect();
        for seed in 0..20 {
            for given in [&complete, &star, &stars, &hubs(), &vec![(0, 1)], &vec![]] {
                check(given, seed);
            }
        }
    }

    #[test]
    fn links_between_two_kinds_stay_between_them() {
        let given: Vec<(u32, u32)> =
            (0..40).flat_map(|a| (0..3).map(move |step| (a, 40 + (a * 7 + step * 11) % 25))).collect();
        let mut moved = 0;
        for seed in 0..20 {
            let links = random_links(given.clone(), ExchangedEnds::Second, &mut SplitMix64::new(seed, 1));
            assert_eq!(degrees(&links), degrees(&given), "the degrees stay");
            assert!(links.iter().zip(&given).all(|(drawn, given)| drawn.0 == given.0 && drawn.1 >= 40));
            let distinct: BTreeSet<_> = links.iter().collect();
            assert_eq!(distinct.len(), links.len(), "no parallel link");
            moved += links.iter().zip(&given).filter(|(drawn, given)| drawn != given).count();
        }
        assert!(moved > 20 * given.len() / 2, "{moved} ends moved");
    }

    /// Values of one link each, as in a list of indicators: every order of the other ends is equally probable.
    #[test]
    fn ends_of_values_with_one_link_are_shuffled() {
        let given = [(10, 0), (11, 0), (12, 1), (13, 2)];
        let mut counts = std::collections::BTreeMap::new();
        let draws = 6_000;
        for seed in 0..draws {
            let links = random_links(given.to_vec(), ExchangedEnds::Second, &mut SplitMix64::new(seed, 1));
            assert_eq!(degrees(&links), degrees(&given), "the degrees stay");
            *counts.entry(links).or_insert(0_u32) += 1;
        }
        // Four ends, two of them equal, have 4! / 2! orders.
        assert_eq!(counts.len(), 12);
        let expected = draws as f64 / 12.0;
        let chi_squared: f64 =
            counts.values().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
        // The 0.999 quantile for 11 degrees of freedom.
        assert!(chi_squared < 31.3, "{chi_squared}");
    }

    /// All simple graphs with the degrees of a ring of five vertices are reached about equally often.
    #[test]
    fn every_graph_of_the_same_degrees_is_equally_probable() {
        let ring: Vec<(u32, u32)> = (0..5).map(|vertex| (vertex, (vertex + 1) % 5)).collect();
        let mut counts = std::collections::BTreeMap::new();
        let draws = 6_000;
        for seed in 0..draws {
            let mut links: Vec<_> = check(&ring, seed).iter().map(|(a, b)| (*a.min(b), *a.max(b))).collect();
            links.sort_unstable();
            *counts.entry(links).or_insert(0_u32) += 1;
        }
        // A ring of five vertices can be drawn in 4! / 2 ways.
        assert_eq!(counts.len(), 12);
        let expected = draws as f64 / 12.0;
        let chi_squared: f64 =
            counts.values().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
        // The 0.999 quantile for 11 degrees of freedom.
        assert!(chi_squared < 31.3, "{chi_squared}");
    }
}
