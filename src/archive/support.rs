//! Minimal supports of flags that somebody asked for. They save time only: a support that is missing or damaged is searched
//! again, with the same result.

use std::{fs, path::PathBuf, time::SystemTime};

use super::{Archive, keyed, store, store::ArchiveError};

/// Most supports that are kept; the oldest are removed first.
const KEPT_MAX: usize = 2_000;

const CHANGED: &str = "was changed after it was written (you can delete the folder `support`; `araneus explain` creates it again)";

impl Archive {
    fn support_folder(&self) -> PathBuf {
        self.folder.join(store::SUPPORT)
    }

    /// Returns the kept minimal support of a key; `None` if there is none or it is damaged.
    pub fn minimal_support(&self, key: &str) -> Option<Vec<u8>> {
        keyed::read(&keyed::path(&self.support_folder(), key), key, CHANGED).ok().flatten()
    }

    /// Keeps a minimal support. This needs no lock, because every writer of a key writes the same bytes. An archive
    /// that cannot be written keeps nothing.
    pub fn keep_minimal_support(&self, key: &str, bytes: &[u8]) {
        let folder = self.support_folder();
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

    /// Removes all minimal supports, because a run was taken back.
    pub fn remove_minimal_supports(&self) {
        // A file that stays does no harm: its key names records that no run has.
        let _ = fs::remove_dir_all(self.support_folder());
    }

    /// Checks every kept minimal support.
    pub(super) fn verify_supports(&self) -> Result<(), ArchiveError> {
        for (key, path) in keyed::files(&self.support_folder())? {
            keyed::read(&path, &key, CHANGED)?;
        }
        Ok(())
    }
}
