//! How far a vertex's neighbours hem it in, by being tied to each other.
//!
//! Burt 1992. With z(i, j) the strength of the tie between i and j (links in both
//! directions added) and `p(i, j) = z(i, j) / sum of z(i, k) over k`:
//! `c(i) = sum over neighbours j of (p(i, j) + sum over q of p(i, q) * p(q, j))^2`. The inner
//! sum is `T(i, j) / Z(i)` with `T(i, j) = sum of z(i, q) * z(q, j) / Z(q)`, which is
//! the same from both ends, so that each tie is summed once.

use crate::graph::Ties;
use crate::progress::Watch;

use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "constraint",
    about: "How much of this vertex's ties lead, directly or over one other, to the same neighbours; null without neighbours.",
    unit: "share, from 0 to about 1.125",
    source: "Burt 1992, Structural Holes: The Social Structure of Competition, chapter 2",
    reads: Reads::TIES,
    measure: |shared, watch| measure(&Ties::counted(shared.shape), watch),
};

pub(super) fn measure(ties: &Ties, watch: &Watch) -> Option<Vec<f64>> {
    let vertices = ties.graph().vertices();
    let totals: Vec<f64> = vertices.clone().map(|vertex| ties.row(vertex).iter().sum()).collect();
    let mark = |vertex: u32, strength: f64| strength / totals[vertex as usize];
    let squares = ties.sum(
        mark,
        |tie| {
            let through: f64 = tie.walk().map(|(mark, strength)| mark * strength).sum();
            let square = (tie.strength + through) * (tie.strength + through);
            (square, square)
        },
        |steps| watch.step(steps),
    )?;
    // Without neighbours this is 0 / 0, which stands for unknown.
    Some(squares.iter().zip(&totals).map(|(square, total)| square / (total * total)).collect())
}
