//! Named random streams and bounded random draws.
//!
//! The same seed and stream give the same numbers on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of random numbers: `ChaCha` with 8 rounds (Bernstein 2008).
pub type Stream = ChaCha8Rng;

/// Opens stream `stream` of `seed`.
pub fn open(seed: u64, stream: u64) -> Stream {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(stream);
    random
}

/// Draws from `0..bound` with equal probability; `bound` is positive.
///
/// The method is multiplication with rejection (Lemire 2019, Fast random integer generation in an interval).
pub fn below(random: &mut Stream, bound: u32) -> u32 {
    let rejected = bound.wrapping_neg() % bound;
    loop {
        let product = u64::from(random.next_u32()) * u64::from(bound);
        if product as u32 >= rejected {
            return (product >> 32) as u32;
        }
    }
}

/// Draws from `0..bound` with equal probability, like [`below`], for bounds above 32 bits.
///
/// Each draw takes 64 bits of the stream, so its numbers differ from those of [`below`].
pub fn below_u64(random: &mut Stream, bound: u64) -> u64 {
    let rejected = bound.wrapping_neg() % bound;
    loop {
        let product = u128::from(random.next_u64()) * u128::from(bound);
        if product as u64 >= rejected {
            return (product >> 64) as u64;
        }
    }
}

/// Returns `0..count` in a random order; all orders have the same probability (Fisher and Yates).
pub fn permutation(random: &mut Stream, count: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..count as u32).collect();
    for position in (1..count).rev() {
        order.swap(position, below(random, position as u32 + 1) as usize);
    }
    order
}

/// A small, fast generator for millions of draws (`SplitMix64`; Steele, Lea and Flood 2014).
#[derive(Debug, Clone)]
pub struct SplitMix64(u64);

impl SplitMix64 {
    /// Opens a stream that two numbers name.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut mixed = Self(stream);
        Self(seed ^ mixed.next_u64())
    }

    /// Returns the next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    /// Draws from `0..bound`; probabilities are equal to one part in 2^32.
    pub fn below(&mut self, bound: u32) -> u32 {
        (((self.next_u64() >> 32) * u64::from(bound)) >> 32) as u32
    }

    /// Draws from `0.0..1.0` with 53 random bits.
    pub fn unit_interval(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Shuffles values; all orders have the same probability (Fisher and Yates).
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for position in (1..values.len()).rev() {
            values.swap(position, self.below(position as u32 + 1) as usize);
        }
    }
}
