//! Sums by group that are cleared without touching every group, and a pool of them for threads.

use std::sync::Mutex;

/// The weight towards each group, and which groups have any.
pub(super) struct Tally {
    sums: Vec<f64>,
    /// The first `count` are the groups with a sum above 0, in the order of their first weight.
    touched: Vec<u32>,
    count: usize,
}

impl Tally {
    pub(super) fn new(groups: usize) -> Self {
        // One place more than groups: `add` writes before it knows whether the group is new.
        Self { sums: vec![0.0; groups], touched: vec![0; groups + 1], count: 0 }
    }

    /// Adds the weight of each link to the group of its end; a weight of 0 ties nothing and is passed over.
    ///
    /// `weights` is empty where each link weighs 1.
    #[inline]
    pub(super) fn add_row(&mut self, (ends, weights): (&[u32], &[f64]), group_of: &[u32]) {
        // Locals, so that the compiler need not read them again after each write to a sum.
        let (sums, touched) = (self.sums.as_mut_slice(), self.touched.as_mut_slice());
        let mut count = self.count;
        let mut add = |end: u32, weight: f64| {
            let group = group_of[end as usize];
            let sum = &mut sums[group as usize];
            // Written always, kept if new: the branch would be a coin toss to the processor.
            touched[count] = group;
            count += usize::from(*sum == 0.0 && weight > 0.0);
            *sum += weight;
        };
        if weights.is_empty() {
            for &end in ends {
                add(end, 1.0);
            }
        } else {
            for (&end, &weight) in ends.iter().zip(weights) {
                add(end, weight);
            }
        }
        self.count = count;
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
