//! Warning lists that runs used. They are stored, because the effect of a changed list can only be computed with
//! the earlier list.

use std::path::PathBuf;

use super::{Archive, keyed, store::ArchiveError};

impl Archive {
    fn lists_folder(&self) -> PathBuf {
        self.folder.join("lists")
    }

    /// Stores warning lists under the digest of their texts. An archive that is open for reading stores nothing.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn keep_lists(&self, digest: &str, texts: &[String]) -> Result<(), ArchiveError> {
        if self.lock.is_none() || self.lists(digest).is_ok() {
            return Ok(());
        }
        let path = keyed::path(&self.lists_folder(), digest);
        keyed::write(&path, digest, &serde_json::to_vec(texts).expect("texts are plain data"))
    }

    /// Returns the warning lists with a digest.
    ///
    /// # Errors
    /// If they are missing or damaged.
    pub fn lists(&self, digest: &str) -> Result<Vec<String>, ArchiveError> {
        let path = keyed::path(&self.lists_folder(), digest);
        let damaged = |what| ArchiveError::Damaged { path: path.clone(), what };
        let bytes = keyed::read(&path, digest, "was changed after it was written")?;
        let bytes = bytes.ok_or_else(|| damaged("is missing"))?;
        serde_json::from_slice(&bytes).map_err(|_| damaged("cannot be read as warning lists"))
    }

    /// Checks all warning lists.
    pub(super) fn verify_lists(&self) -> Result<(), ArchiveError> {
        for (digest, _) in keyed::files(&self.lists_folder())? {
            self.lists(&digest)?;
        }
        Ok(())
    }
}
