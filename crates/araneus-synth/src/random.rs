//! Named random streams: the same seed and stream give the same numbers on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of random numbers.
pub(crate) type RandomStream = ChaCha8Rng;

/// Returns one stream of a seed.
pub(crate) fn stream(seed: u64, id: u64) -> RandomStream {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(id);
    random
}

/// Returns a uniform number of `0..bound` by Lemire's method with rejection (2019); bound must be positive.
pub(crate) fn below(random: &mut RandomStream, bound: usize) -> usize {
    let bound = u32::try_from(bound).expect("no list of a world is that long");
    let rejected = bound.wrapping_neg() % bound;
    loop {
        let product = u64::from(random.next_u32()) * u64::from(bound);
        if product as u32 >= rejected {
            return (product >> 32) as usize;
        }
    }
}

/// Returns a uniform number of `low..=high`.
pub(crate) fn between(random: &mut RandomStream, low: usize, high: usize) -> usize {
    low + below(random, high - low + 1)
}

/// Returns a uniform number of `low..=high` for signed numbers, such as seconds.
pub(crate) fn within(random: &mut RandomStream, low: i64, high: i64) -> i64 {
    low + ((high - low + 1) as f64 * unit(random)) as i64
}

/// Returns true with a probability.
pub(crate) fn chance(random: &mut RandomStream, probability: f64) -> bool {
    unit(random) < probability
}

/// Returns a uniform number from 0 (included) to 1 (excluded), with 53 random bits.
fn unit(random: &mut RandomStream) -> f64 {
    (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Returns a uniform choice of the items; the list must not be empty.
pub(crate) fn pick<T: Copy>(random: &mut RandomStream, items: &[T]) -> T {
    items[below(random, items.len())]
}

/// Returns an item; items early in the list are far more probable than late ones.
pub(crate) fn pick_popular<T: Copy>(random: &mut RandomStream, items: &[T]) -> T {
    let bound = between(random, 1, items.len());
    items[below(random, bound)]
}

/// Returns up to `count` different items of a list, in random order.
pub(crate) fn sample<T: Copy>(random: &mut RandomStream, items: &[T], count: usize) -> Vec<T> {
    let mut items = items.to_vec();
    shuffle(random, &mut items);
    items.truncate(count);
    items
}

/// Puts a list in a uniform random order (Fisher and Yates).
pub(crate) fn shuffle<T>(random: &mut RandomStream, items: &mut [T]) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(random, last + 1));
    }
}

/// Returns a position, each with a probability in proportion to its weight.
pub(crate) fn weighted_index(random: &mut RandomStream, weights: &[u32]) -> usize {
    let total: u32 = weights.iter().sum();
    let mut remaining = below(random, total as usize) as u32;
    for (index, weight) in weights.iter().enumerate() {
        if remaining < *weight {
            return index;
        }
        remaining -= weight;
    }
    weights.len() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ() {
        let draw = |id| (0..20).map(|_| below(&mut stream(7, id), 1000)).collect::<Vec<_>>();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn choices_respect_weights_and_bounds() {
        let mut random = stream(1, 1);
        let mut counts = [0; 3];
        for _ in 0..3000 {
            counts[weighted_index(&mut random, &[1, 0, 2])] += 1;
            assert!((5..=9).contains(&between(&mut random, 5, 9)));
            assert!((-3..=3).contains(&within(&mut random, -3, 3)));
        }
        assert_eq!(counts[1], 0);
        assert!((800..1200).contains(&counts[0]), "{counts:?}");
    }
}
