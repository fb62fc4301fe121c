//! Check of the audit log: every entry is the one that was written there.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use super::{Head, StoredEntry, bytes_of, digest, head_path, log_path};
use crate::archive::store::{self, ArchiveError};

/// Checks the log up to a head, and gives each entry to `give`. `heads` has the head twice during a write.
pub(super) fn check(
    folder: &Path,
    heads: &[Head],
    head: &Head,
    give: &mut dyn FnMut(StoredEntry),
) -> Result<(), ArchiveError> {
    let path = log_path(folder);
    let bytes = bytes_of(&path)?;
    // Entries that a killed process did not write whole do not count.
    let unfinished = heads.iter().map(|head| head.bytes).max().filter(|_| heads.len() == 2);
    let end = if unfinished.is_some_and(|longest| bytes <= longest) { bytes.min(head.bytes) } else { bytes };
    if is_whole(&path, end, head, give).map_err(store::disk("read", &path))? {
        return Ok(());
    }
    let lines = lines(&path, end).map_err(store::disk("read", &path))?;
    Err(match locate(&lines, head) {
        Some((position, what)) => ArchiveError::AuditEntry { path, position, what },
        None => ArchiveError::Damaged { path: head_path(folder), what: "does not fit the audit log" },
    })
}

fn reader(path: &Path, end: u64) -> io::Result<Box<dyn BufRead>> {
    match File::open(path) {
        Ok(file) => Ok(Box::new(BufReader::with_capacity(1 << 20, file.take(end)))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Box::new(io::empty())),
        Err(error) => Err(error),
    }
}

/// Returns whether every entry follows from the one before it, and the last one is that of the head.
fn is_whole(path: &Path, end: u64, head: &Head, give: &mut dyn FnMut(StoredEntry)) -> io::Result<bool> {
    let mut reader = reader(path, end)?;
    let (mut line, mut bytes, mut entries, mut before) = (Vec::new(), 0, 0, digest(&[]));
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        bytes += line.len() as u64;
        let Some(text) = line.strip_suffix(b"\n") else { return Ok(false) };
        let Ok(entry) = serde_json::from_slice::<StoredEntry>(text) else { return Ok(false) };
        entries += 1;
        if entry.position != entries || entry.previous != before {
            return Ok(false);
        }
        before = digest(text);
        give(entry);
    }
    Ok(entries == head.entries && bytes == head.bytes && before == head.digest)
}

/// A line of the log.
struct Line {
    digest: String,
    /// Position and digest of the entry before; `None` for a line that cannot be read.
    claims: Option<(u64, String)>,
}

fn lines(path: &Path, end: u64) -> io::Result<Vec<Line>> {
    let mut reader = reader(path, end)?;
    let mut lines = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Ok(lines);
        }
        let is_ended = line.ends_with(b"\n");
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let entry = serde_json::from_slice::<StoredEntry>(text).ok().filter(|_| is_ended);
        let digest = if is_ended { digest(text) } else { String::new() };
        lines.push(Line { digest, claims: entry.map(|entry| (entry.position, entry.previous)) });
    }
}

/// Finds the wrong entry: the last one that its successor, or the head, does not name. Returns its position and what is
/// wrong; `None` if every entry follows from the head.
fn locate(lines: &[Line], head: &Head) -> Option<(u64, &'static str)> {
    let (mut position, mut expected) = (head.entries, head.digest.as_str());
    for (index, line) in lines.iter().enumerate().rev() {
        let number = index as u64 + 1;
        let claims = line.claims.as_ref();
        if line.digest == expected && claims.is_some_and(|(claimed, _)| *claimed == position) {
            let Some((_, previous)) = claims else { continue };
            (position, expected) = (position - 1, previous);
            continue;
        }
        if number > position {
            return Some((number, "was inserted or moved"));
        }
        let claimed = claims.map(|(claimed, _)| *claimed);
        if number < position {
            let last = claimed.filter(|claimed| *claimed < position).unwrap_or(number);
            return Some((last + 1, "is missing"));
        }
        let is_other = claimed.is_some_and(|claimed| claimed != position);
        return Some((position, if is_other { "was altered or moved" } else { "was altered" }));
    }
    if position > 0 { Some((1, "is missing")) } else { None }
}

#[cfg(test)]
mod tests;
