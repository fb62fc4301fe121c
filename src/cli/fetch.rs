//! `araneus fetch`: deliveries of configured sources from the network.

use std::{env, time::Duration};

use clap::Args;
use serde_json::{Value, json};

use super::{
    args::Common,
    clock,
    console::{Console, counted},
    error::CommandError,
    locate::config,
};
use crate::{
    archive::{Access, Archive, ArchiveError},
    fetch::{self, FetchError, FetchResult, Limits, Remote, SourceRequest, Surroundings},
    run::{self, Config, RunError, Source},
    time::Moment,
};

/// Arguments of fetch.
#[derive(Args)]
pub(super) struct FetchArgs {
    /// Sources to fetch [default: all that have `taxii` or `url`]
    #[arg(value_name = "SOURCE")]
    sources: Vec<String>,
    /// Forget the fetched files, and start again
    #[arg(long, requires = "sources")]
    from_start: bool,
}

/// Fetches the sources one after another, and prints a line for each.
pub(super) fn fetch(common: &Common, args: &FetchArgs, console: &Console) -> Result<u8, CommandError> {
    let config = config(common)?;
    run::pseudonyms::check_fetched(&config)?;
    let sources = selected(&config, &args.sources)?;
    let surroundings = Surroundings {
        limits: Limits::default(),
        now: clock::now(),
        pause: &|duration: Duration| {
            console.detail(&format!("waiting {} s", duration.as_secs()));
            std::thread::sleep(duration);
        },
        variable: &|name| env::var(name).ok(),
        note: &|line| console.detail(line),
        lookup: None,
    };
    for (source, remote) in &sources {
        fetch::check(remote, &surroundings).map_err(|error| of_source(&source.name, error))?;
    }
    let _lock = fetch::lock(&config.state).map_err(CommandError::Fetch)?;
    let runs = runs(&config)?;
    let mut rows = Vec::new();
    let mut has_failed = false;
    for (source, remote) in sources {
        console.step(&format!("fetch {}", source.name));
        if args.from_start {
            fetch::forget(&config.state, &source.name).map_err(CommandError::Fetch)?;
        }
        let began = clock::start();
        let request = SourceRequest { name: &source.name, remote, mode: source.mode, runs: runs.as_deref() };
        let result = fetch::fetch(&config.state, &request, &surroundings)
            .map_err(|error| of_source(&source.name, error))?;
        let seconds = began.elapsed().as_secs_f64();
        console.end();
        print(&source.name, &result, seconds, console);
        has_failed |= result.failure.is_some();
        rows.push(as_json(&source.name, &result, seconds));
    }
    let code = if has_failed { 4 } else { 0 };
    if common.json {
        out!("{}", json!({ "sources": rows, "exit": code }));
    }
    Ok(code)
}

/// Returns the sources to fetch, each with its place.
fn selected<'a>(config: &'a Config, names: &[String]) -> Result<Vec<(&'a Source, &'a Remote)>, CommandError> {
    let fetched: Vec<(&Source, &Remote)> =
        config.sources.iter().filter_map(|source| Some((source, source.remote.as_ref()?))).collect();
    for name in names {
        if !fetched.iter().any(|(source, _)| source.name == *name) {
            return Err(CommandError::Usage(format!(
                "no configured source with the key `taxii` or `url` is named `{name}`"
            )));
        }
    }
    if fetched.is_empty() {
        return Err(CommandError::Usage("no configured source has the key `taxii` or `url`".to_owned()));
    }
    let is_named = |source: &Source| names.is_empty() || names.contains(&source.name);
    Ok(fetched.into_iter().filter(|(source, _)| is_named(source)).collect())
}

/// Returns the runs of the archive; `None` while a run works, so that no file which it may read is removed.
fn runs(config: &Config) -> Result<Option<Vec<Moment>>, CommandError> {
    if !Archive::exists(&config.state) {
        return Ok(Some(Vec::new()));
    }
    match Archive::open(&config.state, Access::Write) {
        Ok(archive) => Ok(Some(archive.runs().into_iter().map(|run| run.moment).collect())),
        Err(ArchiveError::Locked(_)) => Ok(None),
        Err(error) => Err(RunError::from(error).into()),
    }
}

/// Names the source in an error of its configuration.
fn of_source(name: &str, error: FetchError) -> CommandError {
    if error.is_configuration() {
        CommandError::Usage(format!("source {name}: {error}"))
    } else {
        CommandError::Fetch(error)
    }
}

fn print(name: &str, result: &FetchResult, seconds: f64, console: &Console) {
    let counts = &result.fetched;
    let pages = counted(counts.pages, "file", "files");
    let sentence = match &result.failure {
        None => format!(
            "Source {name}: {pages}, {}, {:.1} MB in {seconds:.1} s.",
            counted(counts.objects, "object", "objects"),
            counts.bytes as f64 / 1e6
        ),
        Some(failure) => format!("Source {name} is incomplete after {pages}: {failure}."),
    };
    console.say_with(&sentence, Some(name), &as_json(name, result, seconds));
}

fn as_json(name: &str, result: &FetchResult, seconds: f64) -> Value {
    let counts = &result.fetched;
    json!({
        "source": name, "complete": result.failure.is_none(), "pages": counts.pages, "objects": counts.objects,
        "bytes": counts.bytes, "seconds": seconds, "checkpoint": result.checkpoint,
        "failure": result.failure.as_ref().map(ToString::to_string),
    })
}
