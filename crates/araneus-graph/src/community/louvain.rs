//! Louvain: move nodes, make each community one node, and repeat; a baseline for Leiden.
//!
//! Blondel, Guillaume, Lambiotte and Lefebvre 2008, Fast unfolding of communities in large networks. There
//! are as many seeded runs as for Leiden; the best is kept, the first of equal ones. Communities may be
//! disconnected, a known fault that Leiden repairs.

use rayon::prelude::*;

use super::aggregate_graph::{AggregateGraph, Objective};
use super::local_moving::{MoveCriteria, move_nodes};
use super::method::{DetectionConfig, runs};
use super::partition::{Partition, compact, levels};
use super::tally::TallyPool;
use crate::graph::WeightedGraph;
use crate::progress::Progress;
use crate::random::SplitMix64;

/// Finds nested communities, the result first.
pub(super) fn find(
    weighted_graph: &WeightedGraph,
    config: &DetectionConfig,
    progress: &Progress,
) -> Option<Vec<Partition>> {
    let (aggregate, objective) = AggregateGraph::new(weighted_graph, config.method, config.resolution);
    let pool = TallyPool::new(aggregate.len());
    let done: Option<Vec<(f64, Vec<Vec<u32>>)>> = (0..runs(weighted_graph, config))
        .into_par_iter()
        .map(|stream| {
            let levels_found =
                run(&aggregate, objective, &mut SplitMix64::new(config.seed, stream), &pool, progress)?;
            Some((aggregate.quality(&levels_found[0], objective), levels_found))
        })
        .collect();
    let best = done?.into_iter().reduce(|best, next| if next.0 > best.0 { next } else { best });
    Some(levels(best.expect("there is at least one run").1))
}

fn run(
    aggregate: &AggregateGraph,
    objective: Objective,
    random: &mut SplitMix64,
    pool: &TallyPool,
    progress: &Progress,
) -> Option<Vec<Vec<u32>>> {
    let mut node_of: Vec<u32> = (0..aggregate.len() as u32).collect();
    let mut levels_found = Vec::new();
    let criteria = MoveCriteria { objective, tolerance: 0.0, margin: 0.0 };
    let mut coarser = None;
    loop {
        let level = coarser.as_ref().unwrap_or(aggregate);
        let mut group_of: Vec<u32> = (0..level.len() as u32).collect();
        move_nodes(level, criteria, &mut group_of, random, pool, progress)?;
        let (groups, count) = compact(&group_of);
        for node in &mut node_of {
            *node = groups[*node as usize];
        }
        levels_found.push(node_of.clone());
        if count == level.len() {
            levels_found.reverse();
            return Some(levels_found);
        }
        coarser = Some(level.aggregate(&groups, count, pool));
    }
}
