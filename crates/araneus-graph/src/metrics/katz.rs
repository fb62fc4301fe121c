//! How many ways lead to a vertex, longer ones counting less.
//!
//! Katz 1953: `x(v) = 1 + a * (sum of x(u) over links u -> v)`: each way of k links counts
//! a^k. Here a is 1 over the most incoming links of any vertex and one more, the
//! choice of networkit, with which the sum is always finite.

use crate::graph::Shape;
use crate::progress::Watch;

use super::steps::solve::{System, conjugate, stabilised};
use super::steps::{fill, norm};
use super::{Metric, Reads, unknown};

pub(super) const METRIC: Metric = Metric {
    name: "katz",
    about: "How many ways along links lead here, each further link counting a = 1 / (1 + most incoming links) times; null if the sum cannot be found.",
    unit: "Euclidean norm 1, positive",
    source: "Katz 1953, A new status index derived from sociometric analysis",
    reads: Reads {
        direction: "Ways are followed inward: along the links, from others to this vertex.",
        weights: "Weights are ignored.",
        dead_ends: "A dead end is where ways end, like any other vertex.",
        self_links: "A self-link is a way of one link from a vertex to itself.",
        disconnected: "A vertex that nobody reaches has the least value, that of the empty way.",
    },
    measure: |shared, watch| measure(shared.shape, watch),
};

/// The residual, as a share of the sum of values.
const RESIDUAL: f64 = 1e-13;
const STEPS_MAX: usize = 2_000;
/// A solver that breaks down is started again on what it left, after a plain step.
const ROUNDS_MAX: usize = 50;

fn measure(shape: &Shape, watch: &Watch) -> Option<Vec<f64>> {
    let graph = shape.graph();
    let most = graph.vertices().map(|vertex| graph.incoming(vertex).len()).max().unwrap_or(0);
    let factor = 1.0 / (1.0 + most as f64);
    let rows = graph.ordered();
    let ones = vec![1.0; graph.vertex_count()];
    let pull = |values: &[f64], first, out: &mut [f64]| {
        rows.pull(values, None, first, out);
        for out in out {
            *out *= factor;
        }
    };
    let mut values = ones.clone();
    let mut rest = vec![0.0; values.len()];
    for _ in 0..ROUNDS_MAX {
        let [left, sum] = fill(&mut rest, |first, rest| {
            pull(&values, first, rest);
            let [mut left, mut sum] = [0.0; 2];
            for (place, rest) in (first..).zip(rest) {
                *rest = 1.0 + *rest - values[place];
                left += rest.abs();
                sum += values[place];
            }
            [left, sum]
        });
        if !watch.step(1) {
            return None;
        }
        if left <= RESIDUAL * sum {
            let norm = norm(&values);
            for value in &mut values {
                *value /= norm;
            }
            return Some(rows.restored(&values));
        }
        // The plain step: what is left, added. Then what is left after it is solved for.
        fill(&mut values, |first, values| {
            values.iter_mut().zip(&rest[first..]).for_each(|(value, rest)| *value += rest);
            []
        });
        let mut right = vec![0.0; rest.len()];
        fill(&mut right, |first, right| {
            pull(&rest, first, right);
            []
        });
        let system =
            System { diagonal: &ones, pull, residual: RESIDUAL / 4.0, before: sum, steps_max: STEPS_MAX };
        let found = if graph.is_directed() {
            stabilised(&system, right, watch)?
        } else {
            conjugate(&system, right, watch)?
        };
        fill(&mut values, |first, values| {
            values.iter_mut().zip(&found[first..]).for_each(|(value, found)| *value += found);
            []
        });
    }
    Some(unknown(graph))
}
