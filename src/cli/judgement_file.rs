//! Files of judgements for import: JSON lines or CSV.

use std::path::Path;

use super::CommandError;
use crate::{
    judgement::{Judgement, Kind, REASON_CODES, Value},
    time::Moment,
};

/// Checks the kind, verdict and reason of a judgement; the error is a message for the user.
pub(super) fn parse_value(kind: &str, value: &str, reason: &str) -> Result<Value, String> {
    if kind == Kind::Identity.name() {
        return parse_identity(value, reason);
    }
    if kind != Kind::Flag.name() {
        return Err("`kind` must be flag or identity".to_owned());
    }
    let value = Value::parse(Kind::Flag, value)
        .ok_or_else(|| "`value` must be confirmed, benign, needs-more, duplicate or withdrawn".to_owned())?;
    let is_required = matches!(value, Value::Confirmed | Value::Benign);
    if is_blank(reason) && (is_required || !reason.is_empty()) {
        return Err(format!("`reason` has no letter or digit; {} needs a reason in words", value.name()));
    }
    Ok(value)
}

/// Verdicts about two entities.
const IDENTITY_VALUES: &str = "same, different, unsure or contested";

/// Checks verdict and reason of a judgement about two entities; the error is a message for the user.
pub(super) fn parse_identity(value: &str, reason: &str) -> Result<Value, String> {
    let value =
        Value::parse(Kind::Identity, value).ok_or_else(|| format!("`value` must be {IDENTITY_VALUES}"))?;
    let is_required = matches!(value, Value::Same | Value::Different);
    if is_blank(reason) && (is_required || !reason.is_empty()) {
        return Err(format!("`reason` has no letter or digit; {} needs a reason in words", value.name()));
    }
    Ok(value)
}

/// Checks that a reason code is a row of `REASON_CODES`; the error is a message for the user.
fn known_code(code: Option<String>) -> Result<Option<String>, String> {
    match code {
        Some(code) if !REASON_CODES.contains(&code.as_str()) => {
            Err(format!("`reason_code` must be one of {}, or be left out", REASON_CODES.join(", ")))
        }
        code => Ok(code),
    }
}

/// Returns whether a text has no letter and no digit, in any script.
pub(super) fn is_blank(text: &str) -> bool {
    !text.chars().any(char::is_alphanumeric)
}

pub(super) fn flag_judgement(
    recorded_at: Moment,
    by: &str,
    subject: &str,
    value: Value,
    reason: &str,
) -> Judgement {
    Judgement {
        judgement_id: None,
        recorded_at,
        by: by.to_owned(),
        subject_id: subject.to_owned(),
        other_id: None,
        kind: Kind::Flag,
        value,
        reason: reason.to_owned(),
        reason_code: None,
        note: None,
        identifiers: Vec::new(),
        audience: None,
    }
}

/// Adds the ids that a file gives. A derived id is left out, so that an exported judgement equals the stored one. A
/// withdrawal may name the judgement as its subject.
fn with_ids(judgement: Judgement, id: Option<String>, other: Option<String>) -> Judgement {
    let other_id = match (judgement.value, judgement.kind) {
        (Value::Withdrawn, _) => Some(other.unwrap_or_else(|| judgement.subject_id.clone())),
        (_, Kind::Identity) => other,
        (_, Kind::Flag) => None,
    };
    let judgement = Judgement { other_id, ..judgement };
    let derived = judgement.derived_id();
    Judgement { judgement_id: id.filter(|id| *id != derived), ..judgement }
}

/// Returns an error at a line of a file.
pub(super) fn line_error(file: &Path, line: usize, what: &str) -> CommandError {
    CommandError::Usage(format!("{}, line {line}: {what}", file.display()))
}

/// Reads the text of a file.
pub(super) fn read_text(file: &Path) -> Result<String, CommandError> {
    let text = std::fs::read_to_string(file).map_err(|_| {
        CommandError::Usage(format!(
            "cannot read `{}` as text; check the path, and that the file is UTF-8",
            file.display()
        ))
    })?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// Reads judgements, each with its line number. The caller checks their flags and entities.
pub(super) fn read(file: &Path, text: &str) -> Result<Vec<(usize, Judgement)>, CommandError> {
    let wrong = |line: usize, what: &str| line_error(file, line, what);
    if text.trim_start().starts_with('{') {
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        return lines
            .map(|(number, line)| {
                let read: Judgement = serde_json::from_str(line).map_err(|_| {
                    wrong(number, "this is not a judgement; `araneus judgements export` shows the members")
                })?;
                let value = parse_value(read.kind.name(), read.value.name(), &read.reason)
                    .map_err(|what| wrong(number, &what))?;
                let judgement = Judgement {
                    reason_code: known_code(read.reason_code).map_err(|what| wrong(number, &what))?,
                    note: read.note,
                    kind: read.kind,
                    identifiers: read.identifiers,
                    audience: read.audience,
                    ..flag_judgement(read.recorded_at, &read.by, &read.subject_id, value, &read.reason)
                };
                Ok((number, with_ids(judgement, read.judgement_id, read.other_id)))
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
            let maybe = |name: &str| Some(cell(name)).filter(|text| !text.is_empty()).map(str::to_owned);
            let judgement = Judgement {
                reason_code: known_code(maybe("reason_code")).map_err(|what| wrong(line, &what))?,
                note: maybe("note"),
                kind: if kind == Kind::Identity.name() { Kind::Identity } else { Kind::Flag },
                audience: maybe("audience"),
                ..flag_judgement(recorded_at, cell("by"), cell("subject_id"), value, cell("reason"))
            };
            Ok((line, with_ids(judgement, maybe("judgement_id"), maybe("other_id"))))
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
