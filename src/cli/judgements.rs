//! `araneus judgements add|import|list|export`: judgements into the archive and out of it.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::{
    CommandError, Common, answer,
    clock::{is_ahead, now},
    config,
    console::Console,
    require_archive,
};
use crate::{
    archive::{Access, Archive, add_judgements},
    judgement::{Judgement, Kind, Value},
    progress::Progress,
    run::{Config, RunError, undo::known_flags},
    time::Moment,
};

#[derive(Subcommand)]
pub(super) enum Judgements {
    /// Add one judgement
    #[command(
        after_help = "The archive must exist: this command does not create one. FLAG is the id of a flag, at least six digits of an id if \
no other id begins with them, or a rank in the latest queue.\n\n\
Example: araneus judgements add flag-0123456789abcdef0123 benign --reason \"our own exercise\" --by ana"
    )]
    Add(Add),
    /// Add the judgements of a CSV file with a header, or of JSON lines; if one of them is wrong, none is added
    Import {
        /// Columns or members: `recorded_at`, `by`, `subject_id`, `kind`, `value`, `reason`; checked as by add
        file: PathBuf,
    },
    /// Every judgement as a table, in order of time
    List,
    /// Print every judgement as JSON lines
    Export,
}

#[derive(clap::Args)]
pub(super) struct Add {
    /// The flag: its id, the beginning of its id, or its rank
    #[arg(value_name = "FLAG")]
    subject: String,
    /// Verdict: confirmed, benign, needs-more or duplicate
    value: String,
    /// Reason; required for confirmed and benign
    #[arg(long)]
    reason: Option<String>,
    /// Person who decided
    #[arg(long, default_value = "analyst")]
    by: String,
    /// Time of the decision: RFC 3339 with an offset, or a date [default: now]
    #[arg(long, value_name = "TIME")]
    recorded_at: Option<String>,
}

pub(super) fn judgements(common: &Common, command: &Judgements, talk: &Console) -> Result<u8, CommandError> {
    let config = config(common)?;
    // Judgements remain after the only run was undone. To add one, its flag must exist.
    let can_be_empty = Archive::keeps_judgements(&config.state) && !matches!(command, Judgements::Add(_));
    if !can_be_empty {
        require_archive(common, &config)?;
    }
    let archive = Archive::open(&config.state, Access::Read).map_err(RunError::from)?;
    let stored = archive.judgements().map_err(RunError::from)?;
    match command {
        Judgements::Add(add) => add_one(common, &config, add, talk)?,
        Judgements::Import { file } => import(common, &config, file, &stored, talk)?,
        Judgements::List => list(common, &KnownFlags::of(common, &config)?, &stored, talk),
        Judgements::Export => {
            for judgement in stored {
                out!("{}", serde_json::to_string(&judgement).expect("a judgement is plain data"));
            }
        }
    }
    Ok(0)
}

fn add_one(common: &Common, config: &Config, add: &Add, talk: &Console) -> Result<(), CommandError> {
    let recorded_at = match &add.recorded_at {
        None => now(),
        Some(text) => Moment::parse_as_of_at(text, now()).ok_or_else(|| {
            CommandError::Usage("--recorded-at takes RFC 3339 with an offset, or a date".to_owned())
        })?,
    };
    if is_ahead(recorded_at, now()) {
        return Err(CommandError::Usage(format!(
            "--recorded-at {recorded_at} is more than an hour ahead of the clock, {}; give an earlier time",
            now().display_utc()
        )));
    }
    let by = &*add.by;
    if is_blank(by) {
        return Err(CommandError::Usage("--by has no letter or digit; give the name of a person".to_owned()));
    }
    if add.reason.as_deref().is_some_and(is_blank) {
        return Err(CommandError::Usage(
            "--reason has no letter or digit; give a reason in words, or leave the option out".to_owned(),
        ));
    }
    let reason = add.reason.as_deref().unwrap_or_default();
    let value = parse_value(Kind::Flag.name(), &add.value, reason).map_err(CommandError::Usage)?;
    let mut flags = KnownFlags::of(common, config)?;
    let subject = match rank(&add.subject) {
        Some(rank) => flags.with_rank(common, rank)?,
        None => flags.find(&add.subject)?,
    };
    let judgement = flag_judgement(recorded_at, by, &subject, value, reason);
    let added = add_judgements(&config.state, &[judgement]).map_err(RunError::from)?;
    let title = flags.title(&subject).unwrap_or_default();
    if common.json {
        out!(
            "{}",
            json!({
                "added": added, "flag_id": subject, "title": title, "value": value.name(), "by": by,
                "reason": reason, "recorded_at": recorded_at,
            })
        );
    }
    let flag = if title.is_empty() { subject } else { format!("{subject} ({title})") };
    let value = value.name();
    talk.say(&if added == 0 {
        format!("{flag}: the archive already has this judgement, {value} by {by}.")
    } else {
        format!("{flag} is judged {value} by {by}; the next run uses the judgement.")
    });
    Ok(())
}

fn import(
    common: &Common,
    config: &Config,
    file: &Path,
    stored: &[Judgement],
    talk: &Console,
) -> Result<(), CommandError> {
    let mut flags = KnownFlags::of(common, config)?;
    let mut judgements = Vec::new();
    for (line, mut judgement) in read(file)? {
        // A stored judgement may be about a flag of a run that was undone.
        if !stored.contains(&judgement) {
            judgement.subject_id =
                flags.find(&judgement.subject_id).map_err(|error| wrong(file, line, &error.to_string()))?;
        }
        judgements.push(judgement);
    }
    let added = add_judgements(&config.state, &judgements).map_err(RunError::from)?;
    if common.json {
        out!("{}", json!({ "added": added, "read": judgements.len() }));
    }
    talk.say(&format!(
        "{added} of {} judgements added; the archive already had the others.",
        judgements.len()
    ));
    Ok(())
}

/// Prints judgements as a table, with the titles of the flags of the latest run.
fn list(common: &Common, flags: &KnownFlags<'_>, stored: &[Judgement], talk: &Console) {
    if common.json {
        let rows: Vec<serde_json::Value> = stored
            .iter()
            .map(|judgement| {
                json!({
                    "recorded_at": judgement.recorded_at, "by": judgement.by, "subject_id": judgement.subject_id,
                    "title": flags.title(&judgement.subject_id), "kind": judgement.kind,
                    "value": judgement.value, "reason": judgement.reason,
                })
            })
            .collect();
        out!("{}", serde_json::Value::Array(rows));
        return;
    }
    let width = stored.iter().map(|judgement| judgement.by.chars().count()).max().unwrap_or_default();
    for Judgement { recorded_at, by, subject_id, value, reason, .. } in stored {
        let title = flags.title(subject_id).map_or_else(String::new, |title| format!("  {title}"));
        let reason = if reason.is_empty() { String::new() } else { format!("  [{reason}]") };
        let line = format!("{recorded_at}  {:<10}  {by:<width$}  {subject_id}{title}{reason}", value.name());
        out!("{}", answer::one_line_text(&line));
    }
    if stored.is_empty() {
        talk.say("The archive has no judgements.");
    }
}

/// Checks the kind, verdict and reason of a judgement; the error is a message for the user.
fn parse_value(kind: &str, value: &str, reason: &str) -> Result<Value, String> {
    if kind != Kind::Flag.name() {
        return Err("only judgements about flags are supported; `kind` must be flag".to_owned());
    }
    let value = Value::parse(Kind::Flag, value)
        .ok_or_else(|| "`value` must be confirmed, benign, needs-more or duplicate".to_owned())?;
    let is_required = matches!(value, Value::Confirmed | Value::Benign);
    if is_blank(reason) && (is_required || !reason.is_empty()) {
        return Err(format!("`reason` has no letter or digit; {} needs a reason in words", value.name()));
    }
    Ok(value)
}

/// Returns whether a text has no letter and no digit, in any script.
fn is_blank(text: &str) -> bool {
    !text.chars().any(char::is_alphanumeric)
}

fn flag_judgement(recorded_at: Moment, by: &str, subject: &str, value: Value, reason: &str) -> Judgement {
    Judgement {
        recorded_at,
        by: by.to_owned(),
        subject_id: subject.to_owned(),
        other_id: None,
        kind: Kind::Flag,
        value,
        reason: reason.to_owned(),
    }
}

/// Prefix of the id of a flag.
const FLAG: &str = "flag-";
/// Fewest digits that name a flag, if only its id begins with them.
const PREFIX_MIN: usize = 6;

/// Parses a rank: a number that is too short for the beginning of an id.
fn rank(text: &str) -> Option<u64> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    if digits.len() < PREFIX_MIN { digits.parse().ok().filter(|rank| *rank > 0) } else { None }
}

/// Flags of the latest run's tables, and then those of the archive.
struct KnownFlags<'a> {
    config: &'a Config,
    /// Ids and titles.
    flags: Vec<(String, String)>,
    /// Whether the flags of the archive were added.
    has_archive: bool,
}

impl<'a> KnownFlags<'a> {
    fn of(common: &Common, config: &'a Config) -> Result<Self, CommandError> {
        let folder = config.out.join("latest");
        let mut flags = Vec::new();
        for reader in answer::readers_of(common, config) {
            if folder.join(&reader).is_dir() {
                flags.extend(answer::all_flags(&folder, &reader)?);
            }
        }
        Ok(Self { config, flags, has_archive: false })
    }

    /// Returns the id of a flag by its id, or by at least the first six digits of it.
    fn find(&mut self, text: &str) -> Result<String, CommandError> {
        if text.contains('…') || text.contains("...") {
            return Err(CommandError::Usage(
                "the id is shortened by `…`; write the whole id, at least its first six digits, or its rank in the queue"
                    .to_owned(),
            ));
        }
        if let Some(id) = self.with_prefix(text)? {
            return Ok(id);
        }
        if !self.has_archive {
            self.flags.extend(known_flags(self.config, &Progress::silent())?);
            self.has_archive = true;
            if let Some(id) = self.with_prefix(text)? {
                return Ok(id);
            }
        }
        Err(CommandError::Usage(format!(
            "no flag has the id `{}`{}",
            text.escape_debug(),
            self.similar(text)
        )))
    }

    /// Returns the flag whose id begins with these digits; `None` if there is none.
    ///
    /// # Errors
    /// If there are several.
    fn with_prefix(&mut self, text: &str) -> Result<Option<String>, CommandError> {
        self.flags.sort();
        self.flags.dedup_by(|a, b| a.0 == b.0);
        let digits = text.strip_prefix(FLAG).unwrap_or(text).to_ascii_lowercase();
        if digits.len() < PREFIX_MIN || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let has_prefix =
            |(id, _): &&(String, String)| id.strip_prefix(FLAG).is_some_and(|id| id.starts_with(&digits));
        let matches: Vec<&(String, String)> = self.flags.iter().filter(has_prefix).collect();
        match matches[..] {
            [] => Ok(None),
            [(id, _)] => Ok(Some(id.clone())),
            _ => Err(CommandError::Usage(format!(
                "several flags have ids that begin with `{digits}`; write more digits: {}",
                listed(&matches)
            ))),
        }
    }

    fn title(&self, id: &str) -> Option<&str> {
        self.flags.iter().find(|(known, _)| known == id).map(|(_, title)| title.as_str())
    }

    fn with_rank(&self, common: &Common, rank: u64) -> Result<String, CommandError> {
        let folder = self.config.out.join("latest");
        let mut ids = Vec::new();
        for reader in answer::readers_of(common, self.config) {
            if folder.join(&reader).is_dir() {
                ids.extend(answer::flag_of_rank(&folder, &reader, rank)?);
            }
        }
        ids.sort();
        ids.dedup();
        match &ids[..] {
            [id] => Ok(id.clone()),
            [] => Err(CommandError::Usage(format!(
                "the latest queue has no rank {rank}; `araneus queue` shows the ranks"
            ))),
            _ => Err(CommandError::Usage(format!(
                "rank {rank} is a different flag for each audience; add --audience, or write the id"
            ))),
        }
    }

    /// Lists the flags with the most similar ids, for an error message.
    fn similar(&self, text: &str) -> String {
        let mut by_distance: Vec<(usize, &(String, String))> =
            self.flags.iter().map(|flag| (strsim::damerau_levenshtein(text, &flag.0), flag)).collect();
        by_distance.sort();
        let similar: Vec<&(String, String)> = by_distance.into_iter().take(3).map(|(_, flag)| flag).collect();
        if similar.is_empty() {
            "; there are no flags yet".to_owned()
        } else {
            format!("; similar ids are {}", listed(&similar))
        }
    }
}

fn listed(flags: &[&(String, String)]) -> String {
    flags.iter().map(|(id, title)| format!("{id} ({title})")).collect::<Vec<_>>().join(", ")
}

fn wrong(file: &Path, line: usize, what: &str) -> CommandError {
    CommandError::Usage(format!("{}, line {line}: {what}", file.display()))
}

/// Reads judgements, each with its line number. The caller checks their flags.
fn read(file: &Path) -> Result<Vec<(usize, Judgement)>, CommandError> {
    let text = std::fs::read_to_string(file).map_err(|_| {
        CommandError::Usage(format!(
            "cannot read `{}` as text; check the path, and that the file is UTF-8",
            file.display()
        ))
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let wrong = |line: usize, what: &str| wrong(file, line, what);
    if text.trim_start().starts_with('{') {
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        return lines
            .map(|(number, line)| {
                let read: Judgement = serde_json::from_str(line).map_err(|_| {
                    wrong(number, "this is not a judgement; `araneus judgements export` shows the members")
                })?;
                let value = parse_value(read.kind.name(), read.value.name(), &read.reason)
                    .map_err(|what| wrong(number, &what))?;
                Ok((
                    number,
                    flag_judgement(read.recorded_at, &read.by, &read.subject_id, value, &read.reason),
                ))
            })
            .collect();
    }
    let mut rows = csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
    let header = rows.headers().map_err(|_| wrong(1, "the header cannot be read as CSV"))?.clone();
    let column = |name: &str| header.iter().position(|column| column.trim() == name);
    for name in ["recorded_at", "subject_id", "value"] {
        if column(name).is_none() {
            return Err(wrong(1, &format!("the header has no column `{name}`")));
        }
    }
    rows.records()
        .map(|row| {
            let row = row.map_err(|error| {
                let line = line_of(text, error.position());
                wrong(line, "the numbers of cells in this row and in the header differ")
            })?;
            let line = line_of(text, row.position());
            let cell = |name: &str| {
                column(name).and_then(|position| row.get(position)).map(str::trim).unwrap_or_default()
            };
            let recorded_at = Moment::parse_as_of(cell("recorded_at"))
                .ok_or_else(|| wrong(line, "`recorded_at` must be RFC 3339 with an offset, or a date"))?;
            let kind = if cell("kind").is_empty() { "flag" } else { cell("kind") };
            let value =
                parse_value(kind, cell("value"), cell("reason")).map_err(|what| wrong(line, &what))?;
            Ok((line, flag_judgement(recorded_at, cell("by"), cell("subject_id"), value, cell("reason"))))
        })
        .collect()
}

/// Returns the number of a row's first line, from 1. The count of the CSV reader is too low by one if lines end in
/// CRLF.
fn line_of(text: &str, position: Option<&csv::Position>) -> usize {
    let start = position.map_or(0, |position| position.byte() as usize).min(text.len());
    let is_end = |byte: &&u8| matches!(byte, b'\r' | b'\n');
    let row_start = start + text.as_bytes()[start..].iter().take_while(is_end).count();
    1 + text[..row_start].matches('\n').count()
}
