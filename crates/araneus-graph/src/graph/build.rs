//! From a list of links to a graph whose bits do not depend on the list's order.
//!
//! A radix sort by source and target leaves every row ascending in time linear in
//! links and vertices; an undirected graph is sorted with each link once, from its
//! lower end, and mirrored at the end. Parallel links then stand beside each other:
//! they become one, and their weights are added in ascending order of bits. Floating-point addition is not associative, so the fixed order
//! is what makes equal input give equal bits.

use std::sync::OnceLock;

use rayon::prelude::*;

use super::sort::{Payload, Table, merge};
use super::{Graph, Kind, Rows, Weights};

/// More vertices, or more links, than 32-bit numbers can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany(pub usize);

impl std::fmt::Display for TooMany {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} is more than a graph can number; the limit is {}", self.0, u32::MAX)
    }
}

impl std::error::Error for TooMany {}

/// Returns a number of vertices or links as a graph holds it, if it fits.
///
/// # Errors
/// Beyond 4,294,967,295: ids are 32 bits wide and the last one means "none".
pub fn checked_count(count: usize) -> Result<u32, TooMany> {
    u32::try_from(count).map_err(|_| TooMany(count))
}

impl Graph {
    /// Builds a graph of `vertices` vertices from `links` (source, target).
    ///
    /// Parallel links become one whose weight is their sum; without `weights`
    /// each merged link weighs 1. In an undirected graph a link from b to a is
    /// parallel to one from a to b.
    ///
    /// # Panics
    /// If a link names a vertex that does not exist, if there are not as many
    /// weights as links, if a weight is negative or not finite, or if there are
    /// more links than [`checked_count`] passes: callers check what comes from
    /// outside.
    pub fn build(
        vertices: u32,
        directed: bool,
        links: &[(u32, u32)],
        weights: Option<&[f64]>,
    ) -> (Graph, Weights) {
        // Looking for the highest end has no early exit, so that many are looked at at a time.
        let highest = |links: &[(u32, u32)]| links.iter().map(|link| link.0.max(link.1)).max();
        let exist = links.par_chunks(CHUNK).all(|links| highest(links) < Some(vertices));
        assert!(exist, "links join vertices that exist");
        build(vertices, directed, links.len(), |place| links[place], weights)
    }

    /// Builds a graph as [`Graph::build`] does, from a column of sources and one of targets.
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
        build(vertices, directed, sources.len(), |place| (sources[place], targets[place]), weights)
    }
}

/// How many links are checked at a time.
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
        let Table { rows, links, .. } = table(vertices, directed, count, link, |_| ());
        let graph = Graph::from_rows(rows, directed, links);
        let ones = Weights::ones(&graph);
        return (graph, ones);
    };
    assert_eq!(count, weights.len(), "each link has one weight");
    assert!(
        weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0),
        "weights are finite and not negative"
    );
    // Adding 0.0 turns a negative zero into the positive one.
    let weight = |place: usize| weights[place] + 0.0;
    let Table { rows, carried, links } = table(vertices, directed, count, link, weight);
    (Graph::from_rows(rows, directed, links), Weights::given(carried))
}

fn table<W: Payload>(
    vertices: u32,
    directed: bool,
    count: usize,
    link: impl Fn(usize) -> (u32, u32) + Sync,
    weight: impl Fn(usize) -> W + Sync,
) -> Table<W> {
    let threads = rayon::current_num_threads();
    let links = |places: std::ops::Range<usize>| {
        places.map(|place| {
            let (source, target) = link(place);
            // No branch on the links themselves: half of them would be guessed wrongly.
            let (low, high) = (source.min(target), source.max(target));
            let (from, to) = if directed { (source, target) } else { (low, high) };
            (from, to, weight(place))
        })
    };
    merge(vertices, count, links, !directed, threads)
}

impl Graph {
    /// Takes merged rows, in both directions alike if undirected, and the number of links in them.
    pub(super) fn from_rows(outgoing: Rows, is_directed: bool, links: usize) -> Self {
        Graph { outgoing, incoming: OnceLock::new(), ordered: OnceLock::new(), is_directed, links }
    }
}

impl Weights {
    /// Returns the weights of links that all weigh 1.
    pub(super) fn ones(graph: &Graph) -> Self {
        let mut longest = graph.outgoing.starts.windows(2).map(|row| row[1] - row[0]).max().unwrap_or(0);
        if graph.is_directed {
            // Counted here, so that the incoming rows need not be made for it.
            let mut incoming = vec![0_u32; graph.vertex_count()];
            graph.outgoing.ends.iter().for_each(|end| incoming[*end as usize] += 1);
            longest = longest.max(incoming.into_iter().max().unwrap_or(0) as usize);
        }
        Weights(Kind::Ones(vec![1.0; longest]))
    }

    /// Takes weights in the order of the outgoing rows.
    pub(super) fn given(outgoing: Vec<f64>) -> Self {
        Weights(Kind::Given { outgoing, incoming: OnceLock::new(), ordered: OnceLock::new() })
    }
}
