//! Loads the stored bytes of an input.

use std::{
    fs, io,
    io::{Read, Seek},
    path::Path,
    sync::{PoisonError, RwLock},
};

use super::{
    input::{Location, describe},
    reject::{Reject, RejectRule},
    text_buffer::NotStreamed,
    unpack,
};

/// Lock that every file read shares; a read that runs out of file descriptors holds it exclusively.
static OPEN_FILES: RwLock<()> = RwLock::new(());

/// Loads the stored bytes; `None` for a file that must not be read.
pub(super) fn load(location: &Location) -> Result<Option<Vec<u8>>, Reject> {
    let unreadable = |error: io::Error| Reject::new(RejectRule::Unreadable, describe(&error));
    match location {
        Location::Ignored { .. } => Ok(None),
        Location::Failed(reason) => Err(Reject::new(RejectRule::Unreadable, reason.as_str())),
        Location::Bytes(bytes) => Ok(Some(bytes.clone())),
        Location::File { path, .. } => {
            if !fs::metadata(path).map_err(unreadable)?.is_file() {
                return Err(Reject::new(RejectRule::Unreadable, "not a regular file"));
            }
            open_and_read(path).map(Some).map_err(unreadable)
        }
    }
}

/// Opens a file as a stream if it has more bytes than `size`; returns its stored size, too.
pub(super) fn open_larger(location: &Location, size: usize) -> Result<(fs::File, u64), NotStreamed> {
    let Location::File { path, .. } = location else { return Err(NotStreamed) };
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() <= size as u64 {
        return Err(NotStreamed);
    }
    Ok((fs::File::open(path)?, metadata.len()))
}

/// Returns the first bytes of a file, and goes back to its beginning.
pub(super) fn first_bytes(file: &mut fs::File, most: usize) -> Result<Vec<u8>, NotStreamed> {
    let mut bytes = Vec::with_capacity(most);
    file.by_ref().take(most as u64).read_to_end(&mut bytes)?;
    file.rewind()?;
    Ok(bytes)
}

/// Returns whether a file has more bytes than that.
pub(super) fn is_larger(location: &Location, bytes: usize) -> bool {
    let Location::File { path, .. } = location else { return false };
    fs::metadata(path).is_ok_and(|metadata| metadata.len() > bytes as u64)
}

/// Reads a file. File descriptors can run out while many files are read at once; the file is then
/// read again, alone.
fn open_and_read(path: &Path) -> io::Result<Vec<u8>> {
    let read = || {
        let mut bytes = Vec::new();
        fs::File::open(path)?.take(unpack::SIZE_MAX + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let result: io::Result<Vec<u8>> = {
        let _shared = OPEN_FILES.read().unwrap_or_else(PoisonError::into_inner);
        read()
    };
    match result {
        Err(error) if is_out_of_descriptors(&error) => {
            let _exclusive = OPEN_FILES.write().unwrap_or_else(PoisonError::into_inner);
            read()
        }
        result => result,
    }
}

fn is_out_of_descriptors(error: &io::Error) -> bool {
    use rustix::io::Errno;
    [Errno::MFILE, Errno::NFILE].iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}
