//! A file of JSON lines that only grows, with a seal and a lock of its own, like that of judgements.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

use super::store::{self, ArchiveError};

/// Names of a sealed file in a state folder: `NAME.jsonl`, `NAME.seal` and `NAME.lock`.
#[derive(Clone, Copy)]
pub(super) struct Sealed<'a> {
    pub(super) folder: &'a Path,
    pub(super) name: &'static str,
}

impl Sealed<'_> {
    fn path(self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", self.name))
    }

    /// Takes the lock for writing, and waits for it.
    pub(super) fn lock(self) -> Result<File, ArchiveError> {
        let path = self.path("lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(store::disk("open", &path))?;
        file.lock().map_err(store::disk("lock", &path))?;
        Ok(file)
    }

    /// Reads every line, after a check of the seal.
    pub(super) fn read<T: DeserializeOwned>(self) -> Result<Vec<T>, ArchiveError> {
        let path = self.path("lock");
        let lock = match File::open(&path) {
            Ok(file) => file.lock_shared().map(|()| Some(file)).map_err(store::disk("lock", &path))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(store::disk("open", &path)(error)),
        };
        let lines = self.read_locked();
        drop(lock);
        lines
    }

    /// Reads every line like [`Self::read`]; the caller holds the lock.
    pub(super) fn read_locked<T: DeserializeOwned>(self) -> Result<Vec<T>, ArchiveError> {
        let text = self.text()?;
        let lines: Result<Vec<T>, _> = text.lines().map(serde_json::from_str).collect();
        lines.map_err(|_| ArchiveError::Damaged {
            path: self.path("jsonl"),
            what: "has a line that cannot be read",
        })
    }

    fn text(self) -> Result<String, ArchiveError> {
        let (path, seal_path) = (self.path("jsonl"), self.path("seal"));
        let (text, seal) = (read_or_empty(&path)?, read_or_empty(&seal_path)?);
        if (text.is_empty() && seal.is_empty()) || seal.lines().any(|sealed| sealed == digest(&text)) {
            return Ok(text);
        }
        Err(ArchiveError::Damaged { path, what: "is missing, or was changed after it was written" })
    }

    /// Appends a line. During the write the seal has the digests of both texts. The caller holds the lock for writing.
    pub(super) fn append<T: Serialize>(self, line: &T) -> Result<(), ArchiveError> {
        let before = self.text()?;
        let line = serde_json::to_string(line).expect("a line is plain data");
        let text = format!("{before}{line}\n");
        let both = format!("{}\n{}", digest(&before), digest(&text));
        store::write_whole(&self.path("seal"), both.as_bytes())?;
        store::write_whole(&self.path("jsonl"), text.as_bytes())?;
        store::write_whole(&self.path("seal"), digest(&text).as_bytes())
    }
}

fn read_or_empty(path: &Path) -> Result<String, ArchiveError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(store::disk("read", path)(error)),
    }
}

fn digest(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}
