//! `araneus held list|accept|reject`: decisions about files that a limit of their source set aside.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{
    CommandError, Common, clock::now, config, console::Console, counted, judgement_file::is_blank,
    require_archive, sheet, user::reviewer,
};
use crate::{
    archive::{
        Access, Archive, DecisionError, Exceeded, HeldDelivery, HeldEntry, HeldStatus, LimitKind, decide_held,
    },
    run::RunError,
};

#[derive(Subcommand)]
pub(super) enum Held {
    /// Print the held files, with the limit that each exceeds
    #[command(after_help = "Example: araneus held list --json")]
    List,
    /// Accept held files: the next run reads each once, past the limits
    #[command(
        after_help = "ID is the id of a held file, or its first six digits. If a limit of new or withdrawn objects held several files, \
accept all of them: together they are the delivery. The same bytes are never held again.\n\n\
Example: araneus held accept held-0123456789abcdef0123 --by ana"
    )]
    Accept {
        /// Ids of held files
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
        /// Person who decides [default: the user of the system]
        #[arg(long)]
        by: Option<String>,
        /// Reason
        #[arg(long, default_value = "", hide_default_value = true)]
        reason: String,
    },
    /// Reject held files: their copies are removed, and the same bytes are rejected from now on
    #[command(
        after_help = "ID is the id of a held file, or its first six digits. The rule of the rejects is held-rejected. A later `accept` of the \
id ends that, and the bytes must then be delivered again.\n\n\
Example: araneus held reject held-0123456789abcdef0123 --reason \"a test export\" --by ana"
    )]
    Reject {
        /// Ids of held files
        #[arg(required = true, value_name = "ID")]
        ids: Vec<String>,
        /// Person who decides [default: the user of the system]
        #[arg(long)]
        by: Option<String>,
        /// Reason
        #[arg(long)]
        reason: String,
    },
}

pub(super) fn held(common: &Common, command: &Held, console: &Console) -> Result<u8, CommandError> {
    let config = config(common)?;
    require_archive(common, &config)?;
    match command {
        Held::List => {
            let archive = Archive::open(&config.state, Access::Read).map_err(RunError::from)?;
            list(common, &archive.held().map_err(RunError::from)?, console);
        }
        Held::Accept { ids, by, reason } => {
            decide(common, &config.state, ids, (true, by.as_deref(), reason), console)?;
        }
        Held::Reject { ids, by, reason } => {
            if is_blank(reason) {
                return Err(CommandError::Usage(
                    "--reason has no letter or digit; give a reason in words".to_owned(),
                ));
            }
            decide(common, &config.state, ids, (false, by.as_deref(), reason), console)?;
        }
    }
    Ok(0)
}

fn decide(
    common: &Common,
    state: &std::path::Path,
    ids: &[String],
    (is_accepted, by, reason): (bool, Option<&str>, &str),
    console: &Console,
) -> Result<(), CommandError> {
    let by = reviewer(by)?;
    let decided =
        decide_held(state, ids, (is_accepted, &by, reason), now()).map_err(|error| match error {
            DecisionError::Archive(error) => CommandError::Run(error.into()),
            error => CommandError::Usage(error.to_string()),
        })?;
    if common.json {
        let ids: Vec<&str> = decided.iter().map(|entry| &*entry.held.id).collect();
        out!("{}", json!({ "accepted": is_accepted, "ids": ids, "by": by, "reason": reason }));
    }
    for entry in &decided {
        let HeldDelivery { id, source, path, .. } = &entry.held;
        let effect = match (is_accepted, &entry.status) {
            (true, HeldStatus::Rejected | HeldStatus::Expected) => {
                "accepted; there is no copy of it, so deliver the file again"
            }
            (true, _) if !entry.held.has_copy => {
                "accepted; there is no copy of it, so deliver the file again"
            }
            (true, _) => "accepted; the next run reads it once",
            (false, _) => "rejected; its copy is removed, and the same bytes are rejected from now on",
        };
        console.say(&format!("{path} of {source} is {effect} ({id})."));
    }
    Ok(())
}

fn list(common: &Common, entries: &[HeldEntry], console: &Console) {
    if common.json {
        out!("{}", Value::Array(entries.iter().map(as_json).collect()));
        return;
    }
    let width = entries.iter().map(|entry| sheet::columns(&entry.held.source)).max().unwrap_or_default();
    for entry in entries {
        let HeldDelivery { id, source, path, exceeded, .. } = &entry.held;
        let (first, status) = (entry.first.display_utc(), entry.status.name());
        let line = format!(
            "{id}  {status:<8}  {first}  {}  {path}: {}",
            sheet::padded(source, width),
            described(exceeded)
        );
        out!("{}", sheet::one_line(&line));
    }
    let waiting = entries.iter().filter(|entry| entry.status == HeldStatus::Waiting).count() as u64;
    console.say(&format!(
        "{} for a decision: `araneus held accept ID` or `araneus held reject ID --reason TEXT`.",
        counted(waiting, "file waits", "files wait")
    ));
}

fn as_json(entry: &HeldEntry) -> Value {
    let held = &entry.held;
    json!({
        "id": held.id, "status": entry.status.name(), "source": held.source, "path": held.path, "delivery": held.delivery,
        "bytes": held.bytes, "objects": held.objects, "format": held.format, "first_run": entry.first, "last_run": entry.last,
        "limit": held.exceeded.limit.name(), "allowed": held.exceeded.allowed, "found": held.exceeded.found,
        "live": held.exceeded.live,
        "decision": entry.decision.as_ref().map(|decision| json!({
            "accepted": decision.is_accepted, "recorded_at": decision.recorded_at, "by": decision.by, "reason": decision.reason,
        })),
    })
}

/// Describes an exceeded limit with its numbers.
pub(super) fn described(exceeded: &Exceeded) -> String {
    let Exceeded { limit, allowed, found, live } = exceeded;
    match limit {
        LimitKind::Objects => format!("{found} objects in one file, and hold.objects allows {allowed}"),
        LimitKind::Growth => {
            format!(
                "{found} new objects for {live} live ones, and hold.growth allows {allowed} times as many"
            )
        }
        LimitKind::Withdrawn => {
            format!(
                "{found} of {live} live objects would be withdrawn, and hold.withdrawn allows a share of {allowed}"
            )
        }
    }
}
