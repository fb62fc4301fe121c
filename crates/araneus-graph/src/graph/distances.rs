//! How many vertices lie how far away, for every vertex: breadth-first search, 64 targets at a time.
//!
//! Many searches over one graph walk the same links. Here one walk carries a
//! word of 64 bits a vertex, one bit for each target, so that a link is followed
//! once a level for all of them (the idea: Then et al., "The More the Merrier:
//! Efficient Multi-Source Graph Traversal", VLDB 2014). Targets that stand close share
//! a batch, since their searches meet soon. A batch keeps to its own
//! targets and folds whole numbers level by level, so threads change nothing.

use rayon::prelude::*;

use super::{Graph, parts::breadth_first};
use crate::progress::Watch;

const BATCH: usize = 64;

/// For every vertex, folds `(distance, how many vertices reach it over that distance)`.
///
/// Distances are in links, from 1 up, along the links' direction and inward;
/// levels without vertices are not told. `None` means that the watch said stop.
pub(crate) fn fold_inward<S: Clone + Send + Sync>(
    graph: &Graph,
    start: &S,
    fold: impl Fn(&mut S, u32, u32) + Sync,
    watch: &Watch,
) -> Option<Vec<S>> {
    let vertices = graph.vertex_count();
    let order = breadth_first(graph);
    let batches: Option<Vec<Vec<S>>> = order
        .par_chunks(BATCH)
        .map_init(
            || Search::new(vertices),
            |search, targets| {
                let mut states = vec![start.clone(); targets.len()];
                search.run(graph, targets, |target, distance, count| {
                    fold(&mut states[target], distance, count);
                });
                watch.step(targets.len() as u64).then_some(states)
            },
        )
        .collect();
    let mut states = vec![start.clone(); vertices];
    for (vertex, state) in order.into_iter().zip(batches?.into_iter().flatten()) {
        states[vertex as usize] = state;
    }
    Some(states)
}

/// Buffers of one batch; bit `i` of a word belongs to the batch's target `i`.
struct Search {
    seen: Vec<u64>,
    near: Vec<u64>,
    next: Vec<u64>,
    frontier: Vec<u32>,
    reached: Vec<u32>,
}

impl Search {
    fn new(vertices: usize) -> Self {
        let words = || vec![0; vertices];
        Self { seen: words(), near: words(), next: words(), frontier: Vec::new(), reached: Vec::new() }
    }

    fn run(&mut self, graph: &Graph, targets: &[u32], mut tell: impl FnMut(usize, u32, u32)) {
        self.seen.fill(0);
        self.frontier.clear();
        for (target, &vertex) in targets.iter().enumerate() {
            self.seen[vertex as usize] = 1 << target;
            self.near[vertex as usize] = 1 << target;
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
                tell(target, distance, count);
            }
            std::mem::swap(&mut self.near, &mut self.next);
            std::mem::swap(&mut self.frontier, &mut self.reached);
            distance += 1;
        }
    }

    /// Takes one step against the links' direction; leaves `near` all zero.
    fn advance(&mut self, graph: &Graph) {
        self.reached.clear();
        for &vertex in &self.frontier {
            let bits = std::mem::take(&mut self.near[vertex as usize]);
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
