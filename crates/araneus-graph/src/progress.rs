//! Progress of long computations: a work counter, cancellation, and messages about steps.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Work counter, cancellation flag and receiver of step messages, shared between a computation and its caller.
///
/// A computation calls [`Progress::advance`] now and then and returns `None` once the answer is `false`.
/// It never reads a clock and never prints: the receiver of messages decides what a person sees.
///
/// ```
/// use araneus_graph::progress::Progress;
///
/// let progress = Progress::new(|message| println!("{message}"));
/// progress.step("build the graph");
/// assert!(progress.advance(10));
/// progress.cancel();
/// assert!(!progress.advance(5));
/// assert_eq!(progress.work_done(), 15);
/// ```
#[derive(Default)]
pub struct Progress<'a> {
    state: Arc<ProgressState>,
    on_step: Option<Receiver<'a>>,
}

/// A function that receives the message of each step.
type Receiver<'a> = Box<dyn Fn(&str) + Send + Sync + 'a>;

#[derive(Debug, Default)]
struct ProgressState {
    work_done: AtomicU64,
    is_cancelled: AtomicBool,
}

impl Progress<'_> {
    /// Returns a progress without a receiver of messages.
    pub fn silent() -> Progress<'static> {
        Progress::default()
    }

    /// Announces the next step of a computation, in one line.
    pub fn step(&self, message: &str) {
        if let Some(on_step) = &self.on_step {
            on_step(message);
        }
    }

    /// Adds units of work; returns whether the computation should go on.
    #[must_use]
    pub fn advance(&self, units: u64) -> bool {
        self.state.work_done.fetch_add(units, Ordering::Relaxed);
        !self.is_cancelled()
    }

    /// Returns the units of work done so far.
    pub fn work_done(&self) -> u64 {
        self.state.work_done.load(Ordering::Relaxed)
    }

    /// Asks the computation to stop as soon as possible.
    pub fn cancel(&self) {
        self.state.is_cancelled.store(true, Ordering::Relaxed);
    }

    /// Returns whether the computation was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.state.is_cancelled.load(Ordering::Relaxed)
    }

    /// Returns a progress with the same counter and cancellation whose messages go to another receiver.
    pub fn with_messages<'b>(&self, on_step: impl Fn(&str) + Send + Sync + 'b) -> Progress<'b> {
        Progress { state: Arc::clone(&self.state), on_step: Some(Box::new(on_step)) }
    }
}

impl<'a> Progress<'a> {
    /// Returns a progress at zero that passes each step's message to `on_step`.
    pub fn new(on_step: impl Fn(&str) + Send + Sync + 'a) -> Self {
        Self { state: Arc::default(), on_step: Some(Box::new(on_step)) }
    }
}

impl fmt::Debug for Progress<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Progress").field("state", &self.state).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn steps_reach_the_receiver_and_cancellation_is_shared() {
        let messages = Mutex::new(Vec::new());
        let note = |message: &str| messages.lock().expect("no panic").push(message.to_owned());
        let outer = Progress::new(note);
        outer.step("first");
        let inner = outer.with_messages(|message| note(&format!("inner {message}")));
        inner.step("second");
        assert!(inner.advance(3));
        outer.cancel();
        assert!(!inner.advance(1));
        assert_eq!(outer.work_done(), 4);
        assert_eq!(*messages.lock().expect("no panic"), ["first", "inner second"]);
    }

    #[test]
    fn a_silent_progress_takes_messages() {
        Progress::silent().step("unheard");
        assert!(!Progress::silent().is_cancelled());
    }
}
