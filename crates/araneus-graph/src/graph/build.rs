//! Building a graph from a list of links.
//!
//! A radix sort by source and target leaves every row ascending, in time linear in links and vertices. An
//! undirected link is sorted once, from its lower end, and mirrored at the end. Parallel links are neighbours
//! after sorting and become one link.
//!
//! The weights of parallel links are added in ascending order of their bits. Floating-point addition is not
//! associative, so this order gives equal bits for equal input, whatever the order of the list.

use rayon::prelude::*;

use super::csr::{Graph, Weights};
use super::keys::Payload;
use super::sort::{MergedRows, merge};

/// A number of vertices or links that does not fit in 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany(pub usize);

impl std::fmt::Display for TooMany {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} is more than a graph can number; the limit is {}", self.0, u32::MAX)
    }
}

impl std::error::Error for TooMany {}

/// Returns a number of vertices or links as a graph stores it.
///
/// # Errors
/// Above 4,294,967,295, because ids have 32 bits and the last one means "none".
pub fn checked_count(count: usize) -> Result<u32, TooMany> {
    u32::try_from(count).map_err(|_| TooMany(count))
}

impl Graph {
    /// Builds a graph of `vertices` vertices from `links` (source, target), and its weights.
    ///
    /// Parallel links become one link whose weight is their sum. Without `weights` each merged link weighs 1.
    /// In an undirected graph a link from b to a is parallel to one from a to b.
    ///
    /// # Panics
    /// If a link names a vertex that does not exist, or if there are more links than [`checked_count`] accepts.
    /// If the numbers of weights and links differ, or if a weight is negative or not finite. Callers check data
    /// from outside first.
    ///
    /// ```
    /// use araneus_graph::graph::Graph;
    ///
    /// let (graph, weights) = Graph::build(3, true, &[(0, 1), (0, 1), (2, 0)], Some(&[1.5, 2.0, 4.0]));
    /// assert_eq!(graph.link_count(), 2);
    /// assert_eq!(graph.outgoing(0), [1]);
    /// assert_eq!(weights.outgoing(&graph, 0), [3.5]);
    /// assert_eq!(graph.incoming(0), [2]);
    /// ```
    pub fn build(
        vertices: u32,
        directed: bool,
        links: &[(u32, u32)],
        weights: Option<&[f64]>,
    ) -> (Graph, Weights) {
        // The search for the highest end has no early exit, so that the processor compares many ends at once.
        let highest = |links: &[(u32, u32)]| links.iter().map(|link| link.0.max(link.1)).max();
        let exist = links.par_chunks(CHUNK).all(|links| highest(links) < Some(vertices));
        assert!(exist, "links join vertices that exist");
        build(vertices, directed, links.len(), |position| links[position], weights)
    }

    /// Builds a graph as [`Graph::build`] does, from a column of sources and a column of targets.
    ///
    /// # Panics
    /// As [`Graph::build`], and if the columns differ in length.
    pub fn build_columns(
        vertices: u32,
        directed: bool,
        (sources, targets): (&[u32], &[u32]),
        weights: Option<&[f64]>,
    ) -> (Graph, Weights) {
        assert_eq!(sources.len(), targets.len(), "each link has two ends");
        let columns = [sources, targets].into_par_iter().flat_map(|ends| ends.par_chunks(CHUNK));
        let exist = columns.map(|ends| ends.iter().copied().max()).all(|highest| highest < Some(vertices));
        assert!(exist, "links join vertices that exist");
        build(vertices, directed, sources.len(), |position| (sources[position], targets[position]), weights)
    }
}

/// The number of links that one task checks.
const CHUNK: usize = 1 << 16;

fn build(
    vertices: u32,
    directed: bool,
    count: usize,
    link: impl Fn(usize) -> (u32, u32) + Sync,
    weights: Option<&[f64]>,
) -> (Graph, Weights) {
    assert!(checked_count(count).is_ok(), "links are numbered in 32 bits");
    let Some(weights) = weights else {
        let MergedRows { rows, links, .. } = merged_rows(vertices, directed, count, link, |_| ());
        let graph = Graph::from_rows(rows, directed, links);
        let ones = Weights::ones(&graph);
        return (graph, ones);
    };
    assert_eq!(count, weights.len(), "each link has one weight");
    assert!(
        weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0),
        "weights are finite and not negative"
    );
    // Adding 0.0 turns a negative zero into a positive one.
    let weight = |position: usize| weights[position] + 0.0;
    let MergedRows { rows, payloads, links } = merged_rows(vertices, directed, count, link, weight);
    (Graph::from_rows(rows, directed, links), Weights::given(payloads))
}

fn merged_rows<W: Payload>(
    vertices: u32,
    directed: bool,
    count: usize,
    link: impl Fn(usize) -> (u32, u32) + Sync,
    weight: impl Fn(usize) -> W + Sync,
) -> MergedRows<W> {
    let threads = rayon::current_num_threads();
    let links = |positions: std::ops::Range<usize>| {
        positions.map(|position| {
            let (source, target) = link(position);
            // The order of the ends is found without a branch, which would be mispredicted half of the time.
            let (low, high) = (source.min(target), source.max(target));
            let (from, to) = if directed { (source, target) } else { (low, high) };
            (from, to, weight(position))
        })
    };
    merge(vertices, count, links, !directed, threads)
}
