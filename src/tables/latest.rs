//! `latest`: a link to the newest run below `out`. On a system without symbolic links it is a file with the name of the run.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read as _},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use rustix::io::Errno;

use super::{OutputError, unwritable};

pub(super) const LATEST: &str = "latest";
pub(super) const LATEST_PARTIAL: &str = ".latest.partial";
/// Bytes that are read of the file: a name of a run, a line feed, and one more, which no such file has.
const READ_BYTES: u64 = 18;

/// Returns whether `name` is the folder name of a run, `YYYYMMDDTHHMMSSZ`.
pub fn is_run_name(name: &str) -> bool {
    let pattern = b"00000000T000000Z";
    name.len() == pattern.len()
        && name.bytes().zip(pattern).all(|(byte, wanted)| match wanted {
            b'0' => byte.is_ascii_digit(),
            other => byte == *other,
        })
}

/// Returns the folder of the latest run below `out`; without a run, the path does not exist.
pub fn latest_folder(out: &Path) -> PathBuf {
    let latest = out.join(LATEST);
    named_in(&latest).map_or(latest, |run| out.join(run))
}

/// Returns the folder of the run that a path names: a folder, or a file `latest`.
pub fn named_run_folder(path: &Path) -> PathBuf {
    let is_latest = path.file_name().is_some_and(|name| name == LATEST);
    path.parent().filter(|_| is_latest).map_or_else(|| path.to_owned(), latest_folder)
}

/// Returns the run that `latest` names; an obstacle under that name is an error before anything moves.
pub(super) fn latest_run(out: &Path) -> Result<Option<String>, OutputError> {
    let latest = out.join(LATEST);
    match fs::read_link(&latest) {
        Ok(target) => Ok(target.to_str().filter(|name| is_run_name(name)).map(str::to_owned)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(_) => named_in(&latest).map(Some).ok_or(OutputError::InTheWay { path: latest }),
    }
}

/// Lets `latest` name a run.
pub(super) fn point_latest(out: &Path, run: &str) -> Result<(), OutputError> {
    point_by(out, run, |run, link| symlink(run, link))
}

/// Function that makes a symbolic link to its first path.
pub(super) type MakeLink = fn(&str, &Path) -> io::Result<()>;

pub(super) fn point_by(out: &Path, run: &str, link: MakeLink) -> Result<(), OutputError> {
    let fresh = out.join(LATEST_PARTIAL);
    match link(run, &fresh) {
        Ok(()) => {}
        Err(error) if is_without_links(&error) => {
            fs::write(&fresh, format!("{run}\n")).map_err(unwritable(&fresh))?;
            sync(&fresh)?;
        }
        Err(error) => return Err(unwritable(&fresh)(error)),
    }
    let latest = out.join(LATEST);
    fs::rename(&fresh, &latest).map_err(unwritable(&latest))?;
    sync(out)
}

/// Returns whether a file system answers in this way that it has no symbolic links. FAT answers `EPERM`.
fn is_without_links(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(code, Some(Errno::PERM | Errno::NOSYS | Errno::NOTSUP | Errno::INVAL))
        || error.kind() == ErrorKind::Unsupported
}

/// Returns the name of a run that a file contains, if it is a file of this kind.
fn named_in(path: &Path) -> Option<String> {
    path.symlink_metadata().ok().filter(fs::Metadata::is_file)?;
    let mut text = String::new();
    File::open(path).ok()?.take(READ_BYTES).read_to_string(&mut text).ok()?;
    Some(text.trim_end().to_owned()).filter(|name| is_run_name(name))
}

/// Synchronises a file or a folder to disk.
pub(super) fn sync(path: &Path) -> Result<(), OutputError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(unwritable(path))
}
