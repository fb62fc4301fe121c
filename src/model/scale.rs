//! Encoding of feature values as numbers of comparable size, and typical values of a feature.
//!
//! An encoding is a transform (rank, logarithm or none), then `(transform(x) - mean) / deviation`. Mean and deviation are
//! those of the known values in the rows for fitting. An unknown value (not finite) becomes 0, the mean, and adds nothing.

use serde::{Deserialize, Serialize};

use crate::features::Scale;

/// Direction in which a feature may move a score: a decision of the field, not of a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sign {
    /// A higher value may only raise the score.
    #[serde(rename = "+")]
    Plus,
    /// A higher value may only lower the score.
    #[serde(rename = "-")]
    Minus,
    /// Both directions are allowed.
    #[default]
    #[serde(rename = "")]
    Free,
}

impl Sign {
    /// Returns the weight, or 0 if the sign does not allow it.
    pub(super) fn allowed(self, weight: f64) -> f64 {
        match self {
            Self::Plus => weight.max(0.0),
            Self::Minus => weight.min(0.0),
            Self::Free => weight,
        }
    }

    /// Returns the sign of a text: `+`, `-`, or free.
    pub fn parse(text: &str) -> Self {
        match text {
            "+" => Self::Plus,
            "-" => Self::Minus,
            _ => Self::Free,
        }
    }
}

/// Uses of a column of a label table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// True if models may read the column.
    pub feature: bool,
    /// True if the column is an untrained score, with which models are compared.
    pub baseline: bool,
    /// True if the column is the probability of a closed form.
    pub forecast: bool,
}

impl Role {
    /// Role of a column that only models read.
    pub const FEATURE: Self = Self { feature: true, baseline: false, forecast: false };

    /// Returns the role of a text such as `feature,baseline`; a text without a known part is a feature.
    pub fn parse(text: &str) -> Self {
        let has = |name: &str| text.split(',').any(|part| part.trim() == name);
        let role = Self { feature: has("feature"), baseline: has("baseline"), forecast: has("forecast") };
        if role.baseline || role.forecast { role } else { Self::FEATURE }
    }
}

/// Properties of a feature that a model needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureSpec {
    /// Column name.
    pub name: String,
    /// Transform of its values.
    pub scale: Scale,
    /// Family of features that are explained together.
    pub family: String,
    /// Allowed direction.
    pub sign: Sign,
    /// True if the feature reads links between subjects.
    pub relation: bool,
    /// Uses of the column.
    pub role: Role,
}

impl FeatureSpec {
    /// Creates a feature of either direction that reads no relations.
    pub fn new(name: &str, scale: Scale, family: &str) -> Self {
        let (name, family) = (name.to_owned(), family.to_owned());
        Self { name, scale, family, sign: Sign::Free, relation: false, role: Role::FEATURE }
    }
}

/// Median and quartiles of a feature's known values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TypicalRange {
    /// First quartile.
    pub lower_quartile: f64,
    /// Median.
    pub median: f64,
    /// Third quartile.
    pub upper_quartile: f64,
}

/// Parameters of an encoding, learned from training values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct FeatureEncoding {
    /// Mean of the transformed values.
    pub(super) mean: f64,
    /// Standard deviation of the transformed values; 0 if the feature is constant or unknown in training.
    pub(super) deviation: f64,
    /// For ranks: values, strictly ascending, with their middle rank; empty for other transforms.
    pub(super) knots: Vec<(f64, f64)>,
}

/// Largest encoded value in deviations, so that one outlier cannot decide alone.
const DEVIATIONS_MAX: f64 = 8.0;
/// Smallest share of rows with a value that makes the value and its neighbours knots.
const KNOT_SHARE: f64 = 1.0 / 64.0;
/// Smallest deviation relative to the size of the values; a smaller one is rounding error.
const SPREAD_MIN: f64 = 1e-9;

/// Learns an encoding from training values, given in any order.
pub(super) fn learn(scale: Scale, values: &[f64]) -> FeatureEncoding {
    let known = sorted_known(values);
    let mut encoding = FeatureEncoding { mean: 0.0, deviation: 0.0, knots: Vec::new() };
    if known.is_empty() {
        return encoding;
    }
    if scale == Scale::Rank {
        encoding.knots = knots(&known);
    }
    let transformed: Vec<f64> = known.iter().map(|&value| transform(scale, &encoding.knots, value)).collect();
    let count = transformed.len() as f64;
    encoding.mean = transformed.iter().sum::<f64>() / count;
    let variance = transformed.iter().map(|value| (value - encoding.mean).powi(2)).sum::<f64>() / count;
    let size = transformed.iter().fold(0.0_f64, |size, value| size.max(value.abs()));
    if variance.sqrt() > SPREAD_MIN * size {
        encoding.deviation = variance.sqrt();
    }
    encoding
}

/// Encodes one value; 0 if it is unknown, or if the feature was constant in training.
pub(super) fn encode(scale: Scale, encoding: &FeatureEncoding, value: f64) -> f64 {
    if !value.is_finite() || encoding.deviation <= 0.0 {
        return 0.0;
    }
    let standard = (transform(scale, &encoding.knots, value) - encoding.mean) / encoding.deviation;
    standard.clamp(-DEVIATIONS_MAX, DEVIATIONS_MAX)
}

/// Returns median and quartiles of the known values, interpolated; `None` without a known value.
pub(super) fn typical(values: &[f64]) -> Option<TypicalRange> {
    let known = sorted_known(values);
    let at_share = |share: f64| quantile(&known, share);
    Some(TypicalRange {
        lower_quartile: at_share(0.25)?,
        median: at_share(0.5)?,
        upper_quartile: at_share(0.75)?,
    })
}

/// Returns the quantile at `share` of ascending values, linear between neighbours; `None` without values.
pub(super) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let position = share * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (sorted[position.floor() as usize], sorted[position.ceil() as usize]);
    Some(low + (high - low) * position.fract())
}

fn sorted_known(values: &[f64]) -> Vec<f64> {
    // Adding zero makes -0.0 and 0.0 equal.
    let mut known: Vec<f64> =
        values.iter().filter(|value| value.is_finite()).map(|value| value + 0.0).collect();
    known.sort_by(f64::total_cmp);
    known
}

pub(super) fn transform(scale: Scale, knots: &[(f64, f64)], value: f64) -> f64 {
    match scale {
        Scale::Rank => rank(knots, value),
        Scale::Log => value.signum() * value.abs().ln_1p(),
        Scale::Plain => value,
    }
}

/// Returns the position of a value among the knots: linear between them, 0 below and 1 above all.
pub(super) fn rank(knots: &[(f64, f64)], value: f64) -> f64 {
    let next = knots.partition_point(|knot| knot.0 <= value);
    let Some(&(low, low_rank)) = next.checked_sub(1).and_then(|at| knots.get(at)) else {
        return 0.0;
    };
    match knots.get(next) {
        _ if value <= low => low_rank,
        None => 1.0,
        Some(&(high, high_rank)) => {
            // Values are halved first, because the distance between two finite values may not be finite.
            let share = (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
            low_rank + (high_rank - low_rank) * share
        }
    }
}

/// Chooses knots: both ends, every frequent value with its neighbours, and one value for each [`KNOT_SHARE`] of the
/// other rows. The error of the rank of any other value is below that share.
fn knots(sorted: &[f64]) -> Vec<(f64, f64)> {
    let total = sorted.len() as f64;
    let steps: Vec<(f64, f64, f64)> = sorted
        .chunk_by(|left, right| left.to_bits() == right.to_bits())
        .scan(0.0, |before, equals| {
            let share = equals.len() as f64 / total;
            let middle = (*before + equals.len() as f64 / 2.0) / total;
            *before += equals.len() as f64;
            Some((equals[0], middle, share))
        })
        .collect();
    let is_frequent = |step: usize| steps.get(step).is_some_and(|step| step.2 >= KNOT_SHARE);
    let mut kept: Vec<(f64, f64)> = Vec::new();
    let mut skipped = 0.0;
    for (step, &(value, middle, share)) in steps.iter().enumerate() {
        skipped += share;
        let is_end = step == 0 || step + 1 == steps.len();
        let is_beside_frequent =
            is_frequent(step) || is_frequent(step + 1) || step.checked_sub(1).is_some_and(is_frequent);
        if is_end || is_beside_frequent || skipped >= KNOT_SHARE {
            kept.push((value, middle));
            skipped = 0.0;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_their_middle_rank() {
        let knots = knots(&[0.0, 0.0, 0.0, 5.0]);
        assert_eq!(knots, [(0.0, 0.375), (5.0, 0.875)]);
        let ranks = [-1.0, 0.0, 2.5, 5.0, 6.0].map(|value| rank(&knots, value));
        assert_eq!(ranks.map(f64::to_bits), [0.0, 0.375, 0.625, 0.875, 1.0].map(f64::to_bits));
    }

    #[test]
    fn ranks_from_few_knots_approximate_the_exact_ones() {
        let values: Vec<f64> =
            (0..20_000).map(|at| (f64::from(at * at % 7919) / 100.0).exp().min(1e20)).collect();
        let sorted = sorted_known(&values);
        let knots = knots(&sorted);
        assert!(knots.len() < 300, "{} knots", knots.len());
        for value in &sorted {
            let below = sorted.partition_point(|other| other < value) as f64;
            let up_to = sorted.partition_point(|other| other <= value) as f64;
            let exact = f64::midpoint(below, up_to) / sorted.len() as f64;
            assert!((rank(&knots, *value) - exact).abs() <= KNOT_SHARE, "{value}");
        }
    }

    #[test]
    fn unknown_and_constant_values_are_zero_and_outliers_are_limited() {
        for scale in [Scale::Rank, Scale::Log, Scale::Plain] {
            let learned = learn(scale, &[1.0, 2.0, 4.0, f64::NAN]);
            assert_eq!(encode(scale, &learned, f64::NAN).to_bits(), 0.0_f64.to_bits());
            assert!(encode(scale, &learned, f64::MAX).abs() <= DEVIATIONS_MAX);
            assert!(encode(scale, &learned, 4.0) > encode(scale, &learned, 1.0));
            let constant = learn(scale, &[0.1; 7]);
            assert_eq!(encode(scale, &constant, 3.0).to_bits(), 0.0_f64.to_bits());
            assert_eq!(encode(scale, &learn(scale, &[f64::NAN]), 3.0).to_bits(), 0.0_f64.to_bits());
        }
    }

    #[test]
    fn training_values_have_mean_zero_and_deviation_one() {
        let values: Vec<f64> = (0..500).map(|at| f64::from(at * 37 % 101)).collect();
        for scale in [Scale::Rank, Scale::Log, Scale::Plain] {
            let learned = learn(scale, &values);
            let encoded: Vec<f64> = values.iter().map(|&value| encode(scale, &learned, value)).collect();
            let mean = encoded.iter().sum::<f64>() / 500.0;
            let variance = encoded.iter().map(|value| value * value).sum::<f64>() / 500.0;
            assert!(mean.abs() < 1e-12 && (variance - 1.0).abs() < 1e-12, "{scale:?}: {mean}, {variance}");
        }
    }
}
