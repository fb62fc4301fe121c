//! What nights leave to the next, kept to save time: whatever is damaged or missing here is
//! computed again.

use std::{fs, path::PathBuf};

use super::{Archive, ArchiveError, store};

impl Archive {
    fn memory_path(&self, key: &str) -> PathBuf {
        self.folder.join("memory").join(format!("{key}.json.zst"))
    }

    /// Returns what was kept under a key; `None` where nothing sound is.
    pub fn memory(&self, key: &str) -> Option<Vec<u8>> {
        let stored = fs::read(self.memory_path(key)).ok()?;
        let (digest, packed) = stored.split_at_checked(blake3::OUT_LEN)?;
        (blake3::hash(packed).as_bytes() == digest).then(|| zstd::decode_all(packed).ok())?
    }

    /// Keeps something under a key; an archive that is open for reading keeps nothing.
    pub fn keep_memory(&self, key: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
        if self.lock.is_none() {
            return Ok(());
        }
        let path = self.memory_path(key);
        store::make_parent(&path)?;
        let packed = zstd::encode_all(bytes, 3).expect("bytes in memory are packed");
        store::write_whole(&path, &[blake3::hash(&packed).as_bytes().as_slice(), &packed].concat())
    }

    /// Lets go of everything kept but what stands under these keys.
    pub fn forget_memories(&self, but: &[String]) {
        let folder = self.folder.join("memory");
        // What cannot be removed does no harm.
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !but.iter().any(|key| name == format!("{key}.json.zst")) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}
