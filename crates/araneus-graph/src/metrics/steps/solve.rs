//! Conjugate gradients: the solution of `D x - f A x = b` for a symmetrical A.
//!
//! Hestenes and Stiefel 1952; Saad 2003, Iterative Methods for Sparse Linear Systems,
//! section 9.2. D is a positive diagonal that outweighs f A, so that the system is
//! positive definite; D is also what the residual is divided by. Many small parts of
//! a graph cost no more steps than one, since they share few eigenvalues.

use super::{dots, fill, fill_both};
use crate::progress::Watch;

/// How to solve, and when to end.
pub(in crate::metrics) struct System<'a, P: Fn(&[f64], usize, &mut [f64]) + Sync> {
    /// The diagonal D.
    pub(in crate::metrics) diagonal: &'a [f64],
    /// Writes the products of rows of `f A` with a vector, from a row on.
    pub(in crate::metrics) pull: P,
    /// The residual may have this L1 norm, as a share of the solution's `sum of d x` and of what it is added to.
    pub(in crate::metrics) residual: f64,
    /// The `sum of d x` of what the solution will be added to.
    pub(in crate::metrics) before: f64,
    pub(in crate::metrics) steps_max: usize,
}

/// Solves for the right side `b`; `None` means that the watch said stop.
///
/// The residual is what rounding leaves if it cannot be reached in so many steps:
/// callers check what they get.
pub(in crate::metrics) fn conjugate<P: Fn(&[f64], usize, &mut [f64]) + Sync>(
    system: &System<'_, P>,
    right: Vec<f64>,
    watch: &Watch,
) -> Option<Vec<f64>> {
    let diagonal = system.diagonal;
    let mut residual = right;
    let mut way: Vec<f64> = residual.iter().zip(diagonal).map(|(residual, d)| residual / d).collect();
    let [mut energy] = dots(&residual, [&way]);
    let mut solution = vec![0.0; residual.len()];
    let mut pushed = vec![0.0; residual.len()];
    for _ in 0..system.steps_max {
        if !watch.step(1) {
            return None;
        }
        if energy == 0.0 {
            break;
        }
        let [bend] = fill(&mut pushed, |first, pushed| {
            (system.pull)(&way, first, pushed);
            let mut bend = 0.0;
            for (vertex, pushed) in (first..).zip(pushed) {
                *pushed = diagonal[vertex] * way[vertex] - *pushed;
                bend += *pushed * way[vertex];
            }
            [bend]
        });
        let length = energy / bend;
        let [next, left, reached] = fill_both(&mut solution, &mut residual, |first, solution, residual| {
            let [mut next, mut left, mut reached] = [0.0; 3];
            for (vertex, (value, residual)) in (first..).zip(solution.iter_mut().zip(residual)) {
                *value += length * way[vertex];
                *residual -= length * pushed[vertex];
                next += *residual * *residual / diagonal[vertex];
                left += residual.abs();
                reached += *value * diagonal[vertex];
            }
            [next, left, reached]
        });
        if left <= system.residual * (system.before + reached) {
            break;
        }
        let turn = next / energy;
        energy = next;
        fill(&mut way, |first, way| {
            for (vertex, way) in (first..).zip(way) {
                *way = residual[vertex] / diagonal[vertex] + turn * *way;
            }
            []
        });
    }
    Some(solution)
}

/// As [`conjugate`], where A need not be symmetrical: van der Vorst 1992, Bi-CGSTAB;
/// Saad 2003, section 7.4.2. The rows are divided by D first.
pub(in crate::metrics) fn stabilised<P: Fn(&[f64], usize, &mut [f64]) + Sync>(
    system: &System<'_, P>,
    right: Vec<f64>,
    watch: &Watch,
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
    let mut residual = right;
    residual.iter_mut().zip(diagonal).for_each(|(residual, d)| *residual /= d);
    let shadow = residual.clone();
    let mut way = residual.clone();
    let mut solution = vec![0.0; residual.len()];
    let (mut pushed, mut turned) = (solution.clone(), solution.clone());
    let [mut energy] = dots(&residual, [&shadow]);
    for _ in 0..system.steps_max {
        if !watch.step(1) {
            return None;
        }
        let [bend, _] = step(&way, &mut pushed, &shadow);
        let length = energy / bend;
        // Zero over zero ends it, as does a breakdown; what there is by then is a start for others.
        if !length.is_finite() || length == 0.0 {
            break;
        }
        fill(&mut residual, |first, residual| {
            for (vertex, residual) in (first..).zip(residual) {
                *residual -= length * pushed[vertex];
            }
            []
        });
        let [cross, square] = step(&residual, &mut turned, &residual);
        let smooth = if square > 0.0 { cross / square } else { 0.0 };
        let [next, left, reached] = fill_both(&mut solution, &mut residual, |first, solution, residual| {
            let [mut next, mut left, mut reached] = [0.0; 3];
            for (vertex, (value, residual)) in (first..).zip(solution.iter_mut().zip(residual)) {
                *value += length * way[vertex] + smooth * *residual;
                *residual -= smooth * turned[vertex];
                next += *residual * shadow[vertex];
                left += residual.abs() * diagonal[vertex];
                reached += *value * diagonal[vertex];
            }
            [next, left, reached]
        });
        let turn = (next / energy) * (length / smooth);
        energy = next;
        if left <= system.residual * (system.before + reached) || !turn.is_finite() {
            break;
        }
        fill(&mut way, |first, way| {
            for (vertex, way) in (first..).zip(way) {
                *way = residual[vertex] + turn * (*way - smooth * pushed[vertex]);
            }
            []
        });
    }
    Some(solution)
}
