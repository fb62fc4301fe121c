//! Closeness, estimated in almost linear time by `HyperBall`.
//!
//! The size of a ball has a relative standard error of 6.5 %, except the ball of radius 1, which is exact.

use super::metric::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "closeness_estimate",
    about: "Closeness, estimated; the sizes of balls have a relative standard error of 6.5 %.",
    unit: "1 / links, in 0..=1",
    source: "Boldi and Vigna 2013, In-core computation of geometric centralities with HyperBall",
    reads: Reads {
        disconnected: "Only vertices that reach this one count, scaled by their share; 0 if there are none.",
        ..Reads::INWARD
    },
    measure: |shared, progress| {
        let others = shared.weighted_graph.graph().vertex_count().saturating_sub(1) as f64;
        Some(shared.estimated(progress)?.iter().map(|distances| distances.closeness(others)).collect())
    },
};
