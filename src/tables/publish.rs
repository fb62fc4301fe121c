//! Atomic publishing: a run appears whole or not at all, and `latest` only moves forward.
//!
//! A run is written into `OUT/.RUN.partial`, synchronised to disk, and renamed to `OUT/RUN` in one step.
//! If `OUT/RUN` exists, the two folders are exchanged in one step, and the old one is deleted. A kill at
//! any instant leaves the old run or the new one, and partial files that the next run removes. One run at
//! a time writes to an OUT; the caller holds that lock.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::{
    OutputError,
    latest::{LATEST, LATEST_PARTIAL, is_run_name, latest_run, point_latest, sync},
    owner::is_owner_partial,
    tombstone::{TOMBSTONE, is_erased},
    unreadable, unwritable,
};

/// Removes the remains of a killed run from `out` and returns a new folder for `run`.
///
/// # Panics
/// If `run` is not the name of a run.
pub fn prepare(out: &Path, run: &str) -> Result<PathBuf, OutputError> {
    assert!(is_run_name(run), "{run:?} is not the name of a run");
    fs::create_dir_all(out).map_err(unwritable(out))?;
    remove_remains(out)?;
    let partial = partial(out, run);
    fs::create_dir(&partial).map_err(unwritable(&partial))?;
    Ok(partial)
}

/// Publishes the folder that [`prepare`] returned, and moves `latest` to it unless `latest` points at a
/// later run. Returns the folder of the run.
pub fn publish(out: &Path, run: &str) -> Result<PathBuf, OutputError> {
    assert!(is_run_name(run), "{run:?} is not the name of a run");
    let partial = partial(out, run);
    let finished = out.join(run);
    let current = latest_run(out)?;
    sync_tree(&partial)?;
    match fs::symlink_metadata(&finished) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fs::rename(&partial, &finished).map_err(unwritable(&finished))?;
            sync(out)?;
        }
        Err(error) => return Err(unwritable(&finished)(error)),
        Ok(metadata) if metadata.is_dir() && is_run(&finished) => {
            replace(out, run, &partial, &finished, exchange)?;
        }
        Ok(_) => return Err(OutputError::InTheWay { path: finished }),
    }
    // A link to a deleted run must not prevent `latest` from moving.
    let is_later = current.is_some_and(|other| other.as_str() > run && out.join(other).is_dir());
    if !is_later {
        point_latest(out, run)?;
    }
    Ok(finished)
}

/// Returns whether a folder contains a run or its tombstone, or is empty; any other folder with a run's name is foreign.
fn is_run(folder: &Path) -> bool {
    let is_empty = || fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    folder.join("manifest.json").is_file() || is_erased(folder) || is_empty()
}

/// Replaces the folder of a run by one that has only a tombstone with this text, in one step. `latest` stays. A repeated call
/// completes a call that was killed; a folder that is missing stays missing.
pub fn entomb(out: &Path, run: &str, text: &str) -> Result<(), OutputError> {
    let finished = out.join(run);
    if !finished.is_dir() {
        return Ok(());
    }
    if !is_run(&finished) {
        return Err(OutputError::InTheWay { path: finished });
    }
    let partial = prepare(out, run)?;
    write_text(&partial, TOMBSTONE, text)?;
    sync_tree(&partial)?;
    replace(out, run, &partial, &finished, exchange)
}

/// Withdraws a run from `out`: `latest` moves to the last remaining run, and the folder of the run disappears
/// in one step. A repeated call completes a call that was killed. Returns the new target of `latest`.
pub fn withdraw(out: &Path, run: &str) -> Result<Option<String>, OutputError> {
    assert!(is_run_name(run), "{run:?} is not the name of a run");
    if !out.is_dir() {
        return Ok(None);
    }
    remove_remains(out)?;
    let finished = out.join(run);
    if finished.is_dir() && !is_run(&finished) {
        return Err(OutputError::InTheWay { path: finished });
    }
    let mut latest = latest_run(out)?;
    if latest.as_deref() == Some(run) {
        latest = last_run_except(out, run)?;
        if let Some(other) = &latest {
            point_latest(out, other)?;
        } else {
            remove(out, LATEST)?;
            sync(out)?;
        }
    }
    if finished.is_dir() {
        let partial = partial(out, run);
        fs::rename(&finished, &partial).map_err(unwritable(&finished))?;
        sync(out)?;
        fs::remove_dir_all(&partial).map_err(unwritable(&partial))?;
    }
    Ok(latest)
}

/// Returns the last run in `out` other than `run`.
fn last_run_except(out: &Path, run: &str) -> Result<Option<String>, OutputError> {
    let mut last = None;
    for entry in fs::read_dir(out).map_err(unwritable(out))? {
        let entry = entry.map_err(unwritable(out))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_run_name(&name) && name != run && entry.path().is_dir() {
            last = last.max(Some(name));
        }
    }
    Ok(last)
}

/// Makes a folder and its parents.
pub fn make_folder(folder: &Path) -> Result<(), OutputError> {
    fs::create_dir_all(folder).map_err(unwritable(folder))
}

/// Removes a file of an earlier run, if it exists.
pub fn remove(folder: &Path, name: &str) -> Result<(), OutputError> {
    let path = folder.join(name);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(unwritable(&path)(error)),
        _ => Ok(()),
    }
}

/// Writes `text` as `folder`/`name`, making the folder if necessary, and returns the path.
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
            found.insert(name, digest(&path)?);
        }
    }
    Ok(found)
}

/// Returns the BLAKE3 digest of a file, in hex.
pub fn digest(path: &Path) -> Result<String, OutputError> {
    let mut hasher = blake3::Hasher::new();
    let file = File::open(path).map_err(unreadable(path))?;
    hasher.update_reader(file).map_err(unreadable(path))?;
    Ok(hasher.finalize().to_hex().to_string())
}

fn partial(out: &Path, run: &str) -> PathBuf {
    out.join(format!(".{run}.partial"))
}

fn aside(out: &Path, run: &str) -> PathBuf {
    out.join(format!(".{run}.old"))
}

/// Removes partial folders and links; restores a run that was set aside and not replaced.
fn remove_remains(out: &Path) -> Result<(), OutputError> {
    for entry in fs::read_dir(out).map_err(unwritable(out))? {
        let path = entry.map_err(unwritable(out))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let hidden = name.strip_prefix('.');
        let run_with =
            |suffix| hidden.and_then(|name| name.strip_suffix(suffix)).filter(|run| is_run_name(run));
        if let Some(run) = run_with(".old") {
            let finished = out.join(run);
            if finished.symlink_metadata().is_err() {
                fs::rename(&path, &finished).map_err(unwritable(&finished))?;
            } else {
                fs::remove_dir_all(&path).map_err(unwritable(&path))?;
            }
        } else if run_with(".partial").is_some() {
            fs::remove_dir_all(&path).map_err(unwritable(&path))?;
        } else if name == LATEST_PARTIAL || is_owner_partial(name) {
            fs::remove_file(&path).map_err(unwritable(&path))?;
        }
    }
    Ok(())
}

/// Function that exchanges two folders in one step, if the file system supports it.
type Exchange = fn(&Path, &Path) -> Result<(), Errno>;

fn exchange(one: &Path, other: &Path) -> Result<(), Errno> {
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)
}

/// Replaces the `finished` run with `partial`, and deletes the old one.
fn replace(
    out: &Path,
    run: &str,
    partial: &Path,
    finished: &Path,
    exchange: Exchange,
) -> Result<(), OutputError> {
    let old = match exchange(partial, finished) {
        Ok(()) => partial.to_owned(),
        // Some network and overlay file systems cannot exchange folders. Between the two renames the
        // run is absent; `remove_remains` restores the old one if the process dies there.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            let old = aside(out, run);
            fs::rename(finished, &old).map_err(unwritable(finished))?;
            fs::rename(partial, finished).map_err(unwritable(finished))?;
            old
        }
        Err(error) => return Err(unwritable(finished)(std::io::Error::from(error))),
    };
    sync(out)?;
    fs::remove_dir_all(&old).map_err(unwritable(&old))?;
    // The old results may contain erased records, which must not be back after a loss of power.
    sync(out)
}

/// Synchronises every file below `folder`, then the folder, to disk.
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

#[cfg(test)]
mod tests;
