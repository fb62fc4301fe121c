//! Leiden: connected communities that no move of a node and no merge of their parts improves.
//!
//! Traag, Waltman and van Eck 2019, From Louvain to Leiden: guaranteeing well-connected communities. A pass
//! repeats three steps: move nodes ([`super::local_moving`]); refine ([`super::refinement`]); make each
//! refined community one node, starting from the communities before refinement. Passes repeat until they gain
//! nothing. A large graph gets one pass, and moves nodes once more on each aggregation level on the way back
//! (Rotta and Noack 2011, Multilevel local search algorithms for modularity clustering).
//!
//! After a warm start, a node or a part of a community leaves its place only if it gains clearly more than
//! nothing. Otherwise weights that fade at different rates would move nodes that are nearly undecided, and
//! communities would change without a reason.
//!
//! Chance decides between maxima that are nearly equal. So small graphs get several seeded runs, and the best
//! is kept (the first of equal ones). Communities are split into connected components at the end of each
//! pass, so connectedness does not depend on convergence.

use rayon::prelude::*;

use super::aggregate_graph::{AggregateGraph, Objective};
use super::local_moving::{MoveCriteria, ROUNDING, move_nodes};
use super::method::{DetectionConfig, LINKS_BUDGET, Method, runs};
use super::partition::{Partition, compact, levels};
use super::refinement::refine;
use super::tally::TallyPool;
use crate::graph::WeightedGraph;
use crate::progress::Progress;
use crate::random::SplitMix64;

/// The gain, as a share of all weight, that ends rounds on a large graph.
const LARGE_GRAPH_TOLERANCE: f64 = 1e-3;
/// The share of that gain that ends rounds on the way back to single vertices.
const LAST_TOLERANCE_SHARE: f64 = 0.1;
/// The gain that a move must exceed after a warm start, as a share of the weight that it goes to or leaves.
///
/// With 0.1, 1 of 120 graphs changed when weights faded over three runs; with this value none changed in ten
/// runs.
const WARM_START_MARGIN: f64 = 0.2;
/// The number of passes without gain, one after the other, that ends a run.
const IDLE_MAX: usize = 2;

/// Finds communities of modularity in one run from single vertices, each leaf in the community of its neighbour.
///
/// In a partition of the highest modularity no leaf is apart from its neighbour (Brandes et al. 2008, On modularity clustering), so a
/// leaf and its neighbour begin as one node. Lists of values are mostly leaves, and a run then searches a small graph.
pub(super) fn find_once(weighted_graph: &WeightedGraph, seed: u64, progress: &Progress) -> Option<Partition> {
    let config = DetectionConfig { seed, ..DetectionConfig::new(Method::Leiden) };
    let (aggregate, objective, order) = arrange(weighted_graph, &config);
    let pool = TallyPool::new(aggregate.len());
    let (node_of, nodes) = compact(&with_leaves(&aggregate));
    let joined = aggregate.aggregate(&node_of, nodes, &pool);
    let criteria = MoveCriteria { objective, tolerance: tolerance(weighted_graph, objective), margin: 0.0 };
    let search =
        LeidenSearch { aggregate: &joined, criteria, pool: &pool, progress, passes_max: config.passes_max };
    let start: Vec<u32> = (0..nodes as u32).collect();
    let run = search.run(&start, &mut SplitMix64::new(seed, 0))?;
    let group_of: Vec<u32> = node_of.iter().map(|node| run.group_of[*node as usize]).collect();
    Some(Partition::new(&to_vertices(&group_of, &order, weighted_graph.simple().vertex_count())))
}

/// Returns a label for each node: that of the only neighbour for a leaf, and its own for any other node.
fn with_leaves(aggregate: &AggregateGraph) -> Vec<u32> {
    let label = |node: u32| match aggregate.row(node).0 {
        [only] if aggregate.row(*only).0.len() > 1 => *only,
        // Two leaves that are linked to each other.
        [only] => node.min(*only),
        _ => node,
    };
    (0..aggregate.len() as u32).map(label).collect()
}

/// Returns the gain that ends rounds: 0 for a graph that is not large.
fn tolerance(weighted_graph: &WeightedGraph, objective: Objective) -> f64 {
    let is_large = weighted_graph.simple().link_count() > LINKS_BUDGET;
    if is_large { LARGE_GRAPH_TOLERANCE * objective.total } else { 0.0 }
}

/// Finds nested communities, the result first.
pub(super) fn find(
    weighted_graph: &WeightedGraph,
    config: &DetectionConfig,
    progress: &Progress,
) -> Option<Vec<Partition>> {
    let (aggregate, objective, order) = arrange(weighted_graph, config);
    let start = match &config.start {
        Some(start) => {
            let vertices = weighted_graph.simple().vertex_count();
            assert_eq!(start.len(), vertices, "a start names one community for each vertex");
            assert!(
                start.iter().all(|group| (*group as usize) < vertices),
                "a start's labels are below the vertex count"
            );
            let start: Vec<u32> = order.iter().map(|vertex| start[*vertex as usize]).collect();
            compact(&start).0
        }
        None => (0..aggregate.len() as u32).collect(),
    };
    let pool = TallyPool::new(aggregate.len());
    let tolerance = tolerance(weighted_graph, objective);
    let margin = if is_warm(&start) { WARM_START_MARGIN } else { 0.0 };
    let search = LeidenSearch {
        aggregate: &aggregate,
        criteria: MoveCriteria { objective, tolerance, margin },
        pool: &pool,
        progress,
        passes_max: config.passes_max.max(1),
    };
    let done: Option<Vec<LeidenRun>> = (0..runs(weighted_graph, config))
        .into_par_iter()
        .map(|stream| search.run(&start, &mut SplitMix64::new(config.seed, stream)))
        .collect();
    let best = done?.into_iter().reduce(|best, next| if next.quality > best.quality { next } else { best });
    let best = best.expect("there is at least one run");
    let vertices = weighted_graph.simple().vertex_count();
    Some(levels(
        std::iter::once(best.group_of).chain(best.finer).map(|groups| to_vertices(&groups, &order, vertices)),
    ))
}

/// Returns the graph to search, and the vertex of each node.
///
/// The vertices of a large graph are ordered by degree, so that rows that are read often are close together
/// in memory. Vertices without links are left out.
fn arrange<'a>(
    weighted_graph: &'a WeightedGraph,
    config: &DetectionConfig,
) -> (AggregateGraph<'a>, Objective, Vec<u32>) {
    let simple = weighted_graph.simple();
    let (aggregate, objective) = AggregateGraph::new(weighted_graph, config.method, config.resolution);
    if simple.link_count() <= LINKS_BUDGET {
        return (aggregate, objective, simple.vertices().collect());
    }
    let mut order = simple.by_out_degree();
    order.truncate(order.partition_point(|vertex| !simple.outgoing(*vertex).is_empty()));
    (aggregate.in_order(&order), objective, order)
}

/// Gives the groups of nodes to their vertices; any other vertex is a group of its own.
fn to_vertices(groups: &[u32], order: &[u32], vertices: usize) -> Vec<u32> {
    let mut group_of: Vec<u32> = (groups.len() as u32..).take(vertices).collect();
    for (&vertex, &group) in order.iter().zip(groups) {
        group_of[vertex as usize] = group;
    }
    group_of
}

/// Returns whether any two vertices begin in one community.
fn is_warm(start: &[u32]) -> bool {
    compact(start).1 < start.len()
}

/// Returns the quality that one run reaches from single vertices, at the tolerance of large graphs.
///
/// The quality is a share of all weight; for modularity that is the modularity.
pub(super) fn short_run(
    weighted_graph: &WeightedGraph,
    config: &DetectionConfig,
    progress: &Progress,
) -> Option<f64> {
    let (aggregate, objective, _) = arrange(weighted_graph, config);
    let pool = TallyPool::new(aggregate.len());
    let criteria =
        MoveCriteria { objective, tolerance: LARGE_GRAPH_TOLERANCE * objective.total, margin: 0.0 };
    let search = LeidenSearch { aggregate: &aggregate, criteria, pool: &pool, progress, passes_max: 1 };
    let start: Vec<u32> = (0..aggregate.len() as u32).collect();
    let run = search.run(&start, &mut SplitMix64::new(config.seed, 0))?;
    let quality = aggregate.quality(&run.group_of, objective);
    Some(quality / if objective.total > 0.0 { objective.total } else { 1.0 })
}

struct LeidenRun {
    group_of: Vec<u32>,
    /// Refined communities, coarsest first, nested in `group_of`.
    finer: Vec<Vec<u32>>,
    /// `None` for a large graph, whose single pass is compared with nothing.
    quality: Option<f64>,
}

/// A refinement, and the aggregated graph that it makes.
type AggregationStep = (Vec<u32>, AggregateGraph<'static>);

struct LeidenSearch<'a> {
    aggregate: &'a AggregateGraph<'a>,
    criteria: MoveCriteria,
    pool: &'a TallyPool,
    progress: &'a Progress<'a>,
    passes_max: usize,
}

impl LeidenSearch<'_> {
    fn run(&self, start: &[u32], random: &mut SplitMix64) -> Option<LeidenRun> {
        let mut best: Option<LeidenRun> = None;
        let mut idle = 0;
        // A large graph refines the levels instead.
        let passes_max = if self.criteria.tolerance > 0.0 { 1 } else { self.passes_max };
        for _ in 0..passes_max {
            let before = best.as_ref().map_or(start, |best| &best.group_of);
            let next = self.run_pass(before, random)?;
            // The first pass is always taken: it has the refined levels, and it splits communities of the
            // start that are not connected.
            let least = best
                .as_ref()
                .and_then(|best| best.quality)
                .map(|quality| quality + ROUNDING * self.criteria.objective.unit);
            if best.is_none() || next.quality > least {
                best = Some(next);
                idle = 0;
            } else {
                idle += 1;
            }
            if idle == if self.criteria.margin > 0.0 { 1 } else { IDLE_MAX } {
                break;
            }
        }
        best
    }

    fn run_pass(&self, start: &[u32], random: &mut SplitMix64) -> Option<LeidenRun> {
        let mut group_of = start.to_vec();
        let mut steps: Vec<AggregationStep> = Vec::new();
        loop {
            let level = steps.last().map_or(self.aggregate, |step| &step.1);
            self.move_nodes(level, &mut group_of, random)?;
            let (groups, count) = compact(&group_of);
            group_of = groups;
            if count == level.len() {
                break;
            }
            let (mut refined, mut parts) =
                refine(level, self.criteria.objective, &group_of, count, random.next_u64());
            if parts == level.len() {
                // No part is well connected to another, but whole communities may still gain together.
                (refined, parts) = compact(&level.connected_groups(&group_of));
            }
            if parts == level.len() {
                break;
            }
            let mut next_groups = vec![0; parts];
            for (node, &part) in refined.iter().enumerate() {
                next_groups[part as usize] = group_of[node];
            }
            let aggregate = level.aggregate(&refined, parts, self.pool);
            steps.push((refined, aggregate));
            group_of = next_groups;
        }
        if self.criteria.tolerance > 0.0 {
            self.refine_levels(group_of, steps, random)
        } else {
            Some(self.project(&group_of, &steps))
        }
    }

    fn move_nodes(
        &self,
        aggregate: &AggregateGraph,
        group_of: &mut Vec<u32>,
        random: &mut SplitMix64,
    ) -> Option<()> {
        move_nodes(aggregate, self.criteria, group_of, random, self.pool, self.progress)
    }

    /// Projects the communities of the last level, and all refinements, to the first level.
    fn project(&self, group_of: &[u32], steps: &[AggregationStep]) -> LeidenRun {
        // Every node of the last level is connected, so its links decide.
        let last = steps.last().map_or(self.aggregate, |step| &step.1);
        let group_of = last.connected_groups(group_of);
        let quality = last.quality(&group_of, self.criteria.objective);
        let mut node_of: Vec<u32> = (0..self.aggregate.len() as u32).collect();
        let mut finer = Vec::new();
        for (refined, _) in steps {
            for node in &mut node_of {
                *node = refined[*node as usize];
            }
            finer.insert(0, node_of.clone());
        }
        let group_of = node_of.iter().map(|node| group_of[*node as usize]).collect();
        LeidenRun { group_of, finer, quality: Some(quality) }
    }

    /// Moves nodes once more on each level on the way back to the first, which gains almost as much as more
    /// passes.
    fn refine_levels(
        &self,
        group_of: Vec<u32>,
        mut steps: Vec<AggregationStep>,
        random: &mut SplitMix64,
    ) -> Option<LeidenRun> {
        let mut group_of = group_of;
        let mut parts = Vec::new();
        let criteria =
            MoveCriteria { tolerance: self.criteria.tolerance * LAST_TOLERANCE_SHARE, ..self.criteria };
        while let Some((refined, _)) = steps.pop() {
            group_of = refined.iter().map(|part| group_of[*part as usize]).collect();
            let level = steps.last().map_or(self.aggregate, |step| &step.1);
            move_nodes(level, criteria, &mut group_of, random, self.pool, self.progress)?;
            parts = refined;
        }
        let group_of = self.aggregate.connected_groups(&group_of);
        let finer = if parts.is_empty() {
            Vec::new()
        } else {
            vec![self.aggregate.connected_within(&parts, &group_of)]
        };
        Some(LeidenRun { group_of, finer, quality: None })
    }
}
