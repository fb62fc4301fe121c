//! Named random streams: the same seed and stream give the same world on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of random numbers.
pub(super) type Stream = ChaCha8Rng;

/// Opens stream `stream` of `seed`.
pub(super) fn open(seed: u64, stream: u64) -> Stream {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(stream);
    random
}

/// Returns an even choice of `0..bound`; bound is positive. Lemire 2019, with rejection.
pub(super) fn below(random: &mut Stream, bound: usize) -> usize {
    let bound = u32::try_from(bound).expect("nothing here is that long");
    let rejected = bound.wrapping_neg() % bound;
    loop {
        let product = u64::from(random.next_u32()) * u64::from(bound);
        if product as u32 >= rejected {
            return (product >> 32) as usize;
        }
    }
}

/// Returns an even choice of `low..=high`.
pub(super) fn between(random: &mut Stream, low: usize, high: usize) -> usize {
    low + below(random, high - low + 1)
}

/// Returns an even choice of `low..=high`, in seconds or whatever the two are in.
pub(super) fn within(random: &mut Stream, low: i64, high: i64) -> i64 {
    let share = (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    low + ((high - low + 1) as f64 * share) as i64
}

/// Returns whether something of this probability happens.
pub(super) fn chance(random: &mut Stream, probability: f64) -> bool {
    ((random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64) < probability
}

/// Returns an even choice of the items, of which there is one at least.
pub(super) fn pick<T: Copy>(random: &mut Stream, items: &[T]) -> T {
    items[below(random, items.len())]
}

/// Returns an item of which the first ones are far more probable than the last.
pub(super) fn pick_popular<T: Copy>(random: &mut Stream, items: &[T]) -> T {
    let bound = between(random, 1, items.len());
    items[below(random, bound)]
}

/// Returns up to `count` different positions of a list, in random order.
pub(super) fn some<T: Copy>(random: &mut Stream, items: &[T], count: usize) -> Vec<T> {
    let mut items = items.to_vec();
    shuffle(random, &mut items);
    items.truncate(count);
    items
}

/// Puts a list in an even choice of orders (Fisher and Yates).
pub(super) fn shuffle<T>(random: &mut Stream, items: &mut [T]) {
    for place in (1..items.len()).rev() {
        items.swap(place, below(random, place + 1));
    }
}

/// Returns the position that weights chose.
pub(super) fn weighted(random: &mut Stream, weights: &[u32]) -> usize {
    let total: u32 = weights.iter().sum();
    let mut left = below(random, total as usize) as u32;
    for (at, weight) in weights.iter().enumerate() {
        if left < *weight {
            return at;
        }
        left -= weight;
    }
    weights.len() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ() {
        let draw = |stream| (0..20).map(|_| below(&mut open(7, stream), 1000)).collect::<Vec<_>>();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn a_choice_keeps_to_its_weights_and_bounds() {
        let mut random = open(1, 1);
        let mut counts = [0; 3];
        for _ in 0..3000 {
            counts[weighted(&mut random, &[1, 0, 2])] += 1;
            assert!((5..=9).contains(&between(&mut random, 5, 9)));
            assert!((-3..=3).contains(&within(&mut random, -3, 3)));
        }
        assert_eq!(counts[1], 0);
        assert!((800..1200).contains(&counts[0]), "{counts:?}");
    }
}
