//! The folder in which an export is written before its files are moved to their place.

use std::{
    fs::File,
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{error::ExportError, losses::Losses};

/// Files of an export that is being written.
#[derive(Debug)]
pub struct Staging {
    folder: PathBuf,
    names: Vec<String>,
    /// Values that the format cannot express.
    pub(crate) losses: Losses,
}

impl Staging {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), names: Vec::new(), losses: Losses::default() }
    }

    /// Returns the folder, for writers that open files themselves; they name them by [`Self::made`].
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Names a file that was written into the folder.
    pub(crate) fn made(&mut self, name: &str) {
        self.names.push(name.to_owned());
    }

    /// Writes a file by a function, and synchronises it to disk.
    pub(crate) fn write(
        &mut self,
        name: &str,
        fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> Result<(), ExportError> {
        let path = self.folder.join(name);
        let written = File::create(&path).and_then(|file| {
            let mut writer = BufWriter::new(file);
            fill(&mut writer)?;
            writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
        });
        written.map_err(|source| ExportError::Unwritable { path, source })?;
        self.made(name);
        Ok(())
    }

    /// Writes a JSON document with a line break at its end.
    pub(crate) fn write_json(&mut self, name: &str, value: &Value) -> Result<(), ExportError> {
        self.write(name, |writer| {
            serde_json::to_writer_pretty(&mut *writer, value)?;
            writer.write_all(b"\n")
        })
    }

    pub(super) fn finish(self) -> (Vec<String>, Losses) {
        (self.names, self.losses)
    }
}
