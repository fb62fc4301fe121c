//! Blocking: the pairs of records that are compared.
//!
//! A value of few records makes a block of its own; whole names with the same consonants are one value. A value of many records makes blocks only together with one or two other values of many
//! records. Larger blocks are left out and counted.

use std::collections::HashMap;

use rayon::prelude::*;

use super::columns::{Column, Records};
use crate::keys::NameKeys;

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
    let blocks: Vec<Blocks> = records.columns.iter().map(blocks).collect();
    let count = records.columns.len();
    let singles = (0..count).map(|one| vec![one]);
    let doubles = (0..count).flat_map(|one| (one + 1..count).map(move |other| vec![one, other]));
    let triples = (0..count).flat_map(|one| {
        (one + 1..count).flat_map(move |two| (two + 1..count).map(move |three| vec![one, two, three]))
    });
    let passes: Vec<Vec<usize>> = singles.chain(doubles).chain(triples).collect();
    passes.into_par_iter().map(|columns| pass(records, &blocks, columns)).collect()
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

/// Blocks of one column.
struct Blocks {
    /// Block of each value; 0 for none.
    of_value: Vec<u32>,
    /// Says of each block whether too many records are in it.
    is_wide: Vec<bool>,
}

/// Returns the blocks of a column: one for each value, or for the consonants of each whole name.
fn blocks(column: &Column) -> Blocks {
    let of_value: Vec<u32> = if column.names.is_empty() {
        (0..column.forms.len() as u32).collect()
    } else {
        let mut known: HashMap<String, u32> = HashMap::new();
        let block = |name| {
            let keys = NameKeys::of(name);
            let key = if keys.consonants.is_empty() { keys.words.join(" ") } else { keys.consonants };
            let next = known.len() as u32 + 1;
            if key.is_empty() { 0 } else { *known.entry(key).or_insert(next) }
        };
        column.names.iter().map(block).collect()
    };
    let mut counts = vec![0_usize; of_value.iter().max().map_or(1, |largest| *largest as usize + 1)];
    for value in &column.values {
        counts[of_value[*value as usize] as usize] += 1;
    }
    Blocks { of_value, is_wide: counts.into_iter().map(|count| count > BLOCK_MAX).collect() }
}

/// Returns the pairs of records that share the values of all columns. Values that make smaller blocks alone make them in another pass.
fn pass(records: &Records, blocks: &[Blocks], columns: Vec<usize>) -> Pass {
    let is_alone = columns.len() == 1;
    let key = |record: usize| {
        let mut key = [0_u32; 3];
        for (slot, column) in key.iter_mut().zip(&columns) {
            let blocks = &blocks[*column];
            let block = blocks.of_value[records.columns[*column].values[record] as usize];
            let is_read = block != 0 && (is_alone || blocks.is_wide[block as usize]);
            if !is_read {
                return None;
            }
            *slot = block;
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
