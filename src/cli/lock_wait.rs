//! Waiting for the lock of the archive, which another run holds.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::console::Console;
use crate::{archive::ArchiveError, run::RunError};

/// Pause between two attempts.
const PAUSE: Duration = Duration::from_millis(500);

/// Does the work of a command that writes. While another run holds the lock, it tries again, at most for `wait`; `None`
/// tries once. The lock is taken before anything is read, so that an attempt without it changes nothing.
pub(super) fn until_free<T>(
    wait: Option<Duration>,
    console: &Console,
    mut work: impl FnMut() -> Result<T, RunError>,
) -> Result<T, RunError> {
    let start = Instant::now();
    let mut is_said = false;
    loop {
        let done = work();
        let is_locked = matches!(done, Err(RunError::Archive(ArchiveError::Locked(_))));
        if !is_locked || wait.is_none_or(|wait| start.elapsed() >= wait) {
            return done;
        }
        if !is_said {
            console.say("Another run holds the lock; this one waits.");
            is_said = true;
        }
        thread::sleep(PAUSE);
    }
}
