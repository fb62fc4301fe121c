//! Graphs and weights in compressed sparse rows.

use std::sync::OnceLock;

use super::ordered_rows::{NARROW_MAX, OrderedRows, by_out_degree};
use super::rows::Rows;
use super::sort;

/// A directed or undirected graph with merged links, so that no link is stored twice.
///
/// An undirected graph has one symmetrical set of rows for both directions; a self-link is in its row once. A
/// directed graph makes its incoming rows at the first use, so that an algorithm in one direction pays for
/// one direction.
#[derive(Debug, Clone)]
pub struct Graph {
    pub(super) outgoing: Rows,
    incoming: OnceLock<Rows>,
    ordered: OnceLock<OrderedRows>,
    pub(super) is_directed: bool,
    pub(super) links: usize,
}

/// All other rows follow from the outgoing rows, so they do not matter for equality.
impl PartialEq for Graph {
    fn eq(&self, other: &Self) -> bool {
        self.is_directed == other.is_directed && self.outgoing == other.outgoing
    }
}

impl Eq for Graph {}

/// The weights of a graph's links, aligned with its rows.
#[derive(Debug, Clone)]
pub struct Weights(pub(super) WeightKind);

#[derive(Debug, Clone)]
pub(super) enum WeightKind {
    /// Each link weighs 1; the vector has as many ones as the longest row has links.
    Ones(Vec<f64>),
    Given {
        outgoing: Vec<f64>,
        incoming: OnceLock<Vec<f64>>,
        ordered: OnceLock<Vec<f64>>,
    },
}

impl Graph {
    /// Takes merged rows, symmetrical if undirected, and the number of links in them.
    pub(super) fn from_rows(outgoing: Rows, is_directed: bool, links: usize) -> Self {
        Graph { outgoing, incoming: OnceLock::new(), ordered: OnceLock::new(), is_directed, links }
    }

    /// Returns the graph without the rows that algorithms made of it.
    pub(super) fn without_other_rows(self) -> Self {
        Self::from_rows(self.outgoing, self.is_directed, self.links)
    }

    /// Returns the range of vertex ids.
    pub fn vertices(&self) -> std::ops::Range<u32> {
        0..self.vertex_count() as u32
    }

    /// Returns the number of vertices.
    pub fn vertex_count(&self) -> usize {
        self.outgoing.starts.len() - 1
    }

    /// Returns the number of merged links; an undirected link counts 1, and so does a self-link.
    pub fn link_count(&self) -> usize {
        self.links
    }

    /// Returns whether a link from a to b differs from one from b to a.
    pub fn is_directed(&self) -> bool {
        self.is_directed
    }

    /// Returns the targets of the links from `vertex`, ascending.
    pub fn outgoing(&self, vertex: u32) -> &[u32] {
        self.outgoing.row(vertex)
    }

    /// Returns the sources of the links to `vertex`, ascending.
    pub fn incoming(&self, vertex: u32) -> &[u32] {
        self.incoming_rows().row(vertex)
    }

    /// Returns whether a link leads from `source` to `target`.
    pub fn has_link(&self, source: u32, target: u32) -> bool {
        self.outgoing(source).binary_search(&target).is_ok()
    }

    /// Returns the memory of the rows in bytes: 8 for a vertex, and 4 for each link in its row.
    ///
    /// A directed graph takes twice as much once its incoming rows exist. An undirected link is in two rows
    /// from the start. The ordered rows, which ranks read, are counted once they exist.
    pub fn bytes(&self) -> usize {
        let ordered = self.ordered.get().map_or(0, OrderedRows::bytes);
        self.outgoing.bytes() + self.incoming.get().map_or(0, Rows::bytes) + ordered
    }

    /// Returns the rows in order of out-degree, made at the first call.
    pub(crate) fn ordered(&self) -> &OrderedRows {
        if let Some(ordered) = self.ordered.get() {
            return ordered;
        }
        // All threads make the rows, so they are made outside of the cell. Inside, a task could wait for one that its own
        // thread has to finish.
        let made = OrderedRows::new(&self.outgoing, self.is_directed, NARROW_MAX);
        self.ordered.get_or_init(|| made)
    }

    /// Returns the vertices by number of outgoing links, most first, then by id.
    pub(crate) fn by_out_degree(&self) -> Vec<u32> {
        by_out_degree(&self.outgoing)
    }

    fn incoming_rows(&self) -> &Rows {
        if !self.is_directed {
            return &self.outgoing;
        }
        // The rows are made on one thread: a second task of the pool that needs them must not wait for its
        // own thread.
        self.incoming.get_or_init(|| sort::transpose(&self.outgoing))
    }
}

impl Weights {
    /// Returns weights that are all 1.
    pub(super) fn ones(graph: &Graph) -> Self {
        let mut longest = graph.outgoing.starts.windows(2).map(|row| row[1] - row[0]).max().unwrap_or(0);
        if graph.is_directed {
            // The longest incoming row is counted here, so that the incoming rows are not needed.
            let mut incoming = vec![0_u32; graph.vertex_count()];
            graph.outgoing.ends.iter().for_each(|end| incoming[*end as usize] += 1);
            longest = longest.max(incoming.into_iter().max().unwrap_or(0) as usize);
        }
        Weights(WeightKind::Ones(vec![1.0; longest]))
    }

    /// Takes weights in the order of the outgoing rows.
    pub(super) fn given(outgoing: Vec<f64>) -> Self {
        Weights(WeightKind::Given { outgoing, incoming: OnceLock::new(), ordered: OnceLock::new() })
    }

    /// Returns the weights without those of other rows.
    pub(super) fn without_other_rows(self) -> Self {
        match self.0 {
            WeightKind::Given { outgoing, .. } => Self::given(outgoing),
            WeightKind::Ones(ones) => Self(WeightKind::Ones(ones)),
        }
    }

    /// Returns whether weights were given; if not, each merged link weighs 1.
    pub fn are_given(&self) -> bool {
        matches!(self.0, WeightKind::Given { .. })
    }

    /// Returns the memory of the weights in bytes: 8 for each link in a row, if weights were given.
    pub fn bytes(&self) -> usize {
        let all = match &self.0 {
            WeightKind::Ones(ones) => ones.capacity(),
            WeightKind::Given { outgoing, incoming, ordered } => {
                let made = |weights: &OnceLock<Vec<f64>>| weights.get().map_or(0, Vec::capacity);
                outgoing.capacity() + made(incoming) + made(ordered)
            }
        };
        all * size_of::<f64>()
    }

    /// Returns the weights of all sources of [`Graph::ordered`]; `None` if each link weighs 1.
    pub(crate) fn ordered(&self, graph: &Graph) -> Option<&[f64]> {
        let WeightKind::Given { outgoing, ordered, .. } = &self.0 else { return None };
        Some(ordered.get_or_init(|| graph.ordered().collect_weights(&graph.outgoing, outgoing)))
    }

    /// Returns the weights of `graph.outgoing(vertex)`, in that order.
    pub fn outgoing(&self, graph: &Graph, vertex: u32) -> &[f64] {
        let range = graph.outgoing.range(vertex);
        match &self.0 {
            WeightKind::Ones(ones) => &ones[..range.len()],
            WeightKind::Given { outgoing, .. } => &outgoing[range],
        }
    }

    /// Returns the weights of `graph.incoming(vertex)`, in that order.
    pub fn incoming(&self, graph: &Graph, vertex: u32) -> &[f64] {
        if !graph.is_directed {
            return self.outgoing(graph, vertex);
        }
        let range = graph.incoming_rows().range(vertex);
        match &self.0 {
            WeightKind::Ones(ones) => &ones[..range.len()],
            WeightKind::Given { outgoing, incoming, .. } => {
                &incoming.get_or_init(|| sort::transpose_weights(&graph.outgoing, outgoing))[range]
            }
        }
    }
}
