//! How central the neighbours of a vertex are, they in turn by theirs, and so on.
//!
//! Bonacich 1972: the vector x with `A x = lambda x` for the largest eigenvalue of the
//! adjacency matrix A; in a connected graph it is unique and positive (Perron and
//! Frobenius). Plain power iteration swings forever on bipartite graphs and crawls
//! where the second eigenvalue is close, so this is Lanczos: an orthogonal basis of
//! what repeated steps reach, the best vector within it, and again from there
//! (Saad 2011, Numerical Methods for Large Eigenvalue Problems, chapter 6).
//!
//! It ends when the residual, divided by the gap to the second eigenvalue, bounds
//! the error far below 1e-6 of the largest value; if that is not reached in
//! 1,000 rounds (a path of many thousand vertices), the values are unknown.

use rayon::prelude::*;

use crate::graph::{Graph, Shape, parts};
use crate::watch::Watch;

use super::{Metric, Reads, unknown};

pub(super) const METRIC: Metric = Metric {
    name: "eigenvector",
    about: "How strongly this vertex is tied to central vertices; null unless the graph is undirected and connected.",
    unit: "Euclidean norm 1, not negative",
    source: "Bonacich 1972, Factoring and weighting approaches to status scores and clique identification",
    reads: Reads {
        direction: "Undirected graphs only; a directed one gives null.",
        weights: "Weights are ignored.",
        dead_ends: "A connected undirected graph has none, but for a single vertex, which gets 1.",
        self_links: "A self-link ties a vertex to itself once.",
        disconnected: "A graph of several parts gives null: the largest eigenvalue belongs to one part alone.",
    },
    measure,
};

/// How many steps are remembered before starting again.
const BASIS: usize = 40;
const ROUNDS_MAX: usize = 1_000;
/// The bound on the error, as residual over gap.
const ERROR: f64 = 1e-10;
/// A residual below this share of the eigenvalue is rounding.
const ROUNDING: f64 = 1e-14;

fn measure(shape: &Shape, watch: &Watch) -> Option<Vec<f64>> {
    let graph = shape.graph();
    if graph.is_directed() || parts(graph).count != 1 {
        return Some(unknown(graph));
    }
    // Degrees are positive and already close to the answer.
    let mut best: Vec<f64> = graph.vertices().map(|vertex| graph.outgoing(vertex).len() as f64).collect();
    if graph.vertex_count() == 1 {
        return Some(vec![1.0]);
    }
    for _ in 0..ROUNDS_MAX {
        let (found, error) = round(graph, best);
        best = found;
        if error <= ERROR {
            return Some(best.into_iter().map(f64::abs).collect());
        }
        if !watch.step(1) {
            return None;
        }
    }
    Some(unknown(graph))
}

/// One round of Lanczos from `start`: the best unit vector, and a bound on its error.
fn round(graph: &Graph, mut start: Vec<f64>) -> (Vec<f64>, f64) {
    normalise(&mut start);
    let mut basis = vec![start];
    let (mut diagonal, mut beside) = (Vec::new(), Vec::new());
    loop {
        let last = &basis[basis.len() - 1];
        let mut next = step(graph, last);
        diagonal.push(dot(last, &next));
        // Twice, since once leaves what rounding put back.
        for _ in 0..2 {
            for past in &basis {
                let share = dot(past, &next);
                next.iter_mut().zip(past).for_each(|(value, part)| *value -= share * part);
            }
        }
        let norm = dot(&next, &next).sqrt();
        if basis.len() == BASIS.min(graph.vertex_count()) || norm < ROUNDING * graph.vertex_count() as f64 {
            return combine(&basis, &diagonal, &beside, norm);
        }
        scale(&mut next, 1.0 / norm);
        beside.push(norm);
        basis.push(next);
    }
}

/// The best vector within the basis: the top eigenvector of the small tridiagonal matrix.
fn combine(basis: &[Vec<f64>], diagonal: &[f64], beside: &[f64], norm: f64) -> (Vec<f64>, f64) {
    let (values, vectors) = eigen(diagonal, beside);
    let by_value = |a: &usize, b: &usize| values[*a].total_cmp(&values[*b]);
    let top = (0..values.len()).max_by(by_value).expect("a round begins with one vector");
    let second = (0..values.len()).filter(|other| *other != top).max_by(by_value);
    let mut best = vec![0.0; basis[0].len()];
    for (past, row) in basis.iter().zip(&vectors) {
        best.iter_mut().zip(past).for_each(|(value, part)| *value += row[top] * part);
    }
    normalise(&mut best);
    let residual = norm * vectors[basis.len() - 1][top].abs();
    let gap = second.map_or(values[top].abs(), |second| values[top] - values[second]);
    let is_rounding = residual <= ROUNDING * values[top].abs();
    (best, if is_rounding || gap <= 0.0 { 0.0 } else { residual / gap })
}

/// Eigenvalues and eigenvectors (columns) of a small symmetric tridiagonal matrix, by Jacobi's rotations.
fn eigen(diagonal: &[f64], beside: &[f64]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let size = diagonal.len();
    let mut matrix = vec![vec![0.0; size]; size];
    let mut vectors = matrix.clone();
    for i in 0..size {
        matrix[i][i] = diagonal[i];
        vectors[i][i] = 1.0;
        if i + 1 < size {
            matrix[i][i + 1] = beside[i];
            matrix[i + 1][i] = beside[i];
        }
    }
    let total: f64 = matrix.iter().flatten().map(|value| value * value).sum();
    for _ in 0..60 {
        let outside: f64 =
            (0..size).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| matrix[i][j].powi(2)).sum();
        if outside <= total * 1e-34 {
            break;
        }
        for i in 1..size {
            for j in 0..i {
                rotate(&mut matrix, &mut vectors, j, i);
            }
        }
    }
    ((0..size).map(|i| matrix[i][i]).collect(), vectors)
}

/// Turns the plane of `p` and `q`, `p < q`, so that their entry becomes 0.
fn rotate(matrix: &mut [Vec<f64>], vectors: &mut [Vec<f64>], p: usize, q: usize) {
    if matrix[p][q] == 0.0 {
        return;
    }
    let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * matrix[p][q]);
    let tangent = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sine = tangent * cosine;
    let turn = |a: f64, b: f64| (cosine * a - sine * b, sine * a + cosine * b);
    for row in matrix.iter_mut().chain(vectors) {
        (row[p], row[q]) = turn(row[p], row[q]);
    }
    let (above, below) = matrix.split_at_mut(q);
    for (first, second) in above[p].iter_mut().zip(&mut below[0]) {
        (*first, *second) = turn(*first, *second);
    }
}

fn step(graph: &Graph, vector: &[f64]) -> Vec<f64> {
    let pull = |vertex| graph.outgoing(vertex).iter().map(|near| vector[*near as usize]).sum();
    graph.vertices().into_par_iter().map(pull).collect()
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

fn normalise(vector: &mut [f64]) {
    let length = dot(vector, vector).sqrt();
    scale(vector, 1.0 / length);
}

fn scale(vector: &mut [f64], factor: f64) {
    for value in vector {
        *value *= factor;
    }
}
