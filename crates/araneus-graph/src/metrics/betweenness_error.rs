//! The error bound of the sampled betweenness.

use super::betweenness_sampled::READS;
use super::metric::Metric;

pub(super) const METRIC: Metric = Metric {
    name: "betweenness_error",
    about: "Error bound of betweenness_sampled; with probability 0.9 it holds for all vertices. At most 0.005 of all pairs, unless that would need more than 1e10 links to be followed.",
    unit: "pairs, from 0",
    source: "Maurer and Pontil 2009, Empirical Bernstein bounds and sample-variance penalization, theorem 4",
    reads: READS,
    measure: |shared, progress| Some(shared.sampled(progress)?.errors.clone()),
};
