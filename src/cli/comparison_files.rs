//! Files of comparisons: models of the archive, and results.

use std::{
    fmt::Display,
    fs::{self, File},
    io::BufWriter,
    path::{Path, PathBuf},
};

use super::{CommandError, Common, config, rows::check_name};
use crate::compare::PairsError;

/// Exit code if rows were left out.
pub(super) const REJECTED: u8 = 3;

/// Writes a file beside its place, and moves it there when it is complete.
pub(super) fn written<T>(
    out: &Path,
    write: impl FnOnce(BufWriter<File>) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let mut part = out.as_os_str().to_owned();
    part.push(".partial");
    let part = PathBuf::from(part);
    let output = File::create(&part).map_err(|source| CommandError::Write { path: part.clone(), source })?;
    let result = write(BufWriter::new(output)).inspect_err(|_| {
        // The error of the comparison counts; the part of the result is removed as far as possible.
        let _ = fs::remove_file(&part);
    })?;
    fs::rename(&part, out).map_err(|source| CommandError::Write { path: out.to_owned(), source })?;
    Ok(result)
}

/// Reads a model of the archive.
pub(super) fn stored<T, E: Display>(
    id: &str,
    common: &Common,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, CommandError> {
    check_name(Some(id))?;
    let path = config(common)?.state.join("models").join(format!("{id}.json"));
    let text = fs::read_to_string(&path)
        .map_err(|error| CommandError::Usage(format!("`{}` cannot be read: {error}", path.display())))?;
    read(&text).map_err(|error| CommandError::Usage(format!("`{}`: {error}", path.display())))
}

pub(super) fn command_error(error: PairsError, table: &Path, out: &Path) -> CommandError {
    match error {
        PairsError::Write(source) => CommandError::Write { path: out.to_owned(), source },
        error => CommandError::Usage(format!("`{}`: {error}", table.display())),
    }
}
