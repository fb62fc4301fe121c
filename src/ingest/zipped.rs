//! Zip archives: each member is a file of its own, read as if it stood in a folder.
//!
//! All members together may unpack to what one compressed file may. An archive within an archive
//! is not opened.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::{
    folders, input,
    reject::{Reject, RejectRule},
    unpack,
};

/// Most members that are looked at.
const MEMBERS_MAX: usize = 10_000;

/// One member of an archive.
pub(super) struct Member {
    /// Its name, with folders.
    pub(super) name: String,
    /// What it holds; `None` where it is one of several, and none that folders are read for.
    pub(super) bytes: Option<Result<Vec<u8>, Reject>>,
    /// Whether one that is not read could hold objects, as an archive within the archive does.
    pub(super) could_hold_objects: bool,
}

/// Tells an archive by its first bytes, also one that is empty.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// Returns the members of an archive, in order of name; a folder is none.
pub(super) fn members(stored: &[u8], is_ignored: impl Fn(&str) -> bool) -> Result<Vec<Member>, Reject> {
    let broken = |_| Reject::new(RejectRule::Compression, "a zip archive that does not unpack");
    let mut archive = ZipArchive::new(Cursor::new(stored)).map_err(broken)?;
    if archive.len() > MEMBERS_MAX {
        let reason = format!("a zip archive of more than {MEMBERS_MAX} members");
        return Err(Reject::new(RejectRule::Size, reason));
    }
    // Of two under one name only one would be seen; parts that overlap are those of a bomb.
    if archive.has_duplicate_names() || archive.has_overlapping_entries().map_err(broken)? {
        return Err(Reject::new(
            RejectRule::Compression,
            "a zip archive whose members overlap, or two of one name",
        ));
    }
    let is_file = |at: &usize| archive.by_index_data(*at).is_ok_and(|entry| !entry.is_dir());
    let files: Vec<usize> = (0..archive.len()).filter(is_file).collect();
    let mut named = Vec::with_capacity(files.len());
    for at in files {
        named.push((
            at,
            archive.by_index_data(at).and_then(|entry| Ok(entry.name()?.into_owned())).map_err(broken)?,
        ));
    }
    let is_left_out = |name: &str| name.split('/').any(folders::is_companion) || is_ignored(name);
    let is_alone = named.iter().filter(|(_, name)| !is_left_out(name)).count() == 1;
    let mut left = unpack::limit(stored.len() as u64);
    let mut members = Vec::new();
    for (at, name) in named {
        let entry = archive.by_index_data(at).map_err(broken)?;
        // What is alone is what the archive was made for, whatever its name.
        let is_left_out = is_left_out(&name);
        let is_read = !is_left_out && (is_alone || input::is_read(&name));
        let bytes = if !is_read {
            None
        } else if entry.encrypted() {
            Some(Err(Reject::new(RejectRule::Compression, "an encrypted member of a zip archive")))
        } else {
            let bytes = member(&mut archive, at, left);
            left -= bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
            Some(bytes)
        };
        let could_hold_objects = !is_read && !is_left_out && input::could_hold_objects(&name);
        members.push(Member { name, bytes, could_hold_objects });
    }
    members.sort_by(|a, b| a.name.cmp(&b.name));
    if members.iter().all(|member| member.bytes.is_none()) {
        let reason = "a zip archive that holds no file of a kind which folders are read for";
        return Err(Reject::new(RejectRule::UnknownFormat, reason));
    }
    Ok(members)
}

fn member(archive: &mut ZipArchive<Cursor<&[u8]>>, at: usize, left: u64) -> Result<Vec<u8>, Reject> {
    let broken = || Reject::new(RejectRule::Compression, "a member of a zip archive that does not unpack");
    let mut bytes = Vec::new();
    let read = archive.by_index(at).map_err(|_| broken())?.take(left + 1).read_to_end(&mut bytes);
    if bytes.len() as u64 > left {
        return Err(unpack::too_large(left));
    }
    read.map_err(|_| broken())?;
    Ok(bytes)
}
