//! Chance that two independent reports have many values in common.

/// Share of the values of a unit that an independent unit has, too: more than the reports of two vendors ever share.
const INDEPENDENT_SHARE: f64 = 0.65;

/// Share of the values of a long list that independent lists never have in common.
const CERTAIN_SHARE: f64 = 0.8;

/// Returns the probability of at least `count` successes in `trials`, each with the probability [`INDEPENDENT_SHARE`].
pub(super) fn at_least(count: usize, trials: usize) -> f64 {
    // The sum of many small terms is exact enough as a step.
    if trials > 500 {
        return if count as f64 >= CERTAIN_SHARE * trials as f64 { 0.0 } else { 1.0 };
    }
    let odds = (1.0 - INDEPENDENT_SHARE) / INDEPENDENT_SHARE;
    let mut term = INDEPENDENT_SHARE.powi(i32::try_from(trials).unwrap_or(i32::MAX));
    let mut sum = term;
    for successes in (count..trials).rev() {
        term *= odds * (successes + 1) as f64 / (trials - successes) as f64;
        sum += term;
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::cast_possible_wrap, reason = "small counts, and exact limits")]

    use super::*;

    /// Returns the probability of at least `count` successes by enumeration of all outcomes.
    fn at_least_slowly(count: u32, trials: u32) -> f64 {
        let probability = |outcome: u32| {
            let successes = outcome.count_ones();
            INDEPENDENT_SHARE.powi(successes as i32)
                * (1.0 - INDEPENDENT_SHARE).powi((trials - successes) as i32)
        };
        (0..1_u32 << trials).filter(|outcome| outcome.count_ones() >= count).map(probability).sum()
    }

    #[test]
    fn the_chance_of_common_values_equals_an_enumeration() {
        for trials in 1..=12 {
            for count in 0..=trials {
                let (fast, slow) =
                    (at_least(count as usize, trials as usize), at_least_slowly(count, trials));
                assert!((fast - slow).abs() < 1e-12, "{count} of {trials}: {fast}, {slow}");
            }
        }
    }
}
