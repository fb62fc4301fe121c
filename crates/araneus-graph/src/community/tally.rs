//! Sums by group that are cleared without touching every group, and a pool of them for threads.

use std::sync::Mutex;

/// The weight to each group, and the list of groups with any weight.
pub(super) struct Tally {
    sums: Vec<f64>,
    /// The first `count` entries are the groups with a sum above 0, in the order of their first weight.
    touched: Vec<u32>,
    count: usize,
    /// The gain of each touched group, while the best is searched.
    gains: Vec<f64>,
    /// The groups at the other ends of the links of some nodes, row after row, and the ends of rows.
    pub(super) groups: Vec<u32>,
    pub(super) rows: Vec<usize>,
}

/// The group with the largest gain, the weight to it, and the second largest gain.
#[derive(Debug, Clone, Copy)]
pub(super) struct BestGroup {
    pub(super) group: u32,
    pub(super) weight: f64,
    pub(super) gain: f64,
    pub(super) second: f64,
}

impl Tally {
    pub(super) fn new(groups: usize) -> Self {
        // One position more than groups, because `add` writes before it knows whether the group is new.
        let (sums, touched, gains) = (vec![0.0; groups], vec![0; groups + 1], vec![0.0; groups]);
        Self { sums, touched, count: 0, gains, groups: Vec::new(), rows: Vec::new() }
    }

    /// Adds the weight of each link to the group of its end; links of weight 0 are passed over.
    ///
    /// `weights` is empty if each link weighs 1.
    #[inline]
    pub(super) fn add_row(&mut self, (ends, weights): (&[u32], &[f64]), group_of: &[u32]) {
        self.add(ends.iter().map(|end| group_of[*end as usize]), weights);
    }

    /// Does the same as [`Tally::add_row`], for groups instead of ends.
    #[inline]
    pub(super) fn add(&mut self, groups: impl Iterator<Item = u32>, weights: &[f64]) {
        // Local slices, so that the compiler need not read them again after each write to a sum.
        let (sums, touched) = (self.sums.as_mut_slice(), self.touched.as_mut_slice());
        let mut count = self.count;
        let mut add = |group: u32, weight: f64| {
            let sum = &mut sums[group as usize];
            // The write has no branch, which would be mispredicted often; the position is kept only if the
            // group is new.
            touched[count] = group;
            count += usize::from(*sum == 0.0 && weight > 0.0);
            *sum += weight;
        };
        if weights.is_empty() {
            groups.for_each(|group| add(group, 1.0));
        } else {
            groups.zip(weights).for_each(|(group, weight)| add(group, *weight));
        }
        self.count = count;
    }

    /// Returns the group with the largest gain, the first of equal ones, except one group; clears the tally.
    ///
    /// Without another group all gains are minus infinity.
    #[inline]
    pub(super) fn best(&mut self, besides: u32, gain: impl Fn(u32, f64) -> f64) -> BestGroup {
        let touched = &self.touched[..self.count];
        let (mut most, mut second) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        // The loop has no branch, because each would be mispredicted often.
        for (&group, gained) in touched.iter().zip(&mut self.gains) {
            let gain = gain(group, self.sums[group as usize]);
            let gain = if group == besides { f64::NEG_INFINITY } else { gain };
            let lesser = if gain < most { gain } else { most };
            second = if lesser > second { lesser } else { second };
            most = if gain > most { gain } else { most };
            *gained = gain;
        }
        let group = touched
            .iter()
            .zip(&self.gains)
            .find(|(_, gain)| **gain >= most)
            .map_or(besides, |sum_of| *sum_of.0);
        let weight = self.sums[group as usize];
        for &group in touched {
            self.sums[group as usize] = 0.0;
        }
        self.count = 0;
        BestGroup { group, weight, gain: most, second }
    }

    #[inline]
    pub(super) fn sum_of(&self, group: u32) -> f64 {
        self.sums[group as usize]
    }

    #[inline]
    pub(super) fn touched(&self) -> &[u32] {
        &self.touched[..self.count]
    }

    /// Passes each group and its sum on, in the order of their first weights, and clears the tally.
    #[inline]
    pub(super) fn drain(&mut self, mut take: impl FnMut(u32, f64)) {
        for &group in &self.touched[..self.count] {
            take(group, std::mem::take(&mut self.sums[group as usize]));
        }
        self.count = 0;
    }
}

/// Tallies to borrow, one for each thread at work.
pub(super) struct TallyPool {
    groups: usize,
    free: Mutex<Vec<Tally>>,
}

impl TallyPool {
    pub(super) fn new(groups: usize) -> Self {
        Self { groups, free: Mutex::new(Vec::new()) }
    }

    /// Lends an empty tally; the work leaves it empty.
    pub(super) fn lend<T>(&self, work: impl FnOnce(&mut Tally) -> T) -> T {
        let free = || self.free.lock().expect("no thread panics while it holds the pool");
        let tally = free().pop();
        let mut tally = tally.unwrap_or_else(|| Tally::new(self.groups));
        let done = work(&mut tally);
        free().push(tally);
        done
    }
}
