//! Who belongs to more than one community: the share of a vertex's weight that leads into each.
//!
//! The plainest fuzzy membership, after one round of Gregory's COPRA (2010): no second
//! search, linear in links, and a broker between two communities is in both.

use rayon::prelude::*;

use super::Partition;
use super::tally::Pool;
use crate::graph::Shape;

/// Vertices worked on by one thread at a time.
const CHUNK: usize = 1024;

/// One of a vertex's memberships.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Membership {
    /// The vertex.
    pub vertex: u32,
    /// A community of the partition.
    pub community: u32,
    /// The share of the vertex's weight that leads into the community, in 0..=1; 1 for a vertex without links.
    pub share: f64,
}

/// Lists the communities that hold at least `least` of a vertex's weight, and its own whatever it holds.
///
/// By vertex, then by share, descending, then by community. Of the undirected simple graph.
pub fn memberships(shape: &Shape, partition: &Partition, least: f64) -> Vec<Membership> {
    let (graph, weights) = (shape.simple(), shape.simple_weights());
    let pool = Pool::new(partition.count());
    let listed: Vec<Vec<Membership>> = partition
        .of()
        .par_chunks(CHUNK)
        .enumerate()
        .map(|(chunk, own)| {
            let mut listed = Vec::new();
            pool.lend(|tally| {
                for (vertex, &own) in ((chunk * CHUNK) as u32..).zip(own) {
                    tally.add_row((graph.outgoing(vertex), weights.outgoing(graph, vertex)), partition.of());
                    let inside = tally.of(own);
                    let all: f64 = tally.touched().iter().map(|community| tally.of(*community)).sum();
                    let first = listed.len();
                    let share = if all > 0.0 { inside / all } else { 1.0 };
                    listed.push(Membership { vertex, community: own, share });
                    tally.drain(|community, weight| {
                        let share = weight / all;
                        if community != own && share >= least {
                            listed.push(Membership { vertex, community, share });
                        }
                    });
                    listed[first..].sort_unstable_by(|a, b| {
                        b.share.total_cmp(&a.share).then(a.community.cmp(&b.community))
                    });
                }
            });
            listed
        })
        .collect();
    listed.into_iter().flatten().collect()
}
