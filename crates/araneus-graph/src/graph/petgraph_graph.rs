//! The visit traits of petgraph on a graph, so that petgraph's algorithms run on its rows.
//!
//! In petgraph the direction is part of a type; here it is a value. So the edge type says "directed" and
//! `is_directed` returns the truth. An undirected link is seen from both of its ends, once each, under one
//! id.

use petgraph::visit::{
    Data, EdgeRef, GraphBase, GraphProp, IntoEdgeReferences, IntoEdges, IntoNeighbors, IntoNeighborsDirected,
    IntoNodeIdentifiers, IntoNodeReferences, NodeCompactIndexable, NodeCount, NodeIndexable, Visitable,
};
use petgraph::{Directed, Direction};

use super::csr::Graph;

pub(super) type VisitMap = <petgraph::graph::DiGraph<(), (), u32> as Visitable>::Map;
type Neighbours<'a> = std::iter::Copied<std::slice::Iter<'a, u32>>;

/// A link for petgraph's algorithms: without a weight in a graph, with its weight in a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkRef<W = ()> {
    source: u32,
    target: u32,
    id: (u32, u32),
    weight: W,
}

impl<W> LinkRef<W> {
    pub(super) fn new(source: u32, target: u32, is_directed: bool, weight: W) -> Self {
        let id = if is_directed { (source, target) } else { (source.min(target), source.max(target)) };
        Self { source, target, id, weight }
    }
}

/// Iterator over the links of one vertex, or of a whole graph.
#[derive(Debug, Clone)]
pub struct Links<'a> {
    graph: &'a Graph,
    source: u32,
    positions: std::ops::Range<usize>,
    /// True if an undirected link is listed from its lower end only.
    once: bool,
}

impl Iterator for Links<'_> {
    type Item = LinkRef;

    fn next(&mut self) -> Option<LinkRef> {
        loop {
            let position = self.positions.next()?;
            while self.graph.outgoing.starts[self.source as usize + 1] <= position {
                self.source += 1;
            }
            let (source, target) = (self.source, self.graph.outgoing.ends[position]);
            if self.once && target < source {
                continue;
            }
            return Some(LinkRef::new(source, target, self.graph.is_directed(), ()));
        }
    }
}

impl<W: Copy> EdgeRef for LinkRef<W> {
    type NodeId = u32;
    type EdgeId = (u32, u32);
    type Weight = W;

    fn source(&self) -> u32 {
        self.source
    }

    fn target(&self) -> u32 {
        self.target
    }

    fn weight(&self) -> &W {
        &self.weight
    }

    fn id(&self) -> (u32, u32) {
        self.id
    }
}

impl GraphBase for Graph {
    type NodeId = u32;
    type EdgeId = (u32, u32);
}

impl Data for Graph {
    type NodeWeight = ();
    type EdgeWeight = ();
}

impl GraphProp for Graph {
    type EdgeType = Directed;

    fn is_directed(&self) -> bool {
        Graph::is_directed(self)
    }
}

impl NodeCount for Graph {
    fn node_count(&self) -> usize {
        self.vertex_count()
    }
}

impl NodeIndexable for Graph {
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

impl NodeCompactIndexable for Graph {}

impl Visitable for Graph {
    type Map = VisitMap;

    fn visit_map(&self) -> VisitMap {
        VisitMap::with_capacity(self.vertex_count())
    }

    fn reset_map(&self, seen: &mut VisitMap) {
        seen.clear();
        seen.grow(self.vertex_count());
    }
}

impl IntoNodeIdentifiers for &Graph {
    type NodeIdentifiers = std::ops::Range<u32>;

    fn node_identifiers(self) -> Self::NodeIdentifiers {
        self.vertices()
    }
}

impl IntoNodeReferences for &Graph {
    type NodeRef = (u32, ());
    type NodeReferences = std::iter::Map<std::ops::Range<u32>, fn(u32) -> (u32, ())>;

    fn node_references(self) -> Self::NodeReferences {
        self.vertices().map(|vertex| (vertex, ()))
    }
}

impl<'a> IntoNeighbors for &'a Graph {
    type Neighbors = Neighbours<'a>;

    fn neighbors(self, vertex: u32) -> Neighbours<'a> {
        self.outgoing(vertex).iter().copied()
    }
}

impl<'a> IntoNeighborsDirected for &'a Graph {
    type NeighborsDirected = Neighbours<'a>;

    fn neighbors_directed(self, vertex: u32, direction: Direction) -> Neighbours<'a> {
        match direction {
            Direction::Outgoing => self.outgoing(vertex).iter().copied(),
            Direction::Incoming => self.incoming(vertex).iter().copied(),
        }
    }
}

impl<'a> IntoEdgeReferences for &'a Graph {
    type EdgeRef = LinkRef;
    type EdgeReferences = Links<'a>;

    fn edge_references(self) -> Links<'a> {
        let positions = 0..self.outgoing.ends.len();
        Links { graph: self, source: 0, positions, once: !self.is_directed() }
    }
}

impl<'a> IntoEdges for &'a Graph {
    type Edges = Links<'a>;

    fn edges(self, vertex: u32) -> Links<'a> {
        Links { graph: self, source: vertex, positions: self.outgoing.range(vertex), once: false }
    }
}
