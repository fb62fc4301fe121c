//! Request of a run.

use std::sync::Arc;

use crate::{
    archive::audit::UNKNOWN,
    join_steps::{JoinSteps, ThisMachine},
    record::Reliability,
    tables::{TABLE_FILES, TableFile},
    time::Moment,
};

use super::config::Config;

/// Request of a run.
pub struct Request {
    /// Configuration, with the flags of the command line applied.
    pub config: Config,
    /// INPUT as typed; empty where none was given.
    pub inputs: Vec<String>,
    /// As-of time of the run.
    pub as_of: Moment,
    /// The only audience to publish for; `None` for all.
    pub audience: Option<String>,
    /// File format of the tables.
    pub format: &'static TableFile,
    /// True to read no input and publish the run again from the archive.
    pub replay: bool,
    /// Reliability of the sources that INPUT names; replaces the configured one.
    pub reliability: Option<Reliability>,
    /// Name of the person who runs, for the audit log.
    pub by: String,
    /// Engine of the steps with a join form. It changes no result.
    pub steps: Arc<dyn JoinSteps>,
}

impl Request {
    /// Returns a request for all audiences, with tables in the default format, that reads the given inputs, or the
    /// configured ones where none are given.
    pub fn new(config: Config, as_of: Moment, inputs: Vec<String>) -> Self {
        let (audience, format, replay, reliability) = (None, &TABLE_FILES[0], false, None);
        let (by, steps) = (UNKNOWN.to_owned(), Arc::new(ThisMachine));
        Self { config, inputs, as_of, audience, format, replay, reliability, by, steps }
    }
}
