//! Labelled rows for training.

use ndarray::{Array2, Axis};

use super::{fitting, scale::FeatureSpec, trained::Counts};

/// Labelled rows; all columns have one length.
#[derive(Clone, Debug)]
pub struct TrainingSet {
    /// One row for each candidate, one column for each feature; a value that is not finite is unknown.
    pub features: Array2<f64>,
    /// True if the claim of the candidate's pattern was true.
    pub labels: Vec<bool>,
    /// World or lineage; a split never divides the rows of one group.
    pub groups: Vec<u32>,
    /// Time of the score of each candidate, in any unit that grows with time.
    pub moments: Vec<i64>,
    /// The features, in the order of the columns.
    pub specs: Vec<FeatureSpec>,
}

impl TrainingSet {
    /// Sorts the rows by content, so that the result of training does not depend on their order.
    pub(super) fn sorted(&self) -> Self {
        let mut order: Vec<usize> = (0..self.labels.len()).collect();
        order.sort_by(|&left, &right| {
            let key = |row: usize| (self.moments[row], self.groups[row], self.labels[row]);
            let values = self.features.row(left).into_iter().zip(self.features.row(right));
            key(left).cmp(&key(right)).then_with(|| {
                values
                    .map(|(left, right)| left.total_cmp(right))
                    .find(|order| order.is_ne())
                    .unwrap_or(std::cmp::Ordering::Equal)
            })
        });
        self.select(&order)
    }

    /// Returns the given rows in the given order.
    pub(super) fn select(&self, rows: &[usize]) -> Self {
        Self {
            features: self.features.select(Axis(0), rows),
            labels: rows.iter().map(|&row| self.labels[row]).collect(),
            groups: rows.iter().map(|&row| self.groups[row]).collect(),
            moments: rows.iter().map(|&row| self.moments[row]).collect(),
            specs: self.specs.clone(),
        }
    }

    /// Counts rows, positives and groups.
    pub(super) fn counts(&self) -> Counts {
        fitting::counts(&self.labels, &self.groups)
    }
}
