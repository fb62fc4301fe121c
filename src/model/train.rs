//! From labelled rows to a model: split, encode, choose a strength, fit, calibrate.
//!
//! Rows are sorted first, so their order changes no bit. Weights are rounded to nine decimals, far finer than anything
//! that could be told apart, so that last digits that differ between processors do not show.

use ndarray::{Array2, Axis};
use rayon::prelude::*;

use super::{
    calibrate, disk, fit,
    logistic::{self, Counts, Logistic, Term, Threshold},
    scale::{self, FeatureSpec},
    split::{self, Split},
};

/// Labelled rows; all columns are of one length.
#[derive(Clone, Debug)]
pub struct TrainingSet {
    /// One row for each candidate, one column for each feature; not finite is unknown.
    pub features: Array2<f64>,
    /// Whether the candidate was what its pattern says.
    pub labels: Vec<bool>,
    /// World or lineage: rows of one group are never on both sides of a split.
    pub groups: Vec<u32>,
    /// When the candidate was scored; any unit that grows with time.
    pub moments: Vec<i64>,
    /// The features, in the order of the columns.
    pub specs: Vec<FeatureSpec>,
}

/// How to train.
#[derive(Clone, Debug)]
pub struct TrainConfig {
    /// Which rows are kept for calibration.
    pub split: Split,
    /// Strengths of the penalty to choose from: one over the prior variance of a weight of standardised values.
    pub strengths: Vec<f64>,
    /// Number of parts for the choice of strength, at least 2; whole groups are left out in turn.
    pub folds: usize,
    /// Words that name the training set, for the model's file and card.
    pub trained_on: String,
    /// Id of the model that this one is to follow.
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

/// Used where there are too few groups to choose by leaving some out: weights of about one deviation.
const STRENGTH_UNCHOSEN: f64 = 1.0;
/// Weights keep this many parts of one.
const ROUNDING: f64 = 1e9;
/// Shares of negatives for which a threshold is kept.
const THRESHOLD_SHARES: [f64; 3] = [0.05, 0.01, 0.001];

/// Trains a model; refuses rows from which nothing can be learned, in words that say what is missing.
pub fn train(set: &TrainingSet, config: &TrainConfig) -> Result<Logistic, String> {
    check(set, config)?;
    let set = sorted(set);
    let parts = split::split(&set, config.split.clone())?;
    let (fitting, calibration) = (chosen(&set, &parts.fitting), chosen(&set, &parts.calibration));
    let fitted = counts(&fitting);
    if fitted.positives == 0 || fitted.positives == fitted.rows {
        let (positives, rows) = (fitted.positives, fitted.rows);
        return Err(format!(
            "the rows to fit on hold {positives} positives of {rows}: both labels are needed"
        ));
    }
    let mut terms: Vec<Term> = (0..set.specs.len()).map(|column| term(&fitting, column)).collect();
    let rows = encoded(&fitting, &terms);
    let strengths_tried = tried(&rows, &fitting, config);
    let strength = best(&strengths_tried);
    let near = fit::near(&rows, &fitting.labels, strength);
    let line = fit::settle(&rows, &targets(&fitting.labels), strength, &near);
    for (term, weight) in terms.iter_mut().zip(&line.weights) {
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
        calibrated: counts(&calibration),
        strength,
        strengths_tried,
        calibration: calibrate::Calibration::None,
        thresholds: Vec::new(),
        intercept: rounded(line.intercept),
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
        return Err(format!("{rows} rows of features, but labels, groups and moments number {lengths:?}"));
    }
    if set.features.ncols() != set.specs.len() {
        return Err(format!("{} columns, but {} features are named", set.features.ncols(), set.specs.len()));
    }
    if config.folds < 2 {
        return Err(format!("{} folds: at least 2 are needed", config.folds));
    }
    match config.strengths.iter().find(|strength| !(strength.is_finite() && **strength > 0.0)) {
        Some(strength) => Err(format!("the strength {strength} is not a positive number")),
        None => Ok(()),
    }
}

/// Sorts rows by what they hold, so that nothing depends on the order in which they came.
fn sorted(set: &TrainingSet) -> TrainingSet {
    let mut order: Vec<usize> = (0..set.labels.len()).collect();
    order.sort_by(|&left, &right| {
        let key = |row: usize| (set.moments[row], set.groups[row], set.labels[row]);
        let values = set.features.row(left).into_iter().zip(set.features.row(right));
        key(left).cmp(&key(right)).then_with(|| {
            values
                .map(|(left, right)| left.total_cmp(right))
                .find(|order| order.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        })
    });
    chosen(set, &order)
}

fn chosen(set: &TrainingSet, rows: &[usize]) -> TrainingSet {
    TrainingSet {
        features: set.features.select(Axis(0), rows),
        labels: rows.iter().map(|&row| set.labels[row]).collect(),
        groups: rows.iter().map(|&row| set.groups[row]).collect(),
        moments: rows.iter().map(|&row| set.moments[row]).collect(),
        specs: set.specs.clone(),
    }
}

fn counts(set: &TrainingSet) -> Counts {
    let positives = set.labels.iter().filter(|&&label| label).count();
    let groups: std::collections::BTreeSet<u32> = set.groups.iter().copied().collect();
    let base_rate = positives as f64 / set.labels.len().max(1) as f64;
    Counts { rows: set.labels.len(), positives, groups: groups.len(), base_rate }
}

/// Learns all of a term but its weight.
fn term(set: &TrainingSet, column: usize) -> Term {
    let values = set.features.column(column).to_vec();
    let labelled = values.iter().zip(&set.labels);
    let negatives: Vec<f64> = labelled.filter(|(_, label)| !**label).map(|(value, _)| *value).collect();
    let spec = set.specs[column].clone();
    Term {
        encoding: scale::learn(spec.scale, &values),
        ordinary: scale::ordinary(&values),
        ordinary_negatives: scale::ordinary(&negatives),
        weight: 0.0,
        spec,
    }
}

fn encoded(set: &TrainingSet, terms: &[Term]) -> Array2<f64> {
    Array2::from_shape_fn(set.features.dim(), |(row, column)| {
        scale::encode(terms[column].spec.scale, &terms[column].encoding, set.features[[row, column]])
    })
}

/// Tries each strength on groups left out; returns its mean log loss. Empty where no fold could be fitted.
///
/// Encodings are learned once over all folds: they see no label.
fn tried(rows: &Array2<f64>, set: &TrainingSet, config: &TrainConfig) -> Vec<(f64, f64)> {
    let folds = split::folds(&set.groups, &set.labels, config.folds);
    let losses: Vec<Option<(Vec<f64>, usize)>> = (0..config.folds)
        .into_par_iter()
        .map(|fold| left_out(rows, set, &config.strengths, |row| folds[row] == fold))
        .collect();
    let fitted: Vec<(Vec<f64>, usize)> = losses.into_iter().flatten().collect();
    let count: usize = fitted.iter().map(|fold| fold.1).sum();
    if count == 0 {
        return Vec::new();
    }
    let mean = |at: usize| fitted.iter().map(|fold| fold.0[at]).sum::<f64>() / count as f64;
    config.strengths.iter().enumerate().map(|(at, &strength)| (strength, mean(at))).collect()
}

/// Returns each strength's summed log loss on the rows that are out, and their number; `None` where there is none or
/// the rest has one label.
fn left_out(
    rows: &Array2<f64>,
    set: &TrainingSet,
    strengths: &[f64],
    is_out: impl Fn(usize) -> bool,
) -> Option<(Vec<f64>, usize)> {
    let (out, kept): (Vec<usize>, Vec<usize>) = (0..set.labels.len()).partition(|&row| is_out(row));
    let labels: Vec<bool> = kept.iter().map(|&row| set.labels[row]).collect();
    if out.is_empty() || labels.iter().all(|label| *label == labels[0]) {
        return None;
    }
    let kept = rows.select(Axis(0), &kept);
    let targets = targets(&labels);
    let mut line = fit::near(&kept, &labels, *strengths.first()?);
    let losses = strengths.iter().map(|&strength| {
        line = fit::settle(&kept, &targets, strength, &line);
        out.iter()
            .map(|&row| fit::log_loss(fit::logit(&line, &rows.row(row).to_vec()), target(set.labels[row])))
            .sum()
    });
    Some((losses.collect(), out.len()))
}

/// Returns the strength of the least loss; of equals the stronger.
fn best(tried: &[(f64, f64)]) -> f64 {
    let order =
        |left: &&(f64, f64), right: &&(f64, f64)| left.1.total_cmp(&right.1).then(right.0.total_cmp(&left.0));
    tried.iter().min_by(order).map_or(STRENGTH_UNCHOSEN, |chosen| chosen.0)
}

fn thresholds(logits: &[f64], labels: &[bool]) -> Vec<Threshold> {
    let labelled = logits.iter().zip(labels);
    let mut negatives: Vec<f64> =
        labelled.filter(|(_, label)| !**label).map(|(&logit, _)| fit::sigmoid(logit)).collect();
    negatives.sort_by(|left, right| right.total_cmp(left));
    let at = |share: f64| {
        let place = (share * negatives.len() as f64).floor() as usize;
        let score = *negatives.get(place.checked_sub(1)?)?;
        Some(Threshold { negatives_share: share, score })
    };
    THRESHOLD_SHARES.into_iter().filter_map(at).collect()
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
