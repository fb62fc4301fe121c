//! Local moving: every node goes to the neighbouring community with the largest gain.
//!
//! Ozaki, Tezuka and Inaba 2016; Traag, Waltman and van Eck 2019. After the first round only nodes are
//! visited whose neighbours moved to another community. A node may also move to an empty community.
//!
//! Nodes are taken in seeded random batches of short runs. The nodes of a batch choose at the same time, by
//! the state before the batch, so threads share the work and change no bit. Then they move one after the
//! other, each if it still gains by the masses of that moment. A batch has a small share of the nodes, so two
//! of its nodes are seldom neighbours. Those that are neighbours choose again in the next round.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use rayon::prelude::*;

use super::aggregate_graph::{AggregateGraph, Objective};
use super::tally::{Tally, TallyPool};
use crate::progress::Progress;
use crate::random::SplitMix64;

/// A gain below this share of the mean link weight is rounding and moves nothing.
pub(super) const ROUNDING: f64 = 1e-10;
/// The number of batches of a round, if it has as many nodes.
const BATCH_COUNT: usize = 128;
const BATCH_MAX: usize = 1 << 16;
/// The smallest number of links that is worth a second thread.
const SHARED_MIN: usize = 1 << 13;
/// Nodes of consecutive numbers stay together until their rows have this many links. Rows are then read in
/// the order of memory, and nodes of many links, which are often neighbours, choose at different times.
const RUN: usize = 64;
/// Nodes of one task.
const CHUNK: usize = 128;
/// The rows of this many nodes are read before the first one chooses, so that reads do not wait for choices.
const READ_AHEAD: usize = 32;
const ROUNDS_MAX: usize = 100;

/// The objective, and the gains that are worth a move or another round.
#[derive(Debug, Clone, Copy)]
pub(super) struct MoveCriteria {
    pub(super) objective: Objective,
    /// A round that gains no more than this weight is the last.
    pub(super) tolerance: f64,
    /// The gain that a move must exceed, as a share of the weight that it goes to or leaves, whichever is
    /// larger.
    pub(super) margin: f64,
}

/// Moves nodes until a round gains no more than the tolerance; labels stay in `0..aggregate.len()`.
///
/// Returns `None` if the computation was cancelled.
pub(super) fn move_nodes(
    aggregate: &AggregateGraph,
    criteria: MoveCriteria,
    group_of: &mut Vec<u32>,
    random: &mut SplitMix64,
    pool: &TallyPool,
    progress: &Progress,
) -> Option<()> {
    let mut state = MovingState::new(aggregate, criteria, std::mem::take(group_of));
    for _ in 0..ROUNDS_MAX {
        let mut order = state.take_waiting();
        if order.is_empty() {
            break;
        }
        // A small graph moves one node at a time: no choice is outdated, and there is no work to share.
        let is_small = aggregate.len() < SHARED_MIN;
        if is_small {
            random.shuffle(&mut order);
        } else {
            let mut runs = runs(aggregate, &order);
            random.shuffle(&mut runs);
            order = runs.concat();
        }
        let batch = if is_small { 1 } else { order.len().div_ceil(BATCH_COUNT).min(BATCH_MAX) };
        let mut gained = 0.0;
        let mut moves = Vec::new();
        for batch in order.chunks(batch) {
            if !progress.advance(batch.len() as u64) {
                return None;
            }
            state.choose(batch, &mut moves, pool);
            moves.retain_mut(|chosen_move| {
                let gain = state.apply(chosen_move);
                gained += gain.unwrap_or(0.0);
                gain.is_some()
            });
            state.mark_neighbours(&moves);
            moves.clear();
        }
        if gained <= criteria.tolerance {
            break;
        }
        state.renumber();
    }
    *group_of = state.group_of;
    progress.advance(1).then_some(())
}

/// Divides waiting nodes into runs of consecutive numbers, each until its rows have [`RUN`] links.
fn runs<'a>(aggregate: &AggregateGraph, order: &'a [u32]) -> Vec<&'a [u32]> {
    let mut runs = Vec::new();
    let (mut begin, mut positions) = (0, 0);
    for (number, &node) in order.iter().enumerate() {
        positions += aggregate.row(node).0.len();
        if positions >= RUN || number + 1 == order.len() {
            runs.push(&order[begin..=number]);
            (begin, positions) = (number + 1, 0);
        }
    }
    runs
}

/// The best move of a node: its target, its weight to the target, and its weight to the rest of its
/// community.
#[derive(Debug, Clone, Copy)]
struct Move {
    node: u32,
    to: u32,
    weight_to: f64,
    weight_from: f64,
}

/// The target of a move to an empty community.
const NEW_COMMUNITY: u32 = u32::MAX;

struct MovingState<'a> {
    aggregate: &'a AggregateGraph<'a>,
    objective: Objective,
    margin: f64,
    group_of: Vec<u32>,
    mass: Vec<f64>,
    size: Vec<u32>,
    /// Labels without nodes; some may have nodes again.
    empty: Vec<u32>,
    /// The change of the weights around a node after which it chooses again, in [`PARTS`] of the mean weight.
    ///
    /// Below 0 a node waits to choose. Threads subtract whole numbers, so their order does not matter.
    slack: Vec<AtomicI64>,
    /// In a small graph nodes choose again after any change.
    is_small: bool,
}

/// The number of whole parts into which the mean weight is divided.
const PARTS: f64 = 16.0;

impl<'a> MovingState<'a> {
    fn new(aggregate: &'a AggregateGraph<'a>, criteria: MoveCriteria, group_of: Vec<u32>) -> Self {
        let mut mass = vec![0.0; aggregate.len()];
        let mut size = vec![0; aggregate.len()];
        for (node, &group) in group_of.iter().enumerate() {
            mass[group as usize] += aggregate.mass[node];
            size[group as usize] += 1;
        }
        let empty = (0..aggregate.len() as u32).rev().filter(|group| size[*group as usize] == 0).collect();
        let slack = (0..aggregate.len()).map(|_| AtomicI64::new(-1)).collect();
        let MoveCriteria { objective, margin, .. } = criteria;
        let is_small = aggregate.len() < SHARED_MIN;
        MovingState { aggregate, objective, margin, group_of, mass, size, empty, slack, is_small }
    }

    /// Renumbers communities to `0..count`, so that sums by community are close together in memory.
    fn renumber(&mut self) {
        let used = self.size.iter().rposition(|size| *size > 0).map_or(0, |last| last + 1);
        if 2 * self.size.iter().filter(|size| **size > 0).count() > used {
            return;
        }
        let mut number = vec![0; self.size.len()];
        let mut count = 0;
        for (group, number) in number.iter_mut().enumerate() {
            if self.size[group] > 0 {
                *number = count as u32;
                self.mass[count] = self.mass[group];
                self.size[count] = self.size[group];
                count += 1;
            }
        }
        self.mass[count..].fill(0.0);
        self.size[count..].fill(0);
        self.empty = (count as u32..self.size.len() as u32).rev().collect();
        for group in &mut self.group_of {
            *group = number[*group as usize];
        }
    }

    fn take_waiting(&mut self) -> Vec<u32> {
        let nodes = self.slack.iter_mut().enumerate();
        nodes.filter_map(|(node, slack)| (*slack.get_mut() < 0).then_some(node as u32)).collect()
    }

    fn choose(&mut self, batch: &[u32], moves: &mut Vec<Move>, pool: &TallyPool) {
        let best_move = |nodes: &[u32], moves: &mut Vec<Move>| {
            pool.lend(|tally| {
                nodes.chunks(READ_AHEAD).for_each(|nodes| self.best_moves(nodes, tally, moves));
            });
        };
        if batch.len() <= CHUNK || self.positions(batch.iter().copied()) < SHARED_MIN {
            best_move(batch, moves);
            return;
        }
        let chosen: Vec<Vec<Move>> = batch
            .par_chunks(CHUNK)
            .map(|nodes| {
                let mut moves = Vec::new();
                best_move(nodes, &mut moves);
                moves
            })
            .collect();
        moves.extend(chosen.into_iter().flatten());
    }

    fn positions(&self, nodes: impl Iterator<Item = u32>) -> usize {
        nodes.map(|node| self.aggregate.row(node).0.len()).sum()
    }

    fn best_moves(&self, nodes: &[u32], tally: &mut Tally, moves: &mut Vec<Move>) {
        let mut groups = std::mem::take(&mut tally.groups);
        let mut ends = std::mem::take(&mut tally.rows);
        groups.clear();
        ends.clear();
        for &node in nodes {
            groups.extend(self.aggregate.row(node).0.iter().map(|end| self.group_of[*end as usize]));
            ends.push(groups.len());
        }
        let mut begin = 0;
        for (&node, &end) in nodes.iter().zip(&ends) {
            tally.add(groups[begin..end].iter().copied(), self.aggregate.row(node).1);
            moves.extend(self.best_move(node, tally));
            begin = end;
        }
        (tally.groups, tally.rows) = (groups, ends);
    }

    /// Returns the move with the largest gain, if it leads to another community; `tally` has the weight to
    /// each.
    #[inline]
    fn best_move(&self, node: u32, tally: &mut Tally) -> Option<Move> {
        let old = self.group_of[node as usize];
        let mass = self.aggregate.mass[node as usize];
        let cost = self.objective.penalty * mass;
        let weight_from = tally.sum_of(old);
        let stay = weight_from - cost * (self.mass[old as usize] - mass);
        let best = tally.best(old, |group, weight| weight - cost * self.mass[group as usize]);
        let least = ROUNDING * self.objective.unit;
        // Communities without links to the node gain no more than an empty one.
        let (mut to, mut weight_to, mut most, second) = if best.gain > stay + least {
            (best.group, best.weight, best.gain, best.second.max(stay).max(0.0))
        } else {
            (old, weight_from, stay, best.gain.max(0.0))
        };
        // A neighbour that moves takes its weight from one community and gives it to another.
        let margin_to_second =
            if self.is_small { 0.0 } else { (most - second).max(0.0) / (2.0 * self.objective.unit) };
        self.slack[node as usize].store((margin_to_second * PARTS) as i64, Relaxed);
        // In an empty community the gain is 0. A node stays if gains are equal.
        if most < -least {
            (to, weight_to, most) = (NEW_COMMUNITY, 0.0, 0.0);
        }
        (to != old && most - stay > self.least_gain(weight_to, weight_from)).then_some(Move {
            node,
            to,
            weight_to,
            weight_from,
        })
    }

    /// Returns the gain that a move must exceed.
    #[inline]
    fn least_gain(&self, weight_to: f64, weight_from: f64) -> f64 {
        (ROUNDING * self.objective.unit).max(self.margin * weight_to.max(weight_from))
    }

    /// Moves a node if it still gains, and returns the gain; otherwise the node waits for the next round.
    fn apply(&mut self, chosen_move: &mut Move) -> Option<f64> {
        let old = self.group_of[chosen_move.node as usize] as usize;
        let mass = self.aggregate.mass[chosen_move.node as usize];
        let cost = self.objective.penalty * mass;
        let is_singleton = self.size[old] == 1;
        let old_mass = if is_singleton { 0.0 } else { self.mass[old] - mass };
        let new_mass = if chosen_move.to == NEW_COMMUNITY { 0.0 } else { self.mass[chosen_move.to as usize] };
        let gain = (chosen_move.weight_to - cost * new_mass) - (chosen_move.weight_from - cost * old_mass);
        // Two nodes that chose each other must not exchange their communities.
        let is_emptied = chosen_move.to != NEW_COMMUNITY && self.size[chosen_move.to as usize] == 0;
        if is_emptied
            || gain <= self.least_gain(chosen_move.weight_to, chosen_move.weight_from)
            || (is_singleton && chosen_move.to == NEW_COMMUNITY)
        {
            if !is_singleton || chosen_move.to != NEW_COMMUNITY {
                *self.slack[chosen_move.node as usize].get_mut() = -1;
            }
            return None;
        }
        if chosen_move.to == NEW_COMMUNITY {
            chosen_move.to = self.empty_group();
        }
        self.size[old] -= 1;
        // The mass of an emptied community is exactly 0, whatever rounding left.
        self.mass[old] = old_mass;
        if is_singleton {
            self.empty.push(old as u32);
        }
        self.mass[chosen_move.to as usize] += mass;
        self.size[chosen_move.to as usize] += 1;
        self.group_of[chosen_move.node as usize] = chosen_move.to;
        Some(gain)
    }

    /// Returns an empty label. There is one: a node that leaves others behind shares its label with them.
    fn empty_group(&mut self) -> u32 {
        loop {
            let group = self.empty.pop().expect("fewer communities than nodes leave a label free");
            if self.size[group as usize] == 0 {
                return group;
            }
        }
    }

    /// Subtracts from the slack of the moved nodes' neighbours, except those in the same community now.
    fn mark_neighbours(&mut self, moves: &[Move]) {
        let parts = PARTS / self.objective.unit;
        let is_singleton = rayon::current_num_threads() == 1;
        if is_singleton || self.positions(moves.iter().map(|chosen_move| chosen_move.node)) < SHARED_MIN {
            for chosen_move in moves {
                self.aggregate.each_link(chosen_move.node, |neighbour, weight| {
                    if self.group_of[neighbour as usize] != chosen_move.to {
                        *self.slack[neighbour as usize].get_mut() -= (weight * parts) as i64 + 1;
                    }
                });
            }
            return;
        }
        moves.par_chunks(CHUNK).for_each(|moves| {
            for chosen_move in moves {
                self.aggregate.each_link(chosen_move.node, |neighbour, weight| {
                    if self.group_of[neighbour as usize] != chosen_move.to {
                        self.slack[neighbour as usize].fetch_sub((weight * parts) as i64 + 1, Relaxed);
                    }
                });
            }
        });
    }
}
