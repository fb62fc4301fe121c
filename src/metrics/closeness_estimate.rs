//! The closeness, estimated in near linear time.
//!
//! `HyperBall`: see [`crate::graph`], balls. The size of a ball has a relative standard error of 6.5 %,
//! but that of radius 1, which is exact.

use crate::graph::fold_balls;

use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "closeness_estimate",
    about: "As closeness, estimated: the sizes of balls behind it have a relative standard error of 6.5 %.",
    unit: "1 / links, in 0..=1",
    source: "Boldi and Vigna 2013, In-core computation of geometric centralities with HyperBall",
    reads: Reads {
        direction: "Distances are measured inward: along the links, from others to this vertex.",
        weights: "Weights are ignored.",
        dead_ends: "A dead end can be reached like any other vertex.",
        self_links: "Self-links are on no shortest path.",
        disconnected: "Only those who reach this vertex count, scaled by their share; 0 if none do.",
    },
    measure: |shape, watch| {
        let graph = shape.graph();
        let add = |(reached, sum): &mut (f64, f64), distance: u32, count: f64| {
            *reached += count;
            *sum += f64::from(distance) * count;
        };
        let others = graph.vertex_count().saturating_sub(1) as f64;
        let runs = fold_balls(graph, &(0.0, 0.0), add, watch)?;
        let closeness = |vertex: u32| {
            let add = |(reached, sum): (f64, f64), run: &Vec<(f64, f64)>| {
                let (more, far) = run[vertex as usize];
                (reached + more / runs.len() as f64, sum + far / runs.len() as f64)
            };
            let (reached, sum) = runs.iter().fold((0.0, 0.0), add);
            if sum == 0.0 { 0.0 } else { (reached / sum) * (reached.min(others) / others) }
        };
        Some(graph.vertices().map(closeness).collect())
    },
};
