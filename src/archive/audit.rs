//! Audit log: who did what, when, and for which audience. It has ids and digests, and never values, free text or paths.
//!
//! ```text
//! STATE/audit.jsonl   one entry in each line; lines are only appended
//! STATE/audit.head    number of entries, bytes of the log, digest of the last entry; during a write of the old and the new log
//! STATE/audit.lock    held while the log is read or written; not the lock of a run
//! ```
//! Each entry has the digest of the entry before it, so that no entry can be changed, removed or inserted without a
//! trace; the head finds a cut end. An entry is on disk before its action begins. So a killed process can leave an entry
//! whose action did not happen, which the state shows, but no action without an entry.

mod check;
mod entry;

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

pub use entry::{Action, Entry, StoredEntry, Subject};

use super::store::{self, ArchiveError};
use crate::time::Moment;

/// Name of a person who is not known, as where the system names no user.
pub const UNKNOWN: &str = "unknown";

/// Longest entry in bytes. A longer list of subjects is replaced by its digest.
const ENTRY_MAX: usize = 60_000;

/// End of a log: what its last entry must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of entries.
    pub entries: u64,
    /// Bytes of the log.
    bytes: u64,
    /// Digest of the last entry; of the empty text if there is none.
    pub digest: String,
}

impl Head {
    /// Returns the head of a log without entries.
    fn of_empty() -> Self {
        Self { entries: 0, bytes: 0, digest: digest(&[]) }
    }

    fn line(&self) -> String {
        format!("{} {} {}\n", self.entries, self.bytes, self.digest)
    }

    /// Returns whether the last line of the first bytes of a log is the last entry.
    fn ends(&self, path: &Path) -> Result<bool, ArchiveError> {
        if self.bytes == 0 {
            return Ok(*self == Self::of_empty());
        }
        let begin = self.bytes.saturating_sub(2 * ENTRY_MAX as u64);
        let mut tail = Vec::new();
        let read = File::open(path).and_then(|mut file| {
            file.seek(SeekFrom::Start(begin))?;
            file.take(self.bytes - begin).read_to_end(&mut tail)
        });
        read.map_err(store::disk("read", path))?;
        let line = tail.strip_suffix(b"\n").unwrap_or(&tail);
        let line = line.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let entry: Option<StoredEntry> = serde_json::from_slice(line).ok();
        Ok(digest(line) == self.digest && entry.is_some_and(|entry| entry.position == self.entries))
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let head = Self {
            entries: words.next()?.parse().ok()?,
            bytes: words.next()?.parse().ok()?,
            digest: words.next()?.to_owned(),
        };
        words.next().is_none().then_some(head)
    }
}

fn digest(line: &[u8]) -> String {
    blake3::hash(line).to_hex().to_string()
}

fn log_path(folder: &Path) -> PathBuf {
    folder.join("audit.jsonl")
}

fn head_path(folder: &Path) -> PathBuf {
    folder.join("audit.head")
}

fn lock_path(folder: &Path) -> PathBuf {
    folder.join("audit.lock")
}

fn lock_for_write(folder: &Path) -> Result<File, ArchiveError> {
    let path = lock_path(folder);
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(store::disk("open", &path))?;
    file.lock().map_err(store::disk("lock", &path))?;
    Ok(file)
}

/// Takes the lock for reading; `None` if nothing was written yet.
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

/// Reads the head: one, or during a write the old and the new one.
fn heads(folder: &Path) -> Result<Vec<Head>, ArchiveError> {
    let path = head_path(folder);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![Head::of_empty()]),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => String::new(),
        Err(error) => return Err(store::disk("read", &path)(error)),
    };
    match text.lines().map(Head::parse).collect::<Option<Vec<Head>>>() {
        Some(heads) if matches!(heads.len(), 1 | 2) => Ok(heads),
        _ => Err(ArchiveError::Damaged { path, what: "cannot be read as the head of the audit log" }),
    }
}

fn bytes_of(path: &Path) -> Result<u64, ArchiveError> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(metadata.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(store::disk("read", path)(error)),
    }
}

/// Returns the head that is in force: of two, the new one if its entries were written whole. The caller holds the lock.
fn head_in_force(folder: &Path) -> Result<Head, ArchiveError> {
    let heads = heads(folder)?;
    if let [old, new] = &heads[..] {
        let path = log_path(folder);
        let is_written = bytes_of(&path)? == new.bytes && new.ends(&path)?;
        return Ok(if is_written { new.clone() } else { old.clone() });
    }
    Ok(heads.into_iter().next().unwrap_or_else(Head::of_empty))
}

/// Appends entries, in their order, with the time of the clock. When the function returns, they are on disk; only then may
/// the action begin.
///
/// # Errors
/// If the log is damaged or cannot be written.
#[expect(
    clippy::disallowed_methods,
    reason = "an entry has the time of the clock, whatever the as-of time is"
)]
pub fn append(folder: &Path, entries: &[Entry]) -> Result<(), ArchiveError> {
    append_at(folder, entries, Moment::from_micros(jiff::Timestamp::now().as_microsecond()))
}

fn append_at(folder: &Path, entries: &[Entry], now: Moment) -> Result<(), ArchiveError> {
    if entries.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(store::disk("make", folder))?;
    let _lock = lock_for_write(folder)?;
    let old = settled(folder)?;
    let (mut new, mut text) = (old.clone(), Vec::new());
    for entry in entries {
        let line = line(entry, &new, now);
        new = Head {
            entries: new.entries + 1,
            bytes: new.bytes + line.len() as u64 + 1,
            digest: digest(line.as_bytes()),
        };
        text.extend(line.into_bytes());
        text.push(b'\n');
    }
    store::write_whole(&head_path(folder), (old.line() + &new.line()).as_bytes())?;
    let path = log_path(folder);
    let file = File::options().create(true).append(true).open(&path);
    let written = file.and_then(|mut file| {
        file.write_all(&text)?;
        file.sync_all()
    });
    written.map_err(store::disk("write", &path))?;
    if old.bytes == 0 {
        // The name of a new file must be on disk before the head counts on it.
        store::flush(folder)?;
    }
    store::write_whole(&head_path(folder), new.line().as_bytes())
}

/// Removes entries that a killed process did not write whole, and returns the head. The caller holds the lock for writing.
fn settled(folder: &Path) -> Result<Head, ArchiveError> {
    let path = log_path(folder);
    let (heads, head, bytes) = (heads(folder)?, head_in_force(folder)?, bytes_of(&path)?);
    let is_torn = heads.len() == 2 && bytes > head.bytes && bytes <= heads[1].bytes;
    if is_torn {
        let cut = File::options().write(true).open(&path).and_then(|file| {
            file.set_len(head.bytes)?;
            file.sync_all()
        });
        cut.map_err(store::disk("write", &path))?;
    } else if bytes != head.bytes || !head.ends(&path)? {
        // The check finds the wrong entry.
        check::check(folder, &heads, &head, &mut |_| {})?;
    }
    Ok(head)
}

/// Returns the line of an entry. A subject without the form of an id is replaced by its digest, so that no value
/// enters the log.
fn line(entry: &Entry, before: &Head, now: Moment) -> String {
    let plain = |subject: &Subject| {
        if subject.is_plain() {
            subject.clone()
        } else {
            Subject::Digest(digest(subject.parts().1.as_bytes()))
        }
    };
    let mut stored = StoredEntry {
        position: before.entries + 1,
        recorded_at: now,
        action: entry.action,
        by: entry.by.chars().filter(|letter| !letter.is_control()).take(200).collect(),
        audience: entry.audience.clone(),
        subjects: entry.subjects.iter().map(plain).collect(),
        previous: before.digest.clone(),
    };
    let text = |stored: &StoredEntry| serde_json::to_string(stored).expect("an entry is plain data");
    let line = text(&stored);
    if line.len() <= ENTRY_MAX {
        return line;
    }
    let listed = serde_json::to_string(&stored.subjects).expect("subjects are plain data");
    stored.subjects = vec![Subject::Digest(digest(listed.as_bytes()))];
    text(&stored)
}

/// Returns the subjects of exported files: their digests, or one digest of many.
pub fn file_subjects(mut digests: Vec<String>) -> Vec<Subject> {
    const LISTED: usize = 100;
    if digests.len() <= LISTED {
        return digests.into_iter().map(Subject::File).collect();
    }
    digests.sort();
    vec![Subject::Files(digest((digests.join("\n") + "\n").as_bytes()))]
}

/// Returns whether a state has an audit log.
pub fn exists(folder: &Path) -> bool {
    store::may_exist(&head_path(folder)) || store::may_exist(&log_path(folder))
}

/// Checks every entry of the log, and gives each to `give` in order. Returns the head.
///
/// # Errors
/// If an entry is missing, altered or not in its place; the error has its position. The entries given before it may be wrong.
pub fn read(folder: &Path, give: &mut dyn FnMut(StoredEntry)) -> Result<Head, ArchiveError> {
    let _lock = lock_for_read(folder)?;
    let head = head_in_force(folder)?;
    check::check(folder, &heads(folder)?, &head, give)?;
    Ok(head)
}
