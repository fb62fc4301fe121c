//! Files of the archive: the lock, files that are named by their digests, and the pointers.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Error of an archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Another run holds the lock.
    #[error("another run holds the lock `{0}`; wait until it ends")]
    Locked(PathBuf),
    /// A file of the archive was changed or is missing.
    #[error("`{path}` {what}; restore the state folder from a copy")]
    Damaged {
        /// Path of the file.
        path: PathBuf,
        /// Kind of the damage, as a predicate.
        what: &'static str,
    },
    /// An entry of the audit log is not the one that was written there.
    #[error("entry {position} of `{path}` {what}; restore the state folder from a copy")]
    AuditEntry {
        /// Path of the log.
        path: PathBuf,
        /// Position of the entry from 1.
        position: u64,
        /// Kind of the damage, as a predicate.
        what: &'static str,
    },
    /// The layout is newer than this version of the program.
    #[error(
        "`{path}` has layout {found}, but this version of araneus reads layout {known}. Install a newer version"
    )]
    Newer {
        /// Path of the manifest.
        path: PathBuf,
        /// Layout of the archive.
        found: u32,
        /// Layout that this version reads.
        known: u32,
    },
    /// The layout is older than this version of the program.
    #[error(
        "`{path}` has layout {found}, but this version of araneus reads layout {known}. Start with an empty state folder and deliver again, or use the version that wrote it"
    )]
    Older {
        /// Path of the manifest.
        path: PathBuf,
        /// Layout of the archive.
        found: u32,
        /// Layout that this version reads.
        known: u32,
    },
    /// An operation on a file failed.
    #[error("cannot {doing} `{path}`")]
    Disk {
        /// Operation, as a verb.
        doing: &'static str,
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
}

/// Access to an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read only: takes no lock and creates no folder.
    Read,
    /// Read and write: takes the lock.
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
            remove_partial_files(folder);
            Ok(Some(file))
        }
        Err(TryLockError::WouldBlock) => Err(ArchiveError::Locked(path)),
        Err(TryLockError::Error(source)) => Err(ArchiveError::Disk { doing: "lock", path, source }),
    }
}

/// Removes incomplete files of a killed run. A file that cannot be removed does no harm. Files of judgements, of
/// the audit log and of decisions have a lock of their own, so that one of them may just be written.
fn remove_partial_files(folder: &Path) {
    let folders = ["manifests", "segments", RUN_STATE, EXPLAINED, HELD].map(|name| folder.join(name));
    let paths = folders.iter().flat_map(|folder| files(folder)).chain(files(folder));
    let is_partial = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "partial");
    let has_own_lock = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        ["judgements.", "audit.", "held."].iter().any(|begin| name.starts_with(begin))
    };
    for path in paths.filter(|path| is_partial(path) && !has_own_lock(path)) {
        let _ = fs::remove_file(path);
    }
}

/// Creates the folder of a file.
pub(super) fn make_parent(path: &Path) -> Result<(), ArchiveError> {
    let folder = path.parent().expect("a file in the archive has a folder");
    fs::create_dir_all(folder).map_err(disk("make", folder))
}

/// Pointers of an archive. Both name the newest manifest, except while a run moves them.
///
/// `current` decides. `confirmed` is written after it. It distinguishes a pointer that was moved back to an older
/// manifest from one that a killed run did not confirm.
#[derive(Debug, Default)]
pub(super) struct Pointers {
    pub(super) current: Option<String>,
    pub(super) confirmed: Option<String>,
}

const CURRENT: &str = "current";
const CONFIRMED: &str = "confirmed";

/// Returns whether a file exists. The answer is yes if that cannot be checked; the error then occurs when the
/// file is opened.
pub(super) fn may_exist(path: &Path) -> bool {
    path.try_exists().unwrap_or(true)
}

/// Returns whether the archive has a pointer, valid or not.
pub(super) fn has_pointer(folder: &Path) -> bool {
    [CURRENT, CONFIRMED].iter().any(|name| may_exist(&folder.join(name)))
}

/// Reads the pointers. During an undo a pointer may be missing.
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
        Ok(_) => Err(ArchiveError::Damaged { path, what: "does not name a manifest" }),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(ArchiveError::Damaged { path, what: "does not name a manifest" })
        }
        Err(error) => Err(disk("read", &path)(error)),
    }
}

/// Returns the digests of the manifests in the folder.
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

/// Reads the path and the bytes of a manifest, and checks its digest.
pub(super) fn read_manifest(folder: &Path, digest: &str) -> Result<(PathBuf, Vec<u8>), ArchiveError> {
    let path = folder.join("manifests").join(format!("{digest}.json"));
    read_verified(&path, digest).map(|bytes| (path, bytes))
}

/// Writes a manifest that is not part of the archive until a decision names it, and returns its digest. The next move of
/// the pointer removes it.
pub(super) fn prepare_manifest(folder: &Path, manifest: &[u8]) -> Result<String, ArchiveError> {
    let digest = blake3::hash(manifest).to_hex().to_string();
    write_whole(&prepared_path(folder, &digest), manifest)?;
    Ok(digest)
}

/// Reads a prepared manifest; after the pointer moved, the manifest.
pub(super) fn read_prepared_manifest(
    folder: &Path,
    digest: &str,
) -> Result<(PathBuf, Vec<u8>), ArchiveError> {
    let path = prepared_path(folder, digest);
    match read_verified(&path, digest) {
        Ok(bytes) => Ok((path, bytes)),
        Err(error) => read_manifest(folder, digest).map_err(|_| error),
    }
}

fn prepared_path(folder: &Path, digest: &str) -> PathBuf {
    folder.join("manifests").join(format!("{digest}.prepared"))
}

/// Reads a file and checks its digest.
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
        Err(ArchiveError::Damaged { path: path.to_owned(), what: "was changed after it was written" })
    }
}

/// Ending of a segment of records or deliveries.
pub(super) const SEGMENT: &str = "parquet";
/// Ending of the delivery reports of a run.
pub(super) const REPORT: &str = "report.json.zst";
/// Folder of the run state.
pub(super) const RUN_STATE: &str = "run-state";
/// Folder of the copies of held files.
pub(super) const HELD: &str = "held";
/// Folder of parts of explanations.
pub(super) const EXPLAINED: &str = "explained";

/// Returns the path of the file with a digest.
pub(super) fn named_path(folder: &Path, ending: &str, digest: &str) -> PathBuf {
    folder.join("segments").join(format!("{digest}.{ending}"))
}

/// Writes a file under the digest of its bytes, and returns the digest.
pub(super) fn write_named(folder: &Path, ending: &str, bytes: &[u8]) -> Result<String, ArchiveError> {
    let digest = blake3::hash(bytes).to_hex().to_string();
    let path = named_path(folder, ending, &digest);
    if read_verified(&path, &digest).is_err() {
        // The file is missing or damaged.
        write_whole(&path, bytes)?;
    }
    Ok(digest)
}

/// Writes a manifest, and then moves the pointers to it.
pub(super) fn move_pointer(folder: &Path, manifest: &[u8]) -> Result<(), ArchiveError> {
    let (digest, before) = write_manifest(folder, manifest)?;
    write_whole(&folder.join(CURRENT), digest.as_bytes())?;
    confirm(folder, &digest)?;
    remove_manifests(folder, &[digest, before]);
    Ok(())
}

/// Removes the pointers: the archive is empty.
pub(super) fn remove_pointers(folder: &Path) -> Result<(), ArchiveError> {
    remove(&folder.join(CURRENT))?;
    remove(&folder.join(CONFIRMED))
}

/// Confirms that the pointer names a manifest.
pub(super) fn confirm(folder: &Path, digest: &str) -> Result<(), ArchiveError> {
    write_whole(&folder.join(CONFIRMED), digest.as_bytes())
}

/// Writes a manifest. Returns its digest and the digest that the pointer names.
fn write_manifest(folder: &Path, manifest: &[u8]) -> Result<(String, String), ArchiveError> {
    let digest = blake3::hash(manifest).to_hex().to_string();
    let before = read_pointer(folder, CURRENT)?.unwrap_or_default();
    write_whole(&folder.join("manifests").join(format!("{digest}.json")), manifest)?;
    Ok((digest, before))
}

/// Removes all manifests except the given ones. The previous one stays for readers that have read the pointer
/// already. A file that cannot be removed does no harm.
fn remove_manifests(folder: &Path, except: &[String]) {
    for entry in fs::read_dir(folder.join("manifests")).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !except.iter().any(|digest| name == format!("{digest}.json")) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Writes a file atomically: the bytes go into a new file, which is flushed to disk and then renamed.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), ArchiveError> {
    write_whole_parts(path, [bytes])
}

/// Writes a file as [`write_whole`] does, from parts of its bytes.
pub(super) fn write_whole_parts<'a>(
    path: &Path,
    parts: impl IntoIterator<Item = &'a [u8]>,
) -> Result<(), ArchiveError> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let written = File::create(&partial).and_then(|mut file| {
        for part in parts {
            file.write_all(part)?;
        }
        file.sync_all()
    });
    written.map_err(disk("write", &partial))?;
    fs::rename(&partial, path).map_err(disk("move", path))?;
    flush(path.parent().expect("a file in the archive has a folder"))
}

/// Flushes the names in a folder to disk.
pub(super) fn flush(folder: &Path) -> Result<(), ArchiveError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(disk("flush", folder))
}

/// Removes a file. A missing file is not an error.
pub(super) fn remove(path: &Path) -> Result<(), ArchiveError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Returns the paths of the files in a folder; empty if there is no such folder.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}
