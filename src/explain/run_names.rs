//! Names of runs: a run is named by its folder, a time, a date, or the beginning of one of them.

use std::path::{Path, PathBuf};

use super::error::QuestionError;
use crate::{
    archive::ArchivedRun,
    run::published::run_folders,
    tables::{self, latest_folder},
    time::Moment,
};

/// Number of runs that an error message names.
const LAST_RUNS: usize = 5;

/// Returns the folder of a run below `out`: `latest` without a name, else the named run.
pub fn run_folder(out: &Path, run: Option<&str>) -> Result<PathBuf, QuestionError> {
    match run {
        None | Some("latest") => {
            let folder = latest_folder(out);
            if folder.is_dir() {
                return not_erased(folder);
            }
            let last = last_of(&run_folders(out));
            let out = out.display().to_string();
            Err(match last[..] {
                [] => QuestionError::NoRunFolder(out),
                _ => QuestionError::NoLatest { out, last },
            })
        }
        Some(text) => {
            let names = run_folders(out);
            let index = find(&names, text)?;
            not_erased(out.join(&names[index]))
        }
    }
}

/// Returns the folder of a run, unless it has only a tombstone.
pub(super) fn not_erased(folder: PathBuf) -> Result<PathBuf, QuestionError> {
    match tables::tombstone(&folder) {
        None => Ok(folder),
        Some(tombstone) => Err(QuestionError::Erased(Box::new(tombstone))),
    }
}

/// Finds the named run of an archive.
pub(super) fn find_run(runs: &[ArchivedRun], text: &str) -> Result<usize, QuestionError> {
    let names: Vec<String> = runs.iter().map(|run| run.moment.folder()).collect();
    find(&names, text)
}

fn last_of(names: &[String]) -> Vec<String> {
    names.iter().rev().take(LAST_RUNS).cloned().collect()
}

/// Finds the named run among names of folders.
fn find(names: &[String], text: &str) -> Result<usize, QuestionError> {
    let digits: String = text.chars().filter(|c| !matches!(c, '-' | ':')).collect();
    let exact = Moment::parse(text).map_or(digits.clone(), Moment::folder);
    if let Some(index) = names.iter().position(|name| *name == exact) {
        return Ok(index);
    }
    // A text shorter than a year names no run.
    let is_prefix = digits.len() >= 4;
    let matches: Vec<usize> =
        (0..names.len()).filter(|&index| is_prefix && names[index].starts_with(digits.as_str())).collect();
    match matches[..] {
        [only] => Ok(only),
        [] => Err(QuestionError::NotARun { run: text.to_owned(), last: last_of(names) }),
        _ => Err(QuestionError::SeveralRuns {
            run: text.to_owned(),
            names: matches.into_iter().map(|index| names[index].clone()).collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_named_by_its_folder_a_date_a_time_or_a_unique_beginning() {
        let names = ["20261120T020000Z", "20261121T020000Z", "20261121T140000Z"].map(str::to_owned);
        for (text, index) in [
            ("20261120T020000Z", 0),
            ("2026-11-20", 0),
            ("20261120", 0),
            ("2026-11-21T14:00:00Z", 2),
            ("2026-11-21T03:00:00+01:00", 1),
            ("2026-11-21T02", 1),
            ("2026-11-20T02:00:00.5Z", 0),
        ] {
            assert_eq!(find(&names, text).ok(), Some(index), "{text}");
        }
        assert!(
            matches!(find(&names, "2026-11-21"), Err(QuestionError::SeveralRuns { names, .. }) if names.len() == 2)
        );
        for text in ["2026-11-22", "", "2", "../20261120T020000Z", "latest"] {
            assert!(matches!(find(&names, text), Err(QuestionError::NotARun { .. })), "{text}");
        }
    }
}
