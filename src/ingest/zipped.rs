//! Zip archives: each member is read like a file in a folder.
//!
//! All members together may unpack to the limit of one compressed file. An archive within an archive is not
//! opened.

use std::io::{self, Cursor, Read};

use zip::{ZipArchive, result::ZipError};

use super::{
    folders, input,
    reject::{Reject, RejectRule},
    unpack,
};

/// Most members of an archive.
const MEMBERS_MAX: usize = 10_000;

/// One member of an archive.
pub(super) struct Member {
    /// Its name with folders.
    pub(super) name: String,
    /// Its bytes; `None` for one of several members, if folders are not read for its name.
    pub(super) bytes: Option<Result<Vec<u8>, Reject>>,
    /// True if a member that is not read can hold objects, as an archive can.
    pub(super) could_hold_objects: bool,
}

impl Member {
    /// Returns the name that decides how the member is read: its own, if folders are read for such names, else that of the
    /// archive.
    pub(super) fn read_name<'a>(name: &'a str, archive: &'a str) -> &'a str {
        if input::is_read(name) { name } else { archive }
    }
}

/// Returns whether bytes are an archive, even an empty one, by the first bytes.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// Opens an archive; rejects one that is too large, or a sign of a bomb.
fn open(stored: &[u8]) -> Result<ZipArchive<Cursor<&[u8]>>, Reject> {
    let mut archive = ZipArchive::new(Cursor::new(stored)).map_err(broken)?;
    if archive.len() > MEMBERS_MAX {
        let reason = format!("a zip archive with more than {MEMBERS_MAX} members");
        return Err(Reject::new(RejectRule::Size, reason));
    }
    // Only one of two members with the same name would be read; overlapping members are a sign of a bomb.
    if archive.has_duplicate_names() || archive.has_overlapping_entries().map_err(broken)? {
        return Err(Reject::new(
            RejectRule::Compression,
            "a zip archive with overlapping members, or with two members of one name",
        ));
    }
    Ok(archive)
}

fn broken(_: ZipError) -> Reject {
    Reject::new(RejectRule::Compression, "a zip archive that cannot be unpacked")
}

/// Returns the members of an archive, in order of name, without folders.
pub(super) fn members(stored: &[u8], is_ignored: impl Fn(&str) -> bool) -> Result<Vec<Member>, Reject> {
    let mut archive = open(stored)?;
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
        // A single member is the reason for the archive, so its name does not matter.
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
        let reason = "a zip archive without any file that folders are read for";
        return Err(Reject::new(RejectRule::UnknownFormat, reason));
    }
    Ok(members)
}

fn member(archive: &mut ZipArchive<Cursor<&[u8]>>, at: usize, left: u64) -> Result<Vec<u8>, Reject> {
    let what = "a member of a zip archive that cannot be unpacked";
    let mut bytes = Vec::new();
    let entry = archive.by_index(at).map_err(|_| Reject::new(RejectRule::Compression, what))?;
    let read = entry.take(left + 1).read_to_end(&mut bytes);
    if bytes.len() as u64 > left {
        return Err(unpack::too_large(left));
    }
    match read {
        Ok(_) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::OutOfMemory => Err(unpack::out_of_memory()),
        Err(_) => Err(Reject::new(RejectRule::Compression, what)),
    }
}
