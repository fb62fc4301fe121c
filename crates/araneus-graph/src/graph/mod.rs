//! Who is tied to whom: a graph as two tables of compressed sparse rows, topology only.
//!
//! Vertices are the numbers `0..vertices`. Each vertex has a row of the
//! vertices its links lead to, and one of those that lead to it. Weights stand
//! apart, aligned with the rows, so that what reads topology reads nothing else.
//! What vertices stand for is known elsewhere.
//!
//! Limits: 4,294,967,295 vertices and as many links before merging ([`checked_count`]).

mod balls;
mod build;
mod cuts;
mod distances;
mod fold;
mod keys;
mod order;
mod pair;
mod parts;
mod shape;
mod simple;
mod sort;
mod sums;
mod ties;
mod view;
mod visit;
mod visit_view;

use std::sync::OnceLock;

pub use balls::BALL_ERROR;
pub use build::{TooMany, checked_count};
pub use cuts::{Cuts, cuts};
pub use parts::{Parts, parts};
pub use shape::Shape;
pub use view::{Mark, Marks, Row, View};
pub use visit::{LinkRef, Links};
pub use visit_view::{LinksInView, NearInView};

pub(crate) use balls::fold_balls;
pub(crate) use distances::fold_inward;
pub(crate) use fold::fold;
pub(crate) use order::{Ordered, by_outgoing};
pub(crate) use pair::Pair;
pub(crate) use parts::{join, root};
pub(crate) use sums::{products, sum};
pub(crate) use ties::Ties;

/// A directed or undirected graph with merged links: no link stands twice.
///
/// In an undirected graph one symmetrical set of rows serves both directions,
/// and a self-link stands once in its row. In a directed graph the incoming rows
/// are made when they are first asked for: what reads one direction pays for one.
#[derive(Debug, Clone)]
pub struct Graph {
    outgoing: Rows,
    incoming: OnceLock<Rows>,
    ordered: OnceLock<Ordered>,
    is_directed: bool,
    links: usize,
}

/// All other rows follow from the outgoing ones; whether they are made yet is nobody's business.
impl PartialEq for Graph {
    fn eq(&self, other: &Self) -> bool {
        self.is_directed == other.is_directed && self.outgoing == other.outgoing
    }
}

impl Eq for Graph {}

/// The weights of a graph's links, aligned with its rows.
#[derive(Debug, Clone)]
pub struct Weights(Kind);

#[derive(Debug, Clone)]
enum Kind {
    /// Each link weighs 1; as many ones as the longest row has links.
    Ones(Vec<f64>),
    Given {
        outgoing: Vec<f64>,
        incoming: OnceLock<Vec<f64>>,
        ordered: OnceLock<Vec<f64>>,
    },
}

/// Compressed sparse rows: row `v` is `ends[starts[v]..starts[v + 1]]`, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rows {
    starts: Vec<usize>,
    ends: Vec<u32>,
}

impl Rows {
    fn row(&self, vertex: u32) -> &[u32] {
        &self.ends[self.range(vertex)]
    }

    fn bytes(&self) -> usize {
        self.starts.capacity() * size_of::<usize>() + self.ends.capacity() * size_of::<u32>()
    }

    fn range(&self, vertex: u32) -> std::ops::Range<usize> {
        self.starts[vertex as usize]..self.starts[vertex as usize + 1]
    }
}

impl Graph {
    /// Returns the vertices as a range of ids.
    pub fn vertices(&self) -> std::ops::Range<u32> {
        0..self.vertex_count() as u32
    }

    /// Returns the number of vertices.
    pub fn vertex_count(&self) -> usize {
        self.outgoing.starts.len() - 1
    }

    /// Returns the number of merged links; an undirected link and a self-link count one.
    pub fn link_count(&self) -> usize {
        self.links
    }

    /// Says whether a link from a to b is another than one from b to a.
    pub fn is_directed(&self) -> bool {
        self.is_directed
    }

    /// Returns the vertices that links from `vertex` lead to, ascending.
    pub fn outgoing(&self, vertex: u32) -> &[u32] {
        self.outgoing.row(vertex)
    }

    /// Returns the vertices whose links lead to `vertex`, ascending.
    pub fn incoming(&self, vertex: u32) -> &[u32] {
        self.incoming_rows().row(vertex)
    }

    /// Says whether a link leads from `source` to `target`.
    pub fn has_link(&self, source: u32, target: u32) -> bool {
        self.outgoing(source).binary_search(&target).is_ok()
    }

    /// Returns the bytes of memory that the rows take: 8 for a vertex and 4 for a link in its row.
    ///
    /// A directed graph takes twice that once its incoming rows have been asked for; an
    /// undirected link stands in two rows from the start. Ranks read rows in an order of
    /// their own, which are kept as well once they are made.
    pub fn bytes(&self) -> usize {
        let ordered = self.ordered.get().map_or(0, Ordered::bytes);
        self.outgoing.bytes() + self.incoming.get().map_or(0, Rows::bytes) + ordered
    }

    fn incoming_rows(&self) -> &Rows {
        if !self.is_directed {
            return &self.outgoing;
        }
        // On one thread: a task of this thread's pool that asks too must not wait for its own thread.
        self.incoming.get_or_init(|| sort::transpose(&self.outgoing))
    }
}

impl Weights {
    /// Says whether weights were given; if not, each merged link weighs 1.
    pub fn are_given(&self) -> bool {
        matches!(self.0, Kind::Given { .. })
    }

    /// Returns the bytes of memory that they take: 8 for a link in a row, if they were given.
    pub fn bytes(&self) -> usize {
        let all = match &self.0 {
            Kind::Ones(ones) => ones.capacity(),
            Kind::Given { outgoing, incoming, ordered } => {
                let made = |weights: &OnceLock<Vec<f64>>| weights.get().map_or(0, Vec::capacity);
                outgoing.capacity() + made(incoming) + made(ordered)
            }
        };
        all * size_of::<f64>()
    }

    /// Returns the weights of `graph.outgoing(vertex)`, in that order.
    pub fn outgoing(&self, graph: &Graph, vertex: u32) -> &[f64] {
        let range = graph.outgoing.range(vertex);
        match &self.0 {
            Kind::Ones(ones) => &ones[..range.len()],
            Kind::Given { outgoing, .. } => &outgoing[range],
        }
    }

    /// Returns the weights of `graph.incoming(vertex)`, in that order.
    pub fn incoming(&self, graph: &Graph, vertex: u32) -> &[f64] {
        if !graph.is_directed {
            return self.outgoing(graph, vertex);
        }
        let range = graph.incoming_rows().range(vertex);
        match &self.0 {
            Kind::Ones(ones) => &ones[..range.len()],
            Kind::Given { outgoing, incoming, .. } => {
                &incoming.get_or_init(|| sort::transpose_weights(&graph.outgoing, outgoing))[range]
            }
        }
    }
}
