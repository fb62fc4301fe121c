//! Bootstrap intervals of measures: draws of groups with replacement (Efron 1979; Davison and Hinkley 1997, 3.8).
//!
//! Rows of one world or lineage are similar, so a draw takes whole groups, not rows. Each draw has its own random stream
//! of the seed. A comparison of two columns of scores uses the same draws for both.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::random;

use super::{
    ranked::{self, Measure, Ranked},
    scale::quantile,
};

/// Settings of the draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draws {
    /// Number of draws.
    pub count: u32,
    /// Seed of the random numbers.
    pub seed: u64,
}

impl Default for Draws {
    fn default() -> Self {
        Self { count: 1000, seed: 20_261_121 }
    }
}

/// A measure with the interval of the middle 95 % of its draws.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Value over all rows; `None` if not defined.
    pub value: Option<f64>,
    /// Lower end; `None` with fewer than two groups.
    pub low: Option<f64>,
    /// Upper end; `None` with fewer than two groups.
    pub high: Option<f64>,
    /// Number of draws in which the measure is not defined; the interval leaves them out.
    pub draws_undefined: u32,
}

/// Estimates the values of a function of the number of copies of each group.
pub fn estimates(
    group_count: usize,
    draws: Draws,
    measure: impl Fn(&[u32]) -> Vec<Option<f64>> + Sync,
) -> Vec<Estimate> {
    let values = measure(&vec![1; group_count]);
    let count = if group_count < 2 { 0 } else { draws.count };
    let drawn: Vec<Vec<Option<f64>>> =
        (0..count).into_par_iter().map(|draw| measure(&copies(group_count, draws.seed, draw))).collect();
    let estimate = |(position, value): (usize, Option<f64>)| {
        let mut known: Vec<f64> = drawn.iter().filter_map(|values| values[position]).collect();
        known.sort_by(f64::total_cmp);
        let draws_undefined = count - known.len() as u32;
        Estimate { value, low: quantile(&known, 0.025), high: quantile(&known, 0.975), draws_undefined }
    };
    values.into_iter().enumerate().map(estimate).collect()
}

/// Estimates each measure of one column of scores.
pub(super) fn measured(ranked: &Ranked, measures: &[Measure], draws: Draws) -> Vec<Estimate> {
    estimates(ranked.group_count(), draws, |copies| ranked::measure(ranked, measures, copies))
}

/// Estimates the difference of each measure between `left` and `right`, two columns over the same rows.
pub(super) fn differences(
    left: &Ranked,
    right: &Ranked,
    measures: &[Measure],
    draws: Draws,
) -> Vec<Estimate> {
    estimates(left.group_count(), draws, |copies| {
        let pairs =
            ranked::measure(left, measures, copies).into_iter().zip(ranked::measure(right, measures, copies));
        pairs.map(|(left, right)| Some(left? - right?)).collect()
    })
}

/// Draws `group_count` groups with replacement; returns the number of times that each was drawn.
fn copies(group_count: usize, seed: u64, draw: u32) -> Vec<u32> {
    let mut random = random::open(seed, u64::from(draw));
    let mut copies = vec![0; group_count];
    for _ in 0..group_count {
        copies[random::below(&mut random, group_count as u32) as usize] += 1;
    }
    copies
}

#[cfg(test)]
mod tests {
    use super::super::generated::Noise;
    use super::*;

    /// Eighty groups of thirty rows, with scores that correlate with the labels.
    fn columns(noise: &mut Noise) -> (Vec<f64>, Vec<bool>, Vec<u32>) {
        let groups: Vec<u32> = (0..2400).map(|row| row / 30).collect();
        let labels: Vec<bool> = groups.iter().map(|_| noise.share() < 0.2).collect();
        let scores = labels.iter().map(|&label| noise.normal() + f64::from(u8::from(label))).collect();
        (scores, labels, groups)
    }

    #[test]
    fn an_interval_has_about_its_nominal_coverage() {
        // The true AUC of two normal scores one deviation apart is the normal distribution at 1/sqrt(2).
        let truth = 0.760_249_938_906_523_6;
        let mut noise = Noise::open(11);
        let draws = Draws { count: 200, seed: 1 };
        let covered = (0..100)
            .filter(|_| {
                let (scores, labels, groups) = columns(&mut noise);
                let found = measured(&ranked::rank(&scores, &labels, &groups), &[Measure::Auc], draws)[0];
                found.low.is_some_and(|low| low <= truth) && found.high.is_some_and(|high| truth <= high)
            })
            .count();
        assert!((87..=100).contains(&covered), "{covered} of 100");
    }

    #[test]
    fn a_column_does_not_differ_from_itself_but_from_a_worse_one() {
        let (scores, labels, groups) = columns(&mut Noise::open(12));
        let mut noise = Noise::open(13);
        let blurred: Vec<f64> = scores.iter().map(|score| score + noise.normal()).collect();
        let (good, poor) =
            (ranked::rank(&scores, &labels, &groups), ranked::rank(&blurred, &labels, &groups));
        let same = differences(&good, &good, &[Measure::AveragePrecision], Draws::default())[0];
        assert_eq!((same.value, same.low, same.high), (Some(0.0), Some(0.0), Some(0.0)));
        let gain = differences(&good, &poor, &[Measure::AveragePrecision], Draws::default())[0];
        assert!(gain.low.is_some_and(|low| low > 0.0), "{gain:?}");
    }

    #[test]
    fn an_interval_is_the_same_for_any_number_of_threads() {
        let (scores, labels, groups) = columns(&mut Noise::open(14));
        let ranked = ranked::rank(&scores, &labels, &groups);
        let found = || measured(&ranked, &[Measure::AveragePrecision, Measure::Auc], Draws::default());
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread can start");
        assert_eq!(one.install(found), found());
    }

    #[test]
    fn one_group_has_no_interval() {
        let ranked = ranked::rank(&[0.2, 0.1], &[true, false], &[4, 4]);
        let found = measured(&ranked, &[Measure::Auc], Draws::default())[0];
        assert_eq!((found.value, found.low, found.high), (Some(1.0), None, None));
    }
}
