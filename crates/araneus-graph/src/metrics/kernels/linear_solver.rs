//! Linear solvers: conjugate gradients for `D x - f A x = b` with a symmetrical A.
//!
//! Hestenes and Stiefel 1952; Saad 2003, Iterative Methods for Sparse Linear Systems, section 9.2. D is a
//! positive diagonal that dominates f A, so that the system is positive definite. D is also the
//! preconditioner. Many small components need no more steps than one, because they share few eigenvalues.

use super::{dots, fill, fill_both};
use crate::progress::Progress;

/// A linear system, and when to stop.
pub(in crate::metrics) struct LinearSystem<'a, P: Fn(&[f64], usize, &mut [f64]) + Sync> {
    /// The diagonal D.
    pub(in crate::metrics) diagonal: &'a [f64],
    /// Writes the products of rows of `f A` with a vector, from a given row on.
    pub(in crate::metrics) pull: P,
    /// The largest allowed L1 norm of the residual, as a share of `before` and the solution's `sum of d x`
    /// together.
    pub(in crate::metrics) residual: f64,
    /// The `sum of d x` of the vector to which the solution will be added.
    pub(in crate::metrics) before: f64,
    pub(in crate::metrics) steps_max: usize,
}

/// Solves for the right side `b`; returns `None` if the computation was cancelled.
///
/// The residual may be larger than asked for if the steps are too few: callers check it.
pub(in crate::metrics) fn conjugate_gradients<P: Fn(&[f64], usize, &mut [f64]) + Sync>(
    system: &LinearSystem<'_, P>,
    right_side: Vec<f64>,
    progress: &Progress,
) -> Option<Vec<f64>> {
    let diagonal = system.diagonal;
    let mut residual = right_side;
    let mut direction: Vec<f64> = residual.iter().zip(diagonal).map(|(residual, d)| residual / d).collect();
    let [mut energy] = dots(&residual, [&direction]);
    let mut solution = vec![0.0; residual.len()];
    let mut product = vec![0.0; residual.len()];
    for _ in 0..system.steps_max {
        if !progress.advance(1) {
            return None;
        }
        if energy == 0.0 {
            break;
        }
        let [curvature] = fill(&mut product, |first, product| {
            (system.pull)(&direction, first, product);
            let mut curvature = 0.0;
            for (vertex, product) in (first..).zip(product) {
                *product = diagonal[vertex] * direction[vertex] - *product;
                curvature += *product * direction[vertex];
            }
            [curvature]
        });
        let length = energy / curvature;
        let [next, residual_sum, solution_sum] =
            fill_both(&mut solution, &mut residual, |first, solution, residual| {
                let [mut next, mut residual_sum, mut solution_sum] = [0.0; 3];
                for (vertex, (value, residual)) in (first..).zip(solution.iter_mut().zip(residual)) {
                    *value += length * direction[vertex];
                    *residual -= length * product[vertex];
                    next += *residual * *residual / diagonal[vertex];
                    residual_sum += residual.abs();
                    solution_sum += *value * diagonal[vertex];
                }
                [next, residual_sum, solution_sum]
            });
        if residual_sum <= system.residual * (system.before + solution_sum) {
            break;
        }
        let factor = next / energy;
        energy = next;
        fill(&mut direction, |first, direction| {
            for (vertex, direction) in (first..).zip(direction) {
                *direction = residual[vertex] / diagonal[vertex] + factor * *direction;
            }
            []
        });
    }
    Some(solution)
}

/// Solves as [`conjugate_gradients`] does, for any A: Bi-CGSTAB (van der Vorst 1992; Saad 2003, section
/// 7.4.2). The rows are divided by D first.
pub(in crate::metrics) fn bicgstab<P: Fn(&[f64], usize, &mut [f64]) + Sync>(
    system: &LinearSystem<'_, P>,
    right_side: Vec<f64>,
    progress: &Progress,
) -> Option<Vec<f64>> {
    let diagonal = system.diagonal;
    let step = |from: &[f64], to: &mut [f64], with: &[f64]| {
        fill(to, |first, to| {
            (system.pull)(from, first, to);
            let [mut cross, mut square] = [0.0; 2];
            for (vertex, to) in (first..).zip(to) {
                *to = from[vertex] - *to / diagonal[vertex];
                cross += *to * with[vertex];
                square += *to * *to;
            }
            [cross, square]
        })
    };
    let mut residual = right_side;
    residual.iter_mut().zip(diagonal).for_each(|(residual, d)| *residual /= d);
    let shadow = residual.clone();
    let mut direction = residual.clone();
    let mut solution = vec![0.0; residual.len()];
    let (mut product, mut second_product) = (solution.clone(), solution.clone());
    let [mut energy] = dots(&residual, [&shadow]);
    for _ in 0..system.steps_max {
        if !progress.advance(1) {
            return None;
        }
        let [curvature, _] = step(&direction, &mut product, &shadow);
        let length = energy / curvature;
        // Zero over zero ends the loop, and so does a breakdown; the solution so far is still a good start.
        if !length.is_finite() || length == 0.0 {
            break;
        }
        fill(&mut residual, |first, residual| {
            for (vertex, residual) in (first..).zip(residual) {
                *residual -= length * product[vertex];
            }
            []
        });
        let [cross, square] = step(&residual, &mut second_product, &residual);
        let smooth = if square > 0.0 { cross / square } else { 0.0 };
        let [next, residual_sum, solution_sum] =
            fill_both(&mut solution, &mut residual, |first, solution, residual| {
                let [mut next, mut residual_sum, mut solution_sum] = [0.0; 3];
                for (vertex, (value, residual)) in (first..).zip(solution.iter_mut().zip(residual)) {
                    *value += length * direction[vertex] + smooth * *residual;
                    *residual -= smooth * second_product[vertex];
                    next += *residual * shadow[vertex];
                    residual_sum += residual.abs() * diagonal[vertex];
                    solution_sum += *value * diagonal[vertex];
                }
                [next, residual_sum, solution_sum]
            });
        let factor = (next / energy) * (length / smooth);
        energy = next;
        if residual_sum <= system.residual * (system.before + solution_sum) || !factor.is_finite() {
            break;
        }
        fill(&mut direction, |first, direction| {
            for (vertex, direction) in (first..).zip(direction) {
                *direction = residual[vertex] + factor * (*direction - smooth * product[vertex]);
            }
            []
        });
    }
    Some(solution)
}
