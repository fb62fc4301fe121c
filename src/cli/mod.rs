//! The room that talks to a person: words in, words and exit codes out.

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
mod made;
mod mapped;
mod measure;
mod night;
mod talk;
mod undo;

use std::{
    env, fs,
    io::ErrorKind,
    panic,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::{
    archive::{Archive, ArchiveError},
    explain::questions::QuestionError,
    measure::MeasureError,
    record::Reliability,
    run::{self, Config, ConfigError, RunError, read_config},
    tables::{Format, OutputError},
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

const AFTER_HELP: &str = "Exit codes: 0 complete; 1 a bug; 2 usage or configuration: an INPUT that does not exist, no configuration found, \
inputs that the as-of time leaves unread; 3 complete, and an object or a file was rejected that no earlier run of its source rejected; \
4 complete, and a configured source is overdue or failed, or its snapshot is incomplete; 5 reserved (refused by policy); \
6 resources or an unwritable place; 7 own state damaged or of a newer version; 8 another run holds the lock; \
10 complete, and --fail-on applies. 4 outranks 10, and 10 outranks 3. Only 0, 3, 4 and 10 publish.\n\n\
The configuration is the file of --config, else the araneus.toml found from -C DIR upwards, else the file named by the environment \
variable ARANEUS_CONFIG, else the araneus.toml found from the current folder upwards. Paths in it are relative to its folder.\n\n\
Begin with `araneus demo`.";

/// Flags of every command.
#[derive(Clone, Args)]
struct Common {
    /// Run as if started in this folder, and look for the configuration from there upwards
    #[arg(short = 'C', global = true, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Configuration [default: `ARANEUS_CONFIG`, else the nearest araneus.toml here or above]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the archive [default: .araneus beside the configuration]
    #[arg(long, global = true, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Folder for results [default: out beside the configuration; measure must be given one]
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
    /// Run a night: read deliveries, keep them, analysis, compare with the night before, publish
    #[command(
        after_help = "INPUT is PATH or SOURCE=PATH: a file, a folder, a glob, or - for standard input (then NAME=-). Without a \
name the folder names the source. Without INPUT the configured paths are read; if there are none, the run is made from the archive. \
With INPUT, configured sources that it does not name are neither read nor overdue.\n\n\
The as-of time is the recorded time of what is read, the time up to which records are seen, and the name of the run's folder. \
A date means the end of that day in UTC; today's date means now. A time more than an hour ahead of the clock needs --future. \
Before the newest recorded time of the archive nothing can be recorded any more, except by increments whose objects have times of \
their own (recorded_at = \"object\"): such a run ends with 2 and says how many files it would have left unread. --replay publishes \
an earlier run again from the archive and reads nothing. `araneus undo` takes back the newest run.\n\n\
Exit codes: 0 complete; 2 nothing was run; 3 a reject that no earlier run of its source had; 4 a configured source is overdue, or \
failed, or its snapshot is incomplete; 10 --fail-on flags, and the queue has flags. 4 outranks 10, and 10 outranks 3.\n\n\
Example: araneus run attack=feeds/attack.json.zst --reliability B --as-of 2026-11-21"
    )]
    Run(RunArgs),
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
    /// Take back the newest run: its records, its run state, its folder, and `latest`
    #[command(
        after_help = "The archive, and every later run, are then as if the run had never been. Judgements stay, and those about flags of that \
run are named. Without a terminal --yes is required."
    )]
    Undo {
        /// Take it back without asking
        #[arg(long)]
        yes: bool,
    },
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
    /// The run's as-of time: RFC 3339 with an offset, or a date: the end of that day in UTC, or now if it is today [default: now]
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    /// Allow an as-of time more than an hour ahead of the clock
    #[arg(long)]
    future: bool,
    /// Read nothing: publish the run of the as-of time again from the archive
    #[arg(long, conflicts_with = "inputs")]
    replay: bool,
    /// Reliability of the sources that INPUT names, from A to F, for this run
    #[arg(long, value_name = "A..F", value_parser = reliability, requires = "inputs")]
    reliability: Option<Reliability>,
    /// How tables are written
    #[arg(long, value_enum, default_value_t = TableFormat::Arrow)]
    format: TableFormat,
}

/// Arguments of run.
#[derive(Args)]
struct RunArgs {
    #[command(flatten)]
    night: NightArgs,
    /// End otherwise than with 0: with 10 if the queue has flags; with 3 also for rejects that an earlier run had
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    fail_on: Vec<FailOn>,
}

/// What else a complete run may end with another code for.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Flags,
    KnownRejects,
}

fn reliability(letter: &str) -> Result<Reliability, String> {
    run::reliability(letter).ok_or_else(|| "a letter from A to F".to_owned())
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
            Self::Output(OutputError::OtherState { .. }) => 2,
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
        RunError::Archive(
            ArchiveError::Damaged { .. } | ArchiveError::Newer { .. } | ArchiveError::Older { .. },
        ) => 7,
        RunError::Output(OutputError::OtherState { .. })
        | RunError::Input(_)
        | RunError::Config(_)
        | RunError::TooLate { .. }
        | RunError::NothingToUndo { .. }
        | RunError::NotNewest
        | RunError::NoAudience(_)
        | RunError::Model(_) => 2,
        RunError::Archive(ArchiveError::Disk { .. }) | RunError::Output(_) | RunError::Stopped => 6,
    }
}

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    let args = match Araneus::try_parse() {
        Ok(args) => args,
        Err(said) => return ExitCode::from(talk::print_usage(&said)),
    };
    let talk =
        talk::Talk::new(args.common.quiet, args.common.verbose, args.common.log_format == LogFormat::Json);
    // Whatever panics is a bug of ours, and has an exit code of its own.
    let ended = panic::catch_unwind(panic::AssertUnwindSafe(|| match dispatch(&args, &talk) {
        Ok(_) if talk::is_lost() => Err(CommandError::Lost),
        ended => ended,
    }));
    match ended {
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
    let common = &located(&args.common)?;
    match &args.command {
        Command::Run(run) => night::run(common, run, talk),
        Command::Check(night) => night::check(common, night, talk),
        Command::Plan(night) => night::plan(common, night, talk),
        Command::Queue(queue) => answer::queue(common, queue, talk),
        Command::Explain { id, other, run } => answer::explain(common, id, other.as_deref(), run.as_deref()),
        Command::Diff { from, to } => {
            answer::diff(common, &from.iter().chain(to).cloned().collect::<Vec<_>>())
        }
        Command::Demo(demo) => demo::demo(common, demo, talk),
        Command::Scenario(scenario) => learning::scenario(common, scenario, talk),
        Command::Judgements(command) => judgements::judgements(common, command, talk),
        Command::Backtest { horizon_days } => learning::backtest(common, *horizon_days, talk),
        Command::Train(train) => learning::train(common, train, talk),
        Command::Evaluate(worlds) => learning::evaluate(common, worlds, talk),
        Command::Models(command) => learning::models(common, command),
        Command::Measure(measure) => measure::measure(measure, common, talk),
        Command::List { which } => {
            lists::list(*which, common.json);
            Ok(0)
        }
        Command::Verify => inspect::verify(common, talk),
        Command::Undo { yes } => undo::undo(common, *yes, talk),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Araneus::command(), "araneus", &mut script);
            talk::put_bytes(&script);
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

/// Name of the file that is looked for.
const CONFIG_NAME: &str = "araneus.toml";

/// Goes to the folder of `-C`, and finds the configuration.
fn located(common: &Common) -> Result<Common, CommandError> {
    let named = env::var_os("ARANEUS_CONFIG").filter(|name| !name.is_empty()).map(PathBuf::from);
    // What the environment names is relative to where the program was started.
    let named = named.map(|path| std::path::absolute(&path).unwrap_or(path));
    if let Some(folder) = &common.directory {
        env::set_current_dir(folder).map_err(|error| {
            CommandError::Usage(format!("cannot go to the folder `{}`: {error}", folder.display()))
        })?;
    }
    let own = |path: PathBuf| if path.is_dir() { path.join(CONFIG_NAME) } else { path };
    let config = match &common.config {
        Some(path) => Some(path.clone()),
        None if common.directory.is_some() => found_upwards().or(named.map(own)),
        None => named.map(own).or_else(found_upwards),
    };
    Ok(Common { config, ..common.clone() })
}

/// Returns the nearest configuration, here or in a folder above.
fn found_upwards() -> Option<PathBuf> {
    // One that is there and cannot be looked at is found: reading it then says why it cannot be read.
    let is_there = |path: &PathBuf| match fs::metadata(path) {
        Ok(metadata) => metadata.is_file(),
        Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    };
    let here = PathBuf::from(CONFIG_NAME);
    if is_there(&here) {
        return Some(here);
    }
    let current = env::current_dir().ok()?;
    current.ancestors().skip(1).map(|folder| folder.join(CONFIG_NAME)).find(is_there)
}

/// Says where a configuration was looked for, and not found.
fn looked_in() -> String {
    let current = env::current_dir().map_or_else(|_| ".".to_owned(), |folder| folder.display().to_string());
    format!("no {CONFIG_NAME} in `{current}` or a folder above it, none named by --config or ARANEUS_CONFIG")
}

/// Returns the configuration with flags applied: a flag wins over a key.
fn config(common: &Common) -> Result<Config, CommandError> {
    let mut config = match &common.config {
        Some(path) => read_config(path)?,
        None => Config::new(Path::new("")),
    };
    if let Some(state) = &common.state {
        config.state.clone_from(state);
    }
    if let Some(out) = &common.out {
        config.out.clone_from(out);
    }
    Ok(config)
}

/// Fails where there is no archive: a command that asks of one, or adds to one, never makes it.
fn require_archive(common: &Common, config: &Config) -> Result<(), CommandError> {
    if Archive::exists(&config.state) {
        return Ok(());
    }
    let looked = if common.config.is_none() { format!("; there is {}", looked_in()) } else { String::new() };
    Err(CommandError::Usage(format!("there is no archive at `{}`{looked}", config.state.display())))
}
