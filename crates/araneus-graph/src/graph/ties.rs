//! How the neighbours of two tied vertices overlap: sums over shared neighbours, for every tie.
//!
//! Each tie is met once, from the end with more neighbours: its row is marked,
//! and the shorter row of the other end is walked over the marks. That costs the
//! sum of the smaller degrees, no more than links times the root of twice
//! the links (Chiba and Nishizeki 1985). What a tie adds to its ends is
//! kept by tie and added in one order, so threads change nothing.

use rayon::prelude::*;

use super::{Graph, Shape};

/// The undirected simple graph with how strong each tie is.
pub(crate) struct Ties<'a> {
    graph: &'a Graph,
    starts: Vec<usize>,
    strengths: Vec<f64>,
}

/// A tie of the vertex whose row is marked, as its other end sees it.
pub(crate) struct Tie<'a, M> {
    pub(crate) strength: f64,
    /// The row of the end with fewer neighbours.
    row: &'a [u32],
    strengths: &'a [f64],
    marks: &'a [M],
}

impl<M: Copy> Tie<'_, M> {
    /// For each neighbour of the walked end: its mark, and the strength of its tie with that end.
    pub(crate) fn walk(&self) -> impl Iterator<Item = (M, f64)> {
        self.row.iter().zip(self.strengths).map(|(near, strength)| (self.marks[*near as usize], *strength))
    }
}

/// Vertices of one task.
const TASK: usize = 64;

impl<'a> Ties<'a> {
    /// Ties as strong as the links between two vertices are many: 1, or 2 where they lead both ways.
    pub(crate) fn counted(shape: &'a Shape) -> Self {
        let (graph, simple) = (shape.graph(), shape.simple());
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

    /// Ties as strong as their weights where weights were given, else as [`Ties::counted`].
    pub(crate) fn given(shape: &'a Shape) -> Self {
        if shape.weights().are_given() { Self::weighted(shape) } else { Self::counted(shape) }
    }

    /// Ties as strong as the weights of the links between two vertices; what weighs nothing ties nobody.
    pub(crate) fn weighted(shape: &'a Shape) -> Self {
        let shape = shape.positive();
        let (graph, weights) = (shape.simple(), shape.simple_weights());
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

    /// The strengths of `graph().outgoing(vertex)`, in that order.
    pub(crate) fn row(&self, vertex: u32) -> &[f64] {
        &self.strengths[self.starts[vertex as usize]..self.starts[vertex as usize + 1]]
    }

    /// Adds up, for each vertex, what its ties give it.
    ///
    /// `mark` is what a neighbour, tied that strongly, leaves in the marks; `give` tells what a tie
    /// gives to the end whose row is marked and to the end whose row is walked.
    /// `None` once `go_on` answers no; it is told how many vertices are done.
    pub(crate) fn sum<M: Copy + Default + Send>(
        &self,
        mark: impl Fn(u32, f64) -> M + Sync,
        give: impl Fn(Tie<'_, M>) -> (f64, f64) + Sync,
        go_on: impl Fn(u64) -> bool + Sync,
    ) -> Option<Vec<f64>> {
        let graph = self.graph;
        let vertices: Vec<u32> = graph.vertices().collect();
        let given: Option<Vec<Vec<(f64, f64)>>> = vertices
            .par_chunks(TASK)
            .map_init(
                || vec![M::default(); graph.vertex_count()],
                |marks, task| {
                    let mut given = Vec::new();
                    for &vertex in task {
                        self.meet_lower(vertex, marks, &mark, &give, &mut given);
                    }
                    go_on(task.len() as u64).then_some(given)
                },
            )
            .collect();
        let mut sums = vec![0.0; graph.vertex_count()];
        let mut given = given?.into_iter().flatten();
        for vertex in graph.vertices() {
            for &(other, _) in &self.lower(vertex) {
                let (to_marked, to_walked) = given.next().unwrap_or_default();
                sums[vertex as usize] += to_marked;
                sums[other as usize] += to_walked;
            }
        }
        Some(sums)
    }

    /// The neighbours that have fewer neighbours, and how strong the ties are.
    fn lower(&self, vertex: u32) -> Vec<(u32, f64)> {
        let rank = |vertex: u32| (self.graph.outgoing(vertex).len(), vertex);
        let ties = self.graph.outgoing(vertex).iter().copied().zip(self.row(vertex).iter().copied());
        ties.filter(|(other, _)| rank(*other) < rank(vertex)).collect()
    }

    fn meet_lower<M: Copy + Default>(
        &self,
        vertex: u32,
        marks: &mut [M],
        mark: &impl Fn(u32, f64) -> M,
        give: &impl Fn(Tie<'_, M>) -> (f64, f64),
        given: &mut Vec<(f64, f64)>,
    ) {
        let lower = self.lower(vertex);
        if lower.is_empty() {
            return;
        }
        let row = self.graph.outgoing(vertex);
        for (&near, &strength) in row.iter().zip(self.row(vertex)) {
            marks[near as usize] = mark(near, strength);
        }
        for (other, strength) in lower {
            let (row, strengths) = (self.graph.outgoing(other), self.row(other));
            given.push(give(Tie { strength, row, strengths, marks }));
        }
        for &near in row {
            marks[near as usize] = M::default();
        }
    }
}
