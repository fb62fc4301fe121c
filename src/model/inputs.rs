//! Inputs of a scorer: features as numbers of comparable size.
//!
//! If runs have many candidates, a feature is read as its rank within the cut, which removes a drift of its level.
//! An unknown value stays NaN: a regression reads it as the mean, and a tree as the lowest value.

use std::collections::BTreeMap;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{
    fit::log_odds,
    scale::{self, FeatureEncoding, FeatureSpec, Sign},
};

/// Reading of a feature's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// By their rank among the rows of the same cut.
    Cut,
    /// By their rank among the rows of the same query, and by their size.
    Query,
    /// By their size, compared with the training values.
    Pooled,
}

/// Smallest median number of rows in a cut or query for ranks within it.
const BLOCK_ROWS_MIN: usize = 15;
/// Standard deviation of a rank from 0 to 1.
const RANK_DEVIATION: f64 = 0.288_675_134_594_812_9;

/// One input: a feature and its encoding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    pub(super) feature: usize,
    pub(super) encoding: Encoding,
}

/// Encoding of one input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Encoding {
    /// Rank within the cut, with mean 0 and deviation 1.
    CutRank,
    /// Transform of the feature's scale, with mean 0 and deviation 1 in training.
    Scaled(FeatureEncoding),
    /// Logit of a probability.
    Logit,
    /// The value.
    Plain,
}

impl Order {
    /// Returns whether scores are compared within a cut or query only.
    pub fn is_within(self) -> bool {
        self != Self::Pooled
    }
}

/// Chooses the order for rows: ranks within blocks if half of the blocks have enough rows. Blocks are cuts or queries.
pub(super) fn order(blocks: &[u32], has_queries: bool) -> Order {
    if has_queries {
        return Order::Query;
    }
    let mut sizes: Vec<usize> = members(blocks).values().map(Vec::len).collect();
    sizes.sort_unstable();
    match sizes.get(sizes.len() / 2) {
        Some(&median) if median >= BLOCK_ROWS_MIN => Order::Cut,
        _ => Order::Pooled,
    }
}

/// Returns the inputs of a regression.
pub(super) fn linear(specs: &[FeatureSpec], features: &Array2<f64>, order: Order) -> Vec<Input> {
    let of_feature = |(feature, spec): (usize, &FeatureSpec)| {
        let values = features.column(feature).to_vec();
        let scaled = Encoding::Scaled(scale::learn(spec.scale, &values));
        let encodings = match order {
            Order::Pooled if spec.role.forecast => vec![scaled, Encoding::Logit],
            Order::Pooled => vec![scaled],
            // The level of a feature drifts from cut to cut. A closed form follows it.
            Order::Cut if spec.role.forecast => vec![Encoding::CutRank, Encoding::Logit],
            Order::Cut => vec![Encoding::CutRank],
            Order::Query => vec![Encoding::CutRank, scaled],
        };
        encodings.into_iter().map(move |encoding| Input { feature, encoding })
    };
    used(specs).flat_map(of_feature).collect()
}

/// Returns the inputs of trees.
pub(super) fn branching(specs: &[FeatureSpec], order: Order) -> Vec<Input> {
    let of_feature = |(feature, spec): (usize, &FeatureSpec)| {
        let encodings = match order {
            Order::Pooled => vec![Encoding::Plain],
            // One column keeps the level of the cut.
            Order::Cut if spec.role.forecast => vec![Encoding::CutRank, Encoding::Plain],
            Order::Cut => vec![Encoding::CutRank],
            Order::Query => vec![Encoding::CutRank, Encoding::Plain],
        };
        encodings.into_iter().map(move |encoding| Input { feature, encoding })
    };
    used(specs).flat_map(of_feature).collect()
}

/// Returns the columns that a model may read.
fn used(specs: &[FeatureSpec]) -> impl Iterator<Item = (usize, &FeatureSpec)> {
    specs.iter().enumerate().filter(|(_, spec)| spec.role.feature)
}

/// Returns the sign of each input.
pub(super) fn signs(inputs: &[Input], specs: &[FeatureSpec]) -> Vec<Sign> {
    inputs.iter().map(|input| specs[input.feature].sign).collect()
}

/// Encodes rows: one column for each input; NaN for an unknown value.
pub(super) fn encode(
    inputs: &[Input],
    specs: &[FeatureSpec],
    features: &Array2<f64>,
    blocks: &[u32],
) -> Array2<f64> {
    let members = members(blocks);
    let mut encoded = Array2::zeros((features.nrows(), inputs.len()));
    for (input, mut place) in inputs.iter().zip(encoded.columns_mut()) {
        let values = features.column(input.feature);
        let encode: Vec<f64> = match &input.encoding {
            Encoding::CutRank => cut_ranks(&values.to_vec(), &members)
                .into_iter()
                .map(|rank| (rank - 0.5) / RANK_DEVIATION)
                .collect(),
            Encoding::Scaled(encoding) => {
                let scale = specs[input.feature].scale;
                let encode = |&value: &f64| known(value, scale::encode(scale, encoding, value));
                values.iter().map(encode).collect()
            }
            Encoding::Logit => values.iter().map(|&value| known(value, log_odds(value))).collect(),
            Encoding::Plain => values.iter().map(|&value| known(value, value)).collect(),
        };
        place.iter_mut().zip(encode).for_each(|(place, value)| *place = value);
    }
    encoded
}

fn known(value: f64, encoded: f64) -> f64 {
    if value.is_finite() { encoded } else { f64::NAN }
}

/// Returns the rows of each block.
pub(super) fn members(blocks: &[u32]) -> BTreeMap<u32, Vec<usize>> {
    let mut members: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (row, block) in blocks.iter().enumerate() {
        members.entry(*block).or_default().push(row);
    }
    members
}

/// Returns the rank of each value among the known values of its block, from 0 to 1. Equal values share their middle
/// rank; an unknown value is NaN.
pub(super) fn cut_ranks(values: &[f64], members: &BTreeMap<u32, Vec<usize>>) -> Vec<f64> {
    let mut ranks = vec![f64::NAN; values.len()];
    for rows in members.values() {
        let mut known: Vec<usize> = rows.iter().copied().filter(|&row| values[row].is_finite()).collect();
        known.sort_by(|&left, &right| values[left].total_cmp(&values[right]));
        let total = known.len() as f64;
        let mut before = 0.0;
        for equals in
            known.chunk_by(|&left, &right| (values[left] + 0.0).total_cmp(&(values[right] + 0.0)).is_eq())
        {
            let rank = (before + equals.len() as f64 / 2.0) / total;
            for &row in equals {
                ranks[row] = rank;
            }
            before += equals.len() as f64;
        }
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::Scale;

    #[test]
    fn ranks_are_within_the_block_and_equal_values_share_theirs() {
        let values = [5.0, 1.0, 100.0, 5.0, f64::NAN, 200.0];
        let ranks = cut_ranks(&values, &members(&[1, 1, 2, 1, 1, 2]));
        assert!(ranks[4].is_nan());
        let known: Vec<f64> = [0, 1, 2, 3, 5].map(|row: usize| ranks[row]).to_vec();
        assert_eq!(known, [4.0 / 6.0, 1.0 / 6.0, 0.25, 4.0 / 6.0, 0.75]);
    }

    #[test]
    fn small_blocks_are_pooled() {
        assert_eq!(order(&[1; 40], false), Order::Cut);
        assert_eq!(order(&[1, 2, 2, 3, 4], false), Order::Pooled);
        assert_eq!(order(&[], false), Order::Pooled);
        assert_eq!(order(&[1, 1, 2], true), Order::Query);
    }

    #[test]
    fn a_drift_of_the_level_does_not_change_a_rank_but_a_forecast_keeps_it() {
        let mut forecast = FeatureSpec::new("p", Scale::Plain, "forecast");
        forecast.role = super::super::scale::Role::parse("feature,forecast");
        let specs = [FeatureSpec::new("users", Scale::Log, "history"), forecast];
        let features = ndarray::arr2(&[[1.0, 0.1], [2.0, 0.2], [1000.0, 0.6], [2000.0, 0.9]]);
        let inputs = branching(&specs, Order::Cut);
        let encoded = encode(&inputs, &specs, &features, &[1, 1, 2, 2]);
        assert_eq!(
            encoded.column(0).to_vec(),
            [encoded[[0, 0]], encoded[[1, 0]], encoded[[0, 0]], encoded[[1, 0]]]
        );
        assert_eq!(encoded.column(2).to_vec(), [0.1, 0.2, 0.6, 0.9]);
    }
}
