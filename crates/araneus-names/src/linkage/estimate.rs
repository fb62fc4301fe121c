//! Estimates of the shares of levels: `u` from random pairs, `m` by expectation maximisation.

use rayon::prelude::*;

use super::{
    blocking,
    columns::{Column, Records},
    levels::{AGREEMENTS, Agreement, Comparer, Pattern, agreement},
    model::{ColumnWeights, LevelShare, LinkageModel, Shares, starting_shares},
};

/// Random pairs that are compared for `u`.
const RANDOM_PAIRS: u64 = 200_000;
/// Expected pairs of one bearer that a column needs, so that its shares are estimated.
const PAIRS_MIN: f64 = 10.0;
/// Share of pairs that are one at the start.
const START_SHARE: f64 = 1e-4;
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
    let of_passes: Vec<PassPatterns> = passes
        .iter()
        .filter(|pass| pass.columns.len() == 1)
        .map(|pass| PassPatterns {
            blocked: pass.columns[0],
            patterns: count_patterns(&pass.pairs, &comparer),
        })
        .collect();
    let (pairs, _) = blocking::union(&passes);
    let patterns = count_patterns(&pairs, &comparer);
    let (m, matches) = fit_shares(&of_passes, &patterns, &u, records.possible_pairs());
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

/// Patterns of one pass, with the column that makes its blocks.
struct PassPatterns {
    blocked: usize,
    patterns: PatternCounts,
}

/// Estimates the shares of levels in pairs that are one, and the number of these pairs. The shares in random pairs stay. A column learns from
/// the passes of other columns only: in its own blocks it always agrees. Pairs outside all blocks have no probability.
fn fit_shares(
    passes: &[PassPatterns],
    all: &PatternCounts,
    u: &[Shares],
    possible: f64,
) -> (Vec<Shares>, f64) {
    let columns = u.len();
    let mut m = vec![starting_shares(); columns];
    let mut matches = expected_matches(all, &m, u, possible);
    for _ in 0..STEPS_MAX {
        let odds = matches / (possible - matches).max(1.0);
        let mut counts = vec![[PSEUDO_PAIRS; AGREEMENTS.len()]; columns];
        for PassPatterns { blocked, patterns } in passes {
            for (pattern, count) in patterns {
                let share = count * probability(*pattern, &m, u, odds);
                for column in (0..columns).filter(|column| column != blocked) {
                    if let Some(level) = agreement(*pattern, column) {
                        counts[column][level as usize] += share;
                    }
                }
            }
        }
        let next: Vec<Shares> = counts.into_iter().map(next_shares).collect();
        let pairs = m.iter().flatten().zip(next.iter().flatten());
        let change = pairs.map(|(old, new)| (old - new).abs()).fold(0.0, f64::max);
        m = next;
        matches = expected_matches(all, &m, u, possible);
        if change < TOLERANCE {
            break;
        }
    }
    (m, matches)
}

/// Returns the shares of counted pairs; those of the start if a column has fewer than a few pairs.
fn next_shares(counts: Shares) -> Shares {
    if counts.iter().sum::<f64>() < PAIRS_MIN { starting_shares() } else { normalised(counts) }
}

/// Returns the probability that pairs of a pattern are one.
fn probability(pattern: Pattern, m: &[Shares], u: &[Shares], odds: f64) -> f64 {
    let ratio = (0..m.len()).map(|column| ratio(pattern, column, m, u)).product::<f64>() * odds;
    if ratio.is_finite() { ratio / (1.0 + ratio) } else { 1.0 }
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

/// Returns the number of pairs that are one, as the sum of their probabilities.
fn expected_matches(patterns: &PatternCounts, m: &[Shares], u: &[Shares], possible: f64) -> f64 {
    let mut matches = (possible * START_SHARE).max(1.0);
    for _ in 0..STEPS_MAX {
        let odds = matches / (possible - matches).max(1.0);
        let next: f64 =
            patterns.iter().map(|(pattern, count)| count * probability(*pattern, m, u, odds)).sum();
        let next = next.clamp(1.0, possible.max(1.0));
        let is_settled = (next - matches).abs() < 1e-3;
        matches = next;
        if is_settled {
            break;
        }
    }
    matches
}
