//! A random walk: the walker follows a link with probability d and jumps with probability 1 - d.
//!
//! With rank x, row length l and jumps j that sum to 1: `x = c j + d P x`, where P carries `x(u) / l(u)`
//! along each link and c makes x sum to 1. The rank of dead ends is carried nowhere, which increases c: so
//! dead ends jump like all others (Langville and Meyer 2006, Google's PageRank and Beyond, section 8.4). It
//! is therefore enough to solve `x - d P x = j` for vertices with outgoing links, and to scale.
//!
//! In an undirected graph P, divided by row lengths, is symmetrical, so conjugate gradients solve the system;
//! in a directed graph Bi-CGSTAB does. Plain passes follow until the vector is stationary, so the result
//! never depends on the solver.

use super::linear_solver::{LinearSystem, bicgstab, conjugate_gradients};
use super::{fill, fill_both};
use crate::graph::{Graph, OrderedRows, Weights};
use crate::progress::Progress;

/// The transitions of a walker; vertices are in the order of [`OrderedRows`].
pub(in crate::metrics) struct RandomWalk<'a> {
    rows: &'a OrderedRows,
    is_directed: bool,
    /// The weights of all rows, one after the other; `None` if each link weighs 1.
    weights: Option<&'a [f64]>,
    /// The length of each row, or the sum of its weights.
    lengths: Vec<f64>,
    /// The probability of each jump target; `None` if all vertices have the same.
    jumps: Option<Vec<f64>>,
    damping: f64,
    /// The probability of each vertex if all have the same.
    uniform: f64,
}

/// The smallest limit of passes. In a huge graph rounding could keep the change above the tolerance forever.
const PASSES_MAX: usize = 400;

impl<'a> RandomWalk<'a> {
    /// Prepares a walk. Without `weights` all links of a row have the same probability; without `jumps` all
    /// vertices have the same probability as jump targets.
    ///
    /// # Panics
    /// If `damping` is not in `0.0..1.0`.
    pub(in crate::metrics) fn new(
        graph: &'a Graph,
        weights: Option<&'a Weights>,
        jumps: Option<&[f64]>,
        damping: f64,
    ) -> Self {
        assert!((0.0..1.0).contains(&damping), "the damping factor is in 0.0..1.0");
        let rows = graph.ordered();
        let length = |vertex: &u32| match weights {
            Some(weights) => weights.outgoing(graph, *vertex).iter().sum::<f64>() + 0.0,
            None => graph.outgoing(*vertex).len() as f64,
        };
        let lengths = rows.order().iter().map(length).collect();
        let jumps = jumps.map(|jumps| rows.order().iter().map(|vertex| jumps[*vertex as usize]).collect());
        let weights = weights.and_then(|weights| weights.ordered(graph));
        let uniform = 1.0 / graph.vertex_count() as f64;
        Self { rows, is_directed: graph.is_directed(), weights, lengths, jumps, damping, uniform }
    }

    /// Returns the ranks that one more pass changes by at most `tolerance`; `None` if the computation was
    /// cancelled.
    pub(in crate::metrics) fn stationary(&self, tolerance: f64, progress: &Progress) -> Option<Vec<f64>> {
        // A vertex whose links all have weight 0 passes no rank on.
        let diagonal: Vec<f64> = self.lengths[..self.rows.with_outgoing()]
            .iter()
            .map(|length| if *length > 0.0 { *length } else { 1.0 })
            .collect();
        // The unknown is the share that each vertex passes along a link, g = x / l: `l g - d A g = j`.
        let system = LinearSystem {
            diagonal: &diagonal,
            pull: |shares: &[f64], first, out: &mut [f64]| {
                self.rows.pull(shares, self.weights, first, out);
                for out in out {
                    *out *= self.damping;
                }
            },
            residual: tolerance / 4.0,
            before: 0.0,
            steps_max: self.passes_max(tolerance),
        };
        let jumps: Vec<f64> = (0..diagonal.len()).map(|vertex| self.jump(vertex)).collect();
        let shares = if self.is_directed {
            bicgstab(&system, jumps, progress)?
        } else {
            conjugate_gradients(&system, jumps, progress)?
        };
        let mut ranks = vec![0.0; self.lengths.len()];
        let (walking, ending) = ranks.split_at_mut(shares.len());
        let [walk] = fill(walking, |first, ranks| {
            for (vertex, rank) in (first..).zip(ranks.iter_mut()) {
                *rank = shares[vertex] * diagonal[vertex];
            }
            [ranks.iter().sum()]
        });
        let [end] = fill(ending, |first, ranks| {
            self.pass(&shares, 1.0, shares.len() + first, ranks);
            [ranks.iter().sum::<f64>()]
        });
        let total = walk + end;
        // If the solver broke down, passes begin from the jumps alone.
        let is_solved = total.is_finite() && total > 0.0;
        fill(&mut ranks, |first, ranks| {
            for (vertex, rank) in (first..).zip(ranks) {
                *rank = if is_solved { *rank / total } else { self.jump(vertex) };
            }
            []
        });
        drop((shares, diagonal));
        self.passes(ranks, tolerance, progress)
    }

    /// Returns the ranks after exactly `passes` passes from equal ranks; `None` if the computation was
    /// cancelled.
    ///
    /// The rank of vertices without outgoing links is computed in the last pass only. Before, it is enough
    /// that all ranks sum to 1.
    pub(in crate::metrics) fn after(&self, passes: usize, progress: &Progress) -> Option<Vec<f64>> {
        if passes == 0 {
            return Some(vec![self.uniform; self.lengths.len()]);
        }
        let give = |shares: &mut [f64], rank: &(dyn Fn(usize, &mut [f64]) + Sync)| {
            let [walking] = fill(shares, |first, shares| {
                rank(first, shares);
                let ranked: f64 = shares.iter().sum();
                [ranked - self.share(first, shares)]
            });
            (1.0 - self.damping) + self.damping * (1.0 - walking)
        };
        let mut shares = vec![0.0; self.rows.with_outgoing()];
        let mut next = shares.clone();
        let mut jumping = give(&mut shares, &|_, ranks| ranks.fill(self.uniform));
        for _ in 1..passes {
            jumping = give(&mut next, &|first, ranks| self.pass(&shares, jumping, first, ranks));
            std::mem::swap(&mut shares, &mut next);
            if !progress.advance(1) {
                return None;
            }
        }
        let mut ranks = vec![0.0; self.lengths.len()];
        fill(&mut ranks, |first, ranks| {
            self.pass(&shares, jumping, first, ranks);
            []
        });
        progress.advance(1).then(|| self.rows.restored(&ranks))
    }

    /// Makes passes over all vertices until the ranks change by at most `tolerance`.
    fn passes(&self, mut ranks: Vec<f64>, tolerance: f64, progress: &Progress) -> Option<Vec<f64>> {
        let mut shares = ranks.clone();
        let mut next = vec![0.0; ranks.len()];
        let [mut stranded] = fill(&mut shares, |first, shares| [self.share(first, shares)]);
        for _ in 0..self.passes_max(tolerance) {
            let jumping = (1.0 - self.damping) + self.damping * stranded;
            let [change, stranded_next] = fill_both(&mut ranks, &mut next, |first, ranks, next| {
                self.pass(&shares, jumping, first, next);
                let mut change = 0.0;
                for (rank, next) in ranks.iter_mut().zip(&*next) {
                    change += (next - *rank).abs();
                    *rank = *next;
                }
                [change, self.share(first, next)]
            });
            std::mem::swap(&mut shares, &mut next);
            stranded = stranded_next;
            if !progress.advance(1) {
                return None;
            }
            if change <= tolerance {
                break;
            }
        }
        Some(self.rows.restored(&ranks))
    }

    /// Writes the ranks after a pass, from vertex `first` on, by the shares that vertices pass on and the
    /// total probability of jumps.
    fn pass(&self, shares: &[f64], jumping: f64, first: usize, ranks: &mut [f64]) {
        self.rows.pull(shares, self.weights, first, ranks);
        for (vertex, rank) in (first..).zip(ranks) {
            *rank = jumping * self.jump(vertex) + self.damping * *rank;
        }
    }

    /// Returns the largest number of passes; each pass multiplies the remaining change by the damping factor.
    fn passes_max(&self, tolerance: f64) -> usize {
        let expected = tolerance.ln() / self.damping.ln();
        PASSES_MAX.max((2.0 * expected).ceil() as usize)
    }

    fn jump(&self, vertex: usize) -> f64 {
        self.jumps.as_ref().map_or(self.uniform, |jumps| jumps[vertex])
    }

    /// Turns ranks into shares for each link, or for each unit of weight; returns the rank of dead ends.
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
