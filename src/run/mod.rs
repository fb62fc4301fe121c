//! The nightly run: the whole program on one page.
//!
//! [`run`] reads deliveries, records them in the archive, and publishes a folder of tables and reports. The
//! pipeline for one audience is `run_for_audience`, one call for each step:
//!
//! | Step | Room | Result |
//! |---|---|---|
//! | view | `archive` | the records that the audience may know as of the run |
//! | resolve | `resolve` | entities and links, each with its records |
//! | compare | `temporal` | changes since the previous run, each with its cause |
//! | analyse | `analysis` (`graph`, `metrics`, `community`) | graph, metrics and communities |
//! | find | `review` | candidates of the patterns, with their results at the emergence gate |
//! | follow | `review` | flags: new, grown, standing, judged or closed |
//! | score | `features`, `model` | features and score of each candidate |
//! | queue | `review` | the review queue, with reasons for and against each flag |
//! | publish | `report`, `tables` | tables, reports and the manifest |

pub(crate) mod audience;
pub(crate) mod changes;
pub(crate) mod clock;
pub(crate) mod config;
mod decided;
pub mod erase;
mod error;
mod fetched;
pub mod gc;
pub(crate) mod history;
mod hold;
mod inputs;
pub(crate) mod intake;
pub(crate) mod known_flags;
mod manifest;
pub mod models;
mod outcome;
pub mod pseudonyms;
mod publication;
mod publish;
pub(crate) mod published;
mod request;
mod retention;
pub(crate) mod rules;
mod source_warnings;
pub mod undo;

use std::{io, path::PathBuf, sync::Arc};

pub use config::{
    Config, ConfigError, Hold, KEYS, Key, Rules, Source, configuration_markdown, duration, read_config,
    reliability,
};
pub use decided::AcceptedCopy;
pub use error::RunError;
pub use inputs::{Plan, plan};
pub use intake::keep;
pub use manifest::engine_version;
pub use outcome::{FlagCounts, NetworkCounts, Newness, Outcome};
pub use request::Request;

use audience::{AudienceRun, RunContext};
use changes::ComparedRuns;
use clock::Clock;
use erase::{Erasure, ErasureRequest};
use history::SideInputs;
use publication::Publication;

use crate::{
    analysis::{self, AnalysisRequest, Depth},
    archive::{
        Access, Archive,
        audit::{self, Action, Entry, Subject},
    },
    model::ModelsInService,
    progress::Progress,
    resolve,
    review::{self, FoundCandidates, ReviewQueue},
    tables,
    temporal::{self, ResolvedView, Side},
    view::Audience,
};

/// Runs: reads deliveries, records them, and publishes the results.
///
/// A run that was recorded and then interrupted is published first.
pub fn run(
    request: &Request,
    stdin: &mut dyn FnMut() -> io::Result<Vec<u8>>,
    progress: &Progress,
) -> Result<Outcome, RunError> {
    // The audience and the owner are checked before the archive exists, so that an error leaves no files.
    audience::selected(&request.config.rules, request.audience.as_deref())?;
    tables::check_owner(&request.config.out, &request.config.state)?;
    let mut archive = Archive::open(&request.config.state, Access::Write)?;
    // A damaged log ends the run before it commits anything.
    audit::read(&request.config.state, &mut |_| {})?;
    undo::complete(&mut archive, &request.config, progress)?;
    complete_erasure(&mut archive, &request.config, progress)?;
    let unpublished = archive.unpublished()?.filter(|as_of| *as_of != request.as_of);
    if let Some(as_of) = unpublished {
        let earlier = Request {
            audience: request.audience.clone(),
            format: request.format,
            replay: true,
            by: request.by.clone(),
            steps: Arc::clone(&request.steps),
            ..Request::new(request.config.clone(), as_of, Vec::new())
        };
        run_on(&mut archive, &earlier, stdin, progress)?;
    }
    let outcome = run_on(&mut archive, request, stdin, progress)?;
    Ok(Outcome { published_late: unpublished, ..outcome })
}

/// Erases records: from the archive, from the run state, from judgements and from the results. The newest run is computed
/// again without them. An erasure that was interrupted is completed, and no other one is begun.
pub fn erase(config: &Config, request: &ErasureRequest, progress: &Progress) -> Result<Erasure, RunError> {
    tables::check_owner(&config.out, &config.state)?;
    let mut archive = Archive::open(&config.state, Access::Write)?;
    undo::complete(&mut archive, config, progress)?;
    let erasure = match archive.pending_erasure()? {
        Some(pending) => erase::completed(&archive, config, &pending)?,
        None => erase::begin(&mut archive, config, request, progress)?,
    };
    complete_erasure(&mut archive, config, progress)?;
    Ok(erasure)
}

/// Completes an erasure that was decided; does nothing without one.
fn complete_erasure(archive: &mut Archive, config: &Config, progress: &Progress) -> Result<(), RunError> {
    let format = erase::format_of_newest(archive, config);
    let Some(pending) = erase::clear(archive, config, false)? else { return Ok(()) };
    if let Some(newest) = archive.runs().pop().filter(|_| pending.is_replayed) {
        let inputs = Vec::new();
        let by = pending.tombstone.by.clone();
        let replay =
            Request { format, replay: true, by, ..Request::new(config.clone(), newest.moment, inputs) };
        loop {
            if let Err(error) = run_on(archive, &replay, &mut || Ok(Vec::new()), progress) {
                // The folder of the newest run may not stay as it is.
                erase::clear(archive, config, true)?;
                return Err(error);
            }
            // Judgements about flags that are gone decide nothing, but they are part of the keys of the run state.
            if !erase::remove_lost(archive, config, &pending, progress)? {
                break;
            }
        }
    }
    archive.end_erasure(&pending)?;
    Ok(())
}

/// Runs once on an open archive.
fn run_on(
    archive: &mut Archive,
    request: &Request,
    stdin: &mut dyn FnMut() -> io::Result<Vec<u8>>,
    progress: &Progress,
) -> Result<Outcome, RunError> {
    let mut clock = Clock::start(progress);
    let Preparation { audiences, models, plan, rules, folder } = prepare(request, archive, stdin)?;

    let expired = retention::erase(archive, request, &plan)?;

    // Read: deliveries become records of the archive.
    if plan.is_recorded {
        pseudonyms::remember(&request.config, &plan.inputs)?;
    }
    let recorded = intake::record(archive, &plan, &rules, request.as_of, &mut clock)?;
    if plan.is_recorded {
        fetched::mark_read(request, &plan.fetched, &recorded.reports)?;
    }
    let mut contents = recorded.contents;
    contents.decide_until(request.as_of);
    contents.keep_columns(history::contents_version());

    // Analyse: every audience has a view of its own.
    clock.step("analysis");
    let runs = ComparedRuns::open(archive, request.as_of, archive.run_before(request.as_of), &rules)?;
    let judgements = archive.judgements()?;
    let context = RunContext {
        archive,
        contents: &contents,
        runs: &runs,
        judgements: &judgements,
        models: &models,
        steps: &*request.steps,
    };
    let for_audience = |audience| run_for_audience(&context, audience, progress);
    let audiences: Vec<AudienceRun> = audiences.into_iter().map(for_audience).collect::<Result<_, _>>()?;
    let has_unrestricted = audiences.iter().any(AudienceRun::sees_everything);
    let steward = (!has_unrestricted).then(|| for_audience(Audience::all())).transpose()?;

    // Publish: tables, reports and the manifest.
    clock.step("publish");
    let publication = Publication {
        request,
        runs: &runs,
        contents: &contents,
        models: &models,
        deliveries: &recorded.reports,
        steward: steward.as_ref(),
        audiences: &audiences,
    };
    let folder = publish(archive, &folder, &publication, &clock)?;
    let mut outcome = Outcome {
        folder,
        incomplete: recorded.incomplete.into_iter().collect(),
        held: recorded.held,
        overdue: inputs::overdue(request, &plan, &contents),
        unfetched: plan.unfetched,
        silent: plan.silent,
        steps: clock.finish(),
        ..Outcome::of(&publication, recorded.counts)
    };
    outcome.warnings.splice(0..0, expired);
    // Records and results are millions of small allocations; a thread in the background frees them.
    rayon::spawn(move || drop((contents, audiences, steward)));
    Ok(outcome)
}

/// Everything that a run needs before it reads.
struct Preparation {
    audiences: Vec<Audience>,
    models: ModelsInService,
    plan: Plan,
    rules: Rules,
    /// Folder in which the files are written before they are published.
    folder: PathBuf,
}

/// Checks the request, and prepares the folder for results.
fn prepare(
    request: &Request,
    archive: &Archive,
    stdin: &mut dyn FnMut() -> io::Result<Vec<u8>>,
) -> Result<Preparation, RunError> {
    let audiences = audience::selected(&request.config.rules, request.audience.as_deref())?;
    let models = models::load(&request.config)?;
    let plan = plan(request, archive, stdin)?;
    let rules = rules::of_run(request, &plan, &models);
    tables::claim(&request.config.out, &request.config.state)?;
    let folder = tables::prepare(&request.config.out, &request.as_of.folder())?;
    Ok(Preparation { audiences, models, plan, rules, folder })
}

/// Runs the pipeline for one audience, from its view to its review queue.
fn run_for_audience(
    context: &RunContext<'_>,
    audience: Audience,
    progress: &Progress,
) -> Result<AudienceRun, RunError> {
    let RunContext { archive, contents, runs, judgements, models, steps } = *context;
    let rules = runs.rules;
    let inputs = context.replay_inputs(&audience);
    let with_side = runs.has_other_rules();
    let (prior, replayed) = history::state_and_side_before(archive, inputs, runs.as_of, with_side, progress)?;

    let view = inputs.view_by(steps, runs.as_of)?;
    if steps.is_stopped() {
        return Err(RunError::Stopped);
    }
    let resolution = resolve::resolve_by(steps, &view, &rules.analysis.resolve, &rules.analysis.weight);
    if steps.is_stopped() {
        return Err(RunError::Stopped);
    }
    let side = Side::of(ResolvedView { view: &view, resolution: &resolution });

    // The resolution is over before the other side is in memory.
    let previous = runs.previous_side(archive, contents, &audience, progress)?;

    // The comparison comes before the analysis, so that both sides are freed meanwhile.
    let mut changes = changes::compare(contents, runs, &audience, (previous, replayed), (&side, &view))?;
    let side_inputs = SideInputs { contents, rules, audience: &audience, as_of: runs.as_of, without: None };
    let side_key = history::keep_side(archive, side_inputs, side)?;

    let request =
        AnalysisRequest { config: &rules.analysis, prior_runs: &prior.prior_runs, depth: Depth::Whole };
    let analysis = analysis::analyse_resolved_by(steps, (view, resolution), request, progress);
    let analysis = analysis.filter(|_| !steps.is_stopped()).ok_or(RunError::Stopped)?;
    changes.extend(temporal::group(analysis::changes(&analysis)));

    let (candidates, gates) = review::candidates(&analysis, &rules.review, rules.analysis.seed);
    let found = FoundCandidates::of(&analysis, (&candidates, &gates), &prior.found);
    let settings = (&rules.review, rules.analysis.seed);
    let (remembered, flags) = review::follow(&prior.flags, &found, judgements, settings);
    let state = prior.after(&analysis, found, remembered);
    let mut cached = history::store(archive, inputs, runs.as_of, &state)?;
    cached.push(side_key);

    let scored = review::score(&analysis, candidates, gates, models);
    let queue = ReviewQueue::new(&analysis, flags, scored, models, &rules.review, &audience);
    Ok(AudienceRun { audience, analysis, changes, queue, remembered: state.flags, cached })
}

/// Appends an entry to the audit log for each audience of a publication that is about to happen.
fn log_publication(folder: &std::path::Path, publication: &Publication<'_>) -> Result<(), RunError> {
    let request = publication.request;
    let subjects = vec![
        Subject::Run(request.as_of.folder()),
        Subject::Manifest(tables::digest(&folder.join("manifest.json"))?),
    ];
    let entry = |run: &AudienceRun| Entry {
        action: Action::Published,
        by: request.by.clone(),
        audience: Some(run.audience.name.clone()),
        subjects: subjects.clone(),
    };
    let entries: Vec<Entry> = publication.audiences.iter().map(entry).collect();
    audit::append(&request.config.state, &entries)?;
    Ok(())
}

/// Writes the files of a run and publishes their folder; then removes the cached states that no later run needs.
fn publish(
    archive: &Archive,
    folder: &std::path::Path,
    publication: &Publication<'_>,
    clock: &Clock<'_>,
) -> Result<PathBuf, RunError> {
    publish::write(folder, publication)?;
    manifest::write(folder, publication, clock)?;
    let request = publication.request;
    log_publication(folder, publication)?;
    let published = tables::publish(&request.config.out, &request.as_of.folder())?;
    let results = publication.audiences.iter().chain(publication.steward);
    let cached = results.flat_map(|run| run.cached.clone());
    let cached: Vec<String> = cached.chain(publication.contents.used_columns()).collect();
    archive.keep_only_run_states(&cached)?;
    archive.remove_needless_held()?;
    archive.end_publishing()?;
    Ok(published)
}
