//! Quality of a partition, as a whole and for each community.
//!
//! All measures read the undirected simple graph. Let m be the total weight, e(c) the weight within community c,
//! K(c) the strengths of its vertices, and g the resolution. Modularity is the sum over communities of
//! `e(c) / m - g * (K(c) / 2m)^2` (Newman and Girvan 2004; Reichardt and Bornholdt 2006). The constant Potts
//! quality is the sum of `e(c) - g * n(c) * (n(c) - 1) / 2`.

use rayon::prelude::*;

use super::partition::Partition;
use crate::graph::WeightedGraph;

/// The smallest number of vertices of one task.
const CHUNK: usize = 1024;

/// Measures of one community.
#[derive(Debug, Clone, PartialEq)]
pub struct CommunityQuality {
    /// The number of vertices.
    pub size: u32,
    /// The number of links between members.
    pub internal_links: u64,
    /// The weight of links between members.
    pub internal_weight: f64,
    /// The weight of links from members to other vertices.
    pub cut_weight: f64,
    /// The share of pairs of members that are linked, in 0..=1; 0 for a single vertex.
    pub density: f64,
    /// The cut weight over the total strength of members or of other vertices, whichever is less, in 0..=1; 0
    /// without a cut.
    pub conductance: f64,
    /// The part of modularity that the community contributes.
    pub modularity_share: f64,
}

/// Measures each community, in the order of the partition.
pub fn community_qualities(
    weighted_graph: &WeightedGraph,
    partition: &Partition,
    resolution: f64,
) -> Vec<CommunityQuality> {
    let (graph, weights) = (weighted_graph.simple(), weighted_graph.simple_weights());
    let mut links = vec![0_u64; partition.count()];
    let mut internal = vec![0.0; partition.count()];
    let mut cut = vec![0.0; partition.count()];
    let community_of = |vertex: u32| partition.labels()[vertex as usize];
    // The contributions of vertices are computed in parallel and added in order.
    let contributions: Vec<(u64, f64, f64)> = graph
        .vertices()
        .into_par_iter()
        .with_min_len(CHUNK)
        .map(|vertex| {
            let (mut links, mut internal, mut cut) = (0, 0.0, 0.0);
            for (&neighbour, &weight) in graph.outgoing(vertex).iter().zip(weights.outgoing(graph, vertex)) {
                if community_of(neighbour) != community_of(vertex) {
                    cut += weight;
                } else if vertex < neighbour {
                    links += 1;
                    internal += weight;
                }
            }
            (links, internal, cut)
        })
        .collect();
    for (&community, contribution) in partition.labels().iter().zip(&contributions) {
        links[community as usize] += contribution.0;
        internal[community as usize] += contribution.1;
        cut[community as usize] += contribution.2;
    }
    let strengths: Vec<f64> = internal.iter().zip(&cut).map(|(internal, cut)| 2.0 * internal + cut).collect();
    let twice: f64 = strengths.iter().sum();
    let others = sums_of_others(&strengths);
    (0..partition.count())
        .map(|community| {
            let (internal, cut) = (internal[community], cut[community]);
            let strength = strengths[community];
            let size = partition.sizes()[community];
            let pairs = f64::from(size) * (f64::from(size) - 1.0) / 2.0;
            CommunityQuality {
                size,
                internal_links: links[community],
                internal_weight: internal,
                cut_weight: cut,
                density: if size > 1 { links[community] as f64 / pairs } else { 0.0 },
                conductance: if cut > 0.0 { (cut / strength.min(others[community])).min(1.0) } else { 0.0 },
                modularity_share: if twice > 0.0 {
                    2.0 * internal / twice - resolution * (strength / twice) * (strength / twice)
                } else {
                    0.0
                },
            }
        })
        .collect()
}

/// Returns for each value the sum of all others.
///
/// The sums are added up rather than subtracted from the total: a difference would be 0 for a sum below the
/// last bit of the total.
fn sums_of_others(values: &[f64]) -> Vec<f64> {
    let mut sums: Vec<f64> = Vec::with_capacity(values.len());
    let mut sum = 0.0;
    for value in values {
        sums.push(sum);
        sum += value;
    }
    let mut after = 0.0;
    for (value, others) in values.iter().zip(&mut sums).rev() {
        *others += after;
        after += value;
    }
    sums
}

/// Returns the modularity of a partition; 0 in a graph without links.
pub fn modularity(weighted_graph: &WeightedGraph, partition: &Partition, resolution: f64) -> f64 {
    let shares = community_qualities(weighted_graph, partition, resolution)
        .into_iter()
        .map(|quality| quality.modularity_share);
    shares.sum::<f64>() + 0.0
}

/// Returns the constant Potts quality of a partition, in weight.
pub fn constant_potts(weighted_graph: &WeightedGraph, partition: &Partition, resolution: f64) -> f64 {
    let potts = |community: CommunityQuality| {
        let size = f64::from(community.size);
        community.internal_weight - resolution * size * (size - 1.0) / 2.0
    };
    community_qualities(weighted_graph, partition, resolution).into_iter().map(potts).sum::<f64>() + 0.0
}

/// Returns the share of all weight within communities, in 0..=1; 1 in a graph without links (Fortunato 2010).
pub fn coverage(weighted_graph: &WeightedGraph, partition: &Partition) -> f64 {
    let qualities = community_qualities(weighted_graph, partition, 1.0);
    let internal: f64 = qualities.iter().map(|quality| quality.internal_weight).sum();
    let cut: f64 = qualities.iter().map(|quality| quality.cut_weight).sum();
    if internal + cut > 0.0 { internal / (internal + cut / 2.0) } else { 1.0 }
}
