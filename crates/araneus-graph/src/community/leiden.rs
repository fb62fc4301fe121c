//! Leiden: communities that hang together and cannot be improved by moving or merging their parts.
//!
//! Traag, Waltman and van Eck 2019, "From Louvain to Leiden: guaranteeing
//! well-connected communities". A pass repeats: move nodes ([`super::moving`]);
//! *refine* ([`super::refine`]); make each refined community one node, starting from
//! the communities before refinement. Passes repeat until they gain nothing; a large graph gets
//! one, and moves nodes once more on each net on the way back (Rotta and Noack 2011, "Multilevel
//! local search algorithms for modularity clustering").
//!
//! A warm start is loyal: a node, or a part of a community, leaves where it was put only if it
//! gains clearly more than nothing. Weights that fade at different rates move what is nearly
//! undecided, and communities that change without news mean nothing.
//!
//! Chance decides between near-equal maxima, so small graphs get several seeded runs, and
//! the best is kept (ties to the first). Communities are split into connected
//! pieces at the end of each pass: the guarantee does not rest on convergence.

use rayon::prelude::*;

use super::moving::{ROUNDING, Terms, move_nodes};
use super::net::{Net, Objective};
use super::partition::{compact, levels};
use super::refine::refine;
use super::tally::Pool;
use super::{Config, LINKS_BUDGET, Partition, runs};
use crate::graph::{Shape, by_outgoing};
use crate::progress::Watch;
use crate::random::SplitMix64;

/// The gain, as a share of all weight, that ends rounds on a large graph.
const ENOUGH: f64 = 1e-3;
/// What part of that still is too little on the way back to single vertices.
const LAST: f64 = 0.1;
/// After a warm start a move gains more than this share of the ties it goes to or leaves.
///
/// A tenth let 1 of 120 graphs change when weights faded for three nights, this none in ten nights.
const LOYALTY: f64 = 0.2;
const PASSES_MAX: usize = 20;
/// How many passes in a row may gain nothing before a run ends.
const IDLE_MAX: usize = 2;

/// Finds nested communities, the result first.
pub(super) fn find(shape: &Shape, config: &Config, watch: &Watch) -> Option<Vec<Partition>> {
    let (net, objective, order) = arranged(shape, config);
    let start = match &config.start {
        Some(start) => {
            let vertices = shape.simple().vertex_count();
            assert_eq!(start.len(), vertices, "a start names one community for each vertex");
            assert!(
                start.iter().all(|group| (*group as usize) < vertices),
                "a start's labels are below the vertex count"
            );
            let start: Vec<u32> = order.iter().map(|vertex| start[*vertex as usize]).collect();
            compact(&start).0
        }
        None => (0..net.len() as u32).collect(),
    };
    let pool = Pool::new(net.len());
    let is_large = shape.simple().link_count() > LINKS_BUDGET;
    let enough = if is_large { ENOUGH * objective.total } else { 0.0 };
    let margin = if is_warm(&start) { LOYALTY } else { 0.0 };
    let search = Search { net: &net, terms: Terms { objective, enough, margin }, pool: &pool, watch };
    let done: Option<Vec<Run>> = (0..runs(shape, config))
        .into_par_iter()
        .map(|stream| search.run(&start, &mut SplitMix64::new(config.seed, stream)))
        .collect();
    let best = done?.into_iter().reduce(|best, next| if next.quality > best.quality { next } else { best });
    let best = best.expect("there is at least one run");
    let vertices = shape.simple().vertex_count();
    Some(levels(
        std::iter::once(best.group_of).chain(best.finer).map(|groups| to_vertices(&groups, &order, vertices)),
    ))
}

/// Returns the net, and the vertex of each node.
///
/// A large graph's vertices come with most links first, so that what is read most often lies close together;
/// those without links are left out.
fn arranged<'a>(shape: &'a Shape, config: &Config) -> (Net<'a>, Objective, Vec<u32>) {
    let simple = shape.simple();
    let (net, objective) = Net::new(shape, config.method, config.resolution);
    if simple.link_count() <= LINKS_BUDGET {
        return (net, objective, simple.vertices().collect());
    }
    let mut order = by_outgoing(simple);
    order.truncate(order.partition_point(|vertex| !simple.outgoing(*vertex).is_empty()));
    (net.in_order(&order), objective, order)
}

/// Gives the groups of nodes to the vertices that they stand for; any other vertex is alone.
fn to_vertices(groups: &[u32], order: &[u32], vertices: usize) -> Vec<u32> {
    let mut group_of: Vec<u32> = (groups.len() as u32..).take(vertices).collect();
    for (&vertex, &group) in order.iter().zip(groups) {
        group_of[vertex as usize] = group;
    }
    group_of
}

/// Says whether any two vertices begin together.
fn is_warm(start: &[u32]) -> bool {
    compact(start).1 < start.len()
}

/// Returns the quality that one run reaches from single vertices, at the tolerance of large graphs.
///
/// As a share of all weight: for modularity that is the modularity.
pub(super) fn short_run(shape: &Shape, config: &Config, watch: &Watch) -> Option<f64> {
    let (net, objective, _) = arranged(shape, config);
    let pool = Pool::new(net.len());
    let terms = Terms { objective, enough: ENOUGH * objective.total, margin: 0.0 };
    let search = Search { net: &net, terms, pool: &pool, watch };
    let start: Vec<u32> = (0..net.len() as u32).collect();
    let run = search.run(&start, &mut SplitMix64::new(config.seed, 0))?;
    let quality = net.quality(&run.group_of, objective);
    Some(quality / if objective.total > 0.0 { objective.total } else { 1.0 })
}

struct Run {
    group_of: Vec<u32>,
    /// Refined communities, coarsest first, nested in `group_of`.
    finer: Vec<Vec<u32>>,
    /// `None` of a large graph, which nothing is compared with.
    quality: Option<f64>,
}

/// A refinement, and the net it makes of the one before.
type Step = (Vec<u32>, Net<'static>);

struct Search<'a> {
    net: &'a Net<'a>,
    terms: Terms,
    pool: &'a Pool,
    watch: &'a Watch,
}

impl Search<'_> {
    fn run(&self, start: &[u32], random: &mut SplitMix64) -> Option<Run> {
        let mut best: Option<Run> = None;
        let mut idle = 0;
        // A large graph descends instead.
        let most = if self.terms.enough > 0.0 { 1 } else { PASSES_MAX };
        for _ in 0..most {
            let before = best.as_ref().map_or(start, |best| &best.group_of);
            let next = self.pass(before, random)?;
            // The first pass is always taken: it has the refined levels, and connects what a start did not.
            let least = best
                .as_ref()
                .and_then(|best| best.quality)
                .map(|quality| quality + ROUNDING * self.terms.objective.unit);
            if best.is_none() || next.quality > least {
                best = Some(next);
                idle = 0;
            } else {
                idle += 1;
            }
            if idle == if self.terms.margin > 0.0 { 1 } else { IDLE_MAX } {
                break;
            }
        }
        best
    }

    fn pass(&self, start: &[u32], random: &mut SplitMix64) -> Option<Run> {
        let mut group_of = start.to_vec();
        let mut steps: Vec<Step> = Vec::new();
        loop {
            let here = steps.last().map_or(self.net, |step| &step.1);
            self.move_nodes(here, &mut group_of, random)?;
            let (groups, count) = compact(&group_of);
            group_of = groups;
            if count == here.len() {
                break;
            }
            let (mut refined, mut parts) =
                refine(here, self.terms.objective, &group_of, count, random.next_u64());
            if parts == here.len() {
                // No part is tied well enough to another: whole communities may still gain together.
                (refined, parts) = compact(&here.connected_groups(&group_of));
            }
            if parts == here.len() {
                break;
            }
            let mut next_groups = vec![0; parts];
            for (node, &part) in refined.iter().enumerate() {
                next_groups[part as usize] = group_of[node];
            }
            let coarse = here.coarse(&refined, parts, self.pool);
            steps.push((refined, coarse));
            group_of = next_groups;
        }
        if self.terms.enough > 0.0 {
            self.descend(group_of, steps, random)
        } else {
            Some(self.unfold(&group_of, &steps))
        }
    }

    fn move_nodes(&self, net: &Net, group_of: &mut Vec<u32>, random: &mut SplitMix64) -> Option<()> {
        move_nodes(net, self.terms, group_of, random, self.pool, self.watch)
    }

    /// Gives the communities of the last net, and all refinements, to the first.
    fn unfold(&self, group_of: &[u32], steps: &[Step]) -> Run {
        // Every node of the last net hangs together, so its links decide.
        let last = steps.last().map_or(self.net, |step| &step.1);
        let group_of = last.connected_groups(group_of);
        let quality = last.quality(&group_of, self.terms.objective);
        let mut node_of: Vec<u32> = (0..self.net.len() as u32).collect();
        let mut finer = Vec::new();
        for (refined, _) in steps {
            for node in &mut node_of {
                *node = refined[*node as usize];
            }
            finer.insert(0, node_of.clone());
        }
        let group_of = node_of.iter().map(|node| group_of[*node as usize]).collect();
        Run { group_of, finer, quality: Some(quality) }
    }

    /// Moves nodes once more on each net on the way back to the first: nearly what more passes gain.
    fn descend(&self, group_of: Vec<u32>, mut steps: Vec<Step>, random: &mut SplitMix64) -> Option<Run> {
        let mut group_of = group_of;
        let mut parts = Vec::new();
        let terms = Terms { enough: self.terms.enough * LAST, ..self.terms };
        while let Some((refined, _)) = steps.pop() {
            group_of = refined.iter().map(|part| group_of[*part as usize]).collect();
            let here = steps.last().map_or(self.net, |step| &step.1);
            move_nodes(here, terms, &mut group_of, random, self.pool, self.watch)?;
            parts = refined;
        }
        let group_of = self.net.connected_groups(&group_of);
        let finer =
            if parts.is_empty() { Vec::new() } else { vec![self.net.connected_within(&parts, &group_of)] };
        Some(Run { group_of, finer, quality: None })
    }
}
