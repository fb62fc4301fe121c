//! The console: data on standard output; progress, messages and errors on standard error.

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

/// True after data could not be written to standard output.
static IS_LOST: AtomicBool = AtomicBool::new(false);

/// Writes a line of data. A closed pipe ends the output, but not the program. If data is lost for another
/// reason, such as a full disk, the program ends with an error.
pub(super) fn put(line: fmt::Arguments<'_>) {
    let line = harmless(&line.to_string()) + "\n";
    put_bytes(line.as_bytes());
}

/// Writes unchanged bytes to standard output; see [`put`].
pub(super) fn put_bytes(bytes: &[u8]) {
    note_loss(io::stdout().lock().write_all(bytes));
}

fn note_loss(written: io::Result<()>) {
    if written.is_err_and(|error| error.kind() != io::ErrorKind::BrokenPipe) {
        IS_LOST.store(true, Ordering::Relaxed);
    }
}

/// Prints help to standard output, or an error in the arguments to standard error. Returns the exit code.
pub(super) fn print_usage(error: &clap::Error) -> u8 {
    let printed = error.print();
    let code = u8::try_from(error.exit_code()).unwrap_or(2);
    if error.use_stderr() {
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

/// Escapes hidden, reordering and control characters, because names come from sources. The escapes are those of
/// JSON, so that JSON keeps its meaning.
pub(super) fn harmless(text: &str) -> String {
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

/// Returns a number of files in words.
pub(super) fn files(count: usize) -> String {
    counted(count as u64, "file", "files")
}

/// Returns a number with its noun.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Settings and state of the messages. A failure to write on standard error is ignored.
pub(super) struct Console {
    quiet: bool,
    verbose: bool,
    json: bool,
    state: Mutex<ConsoleState>,
}

#[derive(Default)]
struct ConsoleState {
    spinner: Option<ProgressBar>,
    /// The running step.
    step: Option<String>,
}

impl Console {
    pub(super) fn new(quiet: bool, verbose: bool, json: bool) -> Self {
        Self { quiet, verbose, json, state: Mutex::default() }
    }

    /// Prints a sentence.
    pub(super) fn say(&self, sentence: &str) {
        self.say_with(sentence, None, &json!({}));
    }

    /// Prints a sentence about a source, with its values as fields of a log line.
    pub(super) fn say_with(&self, sentence: &str, source: Option<&str>, fields: &Value) {
        if !self.quiet {
            self.write("info", sentence, source, fields);
        }
    }

    /// Prints a sentence with `--verbose` only.
    pub(super) fn detail(&self, sentence: &str) {
        if self.verbose {
            self.write("debug", sentence, None, &json!({}));
        }
    }

    /// Prints an error with its causes, joined by colons.
    pub(super) fn error(&self, error: &dyn Error) {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            cause = error.source();
        }
        let stop = if message.ends_with(['.', '?']) { "" } else { "." };
        if self.json {
            self.write("error", &message, None, &json!({}));
        } else {
            self.write("error", &format!("error: {message}{stop}"), None, &json!({}));
        }
    }

    fn write(&self, level: &str, sentence: &str, source: Option<&str>, fields: &Value) {
        let step = self.locked().step.clone();
        self.clear_spinner();
        let line = if self.json {
            let time = super::clock::now().to_string();
            json!({ "time": time, "level": level, "step": step, "source": source, "fields": fields, "message": sentence })
                .to_string()
        } else {
            harmless(sentence)
        };
        let _ = io::stderr().lock().write_all(format!("{line}\n").as_bytes());
    }

    /// Shows the running step: as a spinner on a terminal, else with `--verbose` only.
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

    /// Ends the running step.
    pub(super) fn end(&self) {
        self.locked().step = None;
        self.clear_spinner();
    }

    fn clear_spinner(&self) {
        if let Some(bar) = self.locked().spinner.take() {
            bar.finish_and_clear();
        }
    }

    fn locked(&self) -> MutexGuard<'_, ConsoleState> {
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
