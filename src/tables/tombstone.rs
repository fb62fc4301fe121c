//! Tombstones of runs: what is left in the folder of a run after one of its records was erased.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

use crate::time::Moment;

/// Name of the file in the folder of the run.
pub(super) const TOMBSTONE: &str = "erased.json";

/// Tombstone of a run whose folder was removed because it could contain an erased record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunTombstone {
    /// Name of the run.
    pub run: String,
    /// Id of the erasure.
    pub erasure: String,
    /// Time of the erasure.
    pub erased_at: Moment,
    /// Reason, as the person wrote it.
    pub reason: String,
}

/// Returns whether a folder of a run has only a tombstone.
pub fn is_erased(folder: &Path) -> bool {
    folder.join(TOMBSTONE).is_file() && !folder.join("manifest.json").exists()
}

/// Returns the tombstone in the folder of a run; `None` if it has none that can be read.
pub fn tombstone(folder: &Path) -> Option<RunTombstone> {
    let bytes = fs::read(folder.join(TOMBSTONE)).ok().filter(|_| is_erased(folder))?;
    serde_json::from_slice(&bytes).ok()
}

impl RunTombstone {
    /// Returns the text of the file.
    pub fn text(&self) -> String {
        format!("{}\n", serde_json::to_string_pretty(self).expect("a tombstone is plain data"))
    }
}
