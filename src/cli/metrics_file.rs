//! Metrics of a complete run, in the text format of Prometheus.

use std::{
    collections::BTreeSet,
    fmt::{Display, Write as _},
    fs, io,
    path::{Path, PathBuf},
};

use super::{clock::now, error::CommandError};
use crate::{run::Outcome, time::Moment};

/// Microseconds in a second.
const SECOND: f64 = 1e6;

/// Checks before a run that the file can be written, because a complete run cannot be taken back.
pub(super) fn check(path: &Path) -> Result<(), CommandError> {
    let other = beside(path)?;
    let written = fs::write(&other, "").and_then(|()| fs::remove_file(&other));
    written.map_err(|source| CommandError::Write { path: path.to_owned(), source })
}

/// Writes the metrics to a file beside the path, and renames it, so that a collector never reads half of it.
pub(super) fn write(path: &Path, outcome: &Outcome, as_of: Moment, code: u8) -> Result<(), CommandError> {
    let other = beside(path)?;
    let written = fs::write(&other, text(outcome, as_of, code, now()));
    written.and_then(|()| fs::rename(&other, path)).map_err(|source| {
        let _ = fs::remove_file(&other);
        CommandError::Write { path: path.to_owned(), source }
    })
}

/// Returns the path of a hidden file beside a file.
fn beside(path: &Path) -> Result<PathBuf, CommandError> {
    let Some(name) = path.file_name().filter(|_| !path.is_dir()) else {
        let source = io::Error::new(io::ErrorKind::InvalidInput, "the path is a folder or has no file name");
        return Err(CommandError::Write { path: path.to_owned(), source });
    };
    Ok(path.with_file_name(format!(".{}.{}", name.to_string_lossy(), std::process::id())))
}

/// Metrics of one name, each with its labels.
struct Family {
    text: String,
    name: &'static str,
}

impl Family {
    fn new(name: &'static str, help: &str) -> Self {
        Self { text: format!("# HELP {name} {help}\n# TYPE {name} gauge\n"), name }
    }

    fn row(mut self, labels: &[(&str, &str)], value: impl Display) -> Self {
        let labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.text, "{}{labels} {value}", self.name);
        self
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn seconds(moment: Moment) -> f64 {
    moment.micros() as f64 / SECOND
}

fn text(outcome: &Outcome, as_of: Moment, code: u8, now: Moment) -> String {
    let mut steps = Family::new("araneus_step_seconds", "Seconds of each step of the last complete run.");
    for (step, seconds) in &outcome.steps {
        steps = steps.row(&[("step", step)], seconds);
    }
    let mut objects =
        Family::new("araneus_objects", "Objects of the last complete run by source and outcome.");
    for (source, counts) in &outcome.by_source {
        let outcomes = [
            ("accepted", counts.taken),
            ("duplicate", counts.duplicate),
            ("rejected", counts.rejected),
            ("held", counts.held),
            ("new", counts.new),
            ("changed", counts.changed),
            ("withdrawn", counts.withdrawn),
        ];
        for (outcome, count) in outcomes {
            objects = objects.row(&[("source", source), ("outcome", outcome)], count);
        }
    }
    let mut lacking =
        Family::new("araneus_source_lacking", "1 for a source that is overdue, failed, held or incomplete.");
    for source in
        outcome.by_source.keys().chain(&outcome.overdue).chain(&outcome.incomplete).collect::<BTreeSet<_>>()
    {
        let is_held = outcome.held.iter().any(|held| held.source == *source);
        let lacks = is_held || outcome.overdue.contains(source) || outcome.incomplete.contains(source);
        lacking = lacking.row(&[("source", source)], u8::from(lacks));
    }
    let mut flags = Family::new("araneus_flags", "Flags of each audience by state.");
    let mut queued = Family::new("araneus_queue_flags", "Flags in the queue of each audience.");
    let mut waiting =
        Family::new("araneus_waiting_flags", "Open flags outside the queue that have no verdict.");
    let mut age = Family::new(
        "araneus_queue_age_seconds",
        "Age of the oldest open flag without a verdict; 0 without one.",
    );
    for (audience, counts) in outcome.audiences.iter().zip(&outcome.flags) {
        for (state, count) in &counts.by_state {
            flags = flags.row(&[("audience", audience), ("state", state)], count);
        }
        queued = queued.row(&[("audience", audience)], counts.queued);
        waiting = waiting.row(&[("audience", audience)], counts.waiting);
        let oldest = counts.oldest_open.map_or(0.0, |oldest| (seconds(now) - seconds(oldest)).max(0.0));
        age = age.row(&[("audience", audience)], oldest);
    }
    let families = [
        Family::new("araneus_last_success_timestamp_seconds", "End of the last complete run.")
            .row(&[], seconds(now)),
        Family::new("araneus_last_as_of_timestamp_seconds", "As-of time of the last complete run.")
            .row(&[], seconds(as_of)),
        Family::new("araneus_last_exit_code", "Exit code of the last complete run: 0, 3, 4 or 10.")
            .row(&[], code),
        Family::new("araneus_entities", "Entities of the last complete run.")
            .row(&[], outcome.network.entities),
        Family::new("araneus_links", "Links of the last complete run.").row(&[], outcome.network.links),
        steps,
        objects,
        lacking,
        flags,
        queued,
        waiting,
        age,
    ];
    families.into_iter().map(|family| family.text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        let family = Family::new("araneus_objects", "Objects.").row(&[("source", "a\"b\\c\nd")], 3);
        assert_eq!(
            family.text,
            "# HELP araneus_objects Objects.\n# TYPE araneus_objects gauge\naraneus_objects{source=\"a\\\"b\\\\c\\nd\"} 3\n"
        );
    }
}
