//! Durations of the steps of a command, and its peak memory.

use std::time::Instant;

use crate::progress::Progress;

/// Returns the peak memory of this process in bytes; `None` where the system does not report it.
pub(crate) fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// A clock that measures one step after the other.
pub(crate) struct Clock<'a> {
    progress: &'a Progress<'a>,
    ended: Vec<(String, f64)>,
    running: Option<(String, Instant)>,
}

impl<'a> Clock<'a> {
    /// Starts without a step; `progress` receives the name of each step at its beginning.
    pub(crate) fn start(progress: &'a Progress<'a>) -> Self {
        Self { progress, ended: Vec::new(), running: None }
    }

    /// Ends the running step and begins another.
    pub(crate) fn step(&mut self, name: &str) {
        self.end();
        self.progress.step(name);
        self.running = Some((name.to_owned(), now()));
    }

    fn end(&mut self) {
        if let Some((name, began)) = self.running.take() {
            self.ended.push((name, began.elapsed().as_secs_f64()));
        }
    }

    /// Returns name and seconds of each step, with the running one.
    pub(crate) fn so_far(&self) -> Vec<(String, f64)> {
        let running = self.running.iter().map(|(name, began)| (name.clone(), began.elapsed().as_secs_f64()));
        self.ended.iter().cloned().chain(running).collect()
    }

    /// Ends the last step and returns name and seconds of each step.
    pub(crate) fn finish(mut self) -> Vec<(String, f64)> {
        self.end();
        self.ended
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "durations appear in run.json and timings.json only, which no other result depends on"
)]
fn now() -> Instant {
    Instant::now()
}
