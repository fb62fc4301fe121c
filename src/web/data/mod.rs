//! Data of the screens: compact indices over the published tables of one audience, and a pure function for each screen.
//!
//! Everything except the record as delivered comes from `OUT/RUN/AUDIENCE`. A record as delivered comes from the archive through
//! the audience's view, and only if the audience's own table of evidence names it.

mod centrality;
mod changes;
mod community;
mod entity;
mod evidence;
mod history;
mod identifiers;
mod ids;
mod judgement_log;
mod links;
mod lists;
mod model;
mod network;
mod packed;
mod record;
mod run;
mod scan;
mod shown;
mod sources;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

pub use centrality::{Centrality, Standing};
pub use community::{
    CommunityScreen, MemberRow, MoveCause, MovedMember, PastCommunity, RelatedCommunity, community,
};
pub use entity::{EntityScreen, FlagRow, IdentifierRow, PastEntity, ValueRow, entity, kept_identifiers};
pub use judgement_log::{Effect, JudgementLog, JudgementRow, KnownFlag, ReviewerPair, judgement_log};
pub use links::{LinkChange, LinkRow};
pub use lists::{EntityRef, RecordRow};
pub use model::{
    CalibrationPoint, CardBlock, ModelScreen, PrecisionPoint, ServiceRow, calibration_points, model,
    precision_points,
};
pub use record::{RecordLink, RecordPlace, RecordScreen, record};
pub use run::{ChangeCount, DeliveryRow, RejectCount, RejectRow, RunScreen, StepRow, StewardRun, run};
pub(super) use scan::scan;
pub use sources::{FALL_MAX, SourceIndependence, WithoutSource};

use crate::{
    archive::{Access, Archive, RecordLookup},
    explain::QuestionError,
    record::Terms,
    run::{Config, RunError, rules},
    time::Moment,
    view::Audience,
};
use changes::Changes;
use evidence::Evidence;
use history::PastRun;
use identifiers::Identifiers;
use network::Network;

/// Indices over one published run of one audience.
#[derive(Debug)]
pub struct RunData {
    /// Configuration of the deployment.
    config: Config,
    /// The audience with its clearance, as configured now.
    audience: Audience,
    /// Name of the run.
    name: String,
    /// As-of time of the run.
    as_of: Moment,
    /// Folder of the run.
    run_folder: PathBuf,
    network: Network,
    evidence: Evidence,
    identifiers: Option<Identifiers>,
    changes: Changes,
    /// The run that this one was compared with; `None` for a first run, and if its tables are gone.
    previous: Option<(String, Network)>,
    /// Earlier runs, the latest first.
    history: Vec<PastRun>,
    /// Number of earlier runs whose tables this version cannot read.
    history_unread: usize,
    /// Flags in the published runs of the audience, by id.
    known_flags: BTreeMap<String, KnownFlag>,
    lookup: RecordLookup,
    /// Access policy of the run; `None` if the archive does not have the run any more.
    access_of_run: Option<AccessOfRun>,
}

/// Terms of the sources and clearance of the audience, as they were in the run.
#[derive(Debug)]
struct AccessOfRun {
    terms: BTreeMap<String, Terms>,
    audience: Audience,
}

impl AccessOfRun {
    fn read(
        archive: &Archive,
        config: &Config,
        audience: &Audience,
        as_of: Moment,
    ) -> Result<Option<Self>, RunError> {
        let Some(run) = archive.runs().into_iter().find(|run| run.moment == as_of) else { return Ok(None) };
        let rules = rules::of_earlier_run(archive, &run, &config.rules)?;
        let of_name = rules.audiences_of_run().into_iter().find(|known| known.name == audience.name);
        // An audience that the run did not have sees nothing of its records.
        let without_access = || Audience { clearance: Some(String::new()), ..audience.clone() };
        Ok(Some(Self { audience: of_name.unwrap_or_else(without_access), terms: rules.terms }))
    }
}

impl RunData {
    /// Reads the tables of an audience in the folder of a run.
    ///
    /// # Errors
    /// If there is no such run or audience, or if a table or the archive cannot be read.
    pub fn open(config: &Config, audience: &str, run: &Path) -> Result<Self, QuestionError> {
        let unreadable = |folder: &Path| QuestionError::NoRunFolder(folder.display().to_string());
        // The link to the latest run may move while the server runs.
        let run_folder = run.canonicalize().map_err(|_| unreadable(run))?;
        let name = run_folder.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.ok_or_else(|| unreadable(run))?;
        let audiences = config.rules.audiences_of_run();
        let found = audiences.into_iter().find(|known| known.name == audience);
        let audience = found.ok_or_else(|| RunError::NoAudience(audience.to_owned()))?;
        let folder = run_folder.join(&audience.name);
        let manifest = manifest(&run_folder);
        let time = |key: &str| Moment::parse(manifest.get(key)?.as_str()?);
        let as_of = time("as_of").ok_or_else(|| unreadable(&run_folder))?;
        let previous_name = time("compared_with").map(Moment::folder);
        let read_previous = || {
            let name = previous_name?;
            let network = Network::read(&config.out.join(&name).join(&audience.name)).ok()?;
            Some((name, network))
        };
        let (network, (previous, changes)) =
            rayon::join(|| Network::read(&folder), || rayon::join(read_previous, || Changes::read(&folder)));
        let network = network?;
        let ids = &network.entities.ids;
        let (evidence, (identifiers, (history, history_unread))) = rayon::join(
            || Evidence::read(&folder, &network),
            || {
                let read_history = || history::read(&config.out, &name, &audience.name, ids);
                rayon::join(|| Identifiers::read(&folder, ids), read_history)
            },
        );
        let evidence = evidence?;
        refuse_closed(config, &audience, evidence.sources_named())?;
        let known_flags = judgement_log::known_flags(config, &audience.name, &name);
        let archive = Archive::open(&config.state, Access::Read)?;
        let lookup = archive.lookup()?;
        let access_of_run = AccessOfRun::read(&archive, config, &audience, as_of)?;
        Ok(Self {
            config: config.clone(),
            evidence,
            identifiers: identifiers?,
            changes: changes?,
            audience,
            name,
            as_of,
            run_folder,
            network,
            previous,
            history,
            history_unread,
            known_flags,
            lookup,
            access_of_run,
        })
    }

    /// Returns the name of the run.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the as-of time of the run.
    pub fn as_of(&self) -> Moment {
        self.as_of
    }

    /// Returns the audience.
    pub fn audience(&self) -> &Audience {
        &self.audience
    }

    /// Returns the folder of the audience's tables.
    pub fn folder(&self) -> PathBuf {
        self.run_folder.join(&self.audience.name)
    }

    /// Returns whether a published run of the audience has a flag.
    pub fn knows_flag(&self, id: &str) -> bool {
        self.known_flags.contains_key(id)
    }

    /// Returns a flag of a published run of the audience.
    pub fn known_flag(&self, id: &str) -> Option<&KnownFlag> {
        self.known_flags.get(id)
    }

    /// Returns whether the audience may read everything.
    pub fn sees_everything(&self) -> bool {
        self.audience.clearance.is_none()
    }
}

/// Fails if the present agreements close one of the sources to the audience: the agreements may have changed since the run.
fn refuse_closed<'a>(
    config: &Config,
    audience: &Audience,
    sources: impl Iterator<Item = &'a str>,
) -> Result<(), RunError> {
    let policy = config.rules.access_policy(audience);
    let closed: BTreeSet<&str> = sources.filter(|source| !policy.agrees(source)).collect();
    if closed.is_empty() {
        return Ok(());
    }
    let sources = closed.into_iter().collect::<Vec<_>>().join("`, `");
    Err(RunError::Closed { audience: audience.name.clone(), sources })
}

/// Reads the manifest of a run; null if it has none.
fn manifest(folder: &Path) -> serde_json::Value {
    let bytes = std::fs::read(folder.join("manifest.json")).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}
