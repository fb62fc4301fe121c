//! The archive's place on disk: a lock, files named by their digest, and the pointer.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Why an archive cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Another run holds the lock.
    #[error("another run holds the lock `{0}`; wait for it to end")]
    Locked(PathBuf),
    /// A file of the archive is not what it was when written.
    #[error("`{path}` {what}; restore the state folder from a copy")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Written by a later version of this program.
    #[error("`{path}` has layout {found}, and this version knows {known}; use a newer araneus")]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its layout.
        found: u32,
        /// The newest layout that is known.
        known: u32,
    },
    /// The disk refused.
    #[error("cannot {doing} `{path}`")]
    Disk {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// What an archive is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To look: takes no lock and makes no folder.
    Read,
    /// To add: takes the lock.
    Write,
}

fn disk(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ArchiveError {
    let path = path.to_owned();
    move |source| ArchiveError::Disk { doing, path, source }
}

pub(super) fn lock(folder: &Path, access: Access) -> Result<Option<File>, ArchiveError> {
    if access == Access::Read {
        return Ok(None);
    }
    for folder in [folder.to_owned(), folder.join("manifests"), folder.join("segments")] {
        fs::create_dir_all(&folder).map_err(disk("make", &folder))?;
    }
    let path = folder.join("lock");
    let file =
        File::options().create(true).truncate(false).write(true).open(&path).map_err(disk("open", &path))?;
    match file.try_lock() {
        Ok(()) => {
            clear_left_overs(folder);
            Ok(Some(file))
        }
        Err(TryLockError::WouldBlock) => Err(ArchiveError::Locked(path)),
        Err(TryLockError::Error(source)) => Err(ArchiveError::Disk { doing: "lock", path, source }),
    }
}

/// Removes files that a killed run had not finished; what cannot be removed does no harm.
fn clear_left_overs(folder: &Path) {
    let folders = ["manifests", "segments", "memory"].map(|name| folder.join(name));
    let paths = folders.iter().flat_map(|folder| files(folder)).chain(files(folder));
    for path in paths.filter(|path| path.extension().is_some_and(|ending| ending == "partial")) {
        let _ = fs::remove_file(path);
    }
}

/// Makes the folder that a file is to stand in.
pub(super) fn make_parent(path: &Path) -> Result<(), ArchiveError> {
    let folder = path.parent().expect("a file in the archive has a folder");
    fs::create_dir_all(folder).map_err(disk("make", folder))
}

/// Returns whether there is a pointer, whatever it names.
pub(super) fn has_pointer(folder: &Path) -> bool {
    folder.join("current").exists()
}

/// Reads the manifest that the pointer names; `None` for an archive not yet written.
pub(super) fn read_current(folder: &Path) -> Result<Option<(PathBuf, Vec<u8>)>, ArchiveError> {
    let pointer = folder.join("current");
    let digest = match fs::read_to_string(&pointer) {
        Ok(digest) => digest,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // Manifests without a pointer are those of an archive that lost it: it is none without records.
            let manifests = fs::read_dir(folder.join("manifests")).into_iter().flatten().flatten();
            let mut paths = manifests.map(|entry| entry.path());
            return if paths.any(|path| path.extension().is_some_and(|ending| ending == "json")) {
                Err(ArchiveError::Damaged { path: pointer, what: "is missing" })
            } else {
                Ok(None)
            };
        }
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Err(ArchiveError::Damaged { path: pointer, what: "names no manifest" });
        }
        Err(error) => return Err(disk("read", &pointer)(error)),
    };
    if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(ArchiveError::Damaged { path: pointer, what: "names no manifest" });
    }
    let path = folder.join("manifests").join(format!("{digest}.json"));
    read_verified(&path, &digest).map(|bytes| Some((path, bytes)))
}

/// Reads a file and checks that it still has the digest it is named by.
pub(super) fn read_verified(path: &Path, digest: &str) -> Result<Vec<u8>, ArchiveError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(ArchiveError::Damaged { path: path.to_owned(), what: "is missing" });
        }
        Err(error) => return Err(disk("read", path)(error)),
    };
    if blake3::hash(&bytes).to_hex().as_str() == digest {
        Ok(bytes)
    } else {
        Err(ArchiveError::Damaged { path: path.to_owned(), what: "was altered since it was written" })
    }
}

/// Ending of a segment of statements or deliveries.
pub(super) const SEGMENT: &str = "parquet";
/// Ending of what a run read.
pub(super) const READING: &str = "reading.json.zst";

pub(super) fn named_path(folder: &Path, ending: &str, digest: &str) -> PathBuf {
    folder.join("segments").join(format!("{digest}.{ending}"))
}

/// Writes a file under the digest of its bytes, and returns that.
pub(super) fn write_named(folder: &Path, ending: &str, bytes: &[u8]) -> Result<String, ArchiveError> {
    let digest = blake3::hash(bytes).to_hex().to_string();
    let path = named_path(folder, ending, &digest);
    if read_verified(&path, &digest).is_err() {
        write_whole(&path, bytes)?;
    }
    Ok(digest)
}

/// Writes a manifest, then moves the pointer to it.
pub(super) fn move_pointer(folder: &Path, manifest: &[u8]) -> Result<(), ArchiveError> {
    let digest = blake3::hash(manifest).to_hex().to_string();
    let manifests = folder.join("manifests");
    let name = format!("{digest}.json");
    let pointer = folder.join("current");
    // Who reads at this instant may hold the pointer as it was.
    let before = fs::read_to_string(&pointer).map(|digest| format!("{digest}.json")).unwrap_or_default();
    write_whole(&manifests.join(&name), manifest)?;
    write_whole(&pointer, digest.as_bytes())?;
    // Nothing points at the others any more; what cannot be removed does no harm.
    for entry in fs::read_dir(&manifests).into_iter().flatten().flatten() {
        if entry.file_name() != *name && entry.file_name() != *before {
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

/// Writes a file so that it is either absent, or the old one, or whole: into a fresh
/// file, flushed to disk, then renamed.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), ArchiveError> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".partial");
    let fresh = PathBuf::from(fresh);
    let written = File::create(&fresh).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(disk("write", &fresh))?;
    fs::rename(&fresh, path).map_err(disk("move", path))?;
    flush(path.parent().expect("a file in the archive has a folder"))
}

/// Brings the names in a folder to disk.
pub(super) fn flush(folder: &Path) -> Result<(), ArchiveError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(disk("flush", folder))
}

/// Removes a file; one that is not there is removed already.
pub(super) fn remove(path: &Path) -> Result<(), ArchiveError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Returns the paths of the files in a folder of the archive; none where there is no such folder.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}
