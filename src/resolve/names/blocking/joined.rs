//! Votes of pairs by the steps of an engine: keys that are equal, and pairs of members of a block.

use std::collections::HashMap;

use rayon::prelude::*;

use super::{BlockKey, BlockUse, CONTESTED_MAX, KeyKind, Votes};
use crate::join_steps::{BlockMember, JoinSteps};

/// Returns the votes of distinct keys, in the order of entities; `None` if this machine finds them.
pub(super) fn votes(keys: &[BlockKey], steps: &dyn JoinSteps) -> Option<Votes> {
    if !steps.has_engine() {
        return None;
    }
    // The constant is the odd one of SplitMix64, which spreads the kinds over all bits.
    let mixed = |key: &BlockKey| key.0 ^ u64::from(key.1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed: Vec<u64> = keys.par_iter().map(mixed).collect();
    let first = steps.first_equal("blocks", &mixed)?;
    drop(mixed);
    // Two keys with one mixed value may differ.
    let is_equal = |(key, first): (&BlockKey, &u32)| {
        let of_first = &keys[*first as usize];
        (key.0, key.1) == (of_first.0, of_first.1)
    };
    if !keys.par_iter().zip(&first).all(is_equal) {
        return None;
    }
    let mut sizes = vec![0_u32; keys.len()];
    for first in &first {
        sizes[*first as usize] += 1;
    }
    let (mut votes, mut members, mut listed) = (Votes::default(), Vec::new(), HashMap::new());
    for (position, (&(_, kind, member), &block)) in keys.iter().zip(&first).enumerate() {
        let size = sizes[block as usize] as usize;
        let is_first = position == block as usize;
        match BlockUse::of(kind, size) {
            BlockUse::Wide if is_first => votes.add_wide(size),
            BlockUse::Wide if kind == KeyKind::Words as u8 => {
                let count: &mut usize = listed.entry(block).or_default();
                if *count < CONTESTED_MAX {
                    *count += 1;
                    votes.crowded.push(((keys[block as usize].2, member), size));
                }
            }
            BlockUse::Votes(kind) if size > 1 => members.push(BlockMember { block, kind, member }),
            BlockUse::Wide | BlockUse::Nothing | BlockUse::Votes(_) => {}
        }
    }
    let pairs = steps.pairs(&members)?;
    votes.pairs = pairs.into_iter().map(|pair| (pair.members, pair.kinds, pair.blocks)).collect();
    Some(votes)
}
