//! The visit traits of petgraph on a view; undirected links are seen as in a graph.

use petgraph::visit::{
    Data, GraphBase, GraphProp, GraphRef, IntoEdgeReferences, IntoEdges, IntoNeighbors,
    IntoNeighborsDirected, IntoNodeIdentifiers, IntoNodeReferences, NodeCompactIndexable, NodeCount,
    NodeIndexable, Visitable,
};
use petgraph::{Directed, Direction};

use super::petgraph_graph::{LinkRef, VisitMap};
use super::view::{GraphView, ViewRow};

/// Iterator over the neighbours of one vertex in a view.
#[derive(Debug, Clone)]
pub struct ViewNeighbours<'a>(ViewRow<'a>);

impl Iterator for ViewNeighbours<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.0.next().map(|(neighbour, _)| neighbour)
    }
}

/// Iterator over the links of one vertex in a view, or over all links of the view.
#[derive(Debug, Clone)]
pub struct ViewLinks<'a> {
    view: GraphView<'a>,
    source: u32,
    row: ViewRow<'a>,
    /// True if the iterator goes on to all further vertices, with each undirected link listed once.
    is_whole: bool,
}

impl Iterator for ViewLinks<'_> {
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

impl GraphBase for GraphView<'_> {
    type NodeId = u32;
    type EdgeId = (u32, u32);
}

impl GraphRef for GraphView<'_> {}

impl Data for GraphView<'_> {
    type NodeWeight = ();
    type EdgeWeight = f64;
}

impl GraphProp for GraphView<'_> {
    type EdgeType = Directed;

    fn is_directed(&self) -> bool {
        GraphView::is_directed(*self)
    }
}

impl NodeCount for GraphView<'_> {
    fn node_count(&self) -> usize {
        self.vertex_count()
    }
}

impl NodeIndexable for GraphView<'_> {
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

impl NodeCompactIndexable for GraphView<'_> {}

impl Visitable for GraphView<'_> {
    type Map = VisitMap;

    fn visit_map(&self) -> VisitMap {
        VisitMap::with_capacity(self.vertex_count())
    }

    fn reset_map(&self, seen: &mut VisitMap) {
        seen.clear();
        seen.grow(self.vertex_count());
    }
}

impl IntoNodeIdentifiers for GraphView<'_> {
    type NodeIdentifiers = std::ops::Range<u32>;

    fn node_identifiers(self) -> Self::NodeIdentifiers {
        self.vertices()
    }
}

impl IntoNodeReferences for GraphView<'_> {
    type NodeRef = (u32, ());
    type NodeReferences = std::iter::Map<std::ops::Range<u32>, fn(u32) -> (u32, ())>;

    fn node_references(self) -> Self::NodeReferences {
        self.vertices().map(|vertex| (vertex, ()))
    }
}

impl<'a> IntoNeighbors for GraphView<'a> {
    type Neighbors = ViewNeighbours<'a>;

    fn neighbors(self, vertex: u32) -> ViewNeighbours<'a> {
        ViewNeighbours(self.outgoing(vertex))
    }
}

impl<'a> IntoNeighborsDirected for GraphView<'a> {
    type NeighborsDirected = ViewNeighbours<'a>;

    fn neighbors_directed(self, vertex: u32, direction: Direction) -> ViewNeighbours<'a> {
        ViewNeighbours(match direction {
            Direction::Outgoing => self.outgoing(vertex),
            Direction::Incoming => self.incoming(vertex),
        })
    }
}

impl<'a> IntoEdgeReferences for GraphView<'a> {
    type EdgeRef = LinkRef<f64>;
    type EdgeReferences = ViewLinks<'a>;

    fn edge_references(self) -> ViewLinks<'a> {
        ViewLinks { view: self, source: 0, row: self.first_row(), is_whole: true }
    }
}

impl<'a> IntoEdges for GraphView<'a> {
    type Edges = ViewLinks<'a>;

    fn edges(self, vertex: u32) -> ViewLinks<'a> {
        ViewLinks { view: self, source: vertex, row: self.outgoing(vertex), is_whole: false }
    }
}
