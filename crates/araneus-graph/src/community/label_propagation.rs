//! Label propagation: everyone joins the community most of their neighbours are in, until all have.
//!
//! Raghavan, Albert and Kumara 2007, weighted: vertices are visited in a seeded
//! random order; a vertex keeps its label while it is among the heaviest around
//! it, else takes one of the heaviest at random. Fast and without objective; at
//! most 100 rounds. The lowest label does not win ties: it would flood the graph.

use super::Partition;
use super::tally::Tally;
use crate::graph::Shape;
use crate::progress::Watch;
use crate::random;

const ROUNDS_MAX: usize = 100;

/// Finds communities; `None` means that the watch said stop.
pub(super) fn find(shape: &Shape, seed: u64, watch: &Watch) -> Option<Partition> {
    let (graph, weights) = (shape.simple(), shape.simple_weights());
    let mut random = random::open(seed, 0);
    let mut label_of: Vec<u32> = graph.vertices().collect();
    let mut near = Tally::new(graph.vertex_count());
    let mut heaviest = Vec::new();
    for _ in 0..ROUNDS_MAX {
        let mut has_moved = false;
        for vertex in random::permutation(&mut random, graph.vertex_count()) {
            near.add_row((graph.outgoing(vertex), weights.outgoing(graph, vertex)), &label_of);
            let most = near.touched().iter().map(|label| near.of(*label)).fold(0.0, f64::max);
            // Sums of the same weights in another order may differ in the last bits.
            let is_heaviest = |label: u32| near.of(label) >= most * (1.0 - 1e-12);
            if most > 0.0 && !is_heaviest(label_of[vertex as usize]) {
                heaviest.clear();
                heaviest.extend(near.touched().iter().copied().filter(|label| is_heaviest(*label)));
                let drawn = random::below(&mut random, heaviest.len() as u32);
                label_of[vertex as usize] = heaviest[drawn as usize];
                has_moved = true;
            }
            near.drain(|_, _| ());
        }
        if !watch.step(1) {
            return None;
        }
        if !has_moved {
            break;
        }
    }
    Some(Partition::new(&label_of))
}
