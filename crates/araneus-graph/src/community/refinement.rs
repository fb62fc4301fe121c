//! Refinement: within each community, start again from single nodes and merge well-connected parts.
//!
//! Traag, Waltman and van Eck 2019, algorithm A.2, `RefinePartition`. A node that is still alone joins a part of
//! its community, if both are well connected to the rest. The part is drawn with a probability in proportion to
//! `exp(gain / theta)`. In their notation gamma is the penalty, `||v||` the mass, and theta [`RANDOMNESS`].
//!
//! Communities are independent of each other here, so threads take whole communities. The links within one
//! community are first copied to a small graph.

use std::sync::Mutex;

use rayon::prelude::*;

use super::aggregate_graph::{AggregateGraph, Objective};
use super::local_moving::ROUNDING;
use super::partition::members;
use crate::random::SplitMix64;

/// The temperature of refinement, in mean link weights.
const RANDOMNESS: f64 = 0.01;
/// `exp` of a smaller number adds nothing to 1.
const NEGLIGIBLE: f64 = -40.0;
/// Marks a part that is not numbered yet.
const NONE: u32 = u32::MAX;
/// Members of small communities in one task.
const CHUNK: usize = 512;

/// Splits each of `count` communities into well-connected parts.
///
/// Returns the part of each node, and the number of parts. The parts of one community have consecutive
/// numbers.
pub(super) fn refine(
    aggregate: &AggregateGraph,
    objective: Objective,
    group_of: &[u32],
    count: usize,
    seed: u64,
) -> (Vec<u32>, usize) {
    let (starts, nodes) = members(group_of, count);
    let mut place_of = vec![0; nodes.len()];
    for (position, &node) in nodes.iter().enumerate() {
        place_of[node as usize] = position as u32;
    }
    let spare = Mutex::new(Vec::new());
    let refined: Vec<Vec<u32>> = batches(&starts)
        .into_par_iter()
        .map(|groups| {
            let free = || spare.lock().expect("no thread panics while it holds the spare buffers");
            let subgraph = free().pop();
            let mut subgraph: CommunitySubgraph = subgraph.unwrap_or_default();
            let mut parts = Vec::new();
            for group in groups {
                let range = starts[group]..starts[group + 1];
                if range.len() == 1 {
                    parts.push(0);
                } else {
                    subgraph.load(aggregate, objective, &nodes[range.clone()], &place_of, range.start);
                    subgraph.merge_all(&mut SplitMix64::new(seed, group as u64));
                    parts.extend(&subgraph.part_of);
                }
            }
            free().push(subgraph);
            parts
        })
        .collect();
    // Parts are named by one of their positions; they are numbered by their first position.
    let mut number = vec![NONE; nodes.len()];
    let mut part_count = 0;
    let mut part_of = vec![0; nodes.len()];
    let local = refined.iter().flatten();
    let mut group = 0;
    for (position, &part) in local.enumerate() {
        while position >= starts[group + 1] {
            group += 1;
        }
        let number = &mut number[starts[group] + part as usize];
        if *number == NONE {
            *number = part_count;
            part_count += 1;
        }
        part_of[nodes[position] as usize] = *number;
    }
    (part_of, part_count as usize)
}

/// Divides the communities into ranges of about [`CHUNK`] members.
fn batches(starts: &[usize]) -> Vec<std::ops::Range<usize>> {
    let mut batches = Vec::new();
    let mut first = 0;
    for group in 1..starts.len() {
        if starts[group] - starts[first] >= CHUNK || group == starts.len() - 1 {
            batches.push(first..group);
            first = group;
        }
    }
    batches
}

/// One community as a graph: its nodes are positions from 0, and its parts are named by positions.
#[derive(Default)]
struct CommunitySubgraph {
    starts: Vec<usize>,
    ends: Vec<u32>,
    weights: Vec<f64>,
    node_mass: Vec<f64>,
    mass: Vec<f64>,
    /// The weight between a part and the rest of its community.
    outside: Vec<f64>,
    part_of: Vec<u32>,
    is_single: Vec<bool>,
    order: Vec<u32>,
    sums: Vec<f64>,
    touched: Vec<u32>,
    choices: Vec<(u32, f64)>,
    penalty: f64,
    unit: f64,
    total_mass: f64,
}

impl CommunitySubgraph {
    fn load(
        &mut self,
        aggregate: &AggregateGraph,
        objective: Objective,
        nodes: &[u32],
        place_of: &[u32],
        first: usize,
    ) {
        let count = nodes.len();
        self.starts.clear();
        self.starts.push(0);
        self.outside.clear();
        let mut end = 0;
        for &node in nodes {
            let subgraph = end + aggregate.row(node).0.len();
            if self.ends.len() < subgraph {
                self.ends.resize(subgraph, 0);
                self.weights.resize(subgraph, 0.0);
            }
            let begin = end;
            aggregate.each_link(node, |neighbour, weight| {
                // Positions before the first one wrap to large numbers.
                let position = place_of[neighbour as usize].wrapping_sub(first as u32);
                // The write has no branch, which would be mispredicted often; links that leave the community
                // are overwritten.
                (self.ends[end], self.weights[end]) = (position, weight);
                end += usize::from((position as usize) < count);
            });
            self.outside.push(self.weights[begin..end].iter().sum());
            self.starts.push(end);
        }
        self.node_mass.clear();
        self.node_mass.extend(nodes.iter().map(|node| aggregate.mass[*node as usize]));
        self.total_mass = self.node_mass.iter().sum();
        self.mass.clone_from(&self.node_mass);
        self.part_of.clear();
        self.part_of.extend(0..count as u32);
        self.is_single.clear();
        self.is_single.resize(count, true);
        self.sums.resize(count.max(self.sums.len()), 0.0);
        (self.penalty, self.unit) = (objective.penalty, objective.unit);
    }

    fn merge_all(&mut self, random: &mut SplitMix64) {
        let mut order = std::mem::take(&mut self.order);
        order.clone_from(&self.part_of);
        random.shuffle(&mut order);
        for &node in &order {
            if self.is_single[node as usize] && self.is_well_connected(node) {
                self.merge(node, random);
            }
        }
        self.order = order;
    }

    /// Returns whether a part is linked to the rest of its community as strongly as the objective demands.
    fn is_well_connected(&self, part: u32) -> bool {
        let mass = self.mass[part as usize];
        let asked = self.penalty * mass * (self.total_mass - mass);
        self.outside[part as usize] >= asked - ROUNDING * self.unit
    }

    /// Merges a node that is still alone into a well-connected part, or leaves it alone.
    fn merge(&mut self, node: u32, random: &mut SplitMix64) {
        let row = self.starts[node as usize]..self.starts[node as usize + 1];
        for (&neighbour, &weight) in self.ends[row.clone()].iter().zip(&self.weights[row]) {
            let part = self.part_of[neighbour as usize];
            if self.sums[part as usize] == 0.0 {
                self.touched.push(part);
            }
            self.sums[part as usize] += weight;
        }
        let mass = self.node_mass[node as usize];
        self.choices.clear();
        // Staying alone gains nothing, and is one of the choices.
        self.choices.push((node, 0.0));
        for &part in &self.touched {
            let weight = self.sums[part as usize];
            let gain = weight - self.penalty * mass * self.mass[part as usize];
            if weight > 0.0 && gain >= 0.0 && self.is_well_connected(part) {
                self.choices.push((part, gain));
            }
        }
        let chosen = choose(&mut self.choices, RANDOMNESS * self.unit, random);
        if chosen != node {
            self.part_of[node as usize] = chosen;
            self.is_single[chosen as usize] = false;
            self.mass[chosen as usize] += mass;
            self.outside[chosen as usize] += self.outside[node as usize] - 2.0 * self.sums[chosen as usize];
        }
        for part in self.touched.drain(..) {
            self.sums[part as usize] = 0.0;
        }
    }
}

/// Draws a choice with a probability in proportion to `exp(gain / theta)`.
fn choose(choices: &mut [(u32, f64)], theta: f64, random: &mut SplitMix64) -> u32 {
    let largest_gain = choices.iter().map(|choice| choice.1).fold(0.0, f64::max);
    let mut sum = 0.0;
    for choice in choices.iter_mut() {
        let power = (choice.1 - largest_gain) / theta;
        sum += if power < NEGLIGIBLE { 0.0 } else { power.exp() };
        choice.1 = sum;
    }
    let drawn = random.unit_interval() * sum;
    choices.iter().find(|choice| choice.1 > drawn).unwrap_or(&choices[choices.len() - 1]).0
}
