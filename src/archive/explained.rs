//! Parts of explanations that took long: minimal supports, and contents of flags that needed a replay. They save time only: a
//! part that is missing or damaged is computed again, with the same result.

use std::{fs, path::PathBuf, time::SystemTime};

use super::{Archive, keyed, store, store::ArchiveError};

/// Most parts that are kept; the oldest are removed first.
const KEPT_MAX: usize = 2_000;

const CHANGED: &str = "was changed after it was written (you can delete the folder `explained`; `araneus explain` creates it again)";

impl Archive {
    fn explained_folder(&self) -> PathBuf {
        self.folder.join(store::EXPLAINED)
    }

    /// Returns the part of a key; `None` if none is kept or it is damaged.
    pub fn explained(&self, key: &str) -> Option<Vec<u8>> {
        keyed::read(&keyed::path(&self.explained_folder(), key), key, CHANGED).ok().flatten()
    }

    /// Keeps a part of an explanation. This needs no lock, because every writer of a key writes the same bytes. An archive
    /// that cannot be written keeps nothing.
    pub fn keep_explained(&self, key: &str, bytes: &[u8]) {
        let folder = self.explained_folder();
        if keyed::write(&keyed::path(&folder, key), key, bytes).is_err() {
            return;
        }
        let mut files = store::files(&folder);
        if files.len() > KEPT_MAX {
            let written = |path: &PathBuf| {
                let modified = fs::metadata(path).and_then(|file| file.modified());
                modified.unwrap_or(SystemTime::UNIX_EPOCH)
            };
            files.sort_by_cached_key(|path| (written(path), path.clone()));
            // A file that cannot be removed does no harm.
            files[..KEPT_MAX / 10].iter().for_each(|path| drop(fs::remove_file(path)));
        }
    }

    /// Removes all kept parts, because a run was taken back.
    pub fn remove_explained(&self) {
        // A file that stays does no harm: its key names records that no run has.
        let _ = fs::remove_dir_all(self.explained_folder());
    }

    /// Checks every kept part.
    pub(super) fn verify_explained(&self) -> Result<(), ArchiveError> {
        for (key, path) in keyed::files(&self.explained_folder())? {
            keyed::read(&path, &key, CHANGED)?;
        }
        Ok(())
    }
}
