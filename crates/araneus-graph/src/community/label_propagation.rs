//! Label propagation: each vertex takes the most frequent label of its neighbours, until no label changes.
//!
//! Raghavan, Albert and Kumara 2007, weighted. Vertices are visited in a seeded random order. A vertex keeps
//! its label while that is among the heaviest labels around it, else it takes one of the heaviest at random.
//! There are at most 100 rounds and no objective. Equal labels are not decided by the lowest number, which
//! would spread over the whole graph.

use super::partition::Partition;
use super::tally::Tally;
use crate::graph::WeightedGraph;
use crate::progress::Progress;
use crate::random;

const ROUNDS_MAX: usize = 100;

/// Finds communities; returns `None` if the computation was cancelled.
pub(super) fn find(weighted_graph: &WeightedGraph, seed: u64, progress: &Progress) -> Option<Partition> {
    let (graph, weights) = (weighted_graph.simple(), weighted_graph.simple_weights());
    let mut random = random::open(seed, 0);
    let mut label_of: Vec<u32> = graph.vertices().collect();
    let mut tally = Tally::new(graph.vertex_count());
    let mut heaviest = Vec::new();
    for _ in 0..ROUNDS_MAX {
        let mut has_moved = false;
        for vertex in random::permutation(&mut random, graph.vertex_count()) {
            tally.add_row((graph.outgoing(vertex), weights.outgoing(graph, vertex)), &label_of);
            let largest_weight = tally.touched().iter().map(|label| tally.sum_of(*label)).fold(0.0, f64::max);
            // Sums of the same weights in another order may differ in the last bits.
            let is_heaviest = |label: u32| tally.sum_of(label) >= largest_weight * (1.0 - 1e-12);
            if largest_weight > 0.0 && !is_heaviest(label_of[vertex as usize]) {
                heaviest.clear();
                heaviest.extend(tally.touched().iter().copied().filter(|label| is_heaviest(*label)));
                let drawn = random::below(&mut random, heaviest.len() as u32);
                label_of[vertex as usize] = heaviest[drawn as usize];
                has_moved = true;
            }
            tally.drain(|_, _| ());
        }
        if !progress.advance(1) {
            return None;
        }
        if !has_moved {
            break;
        }
    }
    Some(Partition::new(&label_of))
}
