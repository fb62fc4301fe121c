//! A forest: the mean of many trees on random rows and columns (Breiman 2001).
//!
//! Every other tree tries one random threshold for each column (extremely randomised trees; Geurts, Ernst and Wehenkel
//! 2006), because unlike trees make unlike errors. A node keeps its number of training rows, and its value is their
//! share of positives. Each tree has its own random stream, so the forest is the same for any number of threads.

use ndarray::{Array2, ArrayView1};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::tree::{Bins, Growth, Tree};
use crate::random;

/// Settings of a forest.
const TREES: u64 = 160;
const DEPTH_MAX: usize = 8;
const LEAF_ROWS_MIN: usize = 5;
const SEED: u64 = 20_261_129;

/// Trees with shares of positives as values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Forest {
    trees: Vec<Tree>,
}

impl Forest {
    /// Fits a forest; `rising` marks the columns that may only raise the share.
    pub(super) fn fit(rows: &Array2<f64>, labels: &[bool], rising: &[bool]) -> Self {
        let bins = Bins::learn(rows);
        let gradients: Vec<f64> = labels.iter().map(|&label| if label { -1.0 } else { 0.0 }).collect();
        let curvatures = vec![1.0; labels.len()];
        let grow = |tree: u64| {
            let mut random = random::open(SEED, tree);
            let count = labels.len() as u32;
            let mut drawn: Vec<u32> = (0..count).map(|_| random::below(&mut random, count)).collect();
            // Ascending rows are read faster, and their order has no meaning.
            drawn.sort_unstable();
            let growth = Growth {
                bins: &bins,
                gradients: &gradients,
                curvatures: &curvatures,
                rising,
                depth_max: DEPTH_MAX,
                rows_min: LEAF_ROWS_MIN,
                shrinkage: 0.0,
                columns: (rows.ncols() as f64).sqrt().ceil() as usize,
                is_random: tree % 2 == 1,
            };
            growth.grow(drawn, &mut random)
        };
        Self { trees: (0..TREES).into_par_iter().map(grow).collect() }
    }

    /// Returns the mean share of positives, 0 to 1.
    pub(super) fn share(&self, row: ArrayView1<'_, f64>) -> f64 {
        self.trees.iter().map(|tree| tree.value(row)).sum::<f64>() / self.trees.len() as f64
    }

    /// Returns the share of a row without information, and the part of each input.
    pub(super) fn contributions(&self, row: ArrayView1<'_, f64>) -> (f64, Vec<f64>) {
        let factor = 1.0 / self.trees.len() as f64;
        let mut parts = vec![0.0; row.len()];
        for tree in &self.trees {
            tree.add_contributions(row, factor, &mut parts);
        }
        (self.trees.iter().map(|tree| factor * tree.mean()).sum(), parts)
    }

    pub(super) fn is_valid(&self, inputs: usize) -> bool {
        !self.trees.is_empty() && self.trees.iter().all(|tree| tree.is_valid(inputs))
    }
}
