//! The command line: arguments, messages and exit codes.

#![expect(
    clippy::disallowed_methods,
    reason = "cli is the room that reads the clock, the environment and standard input"
)]

/// Writes one line of data to standard output. A closed pipe is not an error.
macro_rules! out {
    ($($part:tt)*) => {
        $crate::cli::console::put(format_args!($($part)*))
    };
}

mod answer;
mod args;
mod audit;
mod backtest;
mod check;
mod clock;
mod command;
mod compare;
mod compare_records;
mod comparison_files;
mod console;
mod demo;
mod erase;
mod error;
mod evaluation;
mod explanation;
mod export;
mod fetch;
mod gc;
mod held;
mod identity_judgements;
mod inspect;
mod judgement_file;
mod judgements;
mod known_flags;
mod learning;
mod lists;
mod locate;
mod lock_wait;
mod made;
mod man;
mod mapped;
mod measure;
mod metrics_file;
mod models;
mod queue;
mod queue_table;
mod rank;
mod request;
mod resolve;
mod resolver_file;
mod review;
mod rows;
mod run;
mod sheet;
mod undo;
mod user;
mod worker;
mod world_runs;

use std::{ffi::OsString, io::Write as _, panic, process::ExitCode, sync::Arc};

use clap::{CommandFactory, Parser};

pub use args::RunOptions;

use args::{Common, LogFormat};
use command::{Araneus, Command};
use console::{Console, counted, files};
use error::CommandError;
use locate::{config, located, require_archive};

use crate::join_steps::{JoinSteps, ThisMachine};

/// Most threads that may be asked for, because each has a stack of its own.
const THREADS_MAX: usize = 1_024;

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    if worker::is_asked() {
        return ExitCode::from(worker::serve());
    }
    worker::allow();
    ExitCode::from(run_with(std::env::args_os()))
}

/// Runs the program with arguments, of which the first is the name of the program, and returns the exit code.
pub fn run_with(args: impl IntoIterator<Item = OsString>) -> u8 {
    let code = ended(args);
    // A program in another language, which calls this, does not flush the output of this library at its end.
    let _ = std::io::stdout().flush();
    code
}

fn ended(args: impl IntoIterator<Item = OsString>) -> u8 {
    let args = match Araneus::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => return console::print_usage(&error),
    };
    with_console(&args.common, |console| dispatch(&args, console))
}

/// Runs `araneus run` with the steps of a join form on an engine, and returns the exit code.
///
/// ```
/// use std::sync::Arc;
///
/// use araneus::{cli::{RunOptions, run_by}, join_steps::ThisMachine};
/// use clap::Parser;
///
/// #[derive(Parser)]
/// struct Program {
///     #[command(flatten)]
///     run: RunOptions,
/// }
///
/// let folder = tempfile::tempdir()?;
/// let folder = folder.path().display().to_string();
/// let program = Program::parse_from(["program", "--quiet", "-C", &folder, "absent.json"]);
/// assert_eq!(run_by(Arc::new(ThisMachine), &program.run), 2);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn run_by(steps: Arc<dyn JoinSteps>, options: &RunOptions) -> u8 {
    let code = with_console(&options.common, |console| {
        use_threads(options.common.threads)?;
        run::run(&located(&options.common)?, &options.run, steps, console)
    });
    let _ = std::io::stdout().flush();
    code
}

/// Does the work of a command, prints its error, and returns the exit code.
fn with_console(common: &Common, work: impl FnOnce(&Console) -> Result<u8, CommandError>) -> u8 {
    let console = Console::new(common.quiet, common.verbose, common.log_format == LogFormat::Json);
    // A panic is a bug of the program and has an exit code of its own.
    let ended = panic::catch_unwind(panic::AssertUnwindSafe(|| match work(&console) {
        Ok(_) if console::is_lost() => Err(CommandError::Lost),
        ended => ended,
    }));
    match ended {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            console.error(&error);
            error.exit_code()
        }
        Err(_) => 1,
    }
}

fn dispatch(args: &Araneus, console: &Console) -> Result<u8, CommandError> {
    use_threads(args.common.threads)?;
    let common = &located(&args.common)?;
    match &args.command {
        Command::Run(args) => run::run(common, args, Arc::new(ThisMachine), console),
        Command::Check(args) => check::check(common, args, console),
        Command::Plan(inputs) => check::plan(common, inputs, console),
        Command::Queue(queue) => queue::queue(common, queue, console),
        Command::Explain { id, other, run, seconds } => {
            answer::explain(common, id, other.as_deref(), (run.as_deref(), *seconds), console)
        }
        Command::Review(args) => review::review(common, args, console),
        Command::Diff { from, to } => {
            answer::diff(common, &from.iter().chain(to).cloned().collect::<Vec<_>>())
        }
        Command::Fetch(args) => fetch::fetch(common, args, console),
        Command::Export(args) => export::export(common, args, console),
        Command::Demo(demo) => demo::demo(common, demo, console),
        Command::Scenario(scenario) => learning::scenario(common, scenario, console),
        Command::Judgements(command) => judgements::judgements(common, command, console),
        Command::Backtest(args) => backtest::backtest(common, args, console),
        Command::Train(train) => learning::train(common, train, console),
        Command::Evaluate(worlds) => learning::evaluate(common, worlds, console),
        Command::Models(command) => models::models(common, command, console),
        Command::Resolve(args) => resolve::resolve(common, args, console),
        Command::Compare(args) => compare::compare(args, common, console),
        Command::Measure(measure) => measure::measure(measure, common, console),
        Command::List { which } => {
            lists::list(*which, common.json);
            Ok(0)
        }
        Command::Audit(args) => audit::audit(common, args, console),
        Command::Verify => inspect::verify(common, console),
        Command::Gc { dry_run } => gc::gc(common, *dry_run, console),
        Command::Held(command) => held::held(common, command, console),
        Command::Erase(args) => erase::erase(common, args, console),
        Command::Undo { yes } => undo::undo(common, *yes, console),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Araneus::command(), "araneus", &mut script);
            console::put_bytes(&script);
            Ok(0)
        }
        Command::Man { command } => {
            out!("{}", man::page(command)?);
            Ok(0)
        }
    }
}

fn use_threads(threads: Option<usize>) -> Result<(), CommandError> {
    let Some(threads) = threads else { return Ok(()) };
    if threads > THREADS_MAX {
        return Err(CommandError::Usage(format!("--threads is at most {THREADS_MAX}")));
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.max(1));
    pool.build_global().map_err(|error| CommandError::Usage(error.to_string()))
}
