//! A logistic regression as data: weights, typical values of the features, and calibration.

use serde::{Deserialize, Serialize};

use super::{
    calibrate::{self, Calibration},
    fit::sigmoid,
    scale::{self, FeatureEncoding, FeatureSpec, TypicalRange},
};

/// A trained model, made by [`super::train`] or read by [`super::from_json`]; immutable.
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

/// Size of a part of the training set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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

/// Score that a given share of the negatives among the calibration rows reaches.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// Share of negatives with this score or a higher one, 0 to 1.
    pub negatives_share: f64,
    /// The score, 0 to 1.
    pub score: f64,
}

/// Part of one feature in a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Term {
    pub(super) spec: FeatureSpec,
    pub(super) weight: f64,
    /// Range over all rows for fitting; the file keeps the name of its first version.
    #[serde(rename = "ordinary")]
    pub(super) typical: Option<TypicalRange>,
    /// Range over the negatives among them.
    #[serde(rename = "ordinary_negatives")]
    pub(super) typical_negatives: Option<TypicalRange>,
    pub(super) encoding: FeatureEncoding,
}

/// Contribution of one feature to a row's logit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution {
    /// Position of the feature in the model and in the row.
    pub feature: usize,
    /// Value of the row; NaN if unknown.
    pub value: f64,
    /// Typical value: the median of the training negatives; NaN if unknown.
    pub typical: f64,
    /// Summand of the logit; 0 if the value is unknown.
    pub contribution: f64,
}

impl Logistic {
    /// Returns the id: a short digest of the whole model without the id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the id of the model that this one replaces.
    pub fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }

    /// Returns the name of the training set.
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

    /// Returns each feature's typical range over the rows for fitting and over their negatives; `None` if no value is
    /// known.
    pub fn typical_ranges(
        &self,
    ) -> impl ExactSizeIterator<Item = (Option<TypicalRange>, Option<TypicalRange>)> {
        self.terms.iter().map(|term| (term.typical, term.typical_negatives))
    }

    /// Returns the logit of a row without known values.
    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    /// Returns the strength of the penalty: one over the prior variance of a weight.
    pub fn strength(&self) -> f64 {
        self.strength
    }

    /// Returns each strength tried with its mean log loss on groups left out; empty if the set had too few groups.
    pub fn strengths_tried(&self) -> &[(f64, f64)] {
        &self.strengths_tried
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
}

/// Returns the logit of a row, before calibration. A row has one value for each feature, NaN if unknown.
pub fn logit(model: &Logistic, row: &[f64]) -> f64 {
    assert_eq!(row.len(), model.terms.len(), "a row has one value for each feature of the model");
    model.intercept
        + row.iter().zip(&model.terms).map(|(&value, term)| contribution(term, value)).sum::<f64>()
}

/// Returns the score of a row, from 0 to 1: the logistic function of the logit before calibration.
///
/// A score orders rows and is not a probability; see [`probability`]. Isotonic calibration gives many rows equal
/// probabilities, so probabilities could not order them.
pub fn score(model: &Logistic, row: &[f64]) -> f64 {
    sigmoid(logit(model, row))
}

/// Returns the calibrated probability of a row, which never falls as the score rises; `None` without calibration.
pub fn probability(model: &Logistic, row: &[f64]) -> Option<f64> {
    calibrate::probability(&model.calibration, logit(model, row))
}

/// Returns the contribution of each feature; contributions and intercept add up to the logit.
pub fn explain(model: &Logistic, row: &[f64]) -> Vec<Contribution> {
    assert_eq!(row.len(), model.terms.len(), "a row has one value for each feature of the model");
    let explained = row.iter().zip(&model.terms).enumerate();
    explained
        .map(|(feature, (&value, term))| Contribution {
            feature,
            value,
            typical: term.typical_negatives.map_or(f64::NAN, |range| range.median),
            contribution: contribution(term, value),
        })
        .collect()
}

/// Returns the sum of the contributions of each family, by the family's name.
pub fn by_family<'a>(model: &'a Logistic, contributions: &[Contribution]) -> Vec<(&'a str, f64)> {
    let mut families = std::collections::BTreeMap::new();
    for part in contributions {
        *families.entry(model.terms[part.feature].spec.family.as_str()).or_insert(0.0) += part.contribution;
    }
    families.into_iter().collect()
}

fn contribution(term: &Term, value: f64) -> f64 {
    // Adding zero makes a negative weight's -0.0 into 0.0.
    term.weight * scale::encode(term.spec.scale, &term.encoding, value) + 0.0
}
