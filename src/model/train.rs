//! Training of a model from labelled rows: split, encode, choose a strength, fit, calibrate.
//!
//! Rows are sorted first, so their order has no effect on the result. Weights are rounded to nine decimals, because the
//! last digits may differ between processors.

use ndarray::{Array2, Axis};
use rayon::prelude::*;

use super::{
    calibrate, disk, fit,
    logistic::{self, Logistic, Term, Threshold},
    scale,
    split::{self, Split},
    training_set::TrainingSet,
};

/// Settings of training.
#[derive(Clone, Debug)]
pub struct TrainConfig {
    /// Choice of the calibration rows.
    pub split: Split,
    /// Strengths of the penalty to try; a strength is one over the prior variance of a weight of standardised values.
    pub strengths: Vec<f64>,
    /// Number of folds for the choice of strength, at least 2; a fold has whole groups.
    pub folds: usize,
    /// Name of the training set, for the model's file and card.
    pub trained_on: String,
    /// Id of the model that this one replaces.
    pub parent: Option<String>,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            split: Split::Time { calibration_share: 0.25, gap: 0 },
            strengths: vec![0.1, 1.0, 10.0, 100.0, 1000.0],
            folds: 5,
            trained_on: String::new(),
            parent: None,
        }
    }
}

/// Strength for sets with too few groups for a choice: weights of about one deviation.
const STRENGTH_DEFAULT: f64 = 1.0;
/// Number of parts of 1 to which weights are rounded.
const ROUNDING: f64 = 1e9;
/// Shares of negatives for which the model has a threshold.
const THRESHOLD_SHARES: [f64; 3] = [0.05, 0.01, 0.001];

/// Trains a model; returns a message on the missing part if the rows do not suffice.
pub fn train(set: &TrainingSet, config: &TrainConfig) -> Result<Logistic, String> {
    check(set, config)?;
    let set = set.sorted();
    let rows = split::split(&set, config.split.clone())?;
    let (fitting, calibration) = (set.select(&rows.fitting), set.select(&rows.calibration));
    let fitted = fitting.counts();
    if fitted.positives == 0 || fitted.positives == fitted.rows {
        let (positives, rows) = (fitted.positives, fitted.rows);
        return Err(format!(
            "the rows for fitting have {positives} positives of {rows}: both labels are needed"
        ));
    }
    let mut terms: Vec<Term> = (0..set.specs.len()).map(|column| term(&fitting, column)).collect();
    let rows = encoded(&fitting, &terms);
    let strengths_tried = validation_losses(&rows, &fitting, config);
    let strength = best_strength(&strengths_tried);
    let start = fit::fit_lbfgs(&rows, &fitting.labels, strength);
    let predictor = fit::refine_newton(&rows, &targets(&fitting.labels), strength, &start);
    for (term, weight) in terms.iter_mut().zip(&predictor.weights) {
        let is_constant = term.encoding.deviation <= 0.0;
        term.weight = if is_constant { 0.0 } else { rounded(*weight) };
    }
    let mut model = Logistic {
        format: disk::FORMAT,
        id: String::new(),
        parent: config.parent.clone(),
        trained_on: config.trained_on.clone(),
        features_digest: disk::digest(&set.specs.iter().map(|spec| spec.name.as_str()).collect::<Vec<_>>()),
        fitted,
        calibrated: calibration.counts(),
        strength,
        strengths_tried,
        calibration: calibrate::Calibration::None,
        thresholds: Vec::new(),
        intercept: rounded(predictor.intercept),
        terms,
    };
    let rows: Vec<Vec<f64>> = calibration.features.rows().into_iter().map(|row| row.to_vec()).collect();
    let logits: Vec<f64> = rows.iter().map(|row| logistic::logit(&model, row)).collect();
    model.calibration = calibrate::learn(&logits, &calibration.labels);
    model.thresholds = thresholds(&logits, &calibration.labels);
    model.id = disk::id(&model);
    Ok(model)
}

fn check(set: &TrainingSet, config: &TrainConfig) -> Result<(), String> {
    let rows = set.features.nrows();
    let lengths = [set.labels.len(), set.groups.len(), set.moments.len()];
    if lengths != [rows; 3] {
        return Err(format!("{rows} rows of features, but {lengths:?} labels, groups and moments"));
    }
    if set.features.ncols() != set.specs.len() {
        return Err(format!("{} columns, but {} names of features", set.features.ncols(), set.specs.len()));
    }
    if config.folds < 2 {
        return Err(format!("{} folds: at least 2 are needed", config.folds));
    }
    match config.strengths.iter().find(|strength| !(strength.is_finite() && **strength > 0.0)) {
        Some(strength) => Err(format!("the strength {strength} is not positive and finite")),
        None => Ok(()),
    }
}

/// Learns every part of a term except its weight.
fn term(set: &TrainingSet, column: usize) -> Term {
    let values = set.features.column(column).to_vec();
    let labelled = values.iter().zip(&set.labels);
    let negatives: Vec<f64> = labelled.filter(|(_, label)| !**label).map(|(value, _)| *value).collect();
    let spec = set.specs[column].clone();
    Term {
        encoding: scale::learn(spec.scale, &values),
        typical: scale::typical(&values),
        typical_negatives: scale::typical(&negatives),
        weight: 0.0,
        spec,
    }
}

fn encoded(set: &TrainingSet, terms: &[Term]) -> Array2<f64> {
    Array2::from_shape_fn(set.features.dim(), |(row, column)| {
        scale::encode(terms[column].spec.scale, &terms[column].encoding, set.features[[row, column]])
    })
}

/// Returns each strength with its mean log loss on groups left out; empty if no fold can be fitted.
///
/// Encodings are learned once over all folds, because they do not depend on labels.
fn validation_losses(rows: &Array2<f64>, set: &TrainingSet, config: &TrainConfig) -> Vec<(f64, f64)> {
    let folds = split::folds(&set.groups, &set.labels, config.folds);
    let losses: Vec<Option<(Vec<f64>, usize)>> = (0..config.folds)
        .into_par_iter()
        .map(|fold| fold_losses(rows, set, &config.strengths, |row| folds[row] == fold))
        .collect();
    let fitted: Vec<(Vec<f64>, usize)> = losses.into_iter().flatten().collect();
    let count: usize = fitted.iter().map(|fold| fold.1).sum();
    if count == 0 {
        return Vec::new();
    }
    let mean = |position: usize| fitted.iter().map(|fold| fold.0[position]).sum::<f64>() / count as f64;
    config.strengths.iter().enumerate().map(|(position, &strength)| (strength, mean(position))).collect()
}

/// Returns the sum of the log loss for each strength on the rows of a fold, and the number of these rows.
///
/// Returns `None` for an empty fold, or if the other rows have only one label.
fn fold_losses(
    rows: &Array2<f64>,
    set: &TrainingSet,
    strengths: &[f64],
    is_in_fold: impl Fn(usize) -> bool,
) -> Option<(Vec<f64>, usize)> {
    let (fold, others): (Vec<usize>, Vec<usize>) = (0..set.labels.len()).partition(|&row| is_in_fold(row));
    let labels: Vec<bool> = others.iter().map(|&row| set.labels[row]).collect();
    if fold.is_empty() || labels.iter().all(|label| *label == labels[0]) {
        return None;
    }
    let others = rows.select(Axis(0), &others);
    let targets = targets(&labels);
    let mut predictor = fit::fit_lbfgs(&others, &labels, *strengths.first()?);
    let losses = strengths.iter().map(|&strength| {
        predictor = fit::refine_newton(&others, &targets, strength, &predictor);
        let loss = |row: usize| {
            fit::log_loss(fit::logit(&predictor, &rows.row(row).to_vec()), target(set.labels[row]))
        };
        fold.iter().map(|&row| loss(row)).sum()
    });
    Some((losses.collect(), fold.len()))
}

/// Returns the strength with the lowest loss; the stronger one on ties.
fn best_strength(tried: &[(f64, f64)]) -> f64 {
    let order =
        |left: &&(f64, f64), right: &&(f64, f64)| left.1.total_cmp(&right.1).then(right.0.total_cmp(&left.0));
    tried.iter().min_by(order).map_or(STRENGTH_DEFAULT, |chosen| chosen.0)
}

fn thresholds(logits: &[f64], labels: &[bool]) -> Vec<Threshold> {
    let labelled = logits.iter().zip(labels);
    let mut negatives: Vec<f64> =
        labelled.filter(|(_, label)| !**label).map(|(&logit, _)| fit::sigmoid(logit)).collect();
    negatives.sort_by(|left, right| right.total_cmp(left));
    let threshold = |share: f64| {
        let count = (share * negatives.len() as f64).floor() as usize;
        let score = *negatives.get(count.checked_sub(1)?)?;
        Some(Threshold { negatives_share: share, score })
    };
    THRESHOLD_SHARES.into_iter().filter_map(threshold).collect()
}

fn targets(labels: &[bool]) -> Vec<f64> {
    labels.iter().map(|&label| target(label)).collect()
}

fn target(label: bool) -> f64 {
    f64::from(u8::from(label))
}

fn rounded(weight: f64) -> f64 {
    // Adding zero makes -0.0 into 0.0.
    (weight * ROUNDING).round() / ROUNDING + 0.0
}
