//! Run state: results of a run that later runs reuse. It saves time only: missing run state is computed again,
//! with the same result.

use std::{
    fs,
    io::{self, Read, Write},
    path::PathBuf,
};

use super::{
    Archive, keyed,
    store::{self, ArchiveError},
};

/// Key of the list of keys that the last run kept.
pub(super) const KEPT: &str = "kept";

pub(super) const CHANGED: &str =
    "was changed after it was written (you can delete the folder `run-state`; the next run creates it again)";
const MISSING: &str = "is missing (the next run creates it again, with the same result)";

impl Archive {
    fn run_state_folder(&self) -> PathBuf {
        self.folder.join(store::RUN_STATE)
    }

    fn run_state_path(&self, key: &str) -> PathBuf {
        keyed::path(&self.run_state_folder(), key)
    }

    /// Returns the run state of a key; `None` if there is none.
    ///
    /// # Errors
    /// If it is damaged or cannot be read.
    pub fn run_state(&self, key: &str) -> Result<Option<Vec<u8>>, ArchiveError> {
        keyed::read(&self.run_state_path(key), key, CHANGED)
    }

    /// Returns whether there is run state of a key. It may be damaged.
    pub fn has_run_state(&self, key: &str) -> bool {
        self.run_state_path(key).exists()
    }

    /// Stores run state under a key. An archive that is open for reading stores nothing.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn keep_run_state(&self, key: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
        if self.lock.is_none() { Ok(()) } else { keyed::write(&self.run_state_path(key), key, bytes) }
    }

    /// Returns the key of columns from a digest of everything that they depend on.
    pub fn columns_key(digest: &str) -> String {
        format!("{digest}{}", keyed::COLUMNS)
    }

    /// Returns a reader of the columns of a key; `None` if there are none.
    ///
    /// # Errors
    /// If they are damaged or cannot be read.
    pub fn columns(&self, key: &str) -> Result<Option<impl Read + use<>>, ArchiveError> {
        keyed::open(&self.run_state_path(key), key, CHANGED)
    }

    /// Stores columns under a key. An archive that is open for reading stores nothing.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn keep_columns(
        &self,
        key: &str,
        fill: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), ArchiveError> {
        if self.lock.is_none() { Ok(()) } else { keyed::write_with(&self.run_state_path(key), key, fill) }
    }

    /// Removes all run state except that of the given keys, and stores the list of these keys.
    ///
    /// # Errors
    /// If the list cannot be written.
    pub fn keep_only_run_states(&self, keys: &[String]) -> Result<(), ArchiveError> {
        let mut kept: Vec<&str> = keys.iter().map(String::as_str).collect();
        kept.sort_unstable();
        kept.dedup();
        kept.retain(|key| self.run_state_path(key).exists());
        if !kept.is_empty() {
            self.keep_run_state(KEPT, &serde_json::to_vec(&kept).expect("keys are plain data"))?;
            kept.push(KEPT);
        }
        let paths: Vec<PathBuf> = kept.iter().map(|key| self.run_state_path(key)).collect();
        // A file that cannot be removed does no harm.
        for entry in fs::read_dir(self.run_state_folder()).into_iter().flatten().flatten() {
            if !paths.contains(&entry.path()) {
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }

    /// Returns the keys that the last run kept.
    pub(super) fn kept_run_states(&self) -> Result<Vec<String>, ArchiveError> {
        let path = self.run_state_path(KEPT);
        let Some(bytes) = self.run_state(KEPT)? else { return Ok(Vec::new()) };
        serde_json::from_slice(&bytes)
            .map_err(|_| ArchiveError::Damaged { path, what: "cannot be read as a list of run state" })
    }

    /// Checks every file of run state, and that no file is missing that the last run kept.
    pub(super) fn verify_run_states(&self) -> Result<(), ArchiveError> {
        for (key, path) in keyed::files(&self.run_state_folder())? {
            keyed::read(&path, &key, CHANGED)?;
        }
        let paths = self.kept_run_states()?.into_iter().map(|key| self.run_state_path(&key));
        match paths.into_iter().find(|path| !path.exists()) {
            None => Ok(()),
            Some(path) => Err(ArchiveError::Damaged { path, what: MISSING }),
        }
    }
}
