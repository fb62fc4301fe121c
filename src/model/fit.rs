//! Fits weights to encoded rows: first L-BFGS of linfa, then damped Newton steps for the last digits.
//!
//! Minimises, over weights `w` and intercept `b` (which is not penalised),
//! `sum over rows of (ln(1 + exp(z)) - t z) + strength / 2 * |w|^2`, with `z = w.x + b` and target `t` in 0..=1.
//! `strength` is scikit-learn's `1 / C`: one over the variance of the prior on a weight of standardised values.
//!
//! A weight may have a sign: it is then at least 0, or at most 0. Newton's method then projects each step (Bertsekas
//! 1982, Projected Newton methods): a weight at its bound whose gradient points outwards stays out of the step.
//!
//! linfa-logistic 0.8.1 stops at an absolute size of the gradient, and returns the weights for the more frequent label.
//! Newton's method converges quadratically from there. It also converges alone, so a failed line search costs only
//! time. One fit runs on one thread, so the bits are equal for any number of threads.

use linfa::{DatasetBase, traits::Fit};
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2, ArrayView1, Axis, concatenate};

use super::scale::Sign;

/// Linear predictor of the logit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LinearPredictor {
    /// One weight for each column.
    pub(super) weights: Vec<f64>,
    /// Logit of a row of zeros.
    pub(super) intercept: f64,
}

const CHUNK_ROWS: usize = 4096;
const NEWTON_STEPS_MAX: usize = 50;
const HALVINGS_MAX: i32 = 40;
/// Longest last step; the next one would be about as long as its square, which is below rounding.
const STEP_MIN: f64 = 1e-7;

/// Returns the logit of a row.
pub(super) fn logit(predictor: &LinearPredictor, row: &[f64]) -> f64 {
    predictor.intercept
        + row.iter().zip(&predictor.weights).map(|(value, weight)| value * weight).sum::<f64>()
}

/// Returns `1 / (1 + exp(-z))` without overflow.
pub(super) fn sigmoid(z: f64) -> f64 {
    if z >= 0.0 { 1.0 / (1.0 + (-z).exp()) } else { z.exp() / (1.0 + z.exp()) }
}

/// Returns the logit of a share; shares are kept a millionth away from 0 and 1.
pub(super) fn log_odds(share: f64) -> f64 {
    let share = share.clamp(1e-6, 1.0 - 1e-6);
    (share / (1.0 - share)).ln()
}

/// Returns `ln(1 + exp(z)) - t z`: the log loss of target `t` at logit `z`.
pub(super) fn log_loss(z: f64, target: f64) -> f64 {
    z.max(0.0) + (-z.abs()).exp().ln_1p() - target * z
}

/// Fits by L-BFGS of linfa; returns zeros if it fails.
pub(super) fn fit_lbfgs(rows: &Array2<f64>, labels: &[bool], strength: f64) -> LinearPredictor {
    let zeros = LinearPredictor { weights: vec![0.0; rows.ncols()], intercept: 0.0 };
    // From this tolerance on, a few steps of Newton's method are faster.
    let tolerance = 1e-5 * rows.nrows() as f64;
    let dataset = DatasetBase::new(rows.view(), Array1::from(labels.to_vec()));
    let solver =
        LogisticRegression::default().alpha(strength).gradient_tolerance(tolerance).max_iterations(500);
    let Ok(fitted) = solver.fit(&dataset) else {
        return zeros;
    };
    let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
    let weights: Vec<f64> = fitted.params().iter().map(|weight| sign * weight).collect();
    let intercept = sign * fitted.intercept();
    let is_finite = intercept.is_finite() && weights.iter().all(|weight| weight.is_finite());
    if is_finite { LinearPredictor { weights, intercept } } else { zeros }
}

/// Refines a predictor by Newton's method, which halves a step until the loss falls. Targets are shares, 0 to 1.
/// `signs` has one entry for each column.
pub(super) fn refine_newton(
    rows: &Array2<f64>,
    targets: &[f64],
    strength: f64,
    signs: &[Sign],
    start: &LinearPredictor,
) -> LinearPredictor {
    // The intercept is the weight of a last column of ones.
    let rows = concatenate![Axis(1), *rows, Array2::ones((rows.nrows(), 1))];
    let problem = Problem { rows, targets, strength, signs };
    let mut weights: Array1<f64> = start.weights.iter().copied().chain([start.intercept]).collect();
    project(&mut weights, signs);
    let mut loss = total_loss(&problem, &weights);
    for _ in 0..NEWTON_STEPS_MAX {
        let step = newton_step(&problem, &weights);
        let moved_by = |share: f64| {
            let mut moved = &weights - &(&step * share);
            project(&mut moved, signs);
            moved
        };
        let whole = moved_by(1.0);
        if whole.iter().zip(&weights).all(|(after, before)| (after - before).abs() < STEP_MIN) {
            weights = whole;
            break;
        }
        let shorter = (0..HALVINGS_MAX).map(|halvings| moved_by(0.5_f64.powi(halvings)));
        let falling = shorter.map(|moved| (total_loss(&problem, &moved), moved)).find(|moved| moved.0 < loss);
        let Some(moved) = falling else { break };
        (loss, weights) = moved;
    }
    let mut weights = weights.to_vec();
    let intercept = weights.pop().expect("the intercept is the last weight");
    LinearPredictor { weights, intercept }
}

/// Moves each weight to the side that its sign allows.
fn project(weights: &mut Array1<f64>, signs: &[Sign]) {
    for (weight, sign) in weights.iter_mut().zip(signs) {
        *weight = sign.allowed(*weight);
    }
}

struct Problem<'a> {
    rows: Array2<f64>,
    targets: &'a [f64],
    strength: f64,
    signs: &'a [Sign],
}

fn total_loss(problem: &Problem<'_>, weights: &Array1<f64>) -> f64 {
    let squares = weights.iter().take(weights.len() - 1).map(|weight| weight * weight);
    let logits = problem.rows.dot(weights);
    let losses = logits.iter().zip(problem.targets).map(|(&logit, &target)| log_loss(logit, target));
    losses.sum::<f64>() + problem.strength / 2.0 * squares.sum::<f64>()
}

/// Solves `hessian * step = gradient` for the weights that may move.
fn newton_step(problem: &Problem<'_>, weights: &Array1<f64>) -> Array1<f64> {
    let width = weights.len();
    let mut gradient = weights * problem.strength;
    let mut hessian = Array2::from_diag_elem(width, problem.strength);
    gradient[width - 1] = 0.0;
    hessian[[width - 1, width - 1]] = 0.0;
    for (rows, targets) in
        problem.rows.axis_chunks_iter(Axis(0), CHUNK_ROWS).zip(problem.targets.chunks(CHUNK_ROWS))
    {
        let shares = rows.dot(weights).mapv_into(sigmoid);
        let curves = shares.mapv(|share| share * (1.0 - share)).insert_axis(Axis(1));
        gradient += &rows.t().dot(&(shares - ArrayView1::from(targets)));
        hessian += &rows.t().dot(&(&rows * &curves));
    }
    for (column, sign) in problem.signs.iter().take(width - 1).enumerate() {
        // A step of at most this size stays at the bound. Exact zeros come from the projection.
        let leaves = sign.allowed(weights[column] - gradient[column]) == 0.0 && weights[column] == 0.0;
        if leaves {
            gradient[column] = 0.0;
            hessian.row_mut(column).fill(0.0);
            hessian.column_mut(column).fill(0.0);
        }
    }
    solve(hessian, gradient)
}

/// Solves a symmetric positive system, of which the lower half is given, by `L D L^T`.
///
/// A pivot of 0 (a column of zeros without penalty) gives a step of 0.
fn solve(mut matrix: Array2<f64>, mut right: Array1<f64>) -> Array1<f64> {
    let width = right.len();
    let floor = 1e-14 * (0..width).map(|at| matrix[[at, at]]).fold(0.0, f64::max);
    for column in 0..width {
        let known: Vec<f64> = (0..column).map(|k| matrix[[column, k]] * matrix[[k, k]]).collect();
        let taken: f64 = known.iter().enumerate().map(|(k, value)| value * matrix[[column, k]]).sum();
        matrix[[column, column]] -= taken;
        let pivot = matrix[[column, column]];
        for row in column + 1..width {
            let taken: f64 = known.iter().enumerate().map(|(k, value)| value * matrix[[row, k]]).sum();
            matrix[[row, column]] = if pivot > floor { (matrix[[row, column]] - taken) / pivot } else { 0.0 };
        }
    }
    for row in 0..width {
        let taken: f64 = (0..row).map(|k| matrix[[row, k]] * right[k]).sum();
        right[row] -= taken;
    }
    for (at, value) in right.iter_mut().enumerate() {
        let pivot = matrix[[at, at]];
        *value = if pivot > floor { *value / pivot } else { 0.0 };
    }
    for row in (0..width).rev() {
        let taken: f64 = (row + 1..width).map(|k| matrix[[k, row]] * right[k]).sum();
        right[row] -= taken;
    }
    right
}

#[cfg(test)]
mod tests {
    use super::super::generated::{Noise, draw_labels};
    use super::*;

    const FREE: [Sign; 4] = [Sign::Free; 4];

    /// Reference implementation: plain gradient descent.
    fn fit_gradient_descent(rows: &Array2<f64>, labels: &[bool], strength: f64) -> LinearPredictor {
        let mut predictor = LinearPredictor { weights: vec![0.0; rows.ncols()], intercept: 0.0 };
        let rate = 2.0 / rows.nrows() as f64;
        for _ in 0..4000 {
            let mut slope: Vec<f64> = predictor.weights.iter().map(|weight| strength * weight).collect();
            let mut rise = 0.0;
            for (row, &label) in rows.rows().into_iter().zip(labels) {
                let error = sigmoid(logit(&predictor, &row.to_vec())) - f64::from(u8::from(label));
                slope.iter_mut().zip(row).for_each(|(sum, value)| *sum += error * value);
                rise += error;
            }
            predictor.weights.iter_mut().zip(&slope).for_each(|(weight, part)| *weight -= rate * part);
            predictor.intercept -= rate * rise;
        }
        predictor
    }

    fn largest_gap(left: &LinearPredictor, right: &LinearPredictor) -> f64 {
        let gaps = left.weights.iter().zip(&right.weights).map(|(left, right)| (left - right).abs());
        gaps.fold((left.intercept - right.intercept).abs(), f64::max)
    }

    #[test]
    fn weights_equal_those_of_plain_gradient_descent() {
        for (intercept, strength) in [(-1.0, 1.0), (1.0, 0.1), (-2.0, 10.0)] {
            let mut noise = Noise::open(7);
            let rows = Array2::from_shape_fn((1500, 3), |_| noise.normal());
            let truth = LinearPredictor { weights: vec![1.0, -0.5, 0.0], intercept };
            let labels = draw_labels(&rows, &truth, &mut noise);
            let targets: Vec<f64> = labels.iter().map(|&label| f64::from(u8::from(label))).collect();
            let rough = fit_lbfgs(&rows, &labels, strength);
            let refined = refine_newton(&rows, &targets, strength, &FREE, &rough);
            let witness = fit_gradient_descent(&rows, &labels, strength);
            assert!(largest_gap(&rough, &refined) < 1e-3, "linfa is off: {rough:?} {refined:?}");
            assert!(largest_gap(&refined, &witness) < 1e-6, "{refined:?} {witness:?}");
            assert!(largest_gap(&refined, &truth) < 0.3, "{refined:?} {truth:?}");
        }
    }

    /// Reference implementation: gradient descent that projects each small step.
    fn fit_projected(rows: &Array2<f64>, targets: &[f64], strength: f64, signs: &[Sign]) -> LinearPredictor {
        let mut weights = vec![0.0; rows.ncols() + 1];
        let rate = 2.0 / rows.nrows() as f64;
        for _ in 0..6000 {
            let slope = gradient(rows, targets, strength, &weights);
            weights.iter_mut().zip(slope).for_each(|(weight, part)| *weight -= rate * part);
            weights.iter_mut().zip(signs).for_each(|(weight, sign)| *weight = sign.allowed(*weight));
        }
        let intercept = weights.pop().expect("the intercept is last");
        LinearPredictor { weights, intercept }
    }

    fn gradient(rows: &Array2<f64>, targets: &[f64], strength: f64, weights: &[f64]) -> Vec<f64> {
        let width = rows.ncols();
        let mut slope: Vec<f64> = weights[..width].iter().map(|weight| strength * weight).collect();
        slope.push(0.0);
        let predictor = LinearPredictor { weights: weights[..width].to_vec(), intercept: weights[width] };
        for (row, target) in rows.rows().into_iter().zip(targets) {
            let error = sigmoid(logit(&predictor, &row.to_vec())) - target;
            slope.iter_mut().zip(row).for_each(|(sum, value)| *sum += error * value);
            slope[width] += error;
        }
        slope
    }

    #[test]
    fn constrained_weights_meet_the_optimality_conditions_and_equal_the_reference() {
        for (seed, signs) in [
            (31, [Sign::Plus, Sign::Plus, Sign::Minus, Sign::Free]),
            (32, [Sign::Minus, Sign::Minus, Sign::Plus, Sign::Plus]),
            (33, [Sign::Minus, Sign::Plus, Sign::Free, Sign::Minus]),
        ] {
            let mut noise = Noise::open(seed);
            let mut rows = Array2::from_shape_fn((900, 4), |_| noise.normal());
            // Correlated columns move weights on and off their bounds.
            for row in 0..900 {
                rows[[row, 3]] += 0.9 * rows[[row, 0]] - 0.5 * rows[[row, 1]];
            }
            let truth = LinearPredictor { weights: vec![1.2, -0.8, 0.5, -0.4], intercept: -0.7 };
            let labels = draw_labels(&rows, &truth, &mut noise);
            let targets: Vec<f64> = labels.iter().map(|&label| f64::from(u8::from(label))).collect();
            let start = fit_lbfgs(&rows, &labels, 2.0);
            let fitted = refine_newton(&rows, &targets, 2.0, &signs, &start);
            let witness = fit_projected(&rows, &targets, 2.0, &signs);
            assert!(largest_gap(&fitted, &witness) < 1e-6, "{fitted:?} {witness:?}");
            let weights: Vec<f64> = fitted.weights.iter().copied().chain([fitted.intercept]).collect();
            let slope = gradient(&rows, &targets, 2.0, &weights);
            assert!(slope[4].abs() < 1e-6, "{slope:?}");
            for ((weight, slope), sign) in weights.iter().zip(&slope).zip(&signs) {
                // A weight inside its range has no slope; one at its bound has a slope that pushes outwards.
                let pushes_outwards = match sign {
                    Sign::Plus => *slope >= 0.0,
                    Sign::Minus => *slope <= 0.0,
                    Sign::Free => false,
                };
                assert_eq!(sign.allowed(*weight).to_bits(), weight.to_bits());
                assert!(slope.abs() < 1e-6 || (*weight == 0.0 && pushes_outwards), "{weight} {slope}");
            }
        }
    }

    #[test]
    fn newton_alone_finds_the_same_predictor() {
        let mut noise = Noise::open(8);
        let rows = Array2::from_shape_fn((9000, 4), |_| noise.normal());
        let truth = LinearPredictor { weights: vec![4.0, 0.0, -3.0, 0.5], intercept: -6.0 };
        let labels = draw_labels(&rows, &truth, &mut noise);
        let targets: Vec<f64> = labels.iter().map(|&label| f64::from(u8::from(label))).collect();
        let alone = refine_newton(
            &rows,
            &targets,
            1.0,
            &FREE,
            &LinearPredictor { weights: vec![0.0; 4], intercept: 0.0 },
        );
        let helped = refine_newton(&rows, &targets, 1.0, &FREE, &fit_lbfgs(&rows, &labels, 1.0));
        assert!(largest_gap(&alone, &helped) < 1e-10, "{alone:?} {helped:?}");
    }

    #[test]
    fn a_column_of_zeros_gets_no_weight() {
        let mut noise = Noise::open(9);
        let mut rows = Array2::from_shape_fn((300, 2), |_| noise.normal());
        rows.column_mut(0).fill(0.0);
        let labels: Vec<bool> = rows.column(1).iter().map(|value| value + noise.normal() > 0.0).collect();
        let targets: Vec<f64> = labels.iter().map(|&label| f64::from(u8::from(label))).collect();
        for strength in [0.0, 1.0] {
            let predictor =
                refine_newton(&rows, &targets, strength, &FREE, &fit_lbfgs(&rows, &labels, strength));
            assert!(predictor.weights[0].abs() < f64::EPSILON && predictor.weights[1] > 0.5, "{predictor:?}");
        }
    }
}
