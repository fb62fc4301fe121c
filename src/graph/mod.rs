//! Who is tied to whom: a graph as two tables of compressed sparse rows, topology only.
//!
//! Vertices are the numbers `0..vertices`. Each vertex has a row of the
//! vertices its links lead to, and one of those that lead to it. Weights stand
//! apart, aligned with the rows, so that what reads topology reads nothing else.
//! What vertices stand for is known elsewhere.

mod build;
mod distances;
mod fold;
mod parts;
mod shape;
mod simple;
mod visit;

pub use parts::{Parts, parts};
pub use shape::Shape;
pub use visit::{LinkRef, Links};

pub(crate) use distances::fold_inward;
pub(crate) use fold::fold;

/// A directed or undirected graph with merged links: no link stands twice.
///
/// In an undirected graph one symmetrical set of rows serves both directions,
/// and a self-link stands once in its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    outgoing: Rows,
    /// `None` when undirected: the outgoing rows are symmetrical.
    incoming: Option<Rows>,
    links: usize,
}

/// The weights of a graph's links, aligned with its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    given: bool,
    outgoing: Vec<f64>,
    incoming: Option<Vec<f64>>,
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
        self.incoming.is_some()
    }

    /// Returns the vertices that links from `vertex` lead to, ascending.
    pub fn outgoing(&self, vertex: u32) -> &[u32] {
        self.outgoing.row(vertex)
    }

    /// Returns the vertices whose links lead to `vertex`, ascending.
    pub fn incoming(&self, vertex: u32) -> &[u32] {
        self.incoming.as_ref().unwrap_or(&self.outgoing).row(vertex)
    }

    /// Says whether a link leads from `source` to `target`.
    pub fn has_link(&self, source: u32, target: u32) -> bool {
        self.outgoing(source).binary_search(&target).is_ok()
    }
}

impl Weights {
    /// Says whether weights were given; if not, each merged link weighs 1.
    pub fn are_given(&self) -> bool {
        self.given
    }

    /// Returns the weights of `graph.outgoing(vertex)`, in that order.
    pub fn outgoing(&self, graph: &Graph, vertex: u32) -> &[f64] {
        &self.outgoing[graph.outgoing.range(vertex)]
    }

    /// Returns the weights of `graph.incoming(vertex)`, in that order.
    pub fn incoming(&self, graph: &Graph, vertex: u32) -> &[f64] {
        match (&graph.incoming, &self.incoming) {
            (Some(rows), Some(weights)) => &weights[rows.range(vertex)],
            _ => self.outgoing(graph, vertex),
        }
    }
}
