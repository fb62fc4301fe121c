//! Local moving: every node goes to the neighbouring community that gains most.
//!
//! Ozaki, Tezuka and Inaba 2016; Traag, Waltman and van Eck 2019: after the first
//! round only the neighbours of a node that moved, outside its community, are looked
//! at again. A node may also leave for an empty community.
//!
//! Nodes are taken in seeded random batches of short runs. The nodes of a batch choose at the same
//! time, by what held before it, so threads may share the work and no bit depends on
//! them; then they move one after the other, each if it still gains by the masses of
//! that moment. Batches hold a small share of the nodes, so two that choose at once are
//! seldom neighbours, and those that are look again in the next round.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use rayon::prelude::*;

use super::net::{Net, Objective};
use super::tally::{Pool, Tally};
use crate::progress::Watch;
use crate::random::SplitMix64;

/// Gains below this share of the mean link weight are rounding, and move nothing.
pub(super) const ROUNDING: f64 = 1e-10;
/// A round is cut into this many batches, if it has as many nodes.
const BATCHES: usize = 128;
const BATCH_MAX: usize = 1 << 16;
/// Fewer places in rows than this are not worth waking a thread for.
const SHARED_MIN: usize = 1 << 13;
/// Neighbours by number stay together in the order of a round until their rows have so many places: rows are
/// read as they stand, and nodes of many links, which are often neighbours, choose apart.
const RUN: usize = 64;
/// Nodes given to a thread at once.
const CHUNK: usize = 128;
/// So many nodes' rows are read at once, before any is looked at: reads do not wait for choices.
const TOGETHER: usize = 32;
const ROUNDS_MAX: usize = 100;

/// What is a gain, and how much of it is worth a move and a round.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub(super) objective: Objective,
    /// A round that gains no more, in weight, is the last.
    pub(super) enough: f64,
    /// A move gains more than this share of the ties it goes to or leaves, whichever weigh more.
    pub(super) margin: f64,
}

/// Moves nodes until a round gains no more than enough; labels stay in `0..net.len()`.
///
/// `None` means that the watch said stop.
pub(super) fn move_nodes(
    net: &Net,
    terms: Terms,
    group_of: &mut Vec<u32>,
    random: &mut SplitMix64,
    pool: &Pool,
    watch: &Watch,
) -> Option<()> {
    let mut state = State::new(net, terms, std::mem::take(group_of));
    for _ in 0..ROUNDS_MAX {
        let mut order = state.take_waiting();
        if order.is_empty() {
            break;
        }
        // One at a time on a small net: no wish is stale, and there is nothing to share.
        let is_small = net.len() < SHARED_MIN;
        if is_small {
            random.shuffle(&mut order);
        } else {
            let mut runs = runs(net, &order);
            random.shuffle(&mut runs);
            order = runs.concat();
        }
        let batch = if is_small { 1 } else { order.len().div_ceil(BATCHES).min(BATCH_MAX) };
        let mut gained = 0.0;
        let mut moves = Vec::new();
        for batch in order.chunks(batch) {
            if !watch.step(batch.len() as u64) {
                return None;
            }
            state.choose(batch, &mut moves, pool);
            moves.retain_mut(|one| {
                let gain = state.apply(one);
                gained += gain.unwrap_or(0.0);
                gain.is_some()
            });
            state.wake_neighbours(&moves);
            moves.clear();
        }
        if gained <= terms.enough {
            break;
        }
        state.close_ranks();
    }
    *group_of = state.group_of;
    watch.step(1).then_some(())
}

/// Cuts nodes that wait into runs of neighbours by number, each until its rows have [`RUN`] places.
fn runs<'a>(net: &Net, order: &'a [u32]) -> Vec<&'a [u32]> {
    let mut runs = Vec::new();
    let (mut begin, mut places) = (0, 0);
    for (number, &node) in order.iter().enumerate() {
        places += net.row(node).0.len();
        if places >= RUN || number + 1 == order.len() {
            runs.push(&order[begin..=number]);
            (begin, places) = (number + 1, 0);
        }
    }
    runs
}

/// A wish: a node, where to, and its weight to there and to the rest of where it is.
#[derive(Debug, Clone, Copy)]
struct Move {
    node: u32,
    to: u32,
    won: f64,
    lost: f64,
}

/// The wish to go to an empty community.
const ALONE: u32 = u32::MAX;

struct State<'a> {
    net: &'a Net<'a>,
    objective: Objective,
    margin: f64,
    group_of: Vec<u32>,
    mass: Vec<f64>,
    size: Vec<u32>,
    /// Labels without nodes; some may have been filled again.
    empty: Vec<u32>,
    /// How much the ties around a node may change before it looks again, in [`PARTS`] of the mean weight.
    ///
    /// Below 0 a node waits to be looked at. Threads take from it in any order: sums of whole numbers.
    patience: Vec<AtomicI64>,
    /// Nodes of a small net look again after any change.
    is_small: bool,
}

/// Weights are counted in this many parts of the mean weight where they are counted whole.
const PARTS: f64 = 16.0;

impl<'a> State<'a> {
    fn new(net: &'a Net<'a>, terms: Terms, group_of: Vec<u32>) -> Self {
        let mut mass = vec![0.0; net.len()];
        let mut size = vec![0; net.len()];
        for (node, &group) in group_of.iter().enumerate() {
            mass[group as usize] += net.mass[node];
            size[group as usize] += 1;
        }
        let empty = (0..net.len() as u32).rev().filter(|group| size[*group as usize] == 0).collect();
        let patience = (0..net.len()).map(|_| AtomicI64::new(-1)).collect();
        let Terms { objective, margin, .. } = terms;
        let is_small = net.len() < SHARED_MIN;
        State { net, objective, margin, group_of, mass, size, empty, patience, is_small }
    }

    /// Renumbers communities to `0..count`, so that sums by community stand close in memory.
    fn close_ranks(&mut self) {
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
        let nodes = self.patience.iter_mut().enumerate();
        nodes.filter_map(|(node, patience)| (*patience.get_mut() < 0).then_some(node as u32)).collect()
    }

    fn choose(&mut self, batch: &[u32], moves: &mut Vec<Move>, pool: &Pool) {
        let wish = |nodes: &[u32], moves: &mut Vec<Move>| {
            pool.lend(|near| nodes.chunks(TOGETHER).for_each(|nodes| self.wishes(nodes, near, moves)));
        };
        if batch.len() <= CHUNK || self.places(batch.iter().copied()) < SHARED_MIN {
            wish(batch, moves);
            return;
        }
        let wished: Vec<Vec<Move>> = batch
            .par_chunks(CHUNK)
            .map(|nodes| {
                let mut moves = Vec::new();
                wish(nodes, &mut moves);
                moves
            })
            .collect();
        moves.extend(wished.into_iter().flatten());
    }

    fn places(&self, nodes: impl Iterator<Item = u32>) -> usize {
        nodes.map(|node| self.net.row(node).0.len()).sum()
    }

    fn wishes(&self, nodes: &[u32], near: &mut Tally, moves: &mut Vec<Move>) {
        let mut groups = std::mem::take(&mut near.groups);
        let mut ends = std::mem::take(&mut near.rows);
        groups.clear();
        ends.clear();
        for &node in nodes {
            groups.extend(self.net.row(node).0.iter().map(|end| self.group_of[*end as usize]));
            ends.push(groups.len());
        }
        let mut begin = 0;
        for (&node, &end) in nodes.iter().zip(&ends) {
            near.add(groups[begin..end].iter().copied(), self.net.row(node).1);
            moves.extend(self.wish(node, near));
            begin = end;
        }
        (near.groups, near.rows) = (groups, ends);
    }

    /// Finds the community that gains a node most, if that is not its own, by its ties to each.
    #[inline]
    fn wish(&self, node: u32, near: &mut Tally) -> Option<Move> {
        let old = self.group_of[node as usize];
        let mass = self.net.mass[node as usize];
        let cost = self.objective.penalty * mass;
        let lost = near.of(old);
        let stay = lost - cost * (self.mass[old as usize] - mass);
        let best = near.best(old, |group, weight| weight - cost * self.mass[group as usize]);
        let least = ROUNDING * self.objective.unit;
        // Groups without ties to the node gain no more than an empty one.
        let (mut to, mut won, mut most, second) = if best.gain > stay + least {
            (best.group, best.weight, best.gain, best.second.max(stay).max(0.0))
        } else {
            (old, lost, stay, best.gain.max(0.0))
        };
        // A neighbour that moves takes its weight from one community and gives it to another.
        let gap = if self.is_small { 0.0 } else { (most - second).max(0.0) / (2.0 * self.objective.unit) };
        self.patience[node as usize].store((gap * PARTS) as i64, Relaxed);
        // Alone in an empty community the gain is 0; staying wins ties.
        if most < -least {
            (to, won, most) = (ALONE, 0.0, 0.0);
        }
        (to != old && most - stay > self.least_gain(won, lost)).then_some(Move { node, to, won, lost })
    }

    /// Returns what a move must gain more than.
    #[inline]
    fn least_gain(&self, won: f64, lost: f64) -> f64 {
        (ROUNDING * self.objective.unit).max(self.margin * won.max(lost))
    }

    /// Moves a node if it still gains, and says how much; else it waits for the next round.
    fn apply(&mut self, one: &mut Move) -> Option<f64> {
        let old = self.group_of[one.node as usize] as usize;
        let mass = self.net.mass[one.node as usize];
        let cost = self.objective.penalty * mass;
        let is_alone = self.size[old] == 1;
        let beside = if is_alone { 0.0 } else { self.mass[old] - mass };
        let there = if one.to == ALONE { 0.0 } else { self.mass[one.to as usize] };
        let gain = (one.won - cost * there) - (one.lost - cost * beside);
        // Two that chose each other must not change places.
        let is_gone = one.to != ALONE && self.size[one.to as usize] == 0;
        if is_gone || gain <= self.least_gain(one.won, one.lost) || (is_alone && one.to == ALONE) {
            if !is_alone || one.to != ALONE {
                *self.patience[one.node as usize].get_mut() = -1;
            }
            return None;
        }
        if one.to == ALONE {
            one.to = self.empty_group();
        }
        self.size[old] -= 1;
        // Exactly nothing, whatever rounding left.
        self.mass[old] = beside;
        if is_alone {
            self.empty.push(old as u32);
        }
        self.mass[one.to as usize] += mass;
        self.size[one.to as usize] += 1;
        self.group_of[one.node as usize] = one.to;
        Some(gain)
    }

    /// There is one: a node that leaves others behind shares a label with them.
    fn empty_group(&mut self) -> u32 {
        loop {
            let group = self.empty.pop().expect("fewer communities than nodes leave a label free");
            if self.size[group as usize] == 0 {
                return group;
            }
        }
    }

    /// Takes from the patience of the neighbours of those that moved, but for those in the same community now.
    fn wake_neighbours(&mut self, moves: &[Move]) {
        let parts = PARTS / self.objective.unit;
        let is_alone = rayon::current_num_threads() == 1;
        if is_alone || self.places(moves.iter().map(|one| one.node)) < SHARED_MIN {
            for one in moves {
                self.net.each_link(one.node, |near, weight| {
                    if self.group_of[near as usize] != one.to {
                        *self.patience[near as usize].get_mut() -= (weight * parts) as i64 + 1;
                    }
                });
            }
            return;
        }
        moves.par_chunks(CHUNK).for_each(|moves| {
            for one in moves {
                self.net.each_link(one.node, |near, weight| {
                    if self.group_of[near as usize] != one.to {
                        self.patience[near as usize].fetch_sub((weight * parts) as i64 + 1, Relaxed);
                    }
                });
            }
        });
    }
}
