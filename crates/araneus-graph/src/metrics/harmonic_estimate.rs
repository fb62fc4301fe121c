//! Harmonic centrality, estimated in almost linear time by `HyperBall`.
//!
//! The size of a ball has a relative standard error of 6.5 %, except the ball of radius 1, which is exact.
//! Errors of several radii partly cancel.

use super::metric::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "harmonic_estimate",
    about: "Harmonic centrality, estimated; the sizes of balls have a relative standard error of 6.5 %.",
    unit: "1 / links, from 0",
    source: "Boldi and Vigna 2013, In-core computation of geometric centralities with HyperBall",
    reads: Reads::INWARD,
    measure: |shared, progress| {
        Some(shared.estimated(progress)?.iter().map(|distances| distances.inverse_sum).collect())
    },
};
