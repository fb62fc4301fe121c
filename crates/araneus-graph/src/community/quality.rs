//! How good a grouping is, as a whole and community by community.
//!
//! All on the undirected simple graph. With m the total weight, e(c) the weight
//! within community c, K(c) the strengths of its vertices and g the resolution:
//! modularity (Newman and Girvan 2004; Reichardt and Bornholdt 2006) is the sum
//! over communities of `e(c) / m - g * (K(c) / 2m)^2`; the constant Potts model is
//! the sum of `e(c) - g * n(c) * (n(c) - 1) / 2`.

use rayon::prelude::*;

use super::Partition;
use crate::graph::Shape;

/// Vertices worked on by one thread at a time, at least.
const CHUNK: usize = 1024;

/// What one community is like.
#[derive(Debug, Clone, PartialEq)]
pub struct Company {
    /// Vertices.
    pub size: u32,
    /// Links between members.
    pub internal_links: u64,
    /// The weight of links between members.
    pub internal_weight: f64,
    /// The weight of links from members to others.
    pub cut_weight: f64,
    /// Links between members per pair of members, in 0..=1; 0 for a single vertex.
    pub density: f64,
    /// Cut weight per strength of members or of all others, whichever is less, in 0..=1; 0 without a cut.
    pub conductance: f64,
    /// What the community adds to modularity.
    pub modularity_share: f64,
}

/// Describes each community, in the partition's order.
pub fn companies(shape: &Shape, partition: &Partition, resolution: f64) -> Vec<Company> {
    let (graph, weights) = (shape.simple(), shape.simple_weights());
    let mut links = vec![0_u64; partition.count()];
    let mut internal = vec![0.0; partition.count()];
    let mut cut = vec![0.0; partition.count()];
    let own = |vertex: u32| partition.of()[vertex as usize];
    // What a vertex adds is found in parallel and added in order.
    let parts: Vec<(u64, f64, f64)> = graph
        .vertices()
        .into_par_iter()
        .with_min_len(CHUNK)
        .map(|vertex| {
            let (mut links, mut internal, mut cut) = (0, 0.0, 0.0);
            for (&near, &weight) in graph.outgoing(vertex).iter().zip(weights.outgoing(graph, vertex)) {
                if own(near) != own(vertex) {
                    cut += weight;
                } else if vertex < near {
                    links += 1;
                    internal += weight;
                }
            }
            (links, internal, cut)
        })
        .collect();
    for (&community, part) in partition.of().iter().zip(&parts) {
        links[community as usize] += part.0;
        internal[community as usize] += part.1;
        cut[community as usize] += part.2;
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
            Company {
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

/// Returns for each value the sum of all others. They are added up: what is left of a whole would be 0
/// where it is lighter than the last bit of the whole.
fn sums_of_others(values: &[f64]) -> Vec<f64> {
    let mut before: Vec<f64> = Vec::with_capacity(values.len());
    let mut sum = 0.0;
    for value in values {
        before.push(sum);
        sum += value;
    }
    let mut behind = 0.0;
    for (value, others) in values.iter().zip(&mut before).rev() {
        *others += behind;
        behind += value;
    }
    before
}

/// Returns the modularity of a partition; 0 in a graph without links.
pub fn modularity(shape: &Shape, partition: &Partition, resolution: f64) -> f64 {
    let shares = companies(shape, partition, resolution).into_iter().map(|company| company.modularity_share);
    shares.sum::<f64>() + 0.0
}

/// Returns the constant Potts quality of a partition, in weight.
pub fn constant_potts(shape: &Shape, partition: &Partition, resolution: f64) -> f64 {
    let quality = |company: Company| {
        let size = f64::from(company.size);
        company.internal_weight - resolution * size * (size - 1.0) / 2.0
    };
    companies(shape, partition, resolution).into_iter().map(quality).sum::<f64>() + 0.0
}

/// Returns the share of all weight that stays within communities, in 0..=1; 1 in a graph without links (Fortunato 2010).
pub fn coverage(shape: &Shape, partition: &Partition) -> f64 {
    let companies = companies(shape, partition, 1.0);
    let internal: f64 = companies.iter().map(|company| company.internal_weight).sum();
    let cut: f64 = companies.iter().map(|company| company.cut_weight).sum();
    if internal + cut > 0.0 { internal / (internal + cut / 2.0) } else { 1.0 }
}
