//! Arguments of the program.

use std::{path::PathBuf, time::Duration};

use clap::{
    Args, ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};

use crate::{
    record::Reliability,
    run,
    tables::{TABLE_FILES, TableFile, files},
};

/// Flags of every command.
#[derive(Clone, Args)]
pub(super) struct Common {
    /// Run as if started in this folder, and look for the configuration from there upwards
    #[arg(short = 'C', global = true, value_name = "DIR")]
    pub(super) directory: Option<PathBuf>,
    /// Configuration [default: `ARANEUS_CONFIG`, else the nearest araneus.toml here or above]
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Folder of the archive [default: .araneus beside the configuration]
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) state: Option<PathBuf>,
    /// Folder for results [default: out beside the configuration; measure must be given one]
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// One audience only; a run then publishes the folder of that audience and of the data steward
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) audience: Option<String>,
    /// Threads to use [default: one for each core]
    #[arg(long, global = true, value_name = "N")]
    pub(super) threads: Option<usize>,
    /// Answer as JSON
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Print errors only
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Print more messages
    #[arg(long, short, global = true)]
    pub(super) verbose: bool,
    /// Format of messages
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub(super) log_format: LogFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    Text,
    Json,
}

/// Returns the parser of `--format`, which takes the names of all file formats of tables.
fn table_file() -> impl TypedValueParser<Value = &'static TableFile> {
    let value = |format: &TableFile| PossibleValue::new(format.name).help(format.about);
    let names = PossibleValuesParser::new(TABLE_FILES.iter().map(value));
    names.try_map(|name| files::named(&name).ok_or("no such format"))
}

/// Arguments of run, check and plan.
#[derive(Args)]
pub(super) struct RunInputs {
    /// Input to read: PATH or SOURCE=PATH
    #[arg(value_name = "INPUT")]
    pub(super) inputs: Vec<String>,
    /// The run's as-of time: RFC 3339 with an offset, or a date: the end of that day in UTC, or now if it is today [default: now]
    #[arg(long, value_name = "TIME")]
    pub(super) as_of: Option<String>,
    /// Allow an as-of time more than an hour ahead of the clock
    #[arg(long)]
    pub(super) future: bool,
    /// Read no input: publish the run of the as-of time again from the archive
    #[arg(long, conflicts_with = "inputs")]
    pub(super) replay: bool,
    /// Reliability of the sources that INPUT names, from A to F, for this run
    #[arg(long, value_name = "A..F", value_parser = reliability, requires = "inputs")]
    pub(super) reliability: Option<Reliability>,
    /// File format of the tables
    #[arg(long, value_name = "FORMAT", value_parser = table_file(), default_value = TABLE_FILES[0].name)]
    pub(super) format: &'static TableFile,
}

/// Arguments of run.
#[derive(Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) inputs: RunInputs,
    /// Record the input, without an analysis and without results: for a backlog from which `backtest` learns
    #[arg(long, conflicts_with_all = ["replay", "fail_on"])]
    pub(super) record_only: bool,
    /// Write metrics of the complete run to this file, in the text format of Prometheus
    #[arg(long, value_name = "FILE", conflicts_with = "record_only")]
    pub(super) metrics_file: Option<PathBuf>,
    /// Wait while another run holds the lock, at most this long: minutes, hours or days, such as 30m [default: 1d]
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true, default_missing_value = "1d", value_parser = wait)]
    pub(super) wait: Option<Duration>,
    /// End with 10 if the queue has flags; end with 3 also for rejects that an earlier run had
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    pub(super) fail_on: Vec<FailOn>,
}

/// Options of `araneus run`, for a program that starts runs with an engine of its own; see [`run_by`](super::run_by).
#[derive(Args)]
pub struct RunOptions {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

impl RunOptions {
    /// Returns whether only errors are printed.
    pub fn is_quiet(&self) -> bool {
        self.common.quiet
    }
}

/// Conditions for which a complete run may end with another code than 0.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    Flags,
    KnownRejects,
}

fn wait(text: &str) -> Result<Duration, String> {
    let micros = run::duration(text).and_then(|micros| u64::try_from(micros).ok());
    micros
        .map(Duration::from_micros)
        .ok_or_else(|| "a number of minutes, hours, days or weeks, such as 30m".to_owned())
}

fn reliability(letter: &str) -> Result<Reliability, String> {
    run::reliability(letter).ok_or_else(|| "a letter from A to F".to_owned())
}

/// Arguments of check.
#[derive(Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    pub(super) inputs: RunInputs,
    /// Read tables by this mapping, a file or the name of a shipped one, and show the first rows as records
    #[arg(long, value_name = "FILE", requires = "inputs")]
    pub(super) mapping: Option<String>,
}
