//! Links as short keys, and how such keys are sorted in the cache.
//!
//! Rows are cut into buckets of neighbouring ones. Within a bucket a link is a key: the
//! low bits of its row, then its end. In graphs of up to two million vertices that fits
//! in 32 bits, and half the memory need be moved.

use super::sort::Payload;

/// A link within a bucket of rows.
pub(super) trait Key: Copy + Default + Ord + Send + Sync {
    /// Packs a row, of which only the low bits count, and an end.
    fn new(row: u32, end: u32, cut: Cut) -> Self;
    /// Returns the low bits of the row, and the end.
    fn split(self, cut: Cut) -> (u32, u32);
    /// Returns some bits of the key.
    fn digit(self, shift: u32, width: u32) -> usize;
}

impl Key for u32 {
    fn new(row: u32, end: u32, cut: Cut) -> Self {
        cut.low(row) << cut.end_bits | end
    }

    fn split(self, cut: Cut) -> (u32, u32) {
        (self >> cut.end_bits, self & ((1 << cut.end_bits) - 1))
    }

    fn digit(self, shift: u32, width: u32) -> usize {
        (self >> shift) as usize & ((1 << width) - 1)
    }
}

impl Key for u64 {
    fn new(row: u32, end: u32, cut: Cut) -> Self {
        u64::from(cut.low(row)) << cut.end_bits | u64::from(end)
    }

    fn split(self, cut: Cut) -> (u32, u32) {
        ((self >> cut.end_bits) as u32, (self & ((1 << cut.end_bits) - 1)) as u32)
    }

    fn digit(self, shift: u32, width: u32) -> usize {
        (self >> shift) as usize & ((1 << width) - 1)
    }
}

/// A bucket has 2 to this power rows, or fewer where keys then fit in 32 bits, or more where
/// that makes more buckets than caches can keep open.
const BUCKET_BITS: u32 = 12;
const BUCKETS_BITS_MAX: u32 = 11;

/// How rows are cut into buckets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    pub(super) vertices: u32,
    row_bits: u32,
    end_bits: u32,
}

impl Cut {
    pub(super) fn of(vertices: u32) -> Self {
        let end_bits = u32::BITS - vertices.saturating_sub(1).leading_zeros();
        let fewest = end_bits.saturating_sub(BUCKETS_BITS_MAX);
        let narrow = BUCKET_BITS.min(u32::BITS - end_bits);
        let row_bits = if narrow >= fewest { narrow } else { fewest.max(BUCKET_BITS) };
        Self { vertices, row_bits, end_bits }
    }

    /// Says whether keys fit in 32 bits.
    pub(super) fn is_narrow(self) -> bool {
        self.row_bits + self.end_bits <= u32::BITS
    }

    /// Returns the number of buckets.
    pub(super) fn buckets(self) -> usize {
        (self.vertices as usize).div_ceil(self.rows())
    }

    /// Returns the number of rows in a bucket.
    pub(super) fn rows(self) -> usize {
        1 << self.row_bits
    }

    pub(super) fn bucket(self, row: u32) -> usize {
        (row >> self.row_bits) as usize
    }

    pub(super) fn first_row(self, bucket: usize) -> u32 {
        (bucket as u32) << self.row_bits
    }

    fn low(self, row: u32) -> u32 {
        row & ((1 << self.row_bits) - 1)
    }
}

/// Keys and what their links carry, by place.
#[derive(Default)]
pub(super) struct Keys<K, W> {
    pub(super) keys: Vec<K>,
    pub(super) carried: Vec<W>,
}

/// Memory to sort in, used again from bucket to bucket.
#[derive(Default)]
pub(super) struct Desk<K, W> {
    pub(super) now: Keys<K, W>,
    next: Keys<K, W>,
    counts: Vec<u32>,
}

/// The most bits of a digit: its counters fit in the nearest cache.
const DIGIT_BITS_MAX: u32 = 11;

impl<K: Key, W: Payload> Desk<K, W> {
    /// Sorts the keys that lie on the desk, lowest digit first.
    pub(super) fn sort(&mut self, cut: Cut) {
        let bits = cut.row_bits + cut.end_bits;
        let digits = bits.div_ceil(DIGIT_BITS_MAX);
        let width = bits.div_ceil(digits);
        let count = self.now.keys.len();
        self.next.keys.resize(count, K::default());
        self.next.carried.resize(count, W::default());
        self.counts.clear();
        self.counts.resize((digits as usize) << width, 0);
        for key in &self.now.keys {
            for digit in 0..digits {
                self.counts[(digit as usize) << width | key.digit(digit * width, width)] += 1;
            }
        }
        for (digit, free) in (0..digits).zip(self.counts.chunks_mut(1 << width)) {
            let mut place = 0;
            for free in free.iter_mut() {
                place += std::mem::replace(free, place);
            }
            let (now, next) = (&self.now, &mut self.next);
            for (&key, &carries) in now.keys.iter().zip(&now.carried) {
                let free = &mut free[key.digit(digit * width, width)];
                next.keys[*free as usize] = key;
                next.carried[*free as usize] = carries;
                *free += 1;
            }
            std::mem::swap(&mut self.now, &mut self.next);
        }
    }

    /// Takes the sorted keys, each once; what parallel links carry is added up.
    pub(super) fn merged(&mut self) -> Keys<K, W> {
        let Keys { keys, carried } = &mut self.now;
        let (mut kept, mut place) = (0, 0);
        while place < keys.len() {
            let (key, first) = (keys[place], place);
            place += 1;
            while place < keys.len() && keys[place] == key {
                place += 1;
            }
            keys[kept] = key;
            let parallel = &mut carried[first..place];
            carried[kept] = if parallel.len() == 1 { parallel[0] } else { W::sum(parallel) };
            kept += 1;
        }
        Keys { keys: keys[..kept].to_vec(), carried: carried[..kept].to_vec() }
    }
}
