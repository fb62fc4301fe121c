//! Sums by group that are cleared without touching every group, and a pool of them for threads.

use std::sync::Mutex;

/// The weight towards each group, and which groups have any.
pub(super) struct Tally {
    sums: Vec<f64>,
    /// The first `count` are the groups with a sum above 0, in the order of their first weight.
    touched: Vec<u32>,
    count: usize,
    /// What each touched group gains, while the best is sought.
    gains: Vec<f64>,
    /// The groups at the other ends of some nodes' links, row after row, and where rows end.
    pub(super) groups: Vec<u32>,
    pub(super) rows: Vec<usize>,
}

/// Which group gains most, the weight towards it, and what the next best gains.
#[derive(Debug, Clone, Copy)]
pub(super) struct Best {
    pub(super) group: u32,
    pub(super) weight: f64,
    pub(super) gain: f64,
    pub(super) second: f64,
}

impl Tally {
    pub(super) fn new(groups: usize) -> Self {
        // One place more than groups: `add` writes before it knows whether the group is new.
        let (sums, touched, gains) = (vec![0.0; groups], vec![0; groups + 1], vec![0.0; groups]);
        Self { sums, touched, count: 0, gains, groups: Vec::new(), rows: Vec::new() }
    }

    /// Adds the weight of each link to the group of its end; a weight of 0 ties nothing and is passed over.
    ///
    /// `weights` is empty where each link weighs 1.
    #[inline]
    pub(super) fn add_row(&mut self, (ends, weights): (&[u32], &[f64]), group_of: &[u32]) {
        self.add(ends.iter().map(|end| group_of[*end as usize]), weights);
    }

    /// As [`Tally::add_row`], by the groups themselves.
    #[inline]
    pub(super) fn add(&mut self, groups: impl Iterator<Item = u32>, weights: &[f64]) {
        // Locals, so that the compiler need not read them again after each write to a sum.
        let (sums, touched) = (self.sums.as_mut_slice(), self.touched.as_mut_slice());
        let mut count = self.count;
        let mut add = |group: u32, weight: f64| {
            let sum = &mut sums[group as usize];
            // Written always, kept if new: the branch would be a coin toss to the processor.
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

    /// Finds the group that gains most, the first of equals, but for one group; and is empty again.
    ///
    /// Without another group all gains are minus infinity.
    #[inline]
    pub(super) fn best(&mut self, besides: u32, gain: impl Fn(u32, f64) -> f64) -> Best {
        let touched = &self.touched[..self.count];
        let (mut most, mut second) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        // No branch in here: each would be a coin toss.
        for (&group, gained) in touched.iter().zip(&mut self.gains) {
            let gain = gain(group, self.sums[group as usize]);
            let gain = if group == besides { f64::NEG_INFINITY } else { gain };
            let lesser = if gain < most { gain } else { most };
            second = if lesser > second { lesser } else { second };
            most = if gain > most { gain } else { most };
            *gained = gain;
        }
        let group =
            touched.iter().zip(&self.gains).find(|(_, gain)| **gain >= most).map_or(besides, |of| *of.0);
        let weight = self.sums[group as usize];
        for &group in touched {
            self.sums[group as usize] = 0.0;
        }
        self.count = 0;
        Best { group, weight, gain: most, second }
    }

    #[inline]
    pub(super) fn of(&self, group: u32) -> f64 {
        self.sums[group as usize]
    }

    #[inline]
    pub(super) fn touched(&self) -> &[u32] {
        &self.touched[..self.count]
    }

    /// Gives each group and its sum, in the order of their first weights, and is empty again.
    #[inline]
    pub(super) fn drain(&mut self, mut take: impl FnMut(u32, f64)) {
        for &group in &self.touched[..self.count] {
            take(group, std::mem::take(&mut self.sums[group as usize]));
        }
        self.count = 0;
    }
}

/// Tallies to borrow, one for each thread at work at once.
pub(super) struct Pool {
    groups: usize,
    free: Mutex<Vec<Tally>>,
}

impl Pool {
    pub(super) fn new(groups: usize) -> Self {
        Self { groups, free: Mutex::new(Vec::new()) }
    }

    /// Lends an empty tally, which the work leaves empty.
    pub(super) fn lend<T>(&self, work: impl FnOnce(&mut Tally) -> T) -> T {
        let free = || self.free.lock().expect("no thread panics while it holds the pool");
        let tally = free().pop();
        let mut tally = tally.unwrap_or_else(|| Tally::new(self.groups));
        let done = work(&mut tally);
        free().push(tally);
        done
    }
}
