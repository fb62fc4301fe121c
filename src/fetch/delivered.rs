//! Fetched files as the deliveries of a run.

use std::path::{Path, PathBuf};

use super::{
    error::FetchError,
    folder::{FETCHED, folder_of, numbered_files, safe_name},
    read_marks::read_before,
    spool::read_checkpoint,
};
use crate::{record::Mode, time::Moment};

/// Fetched files that a run reads for a source.
#[derive(Debug, Default)]
pub struct FetchedFiles {
    /// Path as tables show it, and path of the file, in order.
    pub files: Vec<(String, PathBuf)>,
    /// Reason why the source is not complete, as a sentence; `None` if it is.
    pub failure: Option<String>,
    /// Number of the first file that the run does not read, for [`super::mark_read`].
    pub end: u64,
}

/// Returns the files that a run at `as_of` reads. An increment is read once. Of a snapshot, the last complete one is
/// read, or the part of a later one. `runs` are the runs of the archive.
pub fn fetched_files(
    state: &Path,
    source: &str,
    mode: Mode,
    runs: &[Moment],
    as_of: Moment,
) -> Result<FetchedFiles, FetchError> {
    let folder = folder_of(state, source);
    let Some(checkpoint) = read_checkpoint(&folder)? else {
        let failure = Some("it was never fetched; run `araneus fetch`".to_owned());
        return Ok(FetchedFiles { failure, ..FetchedFiles::default() });
    };
    let read = match mode {
        Mode::Snapshot => 0,
        Mode::Increment | Mode::Partial => read_before(&folder, runs, as_of)?,
    };
    let snapshot = match &checkpoint.complete {
        _ if !checkpoint.partial.is_empty() => &checkpoint.partial,
        Some(complete) => complete,
        None => &Vec::new(),
    };
    let is_read = |number: u64| match mode {
        Mode::Snapshot => snapshot.iter().any(|range| range.contains(&number)),
        Mode::Increment | Mode::Partial => (read..checkpoint.next_number).contains(&number),
    };
    let wanted = numbered_files(&folder)?.into_iter().filter(|(number, _)| is_read(*number));
    let shown = format!("{FETCHED}/{}", safe_name(source));
    let files: Vec<(String, PathBuf)> =
        wanted.map(|(_, name)| (format!("{shown}/{name}"), folder.join(&name))).collect();
    let listed: u64 = snapshot.iter().map(|range| range.end - range.start).sum();
    let is_lost = mode == Mode::Snapshot && listed != files.len() as u64;
    let lost = || "a fetched file is missing; run `araneus fetch` again".to_owned();
    let failure = checkpoint.failure.clone().or_else(|| is_lost.then(lost));
    Ok(FetchedFiles { files, failure, end: checkpoint.next_number })
}
