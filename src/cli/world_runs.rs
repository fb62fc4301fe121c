//! Runs of synthetic worlds, and files of results, for the commands that learn.

use std::{fs, path::Path};

use araneus_synth::Level;

use super::{CommandError, console::Console};
use crate::{
    learn::{train, worlds::EvaluatedWorld},
    progress::Progress,
};

pub(super) fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, text));
    written.map_err(|source| CommandError::Write { path: path.to_owned(), source })
}

/// Name of the folder for the temporary archives of worlds.
pub(super) const WORLDS: &str = "worlds";

pub(super) fn run_worlds(
    made_folder: &Path,
    range: (u64, u64),
    level: Level,
    talk: &Console,
) -> Result<Vec<EvaluatedWorld>, CommandError> {
    let folder = made_folder.join(WORLDS);
    let progress = Progress::new(|text: &str| talk.step(text));
    let worlds = train::worlds(range.0..range.1 + 1, level, &folder, &progress)?;
    talk.end();
    // The folder is empty: each world's archive is removed after its evaluation.
    let _ = fs::remove_dir(&folder);
    Ok(worlds)
}
