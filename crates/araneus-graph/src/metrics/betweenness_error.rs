//! How far from the exact betweenness the sampled one may be.

use super::Metric;
use super::betweenness_sampled::READS;

pub(super) const METRIC: Metric = Metric {
    name: "betweenness_error",
    about: "With chance 0.9 no betweenness_sampled is off by more than this; at most 0.005 of all pairs, unless that would follow more than 1e10 links.",
    unit: "pairs, from 0",
    source: "Maurer and Pontil 2009, Empirical Bernstein bounds and sample-variance penalization, theorem 4",
    reads: READS,
    measure: |shared, watch| Some(shared.sampled(watch)?.errors.clone()),
};
