//! What a run will read: the INPUT given, or what is configured.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
};

use super::{Config, Request, RunError, config::Source, published::published};
use crate::{
    archive::{Archive, ArchiveContents, SourceDelivery},
    ingest::{self, Input, InputError, Place},
    record::Mode,
    time::Moment,
    view::{AsOf, Audience},
};

/// What a run will read, and as what.
#[derive(Debug)]
pub struct Plan {
    /// Files, in order of source and path.
    pub inputs: Vec<Input>,
    /// How each source takes part.
    pub sources: BTreeMap<String, SourceDelivery>,
    /// Snapshot sources of which something was to be read and was not found, and may not be missing.
    pub missing: Vec<String>,
    /// Other sources of which nothing was found.
    pub silent: Vec<String>,
    /// Whether the night is told now; a replay of an earlier one is not.
    pub is_told: bool,
}

/// Plans a run without touching anything.
pub fn plan(
    request: &Request,
    archive: &Archive,
    stdin: &mut dyn FnMut() -> io::Result<Vec<u8>>,
) -> Result<Plan, RunError> {
    let newest = archive.newest_recorded().filter(|newest| request.moment < *newest);
    let mut plan = Plan {
        inputs: Vec::new(),
        sources: BTreeMap::new(),
        missing: Vec::new(),
        silent: Vec::new(),
        is_told: newest.is_none(),
    };
    if request.replay {
        refuse_early(request, archive)?;
        return Ok(plan);
    }
    let own = OwnFolders::of(&request.config);
    if request.inputs.is_empty() {
        read_configured(&request.config, &own, &mut plan, stdin)?;
    } else {
        if request.inputs.iter().filter(|text| text.ends_with("=-")).count() > 1 {
            return Err(InputError::StdinTwice.into());
        }
        for text in &request.inputs {
            let mut found = ingest::expand(text, stdin)?;
            if let Some(folder) = own.leave_out(&mut found, Path::new("")) {
                return Err(InputError::Own { input: text.clone(), folder }.into());
            }
            if found.is_empty() {
                absent(request.config.source(&ingest::source_of(text)), &mut plan);
            }
            plan.inputs.extend(found);
        }
    }
    leave_out(&request.config, &mut plan.inputs);
    plan.inputs.sort();
    plan.inputs.dedup();
    let names: BTreeSet<String> = plan.inputs.iter().map(|input| input.source.clone()).collect();
    if let Some(newest) = newest {
        refuse_late(request, &names, &plan, newest)?;
    }
    for name in names {
        let source = request.config.source(&name);
        plan.is_told = true;
        let is_complete = !plan.missing.contains(&name);
        plan.sources.insert(
            name,
            SourceDelivery { mode: source.mode, has_object_times: source.has_object_times, is_complete },
        );
    }
    Ok(plan)
}

/// The folders in which the program keeps its own files: nothing in them was delivered.
struct OwnFolders(Vec<PathBuf>);

impl OwnFolders {
    /// Finds them, behind any links. A folder that also holds the configuration is shared with whatever else
    /// lies there: of it, only runs are the program's own.
    fn of(config: &Config) -> Self {
        let here = |path: &Path| {
            if path.as_os_str().is_empty() { PathBuf::from(".") } else { path.to_owned() }
        };
        let shared = here(&config.folder).canonicalize().unwrap_or_default();
        let mut own = Vec::new();
        for folder in [&config.state, &config.out] {
            let Ok(folder) = here(folder).canonicalize() else { continue };
            if shared.starts_with(&folder) {
                let runs = published(&folder).into_iter();
                own.extend(runs.map(|run| folder.join(run)));
            } else {
                own.push(folder);
            }
        }
        Self(own)
    }

    /// Leaves out the inputs, relative to `from`, that lie in one of them; returns it if all do.
    fn leave_out(&self, inputs: &mut [Input], from: &Path) -> Option<PathBuf> {
        let mut known: BTreeMap<PathBuf, Option<&PathBuf>> = BTreeMap::new();
        let (mut outside, mut inside) = (false, None);
        for input in inputs {
            let path = match &input.place {
                Place::Bytes(_) => {
                    outside = true;
                    continue;
                }
                Place::File { path, .. } => path.clone(),
                Place::Ignored { .. } | Place::Failed(_) => from.join(&input.path),
            };
            let parent = match path.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
                _ => PathBuf::from("."),
            };
            let found = *known.entry(parent).or_insert_with_key(|parent| {
                let parent = parent.canonicalize().unwrap_or_default();
                self.0.iter().find(|own| parent.starts_with(own))
            });
            match found {
                None => outside = true,
                Some(own) => {
                    inside = Some(own.clone());
                    input.place = Place::Ignored { could_hold_objects: false };
                }
            }
        }
        inside.filter(|_| !outside)
    }
}

/// Leaves out what the sources are configured not to read.
fn leave_out(config: &Config, inputs: &mut Vec<Input>) {
    let ignored: BTreeMap<&str, &ingest::Ignore> =
        config.sources.iter().map(|source| (source.name.as_str(), &source.ignore)).collect();
    let leave_out = |input: Input| match ignored.get(input.source.as_str()) {
        Some(ignore) => input.without(ignore),
        None => input,
    };
    *inputs = std::mem::take(inputs).into_iter().map(leave_out).collect();
}

/// Refuses a replay of a time at which the archive knew nothing.
fn refuse_early(request: &Request, archive: &Archive) -> Result<(), RunError> {
    let nights = archive.runs();
    if nights.iter().any(|night| night.moment <= request.moment) {
        return Ok(());
    }
    // Objects may have been recorded before the run that read them.
    if !nights.is_empty() {
        let (rules, everybody) = (&request.config.rules, Audience::all());
        let view = archive.read()?.view(rules.lens(&everybody), None, AsOf::of(request.moment))?;
        if !view.records().is_empty() {
            return Ok(());
        }
    }
    let first = nights.first().map(|night| night.moment);
    Err(InputError::NothingRecorded { as_of: request.moment, first }.into())
}

/// Refuses inputs that cannot be recorded any more: the archive recorded something at `newest`, later.
fn refuse_late(
    request: &Request,
    names: &BTreeSet<String>,
    plan: &Plan,
    newest: Moment,
) -> Result<(), RunError> {
    // What a snapshot withdrew later cannot be recorded in the past any more.
    let may_be_past = |source: &Source| source.has_object_times && source.mode == Mode::Increment;
    let is_late = if request.inputs.is_empty() {
        let mut configured = request.config.sources.iter().filter(|source| !source.paths.is_empty());
        configured.any(|source| !may_be_past(source))
    } else {
        // An INPUT that holds nothing names no source.
        names.is_empty() || names.iter().any(|name| !may_be_past(&request.config.source(name)))
    };
    if !is_late {
        return Ok(());
    }
    let files = plan.inputs.iter().filter(|input| !input.place.is_ignored()).count();
    Err(RunError::TooLate { newest, moment: request.moment, files })
}

/// Expands the paths of every configured source, and notes of which something is absent.
fn read_configured(
    config: &Config,
    own: &OwnFolders,
    plan: &mut Plan,
    stdin: &mut dyn FnMut() -> io::Result<Vec<u8>>,
) -> Result<(), RunError> {
    for source in &config.sources {
        let (mut is_found, mut is_absent) = (false, false);
        for shown in &source.paths {
            let mut inputs = match ingest::expand_path(Some(&source.name), shown, &config.folder, stdin) {
                Err(InputError::Missing(_)) => Vec::new(),
                found => found?,
            };
            own.leave_out(&mut inputs, &config.folder);
            let is_read = inputs.iter().any(|input| !input.place.is_ignored());
            is_found |= is_read;
            is_absent |= !is_read;
            plan.inputs.extend(inputs);
        }
        if is_found && is_absent && source.mode == Mode::Snapshot {
            plan.missing.push(source.name.clone());
        } else if !is_found && is_absent {
            absent(source.clone(), plan);
        }
    }
    Ok(())
}

/// Notes a source of which nothing was found: a snapshot may not be missing, unless it is said how long.
fn absent(source: Source, plan: &mut Plan) {
    if source.mode == Mode::Snapshot && source.expect.is_none() {
        plan.missing.push(source.name);
    } else {
        plan.silent.push(source.name);
    }
}

/// Returns the sources of a run whose last delivery was first read longer ago than configured.
///
/// Without INPUT these are the configured sources that have `paths`, with INPUT those that it names; a
/// replay reads nothing and asks for nothing.
pub(super) fn overdue(request: &Request, plan: &Plan, holdings: &ArchiveContents) -> Vec<String> {
    let is_asked = |source: &Source| {
        if request.inputs.is_empty() {
            plan.is_told && !request.replay && !source.paths.is_empty()
        } else {
            plan.sources.contains_key(&source.name) || plan.silent.contains(&source.name)
        }
    };
    let mut last: BTreeMap<&str, Moment> = BTreeMap::new();
    for delivery in holdings.deliveries.iter().filter(|delivery| delivery.recorded_at <= request.moment) {
        let last = last.entry(&delivery.source).or_insert(delivery.recorded_at);
        *last = delivery.recorded_at.max(*last);
    }
    let is_overdue = |source: &Source| {
        let Some(expect) = source.expect else { return false };
        let read = last.get(source.name.as_str());
        read.is_none_or(|read| request.moment.micros() - read.micros() > expect)
    };
    let asked = request.config.sources.iter().filter(|source| is_asked(source) && is_overdue(source));
    asked.map(|source| source.name.clone()).collect()
}
