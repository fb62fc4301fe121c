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
    #[error("`{path}` has layout {found}, and this version reads layout {known}; use a newer araneus")]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its layout.
        found: u32,
        /// The layout that is read.
        known: u32,
    },
    /// Written by an earlier version of this program.
    #[error(
        "`{path}` has layout {found}, and this version reads layout {known}; use the araneus that wrote it, or begin with an empty state folder"
    )]
    Older {
        /// Which file.
        path: PathBuf,
        /// Its layout.
        found: u32,
        /// The layout that is read.
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

pub(super) fn disk(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ArchiveError {
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

/// The pointers of an archive: both name the manifest in force, except while one of them is moved.
///
/// `current` is what counts. `confirmed` is written after it, and tells a pointer that was set back to an
/// earlier manifest from one that a killed run did not confirm.
#[derive(Debug, Default)]
pub(super) struct Pointers {
    pub(super) current: Option<String>,
    pub(super) confirmed: Option<String>,
}

const CURRENT: &str = "current";
const CONFIRMED: &str = "confirmed";

/// Returns whether a file is there, or may be: one that cannot be looked at is found when it is opened.
pub(super) fn may_exist(path: &Path) -> bool {
    path.try_exists().unwrap_or(true)
}

/// Returns whether there is a pointer, whatever it names.
pub(super) fn has_pointer(folder: &Path) -> bool {
    [CURRENT, CONFIRMED].iter().any(|name| may_exist(&folder.join(name)))
}

/// Reads the pointers. A pointer may be gone while a run is taken back.
pub(super) fn read_pointers(folder: &Path, is_undoing: bool) -> Result<Pointers, ArchiveError> {
    let pointers =
        Pointers { current: read_pointer(folder, CURRENT)?, confirmed: read_pointer(folder, CONFIRMED)? };
    if pointers.current.is_none() && pointers.confirmed.is_some() && !is_undoing {
        return Err(ArchiveError::Damaged { path: folder.join(CURRENT), what: "is missing" });
    }
    Ok(pointers)
}

fn read_pointer(folder: &Path, name: &str) -> Result<Option<String>, ArchiveError> {
    let path = folder.join(name);
    let is_digest =
        |digest: &String| digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    match fs::read_to_string(&path) {
        Ok(digest) if is_digest(&digest) => Ok(Some(digest)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Ok(_) => Err(ArchiveError::Damaged { path, what: "names no manifest" }),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(ArchiveError::Damaged { path, what: "names no manifest" })
        }
        Err(error) => Err(disk("read", &path)(error)),
    }
}

/// Returns the digests by which the manifests of an archive are named.
pub(super) fn manifests(folder: &Path) -> Result<Vec<String>, ArchiveError> {
    let folder = folder.join("manifests");
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(disk("read", &folder)(error)),
    };
    let mut digests = Vec::new();
    for entry in entries {
        let name = entry.map_err(disk("read", &folder))?.file_name().to_string_lossy().into_owned();
        digests.extend(name.strip_suffix(".json").map(str::to_owned));
    }
    Ok(digests)
}

/// Reads a manifest and checks that it is what it was.
pub(super) fn read_manifest(folder: &Path, digest: &str) -> Result<(PathBuf, Vec<u8>), ArchiveError> {
    let path = folder.join("manifests").join(format!("{digest}.json"));
    read_verified(&path, digest).map(|bytes| (path, bytes))
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
        // Absent, or what a fault left of it.
        write_whole(&path, bytes)?;
    }
    Ok(digest)
}

/// Writes a manifest, then moves the pointers to it: an archive that grew.
pub(super) fn move_pointer(folder: &Path, manifest: &[u8]) -> Result<(), ArchiveError> {
    let (digest, before) = write_manifest(folder, manifest)?;
    write_whole(&folder.join(CURRENT), digest.as_bytes())?;
    confirm(folder, &digest)?;
    remove_manifests(folder, &[digest, before]);
    Ok(())
}

/// Removes the pointers: there is no archive before its first run.
pub(super) fn remove_pointers(folder: &Path) -> Result<(), ArchiveError> {
    remove(&folder.join(CURRENT))?;
    remove(&folder.join(CONFIRMED))
}

/// Confirms that the pointer stands at a manifest.
pub(super) fn confirm(folder: &Path, digest: &str) -> Result<(), ArchiveError> {
    write_whole(&folder.join(CONFIRMED), digest.as_bytes())
}

/// Writes a manifest; returns its digest, and the one that the pointer stood at.
fn write_manifest(folder: &Path, manifest: &[u8]) -> Result<(String, String), ArchiveError> {
    let digest = blake3::hash(manifest).to_hex().to_string();
    let before = read_pointer(folder, CURRENT)?.unwrap_or_default();
    write_whole(&folder.join("manifests").join(format!("{digest}.json")), manifest)?;
    Ok((digest, before))
}

/// Removes the manifests that nothing points at. Someone who reads at this instant may hold the pointer as
/// it was before; what cannot be removed does no harm.
fn remove_manifests(folder: &Path, but: &[String]) {
    for entry in fs::read_dir(folder.join("manifests")).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !but.iter().any(|digest| name == format!("{digest}.json")) {
            let _ = fs::remove_file(entry.path());
        }
    }
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
