//! Scores of rows with what limits them: the interval of a probability, and a reason to abstain.

use ndarray::Array2;

use super::{
    fit::sigmoid,
    interval, sentinel,
    trained::{self, TrainedModel},
};

/// Reason for which a model gives no opinion on a row.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "abstention", rename_all = "kebab-case")]
pub enum Abstention {
    /// The interval of the probability is too wide: its ends.
    WideInterval {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// These features are outside the values of training.
    Unfamiliar {
        /// Names of the features.
        features: Vec<String>,
    },
    /// The medians of these features moved far from their usual values in training, so that the past is a poor guide.
    Moved {
        /// Names of the features.
        features: Vec<String>,
    },
    /// The members of a mean of ranks disagree: distance of the lowest and highest rank.
    Disagreement {
        /// Distance of ranks, 0 to 1.
        spread: f64,
    },
}

/// Score of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Score, 0 to 1.
    pub score: f64,
    /// Calibrated probability; `None` unless the model is calibrated on own rows.
    pub probability: Option<f64>,
    /// Interval of the probability before a shift of its level; `None` without calibration rows.
    pub interval: Option<(f64, f64)>,
    /// Reason to abstain; `None` if there is none.
    pub abstention: Option<Abstention>,
}

/// Widest interval of a probability.
const WIDTH_MAX: f64 = 0.4;
/// Largest distance of members' ranks.
const SPREAD_MAX: f64 = 0.7;
/// Smallest share of known features outside their training values that makes a row unfamiliar.
const UNFAMILIAR_SHARE: f64 = 0.1;
/// Smallest number of such features.
const UNFAMILIAR_MIN: usize = 2;

/// Scores the rows of one cut.
pub fn judge(model: &TrainedModel, rows: &Array2<f64>) -> Vec<Judged> {
    let blocks = vec![0; rows.nrows()];
    let selected = model.select(rows);
    let margins = trained::margins(model, rows, &blocks);
    let probabilities = trained::calibrated(model, rows, &blocks);
    let spreads = model.scorer.disagreement(&model.specs(), &selected, &blocks, model.order);
    let moved = sentinel::moved_features(model, &selected);
    let of_row = |row: usize| {
        let interval = interval::interval(&model.calibration_bins, margins[row]);
        let unfamiliar = unfamiliar(model, &selected.row(row).to_vec());
        let abstention = match interval {
            _ if !moved.is_empty() => Some(Abstention::Moved { features: moved.clone() }),
            _ if !unfamiliar.is_empty() => Some(Abstention::Unfamiliar { features: unfamiliar }),
            Some((low, high)) if high - low > WIDTH_MAX => Some(Abstention::WideInterval { low, high }),
            _ if spreads[row] > SPREAD_MAX => Some(Abstention::Disagreement { spread: spreads[row] }),
            _ => None,
        };
        let probability = probabilities[row].filter(|_| model.calibrated_on().is_some());
        Judged { score: sigmoid(margins[row]), probability, interval, abstention }
    };
    (0..rows.nrows()).map(of_row).collect()
}

/// Returns the features of a row outside the values of training, if they are enough to make it unfamiliar.
fn unfamiliar(model: &TrainedModel, row: &[f64]) -> Vec<String> {
    let known = row.iter().filter(|value| value.is_finite()).count();
    let outside: Vec<String> = model
        .features
        .iter()
        .zip(row)
        .filter(|(feature, value)| {
            let (low, high) = feature.extremes.unwrap_or((f64::MIN, f64::MAX));
            feature.spec.role.feature && value.is_finite() && (**value < low || **value > high)
        })
        .map(|(feature, _)| feature.spec.name.clone())
        .collect();
    let least = UNFAMILIAR_MIN.max((UNFAMILIAR_SHARE * known as f64).ceil() as usize);
    if outside.len() >= least { outside } else { Vec::new() }
}
