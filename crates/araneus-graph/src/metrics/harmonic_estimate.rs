//! The harmonic centrality, estimated in near linear time.
//!
//! `HyperBall`: see [`crate::graph`], balls. The size of a ball has a relative standard error of 6.5 %,
//! but that of radius 1, which is exact; errors of several radii partly cancel.

use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "harmonic_estimate",
    about: "As harmonic, estimated: the sizes of balls behind it have a relative standard error of 6.5 %.",
    unit: "1 / links, from 0",
    source: "Boldi and Vigna 2013, In-core computation of geometric centralities with HyperBall",
    reads: Reads::INWARD,
    measure: |shared, watch| Some(shared.estimated(watch)?.iter().map(|reach| reach.near).collect()),
};
