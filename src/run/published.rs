//! Folders of published runs.

use std::path::Path;

use crate::tables;

/// Returns the names of the runs that are published below `out`, the earliest first. A run that was erased is left out.
pub(crate) fn published_runs(out: &Path) -> Vec<String> {
    let mut names = run_folders(out);
    names.retain(|name| !tables::is_erased(&out.join(name)));
    names
}

/// Returns the names of the run folders below `out`, the earliest first, also of runs that were erased.
pub(crate) fn run_folders(out: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(out).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| tables::is_run_name(name)).collect();
    names.sort();
    names
}
