//! How many separate others a vertex has for neighbours: their number less their overlap.
//!
//! Burt 1992. With z and p as in constraint and `m(j, q) = z(j, q) / greatest z(j, k)`:
//! `e(i) = sum over neighbours j of (1 - sum over q of p(i, q) * m(j, q))`. Where all ties are
//! equal this is `d - 2 t / d` with d neighbours and t ties among them (Borgatti 1997).

use crate::graph::Ties;
use crate::progress::Watch;

use super::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "effective_size",
    about: "How many neighbours this vertex has, less how tied they are to each other; null without neighbours.",
    unit: "vertices, from 1",
    source: "Burt 1992, Structural Holes: The Social Structure of Competition, chapter 2",
    reads: Reads::TIES,
    measure: |shared, watch| measure(&Ties::counted(shared.shape), watch),
};

pub(super) fn measure(ties: &Ties, watch: &Watch) -> Option<Vec<f64>> {
    let graph = ties.graph();
    let totals: Vec<f64> = graph.vertices().map(|vertex| ties.row(vertex).iter().sum()).collect();
    let greatest = |vertex: u32| ties.row(vertex).iter().copied().fold(0.0, f64::max);
    let greatest: Vec<f64> = graph.vertices().map(greatest).collect();
    let mark = |near: u32, strength: f64| {
        let greatest = greatest[near as usize];
        (1.0 / greatest, strength / greatest)
    };
    let overlap = ties.sum(
        mark,
        |tie| {
            let (mut to_marked, mut to_walked) = (0.0, 0.0);
            for ((inverse, share), strength) in tie.walk() {
                to_marked += inverse * strength;
                to_walked += share;
            }
            (tie.strength * to_marked, tie.strength * to_walked)
        },
        |steps| watch.step(steps),
    )?;
    let size = |vertex: u32| {
        let neighbours = graph.outgoing(vertex).len();
        let total = totals[vertex as usize];
        if neighbours == 0 { f64::NAN } else { neighbours as f64 - overlap[vertex as usize] / total }
    };
    Some(graph.vertices().map(size).collect())
}
