//! Models that score candidates by their features: training, evaluation, calibration and explanation.
//!
//! A score orders candidates for review; it decides nothing.

mod boosted;
mod bootstrap;
mod calibrate;
mod card;
mod comparison;
mod comparison_page;
mod disk;
mod evaluate;
mod fit;
mod fit_rows;
mod fitting;
mod forest;
mod forward;
#[cfg(test)]
mod generated;
mod inputs;
mod interval;
mod judged;
mod logistic;
mod outcome_measures;
mod outcome_rows;
mod pairing;
mod prequential;
mod ranked;
mod scale;
mod scorer;
mod sentinel;
mod service;
mod single;
mod split;
#[cfg(test)]
mod tests;
mod train;
mod trained;
mod training_set;
mod tree;

use ndarray::Array2;

pub use bootstrap::{Draws, Estimate, estimates};
pub use calibrate::{Calibration, ISOTONIC_POSITIVES_MIN};
pub use card::card;
pub use comparison::{
    CompareConfig, Compared, Comparison, ModelMeasures, ModelScores, PairedDifference, compare, fit_model,
};
pub use comparison_page::{comparison_page, paired_page};
pub use disk::{FORMAT, digest, from_json, to_json};
pub use evaluate::{
    Baseline, Bin, EvaluateConfig, Evaluation, EvaluationSet, Measured, difference, evaluate,
};
pub use fitting::{POSITIVES_MIN, TREE_POSITIVES_MIN};
pub use forward::ForwardConfig;
pub use inputs::Order;
pub use judged::{Abstention, Judged, judge};
pub use outcome_measures::OutcomeMeasure;
pub use outcome_rows::{Horizon, OutcomeRows, OutcomeTable};
pub use pairing::{Paired, PromotionRule, pair, promotion_rules, reference, scores_of};
pub use ranked::{BINS, Measure, PROBABILITY_MIN};
pub use scale::{FeatureSpec, Role, Sign, TypicalRange};
pub use scorer::Kind;
pub use sentinel::{Sentinel, sentinel};
pub use service::{ModelsInService, judge_named};
pub use single::{SingleFeature, singles, suspicious};
pub use split::Split;
pub use train::{TrainConfig, train};
pub use trained::{
    CalibrationBin, Contribution, Counts, Threshold, TrainedModel, by_family, calibrated, explain, margins,
    model_scores,
};
pub use training_set::TrainingSet;

/// Way to score candidates.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Model {
    /// By rule alone: the share of the run's candidates whose statistic is not higher.
    #[default]
    Rules,
    /// By a model of one of the [`Kind`]s over features.
    Trained(Box<TrainedModel>),
}

impl Model {
    /// Returns the id that the manifest and flags name.
    pub fn id(&self) -> &str {
        self.trained().map_or("rules", TrainedModel::id)
    }

    /// Returns the trained model; `None` for the order by rule.
    pub fn trained(&self) -> Option<&TrainedModel> {
        match self {
            Self::Rules => None,
            Self::Trained(model) => Some(model),
        }
    }

    /// Returns the name of the label set behind probabilities; `None` if none may be shown. A model that was trained on
    /// synthetic worlds has none.
    pub fn calibrated_on(&self) -> Option<&str> {
        self.trained().and_then(TrainedModel::calibrated_on)
    }
}

/// Returns the score of each candidate of a run, 0 to 1, from its statistic or its row of features.
pub fn scores(model: &Model, statistics: &[f64], features: &Array2<f64>) -> Vec<f64> {
    match model {
        Model::Rules => ranks(statistics),
        Model::Trained(model) => model_scores(model, features),
    }
}

/// Returns the probability of each candidate of a run; `None` unless the model is calibrated on own rows.
pub fn probabilities(model: &Model, features: &Array2<f64>) -> Vec<Option<f64>> {
    match model {
        Model::Trained(model) if model.calibrated_on().is_some() => {
            calibrated(model, features, &vec![0; features.nrows()])
        }
        _ => vec![None; features.nrows()],
    }
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
