//! Linked pairs of entities. Random runs ask of millions of random pairs whether they are among them, and mostly they are not.

use crate::index::EntityIndex;

/// Bits of the filter for each pair, at least.
const BITS_PER_PAIR: usize = 16;

/// Pairs of entities, with a filter of one bit for each (Bloom 1970, Space/time trade-offs in hash coding with allowable errors; one
/// hash function). The filter has two bytes for a pair, so it stays in the cache of a processor where the pairs do not.
#[derive(Debug, Default)]
pub(super) struct LinkedPairs {
    /// Ascending.
    pairs: Vec<(EntityIndex, EntityIndex)>,
    /// A pair whose bit is not set is not in the list.
    filter: Vec<u64>,
}

impl LinkedPairs {
    /// Takes pairs in any order.
    pub(super) fn of(mut pairs: Vec<(EntityIndex, EntityIndex)>) -> Self {
        pairs.sort_unstable();
        let mut filter = vec![0; (pairs.len() * BITS_PER_PAIR).next_power_of_two().div_ceil(64)];
        for pair in &pairs {
            let (word, bit) = place(*pair, filter.len());
            filter[word] |= bit;
        }
        Self { pairs, filter }
    }

    /// Returns whether a pair is in the list, in this order.
    pub(super) fn contains(&self, pair: (EntityIndex, EntityIndex)) -> bool {
        let (word, bit) = place(pair, self.filter.len());
        self.filter.get(word).is_some_and(|bits| bits & bit != 0) && self.pairs.binary_search(&pair).is_ok()
    }
}

/// Returns the word of a pair in a filter of a number of words that is a power of two, and its bit there.
fn place((from, to): (EntityIndex, EntityIndex), words: usize) -> (usize, u64) {
    // Two rounds of the finaliser of SplitMix64 (Steele, Lea and Flood 2014) mix the bits of both numbers.
    let joined = u64::from(from.node()) << 32 | u64::from(to.node());
    let mixed = (joined ^ joined >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let hash = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    let (upper, lower) = ((hash >> 32) as usize, (hash >> 26) & 63);
    (upper & words.saturating_sub(1), 1 << lower)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::random::{self, below};

    #[test]
    fn the_answers_are_those_of_a_set() {
        let entity = |number: u32| EntityIndex::new(number as usize);
        for (count, entities) in [(0, 5), (1, 5), (40, 9), (5_000, 3_000)] {
            let mut random = random::open(11, count);
            let mut pair = || (entity(below(&mut random, entities)), entity(below(&mut random, entities)));
            let pairs: Vec<_> = (0..count).map(|_| pair()).collect();
            let (set, linked) = (HashSet::<_>::from_iter(pairs.clone()), LinkedPairs::of(pairs.clone()));
            assert!(pairs.iter().all(|pair| linked.contains(*pair)), "{count}");
            let mut passed = 0;
            for _ in 0..10_000 {
                let pair = pair();
                assert_eq!(linked.contains(pair), set.contains(&pair), "{count}: {pair:?}");
                let (word, bit) = place(pair, linked.filter.len());
                let passes = linked.filter.get(word).is_some_and(|bits| bits & bit != 0);
                passed += u32::from(passes && !set.contains(&pair));
            }
            assert!(passed < 1_500, "the filter lets {passed} of 10,000 other pairs pass");
        }
    }
}
