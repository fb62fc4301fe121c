//! Models that score candidates by their features: training, evaluation, calibration and explanation.
//!
//! A score orders candidates for review; it decides nothing.

mod bootstrap;
mod calibrate;
mod card;
mod disk;
mod evaluate;
mod fit;
#[cfg(test)]
mod generated;
mod logistic;
mod ranked;
mod scale;
mod single;
mod split;
#[cfg(test)]
mod tests;
mod train;
mod training_set;

use ndarray::Array2;

pub use bootstrap::{Draws, Estimate, estimates};
pub use calibrate::{Calibration, ISOTONIC_POSITIVES_MIN};
pub use card::card;
pub use disk::{FORMAT, digest, from_json, to_json};
pub use evaluate::{
    Baseline, Bin, EvaluateConfig, Evaluation, EvaluationSet, Measured, difference, evaluate,
};
pub use logistic::{
    Contribution, Counts, Logistic, Threshold, by_family, explain, logit, probability, score,
};
pub use ranked::{BINS, Measure, PROBABILITY_MIN};
pub use scale::{FeatureSpec, TypicalRange};
pub use single::{SingleFeature, singles, suspicious};
pub use split::Split;
pub use train::{TrainConfig, train};
pub use training_set::TrainingSet;

/// Way to score candidates.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Model {
    /// By rule alone: the share of the run's candidates whose statistic is not higher.
    #[default]
    Rules,
    /// By a logistic regression over features.
    Logistic(Box<Logistic>),
}

impl Model {
    /// Returns the id that the manifest and flags name.
    pub fn id(&self) -> &str {
        match self {
            Self::Rules => "rules",
            Self::Logistic(logistic) => logistic.id(),
        }
    }
}

/// Returns the score of each candidate, 0 to 1, from its statistic or its row of features.
pub fn scores(model: &Model, statistics: &[f64], features: &Array2<f64>) -> Vec<f64> {
    match model {
        Model::Rules => ranks(statistics),
        Model::Logistic(logistic) => rows(features).map(|row| score(logistic, &row)).collect(),
    }
}

/// Returns the calibrated probability of each candidate; `None` if the model is not calibrated.
pub fn probabilities(model: &Model, features: &Array2<f64>) -> Vec<Option<f64>> {
    match model {
        Model::Rules => vec![None; features.nrows()],
        Model::Logistic(logistic) => rows(features).map(|row| probability(logistic, &row)).collect(),
    }
}

fn rows(features: &Array2<f64>) -> impl Iterator<Item = Vec<f64>> {
    features.rows().into_iter().map(|row| row.to_vec())
}

/// Returns for each value the share of values that are not larger, 0 to 1.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let share = |value: &f64| {
        sorted.partition_point(|other| other.total_cmp(value).is_le()) as f64 / sorted.len() as f64
    };
    values.iter().map(share).collect()
}
