//! `araneus judgements add|import|export`: what people decided, into the archive and out.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{CommandError, Common, config, night::now, talk::Talk};
use crate::{
    archive::{Access, Archive, add_judgements},
    judgement::{Judgement, Kind, Value},
    run::RunError,
    time::Moment,
};

#[derive(Subcommand)]
pub(super) enum Judgements {
    /// Add one judgement
    #[command(
        after_help = "Example: araneus judgements add flag-0123456789abcdef0123 benign --reason \"our own exercise\" --by ana"
    )]
    Add {
        /// The flag that it is about
        subject: String,
        /// What was decided: confirmed, benign, needs-more or duplicate
        value: String,
        /// Why
        #[arg(long, default_value = "")]
        reason: String,
        /// Who decided
        #[arg(long, default_value = "analyst")]
        by: String,
        /// When: RFC 3339 with an offset, or a date [default: now]
        #[arg(long, value_name = "TIME")]
        told: Option<String>,
    },
    /// Add judgements of a CSV file with a header, or of JSON lines; all of them, or none where one is wrong
    Import {
        /// Columns or members: `told`, `by`, `subject_id`, `kind`, `value`, `reason`
        file: PathBuf,
    },
    /// Print every judgement as JSON lines
    Export,
}

pub(super) fn judgements(common: &Common, command: &Judgements, talk: &Talk) -> Result<u8, CommandError> {
    let config = config(common)?;
    match command {
        Judgements::Add { subject, value, reason, by, told } => {
            let told = match told {
                None => now(),
                Some(text) => Moment::parse_as_of(text).ok_or_else(|| {
                    CommandError::Usage("--told takes RFC 3339 with an offset, or a date".to_owned())
                })?,
            };
            let judgement =
                judgement(told, by, subject, "flag", value, reason).map_err(CommandError::Usage)?;
            let added = add_judgements(&config.state, &[judgement]).map_err(RunError::from)?;
            talk.say(&format!("{added} judgement added; the next night follows it."));
        }
        Judgements::Import { file } => {
            let read = read(file)?;
            let added = add_judgements(&config.state, &read).map_err(RunError::from)?;
            talk.say(&format!("{added} of {} judgements added; the others stood there already.", read.len()));
        }
        Judgements::Export => {
            let archive = Archive::open(&config.state, Access::Read).map_err(RunError::from)?;
            for judgement in archive.judgements().map_err(RunError::from)? {
                out!("{}", serde_json::to_string(&judgement).expect("a judgement is plain data"));
            }
        }
    }
    Ok(0)
}

/// Checks one judgement; a mistake is said in words.
fn judgement(
    told: Moment,
    by: &str,
    subject: &str,
    kind: &str,
    value: &str,
    reason: &str,
) -> Result<Judgement, String> {
    if kind != Kind::Flag.name() {
        return Err("only judgements about flags are followed yet; `kind` must be flag".to_owned());
    }
    if !subject.starts_with("flag-") {
        return Err("`subject_id` is no flag's id; `araneus queue` shows them".to_owned());
    }
    let value = Value::parse(Kind::Flag, value)
        .ok_or_else(|| "`value` must be confirmed, benign, needs-more or duplicate".to_owned())?;
    Ok(Judgement {
        told,
        by: by.to_owned(),
        subject_id: subject.to_owned(),
        other_id: None,
        kind: Kind::Flag,
        value,
        reason: reason.to_owned(),
    })
}

fn read(file: &Path) -> Result<Vec<Judgement>, CommandError> {
    let text = std::fs::read_to_string(file)
        .map_err(|_| CommandError::Usage(format!("cannot read `{}` as text", file.display())))?;
    let text = text.trim_start_matches('\u{feff}');
    let wrong =
        |line: usize, what: &str| CommandError::Usage(format!("{}, line {line}: {what}", file.display()));
    if text.trim_start().starts_with('{') {
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        return lines
            .map(|(number, line)| {
                let read: Judgement =
                    serde_json::from_str(line).map_err(|_| wrong(number, "this is no judgement"))?;
                judgement(
                    read.told,
                    &read.by,
                    &read.subject_id,
                    read.kind.name(),
                    read.value.name(),
                    &read.reason,
                )
                .map_err(|what| wrong(number, &what))
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
            judgement(told, cell("by"), cell("subject_id"), kind, cell("value"), cell("reason"))
                .map_err(|what| wrong(line, &what))
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
