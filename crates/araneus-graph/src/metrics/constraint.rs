//! Burt's constraint: how much the neighbours of a vertex are connected to each other.
//!
//! Burt 1992. With z(i, j) the strength of the edge between i and j (links in both directions added) and
//! `p(i, j) = z(i, j) / sum of z(i, k) over k`: `c(i) = sum over neighbours j of (p(i, j) + sum over q of
//! p(i, q) * p(q, j))^2`. The inner sum is `T(i, j) / Z(i)` with `T(i, j) = sum of z(i, q) * z(q, j) / Z(q)`.
//! T is the same from both ends, so each edge is summed once.

use crate::graph::EdgeStrengths;
use crate::progress::Progress;

use super::metric::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "constraint",
    about: "Burt's constraint: share of this vertex's edges that lead to the same neighbours, directly or through one other vertex; null without neighbours.",
    unit: "share, from 0 to about 1.125",
    source: "Burt 1992, Structural Holes: The Social Structure of Competition, chapter 2",
    reads: Reads::EDGE_STRENGTHS,
    measure: |shared, progress| measure(&EdgeStrengths::counted(shared.weighted_graph), progress),
};

pub(super) fn measure(strengths: &EdgeStrengths, progress: &Progress) -> Option<Vec<f64>> {
    let vertices = strengths.graph().vertices();
    let totals: Vec<f64> = vertices.clone().map(|vertex| strengths.row(vertex).iter().sum()).collect();
    let mark = |vertex: u32, strength: f64| strength / totals[vertex as usize];
    let squares = strengths.sum(
        mark,
        |edge| {
            let through: f64 = edge.walk().map(|(mark, strength)| mark * strength).sum();
            let square = (edge.strength + through) * (edge.strength + through);
            (square, square)
        },
        |steps| progress.advance(steps),
    )?;
    // Without neighbours this is 0 / 0, which is NaN.
    Some(squares.iter().zip(&totals).map(|(square, total)| square / (total * total)).collect())
}

/// Returns the constraint of one vertex, the ego, where every edge strength is 1.
///
/// `neighbours` lists the neighbours of a vertex, ascending and without the vertex itself. Only the rows of
/// the ego and of its neighbours are asked for. Returns `None` for an ego without neighbours.
///
/// ```
/// use araneus_graph::metrics::constraint_of;
///
/// // A star: the centre has three neighbours, which know only the centre.
/// let star = |vertex: u32| if vertex == 0 { vec![1, 2, 3] } else { vec![0] };
/// let constraint = constraint_of(0, star).expect("the centre has neighbours");
/// assert!((constraint - 1.0 / 3.0).abs() < 1e-12);
/// assert_eq!(constraint_of(1, star), Some(1.0));
/// ```
pub fn constraint_of(ego: u32, neighbours: impl Fn(u32) -> Vec<u32>) -> Option<f64> {
    let alters = neighbours(ego);
    if alters.is_empty() {
        return None;
    }
    let share = 1.0 / alters.len() as f64;
    let mut indirect = vec![0.0; alters.len()];
    // Follows the rows of the alters instead of all pairs, because an ego may have a hundred thousand alters.
    for &middle in &alters {
        let row = neighbours(middle);
        for end in &row {
            if let Ok(position) = alters.binary_search(end) {
                indirect[position] += share / row.len() as f64;
            }
        }
    }
    Some(indirect.into_iter().map(|indirect| (share + indirect).powi(2)).sum())
}
