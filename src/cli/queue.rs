//! `araneus queue`: the review queue of a run, the flags that wait, and the nearest misses.

use std::path::Path;

use clap::Args;
use serde_json::Value;

use super::{
    CommandError, Common,
    answer::{names, values},
    config,
    console::Console,
    queue_table,
};
use crate::{
    explain::{self, NearMiss, PublishedFlag, QuestionError, QueueSummary},
    review,
    run::{Config, RunError},
};

/// Arguments of `araneus queue`.
#[derive(Args)]
pub(super) struct QueueArgs {
    /// The run: a date, or the beginning of its folder's name [default: latest]
    run: Option<String>,
    /// Flags outside the queue that wait for a verdict, by score
    #[arg(long, conflicts_with = "near")]
    open: bool,
    /// The leads, then the candidates that came nearest to a flag, with the tests that they fail
    #[arg(long)]
    near: bool,
}

/// Prints the queue of a run, what waits, or the nearest misses.
pub(super) fn queue(common: &Common, args: &QueueArgs, console: &Console) -> Result<u8, CommandError> {
    let config = config(common)?;
    let folder = explain::run_folder(&config.out, args.run.as_deref())?;
    let audiences = match &common.audience {
        // The run may have a folder of the data steward, or of an audience that is not configured any more.
        Some(name) if !folder.join(name).is_dir() && !names(&config).contains(name) => {
            return Err(RunError::NoAudience(name.clone()).into());
        }
        Some(name) => vec![name.clone()],
        None => names(&config),
    };
    let (audiences, absent): (Vec<String>, Vec<String>) =
        audiences.into_iter().partition(|audience| folder.join(audience).is_dir());
    let summaries = summaries(&config, &folder, &audiences)?;
    if args.near && summaries.iter().any(|summary| summary.candidates.is_none()) {
        return Err(CommandError::Damaged(QuestionError::Lacks("gate").to_string()));
    }
    let run = folder.canonicalize().unwrap_or_else(|_| folder.clone());
    let run = run.file_name().unwrap_or_default().to_string_lossy();
    for audience in &absent {
        console.say(&format!(
            "{audience} has no folder in the run {run}: the run was made for another audience."
        ));
    }
    if common.json {
        out!("{}", queue_json(args, &summaries));
    }
    for summary in &summaries {
        let whose = whose(summary, summaries.len());
        if args.open {
            if summary.waiting.is_empty() {
                console
                    .say(&format!("No flag of {} waits for a verdict outside the queue.", summary.audience));
            }
        } else if args.near {
            let misses: Vec<NearMiss> = summary.leads.iter().chain(&summary.nearest).cloned().collect();
            if !misses.is_empty() && summaries.len() > 1 && !common.json {
                out!("{}:", summary.audience);
            }
            for line in queue_table::misses(&misses).iter().filter(|_| !common.json) {
                out!("{line}");
            }
            if summary.leads.is_empty() && summary.nearest.is_empty() {
                console.say(&format!("The gate stopped no candidate of {}.", summary.audience));
            }
        } else if common.json && summary.queue.is_empty() {
            say_empty(summary, &whose, console);
        }
    }
    if args.open && !common.json {
        print_flags(&summaries, |summary| &summary.waiting);
    }
    if !args.open && !args.near && !common.json {
        print_summaries(&summaries, common.out.as_deref(), console);
    }
    Ok(0)
}

fn queue_json(args: &QueueArgs, summaries: &[QueueSummary]) -> Value {
    let rows = summaries.iter().flat_map(|summary| {
        let rows = match (args.open, args.near) {
            (true, _) => values(&summary.waiting),
            (_, true) => values(&summary.leads).into_iter().chain(values(&summary.nearest)).collect(),
            _ => values(&summary.queue),
        };
        rows.into_iter().map(|mut row| {
            row["audience"] = summary.audience.clone().into();
            row
        })
    });
    Value::Array(rows.collect())
}

fn summaries(
    config: &Config,
    folder: &Path,
    audiences: &[String],
) -> Result<Vec<QueueSummary>, CommandError> {
    explain::queue_summaries(config, folder, audiences).map_err(|error| match error {
        // The run is of an older version, or its tables were altered.
        QuestionError::Lacks(_) => CommandError::Damaged(error.to_string()),
        error => error.into(),
    })
}

/// Prints the queue of each audience, with the reason for an empty or short queue. `out` is the folder for results
/// that the next command needs.
pub(super) fn print_queue(
    config: &Config,
    out: Option<&Path>,
    folder: &Path,
    audiences: &[String],
    console: &Console,
) -> Result<(), CommandError> {
    print_summaries(&summaries(config, folder, audiences)?, out, console);
    Ok(())
}

fn print_summaries(summaries: &[QueueSummary], out: Option<&Path>, console: &Console) {
    let out = out.map(|out| format!(" --out {}", out.display())).unwrap_or_default();
    print_flags(summaries, |summary| &summary.queue);
    // Explanations are messages, and not part of the data.
    for summary in summaries {
        let whose = whose(summary, summaries.len());
        if summary.queue.iter().all(|flag| flag.sampled) {
            say_empty(summary, &whose, console);
        } else if let Some(explanation) = &summary.explanation {
            console.say(&format!("{explanation}{whose}"));
        }
        if !summary.leads.is_empty() {
            console.say(&format!("Leads (not flags){whose}:"));
            let leads = &summary.leads[..summary.leads.len().min(review::NEAREST_MAX)];
            for line in queue_table::misses(leads) {
                console.say(&line);
            }
        }
        if summary.queue.len() < review::NEAREST_MAX && !summary.nearest.is_empty() {
            console.say(&format!("Nearest to a flag{whose}:"));
            for line in queue_table::misses(&summary.nearest) {
                console.say(&line);
            }
        }
        if let Some(waiting) = &summary.waiting_sentence {
            console.say(&format!("{waiting} `araneus queue --open{out}` lists them.{whose}"));
        }
    }
}

/// Prints the flags of each audience as a table; with several audiences, each table has a name.
fn print_flags(summaries: &[QueueSummary], flags: fn(&QueueSummary) -> &Vec<PublishedFlag>) {
    for summary in summaries.iter().filter(|summary| !flags(summary).is_empty()) {
        if summaries.len() > 1 {
            out!("{}:", summary.audience);
        }
        for line in queue_table::flags(flags(summary)) {
            out!("{line}");
        }
    }
}

/// Prints that a queue is empty, and the reason.
fn say_empty(summary: &QueueSummary, whose: &str, console: &Console) {
    console.say(&format!("The queue of {} is empty: nothing new was flagged.", summary.audience));
    if let Some(explanation) = &summary.explanation {
        console.say(&format!("{explanation}{whose}"));
    }
}

/// Returns the name of the audience for a line, if there are several audiences.
fn whose(summary: &QueueSummary, count: usize) -> String {
    if count > 1 { format!("  ({})", summary.audience) } else { String::new() }
}
