//! Blocking: the pairs of records that are compared.
//!
//! A value of few records makes a block of its own. A value of many records makes blocks only together with one or two other values of many
//! records. Larger blocks are left out and counted.

use rayon::prelude::*;

use super::columns::{Column, Records};

/// Most records that share a value or values, so that their pairs are compared.
pub(super) const BLOCK_MAX: usize = 30;

/// Counts of the search for pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockedCounts {
    /// Pairs of records that were compared.
    pub pairs: usize,
    /// Blocks of three values that were too large, so that they made no pairs.
    pub wide_blocks: usize,
}

/// A pair of records, the lower one first.
pub(super) type RecordPair = (u32, u32);

/// Pairs of one pass, with the columns that make its blocks.
pub(super) struct Pass {
    pub(super) columns: Vec<usize>,
    pub(super) pairs: Vec<RecordPair>,
    wide_blocks: usize,
}

/// Returns the pairs of all passes of one column, two columns, and three columns.
pub(super) fn passes(records: &Records) -> Vec<Pass> {
    let wide: Vec<Vec<bool>> = records.columns.iter().map(wide_values).collect();
    let count = records.columns.len();
    let singles = (0..count).map(|one| vec![one]);
    let doubles = (0..count).flat_map(|one| (one + 1..count).map(move |other| vec![one, other]));
    let triples = (0..count).flat_map(|one| {
        (one + 1..count).flat_map(move |two| (two + 1..count).map(move |three| vec![one, two, three]))
    });
    let passes: Vec<Vec<usize>> = singles.chain(doubles).chain(triples).collect();
    passes.into_par_iter().map(|columns| pass(records, &wide, columns)).collect()
}

/// Returns each pair of the passes once, sorted.
pub(super) fn union(passes: &[Pass]) -> (Vec<RecordPair>, BlockedCounts) {
    let mut pairs: Vec<RecordPair> = passes.iter().flat_map(|pass| pass.pairs.iter().copied()).collect();
    pairs.par_sort_unstable();
    pairs.dedup();
    let triples = passes.iter().filter(|pass| pass.columns.len() == 3);
    let counts =
        BlockedCounts { pairs: pairs.len(), wide_blocks: triples.map(|pass| pass.wide_blocks).sum() };
    (pairs, counts)
}

/// Returns for each value whether too many records have it.
fn wide_values(column: &Column) -> Vec<bool> {
    let mut counts = vec![0_usize; column.forms.len()];
    for value in &column.values {
        counts[*value as usize] += 1;
    }
    counts.into_iter().map(|count| count > BLOCK_MAX).collect()
}

/// Returns the pairs of records that share the values of all columns. Values that make smaller blocks alone make them in another pass.
fn pass(records: &Records, wide: &[Vec<bool>], columns: Vec<usize>) -> Pass {
    let is_alone = columns.len() == 1;
    let key = |record: usize| {
        let mut key = [0_u32; 3];
        for (slot, column) in key.iter_mut().zip(&columns) {
            let value = records.columns[*column].values[record];
            let is_read = value != 0 && (is_alone || wide[*column][value as usize]);
            if !is_read {
                return None;
            }
            *slot = value;
        }
        Some(key)
    };
    let mut keys: Vec<([u32; 3], u32)> =
        (0..records.len()).filter_map(|record| Some((key(record)?, record as u32))).collect();
    keys.sort_unstable();
    let (mut pairs, mut wide_blocks) = (Vec::new(), 0);
    for block in keys.chunk_by(|a, b| a.0 == b.0) {
        if block.len() > BLOCK_MAX {
            wide_blocks += 1;
            continue;
        }
        for (at, (_, one)) in block.iter().enumerate() {
            let others = block[at + 1..].iter().map(|(_, other)| *other);
            pairs.extend(others.filter(|other| records.may_be_one(*one, *other)).map(|other| (*one, other)));
        }
    }
    Pass { columns, pairs, wide_blocks }
}
