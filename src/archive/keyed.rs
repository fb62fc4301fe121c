//! Compressed files that are named by a key, each with a digest of its key and content.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use super::store::{self, ArchiveError};

/// Ending of the files.
pub(super) const ENDING: &str = "json.zst";

/// Returns the path of the file of a key.
pub(super) fn path(folder: &Path, key: &str) -> PathBuf {
    folder.join(format!("{key}.{ENDING}"))
}

/// Returns the files of a folder by their keys; empty if there is no such folder.
pub(super) fn files(folder: &Path) -> Result<BTreeMap<String, PathBuf>, ArchiveError> {
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

/// Returns the digest of a file. It includes the key, so that a renamed file is detected.
fn seal(key: &str, packed: &[u8]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(key.as_bytes());
    hasher.update(&[0]);
    hasher.update(packed);
    hasher.finalize()
}

/// Writes the file of a key.
pub(super) fn write(path: &Path, key: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
    store::make_parent(path)?;
    let packed = zstd::encode_all(bytes, 3).expect("compressing in memory");
    store::write_whole(path, &[seal(key, &packed).as_bytes().as_slice(), &packed].concat())
}

/// Reads the file of a key; `None` if it is missing. `damage` describes the error of a changed file.
pub(super) fn read(path: &Path, key: &str, damage: &'static str) -> Result<Option<Vec<u8>>, ArchiveError> {
    let damaged = || ArchiveError::Damaged { path: path.to_owned(), what: damage };
    let stored = match fs::read(path) {
        Ok(stored) => stored,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(store::disk("read", path)(error)),
    };
    let (digest, packed) = stored.split_at_checked(blake3::OUT_LEN).ok_or_else(damaged)?;
    if seal(key, packed).as_bytes() != digest {
        return Err(damaged());
    }
    zstd::decode_all(packed).map(Some).map_err(|_| damaged())
}
