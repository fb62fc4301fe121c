//! Copies of held files: their bytes as delivered, written and checked as a stream.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use super::super::{
    Archive,
    gc::Orphan,
    store::{self, ArchiveError},
};
use crate::ingest::Location;

/// Most copies of held files in a state.
const COPIES_MAX: usize = 1_000;
/// Most bytes of all copies together.
const COPY_BYTES_MAX: u64 = 64 << 30;

/// Reason why a file could not be set aside.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The bytes are not those that were read.
    #[error("the file changed while it was read")]
    Changed,
    /// The file cannot be read again.
    #[error("the file could not be read again")]
    Unreadable,
    /// The copies of a state have a limit.
    #[error(
        "the state has {COPIES_MAX} held files or {} GiB of them; decide about them with `araneus held list`",
        COPY_BYTES_MAX >> 30
    )]
    Full,
    /// The copy cannot be written.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

fn folder(state: &Path) -> PathBuf {
    state.join(store::HELD)
}

/// Returns the path of the copy with a digest.
pub(super) fn path(state: &Path, digest: &str) -> PathBuf {
    folder(state).join(digest)
}

/// Digest and size of each copy.
fn copies(state: &Path) -> Vec<(String, u64)> {
    let copy = |path: PathBuf| {
        let name = path.file_name()?.to_str()?.to_owned();
        let is_digest = name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let metadata = fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?;
        is_digest.then_some((name, metadata.len()))
    };
    store::files(&folder(state)).into_iter().filter_map(copy).collect()
}

impl Archive {
    /// Returns the path of the copy of a held delivery.
    pub fn held_copy(&self, digest: &str) -> PathBuf {
        path(&self.folder, digest)
    }

    /// Copies the bytes of an input, which must have this digest and size. A copy that exists is not written again.
    ///
    /// # Errors
    /// If the bytes are other ones, too many copies exist, or the copy cannot be written.
    pub fn keep_held_copy(&self, location: &Location, digest: &str, bytes: u64) -> Result<(), CopyError> {
        let path = path(&self.folder, digest);
        let copies = copies(&self.folder);
        if copies.iter().any(|(known, _)| known == digest) && is_intact(&path, digest).unwrap_or(false) {
            return Ok(());
        }
        let taken: u64 = copies.iter().map(|(_, bytes)| bytes).sum();
        if copies.len() >= COPIES_MAX || taken.saturating_add(bytes) > COPY_BYTES_MAX {
            return Err(CopyError::Full);
        }
        let mut reader: Box<dyn Read> = match location {
            Location::File { path, .. } => Box::new(File::open(path).map_err(|_| CopyError::Unreadable)?),
            Location::Bytes(bytes) => Box::new(bytes.as_slice()),
            Location::Ignored { .. } | Location::Failed(_) => return Err(CopyError::Unreadable),
        };
        store::make_parent(&path)?;
        let partial = path.with_extension("partial");
        let written = write(&mut reader, &partial);
        match written {
            Ok(found) if found == digest => {}
            Ok(_) => {
                store::remove(&partial)?;
                return Err(CopyError::Changed);
            }
            Err(error) => {
                store::remove(&partial)?;
                return Err(store::disk("write", &partial)(error).into());
            }
        }
        fs::rename(&partial, &path).map_err(store::disk("move", &path))?;
        store::flush(&folder(&self.folder))?;
        // The folder itself may be new.
        store::flush(&self.folder)?;
        Ok(())
    }

    /// Checks the copies of the deliveries that wait, or that are accepted and not read.
    ///
    /// # Errors
    /// If a copy is missing or was changed.
    pub(in crate::archive) fn verify_held(&self) -> Result<(), ArchiveError> {
        if self.pending_undo()?.is_some() {
            // The end of the undo notes lost copies.
            return Ok(());
        }
        let present = copies(&self.folder);
        for digest in self.needed_copies()? {
            let path = path(&self.folder, &digest);
            if !present.iter().any(|(known, _)| *known == digest) {
                return Err(ArchiveError::Damaged { path, what: "is missing" });
            }
            if !is_intact(&path, &digest).map_err(store::disk("read", &path))? {
                return Err(ArchiveError::Damaged { path, what: "was changed after it was written" });
            }
        }
        Ok(())
    }

    /// Returns the copies that no later run needs.
    ///
    /// # Errors
    /// If the file of decisions is damaged or cannot be read.
    pub(in crate::archive) fn needless_held(&self) -> Result<Vec<Orphan>, ArchiveError> {
        let copies = copies(&self.folder);
        if copies.is_empty() {
            return Ok(Vec::new());
        }
        let needed = self.needed_copies()?;
        let needless = copies.into_iter().filter(|(digest, _)| !needed.contains(digest));
        Ok(needless.map(|(digest, bytes)| Orphan { path: path(&self.folder, &digest), bytes }).collect())
    }

    /// Removes the copies that no later run needs.
    ///
    /// # Errors
    /// If a copy cannot be removed.
    pub fn remove_needless_held(&self) -> Result<(), ArchiveError> {
        self.needless_held()?.iter().try_for_each(|orphan| store::remove(&orphan.path))
    }
}

/// Copies bytes into a new file, flushes it, and returns their digest.
fn write(reader: &mut dyn Read, path: &Path) -> io::Result<String> {
    let mut file = File::create(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = reader.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        file.write_all(&buffer[..count])?;
    }
    file.sync_all()?;
    Ok(hasher.finalize().to_hex().to_string())
}

fn is_intact(path: &Path, digest: &str) -> io::Result<bool> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(hasher.finalize().to_hex().as_str() == digest)
}
