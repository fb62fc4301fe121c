//! The harmonic centrality, estimated in near linear time.
//!
//! `HyperBall`: see [`crate::graph`], balls. The size of a ball has a relative standard error of 6.5 %,
//! but that of radius 1, which is exact; errors of several radii partly cancel.

use crate::graph::fold_balls;

use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "harmonic_estimate",
    about: "As harmonic, estimated: the sizes of balls behind it have a relative standard error of 6.5 %.",
    unit: "1 / links, from 0",
    source: "Boldi and Vigna 2013, In-core computation of geometric centralities with HyperBall",
    reads: Reads {
        direction: "Distances are measured inward: along the links, from others to this vertex.",
        weights: "Weights are ignored.",
        dead_ends: "A dead end can be reached like any other vertex.",
        self_links: "Self-links are on no shortest path.",
        disconnected: "Vertices that cannot reach this one add 0.",
    },
    measure: |shape, watch| {
        let add = |sum: &mut f64, distance: u32, count: f64| *sum += count / f64::from(distance);
        let runs = fold_balls(shape.graph(), &0.0, add, watch)?;
        let mean = |vertex: u32| runs.iter().map(|run| run[vertex as usize]).sum::<f64>() / runs.len() as f64;
        Some(shape.graph().vertices().map(mean).collect())
    },
};
