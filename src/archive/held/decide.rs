//! Decisions of people about held deliveries.

use std::path::Path;

use super::{HeldDecision, HeldDelivery, HeldEntry, HeldStatus, copies, decisions_file, last_decisions};
use crate::{
    archive::{
        Archive,
        audit::{self, Action, Entry, Subject},
        store::{self, Access, ArchiveError},
    },
    time::Moment,
};

/// Reason why a decision about a held delivery was not taken.
#[derive(Debug, thiserror::Error)]
pub enum DecisionError {
    /// No held delivery has the id.
    #[error("no held delivery has the id `{0}`; `araneus held list` shows the ids")]
    Unknown(String),
    /// Several ids begin with the text.
    #[error("several held deliveries have ids that begin with `{0}`")]
    Ambiguous(String),
    /// A run has read the delivery already.
    #[error(
        "the run of {1} has read the held delivery `{0}`, so that nothing is left to decide; `araneus undo` takes back the newest run"
    )]
    Settled(String, Moment),
    /// The archive does not take it.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// Decides about held deliveries, named by their ids or the beginning of an id. Returns the decided ones. Equal decisions are
/// not repeated. A rejected copy is removed.
pub fn decide_held(
    folder: &Path,
    ids: &[String],
    (is_accepted, by, reason): (bool, &str, &str),
    now: Moment,
) -> Result<Vec<HeldEntry>, DecisionError> {
    let archive = Archive::open(folder, Access::Read)?;
    let file = decisions_file(folder);
    let lock = if archive.manifest.commits.is_empty() { None } else { Some(file.lock()?) };
    let entries = archive.held_with(&last_decisions(file.read_locked()?));
    let chosen: Vec<&HeldEntry> = ids.iter().map(|id| find(&entries, id)).collect::<Result<_, _>>()?;
    for entry in &chosen {
        if let HeldStatus::Settled(run) = entry.status {
            return Err(DecisionError::Settled(entry.held.id.clone(), run));
        }
    }
    for entry in &chosen {
        if entry.decision.as_ref().is_some_and(|known| known.is_accepted == is_accepted) {
            continue;
        }
        let HeldDelivery { id, source, delivery, bytes, .. } = entry.held.clone();
        let action = if is_accepted { Action::HeldAccepted } else { Action::HeldRejected };
        let subjects = vec![Subject::Held(id.clone())];
        audit::append(folder, &[Entry { action, by: by.to_owned(), audience: None, subjects }])?;
        // The copy of a rejected delivery is removed, now or by `gc`.
        let has_copy = is_accepted && entry.held.has_copy && entry.status == HeldStatus::Waiting;
        let (by, reason) = (by.to_owned(), reason.to_owned());
        let recorded_at = now;
        file.append(&HeldDecision {
            id,
            source,
            delivery,
            bytes,
            is_accepted,
            has_copy,
            recorded_at,
            by,
            reason,
        })?;
    }
    drop(lock);
    let needed = archive.needed_copies()?;
    for entry in chosen.iter().filter(|entry| !is_accepted && !needed.contains(&entry.held.delivery)) {
        store::remove(&copies::path(folder, &entry.held.delivery))?;
    }
    Ok(chosen.into_iter().cloned().collect())
}

fn find<'a>(entries: &'a [HeldEntry], id: &str) -> Result<&'a HeldEntry, DecisionError> {
    let is_named = |entry: &&HeldEntry| {
        let digits = entry.held.id.trim_start_matches("held-");
        entry.held.id == id || (id.len() >= 6 && (digits.starts_with(id) || entry.held.id.starts_with(id)))
    };
    let found: Vec<&HeldEntry> = entries.iter().filter(is_named).collect();
    match found[..] {
        [one] => Ok(one),
        [] => Err(DecisionError::Unknown(id.escape_debug().to_string())),
        _ => Err(DecisionError::Ambiguous(id.escape_debug().to_string())),
    }
}
