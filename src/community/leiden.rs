//! Leiden: communities that hang together and cannot be improved by moving or merging their parts.
//!
//! Traag, Waltman and van Eck 2019, "From Louvain to Leiden: guaranteeing
//! well-connected communities". A pass repeats: move nodes ([`super::moving`]);
//! *refine* ([`super::refine`]); make each refined community one node, starting from
//! the communities before refinement. Passes repeat until they gain too little.
//!
//! Chance decides between near-equal maxima, so small graphs get several seeded runs, and
//! the best is kept (ties to the first). Communities are split into connected
//! pieces at the end of each pass: the guarantee does not rest on convergence.

use rayon::prelude::*;

use super::moving::{ROUNDING, move_nodes};
use super::net::{Net, Objective};
use super::partition::{compact, levels};
use super::random::Quick;
use super::refine::refine;
use super::tally::Pool;
use super::{Config, LINKS_BUDGET, Partition, runs};
use crate::graph::Shape;
use crate::watch::Watch;

/// The gain, as a share of all weight, that ends rounds and passes on a large graph.
const ENOUGH: f64 = 1e-3;
const PASSES_MAX: usize = 20;
/// How many passes in a row may gain nothing before a run ends.
const IDLE_MAX: usize = 2;

/// Finds nested communities, the result first.
pub(super) fn find(shape: &Shape, config: &Config, watch: &Watch) -> Option<Vec<Partition>> {
    let (net, objective) = Net::new(shape, config.method, config.resolution);
    let start = match &config.start {
        Some(start) => {
            assert_eq!(start.len(), net.len(), "a start names one community for each vertex");
            assert!(
                start.iter().all(|group| (*group as usize) < net.len()),
                "a start's labels are below the vertex count"
            );
            start.clone()
        }
        None => (0..net.len() as u32).collect(),
    };
    let pool = Pool::new(net.len());
    let is_large = shape.simple().link_count() > LINKS_BUDGET;
    let enough = if is_large { ENOUGH * objective.total } else { 0.0 };
    let search = Search { net: &net, objective, enough, pool: &pool, watch };
    let done: Option<Vec<Run>> = (0..runs(shape, config))
        .into_par_iter()
        .map(|stream| search.run(&start, &mut Quick::new(config.seed, stream)))
        .collect();
    let best = done?.into_iter().reduce(|best, next| if next.quality > best.quality { next } else { best });
    let best = best.expect("there is at least one run");
    Some(levels(std::iter::once(best.group_of).chain(best.finer)))
}

/// Returns the quality that one run reaches from single vertices, at the tolerance of large graphs.
///
/// As a share of all weight: for modularity that is the modularity.
pub(super) fn short_run(shape: &Shape, config: &Config, watch: &Watch) -> Option<f64> {
    let (net, objective) = Net::new(shape, config.method, config.resolution);
    let pool = Pool::new(net.len());
    let enough = ENOUGH * objective.total;
    let search = Search { net: &net, objective, enough, pool: &pool, watch };
    let start: Vec<u32> = (0..net.len() as u32).collect();
    let run = search.run(&start, &mut Quick::new(config.seed, 0))?;
    Some(run.quality / if objective.total > 0.0 { objective.total } else { 1.0 })
}

struct Run {
    group_of: Vec<u32>,
    /// Refined communities, coarsest first, nested in `group_of`.
    finer: Vec<Vec<u32>>,
    quality: f64,
}

struct Search<'a> {
    net: &'a Net<'a>,
    objective: Objective,
    /// On large graphs rounds and passes that gain less, in weight, are the last; 0 on others.
    enough: f64,
    pool: &'a Pool,
    watch: &'a Watch,
}

impl Search<'_> {
    fn run(&self, start: &[u32], random: &mut Quick) -> Option<Run> {
        let mut best: Option<Run> = None;
        let mut idle = 0;
        for _ in 0..PASSES_MAX {
            let before = best.as_ref().map_or(start, |best| &best.group_of);
            let next = self.pass(before, random)?;
            // The first pass is always taken: it has the refined levels, and connects what a start did not.
            let gain = best.as_ref().map_or(f64::INFINITY, |best| next.quality - best.quality);
            if gain > ROUNDING * self.objective.unit {
                best = Some(next);
                idle = 0;
            }
            if gain <= self.enough.max(ROUNDING * self.objective.unit) {
                idle += 1;
            }
            if idle == if self.enough > 0.0 { 1 } else { IDLE_MAX } {
                break;
            }
        }
        best
    }

    fn pass(&self, start: &[u32], random: &mut Quick) -> Option<Run> {
        let mut finer = Vec::new();
        let mut node_of: Vec<u32> = (0..self.net.len() as u32).collect();
        let mut group_of = start.to_vec();
        let mut coarse = None;
        loop {
            let here = coarse.as_ref().unwrap_or(self.net);
            move_nodes(here, self.objective, &mut group_of, self.enough, random, self.pool, self.watch)?;
            let (groups, count) = compact(&group_of);
            group_of = groups;
            if count == here.len() {
                break;
            }
            let (refined, parts) = refine(here, self.objective, &group_of, count, random.next());
            if parts == here.len() {
                break;
            }
            let mut next_groups = vec![0; parts];
            for (node, &part) in refined.iter().enumerate() {
                next_groups[part as usize] = group_of[node];
            }
            for node in &mut node_of {
                *node = refined[*node as usize];
            }
            finer.push(node_of.clone());
            coarse = Some(here.coarse(&refined, parts, self.pool));
            group_of = next_groups;
        }
        // Every node of the last net hangs together, so its links decide.
        let last = coarse.as_ref().unwrap_or(self.net);
        let group_of = last.connected_groups(&group_of);
        let quality = last.quality(&group_of, self.objective);
        let group_of = node_of.iter().map(|node| group_of[*node as usize]).collect();
        finer.reverse();
        Some(Run { group_of, finer, quality })
    }
}
