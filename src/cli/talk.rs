//! Words on standard error: progress on a terminal, errors with their causes, JSON if asked for.

use std::{
    error::Error,
    fmt::{self, Write as _},
    io::{self, IsTerminal, Write as _},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::output::is_hidden;

/// Whether data could not be written to standard output.
static IS_LOST: AtomicBool = AtomicBool::new(false);

/// Writes a line of data. A closed pipe ends the output, not the program; where data is lost otherwise,
/// as on a full disk, the program ends with an error.
pub(super) fn put(line: fmt::Arguments<'_>) {
    let line = harmless(&line.to_string()) + "\n";
    if let Err(error) = io::stdout().lock().write_all(line.as_bytes())
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        IS_LOST.store(true, Ordering::Relaxed);
    }
}

/// Returns whether data was lost on its way to standard output.
pub(super) fn is_lost() -> bool {
    let flushed = io::stdout().lock().flush();
    let is_lost = flushed.is_err_and(|error| error.kind() != io::ErrorKind::BrokenPipe);
    is_lost || IS_LOST.load(Ordering::Relaxed)
}

/// Spells out what hides, reorders or controls: names come from outside. The spelling is that of JSON, so
/// that data stays what it is.
fn harmless(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hidden(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(plain, "\\u{unit:04x}");
            }
        } else {
            plain.push(character);
        }
    }
    plain
}

/// How this process talks.
pub(super) struct Talk {
    quiet: bool,
    verbose: bool,
    json: bool,
    spinner: Mutex<Option<ProgressBar>>,
}

impl Talk {
    pub(super) fn new(quiet: bool, verbose: bool, json: bool) -> Self {
        Self { quiet, verbose, json, spinner: Mutex::new(None) }
    }

    /// Says a sentence.
    pub(super) fn say(&self, sentence: &str) {
        if !self.quiet {
            self.write("info", sentence);
        }
    }

    /// Says a sentence to those who asked for more.
    pub(super) fn detail(&self, sentence: &str) {
        if self.verbose {
            self.write("debug", sentence);
        }
    }

    /// Says an error with what caused it, joined by colons.
    pub(super) fn error(&self, error: &dyn Error) {
        let mut said = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if !said.contains(&text) {
                said = format!("{said}: {text}");
            }
            cause = error.source();
        }
        let stop = if said.ends_with(['.', '?']) { "" } else { "." };
        if self.json {
            self.write("error", &said);
        } else {
            self.write("error", &format!("error: {said}{stop}"));
        }
    }

    fn write(&self, level: &str, sentence: &str) {
        self.end();
        if self.json {
            eprintln!("{}", json!({ "level": level, "message": sentence }));
        } else {
            eprintln!("{}", harmless(sentence));
        }
    }

    /// Shows which step runs: as a spinner on a terminal, else only to those who asked for more.
    pub(super) fn step(&self, name: &str) {
        if self.quiet || self.json || !std::io::stderr().is_terminal() {
            self.detail(&format!("{name} …"));
            return;
        }
        let mut spinner = self.spinner.lock().expect("nobody panics with the spinner in hand");
        let bar = spinner.get_or_insert_with(|| {
            let bar = ProgressBar::new_spinner();
            bar.set_style(
                ProgressStyle::with_template("{spinner} {msg} ({elapsed})")
                    .expect("a template that is fixed"),
            );
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        bar.set_message(harmless(name));
    }

    /// Takes the spinner away.
    pub(super) fn end(&self) {
        if let Some(bar) = self.spinner.lock().expect("nobody panics with the spinner in hand").take() {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn what_steers_a_terminal_is_spelled_out() {
        assert_eq!(harmless("a\u{1b}[31mb\u{202e}c\r\tñ\n"), "a\\u001b[31mb\\u202ec\\u000d\tñ\n");
    }
}
