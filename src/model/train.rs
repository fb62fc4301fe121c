//! Training of a model from rows that one split divides: fit on some rows, choose and calibrate on the others.
//!
//! Rows are sorted first, so their order has no effect on the result. Weights are rounded to nine decimals, because the
//! last digits may differ between processors. Rows of label tables are split forward instead; see [`super::forward`].

use super::{
    calibrate,
    fit_rows::FitRows,
    fitting::{self, CalibrationRows, Fitted, Provenance},
    inputs::Order,
    logistic::{Logistic, Strengths},
    scorer::{Kind, Scorer},
    split::{self, Split},
    trained::TrainedModel,
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
    /// True if trees and the mean of ranks are compared with the regression, too.
    pub compares_kinds: bool,
    /// Name of the outcome.
    pub outcome: String,
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
            compares_kinds: false,
            outcome: "flags".to_owned(),
            trained_on: String::new(),
            parent: None,
        }
    }
}

/// Trains a model; returns a message on the missing part if the rows do not suffice.
///
/// With more than one kind, the one with the highest average precision on the calibration rows is kept; the simplest one
/// on ties.
pub fn train(set: &TrainingSet, config: &TrainConfig) -> Result<TrainedModel, String> {
    check(set, config)?;
    let set = set.sorted();
    let parts = split::split(&set, config.split.clone())?;
    let (fitting, calibration) = (set.select(&parts.fitting), set.select(&parts.calibration));
    let fitted = fitting.counts();
    if fitted.positives == 0 || fitted.positives == fitted.rows {
        let (positives, rows) = (fitted.positives, fitted.rows);
        return Err(format!(
            "the rows for fitting have {positives} positives of {rows}: both labels are needed"
        ));
    }
    let blocks = vec![0; fitted.rows];
    let rows = FitRows {
        features: &fitting.features,
        labels: &fitting.labels,
        groups: &fitting.groups,
        blocks: &blocks,
        specs: &set.specs,
        order: Order::Pooled,
    };
    let strengths = Strengths { tried: &config.strengths, folds: config.folds };
    let kinds = if config.compares_kinds {
        fitting::fit_kinds(&rows, &strengths).into_iter().filter(|fitted| fitted.kind.is_trained()).collect()
    } else {
        let logistic = Scorer::Logistic(Logistic::fit(&rows, &strengths));
        vec![Fitted { kind: Kind::Logistic, scorer: logistic }]
    };
    let later = vec![0; calibration.labels.len()];
    let mut best: Option<(f64, Fitted, Vec<f64>)> = None;
    for fitted in kinds {
        let margins = fitted.scorer.margins(&set.specs, &calibration.features, &later, Order::Pooled);
        let reached = fitting::average_precision(&margins, &calibration.labels, &later, Order::Pooled);
        let reached = reached.unwrap_or(0.0);
        if best.as_ref().is_none_or(|best| reached > best.0) {
            best = Some((reached, fitted, margins));
        }
    }
    let (_, fitted, margins) = best.ok_or("too few positives for a trained model")?;
    let learned = calibrate::learn(&margins, &calibration.labels);
    let calibration = CalibrationRows { margins, labels: calibration.labels, groups: calibration.groups };
    let provenance = Provenance {
        outcome: config.outcome.clone(),
        parent: config.parent.clone(),
        trained_on: config.trained_on.clone(),
        ..Provenance::default()
    };
    Ok(fitting::assemble(fitted, &rows, &calibration, (learned, 0.0), provenance))
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
