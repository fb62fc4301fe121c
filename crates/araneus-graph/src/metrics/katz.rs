//! Katz centrality: the number of walks that end at a vertex, where longer walks count less.
//!
//! Katz 1953: `x(v) = 1 + alpha * (sum of x(u) over links u -> v)`, so a walk of k links counts alpha^k. By
//! default alpha is 1 / (1 + largest in-degree), as in networkit, which keeps the sum finite.

use crate::graph::Graph;
use crate::progress::Progress;

use super::kernels::linear_solver::{LinearSystem, bicgstab, conjugate_gradients};
use super::kernels::{fill, norm};
use super::metric::{Metric, Reads, unknown};

pub(super) const METRIC: Metric = Metric {
    name: "katz",
    about: "Number of walks along links that end here; each further link multiplies a walk's count by 1 / (1 + largest in-degree). Null if the sum is not found.",
    unit: "Euclidean norm 1, positive",
    source: "Katz 1953, A new status index derived from sociometric analysis",
    reads: Reads {
        direction: "Walks are followed inward: along the links, from other vertices to this one.",
        weights: "Weights are ignored.",
        dead_ends: "Walks end at a dead end as at any other vertex.",
        self_links: "A self-link is a walk of one link from a vertex to itself.",
        disconnected: "A vertex that no other vertex reaches has the lowest value, that of the empty walk.",
    },
    measure: |shared, progress| katz(shared.weighted_graph.graph(), &KatzParameters::default(), progress),
};

/// Parameters of Katz centrality.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KatzParameters {
    /// The factor of each further link of a walk, positive; by default 1 / (1 + largest in-degree).
    ///
    /// It must be below 1 / (largest eigenvalue of the adjacency matrix). Otherwise the sum over walks is
    /// infinite and all values are NaN.
    pub alpha: Option<f64>,
    /// The largest residual, as a share of the sum of all values; 1e-13 by default.
    pub tolerance: f64,
}

impl Default for KatzParameters {
    fn default() -> Self {
        Self { alpha: None, tolerance: 1e-13 }
    }
}

const STEPS_MAX: usize = 2_000;
/// A solver that breaks down is restarted on its remaining residual, after a plain step.
const ROUNDS_MAX: usize = 50;

/// Returns the Katz centrality of each vertex, with Euclidean norm 1; NaN if the sum over walks is not found.
///
/// Returns `None` if the computation was cancelled.
///
/// # Panics
/// If `alpha` is not positive.
///
/// ```
/// use araneus_graph::graph::Graph;
/// use araneus_graph::metrics::{KatzParameters, katz};
/// use araneus_graph::progress::Progress;
///
/// let (chain, _) = Graph::build(3, true, &[(0, 1), (1, 2)], None);
/// let parameters = KatzParameters { alpha: Some(0.5), ..KatzParameters::default() };
/// let values = katz(&chain, &parameters, &Progress::silent()).expect("it is not cancelled");
/// // One walk of no link, and one more for each vertex before: 1, 1.5 and 1.75, scaled to norm 1.
/// assert!((values[1] / values[0] - 1.5).abs() < 1e-12);
/// assert!((values[2] / values[0] - 1.75).abs() < 1e-12);
/// ```
pub fn katz(graph: &Graph, parameters: &KatzParameters, progress: &Progress) -> Option<Vec<f64>> {
    let largest_in_degree = graph.vertices().map(|vertex| graph.incoming(vertex).len()).max().unwrap_or(0);
    let alpha = parameters.alpha.unwrap_or(1.0 / (1.0 + largest_in_degree as f64));
    assert!(alpha > 0.0, "alpha is positive");
    let rows = graph.ordered();
    let ones = vec![1.0; graph.vertex_count()];
    let pull = |values: &[f64], first, out: &mut [f64]| {
        rows.pull(values, None, first, out);
        for out in out {
            *out *= alpha;
        }
    };
    let mut values = ones.clone();
    let mut residual = vec![0.0; values.len()];
    for _ in 0..ROUNDS_MAX {
        let [residual_sum, sum] = fill(&mut residual, |first, residual| {
            pull(&values, first, residual);
            let [mut residual_sum, mut sum] = [0.0; 2];
            for (position, residual) in (first..).zip(residual) {
                *residual = 1.0 + *residual - values[position];
                residual_sum += residual.abs();
                sum += values[position];
            }
            [residual_sum, sum]
        });
        if !progress.advance(1) {
            return None;
        }
        if residual_sum <= parameters.tolerance * sum {
            // If alpha is too large the system has a solution, but not a positive one (Berman and Plemmons
            // 1994).
            if values.iter().any(|value| *value < 0.0) {
                break;
            }
            let norm = norm(&values);
            for value in &mut values {
                *value /= norm;
            }
            return Some(rows.restored(&values));
        }
        // The plain step adds the residual. Then the system is solved for the residual after this step.
        fill(&mut values, |first, values| {
            values.iter_mut().zip(&residual[first..]).for_each(|(value, residual)| *value += residual);
            []
        });
        let mut right = vec![0.0; residual.len()];
        fill(&mut right, |first, right| {
            pull(&residual, first, right);
            []
        });
        let system = LinearSystem {
            diagonal: &ones,
            pull,
            residual: parameters.tolerance / 4.0,
            before: sum,
            steps_max: STEPS_MAX,
        };
        let correction = if graph.is_directed() {
            bicgstab(&system, right, progress)?
        } else {
            conjugate_gradients(&system, right, progress)?
        };
        fill(&mut values, |first, values| {
            values.iter_mut().zip(&correction[first..]).for_each(|(value, correction)| *value += correction);
            []
        });
    }
    Some(unknown(graph))
}
