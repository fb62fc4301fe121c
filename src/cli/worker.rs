//! Workers: this program, started again to read one file.

use std::{
    env,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use crate::ingest::{self, WORKER_ARGUMENT};

/// Is true in the program itself. A program in another language that calls this library cannot be started as a worker.
static IS_PROGRAM: AtomicBool = AtomicBool::new(false);

/// The program of this process, also after an upgrade has replaced its file.
const OWN_PROGRAM: &str = "/proc/self/exe";

/// Returns whether this process was started as a worker.
pub(super) fn is_asked() -> bool {
    env::args_os().nth(1).is_some_and(|argument| argument == WORKER_ARGUMENT)
}

/// Does the work of a worker, and returns the exit code.
pub(super) fn serve() -> u8 {
    ingest::serve()
}

/// Records that this process is the program.
pub(super) fn allow() {
    IS_PROGRAM.store(true, Ordering::Relaxed);
}

/// Returns the program to start as a worker; `None` if this process is another program.
pub(super) fn program() -> Option<PathBuf> {
    if !IS_PROGRAM.load(Ordering::Relaxed) {
        return None;
    }
    let own = Path::new(OWN_PROGRAM);
    if own.exists() { Some(own.to_owned()) } else { env::current_exe().ok() }
}
