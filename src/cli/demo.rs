//! `araneus demo`: an invented world told night by night, and where to look in the morning.

use std::{
    io,
    path::{Path, PathBuf},
};

use araneus_synth::{self as synth, Level, Night};
use clap::Args;

use super::{CommandError, Common, answer, console::Console, made, run as run_command};
use crate::{
    progress::Progress,
    run::{self, Config, Outcome, Request, RunError, read_config},
    time::Moment,
};

/// A world whose last morning is short and shows several patterns.
const SEED: u64 = 6;
/// Nights of the long weekend, whose deliveries one morning finds together.
const WEEKEND: usize = 6;

/// What to show, and where.
#[derive(Args)]
pub(super) struct DemoArgs {
    /// Seed of the world: another seed is another world
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// The small written story of five nights instead
    #[arg(long, conflicts_with = "seed")]
    story: bool,
    /// Folder to make; empty, new, or made by the demo [default: --out, else araneus-demo]
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Runs what is shown into a folder, and ends with the paths of what to open.
pub(super) fn demo(common: &Common, args: &DemoArgs, talk: &Console) -> Result<u8, CommandError> {
    let chosen = args.folder.clone().or_else(|| common.out.clone());
    let folder = &chosen.unwrap_or_else(|| PathBuf::from("araneus-demo"));
    let made = made::begin(folder, "demo", &["deliveries", "state", "out"])?;
    made.clear()?;
    let code = if args.story { story(folder, talk)? } else { world(folder, args.seed, talk)? };
    made.finish()?;
    Ok(code)
}

fn cannot_write(folder: &Path, source: io::Error) -> CommandError {
    CommandError::Write { path: folder.to_owned(), source }
}

/// Tells a synthetic world: ordinary nights first, then a long weekend's deliveries at once.
fn world(folder: &Path, seed: u64, talk: &Console) -> Result<u8, CommandError> {
    let write = |source| cannot_write(folder, source);
    let deliveries = folder.join("deliveries");
    let world = synth::world(seed, Level::D2);
    synth::write(&world, &deliveries).map_err(write)?;
    let config = config(folder)?;
    let nights = &world.nights;
    let (ordinary, weekend) = nights.split_at(nights.len() - WEEKEND);
    talk.say(&format!(
        "An invented world of {} nights (seed {seed}); its deliveries, and the truth behind them, are in {}.",
        nights.len(),
        deliveries.display()
    ));
    let request = |told: &[Night]| -> Result<Request, CommandError> {
        let last = told.last().ok_or(CommandError::Run(RunError::Stopped))?;
        Ok(Request::new(
            config.clone(),
            Moment::parse(&last.as_of).expect("a world's nights are moments"),
            inputs(&deliveries, told, &config).map_err(write)?,
        ))
    };
    // All but the last of them are only kept: the next run follows each of them from the archive.
    let (last, before) = ordinary.split_last().ok_or(CommandError::Run(RunError::Stopped))?;
    let mut delivered = 0;
    for (at, night) in (1..).zip(before) {
        talk.step(&format!("night {at} of {}", nights.len()));
        delivered += run::keep(&request(std::slice::from_ref(night))?)?.delivered;
    }
    talk.say(&format!("{} nights, {delivered} objects: kept one by one.", before.len()));
    tell(&request(std::slice::from_ref(last))?, talk)?;
    talk.say(&format!("Then a long weekend: the deliveries of {WEEKEND} nights lie there in the morning."));
    let outcome = tell(&request(weekend)?, talk)?;
    talk.say("\nThe queue, most pressing first: rank, score, what was seen, and the flag's id.\n");
    answer::print_queue(&config, Some(&config.out), &outcome.folder, &outcome.audiences, talk)?;
    talk.say("\nOpen the report in a browser, and the tables with pyarrow, Polars, DuckDB or pandas:");
    open_these(&outcome, &["flags", "candidates", "features"]);
    ask_on(
        &["queue --state {state} --out {out}", "diff --state {state}"],
        "notebooks/the-morning.ipynb",
        &config,
        talk,
    );
    Ok(0)
}

/// Runs the small story of five nights, each by itself.
fn story(folder: &Path, talk: &Console) -> Result<u8, CommandError> {
    let write = |source| cannot_write(folder, source);
    let deliveries = folder.join("deliveries");
    let nights = synth::write_tiny(&deliveries).map_err(write)?;
    let config = config(folder)?;
    talk.say(&format!("Five nights of an invented story; its deliveries are in {}.", deliveries.display()));
    let mut last = None;
    for night in nights {
        let inputs = sources(&deliveries.join(&night.folder)).map_err(write)?;
        let inputs = inputs.into_iter().map(|(_, input)| input).collect();
        let as_of = Moment::parse(&night.as_of).expect("a world's nights have a time");
        let request = Request::new(config.clone(), as_of, inputs);
        last = Some(tell(&request, talk)?);
    }
    let Some(last) = last else { return Err(CommandError::Run(RunError::Stopped)) };
    talk.say("\nOpen the report in a browser, and the tables with pyarrow, Polars, DuckDB or pandas:");
    open_these(&last, &[]);
    let questions = ["explain \"Salt Heron\" \"Grey Ledger\" --state {state}", "diff --state {state}"];
    ask_on(&questions, "notebooks/first-look.ipynb", &config, talk);
    Ok(0)
}

/// Returns the configuration of what was written, with everything in the demo's folder.
fn config(folder: &Path) -> Result<Config, CommandError> {
    let mut config = read_config(&folder.join("deliveries").join("araneus.toml"))?;
    config.state = folder.join("state");
    config.out = folder.join("out");
    Ok(config)
}

/// Returns the INPUT of some nights read together. Of a source that states all that it holds
/// the last delivery counts; the others add.
fn inputs(deliveries: &Path, nights: &[Night], config: &Config) -> io::Result<Vec<String>> {
    let mut inputs = Vec::new();
    for (at, night) in nights.iter().enumerate() {
        let is_last = at + 1 == nights.len();
        for (source, input) in sources(&deliveries.join(&night.folder))? {
            if is_last || config.source(&source).mode == crate::record::Mode::Increment {
                inputs.push(input);
            }
        }
    }
    Ok(inputs)
}

/// Returns each source of a night's folder, and `SOURCE=FOLDER` for it.
fn sources(night: &Path) -> io::Result<Vec<(String, String)>> {
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(night)? {
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

/// Runs a night and says what came of it.
fn tell(request: &Request, talk: &Console) -> Result<Outcome, CommandError> {
    let outcome = run::run(request, &mut || Ok(Vec::new()), &Progress::silent(), &|step| talk.step(step))?;
    talk.end();
    talk.say(&format!("\nThe night of {}:", request.as_of.display_utc()));
    run_command::print_outcome(&outcome, talk);
    Ok(outcome)
}

/// Prints the paths of a night's report and tables.
fn open_these(outcome: &Outcome, first: &[&str]) {
    for reader in &outcome.audiences {
        let own = outcome.folder.join(reader);
        out!("{}", own.join("report.html").display());
        for table in
            first.iter().chain(&["entities", "links", "metrics", "communities", "members", "changes"])
        {
            out!("{}", own.join(format!("{table}.arrow")).display());
        }
    }
}

/// Says what to type next.
fn ask_on(questions: &[&str], notebook: &str, config: &Config, talk: &Console) {
    let typed = |question: &&str| {
        let question = question.replace("{state}", &config.state.display().to_string());
        format!("araneus {}; ", question.replace("{out}", &config.out.display().to_string()))
    };
    let questions: String = questions.iter().map(typed).collect();
    talk.say(&format!("\nAsk on: {questions}{notebook}."));
}
