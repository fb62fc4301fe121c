//! Erasure: records are removed from the archive, and the runs that could contain them from the results.
//!
//! The decision is one marker in the archive. `clear` removes everything that could contain an erased record, and can be
//! repeated after a kill. The run that completes an erasure then computes the newest run again.

mod judgements;

use std::path::{Path, PathBuf};

use super::{config::Config, error::RunError, models, published::run_folders};
use crate::{
    archive::{
        self, Access, Archive, ArchiveError, ConcernedJudgements, ErasureCounts, ErasurePlan, Lift,
        PendingErasure, Selector, Tombstone,
        audit::{self, Action, Entry, Subject},
    },
    fetch,
    progress::Progress,
    tables::{self, RunTombstone, TABLE_FILES, TableFile, files},
    time::Moment,
};

pub(super) use judgements::remove_lost;

/// Request of an erasure.
#[derive(Clone, Debug)]
pub struct ErasureRequest {
    /// Records to remove.
    pub selectors: Vec<Selector>,
    /// Reason, as the person wrote it.
    pub reason: String,
    /// Person who erases.
    pub by: String,
    /// Time of the erasure.
    pub erased_at: Moment,
}

/// Effects of an erasure that was made or is planned.
#[derive(Clone, Debug)]
pub struct Erasure {
    /// Id of the erasure; `None` if nothing was removed yet.
    pub id: Option<String>,
    /// Numbers of what is removed.
    pub counts: ErasureCounts,
    /// Names of the runs whose folders are replaced by a tombstone.
    pub runs: Vec<String>,
    /// The newest run, which is computed again; `None` without a run.
    pub computed_again: Option<String>,
    /// Exports of runs that could contain the records, from the audit log, as sentences. They stay.
    pub exports: Vec<String>,
    /// Ids of records that stay and name an erased id in their objects. Only a plan has them.
    pub mentions: Vec<String>,
    /// Names of the stored models that learned from runs that could contain the records. They stay.
    pub models: Vec<String>,
    /// True if an earlier erasure was interrupted, and is now complete.
    pub is_completed: bool,
}

/// Returns what an erasure would remove; changes nothing.
pub fn planned(config: &Config, selectors: &[Selector], progress: &Progress) -> Result<Erasure, RunError> {
    tables::check_owner(&config.out, &config.state)?;
    let archive = Archive::open(&config.state, Access::Read)?;
    let plan = plan(&archive, selectors)?;
    let judgements = judgements::concerned(&archive, config, &plan, progress)?;
    let mut tombstone = Tombstone::of(&plan, Moment::from_micros(0), "", "");
    count(&mut tombstone, &archive, config, &plan, &judgements);
    let erasure = described(&archive, config, &tombstone, plan.earliest, None)?;
    let mentions = archive.mentions(&plan)?.iter().map(ToString::to_string).collect();
    Ok(Erasure { mentions, ..erasure })
}

fn plan(archive: &Archive, selectors: &[Selector]) -> Result<ErasurePlan, RunError> {
    let plan = archive.plan_erasure(selectors)?;
    if plan.is_empty() { Err(RunError::NothingToErase) } else { Ok(plan) }
}

/// Adds the numbers of judgements and of folders of runs to a tombstone.
fn count(
    tombstone: &mut Tombstone,
    archive: &Archive,
    config: &Config,
    plan: &ErasurePlan,
    judgements: &ConcernedJudgements,
) {
    tombstone.counts.judgements = (judgements.removed.len() + judgements.cleaned.len()) as u64;
    tombstone.counts.runs = removed_runs(archive, config, plan.earliest).len() as u64;
}

/// Returns the names of the run folders that an erasure removes: all that could contain a record, except the newest run.
fn removed_runs(archive: &Archive, config: &Config, earliest: Option<Moment>) -> Vec<String> {
    let Some(earliest) = earliest else { return Vec::new() };
    let (newest, earliest) = (newest_run(archive), earliest.folder());
    let is_removed = |name: &String| *name >= earliest && newest.as_ref() != Some(name);
    run_folders(&config.out).into_iter().filter(is_removed).collect()
}

fn newest_run(archive: &Archive) -> Option<String> {
    archive.runs().pop().map(|run| run.moment.folder())
}

fn described(
    archive: &Archive,
    config: &Config,
    tombstone: &Tombstone,
    earliest: Option<Moment>,
    id: Option<String>,
) -> Result<Erasure, RunError> {
    Ok(Erasure {
        id,
        exports: earliest
            .map(|earliest| exports_since(&config.state, earliest))
            .transpose()?
            .unwrap_or_default(),
        mentions: Vec::new(),
        counts: tombstone.counts.clone(),
        runs: removed_runs(archive, config, earliest),
        computed_again: newest_run(archive),
        models: earliest.map(|earliest| trained_models(&config.state, earliest)).unwrap_or_default(),
        is_completed: false,
    })
}

/// Returns a sentence for each export of a run at or after a time.
fn exports_since(state: &Path, earliest: Moment) -> Result<Vec<String>, RunError> {
    let (mut exports, earliest) = (Vec::new(), earliest.folder());
    if !audit::exists(state) {
        return Ok(exports);
    }
    audit::read(state, &mut |entry| {
        let is_concerned = |subject: &Subject| matches!(subject, Subject::Run(run) if *run >= earliest);
        if entry.action == Action::Exported && entry.subjects.iter().any(is_concerned) {
            let formats = entry.subjects.iter().filter_map(|subject| match subject {
                Subject::Format(format) => Some(format.as_str()),
                _ => None,
            });
            let formats = formats.collect::<Vec<_>>().join(", ");
            let time = entry.recorded_at.display_utc();
            exports.push(format!("{formats}, {time}, by {} (entry {})", entry.by, entry.position));
        }
    })?;
    Ok(exports)
}

/// Returns the names of the stored models whose rows come from runs at or after a time. A model that does not say so counts.
fn trained_models(state: &Path, earliest: Moment) -> Vec<String> {
    let mut names = models::names(state);
    names.retain(|name| {
        let is_stored = models::path(state, name).is_file();
        let until = models::store::named(state, name).ok().and_then(|model| model.trained_until());
        is_stored && until.is_none_or(|until| until >= earliest.micros())
    });
    names
}

/// Decides an erasure. The archive is then read without the records.
pub(super) fn begin(
    archive: &mut Archive,
    config: &Config,
    request: &ErasureRequest,
    progress: &Progress,
) -> Result<Erasure, RunError> {
    progress.step("find the records");
    let plan = plan(archive, &request.selectors)?;
    let judgements = judgements::concerned(archive, config, &plan, progress)?;
    let mut tombstone = Tombstone::of(&plan, request.erased_at, &request.by, &request.reason);
    count(&mut tombstone, archive, config, &plan, &judgements);
    let erasure = described(archive, config, &tombstone, plan.earliest, Some(tombstone.id.clone()))?;
    progress.step("write the archive without them");
    log(config, Action::Erased, &request.by, &tombstone.id)?;
    archive.begin_erasure(&plan, tombstone, (&config.out, true), judgements)?;
    Ok(erasure)
}

/// Describes an erasure that an earlier command decided.
pub(super) fn completed(
    archive: &Archive,
    config: &Config,
    pending: &PendingErasure,
) -> Result<Erasure, RunError> {
    let id = Some(pending.tombstone.id.clone());
    let erasure = described(archive, config, &pending.tombstone, Some(pending.earliest), id)?;
    Ok(Erasure { is_completed: true, ..erasure })
}

/// Removes everything that could contain a record of the pending erasure; does nothing without one. The folder of the newest
/// run stays until it is computed again, unless `also_newest` is true.
pub(super) fn clear(
    archive: &mut Archive,
    config: &Config,
    also_newest: bool,
) -> Result<Option<PendingErasure>, RunError> {
    let Some(pending) = archive.pending_erasure()? else { return Ok(None) };
    archive.clear_erased(&pending)?;
    if pending.is_replayed {
        // Fetched files may contain the object. Files that no run has read stay, and the block rejects the object.
        let runs: Vec<Moment> = archive.runs().into_iter().map(|run| run.moment).collect();
        for source in pending.tombstone.counts.records.keys() {
            fetch::remove_read(&config.state, source, &runs)?;
        }
    }
    let keeps_newest = pending.is_replayed && !also_newest;
    let newest = newest_run(archive).filter(|_| keeps_newest);
    let began_in = PathBuf::from(&pending.out);
    let is_other = std::path::absolute(&config.out).is_ok_and(|out| out != began_in);
    for (out, kept) in [(&began_in, None), (&config.out, newest.as_deref())] {
        if out == &config.out || is_other {
            entomb(out, kept, &pending)?;
        }
    }
    if !keeps_newest {
        archive.keep_only_run_states(&[])?;
    }
    Ok(Some(pending))
}

/// Replaces the folders of runs that could contain an erased record by tombstones.
fn entomb(out: &Path, kept: Option<&str>, pending: &PendingErasure) -> Result<(), RunError> {
    let Tombstone { id, erased_at, reason, .. } = &pending.tombstone;
    for run in run_folders(out) {
        if pending.concerns(&run) && kept != Some(&run) && !tables::is_erased(&out.join(&run)) {
            let tombstone = RunTombstone {
                run: run.clone(),
                erasure: id.clone(),
                erased_at: *erased_at,
                reason: reason.clone(),
            };
            tables::entomb(out, &run, &tombstone.text())?;
        }
    }
    Ok(())
}

/// Returns the file format of the tables of the newest run; the default one without such a run.
pub(super) fn format_of_newest(archive: &Archive, config: &Config) -> &'static TableFile {
    let folder = newest_run(archive).map(|run| config.out.join(run).join("steward"));
    let table = folder.and_then(|folder| files::path_of(&folder, "deliveries"));
    table.and_then(|path| files::of_file(&path)).unwrap_or(&TABLE_FILES[0])
}

/// Erases the records of sources that are older than the source's agreement allows, before a run. `retained` has the names of
/// sources, each with a number of days: records with a recorded time more than that before `as_of` are removed. A later
/// delivery of them is recorded again. Returns the tombstone; `None` if nothing was removed.
///
/// The newest run is not computed again, because a run follows.
pub fn erase_expired(
    archive: &mut Archive,
    config: &Config,
    retained: &[(&str, u32)],
    as_of: Moment,
) -> Result<Option<Tombstone>, RunError> {
    let selectors: Vec<Selector> = retained
        .iter()
        .map(|(source, days)| Selector::Expired {
            source: (*source).to_owned(),
            before: as_of.days_earlier(i64::from(*days)),
        })
        .collect();
    if selectors.is_empty() {
        return Ok(None);
    }
    let plan = archive.plan_erasure(&selectors)?;
    if plan.is_empty() {
        return Ok(None);
    }
    let judgements = judgements::concerned(archive, config, &plan, &Progress::silent())?;
    let mut tombstone = Tombstone::of(&plan, as_of, "retention", "the agreed time of retention is over");
    count(&mut tombstone, archive, config, &plan, &judgements);
    log(config, Action::Erased, &tombstone.by, &tombstone.id)?;
    archive.begin_erasure(&plan, tombstone, (&config.out, false), judgements)?;
    let pending = clear(archive, config, true)?;
    Ok(match pending {
        Some(pending) => {
            archive.end_erasure(&pending)?;
            Some(pending.tombstone)
        }
        None => None,
    })
}

/// Ends the block of an erasure: its objects may be delivered again.
pub fn lift(config: &Config, end: &Lift) -> Result<(), RunError> {
    let archive = Archive::open(&config.state, Access::Write)?;
    let erasures = archive.erasures()?;
    match erasures.iter().find(|(tombstone, _)| tombstone.id == end.erasure) {
        None => Err(RunError::UnknownErasure(end.erasure.clone())),
        Some((_, Some(_))) => Ok(()),
        Some((_, None)) => {
            log(config, Action::Lifted, &end.by, &end.erasure)?;
            Ok(archive::lift_erasure(&config.state, end)?)
        }
    }
}

/// Appends an entry about an erasure to the audit log, before its action.
fn log(config: &Config, action: Action, by: &str, erasure: &str) -> Result<(), RunError> {
    let subjects = vec![Subject::Erasure(erasure.to_owned())];
    audit::append(&config.state, &[Entry { action, by: by.to_owned(), audience: None, subjects }])?;
    Ok(())
}

/// Returns every erasure, with the end of its block.
pub fn erasures(config: &Config) -> Result<Vec<(Tombstone, Option<Lift>)>, RunError> {
    let archive = Archive::open(&config.state, Access::Read)?;
    Ok(archive.erasures().map_err(|error: ArchiveError| error)?)
}
