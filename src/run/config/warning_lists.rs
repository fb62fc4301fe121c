//! Reader of the configured warning lists.

use std::path::Path;

use super::settings::ConfigError;
use crate::{ingest, resolve::WarningLists};

/// Reads the configured lists; paths are relative to `folder`.
pub(super) fn read(patterns: &[String], folder: &Path) -> Result<WarningLists, ConfigError> {
    let wrong = |path: &str, what: String| ConfigError::WarningList { path: path.to_owned(), what };
    let (mut paths, mut texts) = (Vec::new(), Vec::new());
    for pattern in patterns {
        let inputs = ingest::expand_path(None, pattern, folder, &mut || Ok(Vec::new()));
        for input in inputs.map_err(|error| wrong(pattern, error.to_string()))? {
            if let Some(text) = ingest::text_of(&input).map_err(|reject| wrong(&input.path, reject.reason))? {
                paths.push(input.path);
                texts.push(text);
            }
        }
    }
    WarningLists::read(texts).map_err(|(index, what)| wrong(&paths[index], what))
}
