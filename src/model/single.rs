//! Average precision of each feature alone: a baseline, and a check for features that depend on the label.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::ranked::{self, Measure};

/// Average precision of one feature alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SingleFeature {
    /// Name of the feature.
    pub name: String,
    /// Average precision in the better direction, 0 to 1.
    pub average_precision: f64,
    /// True if high values indicate positives.
    pub more_is_better: bool,
}

/// Smallest average precision of a feature alone that indicates a leak of the label.
const SUSPICIOUS_PRECISION: f64 = 0.95;

/// Returns the average precision of each feature alone in its better direction, the best first.
///
/// Unknown values come last in both directions.
pub fn singles(features: &Array2<f64>, names: &[&str], labels: &[bool]) -> Vec<SingleFeature> {
    let mut singles: Vec<SingleFeature> = names
        .iter()
        .zip(features.columns())
        .filter_map(|(name, column)| {
            let (average_precision, more_is_better) = single(&column.to_vec(), labels)?;
            Some(SingleFeature { name: (*name).to_owned(), average_precision, more_is_better })
        })
        .collect();
    singles.sort_by(|left, right| right.average_precision.total_cmp(&left.average_precision));
    singles
}

/// Returns the features that alone reach an average precision of 0.95, ascending.
///
/// If most labels are true, a random order has a high average precision, too. A suspicious feature must also close at
/// least half of the gap between a random order and 1.
pub fn suspicious(features: &Array2<f64>, labels: &[bool]) -> Vec<usize> {
    let positives = labels.iter().filter(|&&label| label).count();
    let chance = positives as f64 / labels.len().max(1) as f64;
    let least = SUSPICIOUS_PRECISION.max(f64::midpoint(1.0, chance));
    let columns = features.columns().into_iter().enumerate();
    let is_suspicious = |column: &[f64]| single(column, labels).is_some_and(|(reached, _)| reached >= least);
    columns.filter(|(_, column)| is_suspicious(&column.to_vec())).map(|(feature, _)| feature).collect()
}

fn single(values: &[f64], labels: &[bool]) -> Option<(f64, bool)> {
    let reached = |scores: &[f64]| {
        let ranked = ranked::rank(scores, labels, &vec![0; labels.len()]);
        ranked::measure(&ranked, &[Measure::AveragePrecision], &[1])[0]
    };
    let less: Vec<f64> = values.iter().map(|value| -value).collect();
    let (more, less) = (reached(values)?, reached(&less)?);
    Some((more.max(less), more >= less))
}

#[cfg(test)]
mod tests {
    use super::super::generated::Noise;
    use super::*;

    #[test]
    fn common_positives_do_not_make_noise_suspicious() {
        let mut noise = Noise::open(22);
        let labels: Vec<bool> = (0..1000).map(|_| noise.share() < 0.97).collect();
        let features = Array2::from_shape_fn((1000, 1), |_| noise.normal());
        assert!(suspicious(&features, &labels).is_empty());
    }
}
