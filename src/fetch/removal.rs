//! Removal of fetched files that could contain an erased record.

use std::{fs, io, path::Path};

use super::{
    error::{FetchError, disk},
    folder::{flush_folder, folder_of, numbered_files},
    misp_feed::EVENTS,
    read_marks::read_before,
    spool::{lock, read_checkpoint, save_checkpoint},
};
use crate::time::Moment;

/// Removes the fetched files of a source that a run has read, and its snapshots. A snapshot is fetched again; until then
/// the source is not complete. `runs` are the runs of the archive.
pub fn remove_read(state: &Path, source: &str, runs: &[Moment]) -> Result<(), FetchError> {
    let folder = &folder_of(state, source);
    if !folder.try_exists().map_err(disk("read", folder))? {
        return Ok(());
    }
    let _lock = lock(state)?;
    let checkpoint = read_checkpoint(folder)?;
    let is_snapshot = checkpoint
        .as_ref()
        .is_none_or(|checkpoint| checkpoint.complete.is_some() || !checkpoint.partial.is_empty());
    if let Some(mut checkpoint) = checkpoint.filter(|_| is_snapshot) {
        // The checkpoint is first: after a kill it names no file that was removed.
        checkpoint.complete = None;
        checkpoint.partial.clear();
        checkpoint.position = None;
        (checkpoint.etag, checkpoint.last_modified, checkpoint.digest) = (None, None, None);
        checkpoint.failure = Some("its files were removed by an erasure; run `araneus fetch`".to_owned());
        save_checkpoint(folder, &checkpoint)?;
    }
    let read = if is_snapshot { u64::MAX } else { read_before(folder, runs, Moment::LATEST)? };
    let files = numbered_files(folder)?.into_iter().filter(|(number, _)| *number < read);
    let names = files.map(|(_, name)| name).chain(is_snapshot.then(|| EVENTS.to_owned()));
    for name in names {
        let path = folder.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(disk("remove", &path)(error));
            }
            _ => {}
        }
    }
    // A removed file must not be back after a loss of power, when the erasure is complete.
    flush_folder(folder)
}
