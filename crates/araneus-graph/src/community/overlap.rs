//! Overlapping membership: the share of a vertex's weight that leads into each community.
//!
//! A fuzzy membership as after one round of COPRA (Gregory 2010). It needs no second search and is linear in
//! links. A vertex between two communities is in both.

use rayon::prelude::*;

use super::partition::Partition;
use super::tally::TallyPool;
use crate::graph::WeightedGraph;

/// Vertices of one task.
const CHUNK: usize = 1024;

/// One membership of a vertex.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Membership {
    /// The vertex.
    pub vertex: u32,
    /// A community of the partition.
    pub community: u32,
    /// The share of the vertex's weight that leads into the community, in 0..=1; 1 for a vertex without
    /// links.
    pub share: f64,
}

/// Lists the communities that have at least `least` of a vertex's weight, and the vertex's own community in
/// any case.
///
/// The list is sorted by vertex, then by share, descending, then by community. It reads the undirected simple
/// graph.
pub fn memberships(weighted_graph: &WeightedGraph, partition: &Partition, least: f64) -> Vec<Membership> {
    let (graph, weights) = (weighted_graph.simple(), weighted_graph.simple_weights());
    let pool = TallyPool::new(partition.count());
    let listed: Vec<Vec<Membership>> = partition
        .labels()
        .par_chunks(CHUNK)
        .enumerate()
        .map(|(chunk, own_community)| {
            let mut listed = Vec::new();
            pool.lend(|tally| {
                for (vertex, &own_community) in ((chunk * CHUNK) as u32..).zip(own_community) {
                    tally.add_row(
                        (graph.outgoing(vertex), weights.outgoing(graph, vertex)),
                        partition.labels(),
                    );
                    let inside = tally.sum_of(own_community);
                    let total_weight: f64 =
                        tally.touched().iter().map(|community| tally.sum_of(*community)).sum();
                    let first = listed.len();
                    let share = if total_weight > 0.0 { inside / total_weight } else { 1.0 };
                    listed.push(Membership { vertex, community: own_community, share });
                    tally.drain(|community, weight| {
                        let share = weight / total_weight;
                        if community != own_community && share >= least {
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
