//! Logistic regression over encoded features, with the signs that the features allow.

use ndarray::{Array2, ArrayView1, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    fit::{self, LinearPredictor},
    fit_rows::{self, FitRows},
    inputs::{self, Encoding, Input},
    scale::Sign,
};

/// A fitted regression as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Logistic {
    /// One over the prior variance of a weight.
    strength: f64,
    /// Each strength tried with its loss on rows left out; empty if the set had too few groups.
    strengths_tried: Vec<(f64, f64)>,
    intercept: f64,
    terms: Vec<Term>,
}

/// Weight of one input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Term {
    feature: usize,
    weight: f64,
    encoding: Encoding,
}

/// Settings of a regression.
#[derive(Clone, Debug)]
pub(super) struct Strengths<'a> {
    /// Strengths of the penalty to try.
    pub(super) tried: &'a [f64],
    /// Number of folds for the choice, at least 2.
    pub(super) folds: usize,
}

/// Strength for sets with too few groups for a choice: weights of about one deviation.
const STRENGTH_DEFAULT: f64 = 1.0;
/// Number of parts of 1 to which weights are rounded, because the last digits may differ between processors.
const ROUNDING: f64 = 1e9;

impl Logistic {
    /// Chooses a strength and fits the weights.
    pub(super) fn fit(rows: &FitRows<'_>, strengths: &Strengths<'_>) -> Self {
        let inputs = inputs::linear(rows.specs, rows.features, rows.order);
        let signs = inputs::signs(&inputs, rows.specs);
        let encoded = known_or_zero(inputs::encode(&inputs, rows.specs, rows.features, rows.blocks));
        let tried = validation_losses(&encoded, rows, &signs, strengths);
        let strength = best_strength(&tried);
        let start = fit::fit_lbfgs(&encoded, rows.labels, strength);
        let predictor = fit::refine_newton(&encoded, &targets(rows.labels), strength, &signs, &start);
        Self::new(inputs, &encoded, &predictor, (strength, tried))
    }

    fn new(
        inputs: Vec<Input>,
        encoded: &Array2<f64>,
        predictor: &LinearPredictor,
        (strength, strengths_tried): (f64, Vec<(f64, f64)>),
    ) -> Self {
        let is_constant =
            |column: ArrayView1<'_, f64>| column.iter().all(|value| value.to_bits() == column[0].to_bits());
        let term = |((input, weight), column): ((Input, &f64), ArrayView1<'_, f64>)| Term {
            feature: input.feature,
            weight: if is_constant(column) { 0.0 } else { rounded(*weight) },
            encoding: input.encoding,
        };
        let columns = encoded.columns();
        let terms = inputs.into_iter().zip(&predictor.weights).zip(columns).map(term).collect();
        Self { strength, strengths_tried, intercept: rounded(predictor.intercept), terms }
    }

    pub(super) fn inputs(&self) -> Vec<Input> {
        let input = |term: &Term| Input { feature: term.feature, encoding: term.encoding.clone() };
        self.terms.iter().map(input).collect()
    }

    pub(super) fn intercept(&self) -> f64 {
        self.intercept
    }

    pub(super) fn strength(&self) -> f64 {
        self.strength
    }

    pub(super) fn strengths_tried(&self) -> &[(f64, f64)] {
        &self.strengths_tried
    }

    /// Returns the sum of the weights of each feature's inputs.
    pub(super) fn weights(&self, features: usize) -> Vec<f64> {
        let mut weights = vec![0.0; features];
        for term in &self.terms {
            weights[term.feature] += term.weight;
        }
        weights
    }

    /// Returns the logit of each encoded row.
    pub(super) fn logits(&self, encoded: &Array2<f64>) -> Vec<f64> {
        let logit = |row: ArrayView1<'_, f64>| self.intercept + self.contributions(row).iter().sum::<f64>();
        encoded.rows().into_iter().map(logit).collect()
    }

    /// Returns the part of each input of an encoded row; 0 for an unknown value.
    pub(super) fn contributions(&self, row: ArrayView1<'_, f64>) -> Vec<f64> {
        // Adding zero makes a negative weight's -0.0 into 0.0.
        let part =
            |(term, value): (&Term, &f64)| if value.is_nan() { 0.0 } else { term.weight * value + 0.0 };
        self.terms.iter().zip(row).map(part).collect()
    }
}

fn known_or_zero(mut encoded: Array2<f64>) -> Array2<f64> {
    encoded.mapv_inplace(|value| if value.is_nan() { 0.0 } else { value });
    encoded
}

/// Returns each strength with its loss on rows left out; empty if no fold can be fitted. The loss is the mean log loss on
/// groups left out. If rows are ranked within cuts, it is one less the average precision on cuts left out, because
/// the level of other cuts has no meaning there.
///
/// Encodings are learned once over all folds, because they do not depend on labels.
fn validation_losses(
    encoded: &Array2<f64>,
    rows: &FitRows<'_>,
    signs: &[Sign],
    strengths: &Strengths<'_>,
) -> Vec<(f64, f64)> {
    let folds = if rows.order.is_within() {
        fit_rows::folds(rows.blocks, rows.labels, strengths.folds)
    } else {
        fit_rows::folds(rows.groups, rows.labels, strengths.folds)
    };
    let left_out: Vec<Option<FoldLogits>> = (0..strengths.folds)
        .into_par_iter()
        .map(|fold| fold_logits(encoded, rows.labels, signs, strengths.tried, |row| folds[row] == fold))
        .collect();
    let left_out: Vec<FoldLogits> = left_out.into_iter().flatten().collect();
    let scored: Vec<usize> = left_out.iter().flat_map(|(rows, _)| rows.iter().copied()).collect();
    if scored.is_empty() {
        return Vec::new();
    }
    let labels = fit_rows::select(rows.labels, &scored);
    let blocks = fit_rows::select(rows.blocks, &scored);
    let loss = |position: usize| {
        let logits: Vec<f64> =
            left_out.iter().flat_map(|(_, logits)| logits[position].iter().copied()).collect();
        if rows.order.is_within() {
            return 1.0 - fit_rows::average_precision(&logits, &labels, &blocks, rows.order).unwrap_or(0.0);
        }
        let loss = |(&logit, &label): (&f64, &bool)| fit::log_loss(logit, f64::from(u8::from(label)));
        logits.iter().zip(&labels).map(loss).sum::<f64>() / labels.len() as f64
    };
    strengths.tried.iter().enumerate().map(|(position, &strength)| (strength, loss(position))).collect()
}

/// Rows of a fold, and their logits for each strength.
type FoldLogits = (Vec<usize>, Vec<Vec<f64>>);

/// Returns the rows of a fold with their logits for each strength.
///
/// Returns `None` for an empty fold, or if the other rows have only one label.
fn fold_logits(
    encoded: &Array2<f64>,
    labels: &[bool],
    signs: &[Sign],
    strengths: &[f64],
    is_in_fold: impl Fn(usize) -> bool,
) -> Option<FoldLogits> {
    let (fold, others): (Vec<usize>, Vec<usize>) = (0..labels.len()).partition(|&row| is_in_fold(row));
    let fitted = fit_rows::select(labels, &others);
    if fold.is_empty() || fitted.iter().all(|label| *label == fitted[0]) {
        return None;
    }
    let others = encoded.select(Axis(0), &others);
    let goals = targets(&fitted);
    let mut predictor = fit::fit_lbfgs(&others, &fitted, *strengths.first()?);
    let logits = strengths.iter().map(|&strength| {
        predictor = fit::refine_newton(&others, &goals, strength, signs, &predictor);
        fold.iter().map(|&row| fit::logit(&predictor, &encoded.row(row).to_vec())).collect()
    });
    let logits = logits.collect();
    Some((fold, logits))
}

/// Returns the strength with the lowest loss; the stronger one on ties.
fn best_strength(tried: &[(f64, f64)]) -> f64 {
    let order =
        |left: &&(f64, f64), right: &&(f64, f64)| left.1.total_cmp(&right.1).then(right.0.total_cmp(&left.0));
    tried.iter().min_by(order).map_or(STRENGTH_DEFAULT, |chosen| chosen.0)
}

fn targets(labels: &[bool]) -> Vec<f64> {
    labels.iter().map(|&label| f64::from(u8::from(label))).collect()
}

fn rounded(weight: f64) -> f64 {
    // Adding zero makes -0.0 into 0.0.
    (weight * ROUNDING).round() / ROUNDING + 0.0
}
