//! Training and evaluation of models on synthetic worlds.
//!
//! The first worlds fit a model, the last ones calibrate it, and other worlds evaluate it.

use std::{ops::Range, path::Path};

use araneus_synth::Level;
use rayon::prelude::*;

use super::{
    backtest::{self, Row},
    worlds::{self, EvaluatedWorld},
};
use crate::{
    features::FEATURES,
    model::{self, EvaluateConfig, Evaluation, Split, TrainConfig, TrainedModel, TrainingSet},
    progress::Progress,
    run::{RunError, models::specs},
    time::DAY,
};

/// Share of the worlds that calibrate the model; these are the last ones.
const CALIBRATION_SHARE: f64 = 0.25;

/// Features that are further from those of real feeds than real feeds are from each other (docs/marginals.md). Training
/// on worlds alone does not read them, so that a model cannot learn what is true of synthetic worlds only.
const UNLIKE_REAL: &[&str] = &[
    "corroborated_share",
    "delay_days",
    "independent_sources",
    "one_source_share",
    "rarity",
    "relayed_share",
    "reliability",
    "shared_values",
    "spread_days",
    "surprise",
    "tonight_share",
];

/// Error of training or evaluation.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A world could not be run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The rows are not usable for training or evaluation.
    #[error("{0}")]
    Rows(String),
}

/// Runs the worlds of some seeds in order; `progress` receives one message for each world.
pub fn worlds(
    seeds: Range<u64>,
    level: Level,
    folder: &Path,
    progress: &Progress,
) -> Result<Vec<EvaluatedWorld>, TrainError> {
    let evaluate_seed = |seed| {
        progress.step(&format!("world {seed}"));
        worlds::evaluate_world(seed, level, folder, progress)
    };
    Ok(seeds.into_par_iter().map(evaluate_seed).collect::<Result<_, _>>()?)
}

/// Returns the rows for training: each candidate when it first appears and when it is flagged, without held-out
/// variants. A flow of money that chance gives at least once can be no flag and no lead. Hundreds of them are listed in
/// each run, and they would outnumber everything that a model is asked about.
fn training_rows(world: &EvaluatedWorld) -> impl Iterator<Item = &Row> {
    let may_be_rare = |row: &Row| !row.null_p.is_nan() || row.expected < 1.0;
    let is_asked = move |row: &Row| row.is_raised || row.is_first && may_be_rare(row);
    world.rows.iter().filter(move |row| is_asked(row) && !row.is_held_out)
}

/// Trains a model on worlds; the last quarter of the worlds calibrates it and chooses among the kinds of models.
pub fn train(worlds: &[EvaluatedWorld], trained_on: String) -> Result<TrainedModel, TrainError> {
    let calibrating = (worlds.len() as f64 * CALIBRATION_SHARE).floor() as usize;
    let calibration = worlds[worlds.len() - calibrating..].iter().map(|world| world.seed as u32).collect();
    let split = Split::Groups { calibration };
    let config = TrainConfig { split, trained_on, compares_kinds: true, ..TrainConfig::default() };
    let mut set = training_set(worlds);
    for (column, feature) in FEATURES.iter().enumerate() {
        if UNLIKE_REAL.contains(&feature.name) {
            set.features.column_mut(column).fill(f64::NAN);
        }
    }
    model::train(&set, &config).map_err(TrainError::Rows)
}

/// Returns the rows of worlds for training; a group is a world.
pub(super) fn training_set(worlds: &[EvaluatedWorld]) -> TrainingSet {
    let (mut rows, mut groups): (Vec<&Row>, Vec<u32>) = (Vec::new(), Vec::new());
    for world in worlds {
        for row in training_rows(world) {
            rows.push(row);
            groups.push(world.seed as u32);
        }
    }
    TrainingSet {
        features: backtest::matrix(&rows),
        labels: rows.iter().map(|row| is_true(row)).collect(),
        groups,
        moments: rows.iter().map(|row| row.as_of.micros() / DAY).collect(),
        specs: specs(),
    }
}

fn is_true(row: &Row) -> bool {
    row.label.as_ref().is_some_and(|label| label.is_true)
}

/// Evaluates a model on the flags of worlds that it was not trained on, beside the order by rules only.
pub fn evaluate(
    model: &TrainedModel,
    worlds: &[EvaluatedWorld],
    budget: usize,
) -> Result<Evaluation, TrainError> {
    let (mut rows, mut groups): (Vec<&Row>, Vec<u32>) = (Vec::new(), Vec::new());
    for world in worlds {
        for row in world.rows.iter().filter(|row| row.is_raised) {
            rows.push(row);
            groups.push(world.seed as u32);
        }
    }
    let features = backtest::matrix(&rows);
    let labels: Vec<bool> = rows.iter().map(|row| is_true(row)).collect();
    let scores = model::model_scores(model, &features);
    let probabilities: Option<Vec<f64>> =
        model::calibrated(model, &features, &vec![0; rows.len()]).into_iter().collect();
    // Rules only: candidates that are rarer by chance first, then those with the larger statistic.
    let by_chance = |row: &Row| if row.null_p.is_nan() { row.expected.min(1.0) } else { row.null_p };
    let rules: Vec<f64> =
        rows.iter().map(|row| -by_chance(row) + 1e-3 * (row.statistic / (1.0 + row.statistic))).collect();
    let names: Vec<&str> = FEATURES.iter().map(|feature| feature.name).collect();
    let judged = model::EvaluationSet {
        scores: &scores,
        probabilities: probabilities.as_deref(),
        labels: &labels,
        groups: &groups,
        features: &features,
        names: &names,
        baselines: &[("rules only", &rules)],
    };
    model::evaluate(&judged, EvaluateConfig { budget, ..EvaluateConfig::default() }).map_err(TrainError::Rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_excluded_feature_exists() {
        for name in UNLIKE_REAL {
            assert!(FEATURES.iter().any(|feature| feature.name == *name), "{name}");
        }
    }
}
