//! The weighted graph on which communities are searched, and its aggregations.
//!
//! Modularity and the constant Potts model are one objective here. With e(c) the weight within community c
//! and M(c) the mass of its nodes, both maximise `sum of e(c) - penalty * M(c)^2 / 2`:
//! - modularity: mass is strength, penalty is resolution / (2 * total weight);
//! - constant Potts: mass is the number of vertices, penalty is the resolution.

use rayon::prelude::*;

use super::method::Method;
use super::partition::{compact, meet, members};
use super::tally::TallyPool;
use crate::graph::{Graph, WeightedGraph, Weights, components_within};

/// Nodes of one task; the number is fixed, so that sums do not depend on threads.
const CHUNK: usize = 1024;

/// Nodes with mass, and weighted symmetrical links between different nodes.
pub(super) struct AggregateGraph<'a> {
    rows: AggregateRows<'a>,
    pub(super) mass: Vec<f64>,
    /// The weight of links within nodes, counted twice as in rows.
    internal: f64,
}

enum AggregateRows<'a> {
    /// The simple graph itself, not copied; without weights each link weighs 1.
    Whole(&'a Graph, Option<&'a Weights>),
    /// Rows with possible gaps between them.
    Aggregated { spans: Vec<std::ops::Range<usize>>, ends: Vec<u32>, weights: Vec<f64> },
}

/// The penalty of mass, and the scale of weights.
#[derive(Debug, Clone, Copy)]
pub(super) struct Objective {
    pub(super) penalty: f64,
    /// The mean weight of a link; 1 without links.
    pub(super) unit: f64,
    /// The weight of all links.
    pub(super) total: f64,
}

impl AggregateGraph<'_> {
    /// Reads the simple graph as nodes with the mass of the method.
    pub(super) fn new(
        weighted_graph: &WeightedGraph,
        method: Method,
        resolution: f64,
    ) -> (AggregateGraph<'_>, Objective) {
        let (graph, weights) = (weighted_graph.simple(), weighted_graph.simple_weights());
        let given = weights.are_given().then_some(weights);
        let strengths = strengths(graph, given);
        let twice: f64 = strengths.iter().sum();
        let positions: usize = graph.vertices().map(|vertex| graph.outgoing(vertex).len()).sum();
        let penalty = match method {
            Method::LeidenCpm => resolution,
            _ if twice > 0.0 => resolution / twice,
            _ => 0.0,
        };
        let unit = if twice > 0.0 { twice / positions as f64 } else { 1.0 };
        let mass = if method == Method::LeidenCpm { vec![1.0; strengths.len()] } else { strengths };
        (
            AggregateGraph { rows: AggregateRows::Whole(graph, given), mass, internal: 0.0 },
            Objective { penalty, unit, total: twice / 2.0 },
        )
    }

    pub(super) fn len(&self) -> usize {
        self.mass.len()
    }

    /// Returns the graph with its nodes in another order; nodes that are left out have no links.
    pub(super) fn in_order(&self, order: &[u32]) -> AggregateGraph<'static> {
        let mut position = vec![0; self.len()];
        for (number, node) in (0_u32..).zip(order) {
            position[*node as usize] = number;
        }
        let lengths = order.iter().map(|node| self.row(*node).0.len());
        let spans: Vec<_> = lengths
            .scan(0, |begin, length| {
                let span = *begin..*begin + length;
                *begin = span.end;
                Some(span)
            })
            .collect();
        let mut ends = Vec::with_capacity(spans.last().map_or(0, |span| span.end));
        let mut weights = Vec::new();
        for &node in order {
            let row = self.row(node);
            ends.extend(row.0.iter().map(|end| position[*end as usize]));
            weights.extend_from_slice(row.1);
        }
        let mass = order.iter().map(|node| self.mass[*node as usize]).collect();
        AggregateGraph {
            rows: AggregateRows::Aggregated { spans, ends, weights },
            mass,
            internal: self.internal,
        }
    }

    /// Returns the links of a node: other ends, and weights, or no weights if each link weighs 1.
    #[inline]
    pub(super) fn row(&self, node: u32) -> (&[u32], &[f64]) {
        match &self.rows {
            AggregateRows::Whole(graph, None) => (graph.outgoing(node), &[]),
            AggregateRows::Whole(graph, Some(weights)) => {
                (graph.outgoing(node), weights.outgoing(graph, node))
            }
            AggregateRows::Aggregated { spans, ends, weights } => {
                let span = spans[node as usize].clone();
                (&ends[span.clone()], weights.get(span).unwrap_or_default())
            }
        }
    }

    /// Visits the links of a node: the other end and the weight.
    #[inline]
    pub(super) fn each_link(&self, node: u32, mut visit: impl FnMut(u32, f64)) {
        let (ends, weights) = self.row(node);
        if weights.is_empty() {
            for &end in ends {
                visit(end, 1.0);
            }
        } else {
            for (&end, &weight) in ends.iter().zip(weights) {
                visit(end, weight);
            }
        }
    }

    /// Makes each of the `count` groups of `group_of` one node.
    pub(super) fn aggregate(
        &self,
        group_of: &[u32],
        count: usize,
        pool: &TallyPool,
    ) -> AggregateGraph<'static> {
        let (starts, nodes) = members(group_of, count);
        let capacity: Vec<usize> = starts
            .par_windows(2)
            .map(|range| nodes[range[0]..range[1]].iter().map(|node| self.row(*node).0.len()).sum())
            .collect();
        // Each row is written where it certainly fits. Memory that is never touched costs nothing.
        let positions = capacity.iter().sum();
        let (mut ends, mut weights) = (vec![0; positions], vec![0.0; positions]);
        let (mut free_ends, mut free_weights) = (ends.as_mut_slice(), weights.as_mut_slice());
        let mut first = 0;
        let mut tasks = Vec::new();
        for (chunk, capacity) in capacity.chunks(CHUNK).enumerate() {
            let capacity: usize = capacity.iter().sum();
            let (ends, rest_of_ends) = free_ends.split_at_mut(capacity);
            let (weights, rest_of_weights) = free_weights.split_at_mut(capacity);
            (free_ends, free_weights) = (rest_of_ends, rest_of_weights);
            tasks.push((chunk * CHUNK..count.min((chunk + 1) * CHUNK), first, ends, weights));
            first += capacity;
        }
        let merge =
            |(groups, first, ends, weights): (std::ops::Range<usize>, usize, &mut [u32], &mut [f64])| {
                let (mut spans, mut mass) =
                    (Vec::with_capacity(groups.len()), Vec::with_capacity(groups.len()));
                let (mut position, mut internal) = (0, 0.0);
                pool.lend(|tally| {
                    for group in groups {
                        let nodes = &nodes[starts[group]..starts[group + 1]];
                        for &node in nodes {
                            tally.add_row(self.row(node), group_of);
                        }
                        mass.push(nodes.iter().map(|node| self.mass[*node as usize]).sum::<f64>());
                        let begin = position;
                        tally.drain(|other, weight| {
                            if other as usize == group {
                                internal += weight;
                            } else {
                                (ends[position], weights[position]) = (other, weight);
                                position += 1;
                            }
                        });
                        spans.push(first + begin..first + position);
                    }
                });
                (spans, mass, internal)
            };
        let merged: Vec<_> = tasks.into_par_iter().map(merge).collect();
        let internal = self.internal + merged.iter().map(|part| part.2).sum::<f64>();
        let mass = merged.iter().flat_map(|part| part.1.iter().copied()).collect();
        let spans = merged.into_iter().flat_map(|part| part.0).collect();
        AggregateGraph { rows: AggregateRows::Aggregated { spans, ends, weights }, mass, internal }
    }

    /// Returns the objective of a grouping, links counted once.
    pub(super) fn quality(&self, group_of: &[u32], objective: Objective) -> f64 {
        let mut mass = vec![0.0; group_of.iter().max().map_or(0, |most| *most as usize + 1)];
        for (node, &group) in group_of.iter().enumerate() {
            mass[group as usize] += self.mass[node];
        }
        let sums: Vec<f64> = group_of
            .par_chunks(CHUNK)
            .enumerate()
            .map(|(chunk, groups)| {
                let mut within = 0.0;
                for (node, &group) in ((chunk * CHUNK) as u32..).zip(groups) {
                    self.each_link(node, |neighbour, weight| {
                        within += if group_of[neighbour as usize] == group { weight } else { 0.0 };
                    });
                }
                within
            })
            .collect();
        let cost: f64 = mass.iter().map(|mass| mass * mass).sum();
        (self.internal + sums.iter().sum::<f64>() - objective.penalty * cost) / 2.0
    }

    /// Splits groups into their connected components, which never lowers the objective.
    pub(super) fn connected_groups(&self, group_of: &[u32]) -> Vec<u32> {
        let (group_of, _) = compact(group_of);
        compact(&components_within(|node| self.row(node).0, &group_of)).0
    }

    /// Returns the connected components of the intersections of parts and groups.
    pub(super) fn connected_within(&self, part_of: &[u32], group_of: &[u32]) -> Vec<u32> {
        self.connected_groups(&meet(part_of, group_of))
    }
}

fn strengths(graph: &Graph, weights: Option<&Weights>) -> Vec<f64> {
    let strength = |vertex: u32| match weights {
        None => graph.outgoing(vertex).len() as f64,
        Some(weights) => weights.outgoing(graph, vertex).iter().sum(),
    };
    graph.vertices().into_par_iter().map(strength).collect()
}
