//! Scores of pairs, and the records that are one.

use rayon::prelude::*;

use super::{
    blocking::{self, BlockedCounts, RecordPair},
    clusters::{self, ScoredPair},
    columns::{Column, Records},
    levels::{Agreement, Comparer, Pattern, agreement},
    model::{LinkageModel, LinkageModelError},
};

/// Sum of bits from which a pair is listed: a probability of 1 in 100.
const LISTED_BITS: f64 = -6.629;

/// Bits of one column in a pair.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnBits {
    /// Position of the column.
    pub column: usize,
    /// Agreement of the two values.
    pub agreement: Agreement,
    /// Bits for (above 0) or against one bearer.
    pub bits: f64,
}

/// Two records that may be one.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkedPair {
    /// Positions of the records, the lower one first.
    pub records: (u32, u32),
    /// Sum of the bits of all columns and of the prior.
    pub bits: f64,
    /// The two records are in one cluster.
    pub is_one: bool,
    /// Bits of each column that both records have.
    pub columns: Vec<ColumnBits>,
}

impl LinkedPair {
    /// Returns the probability that both records are one.
    pub fn probability(&self) -> f64 {
        1.0 / (1.0 + (-self.bits).exp2())
    }
}

/// Result of a linkage.
#[derive(Debug)]
pub struct Linkage {
    /// Cluster of each record: the position of its first record.
    pub clusters: Vec<u32>,
    /// Pairs with a probability from 0.01 on, or in one cluster; in the order of the records.
    pub pairs: Vec<LinkedPair>,
    /// Bits of the prior, which every pair has.
    pub prior_bits: f64,
    /// Counts of blocking.
    pub counts: BlockedCounts,
}

/// Weights of a model with the frequencies of the values.
struct Weights<'a> {
    records: &'a Records,
    model: &'a LinkageModel,
    /// Bits of an equal value, for each column and value.
    equal: Vec<Vec<f64>>,
    prior_bits: f64,
}

/// Finds the records that are one.
pub fn link(records: &Records, model: &LinkageModel) -> Result<Linkage, LinkageModelError> {
    model.check(records)?;
    let comparer = Comparer::new(records);
    let (pairs, counts) = blocking::union(&blocking::passes(records));
    let patterns: Vec<Pattern> =
        pairs.par_iter().map(|(one, other)| comparer.pattern(*one, *other)).collect();
    // The first clusters count each value once for each bearer; the second weights use these counts.
    let all: Vec<u32> = (0..records.len() as u32).collect();
    let mut weights = Weights::new(records, model, &all);
    let mut clusters = weights.clusters(&pairs, &patterns, &comparer);
    weights = Weights::new(records, model, &clusters);
    clusters = weights.clusters(&pairs, &patterns, &comparer);
    let linked = |(pair, pattern): (&RecordPair, &Pattern)| {
        let is_one = clusters[pair.0 as usize] == clusters[pair.1 as usize];
        let bits = weights.bits(*pair, *pattern);
        (is_one || bits >= LISTED_BITS).then(|| LinkedPair {
            records: *pair,
            bits,
            is_one,
            columns: weights.columns(*pair, *pattern),
        })
    };
    let pairs = pairs.par_iter().zip(&patterns).filter_map(linked).collect();
    Ok(Linkage { pairs, prior_bits: weights.prior_bits, clusters, counts })
}

impl<'a> Weights<'a> {
    fn new(records: &'a Records, model: &'a LinkageModel, clusters: &[u32]) -> Self {
        let equal =
            records.columns.iter().enumerate().map(|(at, column)| equal_bits(model, at, column, clusters));
        Self { records, model, equal: equal.collect(), prior_bits: model.prior_odds().log2() }
    }

    /// Returns the bits of an agreement of one column.
    fn column(&self, at: usize, agreement: Agreement, record: u32) -> f64 {
        match agreement {
            Agreement::Equal => self.equal[at][self.records.columns[at].values[record as usize] as usize],
            _ => self.model.level(at, agreement).bits,
        }
    }

    fn columns(&self, pair: RecordPair, pattern: Pattern) -> Vec<ColumnBits> {
        let column = |column: usize| {
            let agreement = agreement(pattern, column)?;
            Some(ColumnBits { column, agreement, bits: self.column(column, agreement, pair.0) })
        };
        (0..self.records.columns.len()).filter_map(column).collect()
    }

    fn bits(&self, pair: RecordPair, pattern: Pattern) -> f64 {
        let bits = |column: usize| {
            agreement(pattern, column).map_or(0.0, |agreement| self.column(column, agreement, pair.0))
        };
        self.prior_bits + (0..self.records.columns.len()).map(bits).sum::<f64>()
    }

    fn clusters(&self, pairs: &[RecordPair], patterns: &[Pattern], comparer: &Comparer<'_>) -> Vec<u32> {
        let scored: Vec<ScoredPair> = pairs
            .par_iter()
            .zip(patterns)
            .map(|(pair, pattern)| ScoredPair { records: *pair, bits: self.bits(*pair, *pattern) })
            .filter(|pair| pair.bits > 0.0)
            .collect();
        let bits = |one: u32, other: u32| self.bits((one, other), comparer.pattern(one, other));
        clusters::clusters(self.records, scored, bits)
    }
}

/// Returns the bits of an equal value. A value is as rare as the share of clusters that have it.
fn equal_bits(model: &LinkageModel, at: usize, column: &Column, clusters: &[u32]) -> Vec<f64> {
    let mut bearers: Vec<(u32, u32)> = column
        .values
        .iter()
        .zip(clusters)
        .filter(|(value, _)| **value != 0)
        .map(|(value, cluster)| (*value, *cluster))
        .collect();
    bearers.par_sort_unstable();
    bearers.dedup();
    let mut counts = vec![0.0_f64; column.forms.len()];
    for (value, _) in &bearers {
        counts[*value as usize] += 1.0;
    }
    let m = model.level(at, Agreement::Equal).m;
    let all = (bearers.len() as f64).max(1.0);
    counts.into_iter().map(|count| (m * all / count.max(1.0)).log2()).collect()
}
