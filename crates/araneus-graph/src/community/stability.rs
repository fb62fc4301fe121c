//! How far communities depend on chance: the same search with other seeds, and who stays together.
//!
//! A community found again is one whose members stand together there too; how far is
//! said by the Jaccard index of the two sets of members (Hennig 2007, "Cluster-wise
//! assessment of cluster stability"). Methods without seeds are stable by definition.

use super::similarity::{adjusted_rand, mutual_information, overlaps};
use super::{Config, Found, Partition, find};
use crate::graph::Shape;
use crate::progress::Watch;

/// How well a partition stands up to other seeds.
#[derive(Debug, Clone, PartialEq)]
pub struct Stability {
    /// For each vertex the mean, over the seeds, of how alike its community there and here are, in 0..=1.
    pub of: Vec<f64>,
    /// For each community the mean of its vertices.
    pub companies: Vec<f64>,
    /// The mean normalised mutual information between the partition and those of the seeds.
    pub mutual_information: f64,
    /// The mean adjusted Rand index between the partition and those of the seeds.
    pub adjusted_rand: f64,
}

/// Repeats a search with the `seeds` seeds after its own; `None` means that the watch said stop.
///
/// # Panics
/// If `seeds` is 0, or if `partition` is not one of this shape.
pub fn stability(
    shape: &Shape,
    config: &Config,
    partition: &Partition,
    seeds: u32,
    watch: &Watch,
) -> Option<Stability> {
    assert!(seeds > 0, "stability is measured with at least one other seed");
    let mut of = vec![0.0; partition.of().len()];
    let (mut information, mut rand) = (0.0, 0.0);
    for seed in 1..=u64::from(seeds) {
        let again = Config { seed: config.seed.wrapping_add(seed), ..config.clone() };
        let found = find(shape, &again, watch)?;
        add_likeness(partition, found.partition(), &mut of);
        information += mutual_information(partition, found.partition());
        rand += adjusted_rand(partition, found.partition());
    }
    let count = f64::from(seeds);
    for sum in &mut of {
        *sum /= count;
    }
    let mut companies = vec![0.0; partition.count()];
    for (&community, share) in partition.of().iter().zip(&of) {
        companies[community as usize] += share / f64::from(partition.sizes()[community as usize]);
    }
    Some(Stability { of, companies, mutual_information: information / count, adjusted_rand: rand / count })
}

/// Adds to each vertex the Jaccard index of its communities in the two partitions.
fn add_likeness(here: &Partition, there: &Partition, of: &mut [f64]) {
    let shared = overlaps(here, there);
    for (vertex, sum) in of.iter_mut().enumerate() {
        let (a, b) = (here.of()[vertex], there.of()[vertex]);
        let place = shared.binary_search_by(|overlap| (overlap.0, overlap.1).cmp(&(a, b)));
        let both = f64::from(shared[place.expect("the vertex itself is shared")].2);
        let either = f64::from(here.sizes()[a as usize]) + f64::from(there.sizes()[b as usize]) - both;
        *sum += both / either;
    }
}

/// One step of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Swept {
    /// The resolution.
    pub resolution: f64,
    /// What was found there.
    pub found: Found,
    /// The normalised mutual information with the step before; 1 for the first. High over several steps: a scale the graph itself has.
    pub likeness: f64,
}

/// Searches at each resolution in turn; `None` means that the watch said stop.
pub fn sweep(shape: &Shape, config: &Config, resolutions: &[f64], watch: &Watch) -> Option<Vec<Swept>> {
    let mut steps: Vec<Swept> = Vec::new();
    for &resolution in resolutions {
        let found = find(shape, &Config { resolution, ..config.clone() }, watch)?;
        let likeness = steps
            .last()
            .map_or(1.0, |before| mutual_information(before.found.partition(), found.partition()));
        steps.push(Swept { resolution, found, likeness });
    }
    Some(steps)
}
