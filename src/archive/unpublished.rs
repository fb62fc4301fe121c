//! The run that is in the archive and whose results are not published.
//!
//! A run writes its as-of time here before its commit, and removes it after its results are published. The next run
//! publishes the results of a run that was killed in between, or that had no space for them. So new flags are new
//! in a queue of their own, and are not taken for known ones.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    Archive,
    store::{self, ArchiveError},
};
use crate::time::Moment;

fn path(folder: &Path) -> PathBuf {
    folder.join("unpublished.json")
}

impl Archive {
    /// Returns the as-of time of the run in the archive whose results are not published; `None` if there is none.
    ///
    /// # Errors
    /// If the file is damaged or cannot be read.
    pub fn unpublished(&self) -> Result<Option<Moment>, ArchiveError> {
        let path = path(&self.folder);
        let as_of: Moment = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|_| ArchiveError::Damaged { path, what: "cannot be read as an as-of time" })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(store::disk("read", &path)(error)),
        };
        // A run that was killed before its commit left nothing to publish.
        Ok(self.manifest.commits.iter().any(|commit| commit.as_of == as_of).then_some(as_of))
    }

    /// Records the as-of time of a run before its commit.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn begin_publishing(&self, as_of: Moment) -> Result<(), ArchiveError> {
        let text = serde_json::to_vec(&as_of).expect("a time is plain data");
        store::write_whole(&path(&self.folder), &text)
    }

    /// Removes the as-of time of a run whose results are published.
    ///
    /// # Errors
    /// If the file cannot be removed.
    pub fn end_publishing(&self) -> Result<(), ArchiveError> {
        store::remove(&path(&self.folder))
    }
}
