//! Indices over the tables of one audience's folder, and the data of the screens beside the queue.

use std::path::{Path, PathBuf};

use crate::{explain::QuestionError, run::Config};

/// Tables of one audience's folder in a published run.
#[derive(Debug)]
pub struct RunData {
    /// Folder of the audience.
    pub folder: PathBuf,
}

impl RunData {
    /// Opens the tables of an audience in the folder of a run.
    ///
    /// # Errors
    /// If a table cannot be read.
    pub fn open(_config: &Config, audience: &str, run: &Path) -> Result<Self, QuestionError> {
        Ok(Self { folder: run.join(audience) })
    }
}
