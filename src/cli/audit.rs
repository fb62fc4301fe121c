//! `araneus audit`: prints the audit log.

use clap::Args;

use super::{CommandError, Common, config, console::Console, counted, require_archive, sheet};
use crate::{
    archive::audit::{self, StoredEntry},
    run::RunError,
    time::Moment,
};

/// Arguments of `araneus audit`.
#[derive(Args)]
pub(super) struct AuditArgs {
    /// Entries from this time on: RFC 3339 with an offset, or a date: the begin of that day in UTC [default: all]
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
}

/// Checks the log, and prints its entries, the oldest first.
pub(super) fn audit(common: &Common, args: &AuditArgs, console: &Console) -> Result<u8, CommandError> {
    let config = config(common)?;
    let since = args.since.as_deref().map(parse_since).transpose()?;
    // The log remains after the only run was undone.
    if !audit::exists(&config.state) {
        require_archive(common, &config)?;
    }
    let is_asked = |entry: &StoredEntry| {
        since.is_none_or(|since| entry.recorded_at >= since)
            && common.audience.as_ref().is_none_or(|audience| entry.audience.as_ref() == Some(audience))
    };
    let mut entries: Vec<StoredEntry> = Vec::new();
    let mut keep = |entry: StoredEntry| {
        if is_asked(&entry) {
            entries.push(entry);
        }
    };
    let head = audit::read(&config.state, &mut keep).map_err(RunError::from)?;
    if common.json {
        out!("{}", serde_json::to_value(&entries).expect("entries are plain data"));
        return Ok(0);
    }
    let width = |text: fn(&StoredEntry) -> &str| {
        entries.iter().map(|entry| sheet::columns(text(entry))).max().unwrap_or_default()
    };
    let by = width(|entry| &entry.by);
    let audience = width(audience_of);
    for entry in &entries {
        let subjects: Vec<String> = entry
            .subjects
            .iter()
            .map(|subject| {
                let (kind, text) = subject.parts();
                format!("{kind} {text}")
            })
            .collect();
        let line = format!(
            "{:>6}  {}  {:<13}  {}  {}  {}",
            entry.position,
            entry.recorded_at,
            entry.action.name(),
            sheet::padded(&entry.by, by),
            sheet::padded(audience_of(entry), audience),
            subjects.join(", ")
        );
        out!("{}", sheet::one_line(line.trim_end()));
    }
    let shown = counted(entries.len() as u64, "entry", "entries");
    console.say(&format!("{shown} of {}, all as written.", head.entries));
    Ok(0)
}

fn audience_of(entry: &StoredEntry) -> &str {
    entry.audience.as_deref().unwrap_or("-")
}

fn parse_since(text: &str) -> Result<Moment, CommandError> {
    let at_midnight = || Moment::parse(&format!("{text}T00:00:00Z"));
    let time = Moment::parse(text).or_else(at_midnight);
    time.ok_or_else(|| {
        CommandError::Usage(
            "--since takes RFC 3339 with an offset, such as 2026-11-21T02:00:00Z, or a date".to_owned(),
        )
    })
}
