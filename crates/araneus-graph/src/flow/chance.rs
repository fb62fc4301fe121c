//! Tails of the binomial and Poisson distributions, as natural logarithms.
//!
//! Expected numbers of instances reach 1e-100 and less, so everything is in logarithms.

/// Terms smaller than this share of the sum end a tail.
const NEGLIGIBLE: f64 = 1e-12;

/// Returns ln(n!), from the Stirling series above 20.
fn ln_factorial(n: f64) -> f64 {
    if n < 20.0 {
        return (2..=n as u32).map(f64::from).map(f64::ln).sum();
    }
    let half_ln_two_pi = 0.5 * std::f64::consts::TAU.ln();
    let inverse = 1.0 / n;
    (n + 0.5) * n.ln() - n + half_ln_two_pi + inverse / 12.0 - inverse.powi(3) / 360.0
}

/// Returns ln P(X >= `least`), X binomial with `trials` and `chance`; 0 where `least` is not above the mean.
pub fn ln_binomial_tail(least: usize, trials: usize, chance: f64) -> f64 {
    let (least, trials) = (least as f64, trials as f64);
    if least <= trials * chance {
        return 0.0;
    }
    if chance <= 0.0 || least > trials {
        return f64::NEG_INFINITY;
    }
    let ln_choices = ln_factorial(trials) - ln_factorial(least) - ln_factorial(trials - least);
    let ln_first = ln_choices + least * chance.ln() + (trials - least) * (-chance).ln_1p();
    let odds = chance / (1.0 - chance);
    let (mut sum, mut term, mut successes) = (1.0, 1.0, least);
    while successes < trials && term > NEGLIGIBLE * sum {
        term *= odds * (trials - successes) / (successes + 1.0);
        successes += 1.0;
        sum += term;
    }
    (ln_first + sum.ln()).min(0.0)
}

/// Returns ln P(X >= `least`), X Poisson with `mean`; 0 where `least` is not above the mean.
pub(super) fn ln_poisson_tail(least: usize, mean: f64) -> f64 {
    let least = least as f64;
    if least <= mean {
        return 0.0;
    }
    if mean <= 0.0 {
        return f64::NEG_INFINITY;
    }
    let ln_first = least * mean.ln() - mean - ln_factorial(least);
    let (mut sum, mut term, mut count) = (1.0, 1.0, least);
    while term > NEGLIGIBLE * sum {
        count += 1.0;
        term *= mean / count;
        sum += term;
    }
    (ln_first + sum.ln()).min(0.0)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::cast_possible_wrap, clippy::float_cmp, reason = "small counts, and exact limits")]

    use super::*;

    #[test]
    fn tails_equal_plain_sums() {
        for trials in [1_u32, 2, 5, 30, 60] {
            for chance in [0.001, 0.05, 0.3, 0.7] {
                for least in 0..=trials {
                    let term = |successes: u32| {
                        let choices = (1..=successes).fold(1.0, |product, i| {
                            product * f64::from(trials - successes + i) / f64::from(i)
                        });
                        choices
                            * f64::powi(chance, successes as i32)
                            * f64::powi(1.0 - chance, (trials - successes) as i32)
                    };
                    let plain: f64 = (least..=trials).map(term).sum();
                    let tail = ln_binomial_tail(least as usize, trials as usize, chance).exp();
                    let is_below_mean = f64::from(least) <= f64::from(trials) * chance;
                    assert!(
                        (tail - plain).abs() < 1e-9 * plain || (is_below_mean && tail == 1.0),
                        "{least} of {trials} at {chance}: {tail} {plain}"
                    );
                }
            }
        }
        for mean in [0.001, 0.4, 3.0, 25.0] {
            for least in 0..60_u32 {
                let term = |count: u32| {
                    (1..=count).fold(f64::exp(-mean), |product, i| product * mean / f64::from(i))
                };
                let plain: f64 = (least..least + 200).map(term).sum();
                let tail = ln_poisson_tail(least as usize, mean).exp();
                let is_below_mean = f64::from(least) <= mean;
                assert!(
                    (tail - plain).abs() < 1e-9 * plain || (is_below_mean && tail == 1.0),
                    "{least} at mean {mean}: {tail} {plain}"
                );
            }
        }
    }

    #[test]
    fn impossible_counts_have_no_chance() {
        assert_eq!(ln_binomial_tail(4, 3, 0.5), f64::NEG_INFINITY);
        assert_eq!(ln_binomial_tail(1, 3, 0.0), f64::NEG_INFINITY);
        assert_eq!(ln_poisson_tail(1, 0.0), f64::NEG_INFINITY);
        assert_eq!(ln_binomial_tail(0, 0, 0.5), 0.0);
    }
}
