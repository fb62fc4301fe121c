//! A word in the ear of a long kernel: how far it has come, and whether to stop.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Steps done and a wish to stop, shared between a kernel and whoever waits for it.
///
/// A kernel calls [`Watch::step`] now and then and returns `None` once it
/// answers `false`; it never reads a clock and never prints.
#[derive(Debug, Default)]
pub struct Watch {
    steps: AtomicU64,
    stop: AtomicBool,
}

impl Watch {
    /// Returns a watch at zero that nobody has asked to stop.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts `steps` more steps; `false` means: stop as soon as you can.
    #[must_use]
    pub fn step(&self, steps: u64) -> bool {
        self.steps.fetch_add(steps, Ordering::Relaxed);
        !self.stop.load(Ordering::Relaxed)
    }

    /// Returns the number of steps done so far.
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// Asks the kernel to stop.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
