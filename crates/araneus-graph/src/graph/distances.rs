//! The number of vertices at each distance, for every vertex: breadth-first search of 64 targets at once.
//!
//! Searches from many targets follow the same links. One search here keeps a word of 64 bits for each vertex,
//! one bit for each target. So a link is followed once for all of them (Then et al. 2014, The More the Merrier:
//! Efficient Multi-Source Graph Traversal). Targets that are close in the graph share a batch, because their
//! searches meet soon. Each batch has its own targets and adds whole numbers level by level, so the number of
//! threads changes no bit.

use rayon::prelude::*;

use super::csr::Graph;
use crate::progress::Progress;

const BATCH: usize = 64;

/// Folds, for every vertex, `(distance, number of vertices that reach it over that distance)`.
///
/// Distances are in links, from 1, along the links and towards the vertex. Levels without vertices are left
/// out. Returns `None` if the computation was cancelled.
pub(crate) fn fold_inward<S: Clone + Send + Sync>(
    graph: &Graph,
    start: &S,
    fold: impl Fn(&mut S, u32, u32) + Sync,
    progress: &Progress,
) -> Option<Vec<S>> {
    let vertices = graph.vertex_count();
    let order = breadth_first(graph);
    let batches: Option<Vec<Vec<S>>> = order
        .par_chunks(BATCH)
        .map_init(
            || MultiSourceSearch::new(vertices),
            |search, targets| {
                let mut states = vec![start.clone(); targets.len()];
                search.run(graph, targets, |target, distance, count| {
                    fold(&mut states[target], distance, count);
                });
                progress.advance(targets.len() as u64).then_some(states)
            },
        )
        .collect();
    let mut states = vec![start.clone(); vertices];
    for (vertex, state) in order.into_iter().zip(batches?.into_iter().flatten()) {
        states[vertex as usize] = state;
    }
    Some(states)
}

/// Buffers of one batch; bit `i` of a word belongs to target `i` of the batch.
struct MultiSourceSearch {
    seen: Vec<u64>,
    current: Vec<u64>,
    next: Vec<u64>,
    frontier: Vec<u32>,
    reached: Vec<u32>,
}

impl MultiSourceSearch {
    fn new(vertices: usize) -> Self {
        let words = || vec![0; vertices];
        Self { seen: words(), current: words(), next: words(), frontier: Vec::new(), reached: Vec::new() }
    }

    fn run(&mut self, graph: &Graph, targets: &[u32], mut visit: impl FnMut(usize, u32, u32)) {
        self.seen.fill(0);
        self.frontier.clear();
        for (target, &vertex) in targets.iter().enumerate() {
            self.seen[vertex as usize] = 1 << target;
            self.current[vertex as usize] = 1 << target;
            self.frontier.push(vertex);
        }
        let mut distance = 1;
        while !self.frontier.is_empty() {
            self.advance(graph);
            let mut counts = [0_u32; BATCH];
            for &vertex in &self.reached {
                let vertex = vertex as usize;
                let mut bits = self.next[vertex];
                self.seen[vertex] |= bits;
                while bits != 0 {
                    counts[bits.trailing_zeros() as usize] += 1;
                    bits &= bits - 1;
                }
            }
            for (target, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                visit(target, distance, count);
            }
            std::mem::swap(&mut self.current, &mut self.next);
            std::mem::swap(&mut self.frontier, &mut self.reached);
            distance += 1;
        }
    }

    /// Takes one step against the links' direction, and leaves `current` all zero.
    fn advance(&mut self, graph: &Graph) {
        self.reached.clear();
        for &vertex in &self.frontier {
            let bits = std::mem::take(&mut self.current[vertex as usize]);
            for &source in graph.incoming(vertex) {
                let fresh = bits & !self.seen[source as usize];
                if fresh != 0 {
                    if self.next[source as usize] == 0 {
                        self.reached.push(source);
                    }
                    self.next[source as usize] |= fresh;
                }
            }
        }
    }
}

/// Lists the vertices breadth first, directions ignored, each component from its lowest vertex.
///
/// Vertices that are close in this order are close in the graph.
fn breadth_first(graph: &Graph) -> Vec<u32> {
    let mut is_listed = vec![false; graph.vertex_count()];
    let mut order = Vec::with_capacity(graph.vertex_count());
    for root in graph.vertices() {
        let mut head = order.len();
        if !is_listed[root as usize] {
            is_listed[root as usize] = true;
            order.push(root);
        }
        while let Some(&vertex) = order.get(head) {
            head += 1;
            let incoming = if graph.is_directed() { graph.incoming(vertex) } else { &[] };
            for &neighbour in graph.outgoing(vertex).iter().chain(incoming) {
                if !is_listed[neighbour as usize] {
                    is_listed[neighbour as usize] = true;
                    order.push(neighbour);
                }
            }
        }
    }
    order
}
