//! What runs leave to the next ones, and the warning lists by which runs were made.
//!
//! Run state is kept to save time: what is missing is computed again, and gives the same. Warning lists are
//! part of the truth: without the lists of an earlier run nobody can tell what a changed list changed.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use super::{Archive, ArchiveError, store};

/// Key of the list of all that the last run left.
const LEFT: &str = "left";
const ENDING: &str = "json.zst";

impl Archive {
    fn memory_folder(&self) -> PathBuf {
        self.folder.join("memory")
    }

    fn memory_path(&self, key: &str) -> PathBuf {
        self.memory_folder().join(format!("{key}.{ENDING}"))
    }

    fn lists_path(&self, digest: &str) -> PathBuf {
        self.folder.join("lists").join(format!("{digest}.{ENDING}"))
    }

    /// Returns the run state under a key; `None` where there is none.
    pub fn memory(&self, key: &str) -> Result<Option<Vec<u8>>, ArchiveError> {
        read_keyed(&self.memory_path(key), key, MADE_AGAIN)
    }

    /// Keeps run state under a key; an archive that is open for reading keeps nothing.
    pub fn keep_memory(&self, key: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
        if self.lock.is_none() { Ok(()) } else { write_keyed(&self.memory_path(key), key, bytes) }
    }

    /// Removes all run state but what stands under these keys, and lists those as what the run left.
    pub fn forget_memories(&self, but: &[String]) -> Result<(), ArchiveError> {
        let mut left: Vec<&str> = but.iter().map(String::as_str).collect();
        left.sort_unstable();
        left.dedup();
        left.retain(|key| self.memory_path(key).exists());
        if !left.is_empty() {
            self.keep_memory(LEFT, &serde_json::to_vec(&left).expect("names are plain data"))?;
            left.push(LEFT);
        }
        // What cannot be removed does no harm.
        for entry in fs::read_dir(self.memory_folder()).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !left.iter().any(|key| name == format!("{key}.{ENDING}")) {
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }

    /// Returns the keys of all that the last run left.
    pub(super) fn left(&self) -> Result<Vec<String>, ArchiveError> {
        let path = self.memory_path(LEFT);
        let Some(bytes) = self.memory(LEFT)? else { return Ok(Vec::new()) };
        serde_json::from_slice(&bytes)
            .map_err(|_| ArchiveError::Damaged { path, what: "is no list of run state" })
    }

    /// Checks all run state: every file, and that none is missing of what the last run left.
    pub(super) fn verify_memories(&self) -> Result<(), ArchiveError> {
        for (key, path) in keyed_files(&self.memory_folder())? {
            read_keyed(&path, &key, MADE_AGAIN)?;
        }
        let paths = self.left()?.into_iter().map(|key| self.memory_path(&key));
        match paths.into_iter().find(|path| !path.exists()) {
            None => Ok(()),
            Some(path) => {
                let what = "is missing (the next run makes it again, and gives the same)";
                Err(ArchiveError::Damaged { path, what })
            }
        }
    }

    /// Keeps warning lists under the digest of their texts.
    pub fn keep_lists(&self, digest: &str, texts: &[String]) -> Result<(), ArchiveError> {
        let path = self.lists_path(digest);
        if self.lock.is_none() || self.lists(digest).is_ok() {
            return Ok(());
        }
        write_keyed(&path, digest, &serde_json::to_vec(texts).expect("texts are plain data"))
    }

    /// Returns the warning lists of a digest, by which a run of this archive was made.
    pub fn lists(&self, digest: &str) -> Result<Vec<String>, ArchiveError> {
        let path = self.lists_path(digest);
        let damaged = |what| ArchiveError::Damaged { path: path.clone(), what };
        let bytes = read_keyed(&path, digest, "was altered since it was written")?;
        let bytes = bytes.ok_or_else(|| damaged("is missing"))?;
        serde_json::from_slice(&bytes).map_err(|_| damaged("cannot be read as warning lists"))
    }

    /// Checks all warning lists.
    pub(super) fn verify_lists(&self) -> Result<(), ArchiveError> {
        for (digest, _) in keyed_files(&self.folder.join("lists"))? {
            self.lists(&digest)?;
        }
        Ok(())
    }
}

const MADE_AGAIN: &str =
    "was altered since it was written (the folder `memory` may be deleted: it is made again)";

/// Returns the files of a folder that are kept under keys; none where there is no such folder.
fn keyed_files(folder: &Path) -> Result<BTreeMap<String, PathBuf>, ArchiveError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(store::disk("read", folder)(error)),
    };
    let mut files = BTreeMap::new();
    for entry in entries {
        let entry = entry.map_err(store::disk("read", folder))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(key) = name.strip_suffix(&format!(".{ENDING}")) {
            files.insert(key.to_owned(), entry.path());
        }
    }
    Ok(files)
}

/// Digest of what is kept under a key: a file under another file's name is noticed, too.
fn sealed(key: &str, packed: &[u8]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(key.as_bytes());
    hasher.update(&[0]);
    hasher.update(packed);
    hasher.finalize()
}

fn write_keyed(path: &Path, key: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
    store::make_parent(path)?;
    let packed = zstd::encode_all(bytes, 3).expect("bytes in memory are packed");
    store::write_whole(path, &[sealed(key, &packed).as_bytes().as_slice(), &packed].concat())
}

fn read_keyed(path: &Path, key: &str, altered: &'static str) -> Result<Option<Vec<u8>>, ArchiveError> {
    let damaged = || ArchiveError::Damaged { path: path.to_owned(), what: altered };
    let stored = match fs::read(path) {
        Ok(stored) => stored,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(store::disk("read", path)(error)),
    };
    let (digest, packed) = stored.split_at_checked(blake3::OUT_LEN).ok_or_else(damaged)?;
    if sealed(key, packed).as_bytes() != digest {
        return Err(damaged());
    }
    zstd::decode_all(packed).map(Some).map_err(|_| damaged())
}
