//! Growth: how many new users an entity will have at the next run.
//!
//! Most new links come from newcomers, so the rate of an entity is the share of recent newcomers that use it. Nothing
//! is trained.

use std::collections::BTreeSet;

use super::usage::Usage;

/// Runs back that count for the share of newcomers.
const STEPS: usize = 4;
/// Weight of a run relative to the run after it.
const DECAY: f64 = 0.6;
/// Share of the known users that took the entity up at the last run, and will again.
const AGAIN: f64 = 0.3;
/// Least mean of the forecast.
const LEAST_RATE: f64 = 0.05;
/// Size of the negative binomial distribution: its variance is `mean + mean² / size`.
const SIZE: f64 = 1.5;

/// Use at one run, compared with the runs before it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// Use at the run.
    pub usage: Usage,
    /// Users that no earlier run had.
    pub newcomers: BTreeSet<u32>,
}

/// Forecast of an entity's growth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// Users at the last run.
    pub users: usize,
    /// Newcomers of the last `STEPS` runs that use the entity.
    pub adopted: usize,
    /// Newcomers of the last `STEPS` runs.
    pub newcomers: usize,
    /// Discounted share of recent newcomers that use it.
    pub share: f64,
    /// Expected number of new users at the next run, by newcomers.
    pub rate: f64,
    /// Expected number of new users at the next run, by the last two growths.
    pub rate_of_growth: f64,
}

impl Forecast {
    /// Returns the probability of at least `threshold` new users within `runs` runs, by newcomers.
    pub fn probability(&self, threshold: usize, runs: usize) -> f64 {
        at_least(threshold, self.rate * runs as f64)
    }

    /// Returns the probability of at least `threshold` new users within `runs` runs, by the last two growths.
    pub fn probability_of_growth(&self, threshold: usize, runs: usize) -> f64 {
        at_least(threshold, self.rate_of_growth * runs as f64)
    }
}

/// Returns the use at each cut, with the newcomers; the first cut has none, because earlier history is unknown.
pub fn steps(usages: Vec<Usage>) -> Vec<Step> {
    let mut known: Option<BTreeSet<u32>> = None;
    let mut steps = Vec::new();
    for usage in usages {
        let users: BTreeSet<u32> = usage.used.keys().copied().collect();
        let newcomers = known.as_ref().map_or_else(BTreeSet::new, |known| &users - known);
        known.get_or_insert_default().extend(users);
        steps.push(Step { usage, newcomers });
    }
    steps
}

/// Returns the growth of an entity at each of the last steps, the last one first.
pub fn growths(steps: &[Step], item: u32, count: usize) -> Vec<f64> {
    let pairs = steps.windows(2).rev().take(count);
    pairs.map(|pair| pair[1].usage.count(item) as f64 - pair[0].usage.count(item) as f64).collect()
}

/// Returns the mean growth of some entities at the last step; 0 without an earlier step.
pub fn mean_growth(steps: &[Step], items: &[u32]) -> f64 {
    let growth = |item: &u32| growths(steps, *item, 1).first().copied().unwrap_or(0.0);
    if items.is_empty() { 0.0 } else { items.iter().map(growth).sum::<f64>() / items.len() as f64 }
}

/// Returns the forecast of an entity after the last of `steps`; `mean_growth` is the mean of all entities at that step.
pub fn forecast(steps: &[Step], item: u32, mean_growth: f64) -> Forecast {
    let (mut adopted, mut newcomers, mut weight) = (0.0, 0.0, 1.0);
    let mut forecast = Forecast {
        users: steps.last().map_or(0, |step| step.usage.count(item)),
        adopted: 0,
        newcomers: 0,
        share: 0.0,
        rate: 0.0,
        rate_of_growth: 0.0,
    };
    // The first step has no newcomers, because nothing is known before it.
    let recent: Vec<&Step> = steps.iter().skip(1).rev().take(STEPS).collect();
    for step in &recent {
        let new = step.usage.users.get(&item).map_or(0, |users| users.intersection(&step.newcomers).count());
        adopted += weight * new as f64;
        newcomers += weight * step.newcomers.len() as f64;
        weight *= DECAY;
        forecast.adopted += new;
        forecast.newcomers += step.newcomers.len();
    }
    if newcomers > 0.0 {
        forecast.share = adopted / newcomers;
        let mean_newcomers = forecast.newcomers as f64 / recent.len() as f64;
        forecast.rate = forecast.share * mean_newcomers;
    }
    forecast.rate += AGAIN * taken_up(steps, item) as f64;
    let growths = growths(steps, item, 2);
    let growth = |back: usize| growths.get(back).copied().unwrap_or(0.0);
    forecast.rate_of_growth = (growth(0) + 0.6 * growth(1) + 0.5 * mean_growth) / 2.1;
    forecast
}

/// Returns the number of users of earlier runs that took the entity up at the last run.
pub fn taken_up(steps: &[Step], item: u32) -> usize {
    let [.., before, last] = steps else { return 0 };
    let Some(users) = last.usage.users.get(&item) else { return 0 };
    let had = before.usage.users.get(&item);
    let is_new = |user: &&u32| had.is_none_or(|had| !had.contains(user));
    users.iter().filter(is_new).filter(|user| !last.newcomers.contains(user)).count()
}

/// Returns the probability that a negative binomial number with this mean is at least `threshold`.
pub fn at_least(threshold: usize, mean: f64) -> f64 {
    let mean = mean.max(LEAST_RATE);
    let success = SIZE / (SIZE + mean);
    let mut probability = success.powf(SIZE);
    let mut below = 0.0;
    for count in 0..threshold {
        below += probability;
        probability *= (count as f64 + SIZE) / (count as f64 + 1.0) * (1.0 - success);
    }
    (1.0 - below).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_has_the_mean_and_the_variance_of_the_distribution() {
        for mean in [0.05, 0.4, 1.0, 3.0, 7.5] {
            let tail: Vec<f64> = (0..4_000).map(|threshold| at_least(threshold, mean)).collect();
            assert!((tail[0] - 1.0).abs() < 1e-12);
            // The sum of the tail is the mean, and the sum weighted by odd numbers is the mean of the squares.
            let first: f64 = tail[1..].iter().sum();
            let second: f64 = tail[1..].iter().zip(0..).map(|(share, k)| share * f64::from(2 * k + 1)).sum();
            assert!((first - mean).abs() < 1e-6, "{first} and {mean}");
            let variance = mean + mean * mean / SIZE;
            assert!((second - mean * mean - variance).abs() < 1e-5, "{second} for {mean}");
        }
    }

    fn used(uses: &[(u32, u32)]) -> Usage {
        let mut usage = Usage::default();
        for (user, item) in uses {
            usage.users.entry(*item).or_default().insert(*user);
            usage.used.entry(*user).or_default().insert(*item);
        }
        usage
    }

    #[test]
    fn a_forecast_adds_the_share_of_newcomers_and_the_users_that_took_it_up() {
        // Item 100: user 1 in the base, newcomer 2 of two at the second run, newcomer 4 of one and old user 3 at the third.
        let runs = [
            &[(1, 100), (3, 101)][..],
            &[(1, 100), (3, 101), (2, 100), (5, 101)],
            &[(1, 100), (3, 101), (2, 100), (5, 101), (4, 100), (3, 100)],
        ];
        let steps = steps(runs.into_iter().map(used).collect());
        assert_eq!(steps[0].newcomers.len(), 0, "the base has no newcomers");
        let forecast = forecast(&steps, 100, 1.0);
        assert_eq!((forecast.users, forecast.adopted, forecast.newcomers), (4, 2, 3));
        let share = (1.0 + 0.6) / (1.0 + 0.6 * 2.0);
        assert!((forecast.share - share).abs() < 1e-12);
        assert!((forecast.rate - (share * 1.5 + 0.3)).abs() < 1e-12);
        assert!((forecast.rate_of_growth - (2.0 + 0.6 + 0.5) / 2.1).abs() < 1e-12);
    }
}
