//! Models made and judged on worlds: some to fit, later ones to calibrate, others that it
//! never saw to judge.

use std::{ops::Range, path::Path};

use araneus_synth::Level;
use rayon::prelude::*;

use super::{
    backtest::{self, Row},
    worlds::{self, Judged},
};
use crate::{
    features::FEATURES,
    model::{self, EvaluateConfig, Evaluation, Logistic, Split, TrainConfig, TrainingSet},
    run::{RunError, models::specs},
    time::DAY,
    watch::Watch,
};

/// Share of the worlds, the last ones, that calibrate.
const CALIBRATION_SHARE: f64 = 0.25;

/// Why no model was made or judged.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The archive of a world.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Rows from which nothing can be learned.
    #[error("{0}")]
    Rows(String),
}

/// Runs worlds, in order of their seeds; `tell` hears of each.
pub fn worlds(
    seeds: Range<u64>,
    level: Level,
    folder: &Path,
    watch: &Watch,
    tell: &(dyn Fn(&str) + Sync),
) -> Result<Vec<Judged>, TrainError> {
    let judge = |seed| {
        tell(&format!("world {seed}"));
        worlds::judge(seed, level, folder, watch)
    };
    Ok(seeds.into_par_iter().map(judge).collect::<Result<_, _>>()?)
}

/// Rows that a model learns from: each candidate when it first shows and when it is flagged,
/// but for ways of coming about that are held out.
fn lessons(world: &Judged) -> impl Iterator<Item = &Row> {
    world.rows.iter().filter(|row| (row.is_first || row.is_raised) && !row.is_held_out)
}

/// Trains a model on worlds, the last quarter of which calibrate it.
pub fn train(worlds: &[Judged], trained_on: String) -> Result<Logistic, TrainError> {
    let (mut rows, mut groups): (Vec<&Row>, Vec<u32>) = (Vec::new(), Vec::new());
    for world in worlds {
        for row in lessons(world) {
            rows.push(row);
            groups.push(world.seed as u32);
        }
    }
    let calibrating = (worlds.len() as f64 * CALIBRATION_SHARE).floor() as usize;
    let calibration = worlds[worlds.len() - calibrating..].iter().map(|world| world.seed as u32).collect();
    let set = TrainingSet {
        features: backtest::matrix(&rows),
        labels: rows.iter().map(|row| is_true(row)).collect(),
        groups,
        moments: rows.iter().map(|row| row.as_of.micros() / DAY).collect(),
        specs: specs(),
    };
    let config = TrainConfig { split: Split::Groups { calibration }, trained_on, ..TrainConfig::default() };
    model::train(&set, &config).map_err(TrainError::Rows)
}

fn is_true(row: &Row) -> bool {
    row.label.as_ref().is_some_and(|label| label.is_true)
}

/// Judges a model on the flags of worlds that it never saw, beside rules alone.
pub fn evaluate(model: &Logistic, worlds: &[Judged], budget: usize) -> Result<Evaluation, TrainError> {
    let (mut rows, mut groups): (Vec<&Row>, Vec<u32>) = (Vec::new(), Vec::new());
    for world in worlds {
        for row in world.rows.iter().filter(|row| row.is_raised) {
            rows.push(row);
            groups.push(world.seed as u32);
        }
    }
    let features = backtest::matrix(&rows);
    let labels: Vec<bool> = rows.iter().map(|row| is_true(row)).collect();
    let scores: Vec<f64> = rows.iter().map(|row| model::score(model, &row.features)).collect();
    let probabilities: Option<Vec<f64>> =
        rows.iter().map(|row| model::probability(model, &row.features)).collect();
    // Rules alone: the rarer by chance first, then the stronger.
    let rules: Vec<f64> =
        rows.iter().map(|row| -row.null_p + 1e-3 * (row.statistic / (1.0 + row.statistic))).collect();
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
