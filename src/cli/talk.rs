//! Words on standard error: progress on a terminal, errors with their causes, JSON if asked for.

use std::{
    error::Error,
    fmt::{self, Write as _},
    io::{self, IsTerminal, Write as _},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::report::is_hidden;

/// Whether data could not be written to standard output.
static IS_LOST: AtomicBool = AtomicBool::new(false);

/// Writes a line of data. A closed pipe ends the output, not the program; where data is lost otherwise,
/// as on a full disk, the program ends with an error.
pub(super) fn put(line: fmt::Arguments<'_>) {
    let line = harmless(&line.to_string()) + "\n";
    put_bytes(line.as_bytes());
}

/// Writes bytes as they are to standard output, under the same terms.
pub(super) fn put_bytes(bytes: &[u8]) {
    note_loss(io::stdout().lock().write_all(bytes));
}

fn note_loss(written: io::Result<()>) {
    if written.is_err_and(|error| error.kind() != io::ErrorKind::BrokenPipe) {
        IS_LOST.store(true, Ordering::Relaxed);
    }
}

/// Prints help to standard output, or a mistake in the arguments to standard error; returns the exit code.
pub(super) fn print_usage(said: &clap::Error) -> u8 {
    let printed = said.print();
    let code = u8::try_from(said.exit_code()).unwrap_or(2);
    if said.use_stderr() {
        return code;
    }
    note_loss(printed);
    if is_lost() { 6 } else { code }
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

/// How this process talks. What cannot be written on standard error is lost, and changes nothing.
pub(super) struct Talk {
    quiet: bool,
    verbose: bool,
    json: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    spinner: Option<ProgressBar>,
    /// The step that runs.
    step: Option<String>,
}

impl Talk {
    pub(super) fn new(quiet: bool, verbose: bool, json: bool) -> Self {
        Self { quiet, verbose, json, state: Mutex::default() }
    }

    /// Says a sentence.
    pub(super) fn say(&self, sentence: &str) {
        self.say_with(sentence, None, &json!({}));
    }

    /// Says a sentence about a source, with the values in it as fields of a log.
    pub(super) fn say_with(&self, sentence: &str, source: Option<&str>, fields: &Value) {
        if !self.quiet {
            self.write("info", sentence, source, fields);
        }
    }

    /// Says a sentence to those who asked for more.
    pub(super) fn detail(&self, sentence: &str) {
        if self.verbose {
            self.write("debug", sentence, None, &json!({}));
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
            self.write("error", &said, None, &json!({}));
        } else {
            self.write("error", &format!("error: {said}{stop}"), None, &json!({}));
        }
    }

    fn write(&self, level: &str, sentence: &str, source: Option<&str>, fields: &Value) {
        let step = self.locked().step.clone();
        self.clear_spinner();
        let line = if self.json {
            let time = super::night::now().to_string();
            json!({ "time": time, "level": level, "step": step, "source": source, "fields": fields, "message": sentence })
                .to_string()
        } else {
            harmless(sentence)
        };
        let _ = io::stderr().lock().write_all(format!("{line}\n").as_bytes());
    }

    /// Shows which step runs: as a spinner on a terminal, else only to those who asked for more.
    pub(super) fn step(&self, name: &str) {
        self.locked().step = Some(name.to_owned());
        if self.quiet || self.json || !std::io::stderr().is_terminal() {
            self.detail(&format!("{name} …"));
            return;
        }
        let mut state = self.locked();
        let bar = state.spinner.get_or_insert_with(|| {
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

    /// Ends the step that runs.
    pub(super) fn end(&self) {
        self.locked().step = None;
        self.clear_spinner();
    }

    fn clear_spinner(&self) {
        if let Some(bar) = self.locked().spinner.take() {
            bar.finish_and_clear();
        }
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
