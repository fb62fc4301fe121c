//! Links as short keys, and sorting of keys within the processor's cache.
//!
//! Rows are divided into buckets of neighbouring rows. Within a bucket a link is a key: the low bits of its
//! row, then its end. In graphs of up to two million vertices a key fits in 32 bits, which halves the memory
//! to move.

/// The data of a link beside its ends: a weight, or nothing.
pub(super) trait Payload: Copy + Default + Send + Sync {
    /// Adds the payloads of parallel links, in an order that does not depend on theirs.
    fn sum(parallel: &mut [Self]) -> Self;
}

impl Payload for () {
    fn sum(_: &mut [Self]) -> Self {}
}

impl Payload for f64 {
    fn sum(parallel: &mut [Self]) -> Self {
        // Weights are not negative, so the order of their bits is their own order.
        parallel.sort_unstable_by_key(|weight| weight.to_bits());
        parallel.iter().sum()
    }
}

/// A link within a bucket of rows.
pub(super) trait SortKey: Copy + Default + Ord + Send + Sync {
    /// Packs the low bits of a row, and an end.
    fn new(row: u32, end: u32, layout: BucketLayout) -> Self;
    /// Returns the low bits of the row, and the end.
    fn split(self, layout: BucketLayout) -> (u32, u32);
    /// Returns `width` bits of the key from bit `shift` on.
    fn digit(self, shift: u32, width: u32) -> usize;
}

impl SortKey for u32 {
    fn new(row: u32, end: u32, layout: BucketLayout) -> Self {
        layout.low(row) << layout.end_bits | end
    }

    fn split(self, layout: BucketLayout) -> (u32, u32) {
        (self >> layout.end_bits, self & ((1 << layout.end_bits) - 1))
    }

    fn digit(self, shift: u32, width: u32) -> usize {
        (self >> shift) as usize & ((1 << width) - 1)
    }
}

impl SortKey for u64 {
    fn new(row: u32, end: u32, layout: BucketLayout) -> Self {
        u64::from(layout.low(row)) << layout.end_bits | u64::from(end)
    }

    fn split(self, layout: BucketLayout) -> (u32, u32) {
        ((self >> layout.end_bits) as u32, (self & ((1 << layout.end_bits) - 1)) as u32)
    }

    fn digit(self, shift: u32, width: u32) -> usize {
        (self >> shift) as usize & ((1 << width) - 1)
    }
}

/// A bucket has 2 to this power rows. It has fewer if keys then fit in 32 bits, and more if there would be
/// too many buckets for the caches.
const BUCKET_BITS: u32 = 12;
const BUCKETS_BITS_MAX: u32 = 11;

/// The division of rows into buckets.
#[derive(Debug, Clone, Copy)]
pub(super) struct BucketLayout {
    pub(super) vertices: u32,
    row_bits: u32,
    end_bits: u32,
}

impl BucketLayout {
    pub(super) fn of(vertices: u32) -> Self {
        let end_bits = u32::BITS - vertices.saturating_sub(1).leading_zeros();
        let fewest = end_bits.saturating_sub(BUCKETS_BITS_MAX);
        let narrow = BUCKET_BITS.min(u32::BITS - end_bits);
        let row_bits = if narrow >= fewest { narrow } else { fewest.max(BUCKET_BITS) };
        Self { vertices, row_bits, end_bits }
    }

    /// Returns whether keys fit in 32 bits.
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

/// Keys and the payloads of their links, by position.
#[derive(Default)]
pub(super) struct Keys<K, W> {
    pub(super) keys: Vec<K>,
    pub(super) payloads: Vec<W>,
}

/// Memory for sorting, reused from bucket to bucket.
#[derive(Default)]
pub(super) struct SortBuffer<K, W> {
    pub(super) current: Keys<K, W>,
    next: Keys<K, W>,
    counts: Vec<u32>,
}

/// The largest number of bits in a digit, whose counters fit in the nearest cache.
const DIGIT_BITS_MAX: u32 = 11;

impl<K: SortKey, W: Payload> SortBuffer<K, W> {
    /// Sorts the keys in the buffer, lowest digit first.
    pub(super) fn sort(&mut self, layout: BucketLayout) {
        let bits = layout.row_bits + layout.end_bits;
        let digits = bits.div_ceil(DIGIT_BITS_MAX);
        let width = bits.div_ceil(digits);
        let count = self.current.keys.len();
        self.next.keys.resize(count, K::default());
        self.next.payloads.resize(count, W::default());
        self.counts.clear();
        self.counts.resize((digits as usize) << width, 0);
        for key in &self.current.keys {
            for digit in 0..digits {
                self.counts[(digit as usize) << width | key.digit(digit * width, width)] += 1;
            }
        }
        for (digit, free) in (0..digits).zip(self.counts.chunks_mut(1 << width)) {
            let mut position = 0;
            for free in free.iter_mut() {
                position += std::mem::replace(free, position);
            }
            let (current, next) = (&self.current, &mut self.next);
            for (&key, &payload) in current.keys.iter().zip(&current.payloads) {
                let free = &mut free[key.digit(digit * width, width)];
                next.keys[*free as usize] = key;
                next.payloads[*free as usize] = payload;
                *free += 1;
            }
            std::mem::swap(&mut self.current, &mut self.next);
        }
    }

    /// Returns the sorted keys without repeats; the payloads of parallel links are added.
    pub(super) fn merged(&mut self) -> Keys<K, W> {
        let Keys { keys, payloads } = &mut self.current;
        let (mut kept, mut position) = (0, 0);
        while position < keys.len() {
            let (key, first) = (keys[position], position);
            position += 1;
            while position < keys.len() && keys[position] == key {
                position += 1;
            }
            keys[kept] = key;
            let parallel = &mut payloads[first..position];
            payloads[kept] = if parallel.len() == 1 { parallel[0] } else { W::sum(parallel) };
            kept += 1;
        }
        Keys { keys: keys[..kept].to_vec(), payloads: payloads[..kept].to_vec() }
    }
}
