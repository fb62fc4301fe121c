//! The room that talks to a person: words in, words and exit codes out.

#![expect(clippy::print_stderr, reason = "cli is the room that talks")]
#![expect(
    clippy::disallowed_methods,
    reason = "cli is the room that reads the clock, the environment and standard input"
)]

/// Writes one line of data to standard output; a reader that has gone is no mistake of ours.
macro_rules! out {
    ($($part:tt)*) => {
        $crate::cli::talk::put(format_args!($($part)*))
    };
}

mod answer;
mod demo;
mod inspect;
mod judgements;
mod learning;
mod lists;
mod mapped;
mod measure;
mod night;
mod talk;

use std::{panic, path::PathBuf, process::ExitCode};

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::{
    archive::ArchiveError,
    output::{Format, OutputError},
    run::{Config, ConfigError, RunError, measure::MeasureError, questions::QuestionError, read_config},
};

/// Threat-indicator pattern analytics: partners' records in, an entity-link graph, and
/// what changed in it and why, out. It decides nothing: a person does.
#[derive(Parser)]
#[command(name = "araneus", version, max_term_width = 100, after_help = AFTER_HELP)]
struct Araneus {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

const AFTER_HELP: &str = "Exit codes: 0 complete; 1 a bug; 2 usage or configuration; 3 complete, but an object or file was rejected; \
4 complete, but a source was missing, failed or incomplete; 5 refused by policy; 6 resources or an unwritable place; \
7 own state damaged or of a newer version; 8 another run holds the lock. Only 0, 3 and 4 publish.\n\n\
Begin with `araneus demo`.";

/// Flags of every command.
#[derive(Args)]
struct Common {
    /// Configuration [default: araneus.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the archive [default: .araneus]
    #[arg(long, global = true, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Folder for results [default: out; measure must be given one]
    #[arg(long, global = true, value_name = "DIR")]
    out: Option<PathBuf>,
    /// For one audience alone; a run then publishes only that one's folder, beside the steward's
    #[arg(long, global = true, value_name = "NAME")]
    audience: Option<String>,
    /// Threads to use [default: one for each core]
    #[arg(long, global = true, value_name = "N")]
    threads: Option<usize>,
    /// Answer as JSON
    #[arg(long, global = true)]
    json: bool,
    /// Say nothing but errors
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more
    #[arg(long, short, global = true)]
    verbose: bool,
    /// How messages are written
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TableFormat {
    Arrow,
    Parquet,
}

impl From<TableFormat> for Format {
    fn from(format: TableFormat) -> Self {
        match format {
            TableFormat::Arrow => Self::Arrow,
            TableFormat::Parquet => Self::Parquet,
        }
    }
}

#[derive(Subcommand)]
enum Command {
    /// Run a night: read deliveries, keep them, survey, compare with the night before, publish
    #[command(
        after_help = "INPUT is PATH or SOURCE=PATH: a file, a folder, a glob, or - for standard input (then NAME=-). Without a \
name the folder names the source. Without INPUT the configured paths are read; if there are none, the night is surveyed again.\n\n\
Example: araneus run attack=feeds/attack.json.zst --as-of 2026-11-21"
    )]
    Run(NightArgs),
    /// The review queue of a run in order, what waits, and the nearest misses
    Queue(answer::QueueArgs),
    /// Lead an entity, link, community, candidate or flag back to its records; two entities: why one, or why not
    #[command(
        after_help = "A word may be a lasting id, a STIX id, an observable, a catalogue number, a name or an alias, also with its kind \
before it. A name that several entities have is answered with their list and exit code 2.\n\n\
Example: araneus explain malware:Sednit"
    )]
    Explain {
        /// What to explain
        id: String,
        /// A second entity: are the two one, and why?
        other: Option<String>,
        /// As known in this run: a date, or the beginning of its folder's name [default: latest]
        #[arg(long, value_name = "RUN")]
        run: Option<String>,
    },
    /// What changed between two nights, by cause
    Diff {
        /// Earlier run: a date, or the beginning of its folder's name [default: the one before the latest]
        from: Option<String>,
        /// Later run [default: latest]
        to: Option<String>,
    },
    /// A synthetic world told night by night, ending with a morning's queue, a report and tables to open
    #[command(
        after_help = "Thirty nights of invented agencies: the first twenty-four one by one, the last six together, as after a \
long weekend. The deliveries are written below the folder, with the truth behind them in truth/."
    )]
    Demo(demo::DemoArgs),
    /// A synthetic world as deliveries by night, with its truth, written below --out
    Scenario(learning::ScenarioArgs),
    /// What people decided about flags: into the archive and out
    #[command(subcommand)]
    Judgements(judgements::Judgements),
    /// Earlier nights as they were known then: candidates, features, and labels from what came later
    Backtest {
        /// Days within which another independent source must confirm growth
        #[arg(long, default_value_t = 30)]
        horizon_days: u32,
    },
    /// Train a model on synthetic worlds
    #[command(after_help = "Example: araneus train --seeds 101..140 --judged-on 1..20 --folder models/mine")]
    Train(learning::TrainArgs),
    /// Judge the configured model on worlds that it never saw
    Evaluate(learning::WorldsArgs),
    /// The models there are
    #[command(subcommand)]
    Models(learning::Models),
    /// Read configuration and inputs, and say what would be rejected; changes nothing
    Check(CheckArgs),
    /// Say what a run would do; reads no input and changes nothing
    Plan(NightArgs),
    /// Measure any graph: metrics, communities, quality, timings
    #[command(
        after_help = "LINKS has columns source,target (or from,to) by header, else the first two; comma, tab or blanks; lines \
that begin with # or % are skipped; .gz and .zst are read.\n\nExample: araneus measure links.csv --communities leiden --out measured"
    )]
    Measure(measure::MeasureArgs),
    /// Name every metric, method, format, rule, pattern, feature, table or configuration key
    List {
        /// Which table [default: all]
        #[arg(value_enum)]
        which: Option<lists::Which>,
    },
    /// Check the archive, and published nights against their manifests
    Verify,
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// Arguments of run, check and plan.
#[derive(Args)]
struct NightArgs {
    /// What to read: PATH or SOURCE=PATH
    #[arg(value_name = "INPUT")]
    inputs: Vec<String>,
    /// The night's moment: RFC 3339 with an offset, or a date [default: now]
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    /// How tables are written
    #[arg(long, value_enum, default_value_t = TableFormat::Arrow)]
    format: TableFormat,
}

/// Arguments of check.
#[derive(Args)]
struct CheckArgs {
    #[command(flatten)]
    night: NightArgs,
    /// Read tables by this mapping, a file or the name of one that comes with the program, and show the first rows as records
    #[arg(long, value_name = "FILE", requires = "inputs")]
    mapping: Option<String>,
}

/// Why a command ended early, and with which exit code.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Question(#[from] QuestionError),
    #[error(transparent)]
    Measure(#[from] MeasureError),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error("cannot write `{path}`")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("standard output could not be written whole: is the disk full?")]
    Lost,
    #[error("{0}")]
    Damaged(String),
}

impl CommandError {
    /// The one place where errors become exit codes: CONTRACTS, section 1.
    fn exit_code(&self) -> u8 {
        match self {
            Self::Run(error) | Self::Question(QuestionError::Run(error)) => run_exit_code(error),
            Self::Measure(MeasureError::Output(_) | MeasureError::Stopped)
            | Self::Output(_)
            | Self::Write { .. }
            | Self::Lost => 6,
            Self::Usage(_) | Self::Config(_) | Self::Question(_) | Self::Measure(_) => 2,
            Self::Damaged(_) => 7,
        }
    }
}

fn run_exit_code(error: &RunError) -> u8 {
    match error {
        RunError::Archive(ArchiveError::Locked(_)) => 8,
        RunError::Archive(ArchiveError::Damaged { .. } | ArchiveError::Newer { .. }) => 7,
        RunError::Archive(ArchiveError::Disk { .. }) | RunError::Output(_) | RunError::Stopped => 6,
        RunError::Input(_)
        | RunError::Config(_)
        | RunError::TooLate { .. }
        | RunError::NoAudience(_)
        | RunError::Model(_) => 2,
    }
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    let args = match Araneus::try_parse() {
        Ok(args) => args,
        Err(said) => {
            let code = u8::try_from(said.exit_code()).unwrap_or(2);
            // Help goes to standard output and mistakes to standard error; a closed pipe is no mistake.
            let _ = said.print();
            return ExitCode::from(code);
        }
    };
    let talk =
        talk::Talk::new(args.common.quiet, args.common.verbose, args.common.log_format == LogFormat::Json);
    // Whatever panics is a bug of ours, and has an exit code of its own.
    match panic::catch_unwind(panic::AssertUnwindSafe(|| dispatch(&args, &talk))) {
        Ok(Ok(_)) if talk::is_lost() => {
            talk.error(&CommandError::Lost);
            ExitCode::from(CommandError::Lost.exit_code())
        }
        Ok(Ok(code)) => ExitCode::from(code),
        Ok(Err(error)) => {
            talk.error(&error);
            ExitCode::from(error.exit_code())
        }
        Err(_) => ExitCode::from(1),
    }
}

fn dispatch(args: &Araneus, talk: &talk::Talk) -> Result<u8, CommandError> {
    if let Some(threads) = args.common.threads {
        if threads > THREADS_MAX {
            return Err(CommandError::Usage(format!("--threads is at most {THREADS_MAX}")));
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.max(1));
        pool.build_global().map_err(|error| CommandError::Usage(error.to_string()))?;
    }
    match &args.command {
        Command::Run(night) => night::run(&args.common, night, talk),
        Command::Check(night) => night::check(&args.common, night, talk),
        Command::Plan(night) => night::plan(&args.common, night),
        Command::Queue(queue) => answer::queue(&args.common, queue, talk),
        Command::Explain { id, other, run } => {
            answer::explain(&args.common, id, other.as_deref(), run.as_deref())
        }
        Command::Diff { from, to } => {
            answer::diff(&args.common, &from.iter().chain(to).cloned().collect::<Vec<_>>())
        }
        Command::Demo(args) => demo::demo(args, talk),
        Command::Scenario(scenario) => learning::scenario(&args.common, scenario, talk),
        Command::Judgements(command) => judgements::judgements(&args.common, command, talk),
        Command::Backtest { horizon_days } => learning::backtest(&args.common, *horizon_days, talk),
        Command::Train(train) => learning::train(&args.common, train, talk),
        Command::Evaluate(worlds) => learning::evaluate(&args.common, worlds, talk),
        Command::Models(command) => learning::models(&args.common, command),
        Command::Measure(measure) => measure::measure(measure, &args.common, talk),
        Command::List { which } => {
            lists::list(*which, args.common.json);
            Ok(0)
        }
        Command::Verify => inspect::verify(&args.common, talk),
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut Araneus::command(), "araneus", &mut std::io::stdout());
            Ok(0)
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Araneus::command()).render(&mut page).expect("writing to memory");
            out!("{}", String::from_utf8_lossy(&page).trim_end());
            Ok(0)
        }
    }
}

/// Most threads that can be asked for: each has a stack of its own.
const THREADS_MAX: usize = 1_024;

/// Returns a number of files in words.
fn files(count: usize) -> String {
    counted(count as u64, "file", "files")
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Returns the configuration with flags applied: a flag wins over a key.
fn config(common: &Common) -> Result<Config, CommandError> {
    let standing = PathBuf::from("araneus.toml");
    let mut config = match &common.config {
        Some(path) => read_config(path)?,
        None if standing.exists() => read_config(&standing)?,
        None => Config::new(std::path::Path::new("")),
    };
    if let Some(state) = &common.state {
        config.state.clone_from(state);
    }
    if let Some(out) = &common.out {
        config.out.clone_from(out);
    }
    Ok(config)
}
