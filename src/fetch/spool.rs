//! The folder of fetched files of a source. A file appears whole, by rename, and then the checkpoint names it.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use super::{
    checkpoint::{Checkpoint, LAYOUT},
    error::{FetchError, disk},
    folder::{DIGITS, FETCHED, flush_folder, folder_of, numbered_files, read_json, write_json},
    read_marks::read_before_newest,
};
use crate::{record::Mode, time::Moment};

const CHECKPOINT: &str = "checkpoint.json";
const DOWNLOAD: &str = "download.partial";

/// Folder of a source, and its checkpoint.
pub(super) struct Spool {
    folder: PathBuf,
    pub(super) checkpoint: Checkpoint,
}

/// Reads the checkpoint of a folder; `None` if it has none that this version can use.
pub(super) fn read_checkpoint(folder: &Path) -> Result<Option<Checkpoint>, FetchError> {
    let checkpoint: Option<Checkpoint> = read_json(&folder.join(CHECKPOINT))?;
    Ok(checkpoint.filter(|checkpoint| checkpoint.layout == LAYOUT))
}

/// Saves the checkpoint of a folder.
pub(super) fn save_checkpoint(folder: &Path, checkpoint: &Checkpoint) -> Result<(), FetchError> {
    write_json(folder, CHECKPOINT, checkpoint)
}

/// Lock of all fetches of an archive; released at its end.
#[derive(Debug)]
pub struct FetchLock(#[expect(dead_code, reason = "the open file holds the lock")] File);

/// Takes the lock of all fetches of an archive.
pub fn lock(state: &Path) -> Result<FetchLock, FetchError> {
    let folder = state.join(FETCHED);
    fs::create_dir_all(&folder).map_err(disk("make", &folder))?;
    let path = folder.join("lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(disk("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(FetchLock(file)),
        Err(TryLockError::WouldBlock) => Err(FetchError::Locked(path)),
        Err(TryLockError::Error(source)) => Err(FetchError::Disk { doing: "lock", path, source }),
    }
}

impl Spool {
    /// Opens the folder of a source, or makes it. The checkpoint of another place is not used.
    pub(super) fn open(state: &Path, source: &str, identity: String) -> Result<Self, FetchError> {
        let folder = folder_of(state, source);
        fs::create_dir_all(&folder).map_err(disk("make", &folder))?;
        let after_last = numbered_files(&folder)?.last().map_or(0, |(number, _)| number + 1);
        let checkpoint = match read_checkpoint(&folder)? {
            // A file that a killed fetch stored and did not note is whole, and its number is used.
            Some(checkpoint) if checkpoint.identity == identity => {
                Checkpoint { next_number: checkpoint.next_number.max(after_last), ..checkpoint }
            }
            earlier => {
                let next = earlier.as_ref().map_or(0, |earlier| earlier.next_number).max(after_last);
                Checkpoint::first(identity, next, earlier)
            }
        };
        Ok(Self { folder, checkpoint })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the place of a download that is under way.
    pub(super) fn download(&self) -> PathBuf {
        self.folder.join(DOWNLOAD)
    }

    /// Gives the download a number and a name. The checkpoint names the file only after it is saved.
    pub(super) fn keep_download(&mut self, name: &str) -> Result<u64, FetchError> {
        let number = self.checkpoint.next_number;
        let path = self.folder.join(format!("{number:0DIGITS$}-{name}"));
        fs::rename(self.download(), &path).map_err(disk("write", &path))?;
        flush_folder(&self.folder)?;
        self.checkpoint.next_number = number + 1;
        Ok(number)
    }

    /// Saves the checkpoint.
    pub(super) fn save(&self) -> Result<(), FetchError> {
        save_checkpoint(&self.folder, &self.checkpoint)
    }

    /// Removes files that no later run reads: increments that a run before the newest one has read, and what is part of
    /// no snapshot.
    pub(super) fn clean(&self, mode: Mode, runs: &[Moment]) -> Result<(), FetchError> {
        let read = read_before_newest(&self.folder, runs)?;
        for (number, name) in numbered_files(&self.folder)? {
            let is_needed = match mode {
                Mode::Snapshot => self.checkpoint.has_in_snapshot(number),
                Mode::Increment | Mode::Partial => number >= read,
            };
            if !is_needed {
                let path = self.folder.join(name);
                fs::remove_file(&path).map_err(disk("remove", &path))?;
            }
        }
        match fs::remove_file(self.download()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(disk("remove", &self.download())(error))
            }
            _ => Ok(()),
        }
    }
}

/// Removes everything that was fetched for a source, with its checkpoint: the next fetch starts again.
pub fn forget(state: &Path, source: &str) -> Result<(), FetchError> {
    let folder = folder_of(state, source);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk("remove", &folder)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_checkpoint_begins_anew_without_reusing_a_number() {
        let state = tempfile::tempdir().expect("a folder");
        let mut spool = Spool::open(state.path(), "feed", "a".to_owned()).expect("open");
        fs::write(spool.download(), "{}").expect("written");
        assert_eq!(spool.keep_download("page.json").expect("kept"), 0);
        spool.save().expect("saved");
        fs::write(spool.folder().join(CHECKPOINT), "{\"layout\":").expect("written");
        let spool = Spool::open(state.path(), "feed", "a".to_owned()).expect("open");
        assert_eq!(spool.checkpoint.next_number, 1);
        assert_eq!(numbered_files(spool.folder()).expect("listed"), [(0, "0000000000-page.json".to_owned())]);
        forget(state.path(), "feed").expect("removed");
        assert!(!spool.folder().exists());
    }
}
