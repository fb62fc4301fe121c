//! The whole night on one page: from what was delivered to what is published.

pub(crate) mod config;
mod inputs;
pub(crate) mod keep;
pub(crate) mod looks;
pub(crate) mod manifest;
pub(crate) mod memory;
pub mod models;
pub(crate) mod morning;
mod publish;
pub(crate) mod published;
mod source_warnings;
pub mod undo;
pub(crate) mod warnings;

use std::{collections::BTreeMap, io};

pub use config::{Config, ConfigError, KEYS, Key, Rules, configuration_markdown, read_config, reliability};
pub use inputs::{Plan, plan};
pub use keep::keep;
pub use manifest::engine_version;

use crate::{
    archive::{self, Access, Archive, ArchiveError},
    ingest::InputError,
    model::Model,
    progress::Progress,
    record::{Reliability, Terms},
    review::State,
    tables::{self, Format, OutputError},
    time::Moment,
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
    /// Read nothing: publish again what is recorded.
    pub replay: bool,
    /// Reliability of the sources that INPUT names, over what is configured.
    pub reliability: Option<Reliability>,
}

impl Request {
    /// Returns a request for all audiences, with tables in Arrow files, that reads what it is given or what is
    /// configured.
    pub fn new(config: Config, moment: Moment, inputs: Vec<String>) -> Self {
        let (audience, format, replay, reliability) = (None, Format::Arrow, false, None);
        Self { config, inputs, moment, audience, format, replay, reliability }
    }
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
    /// Objects and files that were rejected.
    pub rejects: usize,
    /// Rejects by rule: those that no earlier run of their source had, and those that one had.
    pub rejects_by_rule: BTreeMap<String, Newness>,
    /// Sources that failed, or whose snapshot is incomplete.
    pub incomplete: Vec<String>,
    /// Configured sources whose last delivery was read longer ago than they are expected to be silent.
    pub overdue: Vec<String>,
    /// Sources of which nothing was found, and that may be silent.
    pub silent: Vec<String>,
    /// Flags of each audience, in the order of `readers`.
    pub flags: Vec<FlagCounts>,
    /// Seconds by step.
    pub steps: Vec<(String, f64)>,
    /// Entities, links and communities of two or more, as the steward sees them.
    pub found: (usize, usize, usize),
    /// Why an audience can get no flag, or hardly any: sentences.
    pub warnings: Vec<String>,
    /// As-of time of an earlier run that had not been published, and was published first.
    pub published_late: Option<Moment>,
}

/// How many rejects of one rule are new to their source, and how many are not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Newness {
    /// In no earlier run of the source.
    pub new: usize,
    /// In an earlier run, too.
    pub known: usize,
}

/// How many flags an audience has.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct FlagCounts {
    /// By state.
    pub by_state: BTreeMap<&'static str, usize>,
    /// In the queue of this run.
    pub queued: usize,
    /// Not in the queue, not closed, and without a verdict.
    pub waiting: usize,
}

impl Outcome {
    /// Returns how many rejects no earlier run of their source had.
    pub fn rejects_new(&self) -> usize {
        self.rejects_by_rule.values().map(|rule| rule.new).sum()
    }

    /// Returns whether a source is overdue or failed, or its snapshot is incomplete.
    pub fn lacks_a_source(&self) -> bool {
        !self.incomplete.is_empty() || !self.overdue.is_empty()
    }
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
    /// Inputs that cannot be recorded at the as-of time.
    #[error(
        "the as-of time {moment} is before {newest}, the newest recorded time of the archive: {} left unread. Give a later --as-of; \
`--replay` publishes the earlier run again and reads nothing; `araneus undo` takes back a newest run that was a mistake; \
a source that delivers increments with `recorded_at = \"object\"` can be read at any as-of time",
        files_were(*files)
    )]
    TooLate {
        /// Newest recorded time of the archive.
        newest: Moment,
        /// Asked for.
        moment: Moment,
        /// How many files would have been read.
        files: usize,
    },
    /// No run to take back.
    #[error("there is no run to take back: the archive `{state}` holds none")]
    NothingToUndo {
        /// Where the archive is, or would be.
        state: String,
    },
    /// Another run ended since it was shown what would be taken back.
    #[error("another run has ended meanwhile, and nothing was taken back; run `araneus undo` again")]
    NotNewest,
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

fn files_were(count: usize) -> String {
    if count == 1 { "1 file is".to_owned() } else { format!("{count} files are") }
}

/// Runs a night: reads, keeps, surveys for each reader, compares with the night before, publishes.
///
/// A run that the archive has and that was killed before it was published is published first.
pub fn run(
    request: &Request,
    stdin: &mut dyn FnMut() -> io::Result<Vec<u8>>,
    watch: &Progress,
    tell: &(dyn Fn(&str) + Sync),
) -> Result<Outcome, RunError> {
    let (out, state) = (&request.config.out, &request.config.state);
    // Before a state is made: a refused run leaves nothing.
    tables::check_owner(out, state)?;
    let mut archive = Archive::open(state, Access::Write)?;
    undo::complete(&mut archive, &request.config, watch, tell)?;
    let unpublished = archive.unpublished()?.filter(|moment| *moment != request.moment);
    if let Some(moment) = unpublished {
        let earlier = Request {
            audience: request.audience.clone(),
            format: request.format,
            replay: true,
            ..Request::new(request.config.clone(), moment, Vec::new())
        };
        night(&mut archive, &earlier, stdin, watch, tell)?;
    }
    let outcome = night(&mut archive, request, stdin, watch, tell)?;
    Ok(Outcome { published_late: unpublished, ..outcome })
}

/// Runs one night on an open archive.
fn night(
    archive: &mut Archive,
    request: &Request,
    stdin: &mut dyn FnMut() -> io::Result<Vec<u8>>,
    watch: &Progress,
    tell: &(dyn Fn(&str) + Sync),
) -> Result<Outcome, RunError> {
    let mut clock = manifest::Clock::start(tell);
    let (moment, out, state) = (request.moment, &request.config.out, &request.config.state);
    let audiences = looks::readers(&request.config.rules, request.audience.as_deref())?;
    let model = models::load(&request.config)?;
    let plan = plan(request, archive, stdin)?;
    let rules = rules(request, &plan, &model);
    tables::claim(out, state)?;
    let folder = tables::prepare(out, &moment.folder())?;

    if plan.is_told {
        archive.begin_publishing(moment)?;
    }
    let told = keep::take(archive, &plan, &rules, moment, &mut clock)?;
    let keep::Told { readings, incomplete, holdings } = told;
    let holdings = archive.read_on(holdings)?;
    let counts = archive::total(&readings);
    let overdue = inputs::overdue(request, &plan, &holdings);
    let is_read = !readings.is_empty();
    // Nothing read: the night tells of what it read when it was told.
    let mut read = if is_read { readings } else { archive.reports(moment)? };
    archive.mark_known_rejects(&mut read, moment)?;
    let nights = looks::Nights::of(archive, moment, archive.run_before(moment), &rules)?;
    let judgements = archive.judgements()?;
    let desk =
        looks::Desk { archive, holdings: &holdings, nights: &nights, judgements: &judgements, model: &model };

    clock.step("analysis");
    let (mut readers, mut kept) = (Vec::new(), Vec::new());
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
    let folder = tables::publish(out, &moment.folder())?;
    kept.extend(steward.iter().flat_map(|(_, keys)| keys.iter().cloned()));
    archive.keep_only_run_states(&kept)?;
    archive.end_publishing()?;

    let warnings =
        source_warnings::source_warnings(readers.iter().map(|reader| (&reader.audience, &reader.look)));
    let names = readers.iter().map(|reader| reader.audience.name.clone()).collect();
    let flags = readers.iter().map(|reader| flag_counts(&reader.morning)).collect();
    let rejects_by_rule = if is_read { by_rule(&read) } else { BTreeMap::new() };
    // Millions of small things: a program that ends here need not wait until they are gone.
    rayon::spawn(move || drop((holdings, readers, steward)));
    Ok(Outcome {
        folder,
        readers: names,
        counts,
        rejects: counts.rejected as usize,
        rejects_by_rule,
        incomplete: incomplete.into_iter().collect(),
        overdue,
        silent: plan.silent,
        flags,
        steps: clock.finish(),
        found,
        warnings,
        published_late: None,
    })
}

/// Returns the rules of a run: those configured, its model, and the reliability given for its INPUT.
fn rules(request: &Request, plan: &Plan, model: &Model) -> Rules {
    let mut rules = Rules { model: model.id().to_owned(), ..request.config.rules.clone() };
    if let Some(reliability) = request.reliability {
        for source in plan.sources.keys() {
            rules.terms.entry(source.clone()).or_default().reliability = reliability;
        }
        rules.terms.retain(|_, terms| *terms != Terms::default());
    }
    rules
}

fn by_rule(read: &[archive::DeliveryReport]) -> BTreeMap<String, Newness> {
    let mut by_rule: BTreeMap<String, Newness> = BTreeMap::new();
    for reject in read.iter().flat_map(|reading| &reading.rejects) {
        let count = by_rule.entry(reject.rule.clone()).or_default();
        *(if reject.known { &mut count.known } else { &mut count.new }) += 1;
    }
    by_rule
}

fn flag_counts(morning: &morning::Morning) -> FlagCounts {
    let mut counts = FlagCounts::default();
    for row in morning.queued() {
        *counts.by_state.entry(row.flag.state.name()).or_default() += 1;
        let is_open = row.flag.judged.is_none() && row.flag.state != State::Closed;
        counts.queued += usize::from(row.rank.is_some());
        counts.waiting += usize::from(is_open && row.rank.is_none());
    }
    counts
}
