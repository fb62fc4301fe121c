//! `araneus demo`: runs a synthetic world day by day, and prints the paths of what to open.

use std::{
    io,
    path::{Path, PathBuf},
};

use araneus_synth::{Day, Level, example_days, generate, write_example};
use clap::Args;

use super::{CommandError, Common, console::Console, made, queue, run as run_command};
use crate::{
    progress::Progress,
    run::{self, Config, Outcome, Request, RunError, read_config},
    time::Moment,
};

/// Seed of a world whose last review queue is short and has several patterns.
const SEED: u64 = 6;
/// Number of last days that run together, as after a long weekend.
const WEEKEND: usize = 6;

/// World to run.
#[derive(Args)]
pub(super) struct DemoArgs {
    /// Seed of the world; each seed gives a different world
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// Run the small fixed example of five days instead
    #[arg(long, conflicts_with = "seed")]
    example: bool,
}

/// Runs a world in the folder of `--out`, and prints the paths of what to open.
pub(super) fn demo(common: &Common, args: &DemoArgs, talk: &Console) -> Result<u8, CommandError> {
    let folder = common.out.clone().unwrap_or_else(|| PathBuf::from("araneus-demo"));
    let made = made::begin(&folder, "demo", &["deliveries", "state", "out"])?;
    made.clear()?;
    if args.example {
        run_example(&folder, talk)?;
    } else {
        run_world(&folder, args.seed, talk)?;
    }
    made.finish()?;
    Ok(0)
}

fn cannot_write(folder: &Path, source: io::Error) -> CommandError {
    CommandError::Write { path: folder.to_owned(), source }
}

/// Runs a synthetic world: most days one by one, then the days of a long weekend together.
fn run_world(folder: &Path, seed: u64, talk: &Console) -> Result<(), CommandError> {
    let write = |source| cannot_write(folder, source);
    let deliveries = folder.join("deliveries");
    let world = generate(seed, Level::D2);
    world.write_to(&deliveries).map_err(write)?;
    let config = config(folder)?;
    let days = &world.days;
    let (single_days, weekend) = days.split_at(days.len() - WEEKEND);
    talk.say(&format!(
        "The synthetic world of seed {seed} has {} days. Its deliveries, and the truth in truth/, are in {}.",
        days.len(),
        deliveries.display()
    ));
    let request = |days: &[Day]| -> Result<Request, CommandError> {
        let last = days.last().ok_or(CommandError::Run(RunError::Stopped))?;
        Ok(Request::new(config.clone(), as_of(last), inputs(&deliveries, days, &config).map_err(write)?))
    };
    // All but the last of these days are archived only. The next run replays them from the archive.
    let (last, earlier) = single_days.split_last().ok_or(CommandError::Run(RunError::Stopped))?;
    let mut delivered = 0;
    for (number, day) in (1..).zip(earlier) {
        talk.step(&format!("day {number} of {}", days.len()));
        delivered += run::keep(&request(std::slice::from_ref(day))?)?.delivered;
    }
    talk.say(&format!("Days 1 to {}: {delivered} objects were archived, day by day.", earlier.len()));
    run_days(&request(std::slice::from_ref(last))?, talk)?;
    talk.say(&format!(
        "Then follows a long weekend: the next run reads the deliveries of the last {WEEKEND} days."
    ));
    let outcome = run_days(&request(weekend)?, talk)?;
    talk.say("\nReview queue, in order: rank, score, title, and the flag's id.\n");
    queue::print_queue(&config, Some(&config.out), &outcome.folder, &outcome.audiences, talk)?;
    say_how_to_open(talk);
    print_paths(&outcome, &["flags", "candidates", "features"]);
    say_next_commands(
        &["queue --state {state} --out {out}", "diff --state {state}"],
        "notebooks/review-queue.ipynb",
        &config,
        talk,
    );
    Ok(())
}

/// Runs the example of five days, each day on its own.
fn run_example(folder: &Path, talk: &Console) -> Result<(), CommandError> {
    let write = |source| cannot_write(folder, source);
    let deliveries = folder.join("deliveries");
    write_example(&deliveries).map_err(write)?;
    let config = config(folder)?;
    talk.say(&format!("The example has five days. Its deliveries are in {}.", deliveries.display()));
    let mut last = None;
    for day in example_days() {
        let sources = sources(&deliveries.join(&day.folder)).map_err(write)?;
        let inputs = sources.into_iter().map(|(_, input)| input).collect();
        last = Some(run_days(&Request::new(config.clone(), as_of(&day), inputs), talk)?);
    }
    let Some(last) = last else { return Err(CommandError::Run(RunError::Stopped)) };
    say_how_to_open(talk);
    print_paths(&last, &[]);
    let questions = ["explain \"Salt Heron\" \"Grey Ledger\" --state {state}", "diff --state {state}"];
    say_next_commands(&questions, "notebooks/first-look.ipynb", &config, talk);
    Ok(())
}

/// Returns the as-of time of a day.
fn as_of(day: &Day) -> Moment {
    Moment::parse(&day.as_of).expect("the days of a world have RFC 3339 times")
}

/// Returns the configuration of the deliveries, with state and results in the demo's folder.
fn config(folder: &Path) -> Result<Config, CommandError> {
    let mut config = read_config(&folder.join("deliveries").join("araneus.toml"))?;
    config.state = folder.join("state");
    config.out = folder.join("out");
    Ok(config)
}

/// Returns the inputs of one run over some days: the last snapshot of snapshot sources, and all increments.
fn inputs(deliveries: &Path, days: &[Day], config: &Config) -> io::Result<Vec<String>> {
    let mut inputs = Vec::new();
    for (position, day) in days.iter().enumerate() {
        let is_last = position + 1 == days.len();
        for (source, input) in sources(&deliveries.join(&day.folder))? {
            if is_last || config.source(&source).mode == crate::record::Mode::Increment {
                inputs.push(input);
            }
        }
    }
    Ok(inputs)
}

/// Returns the sources in a day's folder by name, each with its input `SOURCE=FOLDER`.
fn sources(day: &Path) -> io::Result<Vec<(String, String)>> {
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(day)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let input = format!("{name}={}", entry.path().display());
            sources.push((name, input));
        }
    }
    sources.sort();
    Ok(sources)
}

/// Runs one or more days, and prints the result.
fn run_days(request: &Request, talk: &Console) -> Result<Outcome, CommandError> {
    let outcome = run::run(request, &mut || Ok(Vec::new()), &Progress::new(|step| talk.step(step)))?;
    talk.end();
    talk.say(&format!("\nRun as of {}:", request.as_of.display_utc()));
    run_command::print_outcome(&outcome, talk);
    Ok(outcome)
}

fn say_how_to_open(talk: &Console) {
    talk.say("\nOpen the report in a browser, and the tables with pyarrow, Polars, DuckDB or pandas:");
}

/// Prints the paths of the report and of some tables, for each audience.
fn print_paths(outcome: &Outcome, first_tables: &[&str]) {
    let tables = ["entities", "links", "metrics", "communities", "members", "changes"];
    for audience in &outcome.audiences {
        let folder = outcome.folder.join(audience);
        out!("{}", folder.join("report.html").display());
        for table in first_tables.iter().chain(&tables) {
            out!("{}", folder.join(format!("{table}.arrow")).display());
        }
    }
}

/// Prints commands and a notebook to continue with.
fn say_next_commands(commands: &[&str], notebook: &str, config: &Config, talk: &Console) {
    let complete = |command: &&str| {
        let command = command.replace("{state}", &config.state.display().to_string());
        format!("araneus {}; ", command.replace("{out}", &config.out.display().to_string()))
    };
    let commands: String = commands.iter().map(complete).collect();
    talk.say(&format!("\nNext: {commands}{notebook}."));
}
