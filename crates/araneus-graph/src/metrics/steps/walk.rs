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
use super::{fill, fill_both};
use crate::graph::{Graph, Ordered, Weights};
use crate::progress::Watch;

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
    /// A jump to anywhere.
    even: f64,
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
        let even = 1.0 / graph.vertex_count() as f64;
        Self { rows, is_directed: graph.is_directed(), weights, lengths, jumps, even }
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
            pull: |given: &[f64], first, out: &mut [f64]| {
                self.rows.pull(given, self.weights, first, out);
                for out in out {
                    *out *= DAMPING;
                }
            },
            residual: step / 4.0,
            before: 0.0,
            steps_max: PASSES_MAX,
        };
        let jumps: Vec<f64> = (0..diagonal.len()).map(|vertex| self.jump(vertex)).collect();
        let given = if self.is_directed {
            stabilised(&system, jumps, watch)?
        } else {
            conjugate(&system, jumps, watch)?
        };
        let mut ranks = vec![0.0; self.lengths.len()];
        let (walking, ending) = ranks.split_at_mut(given.len());
        let [walk] = fill(walking, |first, ranks| {
            for (vertex, rank) in (first..).zip(ranks.iter_mut()) {
                *rank = given[vertex] * diagonal[vertex];
            }
            [ranks.iter().sum()]
        });
        let [end] = fill(ending, |first, ranks| {
            self.pass(&given, 1.0, given.len() + first, ranks);
            [ranks.iter().sum::<f64>()]
        });
        let total = walk + end;
        // Where the solver broke down, passes begin from the jumps alone.
        let is_solved = total.is_finite() && total > 0.0;
        fill(&mut ranks, |first, ranks| {
            for (vertex, rank) in (first..).zip(ranks) {
                *rank = if is_solved { *rank / total } else { self.jump(vertex) };
            }
            []
        });
        drop((given, diagonal));
        self.passes(ranks, step, watch)
    }

    /// Returns the ranks after exactly so many passes from even ranks; `None` means stop.
    ///
    /// What a vertex without outgoing links has is known only in the end: in between it
    /// is enough that all ranks sum to 1.
    pub(in crate::metrics) fn after(&self, passes: usize, watch: &Watch) -> Option<Vec<f64>> {
        if passes == 0 {
            return Some(vec![self.even; self.lengths.len()]);
        }
        let give = |given: &mut [f64], rank: &(dyn Fn(usize, &mut [f64]) + Sync)| {
            let [walking] = fill(given, |first, given| {
                rank(first, given);
                let ranked: f64 = given.iter().sum();
                [ranked - self.share(first, given)]
            });
            (1.0 - DAMPING) + DAMPING * (1.0 - walking)
        };
        let mut given = vec![0.0; self.rows.with_outgoing()];
        let mut next = given.clone();
        let mut jumping = give(&mut given, &|_, ranks| ranks.fill(self.even));
        for _ in 1..passes {
            jumping = give(&mut next, &|first, ranks| self.pass(&given, jumping, first, ranks));
            std::mem::swap(&mut given, &mut next);
            if !watch.step(1) {
                return None;
            }
        }
        let mut ranks = vec![0.0; self.lengths.len()];
        fill(&mut ranks, |first, ranks| {
            self.pass(&given, jumping, first, ranks);
            []
        });
        watch.step(1).then(|| self.rows.restored(&ranks))
    }

    /// Passes over all vertices, until they move by no more than `step`.
    fn passes(&self, mut ranks: Vec<f64>, step: f64, watch: &Watch) -> Option<Vec<f64>> {
        let mut given = ranks.clone();
        let mut next = vec![0.0; ranks.len()];
        let [mut stranded] = fill(&mut given, |first, given| [self.share(first, given)]);
        for _ in 0..PASSES_MAX {
            let jumping = (1.0 - DAMPING) + DAMPING * stranded;
            let [moved, left] = fill_both(&mut ranks, &mut next, |first, ranks, next| {
                self.pass(&given, jumping, first, next);
                let mut moved = 0.0;
                for (rank, next) in ranks.iter_mut().zip(&*next) {
                    moved += (next - *rank).abs();
                    *rank = *next;
                }
                [moved, self.share(first, next)]
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

    /// Writes the ranks after a pass, from a vertex on, by what vertices give and how often all jump.
    fn pass(&self, given: &[f64], jumping: f64, first: usize, ranks: &mut [f64]) {
        self.rows.pull(given, self.weights, first, ranks);
        for (vertex, rank) in (first..).zip(ranks) {
            *rank = jumping * self.jump(vertex) + DAMPING * *rank;
        }
    }

    fn jump(&self, vertex: usize) -> f64 {
        self.jumps.as_ref().map_or(self.even, |jumps| jumps[vertex])
    }

    /// Makes ranks into what vertices give along each link, or by each unit of weight; returns what is stranded.
    fn share(&self, first: usize, ranks: &mut [f64]) -> f64 {
        let mut stranded = 0.0;
        for (rank, length) in ranks.iter_mut().zip(&self.lengths[first..]) {
            if *length > 0.0 {
                *rank /= length;
            } else {
                stranded += *rank;
                *rank = 0.0;
            }
        }
        stranded
    }
}
