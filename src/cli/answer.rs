//! `araneus queue`, `explain` and `diff`: answers on standard output.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{CommandError, Common, config, talk::Talk};
use crate::{
    columns::Columns,
    output::{self, OutputError},
    run::{
        Config, RunError,
        questions::{self, QuestionError},
    },
    temporal::ChangeGroup,
    watch::Watch,
};

/// Prints the queue of a night.
pub(super) fn queue(common: &Common, night: Option<&str>, talk: &Talk) -> Result<u8, CommandError> {
    let config = config(common)?;
    let folder = config.out.join(night.unwrap_or("latest"));
    if !folder.is_dir() {
        return Err(CommandError::Usage(format!("there is no night `{}`; run one first", folder.display())));
    }
    let readers = match &common.audience {
        // The steward's folder, and that of a reader who is configured no more, are there all the same.
        Some(name) if !folder.join(name).is_dir() && !names(&config).contains(name) => {
            return Err(RunError::NoAudience(name.clone()).into());
        }
        Some(name) => vec![name.clone()],
        None => names(&config),
    };
    if common.json {
        let mut rows = Vec::new();
        for reader in &readers {
            rows.extend(flags(&folder, reader)?.iter().map(|flag| json!({ "audience": reader, "rank": flag.rank, "flag_id": flag.id, "pattern": flag.pattern, "state": flag.state, "title": flag.title, "score": flag.score })));
        }
        out!("{}", Value::Array(rows));
    } else {
        print_queue(&folder, &readers, talk)?;
    }
    Ok(0)
}

fn names(config: &Config) -> Vec<String> {
    config.rules.readers().into_iter().map(|audience| audience.name).collect()
}

/// Prints the queue of each reader; an empty one is said to be empty. Of several each line says whose it is.
pub(super) fn print_queue(folder: &Path, readers: &[String], talk: &Talk) -> Result<(), CommandError> {
    for reader in readers {
        let flags = flags(folder, reader)?;
        for FlagLine { rank, id, state, title, score, .. } in &flags {
            let whose = if readers.len() > 1 { format!("  ({reader})") } else { String::new() };
            out!("{rank:>3}  {score:.3}  {state:<5}  {}  {id}{whose}", plain(&Value::String(title.clone())));
        }
        if flags.is_empty() {
            talk.say(&format!("The queue of {reader} is empty: nothing new was flagged."));
        }
    }
    Ok(())
}

/// A flag of the queue, in one line.
struct FlagLine {
    rank: u64,
    id: String,
    pattern: String,
    state: String,
    title: String,
    score: f64,
}

fn flags(folder: &Path, reader: &str) -> Result<Vec<FlagLine>, CommandError> {
    let table = read_night_table(&folder.join(reader), "flags")?;
    let lacks = || CommandError::Damaged("the table flags lacks a column; run that night again".to_owned());
    let text = |name: &str| table.text(name).ok_or_else(lacks);
    let (ids, patterns, states, titles) =
        (text("flag_id")?, text("pattern")?, text("state")?, text("title")?);
    let ranks = table.count("rank").ok_or_else(lacks)?;
    let scores = table.number("score").ok_or_else(lacks)?;
    let mut flags: Vec<FlagLine> = (0..table.rows())
        .filter_map(|row| {
            Some(FlagLine {
                rank: ranks[row]?,
                id: ids[row].clone()?,
                pattern: patterns[row].clone()?,
                state: states[row].clone()?,
                title: titles[row].clone()?,
                score: scores[row]?,
            })
        })
        .collect();
    flags.sort_by_key(|flag| flag.rank);
    Ok(flags)
}

/// Returns those whose queues a command asks for: the named audience, else all.
pub(super) fn readers_of(common: &Common, config: &Config) -> Vec<String> {
    common.audience.clone().map_or_else(|| names(config), |name| vec![name])
}

/// Returns the id and the title of every flag that a run shows a reader.
pub(super) fn all_flags(folder: &Path, reader: &str) -> Result<Vec<(String, String)>, CommandError> {
    let table = read_night_table(&folder.join(reader), "flags")?;
    let (ids, titles) = (table.text("flag_id").unwrap_or_default(), table.text("title").unwrap_or_default());
    Ok(ids.iter().zip(titles).filter_map(|(id, title)| Some((id.clone()?, title.clone()?))).collect())
}

/// Returns the flag at a rank of a run's queue.
pub(super) fn flag_of_rank(folder: &Path, reader: &str, rank: u64) -> Result<Option<String>, CommandError> {
    let mut flags = flags(folder, reader)?.into_iter();
    Ok(flags.find(|flag| flag.rank == rank).map(|flag| flag.id))
}

fn read_night_table(folder: &Path, name: &str) -> Result<Columns, OutputError> {
    let found = ["arrow", "parquet"]
        .iter()
        .map(|suffix| folder.join(format!("{name}.{suffix}")))
        .find(|path| path.exists());
    let path: PathBuf = found.unwrap_or_else(|| folder.join(format!("{name}.arrow")));
    output::read_table(&path)
}

/// Prints why something is what it is.
pub(super) fn explain(common: &Common, word: &str, other: Option<&str>) -> Result<u8, CommandError> {
    let config = config(common)?;
    let ask = |audience: Option<&str>| {
        let known = questions::open(&config, audience)?;
        match other {
            None => questions::explain(&known, word, &Watch::new()),
            Some(other) => questions::explain_pair(&known, word, other),
        }
    };
    let mut answer = ask(common.audience.as_deref());
    // A flag is one reader's: where nobody is named, each reader's queue is looked in.
    if common.audience.is_none() && word.starts_with("flag-") {
        for reader in names(&config) {
            if matches!(answer, Err(QuestionError::Unknown(_))) {
                answer = ask(Some(&reader));
            }
        }
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
