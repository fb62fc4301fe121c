//! The weighted net that communities are sought on, and its coarser versions.
//!
//! Modularity and the constant Potts model are one objective here. With e(c) the
//! weight within community c and M(c) the mass of its nodes both maximise
//! `sum of e(c) - penalty * M(c)^2 / 2`:
//! - modularity: mass is strength, penalty is resolution / (2 * total weight);
//! - constant Potts: mass is the number of vertices, penalty is the resolution.

use crate::graph::Shape;

use super::{Method, partition::compact};

/// Nodes with mass, and weighted symmetrical links between different nodes.
#[derive(Debug, Clone)]
pub(super) struct Net {
    starts: Vec<usize>,
    ends: Vec<u32>,
    weights: Vec<f64>,
    pub(super) mass: Vec<f64>,
}

/// What mass costs, and the scale below which gains are rounding.
#[derive(Debug, Clone, Copy)]
pub(super) struct Objective {
    pub(super) penalty: f64,
    /// The mean weight of a link, 1 where there is none.
    pub(super) unit: f64,
}

impl Net {
    /// Reads the simple graph as nodes of the method's mass.
    pub(super) fn new(shape: &Shape, method: Method, resolution: f64) -> (Net, Objective) {
        let (graph, weights) = (shape.simple(), shape.simple_weights());
        let mut net = Net { starts: vec![0], ends: Vec::new(), weights: Vec::new(), mass: Vec::new() };
        let mut total = 0.0;
        for vertex in graph.vertices() {
            let row = weights.outgoing(graph, vertex);
            let strength: f64 = row.iter().sum();
            total += strength;
            net.ends.extend(graph.outgoing(vertex));
            net.weights.extend(row);
            net.starts.push(net.ends.len());
            net.mass.push(if method == Method::LeidenCpm { 1.0 } else { strength });
        }
        let penalty = match method {
            Method::LeidenCpm => resolution,
            _ if total > 0.0 => resolution / total,
            _ => 0.0,
        };
        let unit = if total > 0.0 { total / net.ends.len() as f64 } else { 1.0 };
        (net, Objective { penalty, unit })
    }

    pub(super) fn len(&self) -> usize {
        self.mass.len()
    }

    /// Returns the links of a node: other ends and weights.
    pub(super) fn row(&self, node: u32) -> impl Iterator<Item = (u32, f64)> + '_ {
        let range = self.starts[node as usize]..self.starts[node as usize + 1];
        self.ends[range.clone()].iter().copied().zip(self.weights[range].iter().copied())
    }

    /// Makes each of the `count` groups of `group_of` one node.
    pub(super) fn coarse(&self, group_of: &[u32], count: usize) -> Net {
        let (starts, members) = members(group_of, count);
        let mut coarse = Net { starts: vec![0], ends: Vec::new(), weights: Vec::new(), mass: Vec::new() };
        let mut tally = Tally::new(count);
        for group in 0..count {
            let mut mass = 0.0;
            for &node in &members[starts[group]..starts[group + 1]] {
                mass += self.mass[node as usize];
                for (near, weight) in self.row(node) {
                    let other = group_of[near as usize];
                    if other as usize != group {
                        tally.add(other, weight);
                    }
                }
            }
            tally.touched.sort_unstable();
            coarse.ends.extend(&tally.touched);
            coarse.weights.extend(tally.touched.iter().map(|other| tally.of(*other)));
            coarse.starts.push(coarse.ends.len());
            coarse.mass.push(mass);
            tally.clear();
        }
        coarse
    }

    /// Returns the objective of a grouping, links counted once.
    pub(super) fn quality(&self, group_of: &[u32], objective: Objective) -> f64 {
        let mut mass = vec![0.0; group_of.iter().max().map_or(0, |most| *most as usize + 1)];
        let mut within = 0.0;
        for node in 0..self.len() as u32 {
            let group = group_of[node as usize];
            mass[group as usize] += self.mass[node as usize];
            let same = self.row(node).filter(|(near, _)| group_of[*near as usize] == group);
            within += same.map(|(_, weight)| weight).sum::<f64>();
        }
        let cost: f64 = mass.iter().map(|mass| mass * mass).sum();
        (within - objective.penalty * cost) / 2.0
    }

    /// Splits groups that do not hang together, which never lowers the objective.
    pub(super) fn connected_groups(&self, group_of: &[u32]) -> Vec<u32> {
        const UNSEEN: u32 = u32::MAX;
        let mut piece = vec![UNSEEN; self.len()];
        let mut waiting = Vec::new();
        for root in 0..self.len() as u32 {
            if piece[root as usize] != UNSEEN {
                continue;
            }
            piece[root as usize] = root;
            waiting.push(root);
            while let Some(node) = waiting.pop() {
                for (near, _) in self.row(node) {
                    if piece[near as usize] == UNSEEN && group_of[near as usize] == group_of[node as usize] {
                        piece[near as usize] = root;
                        waiting.push(near);
                    }
                }
            }
        }
        compact(&piece).0
    }
}

/// Lists the nodes of each group: group `g` is `nodes[starts[g]..starts[g + 1]]`, ascending.
pub(super) fn members(group_of: &[u32], count: usize) -> (Vec<usize>, Vec<u32>) {
    let mut starts = vec![0; count + 1];
    for &group in group_of {
        starts[group as usize + 1] += 1;
    }
    for group in 0..count {
        starts[group + 1] += starts[group];
    }
    let mut free = starts.clone();
    let mut nodes = vec![0; group_of.len()];
    for (node, &group) in group_of.iter().enumerate() {
        nodes[free[group as usize]] = node as u32;
        free[group as usize] += 1;
    }
    (starts, nodes)
}

/// Sums by group that can be cleared without touching every group.
pub(super) struct Tally {
    sums: Vec<f64>,
    is_touched: Vec<bool>,
    pub(super) touched: Vec<u32>,
}

impl Tally {
    pub(super) fn new(groups: usize) -> Self {
        Self { sums: vec![0.0; groups], is_touched: vec![false; groups], touched: Vec::new() }
    }

    pub(super) fn add(&mut self, group: u32, weight: f64) {
        if !self.is_touched[group as usize] {
            self.is_touched[group as usize] = true;
            self.touched.push(group);
        }
        self.sums[group as usize] += weight;
    }

    pub(super) fn of(&self, group: u32) -> f64 {
        self.sums[group as usize]
    }

    pub(super) fn clear(&mut self) {
        for group in self.touched.drain(..) {
            self.sums[group as usize] = 0.0;
            self.is_touched[group as usize] = false;
        }
    }
}
