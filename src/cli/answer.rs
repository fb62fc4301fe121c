//! `araneus queue`, `explain` and `diff`: answers on standard output.

use std::path::Path;

use clap::Args;
use serde_json::Value;

use super::{CommandError, Common, config, console::Console};
use crate::{
    explain::{self, ChangeLine, Difference, NearMiss, PublishedFlag, QuestionError, QueueSummary},
    progress::Progress,
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
            for flag in summary.waiting.iter().filter(|_| !common.json) {
                out!("     {}{whose}", flag_words(flag));
            }
            if summary.waiting.is_empty() {
                console
                    .say(&format!("No flag of {} waits for a verdict outside the queue.", summary.audience));
            }
        } else if args.near {
            for miss in summary.leads.iter().chain(&summary.nearest).filter(|_| !common.json) {
                out!("{}{whose}", miss_words(miss));
            }
            if summary.leads.is_empty() && summary.nearest.is_empty() {
                console.say(&format!("The gate stopped no candidate of {}.", summary.audience));
            }
        } else if common.json && summary.queue.is_empty() {
            say_empty(summary, &whose, console);
        }
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

fn values(rows: &[impl serde::Serialize]) -> Vec<Value> {
    rows.iter().map(|row| serde_json::to_value(row).expect("a row is plain data")).collect()
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

fn names(config: &Config) -> Vec<String> {
    config.rules.audiences_of_run().into_iter().map(|audience| audience.name).collect()
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
    for summary in summaries {
        let whose = whose(summary, summaries.len());
        for flag in &summary.queue {
            out!("{:>3}  {}{whose}", flag.rank.unwrap_or_default(), flag_words(flag));
        }
    }
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
            for lead in summary.leads.iter().take(review::NEAREST_MAX) {
                console.say(&format!("  {}", miss_words(lead)));
            }
        }
        if summary.queue.len() < review::NEAREST_MAX && !summary.nearest.is_empty() {
            console.say(&format!("Nearest to a flag{whose}:"));
            for miss in &summary.nearest {
                console.say(&format!("  {}", miss_words(miss)));
            }
        }
        if let Some(waiting) = &summary.waiting_sentence {
            console.say(&format!("{waiting} `araneus queue --open{out}` lists them.{whose}"));
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

/// Returns the audiences of a command: the named one, else all.
pub(super) fn readers_of(common: &Common, config: &Config) -> Vec<String> {
    common.audience.clone().map_or_else(|| names(config), |name| vec![name])
}

/// Returns id and title of every flag of an audience in a run.
pub(super) fn all_flags(folder: &Path, audience: &str) -> Result<Vec<(String, String)>, CommandError> {
    let flags = explain::flags(&folder.join(audience), &[])?;
    Ok(flags.into_iter().map(|flag| (flag.flag_id, flag.title)).collect())
}

/// Returns the flag at a rank of a run's queue.
pub(super) fn flag_of_rank(folder: &Path, audience: &str, rank: u64) -> Result<Option<String>, CommandError> {
    let mut flags = explain::flags(&folder.join(audience), &[])?.into_iter();
    Ok(flags.find(|flag| flag.rank == Some(rank)).map(|flag| flag.flag_id))
}

fn flag_words(flag: &PublishedFlag) -> String {
    let PublishedFlag { score, state, title, flag_id, verdict, verdicts, sampled_because, .. } = flag;
    let mut by: Vec<String> =
        verdicts.iter().map(|verdict| format!("{} by {}", verdict.value, verdict.by)).collect();
    if by.is_empty() {
        by.extend(verdict.clone());
    }
    let judged = if by.is_empty() { String::new() } else { format!("  [{}]", by.join(", ")) };
    let sampled = sampled_because.as_ref().map(|reason| format!("  ({reason})")).unwrap_or_default();
    one_line_text(&format!("{score:.3}  {state:<8}  {title}  {flag_id}{judged}{sampled}"))
}

fn miss_words(miss: &NearMiss) -> String {
    let failed = miss.tests.iter().filter(|test| !test.passed);
    let failed = failed.map(|test| format!("{}: {}", test.test, test.sentence));
    let failed: Vec<String> =
        miss.lead.iter().map(|lead| lead.trim_end_matches('.').to_owned()).chain(failed).collect();
    let title = format!("{}: {}", miss.pattern, miss.title);
    one_line_text(&format!("{title}  ({})  {}", failed.join("; "), miss.candidate_id))
}

pub(super) fn one_line_text(text: &str) -> String {
    plain(&Value::String(text.to_owned()))
}

/// Prints an explanation.
pub(super) fn explain(
    common: &Common,
    word: &str,
    other: Option<&str>,
    run: Option<&str>,
) -> Result<u8, CommandError> {
    let config = config(common)?;
    let ask = |audience: Option<&str>| {
        let known = explain::open(&config, audience, run)?;
        match other {
            None => explain::explain(&known, word, &Progress::silent()),
            Some(other) => explain::explain_pair(&known, word, other),
        }
    };
    let mut answer = ask(common.audience.as_deref());
    // A flag or candidate belongs to one audience. If none is named, all audiences are searched.
    if common.audience.is_none() && ["flag-", "candidate-"].iter().any(|prefix| word.starts_with(prefix)) {
        for audience in names(&config) {
            if matches!(answer, Err(QuestionError::Unknown(_))) {
                answer = ask(Some(&audience));
            }
        }
    }
    if let (true, Err(QuestionError::Ambiguous { alternatives, .. })) = (common.json, &answer) {
        out!("{}", Value::Array(values(alternatives)));
    }
    let answer = serde_json::to_value(answer?).expect("an answer is plain data");
    if common.json {
        out!("{answer}");
    } else {
        print_value("", &answer, 0);
    }
    Ok(0)
}

/// Prints an answer as an indented outline, with control characters escaped.
fn print_value(name: &str, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members) => {
            if !name.is_empty() {
                out!("{indent}{name}");
            }
            let depth = depth + usize::from(!name.is_empty());
            for key in in_order(members) {
                print_value(key, &members[key], depth);
            }
        }
        Value::Array(values) if values.iter().all(Value::is_string) => {
            let texts: Vec<String> = values.iter().map(plain).collect();
            out!("{indent}{name}: {}", texts.join(", "));
        }
        Value::Array(values) => {
            out!("{indent}{name} ({})", values.len());
            for value in values {
                out!("{indent}  - {}", one_line(value));
            }
        }
        value => out!("{indent}{name}: {}", plain(value)),
    }
}

/// Returns the keys in order: the answer before its details.
fn in_order(members: &serde_json::Map<String, Value>) -> Vec<&str> {
    let first = ["question", "answer", "entity", "link", "community", "kind", "label"];
    let mut keys: Vec<&str> = members.keys().map(String::as_str).collect();
    keys.sort_by_key(|key| (first.iter().position(|known| known == key).unwrap_or(first.len()), *key));
    keys
}

fn one_line(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let parts = in_order(members).into_iter().filter(|key| !members[*key].is_null());
            parts.map(|key| format!("{key}: {}", one_line(&members[key]))).collect::<Vec<_>>().join("; ")
        }
        Value::Array(values) => format!("[{}]", values.iter().map(one_line).collect::<Vec<_>>().join(" | ")),
        value => plain(value),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text
            .chars()
            .flat_map(|c| if c.is_control() { c.escape_debug().collect() } else { vec![c] })
            .collect(),
        value => value.to_string(),
    }
}

/// Prints the changes between two runs.
pub(super) fn diff(common: &Common, runs: &[String]) -> Result<u8, CommandError> {
    let config = config(common)?;
    let difference = explain::diff(&config, runs, common.audience.as_deref())?;
    if common.json {
        out!("{}", serde_json::to_value(&difference).expect("an answer is plain data"));
        return Ok(0);
    }
    let Difference { run, compared_with, changes } = difference;
    out!("{run} compared with {}", compared_with.as_deref().unwrap_or("nothing: a first run"));
    for ChangeLine { cause, subject, what, count, detail, .. } in &changes {
        let (cause, subject, what) = (cause.name(), subject.name(), what.name());
        out!("{cause:<21} {subject:<7} {what:<8} {count:>8}  {detail}");
    }
    if changes.is_empty() {
        out!("nothing differs");
    }
    Ok(0)
}
