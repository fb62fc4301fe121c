//! The newest run taken back: from the archive, the run state and the results, as if it had never been.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{
    Config, RunError,
    memory::{self, Story},
    warnings,
};
use crate::{
    archive::{self, Access, Archive, Counts, Undo},
    judgement::Judgement,
    progress::Progress,
    tables,
    time::Moment,
    view::Audience,
};

/// What taking back the newest run takes.
#[derive(Debug)]
pub struct Newest {
    /// As-of time of the run.
    pub moment: Moment,
    /// Its folder, where there is one.
    pub folder: Option<PathBuf>,
    /// Files that it read.
    pub files: usize,
    /// What became of their objects.
    pub counts: Counts,
    /// Judgements about flags that it raised, and those recorded since; they stay.
    pub judgements: Vec<Judgement>,
    /// A run is being taken back already, and only what is left of it will be cleared away.
    pub is_begun: bool,
}

/// Returns what [`undo`] would take; touches nothing.
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
        // Of a flag that it does not show nobody knows which run raised it: a later one that was taken back, too.
        None => judgement.recorded_at >= moment,
    };
    let judgements = archive.judgements()?.into_iter().filter(is_concerned).collect();
    let (files, counts) = (readings.len(), archive::total(&readings));
    Ok(Newest { moment, folder, files, counts, judgements, is_begun: begun.is_some() })
}

/// Returns the flags that a run's tables show, each with when it was raised.
fn shown_flags(folder: &Path) -> BTreeMap<String, Option<Moment>> {
    let mut flags = BTreeMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let tables = ["flags.arrow", "flags.parquet"].map(|name| entry.path().join(name));
        let Some(table) = tables.iter().find(|path| path.exists()) else { continue };
        // A table that cannot be read names no judgement, and is taken back all the same.
        let Ok(table) = tables::read_table(table) else { continue };
        let (Some(ids), Some(first)) = (table.text("flag_id"), table.time("first_flagged")) else { continue };
        flags.extend(
            ids.iter()
                .zip(first)
                .filter_map(|(id, first)| Some((id.clone()?, first.map(Moment::from_micros)))),
        );
    }
    flags
}

/// Takes back the newest run, which must still be the one at `moment`, or completes what was begun. Returns
/// where `latest` points then.
pub fn undo(
    config: &Config,
    moment: Moment,
    watch: &Progress,
    tell: &dyn Fn(&str),
) -> Result<Option<String>, RunError> {
    tables::check_owner(&config.out, &config.state)?;
    let mut archive = Archive::open(&config.state, Access::Write)?;
    if archive.pending_undo()?.is_none() {
        if archive.runs().last().map(|night| night.moment) != Some(moment) {
            return Err(RunError::NotNewest);
        }
        let out = std::path::absolute(&config.out).unwrap_or_else(|_| config.out.clone());
        archive.begin_undo(&Undo { moment, out: out.to_string_lossy().into_owned() })?;
    }
    complete(&mut archive, config, watch, tell)
}

/// Clears away what is left of a run that is being taken back; does nothing where none is. Returns where
/// `latest` points then.
pub(super) fn complete(
    archive: &mut Archive,
    config: &Config,
    watch: &Progress,
    tell: &dyn Fn(&str),
) -> Result<Option<String>, RunError> {
    let Some(undo) = archive.pending_undo()? else { return Ok(None) };
    let folder = undo.moment.folder();
    let began_in = Path::new(&undo.out);
    if std::path::absolute(&config.out).is_ok_and(|out| out != began_in) {
        tables::withdraw(began_in, &folder)?;
    }
    let latest = tables::withdraw(&config.out, &folder)?;
    archive.clear_undone(&undo)?;
    archive.keep_only_run_states(&restored(archive, config, watch, tell)?)?;
    archive.end_undo()?;
    Ok(latest)
}

/// Computes again the run state that the last run left, as far as the run that followed it removed it.
/// Returns the names of what is to be kept.
fn restored(
    archive: &Archive,
    config: &Config,
    watch: &Progress,
    tell: &dyn Fn(&str),
) -> Result<Vec<String>, RunError> {
    let Some(last) = archive.runs().pop() else { return Ok(Vec::new()) };
    let rules = warnings::rules_of(archive, &last, &config.rules)?;
    let mut kept = Vec::new();
    let mut audiences = rules.readers();
    if audiences.iter().all(|audience| audience.clearance.is_some()) {
        audiences.push(Audience::all());
    }
    let (holdings, judgements) = (archive.read()?, archive.judgements()?);
    for audience in &audiences {
        let story = Story { holdings: &holdings, rules: &rules, audience, judgements: &judgements };
        kept.extend(memory::restore(archive, story, last.moment, watch, tell)?);
    }
    Ok(kept)
}

/// Returns the id and the title of every flag that the archive's runs know, of any audience, by id.
pub fn known_flags(config: &Config, watch: &Progress) -> Result<Vec<(String, String)>, RunError> {
    let archive = Archive::open(&config.state, Access::Read)?;
    let Some(last) = archive.runs().pop() else { return Ok(Vec::new()) };
    let rules = warnings::rules_of(&archive, &last, &config.rules)?;
    let after = Moment::from_micros(last.moment.micros() + 1);
    let (holdings, judgements) = (archive.read()?, archive.judgements()?);
    let mut flags = BTreeSet::new();
    for audience in rules.readers().into_iter().chain([Audience::all()]) {
        let story =
            Story { holdings: &holdings, rules: &rules, audience: &audience, judgements: &judgements };
        let left = memory::before(&archive, story, after, watch, &|_| {})?;
        flags.extend(left.flags().known().map(|flag| (flag.id.clone(), flag.title.clone())));
    }
    Ok(flags.into_iter().collect())
}
