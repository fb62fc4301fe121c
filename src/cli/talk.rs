//! Words on standard error: progress on a terminal, errors with their causes, JSON if asked for.

use std::{
    error::Error,
    fmt,
    io::{self, IsTerminal, Write},
    sync::Mutex,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

/// Writes a line of data. A closed pipe ends the output, not the program.
pub(super) fn put(line: fmt::Arguments<'_>) {
    let mut out = io::stdout().lock();
    let _ = out.write_fmt(line).and_then(|()| out.write_all(b"\n"));
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
            eprintln!("{sentence}");
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
        bar.set_message(name.to_owned());
    }

    /// Takes the spinner away.
    pub(super) fn end(&self) {
        if let Some(bar) = self.spinner.lock().expect("nobody panics with the spinner in hand").take() {
            bar.finish_and_clear();
        }
    }
}
