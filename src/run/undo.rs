//! Undo: takes back the newest run from the archive, the run state and the results.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    changes,
    config::Config,
    erase,
    error::RunError,
    history::{self, ReplayInputs, SideInputs},
    rules,
};
use crate::{
    archive::{self, Access, Archive, DeliveryCounts, Undo, audit},
    judgement::Judgement,
    progress::Progress,
    tables,
    time::Moment,
    view::Audience,
};

/// The newest run, and the data that undo removes.
#[derive(Debug)]
pub struct Newest {
    /// As-of time of the run.
    pub moment: Moment,
    /// Its folder; `None` if it has none.
    pub folder: Option<PathBuf>,
    /// Number of files that it read.
    pub files: usize,
    /// Counts of the objects in these files.
    pub counts: DeliveryCounts,
    /// Judgements about flags that the run raised, and judgements recorded since. They stay.
    pub judgements: Vec<Judgement>,
    /// True if an earlier undo was interrupted; the remaining data of that run is removed.
    pub is_begun: bool,
}

/// Returns the run that [`undo`] would take back; changes nothing.
pub fn newest(config: &Config) -> Result<Newest, RunError> {
    let nothing = || RunError::NothingToUndo { state: config.state.display().to_string() };
    if !Archive::exists(&config.state) {
        return Err(nothing());
    }
    tables::check_owner(&config.out, &config.state)?;
    let archive = Archive::open(&config.state, Access::Read)?;
    let begun = archive.pending_undo()?;
    let moment = match &begun {
        Some(undo) => undo.moment,
        None => archive.runs().pop().ok_or_else(nothing)?.moment,
    };
    let folder = Some(config.out.join(moment.folder())).filter(|folder| folder.is_dir());
    let readings = archive.reports(moment)?;
    let shown = folder.as_deref().map(shown_flags).unwrap_or_default();
    let is_concerned = |judgement: &Judgement| match shown.get(&judgement.subject_id) {
        Some(first_flagged) => *first_flagged == Some(moment) || judgement.recorded_at >= moment,
        // If the run does not show a flag, a later run may have raised it that was taken back, too.
        None => judgement.recorded_at >= moment,
    };
    let judgements = archive.judgements()?.into_iter().filter(is_concerned).collect();
    let (files, counts) = (readings.len(), archive::total(&readings));
    Ok(Newest { moment, folder, files, counts, judgements, is_begun: begun.is_some() })
}

/// Returns the flags in the tables of a run, each with the as-of time of the run that raised it.
fn shown_flags(folder: &Path) -> BTreeMap<String, Option<Moment>> {
    let mut flags = BTreeMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let Some(table) = tables::files::path_of(&entry.path(), "flags") else { continue };
        // A table that cannot be read gives no flags, and the run is taken back all the same.
        let Ok(table) = tables::read_table(&table) else { continue };
        let (Some(ids), Some(first)) = (table.text("flag_id"), table.time("first_flagged")) else { continue };
        flags.extend(
            ids.iter()
                .zip(first)
                .filter_map(|(id, first)| Some((id.clone()?, first.map(Moment::from_micros)))),
        );
    }
    flags
}

/// Takes back the newest run, which must still have this as-of time, or completes an interrupted undo. Returns
/// the new target of `latest`. `by` names the person, for the audit log.
pub fn undo(
    config: &Config,
    moment: Moment,
    by: &str,
    progress: &Progress,
) -> Result<Option<String>, RunError> {
    tables::check_owner(&config.out, &config.state)?;
    let mut archive = Archive::open(&config.state, Access::Write)?;
    if let Some(pending) = erase::clear(&mut archive, config, true)? {
        archive.end_erasure(&pending)?;
    }
    if archive.pending_undo()?.is_none() {
        if archive.runs().last().map(|run| run.moment) != Some(moment) {
            return Err(RunError::NotNewest);
        }
        let out = std::path::absolute(&config.out).unwrap_or_else(|_| config.out.clone());
        audit::append(
            &config.state,
            &[audit::Entry {
                action: audit::Action::Undone,
                by: by.to_owned(),
                audience: None,
                subjects: vec![audit::Subject::Run(moment.folder())],
            }],
        )?;
        archive.begin_undo(&Undo { moment, out: out.to_string_lossy().into_owned() })?;
    }
    complete(&mut archive, config, progress)
}

/// Completes an interrupted undo; does nothing without one. Returns the new target of `latest`.
pub(super) fn complete(
    archive: &mut Archive,
    config: &Config,
    progress: &Progress,
) -> Result<Option<String>, RunError> {
    let Some(undo) = archive.pending_undo()? else { return Ok(None) };
    let folder = undo.moment.folder();
    let began_in = Path::new(&undo.out);
    if std::path::absolute(&config.out).is_ok_and(|out| out != began_in) {
        tables::withdraw(began_in, &folder)?;
    }
    let latest = tables::withdraw(&config.out, &folder)?;
    archive.clear_undone(&undo)?;
    archive.keep_only_run_states(&restored(archive, config, progress)?)?;
    archive.remove_explained();
    archive.end_undo()?;
    Ok(latest)
}

/// Computes again the cached states of the last run that the run after it removed. Returns the keys of the states
/// that the next runs may need.
fn restored(archive: &Archive, config: &Config, progress: &Progress) -> Result<Vec<String>, RunError> {
    let Some(last) = archive.runs().pop() else { return Ok(Vec::new()) };
    let rules = rules::of_earlier_run(archive, &last, &config.rules)?;
    let mut keys = Vec::new();
    let mut audiences = rules.audiences_of_run();
    if audiences.iter().all(|audience| audience.clearance.is_some()) {
        audiences.push(Audience::all());
    }
    let (mut contents, judgements) = (archive.read()?, archive.judgements()?);
    contents.decide_until(last.moment);
    for audience in &audiences {
        let inputs = ReplayInputs { contents: &contents, rules: &rules, audience, judgements: &judgements };
        keys.extend(history::restore(archive, inputs, last.moment, progress)?);
        let side =
            SideInputs { contents: &contents, rules: &rules, audience, as_of: last.moment, without: None };
        keys.push(changes::restore_side(archive, side)?);
    }
    Ok(keys)
}
