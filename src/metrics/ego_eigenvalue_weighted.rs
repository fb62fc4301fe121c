//! About how large the greatest eigenvalue of a vertex's neighbourhood is: whether one link, or all, carry its weight.
//!
//! `OddBall` compares the greatest eigenvalue of the weighted adjacency of a vertex and its
//! neighbours with their whole weight: equal when one heavy pair dominates. Power steps on each
//! neighbourhood would cost the sum of squared degrees; here the eigenvalue is sought among
//! mixtures of two vectors only (a Rayleigh-Ritz value), the vertex itself and its neighbours,
//! taken by their ties z and, again, all alike; the greater counts. By ties: with `a = |z|` and `b = sum of
//! z(j) * w(j, q) * z(q) / a^2` it is `(b + sqrt(b^2 + 4 a^2)) / 2`. Never above the true eigenvalue, equal to
//! it in weighted stars and even cliques; far below it where one heavy tie among many neighbours rules.

use crate::graph::Ties;

use super::{Metric, Reads, ego_weight_weighted};

pub(super) const METRIC: Metric = Metric {
    name: "ego_eigenvalue_weighted",
    about: "The greatest eigenvalue of the weighted links among this vertex and its neighbours, estimated from below.",
    unit: "weight, from 0",
    source: "Akoglu, McGlohon and Faloutsos 2010, OddBall: spotting anomalies in weighted graphs (lambda)",
    reads: Reads {
        direction: "Links have no direction: the undirected simple graph is read.",
        weights: "Weights of both directions are added; a graph without weights has 1 a link.",
        dead_ends: "In an undirected graph a vertex without links has 0.",
        self_links: "Self-links are left out.",
        disconnected: "Each vertex is counted by itself, whatever part it stands in.",
    },
    measure: |shape, watch| {
        let ties = Ties::weighted(shape.simple(), shape.simple_weights());
        let around = ties.sum(
            |_, strength| strength,
            |tie| {
                let sum: f64 = tie.walk().map(|(mark, strength)| mark * strength).sum();
                (tie.strength * sum, tie.strength * sum)
            },
            |steps| watch.step(steps),
        )?;
        let weights = ego_weight_weighted::measure(&ties, watch)?;
        let eigenvalue = |vertex: u32| {
            let row = ties.row(vertex);
            let (square, sum) = row.iter().fold((0.0, 0.0), |(square, sum), z| (square + z * z, sum + z));
            if square == 0.0 {
                return 0.0;
            }
            let count = row.len() as f64;
            let by_ties = ritz(square, around[vertex as usize] / square);
            by_ties.max(ritz(sum * sum / count, 2.0 * (weights[vertex as usize] - sum) / count))
        };
        Some(ties.graph().vertices().map(eigenvalue).collect())
    },
};

/// The greater eigenvalue of `[[0, a], [a, b]]`.
fn ritz(a_squared: f64, b: f64) -> f64 {
    f64::midpoint(b, (b * b + 4.0 * a_squared).sqrt())
}
