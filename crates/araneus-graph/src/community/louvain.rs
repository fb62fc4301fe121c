//! Louvain: move nodes, make each community one node, repeat; the yardstick for Leiden.
//!
//! Blondel, Guillaume, Lambiotte and Lefebvre 2008, "Fast unfolding of communities
//! in large networks". As many seeded runs as Leiden gets, the best is kept, ties to the
//! first. Communities may fall apart inside: the known fault that Leiden mends.

use rayon::prelude::*;

use super::moving::{Terms, move_nodes};
use super::net::{Net, Objective};
use super::partition::{compact, levels};
use super::tally::Pool;
use super::{Config, Partition, runs};
use crate::graph::Shape;
use crate::progress::Watch;
use crate::random::SplitMix64;

/// Finds nested communities, the result first.
pub(super) fn find(shape: &Shape, config: &Config, watch: &Watch) -> Option<Vec<Partition>> {
    let (net, objective) = Net::new(shape, config.method, config.resolution);
    let pool = Pool::new(net.len());
    let done: Option<Vec<(f64, Vec<Vec<u32>>)>> = (0..runs(shape, config))
        .into_par_iter()
        .map(|stream| {
            let found = run(&net, objective, &mut SplitMix64::new(config.seed, stream), &pool, watch)?;
            Some((net.quality(&found[0], objective), found))
        })
        .collect();
    let best = done?.into_iter().reduce(|best, next| if next.0 > best.0 { next } else { best });
    Some(levels(best.expect("there is at least one run").1))
}

fn run(
    net: &Net,
    objective: Objective,
    random: &mut SplitMix64,
    pool: &Pool,
    watch: &Watch,
) -> Option<Vec<Vec<u32>>> {
    let mut node_of: Vec<u32> = (0..net.len() as u32).collect();
    let mut found = Vec::new();
    let terms = Terms { objective, enough: 0.0, margin: 0.0 };
    let mut coarse = None;
    loop {
        let here = coarse.as_ref().unwrap_or(net);
        let mut group_of: Vec<u32> = (0..here.len() as u32).collect();
        move_nodes(here, terms, &mut group_of, random, pool, watch)?;
        let (groups, count) = compact(&group_of);
        for node in &mut node_of {
            *node = groups[*node as usize];
        }
        found.push(node_of.clone());
        if count == here.len() {
            found.reverse();
            return Some(found);
        }
        coarse = Some(here.coarse(&groups, count, pool));
    }
}
