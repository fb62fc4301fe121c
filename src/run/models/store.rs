//! Models of a deployment: files below the archive, the model in service for each outcome, and the log of changes.
//!
//! `models/NAME.json` is a model, `models/in-service.json` maps outcomes to names, and `models/log.jsonl` has one line
//! for each change. Files are replaced in one step; lines are only appended.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{ModelError, path, specs};
use crate::{
    model::{self, Model, TrainedModel},
    run::Config,
    time::Moment,
};

/// Name of the file of models in service, without its suffix.
const IN_SERVICE: &str = "in-service";
/// The outcome whose candidates are those of patterns.
pub const FLAGS: &str = "flags";

/// One change of the models in service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Time of the change.
    pub recorded_at: Moment,
    /// Person who made it; `None` if nobody was named.
    pub by: Option<String>,
    /// `add`, `use`, `promote`, `refuse` or `rollback`.
    pub action: String,
    /// Name of the outcome.
    pub outcome: String,
    /// Name of the model; `None` if none is in service afterwards.
    pub model: Option<String>,
    /// Name of the model in service before.
    pub previous: Option<String>,
    /// Reason as the person wrote it.
    pub reason: String,
    /// Figures behind the change.
    pub figures: serde_json::Value,
}

/// No change of an outcome is left to take back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NothingToRollBack;

/// Returns whether a text may name a model: letters, digits, `-`, `_` and `.`.
pub fn is_name(name: &str) -> bool {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let is_reserved = ["rules", IN_SERVICE].contains(&name) || name.starts_with('.');
    !name.is_empty() && name.len() <= 100 && name.chars().all(is_allowed) && !is_reserved
}

/// Reads a model file. A model of flags must fit the features of this version.
pub fn read_file(file: &Path) -> Result<TrainedModel, ModelError> {
    let id = file.display().to_string();
    let unknown = |_| ModelError::Unknown { id: id.clone(), path: file.to_owned() };
    let text = fs::read_to_string(file).map_err(unknown)?;
    parse(&text).map_err(|why| ModelError::Unfit { id, why })
}

fn parse(text: &str) -> Result<TrainedModel, String> {
    let read = model::from_json(text, None)?;
    if read.outcome() == FLAGS { model::from_json(text, Some(&specs())) } else { Ok(read) }
}

/// Reads a stored or shipped model by its name.
pub fn named(state: &Path, name: &str) -> Result<TrainedModel, ModelError> {
    match super::shipped(name) {
        Some(text) => parse(text).map_err(|why| ModelError::Unfit { id: name.to_owned(), why }),
        None => match fs::read_to_string(path(state, name)) {
            Ok(text) => parse(&text).map_err(|why| ModelError::Unfit { id: name.to_owned(), why }),
            Err(_) => Err(ModelError::Unknown { id: name.to_owned(), path: path(state, name) }),
        },
    }
}

/// Stores a model under a name; replaces a model of that name.
pub fn add(state: &Path, name: &str, model: &TrainedModel) -> Result<PathBuf, ModelError> {
    let path = path(state, name);
    replace(&path, &model::to_json(model))?;
    Ok(path)
}

/// Returns the name of the model in service for each outcome.
pub fn in_service_names(state: &Path) -> Result<BTreeMap<String, String>, ModelError> {
    let path = path(state, IN_SERVICE);
    match fs::read_to_string(&path) {
        Ok(text) => {
            serde_json::from_str(&text).map_err(|error| ModelError::Store { path, why: error.to_string() })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(ModelError::Store { path, why: error.to_string() }),
    }
}

/// Returns the model in service for an outcome; `None` if there is none.
pub fn in_service(config: &Config, outcome: &str) -> Result<Option<Model>, ModelError> {
    match in_service_names(&config.state)?.get(outcome) {
        Some(name) => Ok(Some(Model::Trained(Box::new(named(&config.state, name)?)))),
        None => Ok(None),
    }
}

/// Puts a model into service, or none, and appends a line to the log. Returns the name of the model before.
pub fn set_in_service(state: &Path, mut entry: LogEntry) -> Result<Option<String>, ModelError> {
    let mut names = in_service_names(state)?;
    let previous = match &entry.model {
        Some(name) => names.insert(entry.outcome.clone(), name.clone()),
        None => names.remove(&entry.outcome),
    };
    entry.previous.clone_from(&previous);
    let text = serde_json::to_string_pretty(&names).expect("names are plain data");
    replace(&path(state, IN_SERVICE), &format!("{text}\n"))?;
    append(state, &entry)?;
    Ok(previous)
}

/// Appends a line to the log.
pub fn append(state: &Path, entry: &LogEntry) -> Result<(), ModelError> {
    let path = state.join("models").join("log.jsonl");
    let failed = |error: std::io::Error| ModelError::Store { path: path.clone(), why: error.to_string() };
    fs::create_dir_all(state.join("models")).map_err(failed)?;
    let line = serde_json::to_string(entry).expect("an entry is plain data");
    let mut file = fs::OpenOptions::new().create(true).append(true).open(&path).map_err(failed)?;
    file.write_all(format!("{line}\n").as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

/// Returns the log, oldest first.
pub fn log(state: &Path) -> Result<Vec<LogEntry>, ModelError> {
    let path = state.join("models").join("log.jsonl");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(ModelError::Store { path, why: error.to_string() }),
    };
    let entries: Result<Vec<LogEntry>, _> = text.lines().map(serde_json::from_str).collect();
    entries.map_err(|error| ModelError::Store { path, why: error.to_string() })
}

/// Returns the model that a rollback of an outcome restores: the one before the newest change that is in service now.
///
/// Returns an error if no change is left to take back; `None` means that no model was in service before.
pub fn before(entries: &[LogEntry], outcome: &str) -> Result<Option<String>, NothingToRollBack> {
    let mut stack: Vec<Option<String>> = Vec::new();
    for entry in entries.iter().filter(|entry| entry.outcome == outcome) {
        match entry.action.as_str() {
            "use" | "promote" => stack.push(entry.previous.clone()),
            "rollback" => {
                stack.pop();
            }
            _ => {}
        }
    }
    stack.pop().ok_or(NothingToRollBack)
}

fn replace(path: &Path, text: &str) -> Result<(), ModelError> {
    let failed = |error: std::io::Error| ModelError::Store { path: path.to_owned(), why: error.to_string() };
    let fresh = path.with_extension("json.partial");
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = fs::create_dir_all(folder).and_then(|()| {
        let mut file = fs::File::create(&fresh)?;
        file.write_all(text.as_bytes())?;
        // The bytes are on the disk before their name, and the name before the next step.
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        fs::File::open(folder)?.sync_all()
    });
    written.map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(action: &str, model: Option<&str>) -> LogEntry {
        LogEntry {
            recorded_at: Moment::parse("2026-03-01T00:00:00Z").expect("a time"),
            by: Some("ana".to_owned()),
            action: action.to_owned(),
            outcome: "surge".to_owned(),
            model: model.map(str::to_owned),
            previous: None,
            reason: "better".to_owned(),
            figures: serde_json::Value::Null,
        }
    }

    #[test]
    fn a_rollback_restores_what_was_in_service_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let state = folder.path();
        assert_eq!(before(&log(state).expect("no log"), "surge"), Err(NothingToRollBack));
        assert_eq!(set_in_service(state, entry("use", Some("first"))).expect("set"), None);
        append(state, &entry("refuse", Some("poor"))).expect("appended");
        set_in_service(state, entry("promote", Some("second"))).expect("set");
        assert_eq!(in_service_names(state).expect("read")["surge"], "second");
        for expected in [Some("first".to_owned()), None] {
            let restored = before(&log(state).expect("read"), "surge").expect("there is a change");
            assert_eq!(restored, expected);
            set_in_service(state, entry("rollback", restored.as_deref())).expect("set");
            assert_eq!(in_service_names(state).expect("read").get("surge").cloned(), expected);
        }
        let entries = log(state).expect("read");
        assert_eq!(before(&entries, "surge"), Err(NothingToRollBack), "everything is rolled back");
        assert_eq!(entries.len(), 5, "the log keeps every line");
    }

    #[test]
    fn a_name_is_a_file_name() {
        assert!(["surge-2", "A.b_c"].iter().all(|name| is_name(name)));
        assert!(["", "rules", "in-service", "../x", "a b", ".x"].iter().all(|name| !is_name(name)));
    }
}
