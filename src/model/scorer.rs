//! Kinds of models. Every kind gives one margin for each row: a number that rises with the score.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{
    boosted::Boosted,
    fit::{log_odds, sigmoid},
    fit_rows::FitRows,
    forest::Forest,
    inputs::{self, Encoding, Input, Order},
    logistic::Logistic,
    scale::{self, FeatureSpec, Sign, transform},
};

/// Kind of a model, simplest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A closed form: one column is the probability.
    Forecast,
    /// One column, ascending or descending.
    Column,
    /// Logistic regression with the signs of its features.
    Logistic,
    /// Mean of many trees.
    Forest,
    /// Gradient-boosted trees.
    Boosted,
    /// Mean of the ranks of several models.
    MeanRank,
}

impl Kind {
    /// Returns the name in files and pages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Forecast => "closed form",
            Self::Column => "single column",
            Self::Logistic => "logistic",
            Self::Forest => "forest",
            Self::Boosted => "boosted trees",
            Self::MeanRank => "mean rank",
        }
    }

    /// Returns whether labels are needed to make a model of this kind.
    pub fn is_trained(self) -> bool {
        !matches!(self, Self::Forecast | Self::Column)
    }
}

/// A fitted model without calibration. Features are numbered as in its file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Scorer {
    Forecast(SingleColumn),
    Column(SingleColumn),
    Logistic(Logistic),
    Forest { inputs: Vec<Input>, forest: Forest },
    Boosted { inputs: Vec<Input>, boosted: Boosted },
    MeanRank { members: Vec<Member> },
}

/// A column that is a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SingleColumn {
    pub(super) feature: usize,
    pub(super) descending: bool,
    /// Margin of an unknown value.
    pub(super) unknown: f64,
}

/// A member of a mean of ranks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Member {
    pub(super) scorer: Scorer,
    /// Training margins with their ranks, for models that do not rank within a cut.
    knots: Vec<(f64, f64)>,
    /// Standard deviation of its training margins.
    deviation: f64,
}

/// Fits a forest.
pub(super) fn fit_forest(rows: &FitRows<'_>) -> Scorer {
    let inputs = inputs::branching(rows.specs, rows.order);
    let (encoded, rising) = rising(rows, &inputs);
    Scorer::Forest { forest: Forest::fit(&encoded, rows.labels, &rising), inputs }
}

/// Fits boosted trees.
pub(super) fn fit_boosted(rows: &FitRows<'_>) -> Scorer {
    let inputs = inputs::branching(rows.specs, rows.order);
    let (encoded, rising) = rising(rows, &inputs);
    Scorer::Boosted { boosted: Boosted::fit(&encoded, rows.labels, rows.groups, &rising), inputs }
}

/// Encodes rows for trees. Columns of sign `-` are negated, so that a constrained column only rises.
fn rising(rows: &FitRows<'_>, inputs: &[Input]) -> (Array2<f64>, Vec<bool>) {
    let signs = inputs::signs(inputs, rows.specs);
    let encoded = negated(rows.encode(inputs), &signs);
    (encoded, signs.iter().map(|sign| *sign != Sign::Free).collect())
}

fn negated(mut encoded: Array2<f64>, signs: &[Sign]) -> Array2<f64> {
    for (mut column, sign) in encoded.columns_mut().into_iter().zip(signs) {
        if *sign == Sign::Minus {
            column.mapv_inplace(|value| -value);
        }
    }
    encoded
}

/// Makes a score of one column; the direction is that of its sign, or the given one where it is free.
pub(super) fn column(rows: &FitRows<'_>, feature: usize, descending: bool) -> SingleColumn {
    let descending = match rows.specs[feature].sign {
        Sign::Plus => false,
        Sign::Minus => true,
        Sign::Free => descending,
    };
    let mut column = SingleColumn { feature, descending, unknown: 0.0 };
    let known = rows.features.column(feature).into_iter().filter(|value| value.is_finite());
    let least = known.map(|&value| column.margin(&rows.specs[feature], value)).fold(f64::INFINITY, f64::min);
    column.unknown = if least.is_finite() { least - 1.0 } else { 0.0 };
    column
}

impl SingleColumn {
    fn margin(&self, spec: &FeatureSpec, value: f64) -> f64 {
        if !value.is_finite() {
            return self.unknown;
        }
        let margin = if spec.role.forecast { log_odds(value) } else { transform_strictly(spec, value) };
        if self.descending { -margin } else { margin }
    }
}

/// Returns a transform that keeps every distance above 0.
fn transform_strictly(spec: &FeatureSpec, value: f64) -> f64 {
    use crate::features::Scale;
    match spec.scale {
        Scale::Plain => value,
        Scale::Log | Scale::Rank => transform(Scale::Log, &[], value),
    }
}

/// Joins fitted models to the mean of their ranks.
pub(super) fn mean_rank(rows: &FitRows<'_>, scorers: Vec<Scorer>) -> Scorer {
    let member = |scorer: Scorer| {
        let margins = scorer.margins(rows.specs, rows.features, rows.blocks, rows.order);
        let count = margins.len().max(1) as f64;
        let mean = margins.iter().sum::<f64>() / count;
        let deviation = (margins.iter().map(|margin| (margin - mean).powi(2)).sum::<f64>() / count).sqrt();
        let knots = if rows.order.is_within() {
            Vec::new()
        } else {
            scale::learn(crate::features::Scale::Rank, &margins).knots
        };
        Member { scorer, knots, deviation }
    };
    Scorer::MeanRank { members: scorers.into_iter().map(member).collect() }
}

impl Scorer {
    /// Returns the margin of each row.
    pub(super) fn margins(
        &self,
        specs: &[FeatureSpec],
        features: &Array2<f64>,
        blocks: &[u32],
        order: Order,
    ) -> Vec<f64> {
        let encoded = |inputs: &[Input]| inputs::encode(inputs, specs, features, blocks);
        let rising = |inputs: &[Input]| negated(encoded(inputs), &inputs::signs(inputs, specs));
        match self {
            Self::Forecast(column) | Self::Column(column) => {
                let values = features.column(column.feature);
                values.iter().map(|&value| column.margin(&specs[column.feature], value)).collect()
            }
            Self::Logistic(logistic) => logistic.logits(&encoded(&logistic.inputs())),
            Self::Forest { inputs, forest } => {
                rising(inputs).rows().into_iter().map(|row| log_odds(forest.share(row))).collect()
            }
            Self::Boosted { inputs, boosted } => {
                rising(inputs).rows().into_iter().map(|row| boosted.logit(row)).collect()
            }
            Self::MeanRank { members } => {
                let ranks = members.iter().map(|member| {
                    let margins = member.scorer.margins(specs, features, blocks, order);
                    match order {
                        Order::Cut | Order::Query => inputs::cut_ranks(&margins, &inputs::members(blocks)),
                        Order::Pooled => {
                            margins.iter().map(|&margin| scale::rank(&member.knots, margin)).collect()
                        }
                    }
                });
                let ranks: Vec<Vec<f64>> = ranks.collect();
                let mean =
                    |row: usize| ranks.iter().map(|ranks| ranks[row]).sum::<f64>() / ranks.len() as f64;
                (0..features.nrows()).map(|row| log_odds(mean(row))).collect()
            }
        }
    }

    /// Returns for each row the part of each feature in the margin. `typical` has a value for each feature.
    ///
    /// The parts of a regression, of boosted trees and of a forest add up to their logit or share, less that of a row
    /// without information. Those of a mean of ranks are the mean of its members' parts, each in deviations of the
    /// member's margins.
    pub(super) fn contributions(
        &self,
        specs: &[FeatureSpec],
        features: &Array2<f64>,
        blocks: &[u32],
        typical: &[f64],
    ) -> Array2<f64> {
        let mut parts = Array2::zeros(features.dim());
        let encoded = |inputs: &[Input]| inputs::encode(inputs, specs, features, blocks);
        let mut add = |inputs: &[Input], of_row: &mut dyn FnMut(usize) -> Vec<f64>| {
            for row in 0..features.nrows() {
                for (input, part) in inputs.iter().zip(of_row(row)) {
                    parts[[row, input.feature]] += part;
                }
            }
        };
        match self {
            Self::Forecast(column) | Self::Column(column) => {
                let spec = &specs[column.feature];
                let input = [Input { feature: column.feature, encoding: Encoding::Plain }];
                let usual = column.margin(spec, typical[column.feature]);
                add(&input, &mut |row| {
                    let value = features[[row, column.feature]];
                    vec![if value.is_finite() { column.margin(spec, value) - usual } else { 0.0 }]
                });
            }
            Self::Logistic(logistic) => {
                let inputs = logistic.inputs();
                let encoded = encoded(&inputs);
                add(&inputs, &mut |row| logistic.contributions(encoded.row(row)));
            }
            Self::Forest { inputs, forest } => {
                let rows = negated(encoded(inputs), &inputs::signs(inputs, specs));
                add(inputs, &mut |row| forest.contributions(rows.row(row)).1);
            }
            Self::Boosted { inputs, boosted } => {
                let rows = negated(encoded(inputs), &inputs::signs(inputs, specs));
                add(inputs, &mut |row| boosted.contributions(rows.row(row)).1);
            }
            Self::MeanRank { members } => {
                for member in members {
                    let of_member = member.scorer.contributions(specs, features, blocks, typical);
                    let factor = 1.0 / (members.len() as f64 * member.deviation.max(1e-9));
                    parts.scaled_add(factor, &of_member);
                }
            }
        }
        parts
    }

    /// Returns the margin of a row without information.
    pub(super) fn intercept(&self) -> f64 {
        match self {
            Self::Logistic(logistic) => logistic.intercept(),
            Self::Boosted { inputs, boosted } => {
                boosted.contributions(ndarray::Array1::zeros(inputs.len()).view()).0
            }
            Self::Forest { inputs, forest } => {
                log_odds(forest.contributions(ndarray::Array1::zeros(inputs.len()).view()).0)
            }
            Self::Forecast(_) | Self::Column(_) | Self::MeanRank { .. } => 0.0,
        }
    }

    /// Returns the spread of the members' ranks of each row; 0 for other kinds.
    pub(super) fn disagreement(
        &self,
        specs: &[FeatureSpec],
        features: &Array2<f64>,
        blocks: &[u32],
        order: Order,
    ) -> Vec<f64> {
        let Self::MeanRank { members } = self else { return vec![0.0; features.nrows()] };
        let alone = |member: &Member| {
            let single = Self::MeanRank { members: vec![member.clone()] };
            single.margins(specs, features, blocks, order).into_iter().map(sigmoid).collect::<Vec<f64>>()
        };
        let ranks: Vec<Vec<f64>> = members.iter().map(alone).collect();
        let spread = |row: usize| {
            let values = || ranks.iter().map(|ranks| ranks[row]);
            values().fold(f64::MIN, f64::max) - values().fold(f64::MAX, f64::min)
        };
        (0..features.nrows()).map(spread).collect()
    }

    /// Returns whether every number of a feature or input is below the number there is.
    pub(super) fn is_valid(&self, features: usize) -> bool {
        let are_inputs = |inputs: &[Input]| inputs.iter().all(|input| input.feature < features);
        match self {
            Self::Forecast(column) | Self::Column(column) => column.feature < features,
            Self::Logistic(logistic) => are_inputs(&logistic.inputs()),
            Self::Forest { inputs, forest } => are_inputs(inputs) && forest.is_valid(inputs.len()),
            Self::Boosted { inputs, boosted } => are_inputs(inputs) && boosted.is_valid(inputs.len()),
            Self::MeanRank { members } => {
                !members.is_empty() && members.iter().all(|member| member.scorer.is_valid(features))
            }
        }
    }
}
