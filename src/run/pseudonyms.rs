//! Key of pseudonyms: where it comes from, and the check value that refuses another key.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    config::{Config, Source},
    error::RunError,
};
use crate::{
    archive,
    ingest::{self, Field, Input, KEY_MIN, PseudonymKey, Pseudonyms},
};

/// File in the folder of the archive with the check value of the key.
const CHECK_FILE: &str = "pseudonym.check";

/// Adds the pseudonyms of its source to each input. The key must be the one of earlier runs.
pub(super) fn attach(config: &Config, inputs: &mut [Input]) -> Result<(), RunError> {
    let fields = fields_of(config, inputs.iter().map(|input| input.source.as_str()).collect())?;
    if fields.is_empty() {
        return Ok(());
    }
    check_fetched(config)?;
    let key = key(config)?;
    if known_check(config)?.is_some_and(|known| known != key.check_value()) {
        return Err(RunError::OtherPseudonymKey(check_file(config)));
    }
    let rules: BTreeMap<String, Arc<Pseudonyms>> = fields
        .into_iter()
        .map(|(source, fields)| (source, Arc::new(Pseudonyms::new(&key, fields))))
        .collect();
    for input in inputs {
        input.pseudonyms = rules.get(&input.source).cloned();
    }
    Ok(())
}

/// Stores the check value of the key, if a run with pseudonyms is the first one.
pub(super) fn remember(config: &Config, inputs: &[Input]) -> Result<(), RunError> {
    if inputs.iter().all(|input| input.pseudonyms.is_none()) || known_check(config)?.is_some() {
        return Ok(());
    }
    archive::write_state_file(&config.state, CHECK_FILE, &format!("{}\n", key(config)?.check_value()))?;
    Ok(())
}

/// Checks that no source with pseudonyms is fetched: the folder of the archive would have its files as delivered.
///
/// # Errors
/// If there is such a source.
pub fn check_fetched(config: &Config) -> Result<(), RunError> {
    let remote = config.sources.iter().filter(|source| source.remote.is_some());
    let names = remote.map(|source| source.name.as_str()).collect();
    match fields_of(config, names)?.into_keys().next() {
        None => Ok(()),
        Some(name) => Err(RunError::PseudonymKey(format!(
            "the source `{name}` has `pseudonymise` beside `taxii` or `url`: its fetched files would be stored with the plain \
             values; download them outside the state folder, and read them by `paths`"
        ))),
    }
}

/// Returns the listed fields of each named source: those of its own key and of its mapping.
fn fields_of(config: &Config, names: BTreeSet<&str>) -> Result<BTreeMap<String, Vec<Field>>, RunError> {
    let mappings = ingest::mappings(&config.rules.terms);
    let mut fields = BTreeMap::new();
    for name in names {
        let Source { pseudonymise, .. } = config.source(name);
        let of_mapping = mappings.get(name).map(|mapping| mapping.pseudonymised()).unwrap_or_default();
        let written = pseudonymise.iter().chain(of_mapping);
        let read: Option<Vec<Field>> = written.map(|text| Field::parse(text)).collect();
        let read = read.ok_or_else(|| {
            RunError::PseudonymKey(format!(
                "the mapping of the source `{name}` has a field in `pseudonymise` that is not one"
            ))
        })?;
        if !read.is_empty() {
            fields.insert(name.to_owned(), read);
        }
    }
    Ok(fields)
}

/// Returns the key: the one of the environment, else the one in the configured file.
fn key(config: &Config) -> Result<PseudonymKey, RunError> {
    if let Some(key) = &config.pseudonym_key {
        return Ok(key.clone());
    }
    let fault = |what: String| RunError::PseudonymKey(what);
    let Some(path) = &config.pseudonym_key_file else {
        return Err(fault(match &config.pseudonym_key_env {
            Some(name) => format!(
                "the variable `{name}` has no key of pseudonyms with {KEY_MIN} bytes or more; nothing was read"
            ),
            None => "a source has `pseudonymise`, and there is no key: set `pseudonym_key_file` or `pseudonym_key_env`"
                .to_owned(),
        }));
    };
    let shown = path.display();
    let bytes = fs::read(path).map_err(|error| {
        fault(format!("the key of pseudonyms `{shown}` {}; nothing was read", ingest::describe(&error)))
    })?;
    if is_open_to_all(path) {
        return Err(fault(format!(
            "every user of this machine can read the key of pseudonyms `{shown}`; `chmod o-rwx` it"
        )));
    }
    PseudonymKey::new(&bytes)
        .ok_or_else(|| fault(format!("the key of pseudonyms `{shown}` has fewer than {KEY_MIN} bytes")))
}

#[cfg(unix)]
fn is_open_to_all(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o007 != 0)
}

#[cfg(not(unix))]
fn is_open_to_all(_: &Path) -> bool {
    false
}

fn check_file(config: &Config) -> PathBuf {
    config.state.join(CHECK_FILE)
}

/// Returns the stored check value; `None` before the first run with pseudonyms.
fn known_check(config: &Config) -> Result<Option<String>, RunError> {
    let path = check_file(config);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => {
            Err(RunError::PseudonymKey(format!("`{}` {}", path.display(), ingest::describe(&error))))
        }
    }
}
