//! Local moving: every node goes to the neighbouring community that gains most.
//!
//! Ozaki, Tezuka and Inaba 2016; Traag, Waltman and van Eck 2019: after the first
//! round only the neighbours of a node that moved, outside its community, are looked
//! at again. A node may also leave for an empty community.
//!
//! Nodes are taken in seeded random batches. The nodes of a batch choose at the same
//! time, by what held before it, so threads may share the work and no bit depends on
//! them; then they move one after the other, each if it still gains by the masses of
//! that moment. Batches hold a small share of the nodes, so two that choose at once are
//! seldom neighbours, and those that are look again in the next round.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use rayon::prelude::*;

use super::net::{Net, Objective};
use super::random::Quick;
use super::tally::{Pool, Tally};
use crate::watch::Watch;

/// Gains below this share of the mean link weight are rounding, and move nothing.
pub(super) const ROUNDING: f64 = 1e-10;
/// A round is cut into this many batches, if it has as many nodes.
const BATCHES: usize = 128;
const BATCH_MAX: usize = 1 << 16;
/// Fewer places in rows than this are not worth waking a thread for.
const SHARED_MIN: usize = 1 << 13;
/// Nodes given to a thread at once.
const CHUNK: usize = 128;
const ROUNDS_MAX: usize = 100;

/// Moves nodes until a round gains no more than `enough`, in weight; labels stay in `0..net.len()`.
///
/// `None` means that the watch said stop.
pub(super) fn move_nodes(
    net: &Net,
    objective: Objective,
    group_of: &mut Vec<u32>,
    enough: f64,
    random: &mut Quick,
    pool: &Pool,
    watch: &Watch,
) -> Option<()> {
    let mut state = State::new(net, objective, std::mem::take(group_of));
    for _ in 0..ROUNDS_MAX {
        let mut order = state.take_waiting();
        if order.is_empty() {
            break;
        }
        random.shuffle(&mut order);
        let mut gained = 0.0;
        let mut moves = Vec::new();
        for batch in order.chunks(order.len().div_ceil(BATCHES).min(BATCH_MAX)) {
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
        if gained <= enough {
            break;
        }
        state.close_ranks();
    }
    *group_of = state.group_of;
    watch.step(1).then_some(())
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
    group_of: Vec<u32>,
    mass: Vec<f64>,
    size: Vec<u32>,
    /// Labels without nodes; some may have been filled again.
    empty: Vec<u32>,
    /// Set from several threads, always to true and never while it is read.
    is_waiting: Vec<AtomicBool>,
}

impl<'a> State<'a> {
    fn new(net: &'a Net<'a>, objective: Objective, group_of: Vec<u32>) -> Self {
        let mut mass = vec![0.0; net.len()];
        let mut size = vec![0; net.len()];
        for (node, &group) in group_of.iter().enumerate() {
            mass[group as usize] += net.mass[node];
            size[group as usize] += 1;
        }
        let empty = (0..net.len() as u32).rev().filter(|group| size[*group as usize] == 0).collect();
        let is_waiting = (0..net.len()).map(|_| AtomicBool::new(true)).collect();
        State { net, objective, group_of, mass, size, empty, is_waiting }
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
        let waiting = self.is_waiting.iter_mut().enumerate();
        waiting.filter_map(|(node, is)| std::mem::take(is.get_mut()).then_some(node as u32)).collect()
    }

    fn choose(&mut self, batch: &[u32], moves: &mut Vec<Move>, pool: &Pool) {
        for &node in batch {
            *self.is_waiting[node as usize].get_mut() = false;
        }
        let wish = |nodes: &[u32], moves: &mut Vec<Move>| {
            pool.lend(|near| moves.extend(nodes.iter().filter_map(|node| self.wish(*node, near))));
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

    /// Finds the community that gains a node most, if that is not its own.
    #[inline]
    fn wish(&self, node: u32, near: &mut Tally) -> Option<Move> {
        let old = self.group_of[node as usize];
        let mass = self.net.mass[node as usize];
        let cost = self.objective.penalty * mass;
        near.add_row(self.net.row(node), &self.group_of);
        let lost = near.of(old);
        let (mut to, mut won) = (old, lost);
        let mut most = lost - cost * (self.mass[old as usize] - mass);
        let least = ROUNDING * self.objective.unit;
        near.drain(|group, weight| {
            let gain = weight - cost * self.mass[group as usize];
            // In its own community the node's own mass would count against it.
            if gain > most + least && group != old {
                (to, won, most) = (group, weight, gain);
            }
        });
        // Alone in an empty community the gain is 0; staying wins ties.
        if most < -least {
            return Some(Move { node, to: ALONE, won: 0.0, lost });
        }
        (to != old).then_some(Move { node, to, won, lost })
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
        if gain <= ROUNDING * self.objective.unit || (is_alone && one.to == ALONE) {
            *self.is_waiting[one.node as usize].get_mut() = !is_alone || one.to != ALONE;
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

    fn wake_neighbours(&self, moves: &[Move]) {
        let wake = |one: &Move| {
            for &near in self.net.row(one.node).0 {
                if self.group_of[near as usize] != one.to {
                    self.is_waiting[near as usize].store(true, Relaxed);
                }
            }
        };
        if self.places(moves.iter().map(|one| one.node)) < SHARED_MIN {
            moves.iter().for_each(wake);
        } else {
            moves.par_chunks(CHUNK).for_each(|moves| moves.iter().for_each(wake));
        }
    }
}
