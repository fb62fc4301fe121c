//! Judgements in the archive: one file of JSON lines that only grows.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::{
    Archive,
    audit::{self, Action, Entry, Subject},
    store::{self, Access, ArchiveError},
};
use crate::judgement::{Judgement, Kind};

fn path(folder: &Path) -> PathBuf {
    folder.join("judgements.jsonl")
}

fn seal_path(folder: &Path) -> PathBuf {
    folder.join("judgements.seal")
}

fn lock_path(folder: &Path) -> PathBuf {
    folder.join("judgements.lock")
}

/// Takes the lock of judgements for writing, and waits for it. The lock is not the one of a run, so that a verdict is
/// stored at once while a run works. Each holder keeps it for one write only, and the system releases it after a kill.
fn lock_for_write(folder: &Path) -> Result<File, ArchiveError> {
    let path = lock_path(folder);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(store::disk("open", &path))?;
    file.lock().map_err(store::disk("lock", &path))?;
    Ok(file)
}

/// Takes the lock of judgements for reading; `None` if no judgement was written under a lock yet.
fn lock_for_read(folder: &Path) -> Result<Option<File>, ArchiveError> {
    let path = lock_path(folder);
    match File::open(&path) {
        Ok(file) => {
            file.lock_shared().map_err(store::disk("lock", &path))?;
            Ok(Some(file))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(store::disk("open", &path)(error)),
    }
}

/// Returns the text of all judgements, after a check of its seal; empty if there are none.
fn text(folder: &Path) -> Result<String, ArchiveError> {
    let lock = lock_for_read(folder)?;
    match text_unlocked(folder) {
        // The first writer may have made the lock and both files since.
        Err(ArchiveError::Damaged { .. }) if lock.is_none() && store::may_exist(&lock_path(folder)) => {
            let _lock = lock_for_read(folder)?;
            text_unlocked(folder)
        }
        text => text,
    }
}

/// Returns the text of all judgements; the caller holds the lock.
fn text_unlocked(folder: &Path) -> Result<String, ArchiveError> {
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

/// Changes or removes judgements. `change` returns the judgement that stays. Lines that stay equal keep their bytes.
pub(super) fn rewrite(
    folder: &Path,
    change: impl Fn(Judgement) -> Option<Judgement>,
) -> Result<(), ArchiveError> {
    if !Archive::keeps_judgements(folder) {
        return Ok(());
    }
    let _lock = lock_for_write(folder)?;
    let before = text_unlocked(folder)?;
    let mut after = String::with_capacity(before.len());
    for line in before.lines() {
        let judgement: Judgement = serde_json::from_str(line).map_err(|_| unreadable_line(folder))?;
        match change(judgement.clone()) {
            None => continue,
            Some(changed) if changed == judgement => after.push_str(line),
            Some(changed) => {
                after.push_str(&serde_json::to_string(&changed).expect("a judgement is plain data"));
            }
        }
        after.push('\n');
    }
    // A process that was killed during the write can leave the digest of the text before.
    let is_sealed = fs::read_to_string(seal_path(folder)).is_ok_and(|seal| seal == digest(&before));
    if after == before && is_sealed { Ok(()) } else { write_text(folder, &before, &after) }
}

fn unreadable_line(folder: &Path) -> ArchiveError {
    ArchiveError::Damaged { path: path(folder), what: "has a line that cannot be read as a judgement" }
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
        parse(&self.folder, &text(&self.folder)?)
    }
}

/// Reads judgements, and orders them by recorded time.
fn parse(folder: &Path, text: &str) -> Result<Vec<Judgement>, ArchiveError> {
    let lines: Result<Vec<Judgement>, _> = text.lines().map(serde_json::from_str).collect();
    let mut judgements = lines.map_err(|_| unreadable_line(folder))?;
    judgements.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(judgements)
}

fn order(judgement: &Judgement) -> impl Ord {
    let Judgement { recorded_at, subject_id, by, value, reason, .. } = judgement;
    (*recorded_at, subject_id, by, *value, reason)
}

/// Returns the entry of the audit log for a judgement.
fn audit_entry(judgement: &Judgement) -> Entry {
    let mut subjects = vec![Subject::Judgement(judgement.id())];
    if judgement.kind == Kind::Flag {
        subjects.push(Subject::Flag(judgement.subject_id.clone()));
    }
    Entry { action: Action::Judged, by: judgement.by.clone(), audience: judgement.audience.clone(), subjects }
}

/// Adds judgements to an archive, except those that it has already. Returns the number of added judgements.
///
/// A run that works at the same time does not matter: it reads judgements once, before its analysis.
///
/// # Errors
/// If the archive is damaged, or a file cannot be written.
pub fn add_judgements(folder: &Path, judgements: &[Judgement]) -> Result<usize, ArchiveError> {
    let mut added = 0;
    append(folder, |known| {
        let mut new: Vec<Judgement> = Vec::new();
        for judgement in judgements {
            if !known.contains(judgement) && !new.contains(judgement) {
                new.push(judgement.clone());
            }
        }
        added = new.len();
        Ok::<_, std::convert::Infallible>(new)
    })?
    .unwrap_or_default();
    Ok(added)
}

/// Appends the judgements that `decide` makes from all earlier ones, in order of recorded time. No other process appends
/// in between. When the function returns, the judgements are on disk. `Err` inside is the answer of `decide`.
///
/// # Errors
/// If the archive is damaged, or a file cannot be written.
pub fn append<E>(
    folder: &Path,
    decide: impl FnOnce(&[Judgement]) -> Result<Vec<Judgement>, E>,
) -> Result<Result<Vec<Judgement>, E>, ArchiveError> {
    // A damaged archive, or one of another version, takes no judgement.
    Archive::open(folder, Access::Read)?;
    let _lock = lock_for_write(folder)?;
    let before = text_unlocked(folder)?;
    let new = match decide(&parse(folder, &before)?) {
        Ok(new) => new,
        Err(error) => return Ok(Err(error)),
    };
    if !new.is_empty() {
        let mut text = before.clone();
        for judgement in &new {
            text.push_str(&serde_json::to_string(judgement).expect("a judgement is plain data"));
            text.push('\n');
        }
        audit::append(folder, &new.iter().map(audit_entry).collect::<Vec<_>>())?;
        write_text(folder, &before, &text)?;
    }
    Ok(Ok(new))
}
