//! Fits models of every kind to the same rows, and joins a fitted model with everything that its file contains.

use std::collections::BTreeSet;

use super::{
    calibrate::Calibration,
    disk, interval,
    logistic::{Logistic, Strengths},
    scale,
    scorer::{self, Kind, Scorer, SingleColumn},
    trained::{Counts, ModelFeature, Threshold, TrainedModel},
};

pub(super) use super::fit_rows::{FitRows, average_precision, ordered, select, select_rows};

/// Smallest number of positives for a trained model.
pub const POSITIVES_MIN: usize = 30;
/// Smallest number of positives for trees.
pub const TREE_POSITIVES_MIN: usize = 200;
/// Shares of negatives for which a model has a threshold.
const THRESHOLD_SHARES: [f64; 3] = [0.05, 0.01, 0.001];

/// Models of one set of rows.
pub(super) struct Fitted {
    pub(super) kind: Kind,
    pub(super) scorer: Scorer,
}

/// Fits every kind that the rows suffice for, simplest first.
pub(super) fn fit_kinds(rows: &FitRows<'_>, strengths: &Strengths<'_>) -> Vec<Fitted> {
    let positives = rows.labels.iter().filter(|&&label| label).count();
    let mut fitted = Vec::new();
    let forecasts: Vec<Scorer> = forecasts(rows).into_iter().map(Scorer::Forecast).collect();
    let forecast = best(rows, forecasts.clone());
    fitted.extend(forecast.map(|scorer| Fitted { kind: Kind::Forecast, scorer }));
    fitted.extend(best_column(rows).map(|scorer| Fitted { kind: Kind::Column, scorer }));
    if positives < POSITIVES_MIN || positives == rows.labels.len() {
        return fitted;
    }
    let logistic = Scorer::Logistic(Logistic::fit(rows, strengths));
    let mut members: Vec<Scorer> = forecasts;
    members.push(logistic.clone());
    fitted.push(Fitted { kind: Kind::Logistic, scorer: logistic });
    if positives >= TREE_POSITIVES_MIN {
        for (kind, scorer) in
            [(Kind::Forest, scorer::fit_forest(rows)), (Kind::Boosted, scorer::fit_boosted(rows))]
        {
            members.push(scorer.clone());
            fitted.push(Fitted { kind, scorer });
        }
    }
    if members.len() > 1 {
        fitted.push(Fitted { kind: Kind::MeanRank, scorer: scorer::mean_rank(rows, members) });
    }
    fitted
}

/// Returns the columns that state the probability of a closed form.
fn forecasts(rows: &FitRows<'_>) -> Vec<SingleColumn> {
    let is_forecast = |feature: &usize| rows.specs[*feature].role.forecast;
    (0..rows.specs.len()).filter(is_forecast).map(|feature| scorer::column(rows, feature, false)).collect()
}

/// Returns the single column that orders the rows best, in a direction that its sign allows.
pub(super) fn best_column(rows: &FitRows<'_>) -> Option<Scorer> {
    let columns = (0..rows.specs.len())
        .filter(|&feature| {
            let role = rows.specs[feature].role;
            let is_read = role.feature || role.forecast;
            is_read && rows.features.column(feature).iter().any(|value| value.is_finite())
        })
        .flat_map(|feature| {
            let ascending = scorer::column(rows, feature, false);
            let descending = scorer::column(rows, feature, true);
            let differs = ascending != descending;
            std::iter::once(ascending).chain(differs.then_some(descending))
        });
    best(rows, columns.map(Scorer::Column).collect())
}

/// Returns the scorer with the highest average precision on the rows; the first one on ties.
fn best(rows: &FitRows<'_>, scorers: Vec<Scorer>) -> Option<Scorer> {
    let mut best: Option<(f64, Scorer)> = None;
    for scorer in scorers {
        let margins = scorer.margins(rows.specs, rows.features, rows.blocks, rows.order);
        let reached = average_precision(&margins, rows.labels, rows.blocks, rows.order).unwrap_or(0.0);
        if best.as_ref().is_none_or(|best| reached > best.0) {
            best = Some((reached, scorer));
        }
    }
    best.map(|best| best.1)
}

/// Rows of a later time, with the margins of models that were fitted before it.
#[derive(Default)]
pub(super) struct CalibrationRows {
    pub(super) margins: Vec<f64>,
    pub(super) labels: Vec<bool>,
    pub(super) groups: Vec<u32>,
}

/// Names of a model and of its rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Provenance {
    pub(super) outcome: String,
    pub(super) parent: Option<String>,
    pub(super) trained_on: String,
    pub(super) calibrated_on: Option<String>,
    pub(super) trained_until: Option<i64>,
}

/// Joins a fitted model with its calibration and its provenance.
pub(super) fn assemble(
    fitted: Fitted,
    rows: &FitRows<'_>,
    calibration_rows: &CalibrationRows,
    (calibration, base_rate_shift): (Calibration, f64),
    provenance: Provenance,
) -> TrainedModel {
    let names: Vec<&str> = rows.specs.iter().map(|spec| spec.name.as_str()).collect();
    let mut model = TrainedModel {
        format: disk::FORMAT,
        id: String::new(),
        kind: fitted.kind,
        outcome: provenance.outcome,
        parent: provenance.parent,
        trained_on: provenance.trained_on,
        calibrated_on: provenance.calibrated_on,
        trained_until: provenance.trained_until,
        order: rows.order,
        features_digest: disk::digest(&names),
        fitted: counts(rows.labels, rows.groups),
        calibrated: counts(&calibration_rows.labels, &calibration_rows.groups),
        calibration,
        base_rate_shift,
        calibration_bins: interval::bins(&calibration_rows.margins, &calibration_rows.labels),
        thresholds: thresholds(&calibration_rows.margins, &calibration_rows.labels),
        features: (0..rows.specs.len()).map(|column| feature(rows, column)).collect(),
        scorer: fitted.scorer,
        columns: (0..rows.specs.len()).collect(),
        width: rows.specs.len(),
    };
    model.id = disk::id(&model);
    model
}

fn feature(rows: &FitRows<'_>, column: usize) -> ModelFeature {
    let values = rows.features.column(column).to_vec();
    let labelled = values.iter().zip(rows.labels);
    let negatives: Vec<f64> = labelled.filter(|(_, label)| !**label).map(|(value, _)| *value).collect();
    let known = || values.iter().copied().filter(|value| value.is_finite());
    ModelFeature {
        spec: rows.specs[column].clone(),
        typical: scale::typical(&values),
        typical_negatives: scale::typical(&negatives),
        extremes: known()
            .next()
            .map(|_| (known().fold(f64::MAX, f64::min), known().fold(f64::MIN, f64::max))),
    }
}

/// Counts rows, positives and groups.
pub(super) fn counts(labels: &[bool], groups: &[u32]) -> Counts {
    let positives = labels.iter().filter(|&&label| label).count();
    let groups: BTreeSet<u32> = groups.iter().copied().collect();
    let base_rate = positives as f64 / labels.len().max(1) as f64;
    Counts { rows: labels.len(), positives, groups: groups.len(), base_rate }
}

fn thresholds(margins: &[f64], labels: &[bool]) -> Vec<Threshold> {
    let labelled = margins.iter().zip(labels);
    let mut negatives: Vec<f64> =
        labelled.filter(|(_, label)| !**label).map(|(&margin, _)| super::fit::sigmoid(margin)).collect();
    negatives.sort_by(|left, right| right.total_cmp(left));
    let threshold = |share: f64| {
        let count = (share * negatives.len() as f64).floor() as usize;
        let score = *negatives.get(count.checked_sub(1)?)?;
        Some(Threshold { negatives_share: share, score })
    };
    THRESHOLD_SHARES.into_iter().filter_map(threshold).collect()
}

/// Fits one kind only; `None` if the rows do not suffice for it.
pub(super) fn fit_one(kind: Kind, rows: &FitRows<'_>, strengths: &Strengths<'_>) -> Option<Fitted> {
    fit_kinds(rows, strengths).into_iter().find(|fitted| fitted.kind == kind)
}
