//! The leading eigenvector of a symmetrical matrix that is never written down.
//!
//! Knyazev 2001, Toward the optimal preconditioned eigensolver, for one vector: in each
//! round the best vector within three: the last one, its residual, and the way the last
//! round went. That is as fast as keeping all vectors so far, in six of them; plain steps
//! swing forever on bipartite graphs and crawl where the second eigenvalue is close.

use super::{dots, fill, fill_both, norm};
use crate::graph::{Graph, sum};
use crate::progress::Watch;

/// The bound on the error, as residual over the gap to the second eigenvalue.
const ERROR: f64 = 1e-10;
/// A residual below this share of the eigenvalue is rounding.
const ROUNDING: f64 = 1e-14;
/// Products are made anew after so many rounds, since rounding adds up in them.
const FRESH: usize = 30;

/// Returns the unit vector, or what is not a number if that takes more rounds; `None` means stop.
pub(in crate::metrics) fn leading(
    mut best: Vec<f64>,
    multiply: impl Fn(&[f64], &mut [f64]),
    rounds_max: usize,
    watch: &Watch,
) -> Option<Vec<f64>> {
    let count = best.len();
    let length = norm(&best);
    scale(&mut best, 1.0 / length);
    let mut product = vec![0.0; count];
    multiply(&best, &mut product);
    let (mut way, mut way_product) = (vec![0.0; count], vec![0.0; count]);
    let (mut rest, mut rest_product) = (vec![0.0; count], vec![0.0; count]);
    // The largest second eigenvalue seen: from below, as near as the rounds have come.
    let mut second = f64::NEG_INFINITY;
    for round in 0..rounds_max {
        if !watch.step(1) {
            return None;
        }
        let [value] = dots(&best, [&product]);
        let [square] = fill(&mut rest, |first, rest| {
            let mut square = 0.0;
            for (vertex, rest) in (first..).zip(rest) {
                *rest = product[vertex] - value * best[vertex];
                square += *rest * *rest;
            }
            [square]
        });
        let residual = square.sqrt();
        if residual <= ROUNDING * value.abs() || residual <= ERROR * (value - second) && round > 3 {
            return Some(best);
        }
        scale(&mut rest, 1.0 / residual);
        let [along] = dots(&rest, [&best]);
        add(&mut rest, -along, &best);
        let length = norm(&rest);
        scale(&mut rest, 1.0 / length);
        multiply(&rest, &mut rest_product);
        let has_way = straighten((&mut way, &mut way_product), (&best, &product), (&rest, &rest_product));
        let [best_rest, rest_rest] = dots(&rest_product, [&best, &rest]);
        // Without a way its place holds an eigenvalue below all others.
        let [best_way, rest_way, way_way] =
            if has_way { dots(&way_product, [&best, &rest, &way]) } else { [0.0, 0.0, f64::MIN] };
        let (turn, next_value) = top([
            [value, best_rest, best_way],
            [best_rest, rest_rest, rest_way],
            [best_way, rest_way, way_way],
        ]);
        second = second.max(next_value);
        combine(turn, &mut best, &rest, &mut way);
        combine(turn, &mut product, &rest_product, &mut way_product);
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

/// Makes the way a unit vector at right angles to both others; `false` if nothing is left of it.
fn straighten(
    (way, product): (&mut Vec<f64>, &mut Vec<f64>),
    best: (&[f64], &[f64]),
    rest: (&[f64], &[f64]),
) -> bool {
    let before = norm(way);
    if before == 0.0 {
        return false;
    }
    // Twice, since once leaves what rounding put back.
    for _ in 0..2 {
        let [on_best, on_rest] = dots(way, [best.0, rest.0]);
        fill_both(way, product, |first, way, product| {
            for (vertex, (way, product)) in (first..).zip(way.iter_mut().zip(product)) {
                *way -= on_best * best.0[vertex] + on_rest * rest.0[vertex];
                *product -= on_best * best.1[vertex] + on_rest * rest.1[vertex];
            }
            []
        });
    }
    let length = norm(way);
    if length < 1e-10 * before {
        return false;
    }
    scale(way, 1.0 / length);
    scale(product, 1.0 / length);
    true
}

/// Replaces the way by what is added to the best vector, and the best vector by the sum.
fn combine(turn: [f64; 3], best: &mut [f64], rest: &[f64], way: &mut [f64]) {
    fill_both(best, way, |first, best, way| {
        for (vertex, (best, way)) in (first..).zip(best.iter_mut().zip(way)) {
            *way = turn[1] * rest[vertex] + turn[2] * *way;
            *best = turn[0] * *best + *way;
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

/// The eigenvector of the largest eigenvalue of a symmetrical matrix, and the second largest
/// eigenvalue, by Jacobi's rotations.
fn top(mut matrix: [[f64; 3]; 3]) -> ([f64; 3], f64) {
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
            let turn = |a: f64, b: f64| (cosine * a - sine * b, sine * a + cosine * b);
            for row in matrix.iter_mut().chain(&mut vectors) {
                (row[p], row[q]) = turn(row[p], row[q]);
            }
            let (above, below) = matrix.split_at_mut(q);
            for (first, second) in above[p].iter_mut().zip(&mut below[0]) {
                (*first, *second) = turn(*first, *second);
            }
        }
    }
    let mut order = [0, 1, 2];
    order.sort_by(|a: &usize, b| matrix[*b][*b].total_cmp(&matrix[*a][*a]));
    let sign = if vectors[0][order[0]] < 0.0 { -1.0 } else { 1.0 };
    (vectors.map(|row| sign * row[order[0]]), matrix[order[1]][order[1]])
}

/// Kleinberg's two scores of each vertex.
#[derive(Debug)]
pub(in crate::metrics) struct Hits {
    pub(in crate::metrics) hubs: Vec<f64>,
    pub(in crate::metrics) authorities: Vec<f64>,
}

/// Finds hubs and authorities; not a number if no balance is found in a thousand rounds.
pub(in crate::metrics) fn hits(graph: &Graph, watch: &Watch) -> Option<Hits> {
    let count = graph.vertex_count();
    if graph.link_count() == 0 {
        return watch.step(1).then(|| Hits { hubs: vec![0.0; count], authorities: vec![0.0; count] });
    }
    let pull = |values: &[f64], out: &mut [f64]| {
        fill(out, |first, out| {
            for (vertex, out) in (first..).zip(out) {
                *out = sum(graph.incoming(vertex as u32), |near| values[*near as usize]);
            }
            []
        });
    };
    let push = |values: &[f64], out: &mut [f64]| {
        fill(out, |first, out| {
            for (vertex, out) in (first..).zip(out) {
                *out = sum(graph.outgoing(vertex as u32), |near| values[*near as usize]);
            }
            []
        });
    };
    let there_and_back = |values: &[f64], out: &mut [f64]| {
        let mut between = vec![0.0; count];
        push(values, &mut between);
        pull(&between, out);
    };
    // One step from even values: nobody whom no link reaches has a share.
    let mut start = vec![0.0; count];
    pull(&vec![1.0; count], &mut start);
    let mut authorities = leading(start, there_and_back, HITS_ROUNDS_MAX, watch)?;
    if authorities[0].is_nan() {
        return Some(Hits { hubs: authorities.clone(), authorities });
    }
    for authority in &mut authorities {
        // What rounding leaves of parts that have no share is below zero as often as above.
        *authority = authority.max(0.0);
    }
    let mut hubs = vec![0.0; count];
    push(&authorities, &mut hubs);
    let length = norm(&hubs);
    scale(&mut hubs, 1.0 / length);
    Some(Hits { hubs, authorities })
}

const HITS_ROUNDS_MAX: usize = 1_000;
