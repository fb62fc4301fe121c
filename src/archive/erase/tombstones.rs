//! Tombstones: one line for each erasure, and one for the end of its block. A line has digests and counts, never values.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::plan::{ErasurePlan, Selector};
use crate::{
    archive::{
        Archive,
        store::{self, ArchiveError},
    },
    time::Moment,
};

/// Numbers of what an erasure removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureCounts {
    /// Records by source.
    pub records: BTreeMap<String, u64>,
    /// Rejected objects.
    pub rejects: u64,
    /// Deliveries of which nothing is left.
    pub deliveries: u64,
    /// Judgements that were removed or lost their texts.
    pub judgements: u64,
    /// Folders of runs that were removed.
    pub runs: u64,
}

/// Facts about an erasure that stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// Id of the erasure.
    pub id: String,
    /// Time of the erasure.
    pub erased_at: Moment,
    /// Person who erased; `retention` if an agreement ended.
    pub by: String,
    /// Reason, as the person wrote it.
    pub reason: String,
    /// Kinds of selection: `id`, `record`, `source`, `delivery` or `retention`.
    pub kinds: BTreeSet<String>,
    /// Sources that had something that was removed.
    pub sources: BTreeSet<String>,
    /// Digests of source and id of the objects whose later deliveries are rejected.
    pub objects: BTreeSet<String>,
    /// Ids of the records whose later deliveries are rejected.
    pub records: BTreeSet<String>,
    /// Numbers of what was removed.
    pub counts: ErasureCounts,
}

/// End of the block of an erasure: its objects may be delivered again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lift {
    /// Id of the erasure.
    pub erasure: String,
    /// Time of the decision.
    pub lifted_at: Moment,
    /// Person who decided.
    pub by: String,
    /// Reason, as the person wrote it.
    pub reason: String,
}

/// One line of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "lowercase")]
enum Entry {
    Erasure(Tombstone),
    Lift(Lift),
}

/// Beginning of the id of an erasure.
const ID_PREFIX: &str = "erasure-";
/// Digits of an id.
const ID_DIGITS: usize = 20;

impl Tombstone {
    /// Returns the tombstone of a plan.
    pub fn of(plan: &ErasurePlan, erased_at: Moment, by: &str, reason: &str) -> Self {
        let objects: BTreeSet<String> =
            plan.blocked.iter().map(|(source, id)| object_digest(source, id)).collect();
        let records: BTreeSet<String> = plan.blocked_records.iter().map(ToString::to_string).collect();
        let kinds: BTreeSet<String> =
            plan.selectors.iter().map(|selector| selector.kind().to_owned()).collect();
        let mut hasher = blake3::Hasher::new_derive_key("araneus 2026-11-30 erasure");
        let (time, removed) = (erased_at.to_string(), plan.records.iter().map(ToString::to_string));
        let parts = [time, by.to_owned(), reason.to_owned()];
        for part in
            parts.into_iter().chain(kinds.iter().cloned()).chain(objects.iter().cloned()).chain(removed)
        {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let id = format!("{ID_PREFIX}{}", &hasher.finalize().to_hex()[..ID_DIGITS]);
        let counts = ErasureCounts {
            records: plan.by_source.clone(),
            rejects: plan.rejects,
            deliveries: plan.deliveries,
            ..ErasureCounts::default()
        };
        let (by, reason) = (by.to_owned(), reason.to_owned());
        let sources = plan.sources.clone();
        Self { id, erased_at, by, reason, kinds, sources, objects, records, counts }
    }
}

/// Digest of the source and an id of an object.
pub(super) fn object_digest(source: &str, id: &str) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("araneus 2026-11-30 id of an erased object");
    hasher.update(&(source.len() as u64).to_le_bytes());
    hasher.update(source.as_bytes());
    hasher.update(id.as_bytes());
    hasher.finalize().to_hex()[..32].to_owned()
}

fn path(folder: &Path) -> PathBuf {
    folder.join("erasures.jsonl")
}

fn seal_path(folder: &Path) -> PathBuf {
    folder.join("erasures.seal")
}

fn digest(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

/// Returns the text of the file, after a check of its seal; empty if there is none.
fn text(folder: &Path) -> Result<String, ArchiveError> {
    let read = |path: PathBuf| match fs::read_to_string(&path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(source) => Err(ArchiveError::Disk { doing: "read", path, source }),
    };
    let (text, seal) = (read(path(folder))?, read(seal_path(folder))?);
    let is_sealed = seal.lines().any(|line| line == digest(&text)) || (text.is_empty() && seal.is_empty());
    let damaged = || ArchiveError::Damaged {
        path: path(folder),
        what: "is missing, or was changed after it was written",
    };
    is_sealed.then_some(text).ok_or_else(damaged)
}

fn entries(folder: &Path) -> Result<Vec<Entry>, ArchiveError> {
    let entries: Result<Vec<Entry>, _> = text(folder)?.lines().map(serde_json::from_str).collect();
    entries.map_err(|_| ArchiveError::Damaged {
        path: path(folder),
        what: "has a line that cannot be read as an erasure",
    })
}

/// Appends a line. During the write the seal has the digests of both texts, so that the file matches its seal after a kill.
fn append_entry(folder: &Path, entry: &Entry) -> Result<(), ArchiveError> {
    let before = text(folder)?;
    let line = serde_json::to_string(entry).expect("an erasure is plain data");
    let after = format!("{before}{line}\n");
    let seal = |texts: &[&str]| {
        let digests: Vec<String> = texts.iter().map(|text| digest(text)).collect();
        store::write_whole(&seal_path(folder), digests.join("\n").as_bytes())
    };
    seal(&[&before, &after])?;
    store::write_whole(&path(folder), after.as_bytes())?;
    seal(&[&after])
}

/// Appends a tombstone, unless the file contains that erasure. The caller holds the lock of the archive.
pub(super) fn append(folder: &Path, tombstone: &Tombstone) -> Result<(), ArchiveError> {
    let is_same = |entry: &Entry| matches!(entry, Entry::Erasure(known) if known.id == tombstone.id);
    if entries(folder)?.iter().any(is_same) {
        return Ok(());
    }
    append_entry(folder, &Entry::Erasure(tombstone.clone()))
}

/// Appends the end of a block. The caller holds the lock of the archive.
pub fn lift(folder: &Path, lift: &Lift) -> Result<(), ArchiveError> {
    append_entry(folder, &Entry::Lift(lift.clone()))
}

impl Archive {
    /// Returns every erasure with the end of its block, in the order in which they were decided.
    ///
    /// # Errors
    /// If the file is damaged or cannot be read.
    pub fn erasures(&self) -> Result<Vec<(Tombstone, Option<Lift>)>, ArchiveError> {
        let mut erasures: Vec<(Tombstone, Option<Lift>)> = Vec::new();
        for entry in entries(&self.folder)? {
            match entry {
                Entry::Erasure(tombstone) => erasures.push((tombstone, None)),
                Entry::Lift(lift) => {
                    let lifted = erasures.iter_mut().filter(|(known, _)| known.id == lift.erasure);
                    lifted.for_each(|(_, end)| *end = Some(lift.clone()));
                }
            }
        }
        Ok(erasures)
    }
}

impl Selector {
    /// Returns whether a later delivery of the objects is rejected.
    pub fn blocks(&self) -> bool {
        matches!(self, Self::Id { .. } | Self::Record(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Access;

    /// Lines as the first version with erasures wrote them.
    const LINES: &str = r#"{"entry":"erasure","id":"erasure-0123456789abcdef0123","erased_at":"2026-11-30T04:00:00Z","by":"ana","reason":"request 17","kinds":["id"],"sources":["feed"],"objects":["00112233445566778899aabbccddeeff"],"records":[],"counts":{"records":{"feed":1},"rejects":0,"deliveries":1,"judgements":0,"runs":2}}
{"entry":"lift","erasure":"erasure-0123456789abcdef0123","lifted_at":"2026-12-01T04:00:00Z","by":"ben","reason":"a mistake"}
"#;

    #[test]
    fn lines_of_the_first_version_stay_readable_and_a_changed_file_is_damaged() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(path(folder.path()), LINES).expect("a file");
        fs::write(seal_path(folder.path()), digest(LINES)).expect("a file");
        let archive = Archive::open(folder.path(), Access::Read).expect("an empty archive");
        let erasures = archive.erasures().expect("readable");
        assert_eq!(erasures.len(), 1);
        assert_eq!(erasures[0].1.as_ref().map(|lift| lift.by.as_str()), Some("ben"));
        assert!(archive.blocks().expect("readable").is_empty(), "the block has ended");
        append(folder.path(), &erasures[0].0).expect("known already");
        assert_eq!(fs::read_to_string(path(folder.path())).expect("text"), LINES);
        fs::write(path(folder.path()), LINES.replace("feed", "food")).expect("a file");
        assert!(matches!(archive.erasures(), Err(ArchiveError::Damaged { .. })));
        fs::remove_file(path(folder.path())).expect("removed");
        assert!(matches!(archive.erasures(), Err(ArchiveError::Damaged { .. })));
    }

    #[test]
    fn digests_separate_source_and_id() {
        assert_ne!(object_digest("ab", "c"), object_digest("a", "bc"));
        assert_eq!(object_digest("ab", "c").len(), 32);
    }
}
