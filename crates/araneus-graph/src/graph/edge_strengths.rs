//! Edge strengths, and sums over the shared neighbours of every edge.
//!
//! Each edge is visited once, from its end with more neighbours. The row of this end is marked, and the
//! shorter row of the other end is read over the marks. The cost is the sum of the smaller degrees, at most
//! links times the root of twice the links (Chiba and Nishizeki 1985). Contributions are kept by edge and
//! added in one order, so the number of threads changes no bit.

use rayon::prelude::*;

use super::csr::Graph;
use super::weighted_graph::WeightedGraph;

/// The undirected simple graph with a strength for each edge.
pub(crate) struct EdgeStrengths<'a> {
    graph: &'a Graph,
    starts: Vec<usize>,
    strengths: Vec<f64>,
}

/// An edge of the vertex whose row is marked, as its other end sees it.
pub(crate) struct SharedNeighbourEdge<'a, M> {
    pub(crate) strength: f64,
    /// The row of the end with fewer neighbours.
    row: &'a [u32],
    strengths: &'a [f64],
    marks: &'a [M],
}

impl<M: Copy> SharedNeighbourEdge<'_, M> {
    /// Returns, for each neighbour of the other end, its mark and the strength of its edge with that end.
    pub(crate) fn walk(&self) -> impl Iterator<Item = (M, f64)> {
        self.row
            .iter()
            .zip(self.strengths)
            .map(|(neighbour, strength)| (self.marks[*neighbour as usize], *strength))
    }
}

/// Vertices of one task.
const TASK: usize = 64;

impl<'a> EdgeStrengths<'a> {
    /// Returns strengths that count links: 1, or 2 where links lead in both directions.
    pub(crate) fn counted(weighted_graph: &'a WeightedGraph) -> Self {
        let (graph, simple) = (weighted_graph.graph(), weighted_graph.simple());
        let strength = |one: u32, other: u32| {
            if graph.is_directed() {
                f64::from(u8::from(graph.has_link(one, other)) + u8::from(graph.has_link(other, one)))
            } else {
                1.0
            }
        };
        let row = |one: u32| simple.outgoing(one).iter().map(move |other| strength(one, *other)).collect();
        Self::new(simple, row)
    }

    /// Returns weights as strengths where weights were given, else the strengths of
    /// [`EdgeStrengths::counted`].
    pub(crate) fn weighted_or_counted(weighted_graph: &'a WeightedGraph) -> Self {
        if weighted_graph.weights().are_given() {
            Self::weighted(weighted_graph)
        } else {
            Self::counted(weighted_graph)
        }
    }

    /// Returns the weights of links as strengths, both directions added; links of weight 0 are left out.
    pub(crate) fn weighted(weighted_graph: &'a WeightedGraph) -> Self {
        let weighted_graph = weighted_graph.positive();
        let (graph, weights) = (weighted_graph.simple(), weighted_graph.simple_weights());
        Self::new(graph, |vertex| weights.outgoing(graph, vertex).to_vec())
    }

    fn new(graph: &'a Graph, row: impl Fn(u32) -> Vec<f64> + Send + Sync) -> Self {
        let rows: Vec<Vec<f64>> = graph.vertices().into_par_iter().map(row).collect();
        let mut starts = vec![0];
        starts.extend(rows.iter().scan(0, |end, row| {
            *end += row.len();
            Some(*end)
        }));
        Self { graph, starts, strengths: rows.concat() }
    }

    pub(crate) fn graph(&self) -> &'a Graph {
        self.graph
    }

    /// Returns the strengths of `graph().outgoing(vertex)`, in that order.
    pub(crate) fn row(&self, vertex: u32) -> &[f64] {
        &self.strengths[self.starts[vertex as usize]..self.starts[vertex as usize + 1]]
    }

    /// Adds up, for each vertex, the contributions of its edges.
    ///
    /// `mark` makes the mark of a neighbour from its id and the strength of its edge. `contribute` returns
    /// what an edge adds to the end whose row is marked and to the other end. Returns `None` once `is_active`
    /// returns `false`; it receives the number of vertices done since the last call.
    pub(crate) fn sum<M: Copy + Default + Send>(
        &self,
        mark: impl Fn(u32, f64) -> M + Sync,
        contribute: impl Fn(SharedNeighbourEdge<'_, M>) -> (f64, f64) + Sync,
        is_active: impl Fn(u64) -> bool + Sync,
    ) -> Option<Vec<f64>> {
        let graph = self.graph;
        let vertices: Vec<u32> = graph.vertices().collect();
        let contributions: Option<Vec<Vec<(f64, f64)>>> = vertices
            .par_chunks(TASK)
            .map_init(
                || vec![M::default(); graph.vertex_count()],
                |marks, task| {
                    let mut contributions = Vec::new();
                    for &vertex in task {
                        self.visit_lower(vertex, marks, &mark, &contribute, &mut contributions);
                    }
                    is_active(task.len() as u64).then_some(contributions)
                },
            )
            .collect();
        let mut sums = vec![0.0; graph.vertex_count()];
        let mut contributions = contributions?.into_iter().flatten();
        for vertex in graph.vertices() {
            for &(other, _) in &self.lower(vertex) {
                let (to_marked, to_walked) = contributions.next().unwrap_or_default();
                sums[vertex as usize] += to_marked;
                sums[other as usize] += to_walked;
            }
        }
        Some(sums)
    }

    /// Returns the neighbours of lower degree, and the strengths of their edges.
    fn lower(&self, vertex: u32) -> Vec<(u32, f64)> {
        let rank = |vertex: u32| (self.graph.outgoing(vertex).len(), vertex);
        let edges = self.graph.outgoing(vertex).iter().copied().zip(self.row(vertex).iter().copied());
        edges.filter(|(other, _)| rank(*other) < rank(vertex)).collect()
    }

    fn visit_lower<M: Copy + Default>(
        &self,
        vertex: u32,
        marks: &mut [M],
        mark: &impl Fn(u32, f64) -> M,
        contribute: &impl Fn(SharedNeighbourEdge<'_, M>) -> (f64, f64),
        contributions: &mut Vec<(f64, f64)>,
    ) {
        let lower = self.lower(vertex);
        if lower.is_empty() {
            return;
        }
        let row = self.graph.outgoing(vertex);
        for (&neighbour, &strength) in row.iter().zip(self.row(vertex)) {
            marks[neighbour as usize] = mark(neighbour, strength);
        }
        for (other, strength) in lower {
            let (row, strengths) = (self.graph.outgoing(other), self.row(other));
            contributions.push(contribute(SharedNeighbourEdge { strength, row, strengths, marks }));
        }
        for &neighbour in row {
            marks[neighbour as usize] = M::default();
        }
    }
}
