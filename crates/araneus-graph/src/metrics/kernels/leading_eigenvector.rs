//! The leading eigenvector of a symmetrical matrix that is given as a function.
//!
//! Knyazev 2001, Toward the optimal preconditioned eigensolver, for one vector. Each round takes the best
//! vector in the space of three: the last vector, its residual, and the direction of the last round. That is
//! as fast as keeping all vectors, in the memory of six. Plain power iteration oscillates on bipartite
//! graphs, and is slow if the second eigenvalue is close.

use super::{dots, fill, fill_both, norm};
use crate::graph::{Graph, sum};
use crate::progress::Progress;

/// The bound on the error: residual norm over the gap to the second eigenvalue.
const ERROR: f64 = 1e-10;
/// A residual norm below this share of the eigenvalue is rounding.
const ROUNDING: f64 = 1e-14;
/// Products are computed afresh after this many rounds, because rounding errors add up in them.
const FRESH: usize = 30;

/// Returns the unit vector, or NaN if it takes more rounds; `None` if the computation was cancelled.
pub(in crate::metrics) fn leading_eigenvector(
    mut best: Vec<f64>,
    multiply: impl Fn(&[f64], &mut [f64]),
    rounds_max: usize,
    progress: &Progress,
) -> Option<Vec<f64>> {
    let count = best.len();
    let length = norm(&best);
    scale(&mut best, 1.0 / length);
    let mut product = vec![0.0; count];
    multiply(&best, &mut product);
    let (mut direction, mut direction_product) = (vec![0.0; count], vec![0.0; count]);
    let (mut residual, mut residual_product) = (vec![0.0; count], vec![0.0; count]);
    // The largest estimate of the second eigenvalue, which comes closer from below in each round.
    let mut second = f64::NEG_INFINITY;
    for round in 0..rounds_max {
        if !progress.advance(1) {
            return None;
        }
        let [value] = dots(&best, [&product]);
        let [square] = fill(&mut residual, |first, residual| {
            let mut square = 0.0;
            for (vertex, residual) in (first..).zip(residual) {
                *residual = product[vertex] - value * best[vertex];
                square += *residual * *residual;
            }
            [square]
        });
        let residual_norm = square.sqrt();
        if residual_norm <= ROUNDING * value.abs() || residual_norm <= ERROR * (value - second) && round > 3 {
            return Some(best);
        }
        scale(&mut residual, 1.0 / residual_norm);
        let [along] = dots(&residual, [&best]);
        add(&mut residual, -along, &best);
        let length = norm(&residual);
        scale(&mut residual, 1.0 / length);
        multiply(&residual, &mut residual_product);
        let has_direction = orthogonalise(
            (&mut direction, &mut direction_product),
            (&best, &product),
            (&residual, &residual_product),
        );
        let [best_residual, residual_residual] = dots(&residual_product, [&best, &residual]);
        // Without a direction, its eigenvalue is set below all others.
        let [best_direction, residual_direction, direction_direction] = if has_direction {
            dots(&direction_product, [&best, &residual, &direction])
        } else {
            [0.0, 0.0, f64::MIN]
        };
        let (coefficients, next_value) = largest_eigenvector([
            [value, best_residual, best_direction],
            [best_residual, residual_residual, residual_direction],
            [best_direction, residual_direction, direction_direction],
        ]);
        second = second.max(next_value);
        combine(coefficients, &mut best, &residual, &mut direction);
        combine(coefficients, &mut product, &residual_product, &mut direction_product);
        let length = 1.0 / norm(&best);
        scale(&mut best, length);
        if round % FRESH == FRESH - 1 {
            multiply(&best, &mut product);
        } else {
            scale(&mut product, length);
        }
    }
    Some(vec![f64::NAN; count])
}

/// Makes the direction a unit vector orthogonal to both others; returns `false` if nothing remains of it.
fn orthogonalise(
    (direction, product): (&mut Vec<f64>, &mut Vec<f64>),
    best: (&[f64], &[f64]),
    residual: (&[f64], &[f64]),
) -> bool {
    let before = norm(direction);
    if before == 0.0 {
        return false;
    }
    // Twice, because rounding leaves a remainder after the first time.
    for _ in 0..2 {
        let [on_best, on_residual] = dots(direction, [best.0, residual.0]);
        fill_both(direction, product, |first, direction, product| {
            for (vertex, (direction, product)) in (first..).zip(direction.iter_mut().zip(product)) {
                *direction -= on_best * best.0[vertex] + on_residual * residual.0[vertex];
                *product -= on_best * best.1[vertex] + on_residual * residual.1[vertex];
            }
            []
        });
    }
    let length = norm(direction);
    if length < 1e-10 * before {
        return false;
    }
    scale(direction, 1.0 / length);
    scale(product, 1.0 / length);
    true
}

/// Replaces the direction by the change of the best vector, and adds this change to the best vector.
fn combine(coefficients: [f64; 3], best: &mut [f64], residual: &[f64], direction: &mut [f64]) {
    fill_both(best, direction, |first, best, direction| {
        for (vertex, (best, direction)) in (first..).zip(best.iter_mut().zip(direction)) {
            *direction = coefficients[1] * residual[vertex] + coefficients[2] * *direction;
            *best = coefficients[0] * *best + *direction;
        }
        []
    });
}

fn scale(values: &mut [f64], factor: f64) {
    fill(values, |_, values| {
        for value in values {
            *value *= factor;
        }
        []
    });
}

fn add(values: &mut [f64], factor: f64, others: &[f64]) {
    fill(values, |first, values| {
        for (vertex, value) in (first..).zip(values) {
            *value += factor * others[vertex];
        }
        []
    });
}

/// Returns the eigenvector of the largest eigenvalue of a symmetrical matrix, and the second largest
/// eigenvalue, by Jacobi rotations.
fn largest_eigenvector(mut matrix: [[f64; 3]; 3]) -> ([f64; 3], f64) {
    let mut vectors = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    for _ in 0..12 {
        for (p, q) in [(0, 1), (0, 2), (1, 2)] {
            if matrix[p][q] == 0.0 {
                continue;
            }
            let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * matrix[p][q]);
            let tangent = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
            let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
            let sine = tangent * cosine;
            let coefficients = |a: f64, b: f64| (cosine * a - sine * b, sine * a + cosine * b);
            for row in matrix.iter_mut().chain(&mut vectors) {
                (row[p], row[q]) = coefficients(row[p], row[q]);
            }
            let (above, below) = matrix.split_at_mut(q);
            for (first, second) in above[p].iter_mut().zip(&mut below[0]) {
                (*first, *second) = coefficients(*first, *second);
            }
        }
    }
    let mut order = [0, 1, 2];
    order.sort_by(|a: &usize, b| matrix[*b][*b].total_cmp(&matrix[*a][*a]));
    let sign = if vectors[0][order[0]] < 0.0 { -1.0 } else { 1.0 };
    (vectors.map(|row| sign * row[order[0]]), matrix[order[1]][order[1]])
}

/// Hub and authority scores of each vertex (Kleinberg 1999).
#[derive(Debug)]
pub(in crate::metrics) struct Hits {
    pub(in crate::metrics) hubs: Vec<f64>,
    pub(in crate::metrics) authorities: Vec<f64>,
}

/// Finds hubs and authorities; NaN if a thousand rounds do not converge.
pub(in crate::metrics) fn hits(graph: &Graph, progress: &Progress) -> Option<Hits> {
    let count = graph.vertex_count();
    if graph.link_count() == 0 {
        return progress.advance(1).then(|| Hits { hubs: vec![0.0; count], authorities: vec![0.0; count] });
    }
    let pull = |values: &[f64], out: &mut [f64]| {
        fill(out, |first, out| {
            for (vertex, out) in (first..).zip(out) {
                *out = sum(graph.incoming(vertex as u32), |neighbour| values[*neighbour as usize]);
            }
            []
        });
    };
    let push = |values: &[f64], out: &mut [f64]| {
        fill(out, |first, out| {
            for (vertex, out) in (first..).zip(out) {
                *out = sum(graph.outgoing(vertex as u32), |neighbour| values[*neighbour as usize]);
            }
            []
        });
    };
    let multiply = |values: &[f64], out: &mut [f64]| {
        let mut between = vec![0.0; count];
        push(values, &mut between);
        pull(&between, out);
    };
    // One step from equal values, so that vertices without incoming links start with 0.
    let mut start = vec![0.0; count];
    pull(&vec![1.0; count], &mut start);
    let mut authorities = leading_eigenvector(start, multiply, HITS_ROUNDS_MAX, progress)?;
    if authorities[0].is_nan() {
        return Some(Hits { hubs: authorities.clone(), authorities });
    }
    for authority in &mut authorities {
        // Components with score 0 have rounding errors of both signs.
        *authority = authority.max(0.0);
    }
    let mut hubs = vec![0.0; count];
    push(&authorities, &mut hubs);
    let length = norm(&hubs);
    scale(&mut hubs, 1.0 / length);
    Some(Hits { hubs, authorities })
}

const HITS_ROUNDS_MAX: usize = 1_000;
