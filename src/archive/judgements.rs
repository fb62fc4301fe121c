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

fn seal_path(folder: &Path) -> PathBuf {
    folder.join("judgements.seal")
}

/// Returns the text of all judgements, which must be as it was written; empty where there are none.
fn text(folder: &Path) -> Result<String, ArchiveError> {
    let path = path(folder);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(store::disk("read", &path)(error)),
    };
    let seal = match fs::read_to_string(seal_path(folder)) {
        Ok(seal) => seal,
        Err(error) if error.kind() == io::ErrorKind::NotFound && text.is_empty() => return Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(store::disk("read", &seal_path(folder))(error)),
    };
    let digest = digest(&text);
    if seal.lines().any(|sealed| sealed == digest) {
        Ok(text)
    } else {
        Err(ArchiveError::Damaged { path, what: "is missing, or was altered since it was written" })
    }
}

fn digest(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

/// Writes the text of all judgements. While it is written the seal names both texts, so that a kill leaves one
/// that is sealed.
fn write_text(folder: &Path, before: &str, text: &str) -> Result<(), ArchiveError> {
    let seal = |texts: &[&str]| {
        let digests: Vec<String> = texts.iter().map(|text| digest(text)).collect();
        store::write_whole(&seal_path(folder), digests.join("\n").as_bytes())
    };
    seal(&[before, text])?;
    store::write_whole(&path(folder), text.as_bytes())?;
    seal(&[text])
}

impl Archive {
    /// Returns whether a folder keeps judgements, also those that are left of an archive without runs.
    pub fn keeps_judgements(folder: &Path) -> bool {
        store::may_exist(&path(folder))
    }

    /// Returns every judgement, in order of time.
    pub fn judgements(&self) -> Result<Vec<Judgement>, ArchiveError> {
        let path = path(&self.folder);
        let text = text(&self.folder)?;
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
    let before = text(folder)?;
    let mut text = before.clone();
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
        write_text(folder, &before, &text)?;
    }
    Ok(added)
}
