//! The closeness, estimated in near linear time.
//!
//! `HyperBall`: see [`crate::graph`], balls. The size of a ball has a relative standard error of 6.5 %,
//! but that of radius 1, which is exact.

use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "closeness_estimate",
    about: "As closeness, estimated: the sizes of balls behind it have a relative standard error of 6.5 %.",
    unit: "1 / links, in 0..=1",
    source: "Boldi and Vigna 2013, In-core computation of geometric centralities with HyperBall",
    reads: Reads {
        disconnected: "Only those who reach this vertex count, scaled by their share; 0 if none do.",
        ..Reads::INWARD
    },
    measure: |shared, watch| {
        let others = shared.shape.graph().vertex_count().saturating_sub(1) as f64;
        Some(shared.estimated(watch)?.iter().map(|reach| reach.closeness(others)).collect())
    },
};
