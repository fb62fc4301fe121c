//! Fast local moving: every node goes to the neighbouring community that gains most.
//!
//! Ozaki, Tezuka and Inaba 2016; Traag, Waltman and van Eck 2019: nodes wait in a
//! queue, and only the neighbours of a node that moved, outside its community,
//! queue again. A node may also leave for an empty community.

use std::collections::VecDeque;

use rand_chacha::ChaCha8Rng;

use super::net::{Net, Objective, Tally};
use super::random;
use crate::watch::Watch;

/// Gains below this share of the mean link weight are rounding, and move nothing.
pub(super) const ROUNDING: f64 = 1e-10;

/// Moves nodes until none gains by moving; labels stay in `0..net.len()`.
///
/// `None` means that the watch said stop; the quality never falls.
pub(super) fn move_nodes(
    net: &Net,
    objective: Objective,
    group_of: &mut [u32],
    random: &mut ChaCha8Rng,
    watch: &Watch,
) -> Option<()> {
    let mut state = State::new(net, group_of);
    let mut queue: VecDeque<u32> = random::order(random, net.len()).into();
    let mut is_waiting = vec![true; net.len()];
    let mut visits = 0_u32;
    while let Some(node) = queue.pop_front() {
        is_waiting[node as usize] = false;
        visits = visits.wrapping_add(1);
        if visits.is_multiple_of(4096) && !watch.step(4096) {
            return None;
        }
        let old = group_of[node as usize];
        let best = state.best_group(net, objective, group_of, node);
        if best == old {
            continue;
        }
        group_of[node as usize] = best;
        for (near, _) in net.row(node) {
            if group_of[near as usize] != best && !is_waiting[near as usize] {
                is_waiting[near as usize] = true;
                queue.push_back(near);
            }
        }
    }
    watch.step(1).then_some(())
}

struct State {
    mass: Vec<f64>,
    size: Vec<u32>,
    /// Labels without nodes; some may have been filled again.
    empty: Vec<u32>,
    near: Tally,
}

impl State {
    fn new(net: &Net, group_of: &[u32]) -> Self {
        let mut state = State {
            mass: vec![0.0; net.len()],
            size: vec![0; net.len()],
            empty: Vec::new(),
            near: Tally::new(net.len()),
        };
        for (node, &group) in group_of.iter().enumerate() {
            state.mass[group as usize] += net.mass[node];
            state.size[group as usize] += 1;
        }
        state.empty.extend((0..net.len() as u32).rev().filter(|group| state.size[*group as usize] == 0));
        state
    }

    /// Finds the best community for a node and counts it there.
    fn best_group(&mut self, net: &Net, objective: Objective, group_of: &[u32], node: u32) -> u32 {
        let old = group_of[node as usize];
        let mass = net.mass[node as usize];
        for (near, weight) in net.row(node) {
            self.near.add(group_of[near as usize], weight);
        }
        self.take(old, mass);
        let gain = |state: &State, group: u32| {
            state.near.of(group) - objective.penalty * mass * state.mass[group as usize]
        };
        // Alone in an empty community the gain is 0; staying wins ties.
        let (mut best, mut most) = (old, gain(self, old));
        let least = ROUNDING * objective.unit;
        for &group in &self.near.touched {
            let here = gain(self, group);
            if here > most + least {
                (best, most) = (group, here);
            }
        }
        if most < -least
            && let Some(empty) = self.empty_group()
        {
            best = empty;
        }
        self.near.clear();
        self.mass[best as usize] += mass;
        self.size[best as usize] += 1;
        best
    }

    fn take(&mut self, group: u32, mass: f64) {
        self.size[group as usize] -= 1;
        if self.size[group as usize] == 0 {
            // Exactly nothing, whatever rounding left.
            self.mass[group as usize] = 0.0;
            self.empty.push(group);
        } else {
            self.mass[group as usize] -= mass;
        }
    }

    fn empty_group(&mut self) -> Option<u32> {
        while let Some(&group) = self.empty.last() {
            if self.size[group as usize] == 0 {
                return Some(group);
            }
            self.empty.pop();
        }
        None
    }
}
