//! What nights leave to the next, kept to save time: what is missing here is computed again.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Archive, ArchiveError, store};

impl Archive {
    fn memory_path(&self, key: &str) -> PathBuf {
        self.folder.join("memory").join(format!("{key}.json.zst"))
    }

    /// Returns what was kept under a key; `None` where nothing is.
    pub fn memory(&self, key: &str) -> Result<Option<Vec<u8>>, ArchiveError> {
        let path = self.memory_path(key);
        if path.exists() { unpacked(&path).map(Some) } else { Ok(None) }
    }

    /// Checks everything that is kept.
    pub(super) fn verify_memories(&self) -> Result<(), ArchiveError> {
        let folder = self.folder.join("memory");
        let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        files.filter(|path| path.extension().is_some_and(|ending| ending == "zst")).try_for_each(|path| {
            unpacked(&path)?;
            Ok(())
        })
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

fn unpacked(path: &Path) -> Result<Vec<u8>, ArchiveError> {
    let damaged = || ArchiveError::Damaged {
        path: path.to_owned(),
        what: "was altered since it was written (the folder `memory` may be deleted: it is made again)",
    };
    let stored = fs::read(path).map_err(|_| damaged())?;
    let (digest, packed) = stored.split_at_checked(blake3::OUT_LEN).ok_or_else(damaged)?;
    if blake3::hash(packed).as_bytes() != digest {
        return Err(damaged());
    }
    zstd::decode_all(packed).map_err(|_| damaged())
}
