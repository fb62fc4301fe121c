//! State of a server: its settings, its tables, and its secrets.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use super::{
    data::RunData,
    flags::FlagTables,
    judgements::{JudgementCache, visible},
    secrets::Secrets,
};
use crate::{archive::ArchiveError, explain::WaitingPair, judgement::Judgement, run::Config, time::Moment};

/// Settings of a server.
#[derive(Clone, Debug)]
pub struct Options {
    /// Configuration of the deployment.
    pub config: Config,
    /// Name of the audience.
    pub audience: String,
    /// Folder of the published run.
    pub run: PathBuf,
    /// Name of the reviewer.
    pub by: String,
    /// True for the data steward, who may see delivery, path and position of a record.
    pub is_steward: bool,
    /// Address and port on which to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// Clock.
    pub now: fn() -> Moment,
}

/// State that all requests share.
pub(super) struct Shared {
    pub(super) options: Options,
    /// Address with the port that the system gave.
    pub(super) address: SocketAddr,
    /// Name of the run's folder.
    pub(super) run_name: String,
    pub(super) secrets: Secrets,
    pub(super) flags: FlagTables,
    /// Pairs of entities that wait in the run, without verdicts.
    pub(super) pairs: Vec<WaitingPair>,
    pub(super) data: RunData,
    pub(super) judgements: JudgementCache,
}

/// Handle on the shared state.
pub(super) type App = Arc<Shared>;

impl Shared {
    /// Returns whether the audience may read everything.
    pub(super) fn sees_everything(&self) -> bool {
        let audiences = self.options.config.rules.audiences_of_run();
        audiences.iter().any(|one| one.name == self.options.audience && one.clearance.is_none())
    }

    /// Returns the judgements that the audience may see.
    pub(super) fn visible_judgements(&self) -> Result<Vec<Judgement>, ArchiveError> {
        let all = self.judgements.read()?;
        Ok(visible(&all, &self.options.audience, self.sees_everything(), |flag| self.flags.has(flag)))
    }

    /// Returns the judgements on flags that the audience may see, also on flags of its earlier runs.
    pub(super) fn judgements_on_flags(&self, all: &[Judgement]) -> Vec<Judgement> {
        let is_known = |flag: &str| self.flags.has(flag) || self.data.knows_flag(flag);
        visible(all, &self.options.audience, self.sees_everything(), is_known)
    }
}
