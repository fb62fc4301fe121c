//! How much weight the links among a vertex and its neighbours carry together.

use crate::graph::Ties;
use crate::progress::Watch;

use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "ego_weight_weighted",
    about: "The weight of all links that join this vertex and its neighbours with each other.",
    unit: "weight, from 0",
    source: "Akoglu, McGlohon and Faloutsos 2010, OddBall: spotting anomalies in weighted graphs (W)",
    reads: Reads {
        weights: "Weights of both directions are added; a graph without weights has 1 a link.",
        ..Reads::SIMPLE
    },
    measure: |shared, watch| measure(&Ties::weighted(shared.shape), watch),
};

pub(super) fn measure(ties: &Ties, watch: &Watch) -> Option<Vec<f64>> {
    let twice = ties.sum(
        |_, strength| (1.0, strength),
        |tie| {
            let (mut to_marked, mut to_walked) = (0.0, 0.0);
            for ((is_marked, mark), strength) in tie.walk() {
                to_marked += is_marked * strength;
                to_walked += mark;
            }
            (to_marked, to_walked)
        },
        |steps| watch.step(steps),
    )?;
    let own = |vertex: u32| ties.row(vertex).iter().sum::<f64>() + 0.0;
    // A link between two neighbours was met from each of them.
    Some(ties.graph().vertices().zip(twice).map(|(vertex, twice)| own(vertex) + twice / 2.0).collect())
}
