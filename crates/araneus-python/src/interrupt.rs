//! Long computations without the GIL, which a signal stops.

use std::{
    panic,
    sync::{Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use araneus::progress::Progress;
use pyo3::{exceptions::PyRuntimeError, prelude::*};

/// Time between two looks at signals.
const LOOK: Duration = Duration::from_millis(50);
/// Stack of the thread of a computation, which is that of the main thread of most systems.
const STACK_BYTES: usize = 8 << 20;

/// Runs a computation on a thread of its own. Other threads of Python run meanwhile. A signal whose handler raises an
/// exception, such as Ctrl-C, cancels the computation.
pub(crate) fn run<T: Send>(py: Python<'_>, work: impl FnOnce(&Progress) -> Option<T> + Send) -> PyResult<T> {
    let progress = Progress::silent();
    let (done, ends) = mpsc::channel::<()>();
    // Only the thread of Python reads the receiver, but it must be shareable to be read without the GIL.
    let ends = Mutex::new(ends);
    let wait = || ends.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(LOOK);
    thread::scope(|scope| {
        let computation = || {
            // The end of the thread drops the sender, after a panic, too.
            let _done = done;
            work(&progress)
        };
        let worker = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, computation)?;
        let mut interrupted = None;
        while let Err(mpsc::RecvTimeoutError::Timeout) = py.detach(wait) {
            if let Err(error) = py.check_signals() {
                progress.cancel();
                interrupted = Some(error);
                break;
            }
        }
        let ended = py.detach(|| worker.join());
        match (interrupted, ended) {
            (Some(error), _) => Err(error),
            (None, Ok(result)) => {
                result.ok_or_else(|| PyRuntimeError::new_err("the computation was cancelled"))
            }
            (None, Err(payload)) => panic::resume_unwind(payload),
        }
    })
}
