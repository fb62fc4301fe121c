//! The whole night on one page: from what was delivered to what is published.

pub mod backtest;
mod config;
mod inputs;
mod keep;
mod looks;
mod manifest;
pub mod measure;
mod memory;
pub mod models;
mod morning;
mod publish;
pub mod questions;
pub mod queue;
pub mod train;
mod warnings;
mod why;
pub mod worlds;

use std::io;

pub use config::{Config, ConfigError, KEYS, Key, Rules, configuration_markdown, read_config};
pub use inputs::{Plan, plan};
pub use keep::keep;
pub use manifest::engine_version;

use crate::{
    archive::{self, Access, Archive, ArchiveError},
    ingest::InputError,
    output::{self, Format, OutputError},
    time::Moment,
    watch::Watch,
};

/// What is asked of a run.
pub struct Request {
    /// Everything configured, flags applied.
    pub config: Config,
    /// INPUT as typed; empty where none was given.
    pub inputs: Vec<String>,
    /// The night's moment.
    pub moment: Moment,
    /// Publish for this audience alone.
    pub audience: Option<String>,
    /// How tables are written.
    pub format: Format,
}

/// What a run left, and what was amiss.
#[derive(Debug)]
pub struct Outcome {
    /// Folder of the night.
    pub folder: std::path::PathBuf,
    /// Folders of those who read it.
    pub readers: Vec<String>,
    /// Numbers of all deliveries together.
    pub counts: archive::Counts,
    /// Objects and files that were refused.
    pub rejects: usize,
    /// Sources that were missing, failed, or whose snapshot is incomplete.
    pub incomplete: Vec<String>,
    /// Seconds by step.
    pub steps: Vec<(String, f64)>,
    /// Entities, links and communities of two or more, as the steward sees them.
    pub found: (usize, usize, usize),
    /// Why an audience can get no flag, or hardly any: sentences.
    pub warnings: Vec<String>,
}

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// An INPUT that is none.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A configuration that is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The place for results.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// An input that cannot be told now.
    #[error(
        "the archive was told things up to {newest}, so nothing can be told at {moment} any more; give a later --as-of, or `told = \"object\"` for the source"
    )]
    TooLate {
        /// Newest moment of the archive.
        newest: Moment,
        /// Asked for.
        moment: Moment,
    },
    /// An audience that is not configured.
    #[error("no audience is named `{0}`")]
    NoAudience(String),
    /// A model that cannot be used.
    #[error(transparent)]
    Model(#[from] models::ModelError),
    /// Asked to stop.
    #[error("stopped before the night was published; run again to complete it")]
    Stopped,
}

/// Runs a night: reads, keeps, surveys for each reader, compares with the night before, publishes.
pub fn run(
    request: &Request,
    stdin: &mut dyn FnMut() -> io::Result<Vec<u8>>,
    watch: &Watch,
    tell: &(dyn Fn(&str) + Sync),
) -> Result<Outcome, RunError> {
    let mut clock = manifest::Clock::start(tell);
    let moment = request.moment;
    let mut archive = Archive::open(&request.config.state, Access::Write)?;
    let audiences = looks::readers(&request.config.rules, request.audience.as_deref())?;
    let model = models::load(&request.config)?;
    let rules = Rules { model: model.id().to_owned(), ..request.config.rules.clone() };
    let plan = plan(request, &archive, stdin)?;
    let folder = output::prepare(&request.config.out, &moment.folder())?;

    let told = keep::take(&mut archive, &plan, &rules, moment, &mut clock)?;
    let keep::Told { readings, incomplete, holdings } = told;
    let holdings = archive.read_on(holdings)?;
    let counts = archive::total(&readings);
    // Nothing read: the night tells of what it read when it was told.
    let read = if readings.is_empty() { archive.readings(moment)? } else { readings };
    let nights = looks::Nights::of(&archive, moment, archive.night_before(moment), &rules)?;
    let judgements = archive.judgements()?;
    let desk = looks::Desk {
        archive: &archive,
        holdings: &holdings,
        nights: &nights,
        judgements: &judgements,
        model: &model,
    };

    clock.step("survey");
    let (mut readers, mut kept) = (Vec::new(), warnings::keep(&archive, &nights)?);
    for audience in audiences {
        let (reader, keys) = looks::reader(&desk, audience, watch, tell)?;
        readers.push(reader);
        kept.extend(keys);
    }
    let steward = looks::steward(&desk, &readers, watch, tell)?;
    clock.step("publish");
    let night = publish::Night {
        request,
        nights: &nights,
        holdings: &holdings,
        read: &read,
        model: &model,
        steward: steward.as_ref().map(|(reader, _)| reader),
        readers: &readers,
    };
    let found = publish::write(&folder, &night)?;
    manifest::write(&folder, &night, &clock)?;
    let folder = output::publish(&request.config.out, &moment.folder())?;
    kept.extend(steward.iter().flat_map(|(_, keys)| keys.iter().cloned()));
    archive.forget_memories(&kept);

    let warnings = queue::source_warnings(readers.iter().map(|reader| (&reader.audience, &reader.look)));
    let names = readers.iter().map(|reader| reader.audience.name.clone()).collect();
    // Millions of small things: a program that ends here need not wait until they are gone.
    rayon::spawn(move || drop((holdings, readers, steward)));
    Ok(Outcome {
        folder,
        readers: names,
        counts,
        rejects: counts.rejected as usize,
        incomplete: incomplete.into_iter().collect(),
        steps: clock.finish(),
        found,
        warnings,
    })
}
