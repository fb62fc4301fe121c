//! What several metrics compute alike from one shape: each made when first asked for, and once.

use std::cell::OnceCell;

use super::leading::{Hits, hits};
use crate::graph::{Cuts, Shape, cuts, fold_balls, fold_inward};
use crate::metrics::betweenness_sampled::{self, Sampled};
use crate::metrics::triangles;
use crate::progress::Watch;

/// A shape, and what metrics share of it.
#[derive(Debug)]
pub struct Shared<'a> {
    pub(in crate::metrics) shape: &'a Shape,
    triangles: OnceCell<Vec<f64>>,
    cuts: OnceCell<Cuts>,
    hits: OnceCell<Hits>,
    sampled: OnceCell<Sampled>,
    exact: OnceCell<Vec<Reach>>,
    estimated: OnceCell<Vec<Reach>>,
}

/// Those who reach a vertex, itself not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::metrics) struct Reach {
    /// How many they are.
    pub(in crate::metrics) count: f64,
    /// The sum of their distances.
    pub(in crate::metrics) far: f64,
    /// The sum of 1 / distance.
    pub(in crate::metrics) near: f64,
}

impl Reach {
    fn add(&mut self, distance: u32, count: f64) {
        self.count += count;
        self.far += f64::from(distance) * count;
        self.near += count / f64::from(distance);
    }

    /// Wasserman and Faust's closeness among so many others.
    pub(in crate::metrics) fn closeness(self, others: f64) -> f64 {
        if self.far == 0.0 { 0.0 } else { (self.count / self.far) * (self.count.min(others) / others) }
    }
}

impl<'a> Shared<'a> {
    /// Takes a shape; nothing is computed yet.
    pub fn of(shape: &'a Shape) -> Self {
        Self {
            shape,
            triangles: OnceCell::new(),
            cuts: OnceCell::new(),
            hits: OnceCell::new(),
            sampled: OnceCell::new(),
            exact: OnceCell::new(),
            estimated: OnceCell::new(),
        }
    }

    /// The triangles at each vertex.
    pub(in crate::metrics) fn triangles(&self, watch: &Watch) -> Option<&Vec<f64>> {
        once(&self.triangles, || triangles::count(self.shape.simple(), watch))
    }

    pub(in crate::metrics) fn cuts(&self, watch: &Watch) -> Option<&Cuts> {
        once(&self.cuts, || watch.step(1).then(|| cuts(self.shape.simple())))
    }

    pub(in crate::metrics) fn hits(&self, watch: &Watch) -> Option<&Hits> {
        once(&self.hits, || hits(self.shape.graph(), watch))
    }

    pub(in crate::metrics) fn sampled(&self, watch: &Watch) -> Option<&Sampled> {
        once(&self.sampled, || betweenness_sampled::of_table(self.shape.graph(), watch))
    }

    /// Distances by search from every vertex.
    pub(in crate::metrics) fn exact(&self, watch: &Watch) -> Option<&Vec<Reach>> {
        let add = |reach: &mut Reach, distance: u32, count: u32| reach.add(distance, f64::from(count));
        once(&self.exact, || fold_inward(self.shape.graph(), &Reach::default(), add, watch))
    }

    /// Distances by the sizes of balls: the mean over runs.
    pub(in crate::metrics) fn estimated(&self, watch: &Watch) -> Option<&Vec<Reach>> {
        once(&self.estimated, || {
            let runs = fold_balls(self.shape.graph(), &Reach::default(), Reach::add, watch)?;
            let mean = |vertex: u32, of: fn(&Reach) -> f64| {
                runs.iter().map(|run| of(&run[vertex as usize])).sum::<f64>() / runs.len() as f64
            };
            let reach = |vertex: u32| Reach {
                count: mean(vertex, |reach| reach.count),
                far: mean(vertex, |reach| reach.far),
                near: mean(vertex, |reach| reach.near),
            };
            Some(self.shape.graph().vertices().map(reach).collect())
        })
    }
}

/// Returns what a cell holds, making it first where it is empty; `None` if the making was stopped.
fn once<T>(cell: &OnceCell<T>, make: impl FnOnce() -> Option<T>) -> Option<&T> {
    if cell.get().is_none() {
        let _ = cell.set(make()?);
    }
    cell.get()
}
