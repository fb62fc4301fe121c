//! The run that the archive has and that nobody was shown yet.
//!
//! A run notes its as-of time here before its commit, and removes the note when its results are published. So a
//! run that was killed in between, or found no space for its results, is published by the next run: what is new
//! in it is then new in its own queue, and not passed over as known.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{Archive, ArchiveError, store};
use crate::time::Moment;

fn path(folder: &Path) -> PathBuf {
    folder.join("unpublished.json")
}

impl Archive {
    /// Returns the as-of time of a run that the archive has and whose results were not published.
    pub fn unpublished(&self) -> Result<Option<Moment>, ArchiveError> {
        let path = path(&self.folder);
        let noted: Moment = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|_| ArchiveError::Damaged { path, what: "names no run" })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(store::disk("read", &path)(error)),
        };
        // One that was killed before its commit left nothing.
        Ok(self.manifest.commits.iter().any(|commit| commit.moment == noted).then_some(noted))
    }

    /// Notes that a run is about to be committed.
    pub fn begin_publishing(&self, moment: Moment) -> Result<(), ArchiveError> {
        let text = serde_json::to_vec(&moment).expect("a time is plain data");
        store::write_whole(&path(&self.folder), &text)
    }

    /// Notes that the results of the run are published.
    pub fn end_publishing(&self) -> Result<(), ArchiveError> {
        store::remove(&path(&self.folder))
    }
}
