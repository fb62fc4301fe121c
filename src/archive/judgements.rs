//! Judgements kept: one file of JSON lines, to which is only added.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{Access, Archive, ArchiveError, store};
use crate::judgement::Judgement;

fn path(folder: &Path) -> PathBuf {
    folder.join("judgements.jsonl")
}

impl Archive {
    /// Returns whether a folder keeps judgements, also those that are left of an archive without runs.
    pub fn keeps_judgements(folder: &Path) -> bool {
        store::may_exist(&path(folder))
    }

    /// Returns every judgement, in order of time.
    pub fn judgements(&self) -> Result<Vec<Judgement>, ArchiveError> {
        let path = path(&self.folder);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(ArchiveError::Disk { doing: "read", path, source }),
        };
        let read: Result<Vec<Judgement>, _> = text.lines().map(serde_json::from_str).collect();
        let mut judgements =
            read.map_err(|_| ArchiveError::Damaged { path, what: "holds a line that is no judgement" })?;
        judgements.sort_by(|a, b| {
            (a.told, &a.subject_id, &a.by, a.value, &a.reason).cmp(&(
                b.told,
                &b.subject_id,
                &b.by,
                b.value,
                &b.reason,
            ))
        });
        Ok(judgements)
    }
}

/// Adds judgements to an archive; those that stand there already are not added again. Returns
/// how many were added.
pub fn add_judgements(folder: &Path, judgements: &[Judgement]) -> Result<usize, ArchiveError> {
    let archive = Archive::open(folder, Access::Write)?;
    let mut known = archive.judgements()?;
    let path = path(folder);
    let mut text = fs::read_to_string(&path).unwrap_or_default();
    let mut added = 0;
    for judgement in judgements {
        if known.contains(judgement) {
            continue;
        }
        text.push_str(&serde_json::to_string(judgement).expect("a judgement is plain data"));
        text.push('\n');
        known.push(judgement.clone());
        added += 1;
    }
    if added > 0 {
        store::write_whole(&path, text.as_bytes())?;
    }
    Ok(added)
}
