//! How far from the exact betweenness the sampled one may be.

use super::Metric;
use super::betweenness_sampled::{DELTA, EPSILON, READS, SEED, betweenness_within};

pub(super) const METRIC: Metric = Metric {
    name: "betweenness_error",
    about: "With chance 0.9 no betweenness_sampled is off by more than this; never above 0.005 of all pairs.",
    unit: "pairs, from 0",
    source: "Maurer and Pontil 2009, Empirical Bernstein bounds and sample-variance penalization, theorem 4",
    reads: READS,
    measure: |shape, watch| {
        betweenness_within(shape.graph(), EPSILON, DELTA, SEED, watch).map(|sampled| sampled.errors)
    },
};
