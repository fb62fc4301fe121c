//! `araneus queue`, `explain` and `diff`: answers on standard output.

use std::path::Path;

use clap::Args;
use serde_json::{Value, json};

use super::{CommandError, Common, config, talk::Talk};
use crate::{
    explain::{
        questions::{self, QuestionError},
        queue::{self, FlagLine, NearMiss, QueueSummary},
    },
    progress::Progress,
    review,
    run::{Config, RunError},
    temporal::ChangeGroup,
};

/// What to print of a run's queue.
#[derive(Args)]
pub(super) struct QueueArgs {
    /// The run: a date, or the beginning of its folder's name [default: latest]
    run: Option<String>,
    /// Flags outside the queue that wait for a verdict, by score
    #[arg(long, conflicts_with = "near")]
    open: bool,
    /// The candidates that came nearest to a flag, with the tests that they fail
    #[arg(long)]
    near: bool,
}

/// Prints the queue of a run, what waits, or the nearest misses.
pub(super) fn queue(common: &Common, args: &QueueArgs, talk: &Talk) -> Result<u8, CommandError> {
    let config = config(common)?;
    let folder = queue::run_folder(&config.out, args.run.as_deref())?;
    let readers = match &common.audience {
        // The steward's folder, and that of a reader who is configured no more, are there all the same.
        Some(name) if !folder.join(name).is_dir() && !names(&config).contains(name) => {
            return Err(RunError::NoAudience(name.clone()).into());
        }
        Some(name) => vec![name.clone()],
        None => names(&config),
    };
    let (readers, absent): (Vec<String>, Vec<String>) =
        readers.into_iter().partition(|reader| folder.join(reader).is_dir());
    let summaries = summaries(&config, &folder, &readers)?;
    if args.near && summaries.iter().any(|summary| summary.candidates.is_none()) {
        return Err(CommandError::Damaged(QuestionError::Lacks("gate").to_string()));
    }
    let run = folder.canonicalize().unwrap_or_else(|_| folder.clone());
    let run = run.file_name().unwrap_or_default().to_string_lossy();
    for reader in &absent {
        talk.say(&format!("{reader} has no folder in the run {run}: it was made for another audience."));
    }
    if common.json {
        let rows = summaries.iter().flat_map(|summary| {
            let rows = match (args.open, args.near) {
                (true, _) => values(&summary.waiting),
                (_, true) => values(&summary.nearest),
                _ => values(&summary.queue),
            };
            rows.into_iter().map(|mut row| {
                row["audience"] = summary.audience.clone().into();
                row
            })
        });
        out!("{}", Value::Array(rows.collect()));
    }
    for summary in &summaries {
        let whose = whose(summary, summaries.len());
        if args.open {
            for flag in summary.waiting.iter().filter(|_| !common.json) {
                out!("     {}{whose}", flag_words(flag));
            }
            if summary.waiting.is_empty() {
                talk.say(&format!("No flag of {} waits for a verdict outside the queue.", summary.audience));
            }
        } else if args.near {
            for miss in summary.nearest.iter().filter(|_| !common.json) {
                out!("{}{whose}", miss_words(miss));
            }
            if summary.nearest.is_empty() {
                talk.say(&format!("The gate stopped no candidate of {}.", summary.audience));
            }
        } else if common.json && summary.queue.is_empty() {
            say_empty(summary, &whose, talk);
        }
    }
    if !args.open && !args.near && !common.json {
        print_summaries(&summaries, common.out.as_deref(), talk);
    }
    Ok(0)
}

fn values(rows: &[impl serde::Serialize]) -> Vec<Value> {
    rows.iter().map(|row| serde_json::to_value(row).expect("a row is plain data")).collect()
}

fn summaries(config: &Config, folder: &Path, readers: &[String]) -> Result<Vec<QueueSummary>, CommandError> {
    queue::queue_summaries(config, folder, readers).map_err(|error| match error {
        // A run of an older version, or one that was altered.
        QuestionError::Lacks(_) => CommandError::Damaged(error.to_string()),
        error => error.into(),
    })
}

fn names(config: &Config) -> Vec<String> {
    config.rules.readers().into_iter().map(|audience| audience.name).collect()
}

/// Prints the queue of each reader; an empty or short one says why it is so. `out` is the folder for results
/// that must be typed with the next command.
pub(super) fn print_queue(
    config: &Config,
    out: Option<&Path>,
    folder: &Path,
    readers: &[String],
    talk: &Talk,
) -> Result<(), CommandError> {
    print_summaries(&summaries(config, folder, readers)?, out, talk);
    Ok(())
}

fn print_summaries(summaries: &[QueueSummary], out: Option<&Path>, talk: &Talk) {
    let out = out.map(|out| format!(" --out {}", out.display())).unwrap_or_default();
    for summary in summaries {
        let whose = whose(summary, summaries.len());
        for flag in &summary.queue {
            out!("{:>3}  {}{whose}", flag.rank.unwrap_or_default(), flag_words(flag));
        }
    }
    // What explains the queue are words beside the data.
    for summary in summaries {
        let whose = whose(summary, summaries.len());
        if summary.queue.is_empty() {
            say_empty(summary, &whose, talk);
        } else if let Some(explanation) = &summary.explanation {
            talk.say(&format!("{explanation}{whose}"));
        }
        if summary.queue.len() < review::NEAREST_MAX && !summary.nearest.is_empty() {
            talk.say(&format!("Nearest to a flag{whose}:"));
            for miss in &summary.nearest {
                talk.say(&format!("  {}", miss_words(miss)));
            }
        }
        if let Some(waiting) = &summary.waiting_sentence {
            talk.say(&format!("{waiting} `araneus queue --open{out}` lists them.{whose}"));
        }
    }
}

/// Says that a queue is empty, and why.
fn say_empty(summary: &QueueSummary, whose: &str, talk: &Talk) {
    talk.say(&format!("The queue of {} is empty: nothing new was flagged.", summary.audience));
    if let Some(explanation) = &summary.explanation {
        talk.say(&format!("{explanation}{whose}"));
    }
}

/// Says whose queue a line is of, where there are several.
fn whose(summary: &QueueSummary, count: usize) -> String {
    if count > 1 { format!("  ({})", summary.audience) } else { String::new() }
}

/// Returns those whose queues a command asks for: the named audience, else all.
pub(super) fn readers_of(common: &Common, config: &Config) -> Vec<String> {
    common.audience.clone().map_or_else(|| names(config), |name| vec![name])
}

/// Returns the id and the title of every flag that a run shows a reader.
pub(super) fn all_flags(folder: &Path, reader: &str) -> Result<Vec<(String, String)>, CommandError> {
    let flags = queue::flags(&folder.join(reader), &[])?;
    Ok(flags.into_iter().map(|flag| (flag.flag_id, flag.title)).collect())
}

/// Returns the flag at a rank of a run's queue.
pub(super) fn flag_of_rank(folder: &Path, reader: &str, rank: u64) -> Result<Option<String>, CommandError> {
    let mut flags = queue::flags(&folder.join(reader), &[])?.into_iter();
    Ok(flags.find(|flag| flag.rank == Some(rank)).map(|flag| flag.flag_id))
}

fn flag_words(flag: &FlagLine) -> String {
    let FlagLine { score, state, title, flag_id, verdict, verdicts, .. } = flag;
    let mut by: Vec<String> =
        verdicts.iter().map(|verdict| format!("{} by {}", verdict.value, verdict.by)).collect();
    if by.is_empty() {
        by.extend(verdict.clone());
    }
    let judged = if by.is_empty() { String::new() } else { format!("  [{}]", by.join(", ")) };
    one_line_text(&format!("{score:.3}  {state:<8}  {title}  {flag_id}{judged}"))
}

fn miss_words(miss: &NearMiss) -> String {
    let failed = miss.tests.iter().filter(|test| !test.passed);
    let failed: Vec<String> = failed.map(|test| format!("{}: {}", test.test, test.sentence)).collect();
    let title = format!("{}: {}", miss.pattern, miss.title);
    one_line_text(&format!("{title}  ({})  {}", failed.join("; "), miss.candidate_id))
}

pub(super) fn one_line_text(text: &str) -> String {
    plain(&Value::String(text.to_owned()))
}

/// Prints why something is what it is.
pub(super) fn explain(
    common: &Common,
    word: &str,
    other: Option<&str>,
    run: Option<&str>,
) -> Result<u8, CommandError> {
    let config = config(common)?;
    let ask = |audience: Option<&str>| {
        let known = questions::open(&config, audience, run)?;
        match other {
            None => questions::explain(&known, word, &Progress::silent()),
            Some(other) => questions::explain_pair(&known, word, other),
        }
    };
    let mut answer = ask(common.audience.as_deref());
    // A flag or candidate is one reader's: where nobody is named, each reader's are looked through.
    if common.audience.is_none() && ["flag-", "candidate-"].iter().any(|prefix| word.starts_with(prefix)) {
        for reader in names(&config) {
            if matches!(answer, Err(QuestionError::Unknown(_))) {
                answer = ask(Some(&reader));
            }
        }
    }
    if let (true, Err(QuestionError::Ambiguous { alternatives, .. })) = (common.json, &answer) {
        out!("{}", Value::Array(values(alternatives)));
    }
    let answer = answer?;
    if common.json {
        out!("{answer}");
    } else {
        print_value("", &answer, 0);
    }
    Ok(0)
}

/// Prints an answer as an indented outline; what comes from outside is shown escaped.
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

/// Puts the answer before its details.
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

/// Prints what differs between two nights.
pub(super) fn diff(common: &Common, nights: &[String]) -> Result<u8, CommandError> {
    let config = config(common)?;
    let (night, before, changes) = questions::diff(&config, nights, common.audience.as_deref())?;
    if common.json {
        let rows: Vec<Value> = changes.iter().map(change_json).collect();
        out!(
            "{}",
            json!({ "night": night.folder(), "compared_with": before.map(crate::time::Moment::folder), "changes": rows })
        );
        return Ok(0);
    }
    out!(
        "{} compared with {}",
        night.folder(),
        before.map_or("nothing: a first night".to_owned(), crate::time::Moment::folder)
    );
    for change in &changes {
        out!(
            "{:<21} {:<7} {:<8} {:>8}  {}",
            change.cause.name(),
            change.subject.name(),
            change.what.name(),
            change.subject_ids.len(),
            change.detail
        );
    }
    if changes.is_empty() {
        out!("nothing differs");
    }
    Ok(0)
}

fn change_json(change: &ChangeGroup) -> Value {
    json!({
        "change_id": change.id, "cause": change.cause.name(), "subject": change.subject.name(), "what": change.what.name(),
        "count": change.subject_ids.len(), "source": change.source, "detail": change.detail, "examples": change.examples,
    })
}
