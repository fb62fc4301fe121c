//! A set of unordered pairs of vertices, for swapping millions of links.
//!
//! Open addressing with linear probing, at most half full; removal closes the gap (Knuth 1998, section 6.4,
//! algorithm R). Nothing iterates over the set, so its order is never visible.

const EMPTY: u64 = u64::MAX;

pub(super) struct LinkSet {
    slots: Vec<u64>,
    shift: u32,
}

impl LinkSet {
    /// Makes an empty set for up to `most` pairs.
    pub(super) fn new(most: usize) -> Self {
        let slots = (2 * most + 2).next_power_of_two();
        Self { slots: vec![EMPTY; slots], shift: 64 - slots.trailing_zeros() }
    }

    pub(super) fn contains(&self, a: u32, b: u32) -> bool {
        self.slots[self.find(key(a, b))] != EMPTY
    }

    pub(super) fn insert(&mut self, a: u32, b: u32) {
        let slot = self.find(key(a, b));
        self.slots[slot] = key(a, b);
    }

    pub(super) fn remove(&mut self, a: u32, b: u32) {
        let last = self.slots.len() - 1;
        let mut gap = self.find(key(a, b));
        let mut slot = gap;
        self.slots[gap] = EMPTY;
        loop {
            slot = (slot + 1) & last;
            if self.slots[slot] == EMPTY {
                return;
            }
            // A key whose home is at the gap or before it moves into the gap.
            let home = self.home(self.slots[slot]);
            if (slot.wrapping_sub(home) & last) >= (slot.wrapping_sub(gap) & last) {
                self.slots.swap(gap, slot);
                gap = slot;
            }
        }
    }

    fn home(&self, key: u64) -> usize {
        (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }

    /// Returns the slot of a key, or the empty slot where it belongs.
    fn find(&self, key: u64) -> usize {
        let mut slot = self.home(key);
        while self.slots[slot] != key && self.slots[slot] != EMPTY {
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        slot
    }
}

/// Packs a pair; no link joins a vertex to itself, so no key is [`EMPTY`].
fn key(a: u32, b: u32) -> u64 {
    u64::from(a.min(b)) << 32 | u64::from(a.max(b))
}
