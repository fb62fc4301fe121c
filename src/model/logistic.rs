//! A logistic regression as data: what each feature counts for, what is ordinary, and how scores are calibrated.

use serde::{Deserialize, Serialize};

use super::{
    calibrate::{self, Calibration},
    fit::sigmoid,
    scale::{self, Encoding, FeatureSpec, Ordinary},
};

/// A trained model. Made by [`super::train`] or read by [`super::from_json`]; it does not change afterwards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logistic {
    pub(super) format: u32,
    pub(super) id: String,
    pub(super) parent: Option<String>,
    pub(super) trained_on: String,
    pub(super) features_digest: String,
    pub(super) fitted: Counts,
    pub(super) calibrated: Counts,
    pub(super) strength: f64,
    pub(super) strengths_tried: Vec<(f64, f64)>,
    pub(super) calibration: Calibration,
    pub(super) thresholds: Vec<Threshold>,
    pub(super) intercept: f64,
    pub(super) terms: Vec<Term>,
}

/// What a slice of the training set held.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows.
    pub rows: usize,
    /// Rows with a true label.
    pub positives: usize,
    /// Worlds or lineages.
    pub groups: usize,
    /// Share of positives among the rows; 0 of nothing.
    pub base_rate: f64,
}

/// A score that a stated share of the calibration slice's negatives reaches.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// Share of negatives with this score or a higher one, 0 to 1.
    pub negatives_share: f64,
    /// The score, 0 to 1.
    pub score: f64,
}

/// One feature's part in a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Term {
    pub(super) spec: FeatureSpec,
    pub(super) weight: f64,
    pub(super) ordinary: Option<Ordinary>,
    pub(super) ordinary_negatives: Option<Ordinary>,
    pub(super) encoding: Encoding,
}

/// What one feature adds to a row's logit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution {
    /// Place of the feature in the model and in the row.
    pub feature: usize,
    /// The row's value; not a number where unknown.
    pub value: f64,
    /// Median of the training negatives; not a number where none was known.
    pub ordinary: f64,
    /// What it adds to the logit; 0 where unknown.
    pub contribution: f64,
}

impl Logistic {
    /// Returns the id: a short digest of all the rest.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the id of the model that this one was trained to follow.
    pub fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }

    /// Returns the words that name the training set.
    pub fn trained_on(&self) -> &str {
        &self.trained_on
    }

    /// Returns the digest of the feature names, in order.
    pub fn features_digest(&self) -> &str {
        &self.features_digest
    }

    /// Returns each feature with its weight, in deviations of its encoded training values.
    pub fn weights(&self) -> impl ExactSizeIterator<Item = (&FeatureSpec, f64)> {
        self.terms.iter().map(|term| (&term.spec, term.weight))
    }

    /// Returns each feature's quarters over all fitted rows and over their negatives; `None` where none was known.
    pub fn ordinaries(&self) -> impl ExactSizeIterator<Item = (Option<Ordinary>, Option<Ordinary>)> {
        self.terms.iter().map(|term| (term.ordinary, term.ordinary_negatives))
    }

    /// Returns the logit of a row in which nothing is known.
    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    /// Returns the strength of the penalty: one over the prior variance of a weight.
    pub fn strength(&self) -> f64 {
        self.strength
    }

    /// Returns each strength tried with its mean log loss on groups left out; empty where there were too few groups.
    pub fn strengths_tried(&self) -> &[(f64, f64)] {
        &self.strengths_tried
    }

    /// Returns how logits become probabilities.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// Returns what the weights were fitted on.
    pub fn fitted(&self) -> Counts {
        self.fitted
    }

    /// Returns what the calibration was learned on.
    pub fn calibrated(&self) -> Counts {
        self.calibrated
    }

    /// Returns scores with the share of negatives that reach them.
    pub fn thresholds(&self) -> &[Threshold] {
        &self.thresholds
    }
}

/// Returns the logit of a row, before calibration. A row has one value for each feature; not a number is unknown.
pub fn logit(model: &Logistic, row: &[f64]) -> f64 {
    assert_eq!(row.len(), model.terms.len(), "a row has one value for each feature of the model");
    model.intercept + row.iter().zip(&model.terms).map(|(&value, term)| part(term, value)).sum::<f64>()
}

/// Scores a row from 0 to 1. Scores put rows in order; only [`probability`] may be read as one.
///
/// Calibration by steps gives many rows one probability, and would leave their order to chance: the score is the
/// logistic function of the logit before calibration.
pub fn score(model: &Logistic, row: &[f64]) -> f64 {
    sigmoid(logit(model, row))
}

/// Returns the calibrated probability of a row; `None` where the model has no calibration. Rises with the score.
pub fn probability(model: &Logistic, row: &[f64]) -> Option<f64> {
    calibrate::probability(&model.calibration, logit(model, row))
}

/// Says what each feature adds: the contributions and the intercept add up to the logit.
pub fn explain(model: &Logistic, row: &[f64]) -> Vec<Contribution> {
    assert_eq!(row.len(), model.terms.len(), "a row has one value for each feature of the model");
    let explained = row.iter().zip(&model.terms).enumerate();
    explained
        .map(|(feature, (&value, term))| Contribution {
            feature,
            value,
            ordinary: term.ordinary_negatives.map_or(f64::NAN, |ordinary| ordinary.median),
            contribution: part(term, value),
        })
        .collect()
}

/// Adds contributions up by family, in the order of the families' names.
pub fn by_family<'a>(model: &'a Logistic, contributions: &[Contribution]) -> Vec<(&'a str, f64)> {
    let mut families = std::collections::BTreeMap::new();
    for part in contributions {
        *families.entry(model.terms[part.feature].spec.family.as_str()).or_insert(0.0) += part.contribution;
    }
    families.into_iter().collect()
}

fn part(term: &Term, value: f64) -> f64 {
    // Adding zero makes a negative weight's -0.0 into 0.0.
    term.weight * scale::encode(term.spec.scale, &term.encoding, value) + 0.0
}
