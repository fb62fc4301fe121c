//! A night appears whole or not at all, and `latest` only moves forward.
//!
//! Everything is written into `OUT/.NIGHT.partial`, brought to disk, and renamed to `OUT/NIGHT` in
//! one step; where that night exists, the two are exchanged in one step and the old one is deleted.
//! A kill at any instant leaves the old night or the new one, and left-overs that the next run
//! removes. One run at a time writes to an OUT; whoever calls holds that lock.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::{OutputError, owner::is_owner_partial, unreadable, unwritable};

const LATEST: &str = "latest";
const LATEST_PARTIAL: &str = ".latest.partial";

/// Tells whether `name` is a night's folder name, `YYYYMMDDTHHMMSSZ`.
pub fn is_night_name(name: &str) -> bool {
    let shape = b"00000000T000000Z";
    name.len() == shape.len()
        && name.bytes().zip(shape).all(|(byte, wanted)| match wanted {
            b'0' => byte.is_ascii_digit(),
            other => byte == *other,
        })
}

/// Removes what a killed run left in `out` and returns the fresh folder to write `night` into.
///
/// # Panics
/// If `night` is no night's name.
pub fn prepare(out: &Path, night: &str) -> Result<PathBuf, OutputError> {
    assert!(is_night_name(night), "{night:?} is no night's name");
    fs::create_dir_all(out).map_err(unwritable(out))?;
    clear_left_overs(out)?;
    let partial = partial(out, night);
    fs::create_dir(&partial).map_err(unwritable(&partial))?;
    Ok(partial)
}

/// Makes the folder that [`prepare`] gave the night that readers see, and moves `latest` to it
/// unless `latest` stands at a later night. Returns the night's folder.
pub fn publish(out: &Path, night: &str) -> Result<PathBuf, OutputError> {
    assert!(is_night_name(night), "{night:?} is no night's name");
    let partial = partial(out, night);
    let finished = out.join(night);
    let standing = latest_night(out)?;
    sync_tree(&partial)?;
    match fs::symlink_metadata(&finished) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fs::rename(&partial, &finished).map_err(unwritable(&finished))?;
            sync(out)?;
        }
        Err(error) => return Err(unwritable(&finished)(error)),
        Ok(metadata) if metadata.is_dir() && is_run(&finished) => {
            replace(out, night, &partial, &finished, exchange)?;
        }
        Ok(_) => return Err(OutputError::InTheWay { path: finished }),
    }
    // A link to a night that somebody deleted points nowhere, and holds nothing back.
    let stands_later = standing.is_some_and(|other| other.as_str() > night && out.join(other).is_dir());
    if !stands_later {
        point_latest(out, night)?;
    }
    Ok(finished)
}

/// Says whether a folder holds a run, or nothing: what else bears a run's name is somebody's.
fn is_run(folder: &Path) -> bool {
    let is_empty = || fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    folder.join("manifest.json").is_file() || is_empty()
}

/// Takes a run out of `out`: `latest` moves to the last run that is left, and the run's folder disappears in
/// one step. Killed in between, it is completed by doing it again. Returns where `latest` points then.
pub fn withdraw(out: &Path, night: &str) -> Result<Option<String>, OutputError> {
    assert!(is_night_name(night), "{night:?} is no night's name");
    if !out.is_dir() {
        return Ok(None);
    }
    clear_left_overs(out)?;
    let finished = out.join(night);
    if finished.is_dir() && !is_run(&finished) {
        return Err(OutputError::InTheWay { path: finished });
    }
    let mut latest = latest_night(out)?;
    if latest.as_deref() == Some(night) {
        latest = last_night_but(out, night)?;
        if let Some(other) = &latest {
            point_latest(out, other)?;
        } else {
            remove(out, LATEST)?;
            sync(out)?;
        }
    }
    if finished.is_dir() {
        let partial = partial(out, night);
        fs::rename(&finished, &partial).map_err(unwritable(&finished))?;
        sync(out)?;
        fs::remove_dir_all(&partial).map_err(unwritable(&partial))?;
    }
    Ok(latest)
}

/// Returns the last run in `out`, but for one.
fn last_night_but(out: &Path, night: &str) -> Result<Option<String>, OutputError> {
    let mut last = None;
    for entry in fs::read_dir(out).map_err(unwritable(out))? {
        let entry = entry.map_err(unwritable(out))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_night_name(&name) && name != night && entry.path().is_dir() {
            last = last.max(Some(name));
        }
    }
    Ok(last)
}

/// Makes a folder and those above it.
pub fn make_folder(folder: &Path) -> Result<(), OutputError> {
    fs::create_dir_all(folder).map_err(unwritable(folder))
}

/// Removes a file of an earlier run, if it is there.
pub fn remove(folder: &Path, name: &str) -> Result<(), OutputError> {
    let path = folder.join(name);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(unwritable(&path)(error)),
        _ => Ok(()),
    }
}

/// Writes `text` as `folder`/`name`, making the folder where needed, and returns the path.
pub fn write_text(folder: &Path, name: &str, text: &str) -> Result<PathBuf, OutputError> {
    fs::create_dir_all(folder).map_err(unwritable(folder))?;
    let path = folder.join(name);
    fs::write(&path, text).map_err(unwritable(&path))?;
    Ok(path)
}

/// Returns the BLAKE3 digest, in hex, of every file below `folder`, by relative path with `/`.
pub fn digests(folder: &Path) -> Result<BTreeMap<String, String>, OutputError> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = waiting.pop() {
        for entry in fs::read_dir(&folder).map_err(unreadable(&folder))? {
            let entry = entry.map_err(unreadable(&folder))?;
            let path = entry.path();
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type().map_err(unreadable(&path))?.is_dir() {
                waiting.push((path, format!("{name}/")));
                continue;
            }
            let mut hasher = blake3::Hasher::new();
            let file = File::open(&path).map_err(unreadable(&path))?;
            hasher.update_reader(file).map_err(unreadable(&path))?;
            found.insert(name, hasher.finalize().to_hex().to_string());
        }
    }
    Ok(found)
}

fn partial(out: &Path, night: &str) -> PathBuf {
    out.join(format!(".{night}.partial"))
}

fn aside(out: &Path, night: &str) -> PathBuf {
    out.join(format!(".{night}.old"))
}

/// Removes unfinished folders and links; a night that was set aside and not replaced comes back.
fn clear_left_overs(out: &Path) -> Result<(), OutputError> {
    for entry in fs::read_dir(out).map_err(unwritable(out))? {
        let path = entry.map_err(unwritable(out))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let hidden = name.strip_prefix('.');
        let night_before =
            |suffix| hidden.and_then(|name| name.strip_suffix(suffix)).filter(|night| is_night_name(night));
        if let Some(night) = night_before(".old") {
            let finished = out.join(night);
            if finished.symlink_metadata().is_err() {
                fs::rename(&path, &finished).map_err(unwritable(&finished))?;
            } else {
                fs::remove_dir_all(&path).map_err(unwritable(&path))?;
            }
        } else if night_before(".partial").is_some() {
            fs::remove_dir_all(&path).map_err(unwritable(&path))?;
        } else if name == LATEST_PARTIAL || is_owner_partial(name) {
            fs::remove_file(&path).map_err(unwritable(&path))?;
        }
    }
    Ok(())
}

/// How two folders change places in one step, where the file system can.
type Exchange = fn(&Path, &Path) -> Result<(), Errno>;

fn exchange(one: &Path, other: &Path) -> Result<(), Errno> {
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)
}

/// Puts `partial` in the place of the `finished` night of the same name, and deletes that.
fn replace(
    out: &Path,
    night: &str,
    partial: &Path,
    finished: &Path,
    exchange: Exchange,
) -> Result<(), OutputError> {
    let old = match exchange(partial, finished) {
        Ok(()) => partial.to_owned(),
        // Some network and overlay file systems cannot exchange. Between the two renames the night
        // is absent; `clear_left_overs` brings the old one back if the run dies there.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            let old = aside(out, night);
            fs::rename(finished, &old).map_err(unwritable(finished))?;
            fs::rename(partial, finished).map_err(unwritable(finished))?;
            old
        }
        Err(error) => return Err(unwritable(finished)(std::io::Error::from(error))),
    };
    sync(out)?;
    fs::remove_dir_all(&old).map_err(unwritable(&old))
}

/// The night that `latest` points at. An obstacle under that name is found before anything moves.
fn latest_night(out: &Path) -> Result<Option<String>, OutputError> {
    let latest = out.join(LATEST);
    match fs::read_link(&latest) {
        Ok(target) => Ok(target.to_str().filter(|name| is_night_name(name)).map(str::to_owned)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(_) => Err(OutputError::InTheWay { path: latest }),
    }
}

fn point_latest(out: &Path, night: &str) -> Result<(), OutputError> {
    let fresh = out.join(LATEST_PARTIAL);
    symlink(night, &fresh).map_err(unwritable(&fresh))?;
    let latest = out.join(LATEST);
    fs::rename(&fresh, &latest).map_err(unwritable(&latest))?;
    sync(out)
}

/// Brings every file below `folder`, then the folder, to disk.
fn sync_tree(folder: &Path) -> Result<(), OutputError> {
    for entry in fs::read_dir(folder).map_err(unwritable(folder))? {
        let entry = entry.map_err(unwritable(folder))?;
        let path = entry.path();
        if entry.file_type().map_err(unwritable(&path))?.is_dir() {
            sync_tree(&path)?;
        } else {
            sync(&path)?;
        }
    }
    sync(folder)
}

fn sync(path: &Path) -> Result<(), OutputError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(unwritable(path))
}

#[cfg(test)]
mod tests;
