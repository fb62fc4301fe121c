//! The marker of an erasure that is not complete.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    plan::ErasurePlan,
    tombstones::{self, Tombstone},
};
use crate::{
    archive::{
        Archive, judgements,
        manifest::{self, Manifest},
        store::{self, ArchiveError},
    },
    judgement::Judgement,
    time::Moment,
};

/// Judgements that an erasure changes, by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConcernedJudgements {
    /// Judgements about an entity of which no record is left. They are removed.
    pub removed: BTreeSet<String>,
    /// Judgements that lose their reason, their note, and the identifiers that no record names any more.
    pub cleaned: BTreeSet<String>,
    /// Judgements about flags that were known before. They are removed if the flag is not known any more.
    pub of_flags: BTreeSet<String>,
    /// Digests of the identifiers that no record names any more.
    pub identifiers: BTreeSet<String>,
}

/// An erasure that was decided. It names digests and ids, never values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingErasure {
    /// Tombstone that stays.
    pub tombstone: Tombstone,
    /// Digest of the manifest without the records.
    manifest: String,
    /// Folder of the results from which the runs are removed.
    pub out: String,
    /// Earliest recorded time of anything that is removed. Runs from then on may have contained it.
    pub earliest: Moment,
    /// True if the newest run is computed again.
    pub is_replayed: bool,
    /// Judgements that change.
    pub judgements: ConcernedJudgements,
}

impl PendingErasure {
    /// Returns whether the run of an as-of time may have contained a record. Names of run folders have whole seconds.
    pub fn concerns(&self, run: &str) -> bool {
        run >= self.earliest.folder().as_str()
    }
}

fn marker(folder: &Path) -> PathBuf {
    folder.join("erase.json")
}

/// Returns the erasure that is not complete; `None` if there is none.
pub(in crate::archive) fn pending(folder: &Path) -> Result<Option<PendingErasure>, ArchiveError> {
    let path = marker(folder);
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|_| ArchiveError::Damaged { path, what: "does not describe an erasure" }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ArchiveError::Disk { doing: "read", path, source }),
    }
}

impl PendingErasure {
    /// Returns the manifest to read: the one without the records, or one that has grown from it.
    pub(in crate::archive) fn manifest(
        &self,
        folder: &Path,
        current: Option<&str>,
    ) -> Result<Manifest, ArchiveError> {
        if let Some(current) = current.filter(|current| **current != self.manifest) {
            let newest = manifest::read(folder, current)?;
            if newest.has_grown_from(Some(&self.manifest)) {
                return Ok(newest);
            }
        }
        manifest::read_prepared(folder, &self.manifest)
    }
}

impl Archive {
    /// Returns the erasure that is not complete; `None` if there is none.
    ///
    /// # Errors
    /// If the marker is damaged or cannot be read.
    pub fn pending_erasure(&self) -> Result<Option<PendingErasure>, ArchiveError> {
        pending(&self.folder)
    }

    /// Writes the archive without the planned rows, and then the marker. From then on the archive is the one without them.
    ///
    /// # Errors
    /// If a file is damaged or cannot be written.
    ///
    /// # Panics
    /// If nothing is planned, or the archive is open for reading.
    pub fn begin_erasure(
        &mut self,
        plan: &ErasurePlan,
        tombstone: Tombstone,
        (out, is_replayed): (&Path, bool),
        judgements: ConcernedJudgements,
    ) -> Result<PendingErasure, ArchiveError> {
        assert!(self.lock.is_some(), "an erasure needs the lock");
        let earliest = plan.earliest.expect("a plan that removes something");
        let manifest = self.write_without(plan)?;
        let out = std::path::absolute(out).unwrap_or_else(|_| out.to_owned()).to_string_lossy().into_owned();
        let pending = PendingErasure { tombstone, manifest, out, earliest, is_replayed, judgements };
        let text = serde_json::to_vec(&pending).expect("an erasure is plain data");
        store::write_whole(&marker(&self.folder), &text)?;
        self.manifest = manifest::read_prepared(&self.folder, &pending.manifest)?;
        Ok(pending)
    }

    /// Moves the pointers to the archive without the records, and removes the files that nothing names any more, and the
    /// texts of judgements. A second call changes nothing.
    ///
    /// # Errors
    /// If a file is damaged, or cannot be written or removed.
    pub fn clear_erased(&mut self, pending: &PendingErasure) -> Result<(), ArchiveError> {
        let folder = self.folder.clone();
        store::move_pointer(&folder, &self.manifest.bytes())?;
        let newest = self.manifest.digest();
        let named: BTreeSet<String> = self.named_digests().into_iter().map(str::to_owned).collect();
        for (part, is_named) in [
            ("manifests", &(|digest: &str| digest == newest) as &dyn Fn(&str) -> bool),
            ("segments", &|digest| named.contains(digest)),
            ("lists", &|digest| named.contains(digest)),
        ] {
            for path in store::files(&folder.join(part)) {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if !is_named(name.split('.').next().unwrap_or_default()) {
                    store::remove(&path)?;
                }
            }
        }
        self.remove_needless_held()?;
        self.remove_explained();
        let ConcernedJudgements { removed, cleaned, identifiers, .. } = &pending.judgements;
        judgements::rewrite(&folder, |judgement| {
            let id = judgement.id();
            let is_withdrawal_of_removed =
                || judgement.other_id.as_ref().is_some_and(|other| removed.contains(other));
            if removed.contains(&id) || is_withdrawal_of_removed() {
                None
            } else if cleaned.contains(&id) {
                Some(without_texts(judgement, id, identifiers))
            } else {
                Some(judgement)
            }
        })
    }

    /// Removes some judgements, and the judgements that withdraw them.
    ///
    /// # Errors
    /// If the file is damaged or cannot be written.
    pub fn remove_judgements(&self, removed: &BTreeSet<String>) -> Result<(), ArchiveError> {
        judgements::rewrite(&self.folder, |judgement| {
            let is_named = judgement.other_id.as_ref().is_some_and(|other| removed.contains(other));
            (!removed.contains(&judgement.id()) && !is_named).then_some(judgement)
        })
    }

    /// Writes the tombstone and removes the marker. Everything else must be done before.
    ///
    /// # Errors
    /// If a file is damaged, or cannot be written or removed.
    pub fn end_erasure(&self, pending: &PendingErasure) -> Result<(), ArchiveError> {
        tombstones::append(&self.folder, &pending.tombstone)?;
        // A removed file must not be back after a loss of power, when the marker is gone.
        for part in ["manifests", "segments", "lists", store::RUN_STATE, store::EXPLAINED, store::HELD] {
            let part = self.folder.join(part);
            if store::may_exist(&part) {
                store::flush(&part)?;
            }
        }
        store::flush(&self.folder)?;
        store::remove(&marker(&self.folder))?;
        store::flush(&self.folder)
    }
}

/// Digest of an identifier in a judgement.
pub(super) fn identifier_digest(text: &str) -> String {
    blake3::Hasher::new_derive_key("araneus 2026-11-30 erased identifier")
        .update(text.as_bytes())
        .finalize()
        .to_hex()[..32]
        .to_owned()
}

impl ConcernedJudgements {
    /// Adds an identifier that no record names any more.
    pub fn add_identifier(&mut self, text: &str) {
        self.identifiers.insert(identifier_digest(text));
    }
}

/// Returns a judgement without its texts and without some identifiers. It keeps its id, which a withdrawal may name.
fn without_texts(judgement: Judgement, id: String, identifiers: &BTreeSet<String>) -> Judgement {
    let kept = |side: Vec<String>| {
        side.into_iter().filter(|text| !identifiers.contains(&identifier_digest(text))).collect()
    };
    Judgement {
        judgement_id: Some(id),
        reason: String::new(),
        note: None,
        identifiers: judgement.identifiers.into_iter().map(kept).collect(),
        ..judgement
    }
}
