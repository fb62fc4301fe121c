//! Marks of runs: which increments a run has read. They are kept apart from the checkpoint, because runs write them.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{
    error::FetchError,
    folder::{folder_of, read_json, write_json},
};
use crate::time::Moment;

const MARKS: &str = "read.json";
/// Largest number of marks; older ones are needed for `undo` only.
const MARKS_MAX: usize = 1_000;

/// A run, and the number of the first file that it did not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ReadMark {
    as_of: Moment,
    end: u64,
}

fn marks(folder: &Path) -> Result<Vec<ReadMark>, FetchError> {
    Ok(read_json(&folder.join(MARKS))?.unwrap_or_default())
}

/// Notes that a run has read all files of a source before `end`. A file that no run has marked is read again, and its
/// objects are then duplicates.
pub fn mark_read(state: &Path, source: &str, as_of: Moment, end: u64) -> Result<(), FetchError> {
    let folder = folder_of(state, source);
    let mut marks = marks(&folder)?;
    marks.retain(|mark| mark.as_of != as_of);
    marks.push(ReadMark { as_of, end });
    marks.sort_by_key(|mark| mark.as_of);
    let excess = marks.len().saturating_sub(MARKS_MAX);
    write_json(&folder, MARKS, &&marks[excess..])
}

/// Returns the number of the first file that no run before `as_of` has read. A run that was taken back does not count.
pub(super) fn read_before(folder: &Path, runs: &[Moment], as_of: Moment) -> Result<u64, FetchError> {
    let counts = |mark: &&ReadMark| mark.as_of < as_of && runs.contains(&mark.as_of);
    Ok(marks(folder)?.iter().filter(counts).map(|mark| mark.end).max().unwrap_or(0))
}

/// Returns the number of the first file that no run before the newest has read. The newest can be taken back.
pub(super) fn read_before_newest(folder: &Path, runs: &[Moment]) -> Result<u64, FetchError> {
    match runs.iter().max() {
        Some(newest) => read_before(folder, runs, *newest),
        None => Ok(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_earlier_runs_that_are_in_the_archive_count() {
        let state = tempfile::tempdir().expect("a folder");
        let folder = folder_of(state.path(), "feed");
        std::fs::create_dir_all(&folder).expect("made");
        let day = |day: u32| Moment::parse(&format!("2026-03-0{day}T02:00:00Z")).expect("a time");
        for (number, end) in [(1, 4), (2, 9), (3, 9)] {
            mark_read(state.path(), "feed", day(number), end).expect("marked");
        }
        let runs = [day(1), day(2), day(3)];
        let before = |runs: &[Moment], as_of| read_before(&folder, runs, as_of).expect("read");
        assert_eq!([1, 2, 3, 4].map(|number| before(&runs, day(number))), [0, 4, 9, 9]);
        // The second and the third run were taken back.
        assert_eq!(before(&runs[..1], day(4)), 4);
        assert_eq!(read_before_newest(&folder, &runs[..2]).expect("read"), 4);
        assert_eq!(read_before_newest(&folder, &[]).expect("read"), 0);
        // The same run again replaces its mark.
        mark_read(state.path(), "feed", day(3), 12).expect("marked");
        assert_eq!(before(&runs, day(4)), 12);
    }
}
