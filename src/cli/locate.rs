//! Location of the configuration and of the archive.

use std::{
    env, fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::{args::Common, error::CommandError, worker};
use crate::{
    archive::Archive,
    ingest::PseudonymKey,
    run::{Config, read_config},
};

/// Name of the configuration file.
const CONFIG_NAME: &str = "araneus.toml";

/// Changes to the folder of `-C`, and finds the configuration.
pub(super) fn located(common: &Common) -> Result<Common, CommandError> {
    let named = env::var_os("ARANEUS_CONFIG").filter(|name| !name.is_empty()).map(PathBuf::from);
    // A path in the environment is relative to the folder in which the program was started.
    let named = named.map(|path| std::path::absolute(&path).unwrap_or(path));
    if let Some(folder) = &common.directory {
        env::set_current_dir(folder).map_err(|error| {
            CommandError::Usage(format!("cannot go to the folder `{}`: {error}", folder.display()))
        })?;
    }
    let file = |path: PathBuf| if path.is_dir() { path.join(CONFIG_NAME) } else { path };
    let config = match &common.config {
        Some(path) => Some(path.clone()),
        None if common.directory.is_some() => find_upwards().or(named.map(file)),
        None => named.map(file).or_else(find_upwards),
    };
    Ok(Common { config, ..common.clone() })
}

/// Returns the nearest configuration, here or in a folder above.
fn find_upwards() -> Option<PathBuf> {
    // A file without read permission counts as found, so that reading it gives the error.
    let exists = |path: &PathBuf| match fs::metadata(path) {
        Ok(metadata) => metadata.is_file(),
        Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    };
    let here = PathBuf::from(CONFIG_NAME);
    if exists(&here) {
        return Some(here);
    }
    let current = env::current_dir().ok()?;
    current.ancestors().skip(1).map(|folder| folder.join(CONFIG_NAME)).find(exists)
}

/// Names the places without a configuration.
pub(super) fn places_without_config() -> String {
    let current = env::current_dir().map_or_else(|_| ".".to_owned(), |folder| folder.display().to_string());
    format!("no {CONFIG_NAME} in `{current}` or a folder above it, none named by --config or ARANEUS_CONFIG")
}

/// Reads the configuration and applies the flags, which win over keys.
pub(super) fn config(common: &Common) -> Result<Config, CommandError> {
    let mut config = match &common.config {
        Some(path) => read_config(path)?,
        None => Config::new(Path::new("")),
    };
    if let Some(state) = &common.state {
        config.state.clone_from(state);
    }
    if let Some(out) = &common.out {
        config.out.clone_from(out);
    }
    config.reader.program = worker::program().filter(|_| config.has_workers);
    // The library reads no environment.
    if let Some(value) = config.pseudonym_key_env.as_ref().and_then(env::var_os) {
        config.pseudonym_key = PseudonymKey::new(value.as_encoded_bytes());
    }
    Ok(config)
}

/// Fails if there is no archive. Only a run creates one.
pub(super) fn require_archive(common: &Common, config: &Config) -> Result<(), CommandError> {
    if Archive::exists(&config.state) {
        return Ok(());
    }
    let places = places_without_config();
    let places = if common.config.is_none() { format!("; there is {places}") } else { String::new() };
    Err(CommandError::Usage(format!("there is no archive at `{}`{places}", config.state.display())))
}
