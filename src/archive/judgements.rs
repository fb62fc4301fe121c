//! Judgements in the archive: one file of JSON lines that only grows.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    Archive,
    store::{self, Access, ArchiveError},
};
use crate::judgement::Judgement;

fn path(folder: &Path) -> PathBuf {
    folder.join("judgements.jsonl")
}

fn seal_path(folder: &Path) -> PathBuf {
    folder.join("judgements.seal")
}

/// Returns the text of all judgements, after a check of its seal; empty if there are none.
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
        Err(ArchiveError::Damaged { path, what: "is missing, or was changed after it was written" })
    }
}

fn digest(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

/// Writes the text of all judgements. During the write the seal has the digests of both texts, so that the file
/// matches its seal after a kill.
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
    /// Returns whether a folder has judgements. They remain after the only run was undone.
    pub fn keeps_judgements(folder: &Path) -> bool {
        store::may_exist(&path(folder))
    }

    /// Returns every judgement, in order of recorded time.
    ///
    /// # Errors
    /// If the file of judgements is damaged or cannot be read.
    pub fn judgements(&self) -> Result<Vec<Judgement>, ArchiveError> {
        let path = path(&self.folder);
        let text = text(&self.folder)?;
        let lines: Result<Vec<Judgement>, _> = text.lines().map(serde_json::from_str).collect();
        let mut judgements = lines.map_err(|_| ArchiveError::Damaged {
            path,
            what: "has a line that cannot be read as a judgement",
        })?;
        judgements.sort_by(|a, b| order(a).cmp(&order(b)));
        Ok(judgements)
    }
}

fn order(judgement: &Judgement) -> impl Ord {
    let Judgement { recorded_at, subject_id, by, value, reason, .. } = judgement;
    (*recorded_at, subject_id, by, *value, reason)
}

/// Adds judgements to an archive, except those that it has already. Returns the number of added judgements.
///
/// # Errors
/// If the archive is locked or damaged, or a file cannot be written.
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
