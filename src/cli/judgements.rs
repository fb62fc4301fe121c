//! `araneus judgements add|import|list|export`: what people decided, into the archive and out.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::{
    CommandError, Common, answer, config,
    night::{is_ahead, now},
    require_archive,
    talk::Talk,
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
        after_help = "The archive must be there: judgements are never stored in a new one. A flag is named by its id, by at least six \
digits with which only its id begins, or by its rank in the latest queue.\n\n\
Example: araneus judgements add flag-0123456789abcdef0123 benign --reason \"our own exercise\" --by ana"
    )]
    Add {
        /// The flag that it is about: id, beginning of an id, or rank
        #[arg(value_name = "FLAG")]
        subject: String,
        /// What was decided: confirmed, benign, needs-more or duplicate
        value: String,
        /// Why; required for confirmed and benign
        #[arg(long)]
        reason: Option<String>,
        /// Who decided
        #[arg(long, default_value = "analyst")]
        by: String,
        /// When: RFC 3339 with an offset, or a date [default: now]
        #[arg(long, visible_alias = "recorded-at", value_name = "TIME")]
        told: Option<String>,
    },
    /// Add judgements of a CSV file with a header, or of JSON lines; all of them, or none where one is wrong
    Import {
        /// Columns or members: `told`, `by`, `subject_id`, `kind`, `value`, `reason`; checked as by add
        file: PathBuf,
    },
    /// Every judgement as a table, in order of time
    List,
    /// Print every judgement as JSON lines
    Export,
}

pub(super) fn judgements(common: &Common, command: &Judgements, talk: &Talk) -> Result<u8, CommandError> {
    let config = config(common)?;
    // Judgements outlive a run that was taken back, also the only one; to add one there must be its flag.
    let is_kept = Archive::keeps_judgements(&config.state) && !matches!(command, Judgements::Add { .. });
    if !is_kept {
        require_archive(common, &config)?;
    }
    let archive = Archive::open(&config.state, Access::Read).map_err(RunError::from)?;
    let stored = archive.judgements().map_err(RunError::from)?;
    match command {
        Judgements::Add { subject, value, reason, by, told } => {
            let told = match told {
                None => now(),
                Some(text) => Moment::parse_as_of_at(text, now()).ok_or_else(|| {
                    CommandError::Usage("--told takes RFC 3339 with an offset, or a date".to_owned())
                })?,
            };
            if is_ahead(told, now()) {
                return Err(CommandError::Usage(format!(
                    "{told} is more than an hour ahead of the clock, {}; nothing is decided yet",
                    now().spoken()
                )));
            }
            if is_blank(by) {
                return Err(CommandError::Usage("--by names nobody".to_owned()));
            }
            if reason.as_deref().is_some_and(is_blank) {
                return Err(CommandError::Usage("--reason says nothing".to_owned()));
            }
            let reason = reason.as_deref().unwrap_or_default();
            let value = judged(Kind::Flag.name(), value, reason).map_err(CommandError::Usage)?;
            let mut flags = KnownFlags::of(common, &config)?;
            let subject = match rank(subject) {
                Some(rank) => flags.of_rank(common, rank)?,
                None => flags.find(subject)?,
            };
            let judgement = of_flag(told, by, &subject, value, reason);
            let added = add_judgements(&config.state, &[judgement]).map_err(RunError::from)?;
            let title = flags.title(&subject).unwrap_or_default();
            if common.json {
                out!(
                    "{}",
                    json!({
                        "added": added, "flag_id": subject, "title": title, "value": value.name(), "by": by,
                        "reason": reason, "recorded_at": told,
                    })
                );
            }
            let flag = if title.is_empty() { subject } else { format!("{subject} ({title})") };
            let value = value.name();
            talk.say(&if added == 0 {
                format!("{flag}: this judgement, {value} by {by}, stood there already.")
            } else {
                format!("{flag} is judged {value} by {by}; the next run follows it.")
            });
        }
        Judgements::Import { file } => {
            let mut flags = KnownFlags::of(common, &config)?;
            let mut judgements = Vec::new();
            for (line, mut judgement) in read(file)? {
                // What is stored may be about a flag of a run that was taken back.
                if !stored.contains(&judgement) {
                    judgement.subject_id = flags
                        .find(&judgement.subject_id)
                        .map_err(|error| wrong(file, line, &error.to_string()))?;
                }
                judgements.push(judgement);
            }
            let added = add_judgements(&config.state, &judgements).map_err(RunError::from)?;
            if common.json {
                out!("{}", json!({ "added": added, "read": judgements.len() }));
            }
            talk.say(&format!(
                "{added} of {} judgements added; the others stood there already.",
                judgements.len()
            ));
        }
        Judgements::List => list(common, &KnownFlags::of(common, &config)?, &stored, talk),
        Judgements::Export => {
            for judgement in stored {
                out!("{}", serde_json::to_string(&judgement).expect("a judgement is plain data"));
            }
        }
    }
    Ok(0)
}

/// Prints judgements as a table, with the titles of the flags that the latest run shows.
fn list(common: &Common, flags: &KnownFlags<'_>, stored: &[Judgement], talk: &Talk) {
    if common.json {
        let rows: Vec<serde_json::Value> = stored
            .iter()
            .map(|own| {
                json!({
                    "recorded_at": own.told, "by": own.by, "subject_id": own.subject_id, "title": flags.title(&own.subject_id),
                    "kind": own.kind, "value": own.value, "reason": own.reason,
                })
            })
            .collect();
        out!("{}", serde_json::Value::Array(rows));
        return;
    }
    let person = stored.iter().map(|own| own.by.chars().count()).max().unwrap_or_default();
    for own in stored {
        let Judgement { by, subject_id, reason, .. } = own;
        let title = flags.title(subject_id).map_or_else(String::new, |title| format!("  {title}"));
        let reason = if reason.is_empty() { String::new() } else { format!("  [{reason}]") };
        let line =
            format!("{}  {:<10}  {by:<person$}  {subject_id}{title}{reason}", own.told, own.value.name());
        out!("{}", answer::one_line_text(&line));
    }
    if stored.is_empty() {
        talk.say("No judgement is stored.");
    }
}

/// Checks what was decided, and why; a mistake is said in words.
fn judged(kind: &str, value: &str, reason: &str) -> Result<Value, String> {
    if kind != Kind::Flag.name() {
        return Err("only judgements about flags are followed yet; `kind` must be flag".to_owned());
    }
    let value = Value::parse(Kind::Flag, value)
        .ok_or_else(|| "`value` must be confirmed, benign, needs-more or duplicate".to_owned())?;
    let is_required = matches!(value, Value::Confirmed | Value::Benign);
    if is_blank(reason) && (is_required || !reason.is_empty()) {
        return Err(format!("`reason` says nothing, and {} needs one", value.name()));
    }
    Ok(value)
}

/// Returns whether a text has no letter and no digit, in any script.
fn is_blank(text: &str) -> bool {
    !text.chars().any(char::is_alphanumeric)
}

fn of_flag(told: Moment, by: &str, subject: &str, value: Value, reason: &str) -> Judgement {
    Judgement {
        told,
        by: by.to_owned(),
        subject_id: subject.to_owned(),
        other_id: None,
        kind: Kind::Flag,
        value,
        reason: reason.to_owned(),
    }
}

/// How an id begins.
const FLAG: &str = "flag-";
/// Digits of an id that name it, where only one begins with them.
const PREFIX_MIN: usize = 6;

/// Returns the rank that a word is: a number too short to be the beginning of an id.
fn rank(word: &str) -> Option<u64> {
    let digits = word.strip_prefix('#').unwrap_or(word);
    if digits.len() < PREFIX_MIN { digits.parse().ok().filter(|rank| *rank > 0) } else { None }
}

/// The flags that there are: those of the latest run's tables, then those that the archive knows.
struct KnownFlags<'a> {
    config: &'a Config,
    /// Ids and titles.
    flags: Vec<(String, String)>,
    is_whole: bool,
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
        Ok(Self { config, flags, is_whole: false })
    }

    /// Returns the id of the flag that a word names: the id, or at least its first six digits.
    fn find(&mut self, word: &str) -> Result<String, CommandError> {
        if word.contains('…') || word.contains("...") {
            return Err(CommandError::Usage(
                "`…` stands for the rest of an id; write the whole id, at least its first six digits, or its rank in the queue"
                    .to_owned(),
            ));
        }
        if let Some(found) = self.beginning_with(word)? {
            return Ok(found);
        }
        if !self.is_whole {
            self.flags.extend(known_flags(self.config, &Progress::silent())?);
            self.is_whole = true;
            if let Some(found) = self.beginning_with(word)? {
                return Ok(found);
            }
        }
        Err(CommandError::Usage(format!("no flag is called `{}`{}", word.escape_debug(), self.near(word))))
    }

    /// Returns the only flag whose id begins so; `None` where there is none, an error where there are several.
    fn beginning_with(&mut self, word: &str) -> Result<Option<String>, CommandError> {
        self.flags.sort();
        self.flags.dedup_by(|a, b| a.0 == b.0);
        let digits = word.strip_prefix(FLAG).unwrap_or(word).to_ascii_lowercase();
        if digits.len() < PREFIX_MIN || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let begins =
            |(id, _): &&(String, String)| id.strip_prefix(FLAG).is_some_and(|own| own.starts_with(&digits));
        let found: Vec<&(String, String)> = self.flags.iter().filter(begins).collect();
        match found[..] {
            [] => Ok(None),
            [(id, _)] => Ok(Some(id.clone())),
            _ => Err(CommandError::Usage(format!("several flags begin with `{digits}`: {}", listed(&found)))),
        }
    }

    fn title(&self, id: &str) -> Option<&str> {
        self.flags.iter().find(|(own, _)| own == id).map(|(_, title)| title.as_str())
    }

    fn of_rank(&self, common: &Common, rank: u64) -> Result<String, CommandError> {
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
            [] => Err(CommandError::Usage(format!("the latest queue has no rank {rank}"))),
            _ => Err(CommandError::Usage(format!(
                "rank {rank} is another flag for each audience; say --audience, or write the id"
            ))),
        }
    }

    /// Names the flags whose ids are most like a word.
    fn near(&self, word: &str) -> String {
        let mut near: Vec<(usize, &(String, String))> =
            self.flags.iter().map(|flag| (strsim::damerau_levenshtein(word, &flag.0), flag)).collect();
        near.sort();
        let near: Vec<&(String, String)> = near.into_iter().take(3).map(|(_, flag)| flag).collect();
        if near.is_empty() {
            "; there is none yet".to_owned()
        } else {
            format!("; near are {}", listed(&near))
        }
    }
}

fn listed(flags: &[&(String, String)]) -> String {
    flags.iter().map(|(id, title)| format!("{id} ({title})")).collect::<Vec<_>>().join(", ")
}

fn wrong(file: &Path, line: usize, what: &str) -> CommandError {
    CommandError::Usage(format!("{}, line {line}: {what}", file.display()))
}

/// Reads judgements, each with its line; what is said about flags is checked elsewhere.
fn read(file: &Path) -> Result<Vec<(usize, Judgement)>, CommandError> {
    let text = std::fs::read_to_string(file)
        .map_err(|_| CommandError::Usage(format!("cannot read `{}` as text", file.display())))?;
    let text = text.trim_start_matches('\u{feff}');
    let wrong = |line: usize, what: &str| wrong(file, line, what);
    if text.trim_start().starts_with('{') {
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        return lines
            .map(|(number, line)| {
                let read: Judgement =
                    serde_json::from_str(line).map_err(|_| wrong(number, "this is no judgement"))?;
                let value = judged(read.kind.name(), read.value.name(), &read.reason)
                    .map_err(|what| wrong(number, &what))?;
                Ok((number, of_flag(read.told, &read.by, &read.subject_id, value, &read.reason)))
            })
            .collect();
    }
    let mut rows = csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
    let header = rows.headers().map_err(|_| wrong(1, "this is no header"))?.clone();
    let column = |name: &str| header.iter().position(|own| own.trim() == name);
    for name in ["told", "subject_id", "value"] {
        if column(name).is_none() {
            return Err(wrong(1, &format!("there is no column `{name}`")));
        }
    }
    rows.records()
        .map(|row| {
            let row = row.map_err(|error| {
                let line = line_of(text, error.position());
                wrong(line, "this row has another number of cells than the header")
            })?;
            let line = line_of(text, row.position());
            let cell =
                |name: &str| column(name).and_then(|at| row.get(at)).map(str::trim).unwrap_or_default();
            let told = Moment::parse_as_of(cell("told"))
                .ok_or_else(|| wrong(line, "`told` is neither RFC 3339 with an offset nor a date"))?;
            let kind = if cell("kind").is_empty() { "flag" } else { cell("kind") };
            let value = judged(kind, cell("value"), cell("reason")).map_err(|what| wrong(line, &what))?;
            Ok((line, of_flag(told, cell("by"), cell("subject_id"), value, cell("reason"))))
        })
        .collect()
}

/// Returns the line, from 1, on which a row begins; the reader's own count is one behind where
/// lines end in CRLF.
fn line_of(text: &str, position: Option<&csv::Position>) -> usize {
    let start = position.map_or(0, |position| position.byte() as usize).min(text.len());
    let is_end = |byte: &&u8| matches!(byte, b'\r' | b'\n');
    let begins = start + text.as_bytes()[start..].iter().take_while(is_end).count();
    1 + text[..begins].matches('\n').count()
}
