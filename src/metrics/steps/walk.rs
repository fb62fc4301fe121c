//! A walker who follows links, and with each step jumps away with chance 1 - d.
//!
//! With rank x, row length l and jumps j that sum to 1: `x = c j + d P x`, where P
//! carries `x(u) / l(u)` along each link and c is such that x sums to 1. What stands
//! on dead ends is carried nowhere, which makes c larger: so dead ends jump as
//! everyone does. (Langville and Meyer 2006, Google's PageRank and Beyond, section 8.4.)
//! It is therefore enough to solve `x - d P x = j` for those with outgoing links, and to scale.
//!
//! In an undirected graph P, once divided by row lengths, is symmetrical: conjugate
//! gradients; in a directed one their stabilised kind for any matrix. Ordinary passes
//! follow until the vector stands still, so that the result never rests on the solver.

use super::solve::{System, conjugate, stabilised};
use super::{fill, fill_both, sum_at, weighted_sum_at};
use crate::graph::{Graph, Ordered, Weights};
use crate::watch::Watch;

/// Where a walker goes; vertices in the order that steps are fast in.
pub(in crate::metrics) struct Walk<'a> {
    rows: &'a Ordered,
    is_directed: bool,
    /// Of all rows, one after the other; `None` where each link weighs 1.
    weights: Option<&'a [f64]>,
    /// Row lengths, or the weights of rows added up.
    lengths: Vec<f64>,
    /// Where jumps lead; `None` is anywhere with the same chance.
    jumps: Option<Vec<f64>>,
}

const DAMPING: f64 = 0.85;
/// The iteration ends when the vector moves by no more than this, in the L1 norm.
pub(in crate::metrics) const STEP: f64 = 1e-13;
/// Rounding could hold the step above the bound in a huge graph; contraction is done long before.
const PASSES_MAX: usize = 400;

impl<'a> Walk<'a> {
    /// Prepares a walk; without `weights` each link of a row is followed with the same
    /// chance, and without `jumps`, one chance a vertex, jumps lead anywhere.
    pub(in crate::metrics) fn new(
        graph: &'a Graph,
        weights: Option<&'a Weights>,
        jumps: Option<&[f64]>,
    ) -> Self {
        let rows = graph.ordered();
        let length = |vertex: &u32| match weights {
            Some(weights) => weights.outgoing(graph, *vertex).iter().sum::<f64>() + 0.0,
            None => graph.outgoing(*vertex).len() as f64,
        };
        let lengths = rows.order().iter().map(length).collect();
        let jumps = jumps.map(|jumps| rows.order().iter().map(|vertex| jumps[*vertex as usize]).collect());
        let weights = weights.and_then(|weights| weights.ordered(graph));
        Self { rows, is_directed: graph.is_directed(), weights, lengths, jumps }
    }

    /// Returns the ranks that one more pass moves by no more than `step`; `None` means stop.
    pub(in crate::metrics) fn settled(&self, step: f64, watch: &Watch) -> Option<Vec<f64>> {
        // A vertex whose links all weigh nothing keeps what it is given.
        let diagonal: Vec<f64> = self.lengths[..self.rows.with_outgoing()]
            .iter()
            .map(|length| if *length > 0.0 { *length } else { 1.0 })
            .collect();
        // Solved for what each vertex gives along a link, g = x / l: `l g - d A g = j`.
        let system = System {
            diagonal: &diagonal,
            pull: |given: &[f64], vertex| DAMPING * self.pull(given, vertex),
            residual: step / 4.0,
            steps_max: PASSES_MAX,
        };
        let jumps: Vec<f64> = (0..diagonal.len()).map(|vertex| self.jump(vertex)).collect();
        let given = if self.is_directed {
            stabilised(&system, jumps, watch)?
        } else {
            conjugate(&system, jumps, watch)?
        };
        let mut ranks = vec![0.0; self.lengths.len()];
        let [total] = fill(&mut ranks, |first, ranks| {
            for (vertex, rank) in (first..).zip(ranks.iter_mut()) {
                *rank = match (given.get(vertex), diagonal.get(vertex)) {
                    (Some(given), Some(length)) => given * length,
                    _ => self.jump(vertex) + DAMPING * self.pull(&given, vertex),
                };
            }
            [ranks.iter().sum()]
        });
        // Where the solver broke down, passes begin from the jumps alone.
        let is_solved = total.is_finite() && total > 0.0;
        fill(&mut ranks, |first, ranks| {
            for (vertex, rank) in (first..).zip(ranks) {
                *rank = if is_solved { *rank / total } else { self.jump(vertex) };
            }
            []
        });
        drop((given, diagonal));
        self.passes(ranks, PASSES_MAX, step, watch)
    }

    /// Returns the ranks after exactly so many passes from even ranks; `None` means stop.
    pub(in crate::metrics) fn after(&self, passes: usize, watch: &Watch) -> Option<Vec<f64>> {
        let even = vec![1.0 / self.lengths.len() as f64; self.lengths.len()];
        self.passes(even, passes, f64::NEG_INFINITY, watch)
    }

    /// Passes over all vertices, until they move by no more than `step`.
    fn passes(&self, mut ranks: Vec<f64>, passes: usize, step: f64, watch: &Watch) -> Option<Vec<f64>> {
        let mut given = vec![0.0; ranks.len()];
        let mut next = vec![0.0; ranks.len()];
        let [mut stranded] = fill(&mut given, |first, given| {
            let mut stranded = 0.0;
            for (vertex, given) in (first..).zip(given) {
                *given = self.share(vertex, ranks[vertex], &mut stranded);
            }
            [stranded]
        });
        for _ in 0..passes {
            let jumping = (1.0 - DAMPING) + DAMPING * stranded;
            let [moved, left] = fill_both(&mut ranks, &mut next, |first, ranks, next| {
                let [mut moved, mut left] = [0.0; 2];
                for (vertex, (rank, next)) in (first..).zip(ranks.iter_mut().zip(next)) {
                    let new = jumping * self.jump(vertex) + DAMPING * self.pull(&given, vertex);
                    moved += (new - *rank).abs();
                    *rank = new;
                    *next = self.share(vertex, new, &mut left);
                }
                [moved, left]
            });
            std::mem::swap(&mut given, &mut next);
            stranded = left;
            if !watch.step(1) {
                return None;
            }
            if moved <= step {
                break;
            }
        }
        Some(self.rows.restored(&ranks))
    }

    fn jump(&self, vertex: usize) -> f64 {
        self.jumps.as_ref().map_or_else(|| 1.0 / self.lengths.len() as f64, |jumps| jumps[vertex])
    }

    /// What a vertex gives along each link, or by each unit of weight.
    fn share(&self, vertex: usize, rank: f64, stranded: &mut f64) -> f64 {
        let length = self.lengths[vertex];
        if length > 0.0 {
            rank / length
        } else {
            *stranded += rank;
            0.0
        }
    }

    fn pull(&self, given: &[f64], vertex: usize) -> f64 {
        let row = self.rows.row(vertex);
        match self.weights {
            Some(weights) => weighted_sum_at(given, row, &weights[self.rows.range(vertex)]),
            None => sum_at(given, row),
        }
    }
}
