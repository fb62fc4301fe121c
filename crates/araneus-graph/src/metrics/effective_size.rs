//! Burt's effective size: the number of neighbours less their redundancy.
//!
//! Burt 1992. With z and p as in constraint and `m(j, q) = z(j, q) / largest z(j, k)`: `e(i) = sum over
//! neighbours j of (1 - sum over q of p(i, q) * m(j, q))`. If all strengths are equal this is `d - 2 t / d`
//! with d neighbours and t links among them (Borgatti 1997).

use crate::graph::EdgeStrengths;
use crate::progress::Progress;

use super::metric::{Metric, Reads};

pub(super) const METRIC: Metric = Metric {
    name: "effective_size",
    about: "Number of neighbours less the redundancy among them; null without neighbours.",
    unit: "vertices, from 1",
    source: "Burt 1992, Structural Holes: The Social Structure of Competition, chapter 2",
    reads: Reads::EDGE_STRENGTHS,
    measure: |shared, progress| measure(&EdgeStrengths::counted(shared.weighted_graph), progress),
};

pub(super) fn measure(strengths: &EdgeStrengths, progress: &Progress) -> Option<Vec<f64>> {
    let graph = strengths.graph();
    let totals: Vec<f64> = graph.vertices().map(|vertex| strengths.row(vertex).iter().sum()).collect();
    let greatest = |vertex: u32| strengths.row(vertex).iter().copied().fold(0.0, f64::max);
    let greatest: Vec<f64> = graph.vertices().map(greatest).collect();
    let mark = |neighbour: u32, strength: f64| {
        let greatest = greatest[neighbour as usize];
        (1.0 / greatest, strength / greatest)
    };
    let overlap = strengths.sum(
        mark,
        |edge| {
            let (mut to_marked, mut to_walked) = (0.0, 0.0);
            for ((inverse, share), strength) in edge.walk() {
                to_marked += inverse * strength;
                to_walked += share;
            }
            (edge.strength * to_marked, edge.strength * to_walked)
        },
        |steps| progress.advance(steps),
    )?;
    let size = |vertex: u32| {
        let neighbours = graph.outgoing(vertex).len();
        let total = totals[vertex as usize];
        if neighbours == 0 { f64::NAN } else { neighbours as f64 - overlap[vertex as usize] / total }
    };
    Some(graph.vertices().map(size).collect())
}
