//! Settings of a deployment, and the part of them that decides the results of a run.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    agreement::Agreement,
    analysis::AnalysisConfig,
    fetch::Remote,
    ingest::{Ignore, PseudonymKey, Reader, table::MappingError},
    record::{Mode, Terms},
    review::ReviewConfig,
    tables::Retention,
    view::{AccessPolicy, Audience},
};

/// Everything that is configured.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Folder of the configuration file; paths in the file are relative to this folder.
    pub folder: PathBuf,
    /// Folder of the archive.
    pub state: PathBuf,
    /// Folder in which runs are published.
    pub out: PathBuf,
    /// Paths of warning lists in MISP's format.
    pub warning_lists: Vec<String>,
    /// Name of the model that orders the flags; `None` for the one in service, else the one that comes with the program.
    pub model: Option<String>,
    /// The way in which compressed and columnar files are read. Only the command line sets the program of workers.
    pub reader: Reader,
    /// False if files are read in the own process, although there is a program for workers.
    pub has_workers: bool,
    /// Published runs that `araneus gc` leaves.
    pub keep: Retention,
    /// File with the key of pseudonyms.
    pub pseudonym_key_file: Option<PathBuf>,
    /// Variable of the environment with the key of pseudonyms. Only the command line reads it, into `pseudonym_key`.
    pub pseudonym_key_env: Option<String>,
    /// Key of pseudonyms from the environment.
    pub pseudonym_key: Option<PseudonymKey>,
    /// Configured agreements.
    pub agreements: Vec<Agreement>,
    /// Configured sources.
    pub sources: Vec<Source>,
    /// Settings that decide the results of a run.
    pub rules: Rules,
}

/// Settings that, with the records and the as-of time, decide the results of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Settings of entity resolution, link weights and the analysis.
    pub analysis: AnalysisConfig,
    /// Settings of the emergence gate and the review queue.
    pub review: ReviewConfig,
    /// Terms by source, for each source that has any.
    pub terms: BTreeMap<String, Terms>,
    /// Configured audiences; empty for one audience that may read everything.
    pub audiences: Vec<Audience>,
    /// Id of the model that scores.
    pub model: String,
}

impl Rules {
    /// Returns the access policy of an audience.
    pub fn access_policy<'a>(&'a self, audience: &'a Audience) -> AccessPolicy<'a> {
        AccessPolicy { terms: &self.terms, audience }
    }

    /// Returns the audiences of a run: the configured ones, or one that may read everything.
    pub fn audiences_of_run(&self) -> Vec<Audience> {
        if self.audiences.is_empty() { vec![Audience::all()] } else { self.audiences.clone() }
    }
}

/// Settings of one source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Source {
    /// Name.
    pub name: String,
    /// Paths that a run without INPUT reads.
    pub paths: Vec<String>,
    /// Place in the network from which `araneus fetch` takes the deliveries, instead of paths.
    pub remote: Option<Remote>,
    /// Paths that are not read.
    pub ignore: Ignore,
    /// Snapshots or increments.
    pub mode: Mode,
    /// True if the recorded time is the object's own time; false if it is the run's as-of time.
    pub has_object_times: bool,
    /// Microseconds without a new delivery after which the source is overdue.
    pub expect: Option<i64>,
    /// Mapping of the source's tables: a path or a name.
    pub mapping: Option<String>,
    /// Limits beyond which a delivery is held.
    pub hold: Hold,
    /// Fields whose values become pseudonyms, as they are written.
    pub pseudonymise: Vec<String>,
    /// Name of the agreement under which the source shares its records.
    pub agreement: Option<String>,
    /// Agreed terms.
    pub terms: Terms,
}

/// Limits beyond which a delivery of a source is held. `None` means that the delivery has none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hold {
    /// Most objects of one file.
    pub objects: Option<u64>,
    /// Most new objects of a run, as a multiple of the live objects of the source.
    pub growth: Option<f64>,
    /// Largest share of the live objects that a snapshot may withdraw.
    pub withdrawn: Option<f64>,
}

impl Source {
    /// Returns whether a run without INPUT reads the source.
    pub(crate) fn is_read_by_runs(&self) -> bool {
        !self.paths.is_empty() || self.remote.is_some()
    }
}

/// An error in a configuration, with its place.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file does not exist or cannot be read.
    #[error("cannot read the configuration `{path}`")]
    Unreadable {
        /// Path of the file.
        path: PathBuf,
        /// Cause.
        source: std::io::Error,
    },
    /// An error in the text of the file.
    #[error("{path}:{line}: {what}")]
    Wrong {
        /// Path of the file.
        path: PathBuf,
        /// Line from 1.
        line: usize,
        /// The error, and what to write instead.
        what: String,
    },
    /// A source in the network whose mapping lists pseudonyms.
    #[error("source `{name}`, whose mapping has `pseudonymise`: {what}")]
    PlainFetches {
        /// Name of the source.
        name: String,
        /// Reason.
        what: &'static str,
    },
    /// A warning list that cannot be used.
    #[error("warning list `{path}`: {what}")]
    WarningList {
        /// Path of the list.
        path: String,
        /// Reason.
        what: String,
    },
    /// A mapping that cannot be used.
    #[error(transparent)]
    Mapping(#[from] MappingError),
}

impl Config {
    /// Returns the default settings, with paths relative to `folder`.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            state: folder.join(".araneus"),
            out: folder.join("out"),
            warning_lists: Vec::new(),
            model: None,
            reader: Reader::IN_PROCESS,
            has_workers: true,
            keep: Retention { runs: None, monthly: 0 },
            pseudonym_key_file: None,
            pseudonym_key_env: None,
            pseudonym_key: None,
            agreements: Vec::new(),
            sources: Vec::new(),
            rules: Rules::default(),
        }
    }

    /// Returns a sentence for each source whose agreement is not configured.
    pub fn missing_agreements(&self) -> Vec<String> {
        let sentence = |source: &Source| {
            let agreement = source.terms.agreement.as_ref().filter(|agreement| agreement.is_missing)?;
            Some(format!(
                "source `{}` names the agreement `{}`, which is not configured: its records are stored, and no audience \
                 gets any of them; add [[agreement]] with this name",
                source.name, agreement.name
            ))
        };
        self.sources.iter().filter_map(sentence).collect()
    }

    /// Returns the days after which the records of a source must be erased, for each source whose agreement limits them.
    pub fn retention(&self) -> Vec<(&str, u32)> {
        let limited = |source: &'_ Source| source.terms.agreement.as_ref()?.retain_days;
        self.sources.iter().filter_map(|source| Some((source.name.as_str(), limited(source)?))).collect()
    }

    /// Returns the settings of a source; a source that is not configured delivers increments.
    pub fn source(&self, name: &str) -> Source {
        let configured = self.sources.iter().find(|source| source.name == name).cloned();
        configured.unwrap_or_else(|| Source { name: name.to_owned(), ..Source::default() })
    }
}
