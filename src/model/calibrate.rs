//! Calibration of logits to probabilities, learned on rows that the fit of the weights did not use.
//!
//! Platt scaling (Platt 1999, with the targets and Newton steps of Lin, Lin and Weng 2007) below
//! [`ISOTONIC_POSITIVES_MIN`] positives, isotonic regression (pool adjacent violators) from there on. Both are monotone.
//!
//! This file does not use linfa's Platt scaling, which stops at a mean gradient of 1e-5 and returns single precision.
//! A gradient of 1e-5 is one hundredth of a base rate of one in a thousand.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{
    fit::{LinearPredictor, log_odds, refine_newton, sigmoid},
    scale::Sign,
};

/// Smallest number of positives for isotonic regression.
pub const ISOTONIC_POSITIVES_MIN: usize = 500;

/// Function from logits to probabilities; no kind ever falls as the logit rises.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calibration {
    /// No calibration: scores order candidates, and are not probabilities.
    None,
    /// The margin is already the logit of a probability: a closed form states it.
    AsStated,
    /// `1 / (1 + exp(-(slope z + weight f + offset)))`, with the logit `f` of a closed form, which keeps the level of the
    /// cut.
    Blend {
        /// Slope, at least 0.
        slope: f64,
        /// Position of the closed form among the features.
        forecast: usize,
        /// Weight of the closed form, at least 0.
        weight: f64,
        /// Logit of the probability at 0.
        offset: f64,
    },
    /// `1 / (1 + exp(-(slope z + offset)))`.
    Platt {
        /// Slope, at least 0.
        slope: f64,
        /// Logit of the probability at logit 0.
        offset: f64,
    },
    /// Linear between steps, constant outside of them.
    Isotonic {
        /// Logits, strictly ascending, with probabilities, in ascending order.
        steps: Vec<(f64, f64)>,
    },
}

/// Learns a calibration from logits and labels, in any order; returns [`Calibration::None`] if one of the two labels is missing.
pub(super) fn learn(logits: &[f64], labels: &[bool]) -> Calibration {
    let positives = labels.iter().filter(|&&label| label).count();
    if positives == 0 || positives == labels.len() {
        return Calibration::None;
    }
    if positives >= ISOTONIC_POSITIVES_MIN {
        isotonic(logits, labels)
    } else {
        platt(logits, labels, positives)
    }
}

/// Learns a calibration from margins and the logits of a closed form, which is feature number `forecast`.
pub(super) fn learn_blend(
    margins: &[f64],
    forecasts: &[f64],
    labels: &[bool],
    forecast: usize,
) -> Calibration {
    let positives = labels.iter().filter(|&&label| label).count();
    if positives == 0 || positives == labels.len() {
        return Calibration::None;
    }
    let columns = [margins, forecasts];
    let rows = Array2::from_shape_fn((margins.len(), 2), |(row, column)| columns[column][row]);
    let start = LinearPredictor { weights: vec![0.5, 0.5], intercept: 0.0 };
    // A weak penalty keeps the weights finite where the labels are separable.
    let predictor = refine_newton(&rows, &targets(labels, positives), 0.1, &[Sign::Plus; 2], &start);
    let [slope, weight] = [predictor.weights[0], predictor.weights[1]];
    Calibration::Blend { slope, forecast, weight, offset: predictor.intercept }
}

/// Returns the logit to add to probabilities, so that their mean is the base rate of the labels, each label counted
/// once more at the mean probability.
pub(super) fn base_rate_shift(probabilities: &[f64], labels: &[bool]) -> f64 {
    let count = labels.len() as f64;
    if labels.is_empty() {
        return 0.0;
    }
    let mean = probabilities.iter().sum::<f64>() / count;
    let positives = labels.iter().filter(|&&label| label).count() as f64;
    let goal = (positives + mean) / (count + 1.0);
    let (mut low, mut high) = (-8.0, 8.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        let mean = probabilities.iter().map(|&share| shifted(share, middle)).sum::<f64>() / count;
        if mean < goal { low = middle } else { high = middle }
    }
    (f64::midpoint(low, high) * 1e9).round() / 1e9
}

/// Returns a probability whose logit is higher by `shift`.
pub(super) fn shifted(probability: f64, shift: f64) -> f64 {
    if shift == 0.0 { probability } else { sigmoid(log_odds(probability) + shift) }
}

/// Returns the probability of a margin; `None` without calibration. `forecast` is the logit of the closed form that a
/// blend reads.
pub(super) fn probability(calibration: &Calibration, logit: f64, forecast: f64) -> Option<f64> {
    match calibration {
        Calibration::None => None,
        Calibration::AsStated => Some(sigmoid(logit)),
        Calibration::Blend { slope, weight, offset, .. } => {
            let forecast = if forecast.is_finite() { forecast } else { 0.0 };
            Some(sigmoid(slope * logit + weight * forecast + offset))
        }
        Calibration::Platt { slope, offset } => Some(sigmoid(slope * logit + offset)),
        Calibration::Isotonic { steps } => Some(between(steps, logit)),
    }
}

fn platt(logits: &[f64], labels: &[bool], positives: usize) -> Calibration {
    let negatives = labels.len() - positives;
    let targets = targets(labels, positives);
    let start = LinearPredictor {
        weights: vec![0.0],
        intercept: ((positives as f64 + 1.0) / (negatives as f64 + 1.0)).ln(),
    };
    let column = |values: &[f64]| Array2::from_shape_fn((values.len(), 1), |(row, _)| values[row]);
    let predictor = refine_newton(&column(logits), &targets, 0.0, &[Sign::Free], &start);
    if predictor.weights[0] >= 0.0 {
        return Calibration::Platt { slope: predictor.weights[0], offset: predictor.intercept };
    }
    // The labels contradict the order of the scores, so only the base rate is known.
    let level = refine_newton(&column(&vec![0.0; logits.len()]), &targets, 0.0, &[Sign::Free], &start);
    Calibration::Platt { slope: 0.0, offset: level.intercept }
}

/// Moves the targets away from 0 and 1, as if each label occurred once more (Lin, Lin and Weng).
fn targets(labels: &[bool], positives: usize) -> Vec<f64> {
    let negatives = labels.len() - positives;
    let high = (positives as f64 + 1.0) / (positives as f64 + 2.0);
    let low = 1.0 / (negatives as f64 + 2.0);
    labels.iter().map(|&label| if label { high } else { low }).collect()
}

/// Pools adjacent violators over distinct logits; each pool is one step at its mean logit and its share of positives.
fn isotonic(logits: &[f64], labels: &[bool]) -> Calibration {
    struct IsotonicPool {
        logits: f64,
        positives: f64,
        rows: f64,
    }
    let mut pairs: Vec<(f64, bool)> =
        logits.iter().map(|logit| logit + 0.0).zip(labels.iter().copied()).collect();
    pairs.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
    let mut pools: Vec<IsotonicPool> = Vec::new();
    for equals in pairs.chunk_by(|left, right| left.0.to_bits() == right.0.to_bits()) {
        let rows = equals.len() as f64;
        let positives = equals.iter().filter(|pair| pair.1).count() as f64;
        let mut pool = IsotonicPool { logits: equals[0].0 * rows, positives, rows };
        while let Some(below) =
            pools.pop_if(|below| below.positives * pool.rows >= pool.positives * below.rows)
        {
            pool.logits += below.logits;
            pool.positives += below.positives;
            pool.rows += below.rows;
        }
        pools.push(pool);
    }
    // No share is certain, so the probabilities keep a distance from 0 and 1 that falls with the number of rows.
    let margin = 1.0 / (pairs.len() as f64 + 2.0);
    let step = |pool: &IsotonicPool| {
        (pool.logits / pool.rows, (pool.positives / pool.rows).clamp(margin, 1.0 - margin))
    };
    Calibration::Isotonic { steps: pools.iter().map(step).collect() }
}

fn between(steps: &[(f64, f64)], logit: f64) -> f64 {
    let next = steps.partition_point(|step| step.0 <= logit);
    let Some(&(low, low_share)) = next.checked_sub(1).and_then(|at| steps.get(at)) else {
        return steps.first().map_or(0.5, |step| step.1);
    };
    match steps.get(next) {
        Some(&(high, high_share)) => low_share + (high_share - low_share) * ((logit - low) / (high - low)),
        None => low_share,
    }
}

#[cfg(test)]
mod tests {
    use linfa::composing::platt_scaling::{Platt, platt_newton_method};
    use linfa::prelude::ParamGuard;
    use ndarray::ArrayView1;

    use super::super::generated::Noise;
    use super::*;

    fn drawn(count: usize, shift: f64) -> (Vec<f64>, Vec<bool>) {
        let mut noise = Noise::open(3);
        let logits: Vec<f64> = (0..count).map(|_| 2.0 * noise.normal()).collect();
        let labels = logits.iter().map(|logit| noise.share() < sigmoid(0.5 * logit + shift)).collect();
        (logits, labels)
    }

    #[test]
    fn platt_agrees_with_linfa_and_with_the_truth() {
        let (logits, labels) = drawn(1200, -1.5);
        let learned = learn(&logits, &labels);
        let Calibration::Platt { slope, offset } = learned else { panic!("{learned:?}") };
        assert!((slope - 0.5).abs() < 0.1 && (offset + 1.5).abs() < 0.25, "{slope}, {offset}");
        let params = Platt::<f64, ()>::params().check().expect("the defaults are valid");
        let witness = platt_newton_method(ArrayView1::from(&logits), ArrayView1::from(&labels), &params);
        let (a, b) = witness.expect("linfa converges");
        assert!((slope + a).abs() < 1e-3 && (offset + b).abs() < 1e-3, "{slope} {a}, {offset} {b}");
    }

    #[test]
    fn many_positives_are_calibrated_by_steps_that_rise() {
        let (logits, labels) = drawn(6000, -1.5);
        let learned = learn(&logits, &labels);
        let Calibration::Isotonic { steps } = &learned else { panic!("{learned:?}") };
        assert!(steps.len() > 5);
        assert!(steps.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 <= two[1].1));
        for logit in [-4.0, -1.0, 0.0, 1.0, 4.0] {
            let found = probability(&learned, logit, 0.0).expect("it is calibrated");
            assert!((found - sigmoid(0.5 * logit - 1.5)).abs() < 0.06, "{logit}: {found}");
        }
    }

    #[test]
    fn probability_never_falls_as_the_logit_rises() {
        for (count, flip) in [(300, false), (6000, false), (300, true), (6000, true)] {
            let (logits, mut labels) = drawn(count, 0.0);
            for label in &mut labels {
                *label ^= flip;
            }
            let learned = learn(&logits, &labels);
            let at =
                |step: i32| probability(&learned, f64::from(step) / 10.0, 0.0).expect("it is calibrated");
            assert!((-100..100).all(|step| at(step) <= at(step + 1)), "{learned:?}");
            assert!((-100..=100).all(|step| at(step) > 0.0 && at(step) < 1.0));
        }
    }

    #[test]
    fn a_shift_moves_the_mean_to_the_base_rate_and_keeps_the_order() {
        let probabilities: Vec<f64> = (1..100).map(|part| f64::from(part) / 100.0).collect();
        let labels: Vec<bool> = (0..99).map(|row| row % 10 == 0).collect();
        let shift = base_rate_shift(&probabilities, &labels);
        let moved: Vec<f64> = probabilities.iter().map(|&share| shifted(share, shift)).collect();
        assert!((moved.iter().sum::<f64>() / 99.0 - 10.5 / 100.0).abs() < 1e-6, "{shift}");
        assert!(moved.windows(2).all(|two| two[0] < two[1]));
        assert_eq!(base_rate_shift(&[], &[]).to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn a_blend_reads_the_level_from_the_closed_form() {
        let mut noise = Noise::open(41);
        let margins: Vec<f64> = (0..4000).map(|_| noise.normal()).collect();
        let forecasts: Vec<f64> = (0..4000).map(|row| if row < 2000 { -3.0 } else { 0.0 }).collect();
        let logit = |row: usize| 0.8 * margins[row] + forecasts[row];
        let labels: Vec<bool> = (0..4000).map(|row| noise.share() < sigmoid(logit(row))).collect();
        let learned = learn_blend(&margins, &forecasts, &labels, 3);
        for (margin, forecast) in [(0.0, -3.0), (1.0, 0.0), (-1.0, -3.0)] {
            let found = probability(&learned, margin, forecast).expect("it is calibrated");
            assert!((found - sigmoid(0.8 * margin + forecast)).abs() < 0.05, "{learned:?}");
        }
    }

    #[test]
    fn without_both_labels_there_is_no_probability() {
        assert_eq!(learn(&[1.0, 2.0], &[false, false]), Calibration::None);
        assert_eq!(learn(&[], &[]), Calibration::None);
        assert_eq!(probability(&Calibration::None, 1.0, 0.0), None);
    }
}
