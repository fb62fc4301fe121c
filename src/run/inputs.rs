//! Plan of a run: the inputs to read, given as INPUT or configured.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
};

use super::{
    config::{Config, Hold, Source},
    decided::{self, AcceptedCopy},
    error::RunError,
    fetched::{self, FetchedSource},
    pseudonyms,
    published::run_folders,
    request::Request,
};
use crate::{
    archive::{Archive, ArchiveContents, SourceDelivery},
    ingest::{self, Input, InputError, Location, Reader},
    record::Mode,
    time::Moment,
    view::{AsOf, Audience},
};

/// Plan of a run.
#[derive(Debug, Default)]
pub struct Plan {
    /// Files, in order of source and path.
    pub inputs: Vec<Input>,
    /// Mode and completeness of each source.
    pub sources: BTreeMap<String, SourceDelivery>,
    /// Snapshot sources of which an input is missing that may not be missing.
    pub missing: Vec<String>,
    /// Accepted copies of held files, which are read past the limits.
    pub copies: Vec<AcceptedCopy>,
    /// Limits of each source that has any.
    pub holds: BTreeMap<String, Hold>,
    /// Other sources without any input.
    pub silent: Vec<String>,
    /// Fetched sources that are not complete, each with the reason.
    pub unfetched: Vec<(String, String)>,
    /// Fetched sources, each with the number of the first file that the run does not read.
    pub fetched: BTreeMap<String, u64>,
    /// True if the run is recorded in the archive; false for a replay of an earlier run.
    pub is_recorded: bool,
    /// The way in which compressed and columnar files are read.
    pub reader: Reader,
}

/// Plans a run without any change.
pub fn plan(
    request: &Request,
    archive: &Archive,
    stdin: &mut dyn FnMut() -> io::Result<Vec<u8>>,
) -> Result<Plan, RunError> {
    let newest = archive.newest_recorded().filter(|newest| request.as_of < *newest);
    let reader = request.config.reader.clone();
    let mut plan = Plan { is_recorded: newest.is_none(), reader, ..Plan::default() };
    if request.replay {
        reject_early(request, archive)?;
        return Ok(plan);
    }
    let own_folders = OwnFolders::new(&request.config);
    if request.inputs.is_empty() {
        read_configured(&request.config, &own_folders, &mut plan, stdin)?;
        add_fetched(fetched::read(request, archive)?, &mut plan);
    } else {
        read_given(request, &own_folders, &mut plan, stdin)?;
    }
    leave_out(&request.config, &mut plan.inputs);
    plan.inputs.sort();
    plan.inputs.dedup();
    let mut names: BTreeSet<String> = plan.inputs.iter().map(|input| input.source.clone()).collect();
    if newest.is_none() {
        let ignored = |source: &str| request.config.source(source).ignore;
        plan.copies = decided::accepted_copies(archive, request.as_of, &ignored)?;
        if !request.inputs.is_empty() {
            // A run with INPUT reads only the sources that it names.
            let (missing, silent) = (&plan.missing, &plan.silent);
            plan.copies.retain(|copy| {
                let source = &copy.input.source;
                names.contains(source) || missing.contains(source) || silent.contains(source)
            });
        }
        names.extend(plan.copies.iter().map(|copy| copy.input.source.clone()));
    }
    pseudonyms::attach(&request.config, &mut plan.inputs)?;
    for copy in &mut plan.copies {
        pseudonyms::attach(&request.config, std::slice::from_mut(&mut copy.input))?;
    }
    if let Some(newest) = newest {
        reject_late(request, &names, &plan, newest)?;
    }
    for name in names {
        let source = request.config.source(&name);
        plan.is_recorded = true;
        if source.hold != Hold::default() {
            plan.holds.insert(name.clone(), source.hold);
        }
        let is_unfetched = plan.unfetched.iter().any(|(source, _)| *source == name);
        let is_complete = !plan.missing.contains(&name) && !is_unfetched;
        plan.sources.insert(
            name,
            SourceDelivery { mode: source.mode, has_object_times: source.has_object_times, is_complete },
        );
    }
    Ok(plan)
}

/// Folders with files of the program, which no source delivered.
struct OwnFolders(Vec<PathBuf>);

impl OwnFolders {
    /// Resolves the folders of the archive and of the results. A folder that also has the configuration may
    /// contain files of the user; only the runs in it belong to the program.
    fn new(config: &Config) -> Self {
        let here = |path: &Path| {
            if path.as_os_str().is_empty() { PathBuf::from(".") } else { path.to_owned() }
        };
        let shared = here(&config.folder).canonicalize().unwrap_or_default();
        let mut folders = Vec::new();
        for folder in [&config.state, &config.out] {
            let Ok(folder) = here(folder).canonicalize() else { continue };
            if shared.starts_with(&folder) {
                let runs = run_folders(&folder).into_iter();
                folders.extend(runs.map(|run| folder.join(run)));
            } else {
                folders.push(folder);
            }
        }
        Self(folders)
    }

    /// Ignores the inputs, relative to `from`, in one of these folders. Returns the folder if it has all inputs.
    fn leave_out(&self, inputs: &mut [Input], from: &Path) -> Option<PathBuf> {
        let mut known: BTreeMap<PathBuf, Option<&PathBuf>> = BTreeMap::new();
        let (mut outside, mut inside) = (false, None);
        for input in inputs {
            let path = match &input.location {
                Location::Bytes(_) => {
                    outside = true;
                    continue;
                }
                Location::File { path, .. } => path.clone(),
                Location::Ignored { .. } | Location::Failed(_) => from.join(&input.path),
            };
            let parent = match path.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
                _ => PathBuf::from("."),
            };
            let own_folder = *known.entry(parent).or_insert_with_key(|parent| {
                let parent = parent.canonicalize().unwrap_or_default();
                self.0.iter().find(|folder| parent.starts_with(folder))
            });
            match own_folder {
                None => outside = true,
                Some(folder) => {
                    inside = Some(folder.clone());
                    input.location = Location::Ignored { could_hold_objects: false };
                }
            }
        }
        inside.filter(|_| !outside)
    }
}

/// Ignores the inputs that the key `ignore` of their source names.
fn leave_out(config: &Config, inputs: &mut Vec<Input>) {
    let ignored: BTreeMap<&str, &ingest::Ignore> =
        config.sources.iter().map(|source| (source.name.as_str(), &source.ignore)).collect();
    let leave_out = |input: Input| match ignored.get(input.source.as_str()) {
        Some(ignore) => input.without(ignore),
        None => input,
    };
    *inputs = std::mem::take(inputs).into_iter().map(leave_out).collect();
}

/// Rejects a replay of a time before the first record.
fn reject_early(request: &Request, archive: &Archive) -> Result<(), RunError> {
    let runs = archive.runs();
    if runs.iter().any(|run| run.moment <= request.as_of) {
        return Ok(());
    }
    // Objects may have been recorded before the run that read them.
    if !runs.is_empty() {
        let (rules, everybody) = (&request.config.rules, Audience::all());
        let view = archive.read()?.view(rules.access_policy(&everybody), None, AsOf::of(request.as_of))?;
        if !view.records().is_empty() {
            return Ok(());
        }
    }
    let first = runs.first().map(|run| run.moment);
    Err(InputError::NothingRecorded { as_of: request.as_of, first }.into())
}

/// Rejects inputs that cannot be recorded any more, because the archive has records of `newest`, a later time.
fn reject_late(
    request: &Request,
    names: &BTreeSet<String>,
    plan: &Plan,
    newest: Moment,
) -> Result<(), RunError> {
    // A snapshot also withdraws records, and a withdrawal cannot be recorded in the past.
    let may_be_past = |source: &Source| source.has_object_times && source.mode == Mode::Increment;
    let is_late = if request.inputs.is_empty() {
        let mut configured = request.config.sources.iter().filter(|source| source.is_read_by_runs());
        configured.any(|source| !may_be_past(source))
    } else {
        // An INPUT without files names no source.
        names.is_empty() || names.iter().any(|name| !may_be_past(&request.config.source(name)))
    };
    if !is_late {
        return Ok(());
    }
    let files = plan.inputs.iter().filter(|input| !input.location.is_ignored()).count();
    Err(RunError::TooLate { newest, as_of: request.as_of, files })
}

/// Expands every INPUT, and notes the sources with absent inputs.
fn read_given(
    request: &Request,
    own_folders: &OwnFolders,
    plan: &mut Plan,
    stdin: &mut dyn FnMut() -> io::Result<Vec<u8>>,
) -> Result<(), RunError> {
    if request.inputs.iter().filter(|text| text.ends_with("=-")).count() > 1 {
        return Err(InputError::StdinTwice.into());
    }
    for text in &request.inputs {
        let mut inputs = ingest::expand(text, stdin)?;
        if let Some(folder) = own_folders.leave_out(&mut inputs, Path::new("")) {
            return Err(InputError::Own { input: text.clone(), folder }.into());
        }
        if inputs.is_empty() {
            absent(request.config.source(&ingest::source_of(text)), plan);
        }
        plan.inputs.extend(inputs);
    }
    Ok(())
}

/// Expands the paths of every configured source, and notes the sources with absent inputs.
fn read_configured(
    config: &Config,
    own_folders: &OwnFolders,
    plan: &mut Plan,
    stdin: &mut dyn FnMut() -> io::Result<Vec<u8>>,
) -> Result<(), RunError> {
    for source in &config.sources {
        let (mut is_found, mut is_absent) = (false, false);
        for path in &source.paths {
            let mut inputs = match ingest::expand_path(Some(&source.name), path, &config.folder, stdin) {
                Err(InputError::Missing(_)) => Vec::new(),
                inputs => inputs?,
            };
            own_folders.leave_out(&mut inputs, &config.folder);
            let is_read = inputs.iter().any(|input| !input.location.is_ignored());
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

/// Adds the fetched files, and notes the sources that are not complete.
fn add_fetched(sources: Vec<FetchedSource>, plan: &mut Plan) {
    for FetchedSource { source, inputs, failure, end } in sources {
        plan.fetched.insert(source.name.clone(), end);
        match failure {
            Some(failure) => plan.unfetched.push((source.name, failure)),
            None if inputs.is_empty() => absent(source, plan),
            None => {}
        }
        plan.inputs.extend(inputs);
    }
}

/// Notes a source without any input. A snapshot source may be silent only with the key `expect`.
fn absent(source: Source, plan: &mut Plan) {
    if source.mode == Mode::Snapshot && source.expect.is_none() {
        plan.missing.push(source.name);
    } else {
        plan.silent.push(source.name);
    }
}

/// Returns the sources whose last delivery was first read longer ago than their key `expect` allows.
///
/// A run without INPUT checks the configured sources that it reads; a run with INPUT checks the sources that it
/// names. A replay checks none.
pub(super) fn overdue(request: &Request, plan: &Plan, holdings: &ArchiveContents) -> Vec<String> {
    let is_asked = |source: &Source| {
        if request.inputs.is_empty() {
            plan.is_recorded && !request.replay && source.is_read_by_runs()
        } else {
            plan.sources.contains_key(&source.name) || plan.silent.contains(&source.name)
        }
    };
    let mut last: BTreeMap<&str, Moment> = BTreeMap::new();
    for delivery in holdings.deliveries.iter().filter(|delivery| delivery.recorded_at <= request.as_of) {
        let last = last.entry(&delivery.source).or_insert(delivery.recorded_at);
        *last = delivery.recorded_at.max(*last);
    }
    let is_overdue = |source: &Source| {
        let Some(expect) = source.expect else { return false };
        let read = last.get(source.name.as_str());
        read.is_none_or(|read| request.as_of.micros() - read.micros() > expect)
    };
    let asked = request.config.sources.iter().filter(|source| is_asked(source) && is_overdue(source));
    asked.map(|source| source.name.clone()).collect()
}
