//! Features to a score and why. A score is a witness, not a judge.

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

use ndarray::Array2;

pub use bootstrap::{Draws, Estimate};
pub use calibrate::{Calibration, ISOTONIC_POSITIVES_MIN};
pub use card::card;
pub use disk::{FORMAT, digest, from_json, to_json};
pub use evaluate::{Baseline, Bin, EvaluateConfig, Evaluation, Judged, Measured, difference, evaluate};
pub use logistic::{
    Contribution, Counts, Logistic, Threshold, by_family, explain, logit, probability, score,
};
pub use ranked::{BINS, Measure, PROBABILITY_MIN};
pub use scale::{FeatureSpec, Ordinary};
pub use single::{Single, singles, suspicious};
pub use split::Split;
pub use train::{TrainConfig, TrainingSet, train};

/// How candidates are scored.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Model {
    /// By rule alone: the share of tonight's candidates that show their pattern no more strongly.
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

/// Scores each candidate from 0 to 1, in the order given: its statistic, and its row of features.
pub fn scores(model: &Model, statistics: &[f64], features: &Array2<f64>) -> Vec<f64> {
    match model {
        Model::Rules => ranks(statistics),
        Model::Logistic(logistic) => rows(features).map(|row| score(logistic, &row)).collect(),
    }
}

/// Returns each candidate's calibrated probability, in the order given; `None` where the model was not calibrated.
pub fn probabilities(model: &Model, features: &Array2<f64>) -> Vec<Option<f64>> {
    match model {
        Model::Rules => vec![None; features.nrows()],
        Model::Logistic(logistic) => rows(features).map(|row| probability(logistic, &row)).collect(),
    }
}

fn rows(features: &Array2<f64>) -> impl Iterator<Item = Vec<f64>> {
    features.rows().into_iter().map(|row| row.to_vec())
}

/// Returns the share of values that are no larger than each, from 0 to 1.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let share = |value: &f64| {
        sorted.partition_point(|other| other.total_cmp(value).is_le()) as f64 / sorted.len() as f64
    };
    values.iter().map(share).collect()
}
