//! Lets petgraph's own algorithms walk a view; undirected links are seen as those of a graph are.

use petgraph::visit::{
    Data, GraphBase, GraphProp, GraphRef, IntoEdgeReferences, IntoEdges, IntoNeighbors,
    IntoNeighborsDirected, IntoNodeIdentifiers, IntoNodeReferences, NodeCompactIndexable, NodeCount,
    NodeIndexable, Visitable,
};
use petgraph::{Directed, Direction};

use super::view::{Row, View};
use super::visit::{LinkRef, Seen};

/// Walks over the neighbours in view of one vertex.
#[derive(Debug, Clone)]
pub struct NearInView<'a>(Row<'a>);

impl Iterator for NearInView<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.0.next().map(|(near, _)| near)
    }
}

/// Walks over the links in view of one vertex, or of all.
#[derive(Debug, Clone)]
pub struct LinksInView<'a> {
    view: View<'a>,
    source: u32,
    row: Row<'a>,
    /// Goes on to all further vertices, and skips the second sight of an undirected link.
    is_whole: bool,
}

impl Iterator for LinksInView<'_> {
    type Item = LinkRef<f64>;

    fn next(&mut self) -> Option<LinkRef<f64>> {
        loop {
            let source = self.source;
            if let Some((target, weight)) = self.row.next() {
                if self.is_whole && !self.view.is_directed() && target < source {
                    continue;
                }
                return Some(LinkRef::new(source, target, self.view.is_directed(), weight));
            }
            if !self.is_whole || source as usize + 1 >= self.view.vertex_count() {
                return None;
            }
            self.source += 1;
            self.row = self.view.outgoing(self.source);
        }
    }
}

impl GraphBase for View<'_> {
    type NodeId = u32;
    type EdgeId = (u32, u32);
}

impl GraphRef for View<'_> {}

impl Data for View<'_> {
    type NodeWeight = ();
    type EdgeWeight = f64;
}

impl GraphProp for View<'_> {
    type EdgeType = Directed;

    fn is_directed(&self) -> bool {
        View::is_directed(*self)
    }
}

impl NodeCount for View<'_> {
    fn node_count(&self) -> usize {
        self.vertex_count()
    }
}

impl NodeIndexable for View<'_> {
    fn node_bound(&self) -> usize {
        self.vertex_count()
    }

    fn to_index(&self, vertex: u32) -> usize {
        vertex as usize
    }

    fn from_index(&self, index: usize) -> u32 {
        index as u32
    }
}

impl NodeCompactIndexable for View<'_> {}

impl Visitable for View<'_> {
    type Map = Seen;

    fn visit_map(&self) -> Seen {
        Seen::with_capacity(self.vertex_count())
    }

    fn reset_map(&self, seen: &mut Seen) {
        seen.clear();
        seen.grow(self.vertex_count());
    }
}

impl IntoNodeIdentifiers for View<'_> {
    type NodeIdentifiers = std::ops::Range<u32>;

    fn node_identifiers(self) -> Self::NodeIdentifiers {
        self.vertices()
    }
}

impl IntoNodeReferences for View<'_> {
    type NodeRef = (u32, ());
    type NodeReferences = std::iter::Map<std::ops::Range<u32>, fn(u32) -> (u32, ())>;

    fn node_references(self) -> Self::NodeReferences {
        self.vertices().map(|vertex| (vertex, ()))
    }
}

impl<'a> IntoNeighbors for View<'a> {
    type Neighbors = NearInView<'a>;

    fn neighbors(self, vertex: u32) -> NearInView<'a> {
        NearInView(self.outgoing(vertex))
    }
}

impl<'a> IntoNeighborsDirected for View<'a> {
    type NeighborsDirected = NearInView<'a>;

    fn neighbors_directed(self, vertex: u32, direction: Direction) -> NearInView<'a> {
        NearInView(match direction {
            Direction::Outgoing => self.outgoing(vertex),
            Direction::Incoming => self.incoming(vertex),
        })
    }
}

impl<'a> IntoEdgeReferences for View<'a> {
    type EdgeRef = LinkRef<f64>;
    type EdgeReferences = LinksInView<'a>;

    fn edge_references(self) -> LinksInView<'a> {
        LinksInView { view: self, source: 0, row: self.first_row(), is_whole: true }
    }
}

impl<'a> IntoEdges for View<'a> {
    type Edges = LinksInView<'a>;

    fn edges(self, vertex: u32) -> LinksInView<'a> {
        LinksInView { view: self, source: vertex, row: self.outgoing(vertex), is_whole: false }
    }
}
