//! Rows with labels, from which models of every kind are fitted, and choices of rows.

use std::collections::BTreeMap;

use ndarray::Array2;

use super::{
    inputs::{self, Input, Order},
    ranked::{self, Measure},
    scale::FeatureSpec,
};

/// Rows with labels, from which a model is fitted.
pub(super) struct FitRows<'a> {
    pub(super) features: &'a Array2<f64>,
    pub(super) labels: &'a [bool],
    /// Unit that a fold keeps whole.
    pub(super) groups: &'a [u32],
    /// Cut or query of each row.
    pub(super) blocks: &'a [u32],
    pub(super) specs: &'a [FeatureSpec],
    pub(super) order: Order,
}

impl FitRows<'_> {
    /// Returns the encoded inputs of the rows.
    pub(super) fn encode(&self, inputs: &[Input]) -> Array2<f64> {
        inputs::encode(inputs, self.specs, self.features, self.blocks)
    }
}

/// Returns rows of a table by number.
pub(super) fn select<T: Copy>(values: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|&row| values[row]).collect()
}

/// Returns rows of a matrix by number.
pub(super) fn select_rows(features: &Array2<f64>, rows: &[usize]) -> Array2<f64> {
    features.select(ndarray::Axis(0), rows)
}

/// Returns the average precision of margins, which are ranked inside their blocks first if models do so.
pub(super) fn average_precision(
    margins: &[f64],
    labels: &[bool],
    blocks: &[u32],
    order: Order,
) -> Option<f64> {
    let ordered = ordered(margins, blocks, order);
    let ranked = ranked::rank(&ordered, labels, &vec![0; labels.len()]);
    ranked::measure(&ranked, &[Measure::AveragePrecision], &[1])[0]
}

/// Returns margins as numbers that may be compared over all rows.
pub(super) fn ordered(margins: &[f64], blocks: &[u32], order: Order) -> Vec<f64> {
    match order {
        Order::Cut | Order::Query => inputs::cut_ranks(margins, &inputs::members(blocks)),
        Order::Pooled => margins.to_vec(),
    }
}

/// Assigns groups to folds and returns the fold of each row.
///
/// Groups with the most positives come first; each goes to the fold with the fewest positives, then the fewest rows.
pub(super) fn folds(groups: &[u32], labels: &[bool], folds: usize) -> Vec<usize> {
    let mut sizes: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    for (group, label) in groups.iter().zip(labels) {
        let size = sizes.entry(*group).or_default();
        size.0 += usize::from(*label);
        size.1 += 1;
    }
    let mut order: Vec<(u32, (usize, usize))> = sizes.into_iter().collect();
    order.sort_by(|left, right| right.1.cmp(&left.1).then(left.0.cmp(&right.0)));
    let mut loads = vec![(0, 0); folds];
    let mut fold_of = BTreeMap::new();
    for (group, (positives, rows)) in order {
        let fold = (0..folds).min_by_key(|&fold| (loads[fold], fold)).unwrap_or(0);
        loads[fold].0 += positives;
        loads[fold].1 += rows;
        fold_of.insert(group, fold);
    }
    groups.iter().map(|group| fold_of[group]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_in_one_fold_and_positives_are_spread() {
        let groups: Vec<u32> = (0..100).map(|row| row / 10).collect();
        let labels: Vec<bool> = groups.iter().map(|group| group % 2 == 0).collect();
        let folds = folds(&groups, &labels, 5);
        assert!(
            groups
                .windows(2)
                .zip(folds.windows(2))
                .all(|(group, fold)| group[0] != group[1] || fold[0] == fold[1])
        );
        for fold in 0..5 {
            let positives =
                folds.iter().zip(&labels).filter(|(row_fold, label)| **row_fold == fold && **label).count();
            assert_eq!(positives, 10);
        }
    }
}
