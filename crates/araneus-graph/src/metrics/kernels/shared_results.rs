//! Results that several metrics of one graph share; each is computed once, at its first use.

use std::cell::OnceCell;

use super::leading_eigenvector::{Hits, hits};
use super::sampled_betweenness::{SampledBetweenness, SamplingParameters, sampled_betweenness};
use super::triangles::count_triangles;
use crate::graph::{
    ArticulationPoints, HyperBallRuns, WeightedGraph, articulation_points, fold_hyperball, fold_inward,
};
use crate::progress::Progress;

/// Vertices x links up to which a search from every vertex is affordable.
pub const SEARCH_WORK_MAX: u64 = 2_000_000_000;

/// A weighted graph, and the results that several metrics share.
#[derive(Debug)]
pub struct SharedResults<'a> {
    pub(in crate::metrics) weighted_graph: &'a WeightedGraph,
    pub(in crate::metrics) betweenness_work_max: u64,
    triangles: OnceCell<Vec<f64>>,
    articulation_points: OnceCell<ArticulationPoints>,
    hits: OnceCell<Hits>,
    sampled: OnceCell<SampledBetweenness>,
    exact: OnceCell<Vec<Distances>>,
    estimated: OnceCell<Vec<Distances>>,
}

/// Distances from the vertices that reach a vertex, itself not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::metrics) struct Distances {
    /// The number of vertices that reach it.
    pub(in crate::metrics) count: f64,
    /// The sum of distances.
    pub(in crate::metrics) distance_sum: f64,
    /// The sum of 1 / distance.
    pub(in crate::metrics) inverse_sum: f64,
}

impl Distances {
    fn add(&mut self, distance: u32, count: f64) {
        self.count += count;
        self.distance_sum += f64::from(distance) * count;
        self.inverse_sum += count / f64::from(distance);
    }

    /// Returns the closeness of Wasserman and Faust among `others` other vertices.
    pub(in crate::metrics) fn closeness(self, others: f64) -> f64 {
        if self.distance_sum == 0.0 {
            0.0
        } else {
            (self.count / self.distance_sum) * (self.count.min(others) / others)
        }
    }
}

impl<'a> SharedResults<'a> {
    /// Takes a weighted graph; nothing is computed yet.
    pub fn new(weighted_graph: &'a WeightedGraph) -> Self {
        Self {
            weighted_graph,
            betweenness_work_max: SEARCH_WORK_MAX,
            triangles: OnceCell::new(),
            articulation_points: OnceCell::new(),
            hits: OnceCell::new(),
            sampled: OnceCell::new(),
            exact: OnceCell::new(),
            estimated: OnceCell::new(),
        }
    }

    /// Sets the vertices x links up to which betweenness is exact. Above them it is unknown, and its samples remain.
    #[must_use]
    pub fn with_betweenness_up_to(self, work_max: u64) -> Self {
        Self { betweenness_work_max: work_max, ..self }
    }

    /// Returns the triangles at each vertex.
    pub(in crate::metrics) fn triangles(&self, progress: &Progress) -> Option<&Vec<f64>> {
        once(&self.triangles, || count_triangles(self.weighted_graph.simple(), progress))
    }

    pub(in crate::metrics) fn articulation_points(&self, progress: &Progress) -> Option<&ArticulationPoints> {
        once(&self.articulation_points, || {
            progress.advance(1).then(|| articulation_points(self.weighted_graph.simple()))
        })
    }

    pub(in crate::metrics) fn hits(&self, progress: &Progress) -> Option<&Hits> {
        once(&self.hits, || hits(self.weighted_graph.graph(), progress))
    }

    pub(in crate::metrics) fn sampled(&self, progress: &Progress) -> Option<&SampledBetweenness> {
        once(&self.sampled, || {
            sampled_betweenness(self.weighted_graph.graph(), &SamplingParameters::default(), progress)
        })
    }

    /// Returns distances by a search from every vertex.
    pub(in crate::metrics) fn exact(&self, progress: &Progress) -> Option<&Vec<Distances>> {
        let add = |reach: &mut Distances, distance: u32, count: u32| reach.add(distance, f64::from(count));
        once(&self.exact, || fold_inward(self.weighted_graph.graph(), &Distances::default(), add, progress))
    }

    /// Returns distances by the sizes of balls, as means over runs.
    pub(in crate::metrics) fn estimated(&self, progress: &Progress) -> Option<&Vec<Distances>> {
        once(&self.estimated, || {
            let graph = self.weighted_graph.graph();
            let HyperBallRuns { vertices, runs } =
                fold_hyperball(graph, &Distances::default(), Distances::add, progress)?;
            let mean = |position: usize, of: fn(&Distances) -> f64| {
                runs.iter().map(|run| of(&run[position])).sum::<f64>() / runs.len() as f64
            };
            let reach = |position: usize| Distances {
                count: mean(position, |reach| reach.count),
                distance_sum: mean(position, |reach| reach.distance_sum),
                inverse_sum: mean(position, |reach| reach.inverse_sum),
            };
            let mut distances = vec![Distances::default(); graph.vertex_count()];
            for (position, vertex) in vertices.iter().enumerate() {
                distances[*vertex as usize] = reach(position);
            }
            Some(distances)
        })
    }
}

/// Returns the value of a cell, computed first if it is empty; `None` if the computation was cancelled.
fn once<T>(cell: &OnceCell<T>, make: impl FnOnce() -> Option<T>) -> Option<&T> {
    if cell.get().is_none() {
        let _ = cell.set(make()?);
    }
    cell.get()
}
