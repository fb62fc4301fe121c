//! A trained model as data: its kind, features, calibration, and where it comes from.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{
    calibrate::{self, Calibration},
    fit::{log_odds, sigmoid},
    inputs::Order,
    interval::ShareBin,
    scale::{FeatureSpec, TypicalRange},
    scorer::{Kind, Scorer},
};

/// A model, made by [`super::train`] or [`super::fit_model`], or read by [`super::from_json`]; immutable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainedModel {
    pub(super) format: u32,
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) outcome: String,
    pub(super) parent: Option<String>,
    pub(super) trained_on: String,
    /// Name of the own rows behind the calibration; `None` for a model of synthetic worlds.
    pub(super) calibrated_on: Option<String>,
    /// Latest cut of the rows, in microseconds since 1970; `None` for synthetic worlds.
    pub(super) trained_until: Option<i64>,
    pub(super) order: Order,
    pub(super) features_digest: String,
    pub(super) fitted: Counts,
    pub(super) calibrated: Counts,
    pub(super) calibration: Calibration,
    /// Logit that is added to a probability, so that its mean on the last labelled cut is the base rate there.
    pub(super) base_rate_shift: f64,
    /// Positives and rows of the calibration by margin, for the interval of a probability.
    pub(super) calibration_bins: Vec<ShareBin>,
    pub(super) thresholds: Vec<Threshold>,
    pub(super) features: Vec<ModelFeature>,
    pub(super) scorer: Scorer,
    /// Column of each feature in the rows to score.
    #[serde(skip)]
    pub(super) columns: Vec<usize>,
    /// Number of columns of the rows to score.
    #[serde(skip)]
    pub(super) width: usize,
}

/// Size of a part of the training set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// Number of rows.
    pub rows: usize,
    /// Number of rows with a true label.
    pub positives: usize,
    /// Number of worlds or lineages.
    pub groups: usize,
    /// Share of positives among the rows, 0 to 1; 0 without rows.
    pub base_rate: f64,
}

/// Calibration rows of similar score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CalibrationBin {
    /// Mean score, 0 to 1.
    pub score: f64,
    /// Calibrated probability at that score; `None` without calibration, and if it depends on more than the score.
    pub probability: Option<f64>,
    /// Number of positives.
    pub positives: u32,
    /// Number of rows.
    pub rows: u32,
}

/// Score that a given share of the negatives among the calibration rows reaches.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// Share of negatives with this score or a higher one, 0 to 1.
    pub negatives_share: f64,
    /// The score, 0 to 1.
    pub score: f64,
}

/// A feature of a model, with its values in training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelFeature {
    pub(super) spec: FeatureSpec,
    /// Range over all rows for fitting.
    pub(super) typical: Option<TypicalRange>,
    /// Range over the negatives among them.
    pub(super) typical_negatives: Option<TypicalRange>,
    /// Lowest and highest value.
    pub(super) extremes: Option<(f64, f64)>,
}

/// Part of one feature in a row's score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution {
    /// Position of the feature in the row.
    pub feature: usize,
    /// Value of the row; NaN if unknown.
    pub value: f64,
    /// Typical value: the median of the training negatives; NaN if unknown.
    pub typical: f64,
    /// Part of the feature; 0 if the model does not read it.
    pub contribution: f64,
}

impl TrainedModel {
    /// Returns the id: the kind, and a short digest of the whole model without the id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the name of the outcome.
    pub fn outcome(&self) -> &str {
        &self.outcome
    }

    /// Returns the id of the model that this one replaces.
    pub fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }

    /// Returns the name of the training set.
    pub fn trained_on(&self) -> &str {
        &self.trained_on
    }

    /// Returns the name of the own rows behind the calibration; `None` if probabilities must not be shown.
    pub fn calibrated_on(&self) -> Option<&str> {
        self.calibrated_on.as_deref().filter(|_| self.calibration != Calibration::None)
    }

    /// Returns the latest cut of the training rows in microseconds since 1970; `None` for synthetic worlds.
    pub fn trained_until(&self) -> Option<i64> {
        self.trained_until
    }

    /// Returns the digest of the feature names, in order.
    pub fn features_digest(&self) -> &str {
        &self.features_digest
    }

    /// Returns how the model reads its features.
    pub fn order(&self) -> Order {
        self.order
    }

    /// Returns each feature, in the order of the file.
    pub fn features(&self) -> impl ExactSizeIterator<Item = &FeatureSpec> {
        self.features.iter().map(|feature| &feature.spec)
    }

    /// Returns each feature with its weight, in deviations of its encoded training values; empty for other kinds
    /// than a regression.
    pub fn weights(&self) -> Vec<(&FeatureSpec, f64)> {
        let Scorer::Logistic(logistic) = &self.scorer else { return Vec::new() };
        let weights = logistic.weights(self.features.len());
        self.features().zip(weights).collect()
    }

    /// Returns each feature's typical range over the rows for fitting and over their negatives; `None` if no value is
    /// known.
    pub fn typical_ranges(
        &self,
    ) -> impl ExactSizeIterator<Item = (Option<TypicalRange>, Option<TypicalRange>)> {
        self.features.iter().map(|feature| (feature.typical, feature.typical_negatives))
    }

    /// Returns the margin of a row without known values; 0 for models without such a margin.
    pub fn intercept(&self) -> f64 {
        self.scorer.intercept()
    }

    /// Returns the strength of a regression's penalty, and each strength tried with its mean log loss on groups left out.
    pub fn strength(&self) -> Option<(f64, &[(f64, f64)])> {
        match &self.scorer {
            Scorer::Logistic(logistic) => Some((logistic.strength(), logistic.strengths_tried())),
            _ => None,
        }
    }

    /// Returns the calibration.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// Returns the size of the set for fitting.
    pub fn fitted(&self) -> Counts {
        self.fitted
    }

    /// Returns the size of the set for calibration.
    pub fn calibrated(&self) -> Counts {
        self.calibrated
    }

    /// Returns scores, each with the share of negatives that reach it.
    pub fn thresholds(&self) -> &[Threshold] {
        &self.thresholds
    }

    /// Returns the specs of the features.
    pub(super) fn specs(&self) -> Vec<FeatureSpec> {
        self.features().cloned().collect()
    }

    /// Returns the rows of the calibration, which the fit did not use, by ascending score; empty in an older model.
    pub fn calibration_rows(&self) -> Vec<CalibrationBin> {
        let probability = |margin: f64| {
            let reads_score_only = !matches!(self.calibration, Calibration::Blend { .. });
            let probability =
                calibrate::probability(&self.calibration, margin, 0.0).filter(|_| reads_score_only)?;
            Some(calibrate::shifted(probability, self.base_rate_shift))
        };
        let bin = |bin: &ShareBin| CalibrationBin {
            score: sigmoid(bin.margin),
            probability: probability(bin.margin),
            positives: bin.positives,
            rows: bin.rows,
        };
        self.calibration_bins.iter().map(bin).collect()
    }

    /// Returns the columns of rows that the model reads, in the order of its features.
    pub(super) fn select(&self, rows: &Array2<f64>) -> Array2<f64> {
        assert_eq!(rows.ncols(), self.width, "a row has one value for each feature");
        rows.select(ndarray::Axis(1), &self.columns)
    }

    /// Returns the logit of each forecast, where the calibration reads one.
    fn forecasts(&self, selected: &Array2<f64>) -> Vec<f64> {
        match self.calibration {
            Calibration::Blend { forecast, .. } if forecast < selected.ncols() => {
                selected.column(forecast).iter().map(|&value| log_odds(value)).collect()
            }
            _ => vec![0.0; selected.nrows()],
        }
    }
}

/// Returns the margin of each row, before calibration. Rows with one block are of one cut or query, and a row has one
/// value for each feature, NaN if unknown.
pub fn margins(model: &TrainedModel, rows: &Array2<f64>, blocks: &[u32]) -> Vec<f64> {
    model.scorer.margins(&model.specs(), &model.select(rows), blocks, model.order)
}

/// Returns the score of each row of one cut, from 0 to 1: the logistic function of its margin.
///
/// A score orders rows and is not a probability; see [`calibrated`]. Isotonic calibration gives many rows equal
/// probabilities, so probabilities could not order them.
pub fn model_scores(model: &TrainedModel, rows: &Array2<f64>) -> Vec<f64> {
    margins(model, rows, &vec![0; rows.nrows()]).into_iter().map(sigmoid).collect()
}

/// Returns the calibrated probability of each row; `None` without calibration.
pub fn calibrated(model: &TrainedModel, rows: &Array2<f64>, blocks: &[u32]) -> Vec<Option<f64>> {
    let margins = margins(model, rows, blocks);
    let forecasts = model.forecasts(&model.select(rows));
    let probability = |(margin, forecast): (f64, f64)| {
        let probability = calibrate::probability(&model.calibration, margin, forecast)?;
        Some(calibrate::shifted(probability, model.base_rate_shift))
    };
    margins.into_iter().zip(forecasts).map(probability).collect()
}

/// Returns the contribution of each feature to the score of each row of one cut.
pub fn explain(model: &TrainedModel, rows: &Array2<f64>) -> Vec<Vec<Contribution>> {
    let typical: Vec<f64> = model
        .features
        .iter()
        .map(|feature| feature.typical_negatives.map_or(f64::NAN, |range| range.median))
        .collect();
    let blocks = vec![0; rows.nrows()];
    let parts = model.scorer.contributions(&model.specs(), &model.select(rows), &blocks, &typical);
    let of_row = |row: usize| {
        let unread = |feature| Contribution {
            feature,
            value: rows[[row, feature]],
            typical: f64::NAN,
            contribution: 0.0,
        };
        let mut explained: Vec<Contribution> = (0..rows.ncols()).map(unread).collect();
        for (at, &column) in model.columns.iter().enumerate() {
            explained[column].typical = typical[at];
            explained[column].contribution = parts[[row, at]] + 0.0;
        }
        explained
    };
    (0..rows.nrows()).map(of_row).collect()
}

/// Returns the sum of the contributions of each family, by the family's name.
pub fn by_family<'a>(model: &'a TrainedModel, contributions: &[Contribution]) -> Vec<(&'a str, f64)> {
    let mut families = std::collections::BTreeMap::new();
    for (feature, &column) in model.features.iter().zip(&model.columns) {
        let part = contributions.get(column).map_or(0.0, |part| part.contribution);
        *families.entry(feature.spec.family.as_str()).or_insert(0.0) += part;
    }
    families.into_iter().collect()
}
