//! Durations and processor time of the steps of a command, and its peak memory.

use std::time::Instant;

use crate::progress::Progress;

/// Returns the peak memory of this process in bytes; `None` where the system does not report it.
pub(crate) fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Durations of one step.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) seconds: f64,
    /// Seconds of all processors together, of the program and of the system for it.
    pub(crate) cpu_seconds: f64,
}

/// A step that has begun.
struct Running {
    name: String,
    began: Instant,
    cpu_before: f64,
}

impl Running {
    fn so_far(&self) -> Step {
        Step {
            name: self.name.clone(),
            seconds: self.began.elapsed().as_secs_f64(),
            cpu_seconds: cpu_seconds() - self.cpu_before,
        }
    }
}

/// A clock that measures one step after the other.
pub(crate) struct Clock<'a> {
    progress: &'a Progress<'a>,
    ended: Vec<Step>,
    running: Option<Running>,
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
        self.running = Some(Running { name: name.to_owned(), began: now(), cpu_before: cpu_seconds() });
    }

    fn end(&mut self) {
        self.ended.extend(self.running.take().map(|running| running.so_far()));
    }

    /// Returns the durations of each step, with the running one.
    pub(crate) fn so_far(&self) -> Vec<Step> {
        self.ended.iter().cloned().chain(self.running.as_ref().map(Running::so_far)).collect()
    }

    /// Ends the last step and returns name and seconds of each step.
    pub(crate) fn finish(mut self) -> Vec<(String, f64)> {
        self.end();
        self.ended.into_iter().map(|step| (step.name, step.seconds)).collect()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "durations appear in run.json and timings.json only, which no other result depends on"
)]
fn now() -> Instant {
    Instant::now()
}

/// Returns the processor time of this process.
fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_has_its_processor_time() {
        let progress = Progress::silent();
        let mut clock = Clock::start(&progress);
        clock.step("work");
        let sum = (0..2_000_000_u64).fold(0_u64, |sum, number| sum.wrapping_mul(31).wrapping_add(number));
        clock.step("rest");
        let steps = clock.so_far();
        assert_ne!(sum, 0);
        assert_eq!(steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>(), ["work", "rest"]);
        assert!(steps[0].cpu_seconds > 0.0 && steps[1].cpu_seconds >= 0.0, "{steps:?}");
        assert_eq!(clock.finish().len(), 2);
    }
}
