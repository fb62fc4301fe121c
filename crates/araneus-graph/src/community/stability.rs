//! Stability of communities under other seeds.
//!
//! A community is stable if its members are together in the results of other seeds. The measure is the
//! Jaccard index of the two sets of members (Hennig 2007, Cluster-wise assessment of cluster stability).
//! Methods without seeds are stable by definition.

use super::detect::find;
use super::method::{DetectedCommunities, DetectionConfig};
use super::partition::Partition;
use super::similarity::{adjusted_rand, mutual_information, overlaps};
use crate::graph::WeightedGraph;
use crate::progress::Progress;

/// Stability of a partition under other seeds.
#[derive(Debug, Clone, PartialEq)]
pub struct Stability {
    /// For each vertex the mean Jaccard index of its communities here and with the other seeds, in 0..=1.
    pub vertices: Vec<f64>,
    /// For each community the mean of its vertices.
    pub communities: Vec<f64>,
    /// The mean normalised mutual information between the partition and those of the seeds.
    pub mutual_information: f64,
    /// The mean adjusted Rand index between the partition and those of the seeds.
    pub adjusted_rand: f64,
}

/// Repeats a search with the next `seeds` seeds; returns `None` if the computation was cancelled.
///
/// # Panics
/// If `seeds` is 0, or if `partition` does not belong to this graph.
pub fn stability(
    weighted_graph: &WeightedGraph,
    config: &DetectionConfig,
    partition: &Partition,
    seeds: u32,
    progress: &Progress,
) -> Option<Stability> {
    assert!(seeds > 0, "stability is measured with at least one other seed");
    let mut vertices = vec![0.0; partition.labels().len()];
    let (mut information, mut rand_sum) = (0.0, 0.0);
    for seed in 1..=u64::from(seeds) {
        let again = DetectionConfig { seed: config.seed.wrapping_add(seed), ..config.clone() };
        let communities = find(weighted_graph, &again, progress)?;
        add_jaccard(partition, communities.partition(), &mut vertices);
        information += mutual_information(partition, communities.partition());
        rand_sum += adjusted_rand(partition, communities.partition());
    }
    let count = f64::from(seeds);
    for sum in &mut vertices {
        *sum /= count;
    }
    let mut communities = vec![0.0; partition.count()];
    for (&community, share) in partition.labels().iter().zip(&vertices) {
        communities[community as usize] += share / f64::from(partition.sizes()[community as usize]);
    }
    Some(Stability {
        vertices,
        communities,
        mutual_information: information / count,
        adjusted_rand: rand_sum / count,
    })
}

/// Adds to each vertex the Jaccard index of its communities in the two partitions.
fn add_jaccard(here: &Partition, there: &Partition, vertices: &mut [f64]) {
    let shared = overlaps(here, there);
    for (vertex, sum) in vertices.iter_mut().enumerate() {
        let (a, b) = (here.labels()[vertex], there.labels()[vertex]);
        let position = shared.binary_search_by(|overlap| (overlap.0, overlap.1).cmp(&(a, b)));
        let both = f64::from(shared[position.expect("the vertex itself is shared")].2);
        let either = f64::from(here.sizes()[a as usize]) + f64::from(there.sizes()[b as usize]) - both;
        *sum += both / either;
    }
}

/// One step of a sweep over resolutions.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepStep {
    /// The resolution.
    pub resolution: f64,
    /// The communities at this resolution.
    pub communities: DetectedCommunities,
    /// The normalised mutual information with the step before; 1 for the first. A high value over several
    /// steps shows a scale of the graph itself.
    pub similarity: f64,
}

/// Finds communities at each resolution in turn; returns `None` if the computation was cancelled.
pub fn sweep(
    weighted_graph: &WeightedGraph,
    config: &DetectionConfig,
    resolutions: &[f64],
    progress: &Progress,
) -> Option<Vec<SweepStep>> {
    let mut steps: Vec<SweepStep> = Vec::new();
    for &resolution in resolutions {
        let communities = find(weighted_graph, &DetectionConfig { resolution, ..config.clone() }, progress)?;
        let similarity = steps.last().map_or(1.0, |before| {
            mutual_information(before.communities.partition(), communities.partition())
        });
        steps.push(SweepStep { resolution, communities, similarity });
    }
    Some(steps)
}
