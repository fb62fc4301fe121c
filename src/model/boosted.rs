//! Gradient-boosted trees for the log loss (Friedman 2001; Chen and Guestrin 2016), with columns that may only raise the
//! score.
//!
//! The number of trees is chosen by the log loss on groups left out.

use ndarray::{Array2, ArrayView1, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    fit::{log_loss, sigmoid},
    fit_rows,
    tree::{Bins, Growth, Tree},
};
use crate::random;

/// Settings of boosting.
const TREES_MAX: usize = 160;
/// Number of trees without a lower loss after which a fold stops.
const PATIENCE: usize = 20;
/// Number of trees where no group can be left out.
const TREES_DEFAULT: usize = 60;
const RATE: f64 = 0.06;
const DEPTH_MAX: usize = 3;
const LEAF_ROWS_MIN: usize = 8;
const SHRINKAGE: f64 = 1.0;
const FOLDS: usize = 3;

/// Trees whose values add up to a logit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Boosted {
    intercept: f64,
    trees: Vec<Tree>,
}

impl Boosted {
    /// Fits trees; `rising` marks the columns that may only raise the logit. `groups` stay whole where rows are left
    /// out.
    pub(super) fn fit(rows: &Array2<f64>, labels: &[bool], groups: &[u32], rising: &[bool]) -> Self {
        let folds = fit_rows::folds(groups, labels, FOLDS);
        let losses: Vec<Option<Vec<f64>>> = (0..FOLDS)
            .into_par_iter()
            .map(|fold| fold_losses(rows, labels, rising, |row| folds[row] == fold))
            .collect();
        let losses: Vec<Vec<f64>> = losses.into_iter().flatten().collect();
        // A fold that stopped early keeps its last loss, which is above its lowest one.
        let loss = |fold: &Vec<f64>, trees: usize| fold.get(trees).or(fold.last()).copied().unwrap_or(0.0);
        let total = |trees: usize| losses.iter().map(|fold| loss(fold, trees)).sum::<f64>();
        let best = (1..=TREES_MAX).min_by(|&left, &right| total(left).total_cmp(&total(right)));
        let trees = if losses.is_empty() { TREES_DEFAULT } else { best.unwrap_or(TREES_DEFAULT) };
        Self::fit_trees(rows, labels, rising, trees, &mut |_| true)
    }

    /// Fits a number of trees, as long as `watch` returns true for each.
    fn fit_trees(
        rows: &Array2<f64>,
        labels: &[bool],
        rising: &[bool],
        count: usize,
        watch: &mut dyn FnMut(&Tree) -> bool,
    ) -> Self {
        let bins = Bins::learn(rows);
        let intercept = intercept(labels);
        let mut logits = vec![intercept; labels.len()];
        let mut random = random::open(0, 0);
        let mut trees = Vec::with_capacity(count);
        for _ in 0..count {
            let shares: Vec<f64> = logits.iter().map(|logit| sigmoid(*logit)).collect();
            let gradients: Vec<f64> =
                shares.iter().zip(labels).map(|(share, &label)| share - f64::from(u8::from(label))).collect();
            let curvatures: Vec<f64> = shares.iter().map(|share| share * (1.0 - share)).collect();
            let growth = Growth {
                bins: &bins,
                gradients: &gradients,
                curvatures: &curvatures,
                rising,
                depth_max: DEPTH_MAX,
                rows_min: LEAF_ROWS_MIN,
                shrinkage: SHRINKAGE,
                columns: usize::MAX,
                is_random: false,
            };
            let tree = growth.grow((0..labels.len() as u32).collect(), &mut random).scaled(RATE);
            for (logit, row) in logits.iter_mut().zip(rows.rows()) {
                *logit += tree.value(row);
            }
            let goes_on = watch(&tree);
            trees.push(tree);
            if !goes_on {
                break;
            }
        }
        Self { intercept, trees }
    }

    /// Returns the logit of a row.
    pub(super) fn logit(&self, row: ArrayView1<'_, f64>) -> f64 {
        self.intercept + self.trees.iter().map(|tree| tree.value(row)).sum::<f64>()
    }

    /// Returns the logit of a row without information, and the part of each input.
    pub(super) fn contributions(&self, row: ArrayView1<'_, f64>) -> (f64, Vec<f64>) {
        let mut parts = vec![0.0; row.len()];
        for tree in &self.trees {
            tree.add_contributions(row, 1.0, &mut parts);
        }
        (self.intercept + self.trees.iter().map(Tree::mean).sum::<f64>(), parts)
    }

    pub(super) fn is_valid(&self, inputs: usize) -> bool {
        self.intercept.is_finite() && self.trees.iter().all(|tree| tree.is_valid(inputs))
    }
}

/// Returns the logit of the share of positives, each label counted once more.
fn intercept(labels: &[bool]) -> f64 {
    let positives = labels.iter().filter(|&&label| label).count() as f64;
    let logit = ((positives + 1.0) / (labels.len() as f64 - positives + 1.0)).ln();
    (logit * 1e9).round() / 1e9
}

/// Returns the sum of the log loss on the rows of a fold after each number of trees, from 0.
///
/// Returns `None` for an empty fold, or if the other rows have only one label.
fn fold_losses(
    rows: &Array2<f64>,
    labels: &[bool],
    rising: &[bool],
    is_in_fold: impl Fn(usize) -> bool,
) -> Option<Vec<f64>> {
    let (fold, others): (Vec<usize>, Vec<usize>) = (0..labels.len()).partition(|&row| is_in_fold(row));
    let fitted: Vec<bool> = others.iter().map(|&row| labels[row]).collect();
    if fold.is_empty() || fitted.iter().all(|label| *label == fitted[0]) {
        return None;
    }
    let mut logits = vec![intercept(&fitted); fold.len()];
    let loss = |logits: &[f64]| {
        let rows = logits.iter().zip(&fold);
        rows.map(|(logit, &row)| log_loss(*logit, f64::from(u8::from(labels[row])))).sum::<f64>()
    };
    let mut losses = vec![loss(&logits)];
    let others = rows.select(Axis(0), &others);
    Boosted::fit_trees(&others, &fitted, rising, TREES_MAX, &mut |tree| {
        for (logit, &row) in logits.iter_mut().zip(&fold) {
            *logit += tree.value(rows.row(row));
        }
        losses.push(loss(&logits));
        let best = (0..losses.len()).min_by(|&left, &right| losses[left].total_cmp(&losses[right]));
        best.is_none_or(|best| losses.len() - best <= PATIENCE)
    });
    Some(losses)
}
