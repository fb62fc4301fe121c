//! The total weight of the links in the ego network of a vertex.

use crate::graph::EdgeStrengths;
use crate::progress::Progress;

use super::metric::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "ego_weight_weighted",
    about: "Total weight of the links among this vertex and its neighbours.",
    unit: "weight, from 0",
    source: "Akoglu, McGlohon and Faloutsos 2010, OddBall: spotting anomalies in weighted graphs (W)",
    reads: Reads {
        weights: "Weights of both directions are added; in a graph without weights each link has 1.",
        ..Reads::SIMPLE
    },
    measure: |shared, progress| measure(&EdgeStrengths::weighted(shared.weighted_graph), progress),
};

pub(super) fn measure(strengths: &EdgeStrengths, progress: &Progress) -> Option<Vec<f64>> {
    let twice = strengths.sum(
        |_, strength| (1.0, strength),
        |edge| {
            let (mut to_marked, mut to_walked) = (0.0, 0.0);
            for ((is_marked, mark), strength) in edge.walk() {
                to_marked += is_marked * strength;
                to_walked += mark;
            }
            (to_marked, to_walked)
        },
        |steps| progress.advance(steps),
    )?;
    let adjacent_weight = |vertex: u32| strengths.row(vertex).iter().sum::<f64>() + 0.0;
    // A link between two neighbours was counted from each of them.
    Some(
        strengths
            .graph()
            .vertices()
            .zip(twice)
            .map(|(vertex, twice)| adjacent_weight(vertex) + twice / 2.0)
            .collect(),
    )
}
