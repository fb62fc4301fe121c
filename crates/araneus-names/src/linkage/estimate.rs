//! Estimates of the shares of levels: `u` from random pairs, `m` by expectation maximisation.

use rayon::prelude::*;

use super::{
    blocking::{self, Pass},
    columns::{Column, Records},
    levels::{AGREEMENTS, Agreement, Comparer, Pattern, agreement},
    model::{ColumnWeights, LevelShare, LinkageModel, Shares, starting_shares},
};

/// Random pairs that are compared for `u`.
const RANDOM_PAIRS: u64 = 200_000;
/// Passes with fewer pairs do not estimate anything.
const PASS_PAIRS_MIN: usize = 50;
/// Most steps of one estimate.
const STEPS_MAX: usize = 200;
/// Change of a share below which an estimate ends.
const TOLERANCE: f64 = 1e-6;
/// Pairs that each level is given before the count, so that no share is 0.
const PSEUDO_PAIRS: f64 = 0.5;

/// Number of pairs of each pattern, in the order of the patterns.
type PatternCounts = Vec<(Pattern, f64)>;

/// Fits a model to records without truth. `fitted_on` says what the records are, for example by a digest.
pub fn fit_linkage(records: &Records, id: &str, fitted_on: &str) -> LinkageModel {
    let comparer = Comparer::new(records);
    let passes = blocking::passes(records);
    let u = random_shares(records, &comparer);
    let fits: Vec<PassFit> = passes
        .iter()
        .filter(|pass| pass.columns.len() == 1 && pass.pairs.len() >= PASS_PAIRS_MIN)
        .map(|pass| fit_pass(pass, &comparer, &u, records.columns.len()))
        .collect();
    let m: Vec<Shares> = (0..records.columns.len()).map(|column| mean_shares(column, &fits)).collect();
    let (pairs, _) = blocking::union(&passes);
    let patterns = count_patterns(&pairs, &comparer);
    let matches = expected_matches(&patterns, &m, &u, records.possible_pairs());
    let column = |(at, column): (usize, &Column)| ColumnWeights {
        column: column.name.clone(),
        kind: column.kind,
        levels: (0..AGREEMENTS.len()).map(|level| level_share(level, at, (&m, &u), &patterns)).collect(),
    };
    LinkageModel {
        id: id.to_owned(),
        fitted_on: fitted_on.to_owned(),
        records: records.len(),
        pairs: pairs.len(),
        matches: rounded(matches),
        possible_pairs: records.possible_pairs(),
        columns: records.columns.iter().enumerate().map(column).collect(),
    }
}

fn level_share(
    level: usize,
    column: usize,
    (m, u): (&[Shares], &[Shares]),
    patterns: &PatternCounts,
) -> LevelShare {
    let own = AGREEMENTS[level].0;
    let pairs = patterns.iter().filter(|(pattern, _)| agreement(*pattern, column) == Some(own));
    let (m, u) = (rounded_share(m[column][level]), rounded_share(u[column][level]));
    LevelShare {
        level: own.name().to_owned(),
        m,
        u,
        bits: rounded((m / u).log2()),
        pairs: pairs.map(|(_, count)| *count as usize).sum(),
    }
}

/// Nine places are enough for a share of one in a hundred million, and equal on every processor.
fn rounded(number: f64) -> f64 {
    (number * 1e9).round() / 1e9
}

/// Rounds a share, which is never 0.
fn rounded_share(share: f64) -> f64 {
    rounded(share).max(1e-9)
}

/// Returns the shares of the levels in random pairs. The share of equal values is exact.
fn random_shares(records: &Records, comparer: &Comparer<'_>) -> Vec<Shares> {
    let count = records.len() as u64;
    let draw = |number: u64| {
        let bits = mixed(number);
        let (one, other) = ((bits >> 32) % count, (bits & 0xffff_ffff) % count);
        let pair = (one.min(other) as u32, one.max(other) as u32);
        (pair.0 != pair.1 && records.may_be_one(pair.0, pair.1)).then_some(pair)
    };
    let pairs: Vec<(u32, u32)> =
        if count < 2 { Vec::new() } else { (0..RANDOM_PAIRS).into_par_iter().filter_map(draw).collect() };
    let patterns = count_patterns(&pairs, comparer);
    let shares = |(at, column): (usize, &Column)| {
        let mut shares = [PSEUDO_PAIRS; AGREEMENTS.len()];
        for (pattern, count) in &patterns {
            if let Some(level) = agreement(*pattern, at) {
                shares[level as usize] += count;
            }
        }
        let total: f64 = shares.iter().sum();
        let shares = shares.map(|share| share / total);
        let equal = equal_share(column);
        let others = 1.0 - shares[0];
        let mut exact = shares.map(|share| share / others * (1.0 - equal));
        exact[0] = equal;
        exact
    };
    records.columns.iter().enumerate().map(shares).collect()
}

/// Returns the share of random pairs of different records that have equal values.
fn equal_share(column: &Column) -> f64 {
    let mut counts = vec![0_u64; column.forms.len()];
    for value in column.values.iter().filter(|value| **value != 0) {
        counts[*value as usize] += 1;
    }
    let all: u64 = counts.iter().sum();
    let equal: u64 = counts.iter().map(|count| count * count.saturating_sub(1)).sum();
    let pairs = (all * all.saturating_sub(1)) as f64;
    (equal as f64 + PSEUDO_PAIRS) / (pairs + 2.0 * PSEUDO_PAIRS)
}

/// Returns evenly spread bits of a number (splitmix64).
fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

fn count_patterns(pairs: &[(u32, u32)], comparer: &Comparer<'_>) -> PatternCounts {
    let mut patterns: Vec<Pattern> =
        pairs.par_iter().map(|(one, other)| comparer.pattern(*one, *other)).collect();
    patterns.par_sort_unstable();
    patterns.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as f64)).collect()
}

/// Estimate of one pass.
struct PassFit {
    /// Column that makes the blocks; it is not estimated.
    blocked: usize,
    /// Expected number of pairs that are one.
    matches: f64,
    m: Vec<Shares>,
}

/// Estimates the shares of levels in pairs that are one. The shares in other pairs stay.
fn fit_pass(pass: &Pass, comparer: &Comparer<'_>, u: &[Shares], columns: usize) -> PassFit {
    let blocked = pass.columns[0];
    let patterns = count_patterns(&pass.pairs, comparer);
    let fitted: Vec<usize> = (0..columns).filter(|column| *column != blocked).collect();
    let total: f64 = patterns.iter().map(|(_, count)| count).sum();
    let (mut m, mut matches) = (vec![starting_shares(); columns], total / 4.0);
    for _ in 0..STEPS_MAX {
        let odds = matches / (total - matches).max(f64::MIN_POSITIVE);
        let mut counts = vec![[PSEUDO_PAIRS; AGREEMENTS.len()]; columns];
        let mut expected = PSEUDO_PAIRS;
        for (pattern, count) in &patterns {
            let ratio = fitted.iter().map(|column| ratio(*pattern, *column, &m, u)).product::<f64>() * odds;
            let share = count * (if ratio.is_finite() { ratio / (1.0 + ratio) } else { 1.0 });
            expected += share;
            for column in &fitted {
                if let Some(level) = agreement(*pattern, *column) {
                    counts[*column][level as usize] += share;
                }
            }
        }
        let next: Vec<Shares> = counts.iter().map(|counts| normalised(*counts)).collect();
        let change = m
            .iter()
            .flatten()
            .zip(next.iter().flatten())
            .map(|(old, new)| (old - new).abs())
            .fold(0.0, f64::max);
        m = next;
        matches = expected.min(total);
        if change < TOLERANCE {
            break;
        }
    }
    PassFit { blocked, matches, m }
}

fn normalised(counts: Shares) -> Shares {
    let total: f64 = counts.iter().sum();
    counts.map(|count| count / total)
}

/// Returns how much more often the level of a column occurs in pairs that are one; 1 if a value is missing.
fn ratio(pattern: Pattern, column: usize, m: &[Shares], u: &[Shares]) -> f64 {
    agreement(pattern, column)
        .map_or(1.0, |level: Agreement| m[column][level as usize] / u[column][level as usize])
}

/// Returns the mean of the estimates of all passes that other columns made, weighted by their expected matches.
fn mean_shares(column: usize, fits: &[PassFit]) -> Shares {
    let mut mean = [0.0; AGREEMENTS.len()];
    let mut total = 0.0;
    for fit in fits.iter().filter(|fit| fit.blocked != column) {
        total += fit.matches;
        for (mean, share) in mean.iter_mut().zip(fit.m[column]) {
            *mean += fit.matches * share;
        }
    }
    if total > 0.0 { mean.map(|sum| sum / total) } else { starting_shares() }
}

/// Returns the number of pairs that are one, as the sum of their probabilities. Pairs outside all blocks have none.
fn expected_matches(patterns: &PatternCounts, m: &[Shares], u: &[Shares], possible: f64) -> f64 {
    let ratios: Vec<(f64, f64)> = patterns
        .iter()
        .map(|(pattern, count)| {
            ((0..m.len()).map(|column| ratio(*pattern, column, m, u)).product::<f64>(), *count)
        })
        .collect();
    let mut matches = 1.0_f64;
    for _ in 0..STEPS_MAX {
        let odds = matches / (possible - matches).max(1.0);
        let probability = |ratio: f64| {
            let ratio = ratio * odds;
            if ratio.is_finite() { ratio / (1.0 + ratio) } else { 1.0 }
        };
        let next: f64 = ratios.iter().map(|(ratio, count)| count * probability(*ratio)).sum();
        let next = next.clamp(1.0, possible.max(1.0));
        let is_settled = (next - matches).abs() < 1e-3;
        matches = next;
        if is_settled {
            break;
        }
    }
    matches
}
